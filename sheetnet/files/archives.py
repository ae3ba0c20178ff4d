"""Opens and writes zip archives that hold files of any kind, such as what a learning platform gives a teacher.

Names in an archive are never paths: they are given as they are, without what would lead elsewhere.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO

from sheetnet.errors import FileError
from sheetnet.files.atomic import atomic_write
from sheetnet.files.limits import Limits
from sheetnet.files.package import ZIP_ERRORS, checked_parts

HAND_IN_AGAIN = "hand it in again"
Reader = Callable[[], bytes]


def files_in_zip(content: bytes, most: int) -> Iterator[tuple[tuple[str, ...], Reader]]:
    """The names on the way to each file of an archive, and what reads up to `most` bytes. Raises FileError if damaged."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except ZIP_ERRORS as error:
        raise FileError(f"is a damaged zip file ({error})", remedy=HAND_IN_AGAIN) from None
    for member in archive.infolist():
        names = tuple(part for part in member.filename.replace("\\", "/").split("/") if part not in ("", ".", ".."))
        if names and not member.is_dir():
            yield names, partial(_unpacked, archive, member, most)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    try:
        with archive.open(member) as stream:
            return read_bounded(stream, most)
    except ZIP_ERRORS as error:
        raise FileError(f"cannot be unpacked ({error})", remedy=HAND_IN_AGAIN) from None


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


def read_bounded(stream: IO[bytes], most: int) -> bytes:
    """All of a file of up to `most` bytes. Raises FileError for more, of which no more than one byte is read."""
    content = stream.read(most + 1)
    if len(content) > most:
        raise FileError(f"has more than {most:,} bytes", remedy="hand in the workbook alone")
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
