"""One file a type: its text and its binary form side by side, and nothing about rows."""
