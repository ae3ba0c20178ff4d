"""Adds to trials what one workbook asks for: inputs of its views, trials that tell nearly equal rows apart, one of its own.

In the gradient check a row differs from the next by h, in Training by one step. The largest z of a softmax and the signs
of a ReLU's z are mostly the same in both: trials are added in which they are not.

The trials of a seed are known to whoever has sheetnet. The one of the workbook depends on everything that a formula can
read: a table of its answers, wherever it stood, would change the trial. What no formula can read, such as a note, does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import drawn, predicted, q, train
from sheetnet.reference import Array, evaluate_step, inputs_of
from sheetnet.reference.views import VIEW_NUMBERS, row_demands
from sheetnet.reference.views.more_steps import training_numbers
from sheetnet.reference.views.pictures import largest_of
from sheetnet.reference.views.predict import PREDICT_INPUTS, forward
from sheetnet.syntax import Area, cell_name, parse_area
from sheetnet.syntax.function_facts import MADE_UP
from sheetnet.trials import TRIALS
from sheetnet.trials.candidates import candidates, some_kink
from sheetnet.trials.demands import Demand
from sheetnet.trials.draw import (
    POOL,
    InputElement,
    Ties,
    Trials,
    blocks_of,
    choose,
    draw_trials,
    read_only,
    tie,
    usable,
)
from sheetnet.workbook import Name, Position, Workbook, array_cells
from sheetnet.workbook_options import WorkbookOptions, classifies, least_cells

NEAR_BEND = 0.05  # of h: so near to its bend a unit is taken over it by nearly every weight that is moved, at h by some
NEAR_ROW_CANDIDATES = 8 * POOL  # times as many as trials: few of them let one step of Training cross a bend
FEWEST_CANDIDATES = 2 * POOL  # times as many as trials: of fewer there is nothing to choose from
MOST_CANDIDATE_NUMBERS = 10_000_000  # computed to choose from; where it allows too few, the usual trials are all


def draw_for(
    network: Network,
    shown: WorkbookOptions,
    count: int = TRIALS,
    seed: int = 0,
    ties: Ties | None = None,
    one_hot: bool = False,
) -> Trials:
    """The trials of `draw_trials`, and as many again where the views shown have rows that are nearly alike."""
    bends = [layer for layer in range(1, network.depth + 1) if network.mixes(layer) or network.kinks(layer)]
    alike = any(view in VIEW_NUMBERS and VIEW_NUMBERS[view].row_demands is not None for view in shown.views)
    special = network.loss_facts.one_hot
    affordable = MOST_CANDIDATE_NUMBERS // (count * least_cells(network, shown)) if alike and (bends or special) else 0
    times = min(NEAR_ROW_CANDIDATES, affordable)
    if times < FEWEST_CANDIDATES:
        return draw_trials(network, count, seed, ties, one_hot)
    return _drawn(network, shown, count, times, seed, tuple((ties or {}).items()), one_hot)


@lru_cache(maxsize=4)
def _drawn(
    network: Network,
    shown: WorkbookOptions,
    count: int,
    times: int,
    seed: int,
    ties: tuple[tuple[InputElement, InputElement], ...],
    one_hot: bool,
) -> Trials:
    usual = draw_trials(network, count, seed, dict(ties), one_hot)
    generator = np.random.default_rng([seed, 1])
    inputs = candidates(network, generator, times * count, one_hot)
    tie(inputs, network, dict(ties))
    _bring_near(network, inputs, generator, shown.step_size, dict(ties))
    _let_cross(network, inputs, generator, shown, dict(ties))
    values = blocks_of(network, evaluate_step(network, inputs))
    kept = usable(network, values)
    pool = {name: np.concatenate([array, values[name][kept]]) for name, array in usual.inputs.items()}
    shows = _shows(network, shown, pool)
    known, more = shows[: usual.count], shows[usual.count :]
    new = more & ~known.any(axis=0)
    chosen = choose([Demand(new, 1)], [], 0, count)
    rows = [*range(usual.count), *(usual.count + number for number in chosen)]
    return read_only(Trials(network, {name: array[rows] for name, array in pool.items()}, usual.doubtful, one_hot))


def _shows(network: Network, shown: WorkbookOptions, pool: dict[str, Array]) -> NDArray[np.bool_]:
    """Which candidate shows what, candidates × anything."""
    arrays = evaluate_step(network, {name: pool[name] for name in inputs_of(network)})
    return np.concatenate([each.reshape(len(each), -1) for each in row_demands(network, arrays, shown)], axis=1)


def _bring_near(
    network: Network, inputs: dict[str, Array], generator: np.random.Generator, step_size: float, ties: Ties
) -> None:
    """In half of the candidates every unit with a bend is brought within h of it, for one of the observations."""
    half = len(inputs["gamma"]) // 2
    for layer in range(1, network.depth + 1):
        if not network.kinks(layer):
            continue
        shape = (half, network.sizes[layer])
        seen = generator.integers(0, network.observations, size=shape)
        values = evaluate_step(network, inputs)
        z = np.take_along_axis(values[q("z", layer)][:half], seen[:, None], axis=1)[:, 0]
        distance = step_size * NEAR_BEND ** generator.uniform(size=shape)  # evenly on a scale of powers
        bend = some_kink(network, layer, generator, shape)
        by = distance * generator.choice([-1.0, 1.0], size=shape) - (z - bend)
        _move_z(network, layer, inputs[q("W", layer)][:half], values[q("A", layer - 1)][:half], seen, by)
        tie(inputs, network, ties)


def _let_cross(
    network: Network, inputs: dict[str, Array], generator: np.random.Generator, shown: WorkbookOptions, ties: Ties
) -> None:
    """In the other half every unit with a bend is made to go over it at some step of Training, about half-way."""
    bent = [layer for layer in range(1, network.depth + 1) if network.kinks(layer)]
    if "training" not in shown.views or not bent:
        return
    half = len(inputs["gamma"]) // 2
    some = {name: array[half:] for name, array in inputs.items()}
    values = evaluate_step(network, some)
    found = training_numbers(network, values, shown)
    for layer in bent:
        z = np.stack([found[train("z", layer, n)] for n in range(network.observations)], axis=1)
        shape = (len(z), network.sizes[layer])
        seen, step = generator.integers(0, z.shape[1], size=shape), generator.integers(0, shown.steps, size=shape)
        trial, unit = np.ogrid[: shape[0], : shape[1]]
        middle = (z[trial, seen, step, unit] + z[trial, seen, step + 1, unit]) / 2
        away = middle - some_kink(network, layer, generator, shape)
        by = -np.nan_to_num(away, nan=0.0, posinf=0.0, neginf=0.0)
        _move_z(network, layer, inputs[q("W", layer)][half:], values[q("A", layer - 1)], seen, by)
        tie(inputs, network, ties)


def _move_z(network: Network, layer: int, weights: Array, below: Array, seen: NDArray[np.intp], by: Array) -> None:
    """Change weights, in place, so that z of the observation `seen` of each unit changes so much, all trials × units.

    By the biases; without them by the weights, as little as does it: w + a Δz / |a|².
    """
    if network.has_bias(layer):
        weights[:, -1] += by
        return
    a = np.take_along_axis(below, seen[:, :, None], axis=1)  # trials × units × nodes
    length = (a * a).sum(axis=-1)
    part = np.divide(by, length, out=np.zeros_like(by), where=length > 0)
    weights += np.swapaxes(a * part[..., None], 1, 2)


CONTENT_CANDIDATES = 16  # of which the first is taken in which nothing overflows
# A text; or a cell, a range, whole columns or rows, with a sheet or without. Between these a plain formula has no ":".
_REFERENCE = re.compile(
    r"(\"[^\"]*+\"|(?<![\w.\\])(?:'[^']*+(?:''[^']*+)*+'!|[\w.]++!)?+"
    r"(?:[A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}[0-9]{1,7})?+|[A-Z]{1,3}:[A-Z]{1,3}|[0-9]{1,7}:[0-9]{1,7})(?![\w.\\(]))"
)
_WORD = re.compile(r"[\w.\\?]+")


def inputs_from_content(workbook: Workbook, network: Network, ties: Ties, one_hot: bool) -> dict[str, Array]:
    """The inputs of one trial that the workbook's own content seeds, 1 × rows × columns each.

    Where in every draw a number overflows there is no trial: 0 × rows × columns.
    """
    drawn = candidates(network, np.random.default_rng(int.from_bytes(_digest(workbook))), CONTENT_CANDIDATES, one_hot)
    tie(drawn, network, ties)
    for number in range(CONTENT_CANDIDATES):
        inputs = {name: array[number : number + 1].copy() for name, array in drawn.items()}
        if len(usable(network, blocks_of(network, evaluate_step(network, inputs)))):
            return inputs
    return {name: array[:0] for name, array in drawn.items()}


def _digest(workbook: Workbook) -> bytes:
    content = sha256()
    for lines in _readable(workbook):
        content.update("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
    return content.digest()


def _readable(workbook: Workbook) -> Iterator[Iterable[str]]:
    """Sheets, formulas, the shapes of arrays, the names that formulas use, and the constants that they refer to.

    What formulas were saved with is no part of it: it is calculated anew.
    """
    reached = Reached()
    for sheet in workbook.sheets:
        reached.add(sheet.name, "\n".join(cell.formula for cell in sheet.cells.values() if cell.formula is not None))
    yield (repr((name.sheet, name.name, name.refers_to)) for name in _used_names(workbook, reached))
    for sheet in workbook.sheets:
        yield [repr((sheet.name, sorted(sheet.arrays.items())))]
        filled = array_cells(sheet)
        cells = sorted(sheet.cells.items(), key=itemgetter(0))
        yield (f"({row}, {column}){cell.formula}" for (row, column), cell in cells if cell.formula is not None)
        constants = [at for at, cell in cells if cell.formula is None and at not in filled]
        yield (f"{at}{sheet.cells[at].value!r}" for at in reached.among(sheet.name, constants))


def _used_names(workbook: Workbook, reached: Reached) -> list[Name]:
    """The names that occur in formulas, or in other names that do, whose references are then reached too."""
    used: list[Name] = []
    left = list(workbook.names)
    while found := [name for name in left if reached.all or name.name.upper() in reached.words]:
        used += found
        left = [name for name in left if name not in found]
        for name in found:
            reached.add(name.sheet, name.refers_to)
    return sorted(used, key=lambda name: (name.sheet or "", name.name))


class Reached:
    """The cells that formulas refer to (all, once one of them may reach any cell), and the `words` they hold."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self._cells: dict[str, set[str]] = {}  # by sheet in small letters ("": any), the names of cells
        self._areas: dict[str, set[Area]] = {}
        self.all = False

    def add(self, home: str | None, text: str) -> None:
        """The references in formulas that stand on a sheet (None: on any)."""
        pieces = _REFERENCE.split(text.upper().replace("$", ""))
        between = " ".join(pieces[::2])
        self.words.update(_WORD.findall(between))
        self.all |= any(mark in between for mark in ":[") or any(name in between for name in MADE_UP)
        references = set(pieces[1::2])
        own = {reference for reference in references if "!" not in reference and ":" not in reference}
        self.words |= own  # that look like cells, but may be names
        self._cells.setdefault((home or "").casefold(), set()).update(own)
        for reference in references - own:
            prefix, _, cells = reference.rpartition("!")
            sheet = (prefix.strip("'").replace("''", "'") if prefix else home or "").casefold()
            self.words.add(cells)
            if ":" not in cells:
                self._cells.setdefault(sheet, set()).add(cells)
            elif (area := parse_area(cells)) is not None:
                self._areas.setdefault(sheet, set()).add(area)

    def among(self, sheet: str, constants: list[Position]) -> Iterator[Position]:
        """Those of a sheet's cells to which some formula refers."""
        homes = (sheet.casefold(), "")
        inside = np.zeros(len(constants), dtype=np.bool_)
        at = np.array(constants, dtype=np.int64).reshape(-1, 2)
        for area in (area for home in homes for area in self._areas.get(home, ())):
            rows, columns = at[:, 0], at[:, 1]
            inside |= (rows >= area.top) & (rows <= area.bottom) & (columns >= area.left) & (columns <= area.right)
        single = set[str]().union(*(self._cells.get(home, ()) for home in homes))
        for position, within in zip(constants, inside.tolist(), strict=True):
            if self.all or within or cell_name(*position) in single:
                yield position


