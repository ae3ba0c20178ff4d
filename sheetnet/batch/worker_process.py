"""Starts and ends a worker process; this module loads fast, so that a command can start one before all else."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

from sheetnet.errors import EngineError

_LAST_STANDARD = 2  # the number of stderr
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120 - pathlib takes 3 ms to load
_START = "import sys; sys.path[:] = sys.argv[2:]; from {} import {} as serve; serve()"


class NoWorkerError(EngineError):
    """No worker process can be started: nothing can be judged, whatever the file."""


class WorkerProcess:
    """A process that serves calls by the pipes `requests` and `replies`; `stop` it in any case.

    `entry` is the module and the function that it runs.
    """

    def __init__(self, entry: str = "sheetnet.batch.worker_main:serve_forever") -> None:
        lifeline, self._held = _pipe()
        try:
            self._popen = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-c",
                    _START.format(*entry.split(":")),
                    str(lifeline) if os.name == "posix" else "-1",
                    *_module_paths(),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                pass_fds=(lifeline,) if os.name == "posix" else (),
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for us; and a group of its own can be killed as a whole
            )
        except OSError as error:
            os.close(self._held)
            raise NoWorkerError(
                f"no worker process can be started ({error.strerror})", remedy="close other programs"
            ) from error
        finally:
            os.close(lifeline)
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self.pid = self._popen.pid
        self.requests, self.replies = self._popen.stdin.fileno(), self._popen.stdout.fileno()

    @property
    def running(self) -> bool:
        """Whether it is there, as far as one can know."""
        return self._popen.poll() is None

    @property
    def ended_by(self) -> str:
        """How it ended, once it was stopped: a signal's name, or an exit code."""
        code = self._popen.returncode
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def kill(self) -> None:
        """End it and what it started."""
        if self._popen.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self.pid, signal.SIGKILL)
            else:
                self._popen.kill()

    def stop(self) -> None:
        """End it now, whatever it does, and let go of it. It may be called twice."""
        self.kill()
        self._popen.wait()
        self._let_go()

    def forget(self) -> None:
        """In a forked copy of this process: the worker belongs to the original, only our ends of its pipes are closed."""
        self._popen.returncode = 0
        self._let_go()

    def _let_go(self) -> None:
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None:
                stream.close()
        if self._held >= 0:
            os.close(self._held)
        self._held = self.requests = self.replies = -1


def _module_paths() -> list[str]:
    """Where the worker finds modules: as here, but never in the current folder, where untrusted files may lie."""
    here = _real(os.curdir)
    others = [path for path in sys.path if path and _real(path) != here]
    return [_ROOT, *others]


def _real(path: str) -> str:
    """The path without links; an empty one where it leads into a current folder that somebody removed."""
    try:
        return os.path.realpath(path)
    except FileNotFoundError:
        return ""


def _pipe() -> tuple[int, int]:
    """A pipe beyond the standard streams: where those are closed, it would get their numbers, and Popen needs them."""
    ends = os.pipe()
    if os.name != "posix" or min(ends) > _LAST_STANDARD:
        return ends
    import fcntl

    try:
        read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _LAST_STANDARD + 1) for end in ends)
    finally:
        for end in ends:
            os.close(end)
    return read, write


def _environment() -> dict[str, str]:
    """One thread a worker: the batch is what runs side by side, and idle threads cost address space."""
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **single}
