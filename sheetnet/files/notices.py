"""Collects what a reader notices: macros, links and external data, hidden cells, what programs read differently.

`with noticing() as notices:` collects the sentences of everything read inside the block, each once. Nothing
that reaches beyond a workbook is run or followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from sheetnet.errors import FileError
from sheetnet.files.package import Package
from sheetnet.files.xlsx.parts import workbook_part
from sheetnet.syntax import tokenize
from sheetnet.syntax.references import cell_place
from sheetnet.workbook import NOTHING_HIDDEN, Disguise, Place, Position, Workbook

_notices: ContextVar[dict[str, None] | None] = ContextVar("notices", default=None)


@contextmanager
def noticing() -> Iterator[dict[str, None]]:
    """The sentences noticed until the block ends, in their order."""
    found: dict[str, None] = {}
    token = _notices.set(found)
    try:
        yield found
    finally:
        _notices.reset(token)


def wanted() -> bool:
    """Whether anybody listens."""
    return _notices.get() is not None


def notice(sentence: str) -> None:
    """Tell what was met; nothing happens where nobody listens."""
    found = _notices.get()
    if found is not None:
        found[sentence] = None


FLAT = 2.0  # points: a row lower than that, or a column so narrow, shows nothing
_MOST = 10_000  # ranges that are kept of a sheet; honest ones have some dozens
_Spans = list[tuple[int, int]]


class Disguises:
    """What has been read so far of one sheet."""

    def __init__(self) -> None:
        self.formats: dict[Position, str] = {}
        self._rows: _Spans = []
        self._columns: _Spans = []

    def hide_rows(self, first: int, count: int = 1) -> None:
        """Rows are hidden, in the order in which they come."""
        _append(self._rows, first, first + count - 1)

    def hide_columns(self, first: int, count: int = 1) -> None:
        """Columns are hidden, in the order in which they come."""
        _append(self._columns, first, first + count - 1)

    def found(self) -> Disguise:
        """All of it."""
        if not (self._rows or self._columns or self.formats):
            return NOTHING_HIDDEN
        return Disguise(tuple(self._rows), tuple(self._columns), self.formats)


def _append(spans: _Spans, first: int, last: int) -> None:
    if spans and spans[-1][1] + 1 == first:
        spans[-1] = spans[-1][0], last
    elif len(spans) < _MOST:
        spans.append((first, last))


def refuse_ambiguous(workbook: Workbook) -> None:
    """Raise `FileError` for names that differ in capitals alone, and for cells that two formulas fill."""
    names: set[tuple[str, str]] = set()
    for name in workbook.names:
        key = ((name.sheet or "").casefold(), name.name.casefold())
        if key in names:
            raise FileError(f"the name {name.name!r} is defined twice", remedy="delete one")
        names.add(key)
    for sheet, row, column in _filled_twice(workbook):
        raise FileError(
            "two formulas fill it, one of an array", place=cell_place((sheet, row, column)), remedy="clear it"
        )


def _filled_twice(workbook: Workbook) -> Iterator[Place]:
    """Cells of an array formula that have a formula of their own, or belong to another array, too."""
    for sheet in workbook.sheets:
        filled = {anchor for anchor, cell in sheet.cells.items() if cell.formula is not None} if sheet.arrays else set()
        for (top, left), (rows, columns) in sheet.arrays.items():
            for position in ((top + r, left + c) for r in range(rows) for c in range(columns) if r or c):
                if position in filled:
                    yield (sheet.name, *position)
                filled.add(position)


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


def notice_hazards(package: Package, workbook: Workbook) -> None:
    """Tell whoever listens what the file would fetch, run or hide."""
    if wanted():
        for sentence in (*in_package(package), *in_formulas(workbook)):
            notice(sentence)


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
