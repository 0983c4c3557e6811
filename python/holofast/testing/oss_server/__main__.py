"""`python -m holofast.testing.oss_server`."""

from .command import main

main(prog_name="python -m holofast.testing.oss_server")
