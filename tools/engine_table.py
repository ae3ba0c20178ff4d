"""Print which functions and idioms IronCalc computes otherwise than LibreOffice, function by function.

Usage: python -m tools.engine_table [--differences]

Part 1 says whether a function of single numbers is lifted over an array, part 2 compares whole expressions, and part 3
names the functions that LibreOffice knows and IronCalc does not. Both engines get the same cells, as
`validate` feeds them: what is spelled for IronCalc in another way counts as computed (sheetnet/engine/ironcalc).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sheetnet.engine import engine_named
from sheetnet.errors import EngineError
from sheetnet.workbook import Cell, CellError, Place, Position, Sheet, Value, Workbook
from tools.engine_cases import DATA, IDIOMS, LIFTS, NAMES

TRY, ROWS = "Try", 3  # the sheet of the formulas, and how many numbers an array has in part 1
FORMS = ("one cell", "SUM", "SUMPRODUCT", "{SUM}", "{block}")  # how a function is applied, a column of Try each


KINDS = {
    "same": "computed alike",
    "value": "another value, without an error: the worst kind",
    "digits": "the same to 6 digits, not to 12",
    "error": "an error in IronCalc alone",
    "excel": "IronCalc as Excel, LibreOffice otherwise",
    "lenient": "IronCalc gives a value, LibreOffice an error",
    "unwitnessed": "a function that LibreOffice does not know",
}


@dataclass(frozen=True)
class Line:
    """What both engines make of one construct, and in which of the `KINDS` that falls."""

    title: str
    ironcalc: str
    libreoffice: str
    kind: str
    remark: str = ""


def compute(engine: str, formulas: Sequence[tuple[str, tuple[int, int] | None]]) -> list[list[Value]]:
    """The values of each formula's cells; a shape enters it as an array. A formula that kills the engine is `gave up`."""
    try:
        return _compute(engine, formulas)
    except EngineError:
        if len(formulas) == 1:
            return [[CellError("gave up")] * _size(formulas[0][1])]
        half = len(formulas) // 2
        return compute(engine, formulas[:half]) + compute(engine, formulas[half:])


def _compute(engine: str, formulas: Sequence[tuple[str, tuple[int, int] | None]]) -> list[list[Value]]:
    cells: dict[Position, Cell] = {}
    arrays: dict[Position, tuple[int, int]] = {}
    wanted: list[Place] = []
    for number, (formula, shape) in enumerate(formulas):
        top = 1 + number * ROWS  # no formula stands beside the numbers of Data that it uses: nothing is intersected
        cells[top, 20] = Cell(0.0, formula)
        if shape:
            arrays[top, 20] = shape
            cells.update({(top + r, 20): Cell(0.0) for r in range(1, shape[0])})
        wanted += [(TRY, top + r, 20) for r in range(shape[0] if shape else 1)]
    workbook = Workbook((Sheet("Data", DATA), Sheet(TRY, cells, arrays)))
    values = iter(next(engine_named(engine)(workbook, [], [None], wanted)))
    return [[next(values) for _ in range(_size(shape))] for _, shape in formulas]


def _size(shape: tuple[int, int] | None) -> int:
    return shape[0] if shape else 1


def lifts() -> Iterator[Line]:
    """Part 1: each function on one cell, in SUM and SUMPRODUCT of a plain cell, in {SUM} and over a block."""
    asked = [form for case in LIFTS for form in _forms(case.one, case.many)]
    found = {engine: compute(engine, asked) for engine in ("ironcalc", "libreoffice")}
    for number, case in enumerate(LIFTS):
        at = slice(number * len(FORMS), (number + 1) * len(FORMS))
        ours, theirs = found["ironcalc"][at], found["libreoffice"][at]
        theirs = [theirs[0], theirs[3], theirs[3], theirs[3], theirs[4]]  # plain SUM wants array entry in LibreOffice
        kinds = [kind_of(one, other) for one, other in zip(ours, theirs, strict=True)]
        bad = [form for form, kind in zip(FORMS, kinds, strict=True) if kind != "same"]
        shown = "; ".join(f"{form} {text(one)}" for form, one in zip(FORMS, ours, strict=True) if form in bad)
        reference = f"{text(theirs[0])}; sum {text(theirs[3])}; block {text(theirs[4])}"
        yield Line(case.many, shown or "the same", reference, worst(kinds), verdict(bad))


def verdict(bad: Sequence[str]) -> str:
    """In a word whether a function is lifted, given the forms that differ."""
    if not bad:
        return "lifts"
    return "differs on " + ", ".join(bad) if "one cell" in bad else "not lifted in " + ", ".join(bad)


