"""Says what in a workbook would reach beyond it: external data, macros, links. None of it is run or followed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from sheetnet.errors import FileError
from sheetnet.files.package import Package
from sheetnet.files.xlsx.parts import workbook_part
from sheetnet.place_names import cell_place
from sheetnet.syntax import tokenize
from sheetnet.workbook import Position, Workbook

# How the parts of a package begin (in small letters) → what they hold.
_PARTS = {
    ("xl/vbaproject.bin", "xl/macrosheets/", "basic/", "scripts/"): "holds macros, which are never run",
    ("xl/externallinks/",): "refers to other workbooks, which are never opened",
    ("xl/connections.xml", "xl/querytables/"): "has data connections, which are never opened",
    ("xl/embeddings/", "xl/activex/"): "holds embedded objects, which are passed over",
}
_OBJECT = "object "  # how an .ods names the folders and parts of what is embedded, charts among it
_MANIFEST, _CHART = "META-INF/manifest.xml", "application/vnd.oasis.opendocument.chart"
_SPACE = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_MOST_SEARCHED = 2_000_000  # bytes: settings stand among the first or last of a small part
_SUFFIXES = {"xlsx": (".xlsx", ".xlsm", ".xltx", ".xltm"), "ods": (".ods", ".ots")}
_FETCHING = frozenset({"WEBSERVICE", "DDE", "RTD", "IMAGE", "IMPORTDATA", "IMPORTXML", "IMPORTHTML", "IMPORTRANGE"})
_RUNNING = frozenset({"CALL", "REGISTER", "REGISTER.ID", "EXEC", "EVALUATE", "FOPEN", "SHELL"})
# Without one of these nothing reaches beyond: most workbooks need no second look.
_SUSPECT = ("[", "|", *sorted(_FETCHING | _RUNNING))


# How a file tells its program to round every number as it is shown, where it tells that, and what stands behind it.
_AS_SHOWN = {
    "xlsx": (re.compile(rb"""\sfullPrecision\s*=\s*["'](?:0|false)["']"""), b"</workbook>"),
    "ods": (re.compile(rb"""\stable:precision-as-shown\s*=\s*["']true["']"""), b"<table:table "),
}


def in_package(package: Package) -> Iterator[str]:
    """What the file's name and the names of its parts tell."""
    path = package.path
    if path.is_symlink():
        yield f"is a link: the file it leads to was judged, {os.path.realpath(path)}"
    if path.suffix.lower() not in _SUFFIXES[package.kind]:
        yield f"is an .{package.kind} file by its content, whatever its name says"
    if _rounds(package):
        yield "is set to compute with numbers as they are shown: here they were judged in full precision"
    names = [name.casefold() for name in package.names]
    for beginnings, sentence in _PARTS.items():
        if any(name.startswith(beginnings) for name in names):
            yield sentence
    if {name.partition("/")[0] for name in names if name.startswith(_OBJECT)} - _charts(package):
        yield "holds embedded objects, which are passed over"


def _rounds(package: Package) -> bool:
    """Whether programs compute with the numbers as they are shown, not as they are."""
    setting, end = _AS_SHOWN[package.kind]
    text = b""
    for chunk in package.open("content.xml" if package.kind == "ods" else workbook_part(package)):
        text += chunk
        if end in text or len(text) > _MOST_SEARCHED:
            break
    return setting.search(text.partition(end)[0]) is not None


def _charts(package: Package) -> set[str]:
    """The folders of an .ods that hold charts, by its manifest (in small letters); none where that is damaged."""
    found: set[str] = set()
    if package.kind == "ods" and _MANIFEST in package.names:
        with suppress(FileError):
            for _, entry in package.iterparse(_MANIFEST, tags=(f"{_SPACE}file-entry",)):
                if entry.get(f"{_SPACE}media-type") == _CHART:
                    found.add(entry.get(f"{_SPACE}full-path", "").rstrip("/").casefold())
    return found


def in_formulas(workbook: Workbook) -> Iterator[str]:
    """What formulas and names would fetch or run, each kind once, with the first place."""
    formulas = list(_formulas(workbook))
    text = "\n".join(formula for formula, _, _ in formulas).upper()
    if not any(sign in text for sign in _SUSPECT):
        return
    first: dict[str, str] = {}
    for formula, where, position in formulas:
        if any(sign in formula.upper() for sign in _SUSPECT):
            for sentence in _reaching(formula):
                first.setdefault(sentence, cell_place((where, *position)) if position else where)
    yield from (f"{place} {sentence}" for sentence, place in first.items())


def _formulas(workbook: Workbook) -> Iterator[tuple[str, str, Position | None]]:
    for sheet in workbook.sheets:
        for position, cell in sheet.cells.items():
            if cell.formula is not None:
                yield cell.formula, sheet.name, position
    for name in workbook.names:
        yield name.refers_to, f"the name {name.name}", None


def _reaching(formula: str) -> Iterator[str]:
    for token in tokenize(formula):
        prefix, bang, _ = token.text.rpartition("!")
        name = token.text.upper()
        if token.kind == "function" and name in _FETCHING:
            yield f"calls {name}, which fetches from outside: never followed"
        elif token.kind == "function" and name in _RUNNING:
            yield f"calls {name}, which runs programs: never run"
        elif token.kind != "text" and bang and "[" in prefix:  # [1]Sheet!A1, '[other.xlsx]Sheet'!A1
            yield "refers to another file, which is never opened"
        elif token.kind == "unknown" and token.text == "|":  # cmd|'/C calc'!A0
            yield "asks another program (DDE), which is never started"
