"""The state of an examined workbook as a result: every cell under its final name, with one sentence why.

It decides nothing about right and wrong; it names steps, causes and the nearest known quantity.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sheetnet.check.inputs import input_blocks
from sheetnet.check.naming import words_of
from sheetnet.identify.input_map import InputMap
from sheetnet.identify.known import mistakes
from sheetnet.identify.labels import in_context
from sheetnet.identify.nearest import compared, nearest
from sheetnet.identify.result import (
    Apart,
    Identification,
    Identified,
    Label,
    MappedInput,
    Unidentified,
)
from sheetnet.identify.sight import Sight
from sheetnet.identify.unfound import nowhere
from sheetnet.reference import inputs_of
from sheetnet.syntax import cell_name, functions
from sheetnet.workbook import CellError, Place

CONSTANT = {"A_0", "target", "gamma"}  # the same in every step
MOST_COMPARED = 300  # cells for which a nearest quantity is sought


def told(sight: Sight, where: InputMap, *, name: str, engine: str, seed: int) -> Identification:
    """Everything found, cells in the order of calculation."""
    named = in_context({**sight.labels, **{p: (label,) for p, label in sight.wrong.items()}}, CONSTANT)
    unknown = sight.open()
    faulty = [
        p for p in sight.places if p not in sight.labels and _error(sight, p) is not None and p not in sight.wrong
    ]
    unknown += [place for place in faulty if place not in set(unknown)]
    waiting = {*unknown, *sight.wrong}
    first = {p for p in unknown if waiting.isdisjoint(u for u in sight.flow.uses(p) if u != p)}
    begins = first | set(sight.wrong)
    origins = sight.flow.origins({*unknown, *sight.carried}, begins)
    steps = max((labels[0].step for labels in sight.labels.values() if labels[0].quantity.startswith("d")), default=1)
    return Identification(
        workbook=name,
        network=sight.network.title,
        engine=engine,
        trials=sight.runs.trials,
        seed=seed,
        steps=steps,
        inputs_from=where.source,
        inputs=tuple(_inputs(sight, where)),
        identified=tuple(_identified(sight, named, origins)),
        unidentified=tuple(_unidentified(sight, named, unknown, begins, origins, engine)),
        apart=tuple(_apart(sight, set(faulty))),
        nowhere=tuple(nowhere(sight, steps)),
        notes=where.notes,
    )


def place_name(place: Place) -> str:
    """A cell with its sheet, as a sentence names it: `Step!D22`."""
    return f"{place[0]}!{cell_name(*place[1:])}"


def _inputs(sight: Sight, where: InputMap) -> Iterator[MappedInput]:
    arrays = inputs_of(sight.network)
    for block in input_blocks(sight.network):
        for i, j in np.ndindex(arrays[block.name][0].shape):
            if not block.is_bias_node(i, j):
                places = where.cells.get((block.name, i, j), ())
                yield MappedInput(block.name, (i, j), tuple(map(place_name, places)))


def _identified(
    sight: Sight, named: dict[Place, tuple[Label, ...]], origins: dict[Place, Place]
) -> Iterator[Identified]:
    for number, place in enumerate(sight.places):
        if place in sight.labels:
            label, *also = named[place]
            carried = place in sight.carried
            origin = origins.get(place) if carried else None
            yield Identified(
                place[0],
                cell_name(*place[1:]),
                label,
                sight.flow.formulas[place],
                sight.runs.shown[number],
                tuple(also),
                carried,
                place_name(origin) if origin else None,
            )


def _unidentified(
    sight: Sight,
    named: dict[Place, tuple[Label, ...]],
    unknown: list[Place],
    begins: set[Place],
    origins: dict[Place, Place],
    engine: str,
) -> Iterator[Unidentified]:
    """Where it begins first, in the order of calculation, then what follows from it."""
    findings = mistakes(sight)
    concerned = {*unknown, *sight.wrong}
    ordered = [place for place in sight.flow.order if place in concerned]
    ordered = [p for p in ordered if p in begins] + [p for p in ordered if p not in begins]
    for number, place in enumerate(ordered):
        origin = None if place in begins else origins.get(place)
        column = sight.numbers[place]
        expected = named[place][0] if place in sight.wrong else None
        right = sight.training.column(sight.wrong[place]) if place in sight.wrong else None
        computes = sight.first_labels.get(place, (None,))[0] if expected else None
        if (error := _error(sight, place)) is not None:
            message = _about_error(sight, place, error, engine)
        elif origin is not None:
            message = f"not recognised, which follows from {place_name(origin)}"
        elif right is not None and expected is not None:
            message = compared(sight, column, expected, right, computes)
        elif number < MOST_COMPARED:
            message = nearest(sight, column)
        else:
            message = "computes no known quantity"
        known = findings.get(place, ())
        if known:
            message += f"; {words_of(known)}"
        yield Unidentified(
            place[0],
            cell_name(*place[1:]),
            sight.flow.formulas[place],
            sight.runs.shown[column],
            message,
            place_name(origin) if origin else None,
            computes,
            expected,
            float(right[0]) if right is not None and np.isfinite(right[0]) else None,
            tuple(finding.code for finding in known),
        )


def _error(sight: Sight, place: Place) -> CellError | None:
    shown = sight.runs.shown[sight.numbers[place]]
    return shown if isinstance(shown, CellError) else None


def _about_error(sight: Sight, place: Place, error: CellError, engine: str) -> str:
    sheet = sight.workbook.sheet(place[0])
    saved = sheet.cells[place[1:]].value if sheet is not None and place[1:] in sheet.cells else None
    if isinstance(saved, float) and engine != "libreoffice" and saved != 0:
        used = ", ".join(functions(sight.flow.formulas[place])) or "this formula"
        return f"{engine} gives {error} for {used}, though the file shows a number: try --engine libreoffice"
    return f"the formula gives {error}"


def _apart(sight: Sight, faulty: set[Place]) -> Iterator[Apart]:
    """Cells that are neither right nor wrong."""
    for number, place in enumerate(sight.places):
        shown = sight.runs.shown[number]
        if place in sight.labels or place in sight.wrong or place in faulty:
            continue
        if place in sight.helpers:
            why = "helper"
        elif isinstance(shown, str | bool):
            why = "text"
        elif not sight.runs.moved[number]:
            why = "not moved"
        else:
            continue
        yield Apart(place[0], cell_name(*place[1:]), sight.flow.formulas[place], shown, why)
