"""Opens an untrusted zip file with every limit checked before anything is parsed, and copies it with some parts replaced."""

from __future__ import annotations

import codecs
import os
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError, SheetnetError, errors_within
from sheetnet.files import xml
from sheetnet.files.limits import DEFAULT_LIMITS, RATIO_FROM_BYTES, SMALL_PART_BYTES, TOTAL_RATIO_FROM_BYTES, Limits

_CHUNK = 1 << 14  # what is parsed of it stays in the processor's cache
_SAVE_AS = "open it in a spreadsheet program and save it as .xlsx or .ods"
_ODS_TYPES = (
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.spreadsheet-template",
)
_CONTENT_TYPES, _CONTENT, _MANIFEST = "[Content_Types].xml", "content.xml", "META-INF/manifest.xml"
_ENTRY = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_SPREADSHEET = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}spreadsheet"
_OTHERS = {
    "xl/workbook.bin": "a binary workbook (.xlsb)",
    "Index/Document.iwa": "an Apple document, such as of Numbers",
}
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# RuntimeError and NotImplementedError: a part is encrypted, or packed in a way zipfile lacks.
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)


class Package:
    """The parts of an opened .xlsx or .ods file, each read as a stream under a hard cap. Close it after use."""

    def __init__(
        self, path: Path, stream: IO[bytes], archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], limits: Limits
    ) -> None:
        self.path, self.limits = path, limits
        self._stream = stream
        self._archive = archive
        self._infos = infos
        self.names: tuple[str, ...] = tuple(infos)
        self.kind: str = self._kind()

    def __enter__(self) -> Package:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, SheetnetError):  # whoever reads a part knows where in the file, not which file
            error.within(self.path)

    def close(self) -> None:
        """Close the file, whoever is still amid reading a part of it: zipfile alone would wait for them."""
        self._archive.close()
        self._stream.close()

    def _kind(self) -> str:
        """What the content says the file is: "xlsx" or "ods"; its name's suffix is only a claim."""
        if kind := self._mimetype():
            return self._document(kind)
        for part, what in _OTHERS.items():
            if part in self._infos:
                raise FileError(f"is {what}", path=self.path, remedy=_SAVE_AS)
        if self.actual(_CONTENT_TYPES) in self._infos:
            return "xlsx"
        if _CONTENT in self._infos:  # packed again by hand, an .ods loses its mimetype: LibreOffice asks the manifest
            return self._document(self._manifest_type() or self._content_type())
        raise FileError("is a zip file but no workbook", path=self.path, remedy="choose an .xlsx or .ods file")

    def _document(self, kind: str) -> str:
        if kind in _ODS_TYPES:
            return "ods"
        raise FileError(
            f"is {kind or 'an unknown document'}, no spreadsheet", path=self.path, remedy="choose an .xlsx or .ods file"
        )

    def _mimetype(self) -> str:
        """What the part `mimetype` says, without parameters; empty where there is none, or nothing in it."""
        if "mimetype" not in self._infos:
            return ""
        text = b"".join(self._chunks("mimetype"))[:200].removeprefix(codecs.BOM_UTF8)
        return text.decode("ascii", "replace").partition(";")[0].strip()

    def _manifest_type(self) -> str:
        """What the manifest says the whole file is; empty where it says nothing."""
        if _MANIFEST not in self._infos:
            return ""
        entries = (entry for _, entry in self.iterparse(_MANIFEST, tags=(f"{_ENTRY}file-entry",)))
        types = (entry.get(f"{_ENTRY}media-type", "") for entry in entries if entry.get(f"{_ENTRY}full-path") == "/")
        return next(types, "")[:200]

    def _content_type(self) -> str:
        """The type of a document by what its body holds; empty where that is no spreadsheet."""
        body = next(self.iterparse(_CONTENT, ("start",), (_SPREADSHEET,)), None)
        return "" if body is None else _ODS_TYPES[0]

    def actual(self, name: str) -> str:
        """A part's name as the zip directory spells it: names in a package ignore case."""
        if name in self._infos:
            return name
        wanted = name.casefold()
        return next((part for part in self._infos if part.casefold() == wanted), name)

    def _chunks(self, part: str) -> Iterator[bytes]:
        """The unpacked bytes of a part. zipfile stops at the size the directory declares, which is capped already."""
        if part not in self._infos:
            raise FileError(f"lacks its part {part}", path=self.path, remedy=f"the file is damaged, {_SAVE_AS} again")
        size = 0
        try:
            with self._archive.open(self._infos[part]) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > self.limits.part_size:
                        raise FileError(f"{part} unpacks to more than {self.limits.told('part_size')}", path=self.path)
                    yield chunk
        except ZIP_ERRORS as error:
            raise FileError(
                f"{part} cannot be unpacked ({_line(error)})", path=self.path, remedy="get the file again"
            ) from error

    def open(self, part: str) -> Iterator[bytes]:
        """The unpacked bytes of a part, in chunks. Raises FileError where the part is missing or damaged."""
        return self._chunks(part)

    def iterparse(
        self, part: str, events: Iterable[str] = ("end",), tags: Collection[str] | None = None
    ) -> Iterator[tuple[str, Element]]:
        """The elements of an XML part as (event, element), `{namespace}local` tags.

        Only elements with one of `tags` are reported (None: all); each is emptied after its "end". See `xml.iterparse`.
        """
        chunks, info = self._chunks(part), self._infos.get(part)
        if info is not None and info.file_size <= SMALL_PART_BYTES and tuple(events) == ("end",) and tags:
            return xml.elements(chunks, part, tags)
        return xml.iterparse(chunks, part, self.limits, events, tags)