CHOICES = 60  # rows of inputs drawn for each trial at least, of which those are taken that show most


def view_inputs(
    network: Network, inputs: Mapping[str, Array], wanted: frozenset[str], shown: WorkbookOptions
) -> dict[str, Array]:
    """The inputs `wanted` by the views for the K trials whose inputs of the step are given: block → K × rows × columns."""
    count, found = len(inputs["gamma"]), {}
    if drawn("n") in wanted:
        found[drawn("n")] = np.arange(count, dtype=float)[:, None, None] % network.observations
    if not wanted.isdisjoint(PREDICT_INPUTS):  # of which any may be lost
        found |= _new_inputs(network, inputs, shown.rows)
    return {name: array for name, array in found.items() if name in wanted}


def _new_inputs(network: Network, inputs: Mapping[str, Array], rows: int) -> dict[str, Array]:
    """Rows of inputs that show each unit on and off, and each class, in as many rows of the sheet as can be.

    And of each two rows in some trial one thing in one and not in the other: else a row could read another's class.
    """
    dice, count, n = np.random.default_rng(0), len(inputs["gamma"]), network.sizes[0]
    choices = max(CHOICES, 2 * rows)
    candidates = dice.normal(size=(count, choices, n))
    shows = np.concatenate(list(_shown(network, forward(network, inputs, candidates))), axis=-1)
    chosen = np.empty((count, rows), dtype=np.intp)
    lacking = np.ones((rows, shows.shape[-1]), dtype=np.bool_)
    alike = np.ones((rows, rows, shows.shape[-1]), dtype=np.bool_)
    for trial, free in enumerate(shows):
        open_ = np.ones(choices, dtype=np.bool_)
        for row in range(rows):
            apart = free[:, None] != free[chosen[trial, :row]]
            told_apart = (apart & alike[row, :row]).sum(axis=(1, 2))
            new = (free & lacking[row]).sum(axis=1) * (1 + alike[row].size)  # counts more than all of that
            best = int(np.where(open_, new + told_apart, -1).argmax())
            open_[best] = False
            chosen[trial, row] = best
            lacking[row] &= ~free[best]
            alike[row, :row] &= ~apart[best]
    x = np.take_along_axis(candidates, chosen[:, :, None], axis=1)
    if network.scaler is None:
        return {predicted("x"): x}
    mean, scale = dice.normal(size=(count, 1, n)), dice.uniform(0.5, 2.0, size=(count, 1, n))
    return {predicted("x"): x * scale + mean, predicted("mean"): mean, predicted("scale"): scale}


def _shown(network: Network, found: Mapping[str, Array]) -> Iterator[NDArray[np.bool_]]:
    """What each row of inputs shows, trials × rows × anything: units beyond each bend and below it, and the class said."""
    yield np.zeros((*next(iter(found.values())).shape[:2], 1), dtype=np.bool_)
    for layer in range(1, network.depth + 1):
        for kink in network.kinks(layer):
            z = found[predicted("z", layer)]
            yield from (z > kink, z < kink)
    if classifies(network):
        yield largest_of(found[predicted("a", network.depth)]) == np.arange(max(network.sizes[-1], 2))
