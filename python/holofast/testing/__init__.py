"""What tests and newcomers use in place of the cloud. Imported by nothing else in the package."""
