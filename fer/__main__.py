"""`python -m fer`: the command line."""

from fer.cli import main

main()
