"""`python -m holofast`: the command line `holofast`."""

from holofast.cli import main

main(prog_name="python -m holofast")
