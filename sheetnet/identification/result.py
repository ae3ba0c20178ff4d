"""What `identify` finds: every cell under its final name, cells that compute nothing known, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sheetnet.identification.explain import comparison, mistakes, nearest
from sheetnet.identification.input_map import InputMap
from sheetnet.identification.labels import CONSTANT, Label, in_context
from sheetnet.identification.nowhere import Nowhere, nowhere
from sheetnet.identification.other_network import differences
from sheetnet.identification.plain_words import ranges
from sheetnet.identification.set_apart import perhaps_wrong
from sheetnet.identification.state import IdentifyState
from sheetnet.object_display import counted_words, shown_line
from sheetnet.reference import inputs_of
from sheetnet.syntax import cell_name, functions, parse_area
from sheetnet.syntax.references import cell_place, place_name
from sheetnet.syntax.shifting import shift
from sheetnet.validation.case import input_blocks
from sheetnet.validation.refine.explain import words_of
from sheetnet.verdict import Verdict
from sheetnet.workbook import CellError, Place, Position, Value


@dataclass(frozen=True, slots=True)
class MappedInput:
    """An input of the step and the cells that hold it; `cells` is empty where it has none and so stays constant."""

    quantity: str
    index: tuple[int, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """A formula cell that computes `label`. `also` are quantities it cannot be told from.

    `carried`: its value is wrong, but only because of a wrong cell upstream, which `because` names.
    """

    sheet: str
    cell: str
    label: Label
    formula: str
    value: Value
    also: tuple[Label, ...] = ()
    carried: bool = False
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Unidentified:
    """A formula cell that computes no known quantity, or (`computes`) another one than its place wants.

    `follows` names the cell it is unidentified because of; None: it begins here. `expected` is the quantity that would
    make everything downstream right; `mistakes` are the codes of the known mistakes that explain it, first the one told.
    `verdict` is wrong, error or unsupported where it begins, else carried; undetermined where nothing proves either.
    """

    sheet: str
    cell: str
    formula: str
    value: Value
    message: str
    follows: str | None = None
    computes: Label | None = None
    expected: Label | None = None
    expected_value: float | None = None
    mistakes: tuple[str, ...] = ()
    verdict: Verdict = Verdict.WRONG

    @property
    def mistake(self) -> str | None:
        """The code of the known mistake that is told; None where there is none."""
        return self.mistakes[0] if self.mistakes else None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the cells that hold its formula, filled down or across, in the order of calculation."""

    cells: tuple[Unidentified, ...]

    @property
    def first(self) -> Unidentified:
        """The cell whose message and mistake stand for all."""
        return self.cells[0]

    @property
    def ranges(self) -> tuple[str, ...]:
        """The cells as few ranges: `D10:D200`."""
        return ranges([_position(cell.cell) for cell in self.cells])

    @property
    def where(self) -> str:
        """The same with their sheet, in one line."""
        return place_name(self.first.sheet, ", ".join(self.ranges))


@dataclass(frozen=True, slots=True)
class Apart:
    """A formula cell that is neither right nor wrong.

    `why` is "not moved", "text", "helper", "decision", "optimiser" or "not recognised".
    """

    sheet: str
    cell: str
    formula: str
    value: Value
    why: str


