"""Zip packages as parts by name: a workbook saved, taken apart, changed in some parts and put together again."""

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from sheetnet.files import save_workbook
from sheetnet.workbook import Workbook

Parts = dict[str, bytes]


def saved(workbook: Workbook, suffix: str) -> bytes:
    """The file of a workbook."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"book.{suffix}"
        save_workbook(workbook, path)
        return path.read_bytes()


def parts_of(data: bytes) -> Parts:
    """The parts of a zip file, unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def zipped(parts: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> bytes:
    """A zip file of the parts, names given twice standing twice; `mimetype` is stored, all else packed."""
    stream = io.BytesIO()
    pairs = parts.items() if isinstance(parts, Mapping) else parts
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Duplicate name")
                archive.writestr(info, content)
    return stream.getvalue()


def changed(data: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The zip file with some parts new, replaced or (None) left out."""
    parts = {**parts_of(data), **changes}
    return zipped({name: content for name, content in parts.items() if content is not None})


def replaced(data: bytes, part: str, old: str, new: str, count: int = 1) -> bytes:
    """The zip file with a text in a part replaced, which must be there."""
    content = parts_of(data)[part].decode()
    assert old in content, f"{part} lacks {old}"
    return changed(data, {part: content.replace(old, new, count).encode()})
