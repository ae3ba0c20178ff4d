"""Relationships and content types of an .xlsx package, read and added to in place. It knows no cells and no sheets."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from urllib.parse import quote, unquote

from sheetnet.files.repack import Parts
from sheetnet.files.splice import appended, children, escaped, prefix_of, scan, spliced

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATIONSHIP = f"{{{_RELATIONSHIPS}}}Relationship"
_TYPES = "[Content_Types].xml"
_EMPTY = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_RELATIONSHIPS}"/>'


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
    for node in scan(parts.get(rels), parts.where(rels), (_RELATIONSHIP,)):
        if node.tag == _RELATIONSHIP:
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
    data = parts.get(rels) if rels in parts.names else _EMPTY.encode()
    taken = {each.identity for each in relations(parts, source)}
    number = len(taken) + 1
    while f"rId{number}" in taken:
        number += 1
    root = scan(data, parts.where(rels), ())[0]
    path = quote(posixpath.relpath("/" + target, "/" + posixpath.dirname(source)))
    element = b'<%sRelationship Id="rId%d" Type="%s" Target="%s"/>' % (
        prefix_of(data, root), number, f"{OFFICE}/{kind}".encode(), escaped(path),
    )  # fmt: skip
    parts.put(rels, spliced(data, appended(data, root, element), parts.where(rels)))
    return f"rId{number}"


def declare(parts: Parts, part: str, kind: str) -> None:
    """Say what type of content a new part has."""
    _add_type(parts, "Override", "PartName", "/" + quote(part), kind)


def declare_suffix(parts: Parts, suffix: str, kind: str) -> None:
    """Say what type parts with a suffix have, unless that is said already."""
    types = _actual(parts, _TYPES)
    known = scan(parts.get(types), parts.where(types))
    if suffix not in {(node.get("Extension") or "").lower() for node in known}:
        _add_type(parts, "Default", "Extension", suffix, kind)


def _add_type(parts: Parts, element: str, attribute: str, name: str, kind: str) -> None:
    types = _actual(parts, _TYPES)
    data = parts.get(types)
    root, *_ = nodes = scan(data, parts.where(types))
    prefix = prefix_of(data, root)
    content = b'<%s%s %s="%s" ContentType="%s"/>' % (
        prefix, element.encode(), attribute.encode(), escaped(name), kind.encode(),
    )  # fmt: skip
    # Defaults stand before overrides in every file that programs write.
    first = children(nodes, root)[0].start if element == "Default" and not root.empty else None
    parts.put(types, spliced(data, appended(data, root, content, first), parts.where(types)))


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