@dataclass(frozen=True)
class Identification:
    """Everything `identify` says about one workbook.

    >>> network = sheetnet.load_network("d02b")
    >>> path = sheetnet.write_student_workbook(network, "copy.xlsx", blanks=["delta"])
    >>> sheetnet.identify(path, network, steps=1)
    <Identification copy.xlsx: ok, 24 identified, 0 unidentified, 42 apart, 8 nowhere>
    """

    workbook: str
    network: str
    engine: str
    trials: int
    seed: int
    steps: int
    inputs_from: str
    inputs: tuple[MappedInput, ...]
    identified: tuple[Identified, ...]
    unidentified: tuple[Unidentified, ...]
    apart: tuple[Apart, ...]
    nowhere: tuple[Nowhere, ...]
    notes: tuple[str, ...] = ()
    network_source: str = "the file given"

    @property
    def ok(self) -> bool:
        """Whether something beyond the inputs was identified, and nothing is wrong or undetermined."""
        return not self.unidentified and any(cell.label.quantity not in CONSTANT for cell in self.identified)

    def faults(self) -> list[Fault]:
        """Where errors begin: one formula filled down or across is one fault."""
        groups: dict[tuple[str, str], list[Unidentified]] = {}
        for cell in self.unidentified:
            if cell.follows is None and cell.verdict != Verdict.UNDETERMINED:
                row, column = _position(cell.cell)
                groups.setdefault((cell.sheet, shift(cell.formula, 1 - row, 1 - column)), []).append(cell)
        return [Fault(tuple(cells)) for cells in groups.values()]

    def __repr__(self) -> str:
        """One line: the workbook, whether all was identified, and how many cells were."""
        kinds = ("identified", "unidentified", "apart", "nowhere")
        counts = counted_words({kind: len(getattr(self, kind)) for kind in kinds})
        return shown_line(self, f"{self.workbook or 'workbook'}: {'ok' if self.ok else 'not ok'}, {counts}")


def _position(cell: str) -> Position:
    area = parse_area(cell)
    assert area is not None, "cells are named by their addresses"
    return area.top, area.left


LONGEST_HEADING = 30  # characters of one that is repeated in a message
NOT_TWICE = "not looked at twice"
MOST_COMPARED = 300  # cells for which a nearest quantity is sought


def build_identification(state: IdentifyState, where: InputMap, *, name: str, engine: str, seed: int) -> Identification:
    """Everything found, cells in the order of calculation."""
    named = in_context(state.training, {**state.labels, **{p: (label,) for p, label in state.wrong.items()}})
    left = state.open()
    faulty = {place for place in left if _error(state, place) is not None}
    perhaps = set(left) if state.exhausted else set(perhaps_wrong(state, left)) | faulty
    unknown = [place for place in left if place in perhaps]
    waiting = {*unknown, *state.wrong}
    first = {p for p in unknown if waiting.isdisjoint(u for u in state.graph.precedents(p) if u != p)}
    begins = first | set(state.wrong)
    origins = state.graph.origins({*unknown, *state.carried}, begins)
    steps = max(
        (labels[0].step for labels in state.labels.values() if state.training.is_backward(labels[0])), default=1
    )
    return Identification(
        workbook=name,
        network=state.network.title,
        engine=engine,
        trials=state.runs.trials,
        seed=seed,
        steps=steps,
        inputs_from=where.source,
        inputs=tuple(_inputs(state, where)),
        identified=tuple(_identified(state, named, origins)),
        unidentified=tuple(_unidentified(state, named, unknown, begins, origins, engine)),
        apart=tuple(_apart(state, perhaps)),
        nowhere=tuple(nowhere(state, steps)),
        notes=(*where.notes, *differences(state), *_untold(state, unknown)),
    )


def _untold(state: IdentifyState, unknown: list[Place]) -> Iterator[str]:
    if state.exhausted and unknown:
        yield f"more differs than is looked for in one workbook: {len(unknown):,} cells are {NOT_TWICE}"


def _inputs(state: IdentifyState, where: InputMap) -> Iterator[MappedInput]:
    arrays = inputs_of(state.training.whole)
    for block in input_blocks(state.training.whole):
        for i, j in np.ndindex(arrays[block.name][0].shape):
            if not block.is_bias_node(j):
                places = where.cells.get((block.name, i, j), ())
                yield MappedInput(block.name, (i, j), tuple(map(cell_place, places)))


def _identified(
    state: IdentifyState, named: dict[Place, tuple[Label, ...]], origins: dict[Place, Place]
) -> Iterator[Identified]:
    for number, place in enumerate(state.places):
        if place in state.labels:
            label, *also = named[place]
            carried = place in state.carried
            origin = origins.get(place) if carried else None
            yield Identified(
                place[0],
                cell_name(*place[1:]),
                label,
                state.graph.formulas[place],
                state.runs.shown[number],
                tuple(also),
                carried,
                cell_place(origin) if origin else None,
            )


