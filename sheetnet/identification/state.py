"""The state of one identification: what the runs of a workbook of any layout gave, labels, and cells put right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sheetnet.effort import WorkBudget
from sheetnet.engine.prepare import Evaluate, Isolated, cannot_move
from sheetnet.identification.headings import Headings
from sheetnet.identification.input_map import InputMap
from sheetnet.identification.labels import Found, Label, SignatureIndex, Training, label_all, look_up
from sheetnet.network import Network
from sheetnet.reference import Array, inputs_of
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.shifting import shift, skeletons_of
from sheetnet.trials.demands import THRESHOLD, VISIBLE
from sheetnet.trials.draw import draw_trials
from sheetnet.trials.tolerance import agreement, as_numbers
from sheetnet.validation.case import InputPlace, element_numbers, input_blocks
from sheetnet.workbook import CellError, Place, Value, Workbook


@dataclass(frozen=True)
class SheetRuns:
    """What the runs gave: `values` of the formula cells (runs × cells, NaN for what is no number), `shown` as they stand.

    `inputs` are the reference's inputs in the same runs, `drivers` the cells that were driven, `numbers` what with
    (None: the workbook as it stands). `moved` marks the cells whose values the trials moved.
    """

    inputs: Mapping[str, Array]
    drivers: list[Place]
    numbers: list[list[float]]
    values: Array
    shown: Sequence[Value]
    moved: NDArray[np.bool_]
    trials: int


def run_sheet(
    workbook: Workbook,
    network: Network,
    where: InputMap,
    engine: Evaluate,
    wanted: Sequence[Place],
    trials: int,
    seed: int,
    one_hot: bool = False,
) -> SheetRuns:
    """The workbook at its own numbers and in the trials; `one_hot` draws targets of 0 and 1 alone."""
    drivers = {place: element for element, places in where.cells.items() for place in places}
    own = _own(workbook, network, where)
    drawn = _drawn(network, where, (trials, seed, one_hot), own)
    inputs = {name: np.concatenate([own[name], array]) for name, array in drawn.items()}
    numbers: list[list[float]] = element_numbers(inputs, drivers.values()).tolist()
    # RAND and the like are read as they were saved.
    computed = any(_is_formula(workbook, place) for place in drivers)
    runs = list(engine(workbook, list(drivers), [numbers[0] if computed else None, *numbers[1:]], wanted))
    values = as_numbers(runs)
    texts = np.flatnonzero(np.isnan(values).any(axis=0))
    moved = np.asarray(np.ptp(values[1:], axis=0) > 0)
    for number in texts.tolist():
        moved[number] = any(run[number] != runs[1][number] for run in runs[2:])
    return SheetRuns(inputs, list(drivers), numbers, values, list(runs[0]), moved, len(numbers) - 1)


def _is_formula(workbook: Workbook, place: Place) -> bool:
    sheet = workbook.sheet(place[0])
    cell = None if sheet is None else sheet.cells.get(place[1:])
    return cell is not None and cell.formula is not None


def _own(workbook: Workbook, network: Network, where: InputMap) -> dict[str, Array]:
    """The inputs as the workbook holds them; where a cell holds no number, as the network file does."""
    sheets = {sheet.name: sheet.cells for sheet in workbook.sheets}
    inputs = inputs_of(network)
    for (name, row, column), (place, *_) in where.cells.items():
        cell = sheets[place[0]].get(place[1:])
        if cell is not None and type(cell.value) is float:
            inputs[name][0, row, column] = cell.value
    return inputs


def _drawn(network: Network, where: InputMap, how: tuple[int, int, bool], own: Mapping[str, Array]) -> dict[str, Array]:
    """Seeded draws of the inputs that have a cell; all others keep the numbers of the sheet."""
    owners: dict[Place, InputPlace] = {}
    for element, places in where.cells.items():
        owners.setdefault(places[0], element)
    ties = {e: owners[places[0]] for e, places in where.cells.items() if owners[places[0]] != e}
    trials, seed, one_hot = how
    drawn = draw_trials(network, trials, seed, ties, one_hot).values
    blocks = [block.name for block in input_blocks(network)]
    inputs = {name: np.repeat(own[name], len(drawn["gamma"]), axis=0) for name in blocks}
    for name, row, column in where.cells:
        inputs[name][:, row, column] = drawn[name][:, row, column]
    return inputs


# Cells that formulas read, in all runs together, when a workbook is run once more: 0.15 to 0.3 µs each. It is enough for
# 22 more times where 4,000 formulas read 75,000 cells; a larger workbook is run again so often at least.
MOST_READ_AGAIN = 40_000_000
LEAST_AGAIN = 6
FEW_RUNS_MORE = 200
# The same for comparing what a cell uses with what it might be meant for: 1 µs each, 1.5 s.
MOST_COMPARED_WITH = 1_500_000


@dataclass
class IdentifyState:
    """`labels` are what the cells compute, `wrong` what cells that compute something else should.

    `carried` are cells whose formula is right but whose value is not, `helpers` unknown cells that recognised ones use,
    `apart` such as are surely no part of the step, with the reason.
    `values` are runs × formula cells, with all `wrong` cells put right; `numbers` is each cell's column in them.
    `given` are the input cells, `typed` the numbers that stand where a formula belongs, `absent` the elements that cannot
    vary, as biases that no cell holds.
    `first_labels` are the labels before anything was put right. `exhausted`: the budget did not last to look at all
    cells twice.
    """

    workbook: Workbook
    network: Network
    graph: Dependencies
    engine: Evaluate
    runs: SheetRuns
    training: Training
    steps: int | None
    places: list[Place]
    values: Array
    given: Mapping[Place, Label] = field(default_factory=dict)
    absent: frozenset[tuple[str, tuple[int, ...]]] = frozenset()
    typed: frozenset[Place] = frozenset()
    labels: dict[Place, tuple[Label, ...]] = field(default_factory=dict)
    wrong: dict[Place, Label] = field(default_factory=dict)
    carried: set[Place] = field(default_factory=set)
    helpers: set[Place] = field(default_factory=set)
    apart: dict[Place, str] = field(default_factory=dict)
    exhausted: bool = False
    indices: dict[tuple[int, range], SignatureIndex] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = {place: number for number, place in enumerate(self.places)}
        self.first_labels: dict[Place, tuple[Label, ...]] = {}
        self.work = sum(1 + len(self.graph.precedents(place)) for place in self.places) * len(self.runs.numbers)
        self._again = WorkBudget(max(MOST_READ_AGAIN, LEAST_AGAIN * self.work))
        self._comparisons = WorkBudget(MOST_COMPARED_WITH)
        self._patterns: dict[Place, str] = {}
        self.headings = Headings(self.workbook)
        self.texts = _texts(self.workbook)
        errors = (isinstance(shown, CellError) for shown in self.runs.shown)
        flags = zip(self.places, self.runs.moved, errors, strict=True)
        self._moved = {place for place, moved, error in flags if moved or error}

    def present(self) -> set[Label]:
        """What cells hold or compute, or should."""
        computed = {label for labels in self.labels.values() for label in labels}
        return computed | set(self.given.values()) | set(self.wrong.values())

    def is_copy(self, one: Place, other: Place) -> bool:
        """Whether two cells hold the same formula but for being filled down or across."""
        return self.pattern(one) == self.pattern(other)

    def pattern(self, place: Place) -> str:
        """The formula of a cell as it would stand in A1."""
        if place not in self._patterns:
            _, row, column = place
            self._patterns[place] = shift(self.graph.formulas[place], 1 - row, 1 - column)
        return self._patterns[place]

    def skeleton(self, place: Place) -> str:
        """The formula of a cell with one name for all cells and one for all numbers."""
        formula = self.graph.formulas[place]
        return skeletons_of(self.workbook).get(formula, formula)

    def is_possible(self, label: Label) -> bool:
        """Whether a cell may be meant to compute it: it is there within the steps asked for, and can vary."""
        within = self.steps is None or label.step <= self.steps
        after = self.steps is not None and label.step == self.steps + 1 and self.training.follows(label.quantity)
        element = (label.quantity, label.index)
        known = element in self.training.number_of and element not in self.absent
        return (within or after) and known and self.training.varies(label)

    @property
    def is_large(self) -> bool:
        """Whether it can be run so few times more that hypotheses must be tested many at once."""
        return self.work * FEW_RUNS_MORE > MOST_READ_AGAIN

    def may_run(self, times: int = 1) -> bool:
        """Whether the whole workbook may be run so many times more."""
        return self._has(self._again, times * self.work)

    def may_compare(self, work: int) -> bool:
        """Whether so much may be compared."""
        return self._has(self._comparisons, work)

    def _has(self, budget: WorkBudget, amount: int) -> bool:
        enough = budget.take(amount)
        self.exhausted |= not enough
        return enough

    def open(self) -> list[Place]:
        """The cells that inputs move, or that show errors, and that are neither recognised nor called wrong, in order."""
        settled = (self.labels, self.wrong, self.helpers, self.apart)
        return [p for p in self.graph.order if p in self._moved and not any(p in some for some in settled)]

    def find_helpers(self) -> None:
        """Unknown cells made of known ones, and used by a recognised one: their formulas must be right.

        Where a cell depends on unknown ones itself, such a user proves nothing: a saturated sigmoid hides its z.
        """
        unknown = self.open()
        waiting = set(unknown)
        for place in unknown:
            users = self.graph.dependents.get(place, ())
            recognised = any(user in self.labels and self._visible(user) for user in users)
            if recognised and waiting.isdisjoint(used for used in self.graph.precedents(place) if used != place):
                self.helpers.add(place)
                waiting.discard(place)

    def _visible(self, place: Place) -> bool:
        """Whether a cell's numbers stand well above the absolute tolerance, under which all costs of 0 are alike."""
        return bool((np.abs(self.values[1:, self.numbers[place]]) > THRESHOLD).sum() >= min(VISIBLE, self.runs.trials))

    def recognise(self, columns: Iterable[int]) -> dict[Place, tuple[Label, ...]]:
        """Look the cells up and keep what was found."""
        columns = (column for column in columns if self.places[column] not in self.typed)
        labels = label_all(self.training, self.look_up(self.values, columns), self.places)
        self.labels |= labels
        self.first_labels = {**labels, **self.first_labels}
        return labels

    def look_up(self, values: Array, columns: Iterable[int]) -> Found:
        """Which quantities these columns of the values are, as far as the steps that are known, and the next."""
        reached = max((label.step for labels in self.labels.values() for label in labels), default=1)
        return look_up(self.training, values, columns, self.steps, reached + 1)

    def blame(self, labels: Mapping[Place, Label]) -> None:
        """These cells should compute these quantities, and do not."""
        for place in labels:
            self.labels.pop(place, None)
            self.carried.discard(place)
            self.helpers.discard(place)
        self.wrong |= labels

    def rerun(self) -> None:
        """The workbook once more, with the reference's numbers in all wrong cells."""
        self.values = self.put_right({})

    def put_right(self, more: Mapping[Place, Label]) -> Array:
        """The values with the reference's numbers in all wrong cells and in `more`: runs × formula cells."""
        right = {**self.wrong, **more}
        places = [*self.runs.drivers, *right]
        trials = [[*own, *put] for own, put in zip(self.runs.numbers, self.expected(right).tolist(), strict=True)]
        return as_numbers(self.engine(self.workbook, places, trials, self.places))

    def expected(self, labels: Mapping[Place, Label]) -> Array:
        """The reference's numbers for these labels: runs × labels; what is infinite becomes 0."""
        columns = [self.training.column(label) for label in labels.values()]
        known = [column for column in columns if column is not None]
        assert len(known) == len(columns), "labels are made from quantities that there are"
        stacked = np.array(known).reshape(len(known), len(self.runs.numbers)).T
        return np.where(np.isfinite(stacked), stacked, 0.0)

    def alone(self, labels: Mapping[Place, Label]) -> dict[Place, bool]:
        """Whether each cell's own formula gives its label, when all of these cells hold what they should."""
        movable = [place for place in labels if not cannot_move(self.graph.formulas[place])]
        put = {**self.wrong, **labels}
        put = {place: label for place, label in put.items() if place in self.graph.formulas}
        expected = self.expected(put)
        trials = [[*own, *more] for own, more in zip(self.runs.numbers, expected.tolist(), strict=True)]
        isolated = Isolated.of(self.workbook, movable)
        found = as_numbers(isolated.alone(self.engine, [*self.runs.drivers, *put], trials, movable))
        scale = np.max([self.training.scale(label.step) for label in labels.values()], axis=0)
        agree = agreement(found, self.expected({place: labels[place] for place in movable}), scale)
        return {place: bool(agree[:, number].all()) for number, place in enumerate(movable)}


def _texts(workbook: Workbook) -> frozenset[Place]:
    """The cells that hold typed texts."""
    return frozenset(
        (sheet.name, *at)
        for sheet in workbook.sheets
        for at, cell in sheet.cells.items()
        if cell.formula is None and isinstance(cell.value, str)
    )
