"""The entry point of the command line: what can begin, or be answered, before the commands are loaded."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from io import TextIOWrapper

from sheetnet._version import __version__
from sheetnet.errors import TYPE_CHECKING, SheetnetError

if TYPE_CHECKING:
    from sheetnet.batch.worker_process import WorkerProcess


def main() -> None:
    """Run the command that was asked for: errors become one line on stderr and exit code 2."""
    _open_streams()
    if sys.argv[1:] == ["--version"]:
        print(f"sheetnet {__version__}")
        return
    try:
        with ExitStack() as at_the_end:
            process = _first_worker()
            if process is not None:
                at_the_end.callback(process.stop)
            from sheetnet.cli.commands import command_line

            command_line(standalone_mode=True, obj=process)
    except SheetnetError as error:
        from sheetnet.cli.options import complain

        complain(str(error))
        sys.exit(2)


def _first_worker() -> WorkerProcess | None:
    """A worker for `validate`, which imports what it needs while this process imports the commands."""
    if sys.argv[1:2] != ["validate"] or len(sys.argv) <= 2 or "--help" in sys.argv:
        return None
    from sheetnet.batch.worker_process import WorkerProcess

    return WorkerProcess()


def _open_streams() -> None:
    """Let standard streams that are closed lead nowhere: else the next files to be opened would get their numbers.

    What is printed may hold names of files that no encoding can spell.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123, SIM115 - open to the end
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
