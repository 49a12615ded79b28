"""The command line: `python -m fer ...`, and `fer ...` where the package is installed."""

from fer.cli.main import main

__all__ = ["main"]
