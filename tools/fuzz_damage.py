"""Random damage to right workbooks, of many kinds, in the packed file and in its parts.

All chance comes from one `random.Random`, so that a seed says which files are made.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable
from functools import cache
from xml.etree import ElementTree

from sheetnet.generate import make_workbook
from sheetnet.network_file import load_network
from sheetnet.workbook_options import WorkbookOptions
from tools.packages import parts_of, saved, zipped

TEMPLATES = ("d02b", "xor-batch", "relu-sigmoid-softmax", "bias-node")
VIEWS = WorkbookOptions(("step", "matrices", "training", "check"), steps=3)  # arrays, a chart, lights

# What a field may hold to confuse its reader.
NASTY = (
    "", " ", "0", "-1", "1", "2", "1.5", "1e999", "-1e-999", "NaN", "INF", "9" * 30, "true", "A1", "XFD1048576",
    "XFE1", "A0", "A1048577",
    "A1:XFD1048576", "#REF!", "#N/A", "[1]S!A1", "Step!A1", "'", '"', "&", "<", "\u202e", "é", "_x0000_",
    "_xD800_", "=1+1", "array", "shared",
    "s", "str", "inlineStr", "b", "e", "d", "rId1", "hidden", "1048576", "16384", "../x", "/xl/workbook.xml",
    "external", "n" * 300,
)  # fmt: skip
_LEAVES = (
    "1",
    "0.5",
    "-2",
    "1E300",
    '"x"',
    '""',
    "TRUE",
    "#N/A",
    "A1",
    "I12",
    "$I$12",
    "B7:B9",
    "A1:B3",
    "F12:G12",
    "Step!F12",
    "z_1",
    "W_1",
    "gamma",
    "nobody",
    "{1,2;3,4}",
)
_FUNCTIONS = (
    "SUM", "EXP", "LN", "IF", "MAX", "MIN", "ABS", "SUMPRODUCT", "TANH", "MMULT", "TRANSPOSE", "INDEX", "OFFSET",
    "INDIRECT", "ROUND", "RAND", "LET", "LAMBDA",
    "REPT", "SEQUENCE", "CHOOSE", "IFERROR", "N", "NOSUCH", "POWER", "SQRT", "ROW", "SUMSQ", "AVERAGE", "SIGN",
    "DATE", "TEXT", "VALUE", "MOD", "FACT",
)  # fmt: skip
_OPERATORS = ("+", "-", "*", "/", "^", "&", "=", "<>", "<", ">=", ",", ":", " ")


@cache
def originals() -> list[tuple[str, str, bytes]]:
    """The right workbooks that are damaged: each template with its one step, one with views, in both formats."""
    books = [(name, make_workbook(load_network(name), WorkbookOptions())) for name in TEMPLATES]
    books.append(("d02b", make_workbook(load_network("d02b"), VIEWS)))
    return [(name, suffix, saved(book, suffix)) for name, book in books for suffix in ("xlsx", "ods")]


def damaged(chance: random.Random, data: bytes) -> bytes:
    """The file with one to three kinds of damage, the likely ones gentle."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        try:
            data = chance.choices(list(DAMAGES), weights=list(DAMAGES.values()))[0](chance, data)
        except Exception:  # noqa: BLE001 - what zipfile and ElementTree raise for a file that is damaged already
            return data
    return data


def formula(chance: random.Random, depth: int = 3) -> str:
    """A random formula, mostly well-formed."""
    kind = chance.random()
    if depth == 0 or kind < 0.3:
        # Whole columns and rows cost seconds, so they are few.
        return chance.choice(_LEAVES if chance.random() < 0.995 else ("A:A", "1:3", "Step!G:H"))
    if kind < 0.6:
        return formula(chance, depth - 1) + chance.choice(_OPERATORS) + formula(chance, depth - 1)
    if kind < 0.7:
        return "(" + formula(chance, depth - 1) + (")" if chance.random() < 0.95 else "")
    if kind < 0.75:
        return chance.choice("-+@%") + formula(chance, depth - 1)
    arguments = ",".join(formula(chance, depth - 1) for _ in range(chance.randrange(4)))
    return f"{chance.choice(_FUNCTIONS)}({arguments})"


# ---- damages ----


def flip_file(chance: random.Random, data: bytes) -> bytes:
    """Some bytes of the packed file."""
    return _flipped(chance, data)


def slice_file(chance: random.Random, data: bytes) -> bytes:
    """A piece of the packed file cut out, doubled or put elsewhere."""
    a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice((data[:a] + data[b:], data[:b] + data[a:], data[:a], data[b:] + data[:b]))


def flip_part(chance: random.Random, data: bytes) -> bytes:
    """Some bytes of one part, packed again."""
    parts, name = _part(chance, data)
    return zipped(parts | {name: _flipped(chance, parts[name])})


def lose_part(chance: random.Random, data: bytes) -> bytes:
    """A part left out, emptied, renamed, or put in another's place."""
    parts, name = _part(chance, data)
    other = chance.choice(sorted(parts))
    content = parts.pop(name)
    kind = chance.randrange(4)
    if kind == 1:
        parts[name] = b""
    elif kind == 2:
        parts[name.upper()] = content
    elif kind == 3:
        parts[name] = parts.get(other, b"")
    return zipped(parts)


