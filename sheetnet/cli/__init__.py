"""The command line: argv in, text and an exit code out. Every decision is a library call.

Exit codes: 0 all correct, 1 something is not, 2 unusable input (one line on stderr). Heavy packages are imported by
the commands that need them, so that `--help` answers at once.
"""

from sheetnet.cli.main import app, main

__all__ = ["app", "main"]