def open_package(path: str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS) -> Package:
    """Open an .xlsx, .xlsm or .ods file. Raises FileError for all else, saying what it is and the way out."""
    place = Path(path)
    with errors_within(place):
        stream = open_regular(place, limits, _SMALLER)
        try:
            _check_type(stream)
            size = stream.seek(0, os.SEEK_END)
            archive = zipfile.ZipFile(stream)
            return Package(place, stream, archive, checked_parts(archive.infolist(), size, limits, _AGAIN), limits)
        except ZIP_ERRORS as error:
            stream.close()
            raise FileError(f"is a damaged zip file ({_line(error)})", remedy="get the file again") from error
        except BaseException:
            stream.close()
            raise


def open_regular(path: Path, limits: Limits, smaller: str) -> IO[bytes]:
    """The file, opened once: what is looked at is what is read. A pipe is not waited for, a device not asked.

    Raises FileError without the path; `smaller` is the remedy for one that is too large.
    """
    try:
        _check_status(path.stat(), limits, smaller)  # before it is opened: opening a terminal or a tape can do things
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError as error:
        raise FileError("there is no such file", remedy="check the path") from error
    except (OSError, ValueError) as error:
        raise FileError(f"cannot be opened ({_line(error)})") from error
    stream = os.fdopen(handle, "rb")
    try:
        _check_status(os.fstat(handle), limits, smaller)  # again: somebody may have put another in its place
    except BaseException:
        stream.close()
        raise
    return stream


def _check_status(status: os.stat_result, limits: Limits, smaller: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise FileError(f"is {kind}", remedy="give the file's own path")
    if status.st_size > limits.file_size:
        raise FileError(
            f"has {status.st_size:,} bytes, at most {limits.told('file_size')} are read",
            remedy=smaller,
        )


_AGAIN = f"{_SAVE_AS} again"
_SMALLER = "delete what does not belong to the worksheet, or split it"


def _check_type(stream: IO[bytes]) -> None:
    start = stream.read(4096)
    if start.startswith(b"PK"):
        return
    if not start:
        raise FileError("is empty", remedy="get the file again")
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise FileError("is an encrypted workbook or a legacy .xls (OLE)", remedy=f"{_SAVE_AS}, without a password")
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<table")):
        raise FileError("is an HTML page", remedy=f"download the workbook itself, or {_SAVE_AS}")
    if text.startswith(b"<"):
        raise FileError("is an XML file, no workbook", remedy=_SAVE_AS)
    if b"\x00" not in start:
        raise FileError("is plain text such as CSV, which holds no formulas", remedy=_SAVE_AS)
    raise FileError("is not a zip file, so neither .xlsx nor .ods", remedy=_SAVE_AS)


def checked_parts(infos: list[zipfile.ZipInfo], size: int, limits: Limits, again: str) -> dict[str, zipfile.ZipInfo]:
    """The parts of a zip file of `size` bytes by name, after all caps; `again` is how to save what is refused.

    Nothing is ever unpacked to disk, so `../` in a name only names a part.
    """
    if len(infos) > limits.parts:
        raise FileError(f"has {len(infos):,} parts, at most {limits.told('parts')} are read", remedy=again)
    total = sum(info.file_size for info in infos)
    if total > limits.total_size:
        raise FileError(f"unpacks to more than {limits.told('total_size')}", remedy=_SMALLER)
    if total > TOTAL_RATIO_FROM_BYTES and total > limits.ratio * size:
        raise FileError(f"is packed {limits.told('ratio')} or more, as in a zip bomb", remedy=again)
    for info in infos:
        if info.file_size > limits.part_size:
            raise FileError(f"{info.filename!r} unpacks to more than {limits.told('part_size')}", remedy=_SMALLER)
        if info.file_size > RATIO_FROM_BYTES and info.file_size > limits.ratio * info.compress_size:
            raise FileError(
                f"{info.filename!r} is packed {limits.told('ratio')} or more, as in a zip bomb",
                remedy=again,
            )
        if info.flag_bits & 1:
            raise FileError(f"{info.filename!r} is encrypted", remedy="save it without a password")
        if info.compress_type not in _PACKED:
            raise FileError(f"{info.filename!r} is packed in an unknown way", remedy=again)
    parts = {info.filename.replace("\\", "/").lstrip("/"): info for info in infos}
    if len({name.casefold() for name in parts}) < len(
        infos
    ):  # Excel ignores capitals: a right sheet could hide a wrong one
        raise FileError("has two parts of one name, of which programs read different ones", remedy=again)
    return parts


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


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

    def get(self, part: str) -> bytes:
        """A part's bytes. Raises FileError where it is missing or damaged."""
        return self._changed[part] if part in self._changed else b"".join(self.package.open(part))

    def scan(self, part: str, tags: Collection[str] | None = None) -> list[xml.XmlNode]:
        """The elements of a part, see `xml.scan`."""
        return xml.scan(self.get(part), part, self.package.limits, tags)

    def splice(self, part: str, edits: Iterable[xml.Edit]) -> None:
        """Edit a part's bytes in place, see `xml.spliced`."""
        self.put(part, xml.spliced(self.get(part), edits, part, self.package.limits))

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
