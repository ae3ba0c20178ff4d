"""Runs the command line: `python -m sheetnet`."""

from sheetnet.cli import main

main()
