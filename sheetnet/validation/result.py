"""Holds what `validate` finds: a verdict for each cell, findings by cause, and the report of a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sheetnet.formulas import Dimensions, spoken
from sheetnet.object_display import counted_words, shown_html, shown_line
from sheetnet.syntax import Area, area_name, parse_area, shift
from sheetnet.syntax.references import place_name
from sheetnet.verdict import OF_THE_ENGINE, SOUND, Verdict, tally
from sheetnet.workbook import Position, Value

if TYPE_CHECKING:
    import pandas


AT_THESE_INPUTS = "at these inputs"  # in the part of a message that compares a typed number with the right one
RIGHT_AS_TEXT = "right, but entered as text"  # how the message of such a cell begins


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """One judged cell. `sheet`, `cell` and `index` are None for a block that is missing as a whole.

    `value` is what the workbook shows after recalculation, `expected` what NumPy computes from the same inputs,
    `saved` what the file itself shows; `stale` says that it is another value. `cause` is the cell, as `Step!B3`, where a
    carried error began; `mistakes` are the codes of the known mistakes that explain the cell, first the one that is told.
    `answer` says that a student was asked to fill in the cell; in a workbook that asks for nothing every judged cell is one.
    """

    sheet: str | None
    cell: str | None
    quantity: str
    index: tuple[int, ...] | None
    verdict: Verdict
    message: str
    formula: str | None = None
    value: Value = None
    expected: float | None = None
    saved: Value = None
    stale: bool = False
    cause: str | None = None
    mistakes: tuple[str, ...] = ()
    answer: bool = True

    @property
    def place(self) -> str:
        """The cell, as `Step!B3`; a dash for what stands nowhere."""
        return place_name(self.sheet, self.cell) if self.cell else "—"

    @property
    def right_as_text(self) -> bool:
        """Whether the formula is right and stands there as text: it computes nothing, so that its verdict is wrong."""
        return self.message.startswith(RIGHT_AS_TEXT)

    @property
    def mistake(self) -> str | None:
        """The code of the known mistake that is told; None where there is none."""
        return self.mistakes[0] if self.mistakes else None

    def __repr__(self) -> str:
        """One line: the cell, its quantity, its verdict and why."""
        place = f"{place_name(self.sheet, self.cell)} " if self.cell else ""
        element = spoken(self.quantity, self.index, Dimensions(1 + (self.index or (0,))[0]))
        return shown_line(self, f"{place}{element}: {self.verdict}, {self.message}")


@dataclass(frozen=True)
class EditedInput:
    """An input whose cell no longer holds what the network file says: play, not an error."""

    sheet: str
    cell: str
    quantity: str
    index: tuple[int, ...]
    found: Value
    expected: float
    formula: str | None = None

    @property
    def place(self) -> str:
        """The cell, as `Step!B3`."""
        return place_name(self.sheet, self.cell)


@dataclass(frozen=True)
class Report:
    """The judgement of one workbook, `cells` with every judged cell; counts are over its answers alone.

    `ok` only where every answer was compared and is correct, and everything given is as it was given. `network_id` is
    the same for equal networks; `sizes` are its n_0 … n_L. `students_copy`: the workbook says what a student is to fill in.
    `level` is how much the report tells: "full", or what is left of it for students, "hint" or "where".

    >>> report = sheetnet.validate(sheetnet.write_workbook(sheetnet.load_network("d02b"), "d02b.xlsx"))
    >>> report.ok
    True
    >>> print(report.to_frame()[["cell", "quantity", "index", "verdict"]].tail(2).to_string(index=False))
    cell   quantity   index verdict
     B57 train_cost (49, 0) correct
     B58 train_cost (50, 0) correct
    """

    workbook: str
    network: str
    network_source: str
    engine: str
    trials: int
    seed: int
    cells: tuple[CellVerdict, ...]
    edited_inputs: tuple[EditedInput, ...] = ()
    notes: tuple[str, ...] = ()
    strict_inputs: bool = False
    convention: str | None = None
    network_id: str = ""
    sizes: tuple[int, ...] = ()
    students_copy: bool = False
    level: str = "full"

    @property
    def answers(self) -> tuple[CellVerdict, ...]:
        """The cells that a student was asked to fill in; in a workbook that asks for nothing, all."""
        return tuple(cell for cell in self.cells if cell.answer)

    @property
    def changed_givens(self) -> tuple[CellVerdict, ...]:
        """Cells that were given, were changed, and are now wrong."""
        return tuple(cell for cell in self.cells if not cell.answer and cell.verdict not in (*SOUND, *OF_THE_ENGINE))

    @property
    def counts(self) -> dict[str, int]:
        """How many answers have each verdict, in the order of `Verdict`; those that occur."""
        return tally(cell.verdict for cell in self.cells if cell.answer)

    @property
    def ok(self) -> bool:
        """Whether everything is correct; a report that compared nothing is not."""
        edited = self.strict_inputs and self.edited_inputs
        return self.counts.keys() == {Verdict.CORRECT} and not edited and not self.changed_givens

    @property
    def stale(self) -> int:
        """How many cells show another value in the file than they compute."""
        return sum(cell.stale for cell in self.cells)

    def __repr__(self) -> str:
        """One line: the workbook, whether all is right, and how many answers have each verdict."""
        counts = counted_words(self.counts) or "nothing was compared"
        return shown_line(self, f"{self.workbook or 'workbook'}: {'ok' if self.ok else 'not ok'}, {counts}")

    def _repr_html_(self) -> str | None:
        return shown_html(self)

    def __reduce__(self) -> tuple[Callable[..., Report], tuple[Any, ...]]:
        """Pickled column by column: a batch moves thousands of cells between processes, this takes a third of the time."""
        columns = [list(map(attrgetter(name), self.cells)) for name in CellVerdict.__slots__]
        others = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "cells"}
        return _from_columns, (columns, others)

    def to_frame(self) -> pandas.DataFrame:
        """A table, one row for each cell, with the fields of `CellVerdict` and the `mistake` told."""
        import pandas

        names = [*CellVerdict.__slots__, "mistake"]
        return pandas.DataFrame([[getattr(cell, name) for name in names] for cell in self.cells], columns=names)


def _from_columns(columns: Sequence[Sequence[Any]], others: Mapping[str, Any]) -> Report:
    return Report(cells=tuple(map(CellVerdict, *columns)), **others)


MOST_AREAS = 3  # rectangles of a finding that are named


@dataclass(frozen=True, slots=True)
class BlockFinding:
    """Blamed cells with one cause, in the order in which they are judged."""

    cells: tuple[CellVerdict, ...]

    @property
    def first(self) -> CellVerdict:
        """The cell that stands for all."""
        return self.cells[0]

    @property
    def areas(self) -> tuple[str, ...]:
        """The rectangles that the cells fill, as `H12:H19`; empty for what stands nowhere."""
        return tuple(area_name(area, absolute=False) for area in _rectangles(_positions(self.cells)))

    @property
    def where(self) -> str:
        """`Step!H12:H19, 8 cells`; a dash for what stands nowhere."""
        count = f", {len(self.cells):,} cells" if len(self.cells) > 1 else ""
        return self.place + count if self.place else "—"

    @property
    def place(self) -> str:
        """`Step!H12:H19`; empty for what stands nowhere."""
        areas = self.areas
        named = ", ".join(areas[:MOST_AREAS]) + (", …" if len(areas) > MOST_AREAS else "")
        return place_name(self.first.sheet, named) if areas else ""

    def __repr__(self) -> str:
        """One line: the cells, what they hold, the verdict and why."""
        return shown_line(self, f"{self.where}: {self.first.quantity}, {self.first.verdict}, {self.first.message}")


def findings_of(blamed: Iterable[CellVerdict]) -> list[BlockFinding]:
    """The cells by their cause: equal formulas, as filled or as entered over a block at once, with one first mistake."""
    filled: dict[tuple[object, ...], list[CellVerdict]] = {}
    for cell in blamed:
        filled.setdefault(_cause(cell), []).append(cell)
    entered: dict[tuple[object, ...], list[CellVerdict]] = {}
    for key, cells in filled.items():
        first = cells[0]
        if len(cells) == 1 and first.formula is not None:  # as each cell of an array formula
            key = (first.sheet, first.quantity, first.verdict, first.mistake, first.formula)
        entered.setdefault(key, []).extend(cells)
    return [BlockFinding(tuple(cells)) for cells in entered.values()]


def _cause(cell: CellVerdict) -> tuple[object, ...]:
    """What cells of one finding have in common: of a block the reason for which they were left open, else a formula.

    A cell without a formula is one alone.
    """
    if cell.verdict == Verdict.UNDETERMINED and cell.cell is not None:
        return cell.sheet, cell.quantity, cell.verdict, cell.message
    area = parse_area(cell.cell or "")
    if cell.formula is None or area is None:
        return cell.sheet, cell.cell, cell.quantity, cell.index, cell.verdict
    relative = shift(cell.formula, 1 - area.top, 1 - area.left)
    return cell.sheet, cell.quantity, cell.verdict, cell.mistake, relative, "filled"


def _positions(cells: Sequence[CellVerdict]) -> list[Position]:
    found = (parse_area(cell.cell or "") for cell in cells)
    return sorted({(area.left, area.top) for area in found if area is not None})


def _rectangles(positions: Sequence[Position]) -> list[Area]:
    """The runs down each column, those side by side as one; positions are (column, row)."""
    found: list[Area] = []
    for left, top, bottom in _runs(positions):
        beside = (top, bottom, left - 1)
        known = next((area for area in found if (area.top, area.bottom, area.right) == beside), None)
        if known is None:
            found.append(Area(None, top, left, bottom, left))
        else:
            found[found.index(known)] = Area(None, top, known.left, bottom, left)
    return found


def _runs(positions: Sequence[Position]) -> Iterator[tuple[int, int, int]]:
    """Column, first and last row of each run of cells one under the other."""
    run: list[Position] = []
    for position in positions:
        if run and position != (run[-1][0], run[-1][1] + 1):
            yield run[0][0], run[0][1], run[-1][1]
            run = []
        run.append(position)
    if run:
        yield run[0][0], run[0][1], run[-1][1]
