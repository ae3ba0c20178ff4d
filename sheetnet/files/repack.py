"""A copy of a package in which some parts are other ones; all others are copied byte for byte. It knows no workbook."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import IO

from sheetnet.errors import FileError
from sheetnet.files.guard import Package

MIMETYPE = "mimetype"  # must come first and unpacked, else no program knows an .ods


class Parts:
    """The parts of a package, as they were and as they are to be."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._changed: dict[str, bytes] = {}

    @property
    def names(self) -> list[str]:
        """The parts as they stand in the file, then the new ones."""
        return [*self.package.names, *(name for name in self._changed if name not in self.package.names)]

    def where(self, part: str) -> str:
        """How an error names a part."""
        return f"{self.package.path}: {part}"

    def get(self, part: str) -> bytes:
        """A part's bytes. Raises FileError where it is missing or damaged."""
        return self._changed[part] if part in self._changed else b"".join(self.package.open(part))

    def put(self, part: str, data: bytes) -> None:
        """Replace a part, or add one."""
        self._changed[part] = data

    def free(self, pattern: str) -> str:
        """A name that no part has, such as `xl/comments{}.xml` with a number; names in a package ignore case."""
        taken = {name.casefold() for name in self.names}
        number = 1
        while pattern.format(number).casefold() in taken:
            number += 1
        return pattern.format(number)

    def write(self, stream: IO[bytes]) -> None:
        """The whole package as a zip file. The same parts give the same bytes at any time."""
        names = sorted(self.names, key=lambda name: name != MIMETYPE)
        with zipfile.ZipFile(stream, "w") as archive:
            for name in names:
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                packed = name != MIMETYPE and not name.endswith("/")
                info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
                info.create_system, info.external_attr = 3, 0o644 << 16
                archive.writestr(info, self.get(name))


def refuse_same(source: Path, target: Path) -> None:
    """Raise FileError where a copy would overwrite what it is a copy of, under whatever name."""
    same = target.exists() and source.exists() and target.samefile(source)
    if same or os.path.realpath(target) == os.path.realpath(source):
        raise FileError(f"{target}: is the workbook itself, which is never overwritten: give another path")
