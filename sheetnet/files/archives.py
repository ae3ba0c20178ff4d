"""Opens zip archives that hold files of any kind, such as what a learning platform gives a teacher.

Names in an archive are never paths: they are given as they are, without what would lead elsewhere.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator

from sheetnet.errors import FileError
from sheetnet.files.limits import Limits

Reader = Callable[[], bytes]
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError, zlib.error)


def files_in_zip(content: bytes) -> Iterator[tuple[tuple[str, ...], Reader]]:
    """The names on the way to each file of an archive, and what reads it. Raises FileError for a damaged one."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGED as error:
        raise FileError(f"is a damaged zip file ({error}): hand it in again") from None
    for member in archive.infolist():
        names = tuple(part for part in member.filename.replace("\\", "/").split("/") if part not in ("", ".", ".."))
        if names and not member.is_dir():
            yield names, _reader(archive, member)


def _reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Reader:
    def read() -> bytes:
        try:
            with archive.open(member) as stream:
                return bounded(stream.read(Limits.file_size + 1))
        except _DAMAGED as error:
            raise FileError(f"cannot be unpacked ({error}): hand it in again") from None

    return read


def bounded(content: bytes) -> bytes:
    """The content of a file, of which one byte more than is allowed was read. Raises FileError for what is too large."""
    if len(content) > Limits.file_size:
        raise FileError(f"has more than {Limits.file_size:,} bytes: hand in the workbook alone")
    return content
