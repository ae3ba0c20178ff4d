"""Reads what the sheets of an .xlsx package lean on: relationships, types, workbook, strings; and values by their type."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import isfinite
from urllib.parse import quote, unquote
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files.escaping import excel_read, replaced
from sheetnet.files.formula_text import canonical
from sheetnet.files.package import Package, Parts
from sheetnet.files.xml import appended, children, element_prefix
from sheetnet.workbook import CellError, Name, Value

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATIONSHIP_TYPE = f"{{{_RELATIONSHIPS}}}Relationship"
_TYPES = "[Content_Types].xml"
_EMPTY = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_RELATIONSHIPS}"/>'
_EPOCH = datetime(1899, 12, 30)  # day 0 of Excel's calendar, right from March 1900 on
_TIME = re.compile(r"T|[0-9]{2}:")
_PART = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)"
_DURATION = re.compile(rf"P(?=.)(?:{_PART}D)?(?:T(?=.)(?:{_PART}H)?(?:{_PART}M)?(?:{_PART}S)?)?")


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship: its id, the last word of its type, and the part it leads to (None: outside the file)."""

    identity: str
    kind: str
    part: str | None


def relations(parts: Parts, source: str) -> list[Relation]:
    """The relationships of a part."""
    rels = _rels_part(parts, source)
    if rels not in parts.names:
        return []
    found = []
    for node in parts.scan(rels, (_RELATIONSHIP_TYPE,)):
        if node.tag == _RELATIONSHIP_TYPE:
            outside = node.get("TargetMode") == "External"
            target = None if outside else _target(parts, source, node.get("Target") or "")
            found.append(Relation(node.get("Id") or "", (node.get("Type") or "").rpartition("/")[2], target))
    return found


def related(parts: Parts, source: str, kind: str) -> str | None:
    """The first part of that kind that a part leads to, and that is there."""
    return next(
        (each.part for each in relations(parts, source) if each.kind == kind and each.part in parts.names), None
    )


def relate(parts: Parts, source: str, kind: str, target: str) -> str:
    """Add a relationship and return its id."""
    rels = _rels_part(parts, source)
    if rels not in parts.names:
        parts.put(rels, _EMPTY.encode())
    data = parts.get(rels)
    taken = {each.identity for each in relations(parts, source)}
    number = len(taken) + 1
    while f"rId{number}" in taken:
        number += 1
    root = parts.scan(rels, ())[0]
    path = quote(posixpath.relpath("/" + target, "/" + posixpath.dirname(source)))
    element = b'<%sRelationship Id="rId%d" Type="%s" Target="%s"/>' % (
        element_prefix(data, root), number, f"{OFFICE}/{kind}".encode(), replaced(path).encode(),
    )  # fmt: skip
    parts.splice(rels, appended(data, root, element))
    return f"rId{number}"


def declare(parts: Parts, part: str, kind: str) -> None:
    """Say what type of content a new part has."""
    _add_type(parts, "Override", "PartName", "/" + quote(part), kind)


def declare_suffix(parts: Parts, suffix: str, kind: str) -> None:
    """Say what type parts with a suffix have, unless that is said already."""
    types = _actual(parts, _TYPES)
    known = parts.scan(types)
    if suffix not in {(node.get("Extension") or "").lower() for node in known}:
        _add_type(parts, "Default", "Extension", suffix, kind)


def _add_type(parts: Parts, element: str, attribute: str, name: str, kind: str) -> None:
    types = _actual(parts, _TYPES)
    data = parts.get(types)
    root, *_ = nodes = parts.scan(types)
    prefix = element_prefix(data, root)
    content = b'<%s%s %s="%s" ContentType="%s"/>' % (
        prefix, element.encode(), attribute.encode(), replaced(name).encode(), kind.encode(),
    )  # fmt: skip
    # Defaults stand before overrides in every file that programs write.
    first = children(nodes, root)[0].start if element == "Default" and not root.empty else None
    parts.splice(types, appended(data, root, content, first))


def _rels_part(parts: Parts, source: str) -> str:
    folder, name = posixpath.split(source)
    return _actual(parts, posixpath.join(folder, "_rels", name + ".rels"))


def _target(parts: Parts, source: str, target: str) -> str:
    path = unquote(target).replace("\\", "/")
    return _actual(parts, posixpath.normpath(posixpath.join("/", posixpath.dirname(source), path)).lstrip("/"))


