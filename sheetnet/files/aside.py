"""Files that appear whole or not at all: written aside in the same folder, then renamed. It knows no format."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sheetnet.errors import FileError


@contextmanager
def written_aside(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose content becomes `path` when the block ends well. Raises `FileError` where it cannot be written."""
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror}): check the folder") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
        Path(aside).chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        Path(aside).replace(path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror}): check the folder and the disk") from error
    finally:
        Path(aside).unlink(missing_ok=True)


def save_text(text: str, path: Path) -> None:
    """Write a text file, whole or not at all. Raises `FileError`."""
    with written_aside(path) as stream:
        stream.write(text.encode("utf-8"))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
