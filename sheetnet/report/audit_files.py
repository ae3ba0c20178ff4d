"""An audit as a file: an HTML page that needs no other files, or a workbook.

All text goes through jinja2's escaping, and control characters of untrusted texts are replaced. The workbook is the
network's own, with a sheet on which each printed number stands beside a reference to the cell of the step that computes it
(or beside its expression, with cells in the place of names): an author may change an input and see which numbers follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sheetnet.auditing import Audit, NumberVerdict
from sheetnet.auditing.digits import read_digits
from sheetnet.auditing.expressions import FunctionTerm, NameTerm, Term, rebuilt, subterms, written
from sheetnet.auditing.published import PrintedNumber, Published, block_of_column, printed_place
from sheetnet.errors import NetworkError
from sheetnet.formulas import Dimensions, spoken, spoken_index, symbol_of
from sheetnet.generate import make_workbook
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.report.audit_text import (
    PRINT_STYLES,
    corrections,
    counted,
    counted_formulas,
    legend,
    lines,
    mistakes_named,
)
from sheetnet.report.html import page_templates
from sheetnet.report.wording import printable
from sheetnet.syntax import Area, area_name, cell_name, parse_area
from sheetnet.verdict import PrintVerdict
from sheetnet.workbook import Cell, Position, Sheet, View, Workbook


def audit_html(audit: Audit) -> str:
    """The page."""
    environment = page_templates()
    environment.filters["dashed"] = dashed
    return environment.get_template("audit.html").render(
        audit=audit,
        verdicts=PrintVerdict,
        lines=list(lines(audit)),
        looks={dashed(verdict): look for verdict, look in PRINT_STYLES.items()},
        legend=legend(audit),
        counted=counted(audit),
        counted_formulas=counted_formulas(audit),
        mistakes=mistakes_named(audit),
        corrections=corrections(audit),
        called=spoken_index,
        symbol=symbol_of,
    )


def dashed(verdict: str) -> str:
    """A verdict as a class of the page."""
    return verdict.replace(" ", "-")


PUBLISHED_SHEET = "Published"
HEAD = ("place", "quantity", "printed", "as a number", "live", "difference", "verdict", "why")
PUBLISHED_WIDTHS = {1: 60.0, 2: 18.0, 3: 14.0, 4: 14.0, 5: 14.0, 6: 12.0, 7: 12.0, 8: 70.0}
BLAMED = {PrintVerdict.MISPRINT, PrintVerdict.CONTRADICTS, PrintVerdict.WRONG}
PUBLISHED_TOP = 4  # the row of the column heads
# Functions that every spreadsheet computes; an expression with others stands without a live formula.
LIVE = {"ABS", "EXP", "IF", "LN", "LOG10", "MAX", "MIN", "SQRT", "SUM", "TANH"}


def audit_workbook(published: Published, audit: Audit) -> Workbook:
    """The workbook; raises `NetworkError` where the step has infinities, or a file does not give all of it."""
    if published.lacking:
        fields = " and ".join(published.lacking)
        raise NetworkError(
            f"{fields} missing, which a workbook needs, as it has the whole step", remedy="add to the network file"
        )
    workbook = make_workbook(published.network)
    areas = {name.name: parse_area(name.refers_to) for name in workbook.names if name.sheet is None}
    known = {name: area for name, area in areas.items() if area is not None}
    cells: dict[Position, Cell] = {
        (1, 1): Cell("Printed numbers", role="title"),
        (2, 1): Cell(_line(audit.title), role="subtitle"),
        **{(PUBLISHED_TOP, column): Cell(words, role="symbol") for column, words in enumerate(HEAD, 1)},
    }
    for row, (number, entry) in enumerate(zip(published.numbers, audit.entries, strict=True), PUBLISHED_TOP + 1):
        for column, cell in _row(number, entry, published.network, known, row):
            cells[row, column] = cell
    sheet = Sheet(PUBLISHED_SHEET, cells, view=View(widths=PUBLISHED_WIDTHS, freeze=(PUBLISHED_TOP + 1, 3)))
    return replace(workbook, sheets=(workbook.sheets[0], sheet, *workbook.sheets[1:]))


def _row(
    number: PrintedNumber, entry: NumberVerdict, network: Network, areas: Mapping[str, Area], row: int
) -> Iterator[tuple[int, Cell]]:
    digits = read_digits(entry.printed)
    for column, words in (
        (1, entry.place),
        (2, spoken(entry.quantity, entry.index, Dimensions.of(network))),
        (3, entry.printed),
    ):
        if words.strip():
            yield column, Cell(_line(words), role="plain")
    if digits is not None:
        yield 4, Cell(digits.value, role="plain")
    formula = live(number, network, areas)
    if formula is not None and entry.computed is not None:
        yield 5, Cell(entry.computed, formula, role="plain")
        if digits is not None:
            yield 6, Cell(entry.computed - digits.value, f"{cell_name(row, 5)}-{cell_name(row, 4)}", role="difference")
    yield 7, Cell(entry.verdict, role="fail" if entry.verdict in BLAMED else "plain")
    if entry.why:
        yield 8, Cell(_line(entry.why), role="plain")


def live(number: PrintedNumber, network: Network, areas: Mapping[str, Area]) -> str | None:
    """The formula of a printed number's right value; None where cells cannot say it."""
    if number.expression is None:
        return _reference(NameTerm(number.quantity, number.index), network, areas)
    term = _placed(number.expression, network, areas)
    return None if term is None else written(term)


def _placed(term: Term, network: Network, areas: Mapping[str, Area]) -> Term | None:
    """An expression with cells for names."""
    if isinstance(term, NameTerm):
        found = _reference(term if term.index else NameTerm(term.name, (0, 0)), network, areas)
        single = term.index is not None or (term.name in areas and _is_one(areas[term.name]))
        return NameTerm(found) if found is not None and single else None
    if isinstance(term, FunctionTerm) and term.function not in LIVE:
        return None
    inside = [_placed(part, network, areas) for part in subterms(term)]
    return None if any(part is None for part in inside) else rebuilt(term, tuple(p for p in inside if p is not None))


def _is_one(area: Area) -> bool:
    return (area.top, area.left) == (area.bottom, area.right)


def _reference(name: NameTerm, network: Network, areas: Mapping[str, Area]) -> str | None:
    assert name.index is not None
    block, row, column = printed_place(network, name.name, name.index)
    if block not in areas:  # a_l of a hidden layer stands in A_l
        whole = replace(Quantity.of(block), symbol="A").name
        if whole not in areas or block_of_column(network, whole, column) != block:
            return None
        block = whole
    area = areas[block]
    top, left = area.top + row, area.left + column
    return area_name(Area(area.sheet, top, left, top, left), absolute=False)


def _line(words: str) -> str:
    return printable(words)[:1000]