def change_tree(chance: random.Random, data: bytes) -> bytes:
    """One to three elements of a part deleted, doubled, swapped, renamed, or given other attributes and texts."""
    parts, name = _part(chance, data)
    root = ElementTree.fromstring(parts[name])
    for _ in range(chance.choice((1, 1, 2, 3))):
        parents = [element for element in root.iter() if len(element)]
        parent = chance.choice(parents)
        index = chance.randrange(len(parent))
        chance.choice(_TREE)(chance, parent, index)
    return zipped(parts | {name: ElementTree.tostring(root, "utf-8")})


def change_field(chance: random.Random, data: bytes) -> bytes:
    """An attribute or text replaced by something nasty, letter for letter."""
    parts, name = _part(chance, data)
    text = parts[name].decode()
    match = chance.choice(list(re.finditer(r'(?<==")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)', text)))
    return zipped(
        parts | {name: (text[: match.start()] + _escaped(chance.choice(NASTY)) + text[match.end() :]).encode()}
    )


def change_formula(chance: random.Random, data: bytes) -> bytes:
    """A formula replaced by a random one, by another of the sheet, or changed in one character."""
    parts, name = _part(chance, data, ("xl/worksheets/", "content.xml"))
    text = parts[name].decode()
    found = list(re.finditer(r'(?<=<f>)[^<]*(?=</f>)|(?<=table:formula=")of:=([^"]*)(?=")', text))
    match, other = chance.choice(found), chance.choice(found)
    kind = chance.randrange(3)
    if kind == 0:
        new = _escaped(formula(chance))
    elif kind == 1:
        new = other[0].removeprefix("of:=")
    else:
        old = match[0].removeprefix("of:=")
        at = chance.randrange(len(old) + 1)
        new = old[:at] + _escaped(chance.choice(string.printable[:95])) + old[at + chance.randrange(2) :]
    new = ("of:=" if name == "content.xml" else "") + new
    return zipped(parts | {name: (text[: match.start()] + new + text[match.end() :]).encode("utf-8", "replace")})


def swap_cells(chance: random.Random, data: bytes) -> bytes:
    """Two cells with each other's place or content."""
    parts, name = _part(chance, data, ("xl/worksheets/", "content.xml"))
    text = parts[name].decode()
    a, b = sorted(
        chance.sample(list(re.finditer(r"<c .*?</c>|<table:table-cell .*?</table:table-cell>", text)), 2),
        key=lambda m: m.start(),
    )
    first, second = a[0], b[0]
    if chance.random() < 0.5 and 'r="' in first:
        places = [re.search(r'r="[A-Z]+[0-9]+"', cell)[0] for cell in (first, second)]  # type: ignore[index]
        first, second = first.replace(places[0], places[1], 1), second.replace(places[1], places[0], 1)
    swapped = text[: a.start()] + second + text[a.end() : b.start()] + first + text[b.end() :]
    return zipped(parts | {name: swapped.encode()})


DAMAGES: dict[Callable[[random.Random, bytes], bytes], int] = {
    flip_file: 2, slice_file: 1, flip_part: 2, lose_part: 1,
    change_tree: 4, change_field: 4, change_formula: 5, swap_cells: 2,
}  # fmt: skip


def _flipped(chance: random.Random, data: bytes) -> bytes:
    content = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10, 30)) if content else 0):
        content[chance.randrange(len(content))] = chance.choice((chance.randrange(256), 0, 0xFF, 0x3C, 0x3E, 0x22))
    return bytes(content)


def _part(chance: random.Random, data: bytes, wanted: tuple[str, ...] = ("",)) -> tuple[dict[str, bytes], str]:
    """The parts and the name of one; sheets are chosen most."""
    parts = parts_of(data)
    names = [
        name
        for name in parts
        if name.startswith(wanted) and not name.startswith(("xl/theme", "docProps", "Configurations"))
    ]
    sheets = [name for name in names if name.startswith(("xl/worksheets/", "content.xml", "xl/workbook.xml"))]
    return parts, chance.choice(sheets if sheets and chance.random() < 0.8 else names)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _delete(_: random.Random, parent: ElementTree.Element, index: int) -> None:
    del parent[index]


def _double(chance: random.Random, parent: ElementTree.Element, index: int) -> None:
    parent.insert(chance.randrange(len(parent) + 1), parent[index])


def _swap(chance: random.Random, parent: ElementTree.Element, index: int) -> None:
    other = chance.randrange(len(parent))
    parent[index], parent[other] = parent[other], parent[index]


def _attribute(chance: random.Random, parent: ElementTree.Element, index: int) -> None:
    element = parent[index]
    if element.attrib and chance.random() < 0.3:
        del element.attrib[chance.choice(list(element.attrib))]
    elif element.attrib:
        element.set(chance.choice(list(element.attrib)), chance.choice(NASTY))
    else:
        element.set(chance.choice(("r", "t", "s", "ref", "si", "name")), chance.choice(NASTY))


def _text(chance: random.Random, parent: ElementTree.Element, index: int) -> None:
    parent[index].text = chance.choice(NASTY)


def _rename(chance: random.Random, parent: ElementTree.Element, index: int) -> None:
    parent[index].tag = chance.choice([each.tag for each in parent.iter()])


def _nest(_: random.Random, parent: ElementTree.Element, index: int) -> None:
    inner = parent[index]
    parent[index] = ElementTree.Element(inner.tag, dict(inner.attrib))
    parent[index].append(inner)


_TREE = (_delete, _double, _swap, _attribute, _attribute, _text, _rename, _nest)