def _actual(parts: Parts, name: str) -> str:
    """The part's name as the zip directory spells it: names in a package ignore case."""
    wanted = name.casefold()
    return name if name in parts.names else next((part for part in parts.names if part.casefold() == wanted), name)


# Excel's own namespace, and that of "Strict Open XML".
NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
# What a part leads to only once, and what a sheet's entry calls its part: in both namespaces.
_ONLY = frozenset({"officeDocument", "sharedStrings"})
_IDENTITY = tuple(
    f"{{{space}/relationships}}id"
    for space in ("http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument")
)
_INDEX = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet as the workbook part lists it; `part` is None where it is no worksheet (a chart, dialog or module)."""

    name: str
    part: str | None
    hidden: bool


def tags(*local: str) -> frozenset[str]:
    """The tags of an element's name in both namespaces."""
    return frozenset(f"{{{namespace}}}{name}" for namespace in NAMESPACES for name in local)


_SHEETS, _SHEET = tags("sheets"), tags("sheet")
_NAMES, _DEFINED, _ITEM = tags("definedNames"), tags("definedName"), tags("si")
_TEXT, _RUN = tags("t"), tags("r")


def workbook_part(package: Package) -> str:
    """The name of the part that lists the sheets."""
    for kind, target in relationships(package, "").values():
        if kind == "officeDocument":
            return target
    return "xl/workbook.xml"


def part_of_kind(package: Package, source: str, kind: str) -> str | None:
    """The name of the first part of that kind to which a part leads."""
    return next((target for found, target in relationships(package, source).values() if found == kind), None)


def relationships(package: Package, source: str) -> dict[str, tuple[str, str]]:
    """The relationships of a part by id, as (last word of the type, name of the target part)."""
    folder, name = posixpath.split(source)
    part = package.actual(posixpath.join(folder, "_rels", name + ".rels"))
    found: dict[str, tuple[str, str]] = {}
    if part not in package.names:
        return found
    for _, element in package.iterparse(part, tags=(_RELATIONSHIP,)):
        if element.get("TargetMode") != "External":
            target = unquote(element.get("Target", "")).replace("\\", "/")
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind, identity = element.get("Type", "").rpartition("/")[2], element.get("Id", "")
            if identity in found or (kind in _ONLY and any(kind == other for other, _ in found.values())):
                raise FileError(f"{part} leads to two {kind} parts in one way", remedy="save the workbook again")
            found[identity] = (kind, package.actual(target))
    return found


def read_index(package: Package, part: str) -> tuple[list[SheetEntry], list[Name], str | None]:
    """The sheets in order, the defined names sorted, and the name of the part with the shared strings.

    Only what stands right in its list counts: programs differ in what they make of a name inside a name.
    """
    related = relationships(package, part)
    sheets: list[SheetEntry] = []
    names: list[Name] = []
    for element in _listed(package, part):
        if element.tag in _SHEET:
            sheets.append(_entry(element, related))
        elif element.tag in _DEFINED and (name := _name(package, element, sheets)) is not None:
            names.append(name)
        if len(names) > package.limits.names:
            raise FileError(f"has more than {package.limits.names:,} defined names", remedy="delete those not needed")
    strings = next((target for kind, target in related.values() if kind == "sharedStrings"), None)
    names.sort(key=lambda name: (name.sheet or "", name.name))
    return sheets, names, strings


def _listed(package: Package, part: str) -> Iterator[Element]:
    for _, listing in package.iterparse(part, tags=_SHEETS | _NAMES):
        yield from listing


def _entry(element: Element, related: dict[str, tuple[str, str]]) -> SheetEntry:
    name = element.get("name", "")
    identity = identity_of(element)
    kind, part = related.get(identity, ("", ""))
    if not kind and identity:  # without one it is a sheet of no cells, such as a module of macros
        raise FileError(f"sheet {name!r} has no part in the file", remedy="get the file again")
    return SheetEntry(name, part if kind == "worksheet" else None, element.get("state", "visible") != "visible")


def identity_of(element: Element) -> str:
    """The id of the relationship that leads to an element's part; empty where it has none."""
    return next((value for key in _IDENTITY if (value := element.get(key)) is not None), "")