def _forms(one: str, many: str) -> list[tuple[str, tuple[int, int] | None]]:
    return [
        (one, None),
        (f"SUM({many})", None),
        (f"SUMPRODUCT({many})", None),
        (f"SUM({many})", (1, 1)),
        (many, (ROWS, 1)),
    ]


def idioms() -> Iterator[Line]:
    """Part 2: expressions as they stand in a plain cell, and entered as arrays of one cell."""
    plain = [(case.formula, None) for case in IDIOMS]
    entered = [(case.formula, (1, 1)) for case in IDIOMS]
    results = [compute(engine, forms) for engine in ("ironcalc", "libreoffice") for forms in (plain, entered)]
    for case, one, inside, other, other_inside in zip(IDIOMS, *results, strict=True):
        as_array = isinstance(other[0], CellError) or alike(one, other_inside)  # what older programs want entered so
        kinds = [kind_of(one, other_inside if as_array else other), kind_of(inside, other_inside)]
        kind = worst(kinds)
        if kind in ("value", "error") and case.excel.partition(":")[0] == text(one):
            kind = "excel"
        yield Line(
            case.formula,
            f"{text(one)} {{{text(inside)}}}",
            f"{text(other)} {{{text(other_inside)}}}",
            kind,
            f"Excel: {case.excel}" if case.excel else "",
        )


def kind_of(one: Sequence[Value], other: Sequence[Value]) -> str:
    """How IronCalc's values differ from LibreOffice's."""
    if CellError("#NAME?") in other:
        return "unwitnessed"
    if alike(one, other):
        return "same"
    if alike(one, other, 1e-6):
        return "digits"
    ours, theirs = (any(isinstance(value, CellError) for value in values) for values in (one, other))
    return "error" if ours else "lenient" if theirs else "value"


def worst(kinds: Sequence[str]) -> str:
    """The kind that matters most."""
    order = ("value", "error", "digits", "lenient", "unwitnessed")
    return next((kind for kind in order if kind in kinds), "same")


def unknown() -> dict[str, list[str]]:
    """Part 3: which of Excel's functions are #NAME? to IronCalc alone, to LibreOffice alone, to both."""
    asked = [(f"{name}(1)", None) for name in NAMES]
    lost = [[one == CellError("#NAME?") for (one,) in compute(engine, asked)] for engine in ("ironcalc", "libreoffice")]
    found: dict[str, list[str]] = {"IronCalc alone": [], "LibreOffice alone": [], "both": []}
    for name, ours, theirs in zip(NAMES, *lost, strict=True):
        if ours or theirs:
            found["both" if ours and theirs else "IronCalc alone" if ours else "LibreOffice alone"].append(name)
    return found


def alike(one: Sequence[Value], other: Sequence[Value], tolerance: float = 1e-12) -> bool:
    """Whether values are the same: numbers to 12 digits (LibreOffice saves 15), any error like any other."""
    return len(one) == len(other) and all(_alike(a, b, tolerance) for a, b in zip(one, other, strict=True))


def _alike(one: Value, other: Value, tolerance: float) -> bool:
    if isinstance(one, CellError) or isinstance(other, CellError):
        return isinstance(one, CellError) and isinstance(other, CellError)
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        return (one or "") == (other or "")
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=1e-14)


def text(values: Sequence[Value]) -> str:
    """Values as the table shows them."""
    return " ".join(map(_text, values))


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.6g}"
    return "empty" if value is None else repr(value) if isinstance(value, str) else str(value)


def main(argv: Sequence[str]) -> int:
    """Print the three parts; with --differences only what is not the same."""
    shown = [kind for kind in KINDS if kind != "same" or "--differences" not in argv]
    show("Functions over arrays", lifts(), shown)
    show("Expressions: plain {entered as an array}", idioms(), shown)
    for whom, names in unknown().items():
        print(f"Unknown to {whom}: {' '.join(names)}")
    return 0


def show(title: str, lines: Iterable[Line], shown: Sequence[str]) -> None:
    """Print one part of the table, a kind after the other."""
    lines = list(lines)
    print(f"{title}\n{'=' * len(title)}\n")
    for kind in shown:
        chosen = [line for line in lines if line.kind == kind]
        print(f"{kind}: {KINDS[kind]} ({len(chosen)})")
        for line in chosen:
            print(f"  {line.title:58} IronCalc {line.ironcalc:40} LibreOffice {line.libreoffice:40} {line.remark}")
        print()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