def _unidentified(
    state: IdentifyState,
    named: dict[Place, tuple[Label, ...]],
    unknown: list[Place],
    begins: set[Place],
    origins: dict[Place, Place],
    engine: str,
) -> Iterator[Unidentified]:
    """Where it begins first, in the order of calculation, then what follows from it."""
    findings = mistakes(state)
    concerned = {*unknown, *state.wrong}
    ordered = [place for place in state.graph.order if place in concerned]
    ordered = [p for p in ordered if p in begins] + [p for p in ordered if p not in begins]
    for number, place in enumerate(ordered):
        origin = None if place in begins else origins.get(place)
        column = state.numbers[place]
        expected = named[place][0] if place in state.wrong else None
        right = state.training.column(state.wrong[place]) if place in state.wrong else None
        computes = state.first_labels.get(place, (None,))[0] if expected else None
        verdict = Verdict.WRONG if origin is None else Verdict.CARRIED
        if (error := _error(state, place)) is not None:
            lacking = _lacking(state, place, engine)
            message = f"{engine} gives {error} for {lacking}" if lacking else f"the formula gives {error}"
            if origin is None:
                verdict = Verdict.UNSUPPORTED if lacking else Verdict.ERROR
        elif origin is not None:
            message = f"not recognised, which may follow from {cell_place(origin)}"
        elif right is not None and expected is not None:
            message = _called(state, place) + comparison(state, column, expected, right, computes)
        else:
            message = nearest(state, column) if number < MOST_COMPARED else "computes no known quantity"
        if place not in state.wrong and error is None:
            verdict = Verdict.UNDETERMINED
            message = f"{message}; {NOT_TWICE}" if state.exhausted else message
        known = findings.get(place, ())
        yield Unidentified(
            place[0],
            cell_name(*place[1:]),
            state.graph.formulas[place],
            state.runs.shown[column],
            f"{message}; {words_of(known)}" if known else message,
            cell_place(origin) if origin else None,
            computes,
            expected,
            float(right[0]) if right is not None and np.isfinite(right[0]) else None,
            tuple(finding.code for finding in known),
            verdict,
        )


def _called(state: IdentifyState, place: Place) -> str:
    """What the sheet calls the cell, where it does so in a few words."""
    heading = state.headings.of(place)
    return f"called {heading}: " if 0 < len(heading) <= LONGEST_HEADING else ""


def _error(state: IdentifyState, place: Place) -> CellError | None:
    shown = state.runs.shown[state.numbers[place]]
    return shown if isinstance(shown, CellError) else None


def _lacking(state: IdentifyState, place: Place, engine: str) -> str:
    """What the engine seems to lack where a formula gives an error and the file shows a number, with the remedy."""
    sheet = state.workbook.sheet(place[0])
    saved = sheet.cells[place[1:]].value if sheet is not None and place[1:] in sheet.cells else None
    if not isinstance(saved, float) or engine == "libreoffice" or saved == 0:
        return ""
    used = ", ".join(functions(state.graph.formulas[place])) or "this formula"
    return f"{used}, though the file shows a number: try --engine libreoffice"


def _apart(state: IdentifyState, told: set[Place]) -> Iterator[Apart]:
    """Cells that are neither right nor wrong."""
    for number, place in enumerate(state.places):
        shown = state.runs.shown[number]
        if place in state.labels or place in state.wrong or place in told:
            continue
        if place in state.helpers:
            why = "helper"
        elif place in state.apart:
            why = state.apart[place]
        elif isinstance(shown, str | bool):
            why = "text"
        elif not state.runs.moved[number]:
            why = "not moved"
        else:
            why = "not recognised"
        yield Apart(place[0], cell_name(*place[1:]), state.graph.formulas[place], shown, why)
