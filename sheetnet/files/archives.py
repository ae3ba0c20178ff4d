"""Opens and writes zip archives that hold files of any kind, such as what a learning platform gives a teacher.

Names in an archive are never paths: they are given as they are, without what would lead elsewhere.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from sheetnet.errors import FileError
from sheetnet.files.atomic import atomic_write
from sheetnet.files.limits import Limits
from sheetnet.files.package import ZIP_ERRORS, checked_parts

HAND_IN_AGAIN = "hand it in again"
Reader = Callable[[], bytes]


def files_in_zip(content: bytes) -> Iterator[tuple[tuple[str, ...], Reader]]:
    """The names on the way to each file of an archive, and what reads it. Raises FileError for a damaged one."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except ZIP_ERRORS as error:
        raise FileError(f"is a damaged zip file ({error})", remedy=HAND_IN_AGAIN) from None
    for member in archive.infolist():
        names = tuple(part for part in member.filename.replace("\\", "/").split("/") if part not in ("", ".", ".."))
        if names and not member.is_dir():
            yield names, _reader(archive, member)


def _reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Reader:
    def read() -> bytes:
        try:
            with archive.open(member) as stream:
                return bounded(stream.read(Limits.file_size + 1))
        except ZIP_ERRORS as error:
            raise FileError(f"cannot be unpacked ({error})", remedy=HAND_IN_AGAIN) from None

    return read


def capped_members(stream: IO[bytes], limits: Limits, again: str) -> Iterator[tuple[str, bytes]]:
    """The files of an opened archive by their names, after all caps; no more of each than the directory says is unpacked.

    `again` is how to save anew what is refused. Raises FileError without the path.
    """
    try:
        size = stream.seek(0, os.SEEK_END)
        with zipfile.ZipFile(stream) as archive:
            for name, info in checked_parts(archive.infolist(), size, limits, again).items():
                yield name, archive.read(info)
    except ZIP_ERRORS as error:
        raise FileError(f"is a damaged zip file ({' '.join(str(error).split())})", remedy=again) from None


def bounded(content: bytes) -> bytes:
    """The content of a file, of which one byte more than is allowed was read. Raises FileError for what is too large."""
    if len(content) > Limits.file_size:
        raise FileError(f"has more than {Limits.file_size:,} bytes", remedy="hand in the workbook alone")
    return content


def zip_bytes(files: Mapping[str, bytes], executable: Callable[[str], bool] = lambda name: False) -> bytes:
    """An archive of files by their names, the same to the byte for the same files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)  # of 1980, as everything that is written here
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100755 if executable(name) else 0o100644) << 16
            archive.writestr(info, content)
    return stream.getvalue()


def save_zip(files: Mapping[str, bytes], path: Path, executable: Callable[[str], bool] = lambda name: False) -> None:
    """Write an archive, whole or not at all. Raises FileError."""
    with atomic_write(path) as stream:
        stream.write(zip_bytes(files, executable))