def _name(package: Package, element: Element, sheets: list[SheetEntry]) -> Name | None:
    """A defined name; None for Excel's built-in ones (print areas and the like) and those of skipped sheets."""
    name, written = element.get("name", ""), element.text or ""
    if not written.strip() or name.lower().startswith(("_xlnm.", "_xlfn.", "_xlpm.", "_xlws.")):
        return None
    if len(written) > package.limits.formula or len(name) > package.limits.formula:
        raise FileError(
            f"the defined name {name[:40]!r} is longer than {package.limits.formula} characters",
            remedy="delete it",
        )
    text = canonical(excel_read(written))
    if not text:
        return None
    scope = element.get("localSheetId")
    if scope is None:
        return Name(name, text)
    if not _INDEX.fullmatch(scope) or int(scope) >= len(sheets):
        raise FileError(f"the defined name {name!r} belongs to sheet {scope[:20]}, which is missing")
    sheet = sheets[int(scope)]
    return Name(name, text, sheet.name) if sheet.part is not None else None


def read_strings(package: Package, part: str | None) -> list[str]:
    """The shared strings; rich text without its formats, phonetic readings left out."""
    if part is None or part not in package.names:
        return []
    strings: list[str] = []
    for _, item in package.iterparse(part, tags=_ITEM):
        strings.append(rich_text(item))
        if len(strings) > package.limits.cells:
            raise FileError(
                f"has more than {package.limits.cells:,} shared strings",
                remedy="delete what is not needed, or --limit cells=…",
            )
    return strings


def rich_text(item: Element) -> str:
    """The text of an `si` or `is` element: its own, or that of its runs."""
    parts: list[str] = []
    for child in item:
        if child.tag in _TEXT:
            parts.append(child.text or "")
        elif child.tag in _RUN:
            parts.extend(text.text or "" for text in child if text.tag in _TEXT)
    return excel_read("".join(parts))


def parse_number(text: str) -> float | None:
    """The number a `<v>` holds; None where it is empty. Raises ValueError for anything that is not a finite number."""
    try:
        number = float(text)
    except ValueError:
        if not text.strip():
            return None
        raise ValueError(f"{text[:20]!r} where a number belongs") from None
    # Python alone reads 1_000 and other alphabets' digits as numbers.
    if not isfinite(number) or "_" in text or not text.isascii():
        raise ValueError(f"{text[:20]!r} where a finite number belongs")
    return number


def parse_value(kind: str, text: str, strings: list[str]) -> Value:
    """The value of a cell whose type (`t=`) is not a number. Raises ValueError for what the format does not allow."""
    if kind == "s":
        return _shared_string(text, strings)
    parse = _PARSERS.get(kind)
    if parse is None:
        raise ValueError(f"the unknown type {kind[:20]!r}")
    return parse(text)


def _shared_string(text: str, strings: list[str]) -> str | None:
    index = text.strip()
    if not index:
        return None
    if not (index.isascii() and index.isdecimal() and len(index) < 10) or int(index) >= len(strings):
        raise ValueError(f"the shared string {text[:20]!r}, the file has {len(strings):,}")
    return strings[int(index)]


def _truth(text: str) -> bool:
    return text.strip().lower() in ("1", "true")


@lru_cache(maxsize=64)
def _error(text: str) -> CellError | None:
    return CellError(text.strip()[:40]) if text.strip() else None


def _date(text: str) -> float | None:
    """An ISO date, time or duration as Excel counts days; an offset from UTC is no part of what the cell shows."""
    text = text.strip()
    if not text:
        return None
    try:
        if duration := _DURATION.fullmatch(text):
            days, hours, minutes, seconds = (float(part or 0) for part in duration.groups())
            return days + hours / 24 + minutes / 1_440 + seconds / 86_400
        moment = f"{_EPOCH:%Y-%m-%d}T{text.removeprefix('T')}" if _TIME.match(text) else text
        shown = datetime.fromisoformat(moment).replace(tzinfo=None)
    except ValueError:
        raise ValueError(f"{text[:30]!r} where a date belongs") from None
    return (shown - _EPOCH).total_seconds() / 86_400


_PARSERS: dict[str, Callable[[str], Value]] = {
    "str": excel_read,
    "inlineStr": excel_read,
    "b": _truth,
    "e": _error,
    "d": _date,
}
