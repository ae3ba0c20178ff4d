"""The command line: each command is one library call, its text and an exit code.

Exit codes: 0 all correct, 1 something is not, 2 unusable input (one line on stderr). Heavy packages are imported by
the commands that need them, so that `--help` answers at once.
"""

from sheetnet.cli.main import main

__all__ = ["main"]
