"""Writes files atomically: to a temporary file in the same folder, then renamed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sheetnet.errors import FileError


def refuse_existing(paths: Iterable[Path], force: bool = False) -> None:
    """Raise `FileError` for the first path that would overwrite a file, unless that is wanted.

    Commands ask this before they compute anything. A device such as /dev/null has nothing to lose.
    """
    for path in paths:
        if not force and path.is_file():
            raise FileError("exists already", path=path, remedy="give another name, or --force to overwrite it")


def refuse_shared(outputs: Iterable[Path], sources: Iterable[Path] = ()) -> None:
    """Raise `FileError` where two outputs are one file, under whatever names, or one is a file that is read.

    A device such as /dev/null takes everything.
    """
    taken = {_identity(source): "is read by this command" for source in sources}
    for path in outputs:
        if path.exists() and not path.is_file() and not path.is_dir():
            continue
        if (why := taken.get(_identity(path))) is not None:
            raise FileError(
                f"{why}, so it cannot be written too", path=path, remedy="give each output a path of its own"
            )
        taken[_identity(path)] = "is named for two outputs"


def refuse_same(source: Path, target: Path) -> None:
    """Raise FileError where a copy would overwrite what it is a copy of, under whatever name."""
    same = target.exists() and source.exists() and target.samefile(source)
    if same or os.path.realpath(target) == os.path.realpath(source):
        raise FileError("is the workbook itself, which is never overwritten", path=target, remedy="give another path")


def _identity(path: Path) -> tuple[int, int] | str:
    """What is the same for two names of one file: links of both kinds, and other spellings of the path."""
    try:
        status = path.stat()
    except OSError:
        return os.path.normcase(os.path.realpath(path))
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.normcase(os.path.realpath(path))


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose content becomes `path` when the block ends well. Raises `FileError` where it cannot be written.

    A link stays a link: the file it leads to is replaced. A device or pipe is written as it is.
    """
    with _told(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb", buffering=0) as stream:
                yield stream
            return
        place = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(prefix=f".{place.name[:100]}.", suffix=".part", dir=place.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
            temporary.chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner can read
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(
            f"cannot be written ({error.strerror})", path=path, remedy="check the folder and the disk"
        ) from error


def save_text(text: str, path: Path) -> None:
    """Write a text file, whole or not at all. Raises `FileError`.

    What UTF-8 cannot hold, as in a file name of other bytes, is written as an escape, which JSON knows as such.
    """
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
