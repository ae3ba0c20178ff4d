"""Writes a training as other people lay it out: what stands in which cell, and what has no cell of its own.

Every quantity has a name such as z1[0,1] (layer 1, observation 0, neuron 1) and a formula with other names in braces. A
`Plan` says where each stands at each step; what stands nowhere is written inside the formulas that use it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter

from sheetnet.files import read_workbook
from sheetnet.network import Network
from sheetnet.syntax import cell_name, quote_sheet
from sheetnet.workbook import Box, Cell, Place, Sheet, Workbook
from tools.layouts import FORMULAS

# "!" asks for the one of the first step, by mistake; "*" as the first index for the column of all observations.
NAME = re.compile(r"\{([a-z]+)(\d*)\[([\d,*]*)\](!?)\}")
Host = tuple[str, int]  # the name and the step of a cell
Change = Callable[["Plan", str, str], str]  # (plan, name, formula) → a faulty formula, or the same


def spelled(kind: str, layer: int | str, *index: int | str) -> str:
    """The name of one number."""
    return f"{kind}{layer}[{','.join(map(str, index))}]"


def braced(kind: str, layer: int | str, *index: int | str) -> str:
    """The name as it stands in a formula."""
    return "{" + spelled(kind, layer, *index) + "}"


def parts(name: str) -> tuple[str, int, list[int]]:
    """Kind, layer (0 where there is none) and index of a name."""
    match = NAME.fullmatch("{" + name + "}")
    assert match is not None, name
    kind, layer, index, _ = match.groups()
    return kind, int(layer or 0), [int(i) for i in index.split(",") if i and i != "*"]


@dataclass
class Plan:
    """Where every number of a training stands. `observations` are those of one step; `in_turn`: each step has the next.

    `places` holds (name, step); a name that is there for step 0 has one place for all steps. `typed_inputs`: inputs are
    typed again at each step, else they refer to those of the step before, or of the pass before where they come in turn.
    `constants_as_formulas`: `=0.05` for 0.05. `loss`: how the cost of one output is written, with {a} and {t}.
    `column_sums`: what is summed over observations is the sum of a column. `table`: the cells of an Excel table called
    Data, its headings in the first row.
    """

    network: Network
    steps: int
    biases: bool
    observations: int
    places: dict[Host, Place] = field(default_factory=dict)
    texts: dict[Place, str] = field(default_factory=dict)
    typed_inputs: bool = True
    constants_as_formulas: bool = False
    in_turn: bool = False
    loss: str = "0.5*({a}-{t})^2"
    column_sums: bool = False
    table: tuple[str, Box] | None = None

    @property
    def period(self) -> int:
        """After so many steps the observations begin again."""
        return len(self.network.inputs) // self.observations if self.in_turn else 1

    def put(self, name: str, step: int, place: Place) -> None:
        """Give a name its place at one step (0: at all of them)."""
        assert place not in self.places.values(), (name, place)
        self.places[name, step] = place

    def place(self, name: str, step: int) -> Place | None:
        """Where it stands at that step; None where it has no cell."""
        return self.places.get((name, 0)) or self.places.get((name, step))

    def number(self, name: str, step: int) -> float:
        """The number of an input."""
        kind, layer, index = parts(name)
        network = self.network
        if kind in ("x", "t"):
            first = (step - 1) % self.period * self.observations if self.in_turn else 0
            return (network.inputs if kind == "x" else network.targets)[first + index[0]][index[1]]
        if kind == "gamma":
            return network.learning_rate
        weights = network.layers[layer - 1].weights
        return weights[index[0]][index[1]] if kind == "w" else weights[-1][index[0]]

    def is_typed(self, name: str, step: int) -> bool:
        """Whether a number is typed there, and no formula stands there."""
        kind = parts(name)[0]
        if kind in ("x", "t"):
            return step <= self.period or self.typed_inputs
        return kind == "gamma" or (kind in ("w", "b") and step <= 1)

    def definition(self, name: str, step: int) -> tuple[str, int]:
        """A formula with names in braces, and the step whose numbers these are."""
        kind, layer, index = parts(name)
        if kind in ("x", "t"):
            return "{" + name + "}", step - self.period
        if kind in ("w", "b", "new", "newb"):
            return self._update(kind, layer, index), step - (kind in ("w", "b"))
        return DEFINITIONS[kind](self, layer, *index), step

    def _update(self, kind: str, layer: int, index: list[int]) -> str:
        bias = kind in ("b", "newb")
        old, slope = braced("b" if bias else "w", layer, *index), braced("db" if bias else "dw", layer, *index)
        return f"{old}-{{gamma[]}}*{slope}"


def _z(plan: Plan, layer: int, k: int, j: int) -> str:
    below = ("x", "") if layer == 1 else ("a", layer - 1)
    terms = [f"{braced(*below, k, i)}*{braced('w', layer, i, j)}" for i in range(plan.network.sizes[layer - 1])]
    return "+".join([*terms, braced("b", layer, j)] if plan.biases else terms)


def _a(plan: Plan, layer: int, k: int, j: int) -> str:
    if plan.network.mixes(layer):
        powers = [f"EXP({braced('z', layer, k, i)})" for i in range(plan.network.sizes[layer])]
        return f"{powers[j]}/({'+'.join(powers)})"
    return FORMULAS[plan.network.layers[layer - 1].activation][0].format(z=braced("z", layer, k, j))


def _e(plan: Plan, _: int, k: int, j: int) -> str:
    return plan.loss.format(a=braced("a", plan.network.depth, k, j), t=braced("t", "", k, j))


def _loss(plan: Plan, _: int, k: int) -> str:
    return "+".join(braced("e", "", k, j) for j in range(plan.network.sizes[-1]))


def _cost(plan: Plan, _: int) -> str:
    if plan.column_sums:
        return f"SUM({braced('loss', '', '*')})/{plan.observations}"
    total = "+".join(braced("loss", "", k) for k in range(plan.observations))
    return f"({total})/{plan.observations}" if plan.observations > 1 else total


def _delta(plan: Plan, layer: int, k: int, j: int) -> str:
    network = plan.network
    if layer == network.depth and network.loss_facts.entropy:  # with sigmoid or softmax before it
        return f"({braced('a', layer, k, j)}-{braced('t', '', k, j)})"
    derivative = FORMULAS[network.layers[layer - 1].activation][1]
    factor = derivative.format(z=braced("z", layer, k, j), a=braced("a", layer, k, j))
    if layer == network.depth:
        return f"({braced('a', layer, k, j)}-{braced('t', '', k, j)})*{factor}"
    above = range(network.sizes[layer + 1])
    paths = "+".join(f"{braced('delta', layer + 1, k, m)}*{braced('w', layer + 1, j, m)}" for m in above)
    return f"({paths})*{factor}"


def _dw(plan: Plan, layer: int, i: int, j: int) -> str:
    below = ("x", "") if layer == 1 else ("a", layer - 1)
    if plan.column_sums:
        return f"SUMPRODUCT({braced('delta', layer, '*', j)}*{braced(*below, '*', i)})/{plan.observations}"
    terms = [f"{braced('delta', layer, k, j)}*{braced(*below, k, i)}" for k in range(plan.observations)]
    return _mean(plan, terms)


def _db(plan: Plan, layer: int, j: int) -> str:
    if plan.column_sums:
        return f"SUM({braced('delta', layer, '*', j)})/{plan.observations}"
    return _mean(plan, [braced("delta", layer, k, j) for k in range(plan.observations)])


def _mean(plan: Plan, terms: list[str]) -> str:
    return f"({'+'.join(terms)})/{plan.observations}" if plan.observations > 1 else terms[0]


DEFINITIONS: Mapping[str, Callable[..., str]] = {
    "z": _z,
    "a": _a,
    "e": _e,
    "loss": _loss,
    "cost": _cost,
    "delta": _delta,
    "dw": _dw,
    "db": _db,
}


@dataclass
class Written:
    """The cells of a plan with a fault in the cells of `hosts` (None: in all in which it shows)."""

    plan: Plan
    kind: str = ""
    change: Change = lambda plan, name, text: text
    hosts: frozenset[Host] | None = frozenset()

    def formula(self, name: str, step: int) -> str:
        """The formula in the cell of a name."""
        faulty = self.hosts is None or (name, step) in self.hosts
        return self._text(name, step, self.plan.places.get((name, step)) or self.plan.places[name, 0], faulty)

    def _text(self, name: str, step: int, host: Place, faulty: bool) -> str:
        text, at = self.plan.definition(name, step)
        if faulty and self.kind == kind_of(name, step):
            text = self.change(self.plan, name, text)

        def refer(match: re.Match[str]) -> str:
            kind, layer, index, first = match.groups()
            return self._reference(f"{kind}{layer}[{index}]", 1 if first else at, host, faulty, bool(first), step)

        return NAME.sub(refer, text)

    def _reference(self, name: str, at: int, host: Place, faulty: bool, first: bool, step: int) -> str:
        if name == "gamma[]" and first:  # γ without its $: one row further down at each further step
            _, row, column = self.plan.places["gamma[]", 0]
            return cell_name(row + max(step - 2, 0), column)
        if "*" in name:
            return self._column(name, host)
        place = self.plan.place(name, at)
        if place is None:
            inner = self._text(name, at, host, faulty)
            return f"({inner})" if re.search(r"[-+/<>=]|\*", inner) else inner
        if self._in_table(place) and self._in_table(host) and place[1] == host[1]:
            return f"Data[[#This Row],[{self._heading(place)}]]"
        beside = self.plan.column_sums and place[1] == host[1]  # its formulas are filled down
        fixed = first or ((name, 0) in self.plan.places and not beside)
        prefix = "" if place[0] == host[0] else quote_sheet(place[0]) + "!"
        return prefix + cell_name(*place[1:], absolute=fixed)

    def _column(self, name: str, host: Place) -> str:
        """The column of a number at all observations."""
        ends = [self.plan.places[name.replace("*", str(k)), 0] for k in (0, self.plan.observations - 1)]
        if self._in_table(ends[0]):
            return f"Data[{self._heading(ends[0])}]"
        prefix = "" if ends[0][0] == host[0] else quote_sheet(ends[0][0]) + "!"
        return prefix + ":".join(cell_name(*end[1:], absolute=True) for end in ends)

    def _in_table(self, place: Place) -> bool:
        if self.plan.table is None:
            return False
        sheet, (top, left, bottom, right) = self.plan.table
        return place[0] == sheet and top < place[1] <= bottom and left <= place[2] <= right

    def _heading(self, place: Place) -> str:
        assert self.plan.table is not None
        return self.plan.texts[place[0], self.plan.table[1][0], place[2]]

    def cells(self) -> dict[Place, Cell]:
        """All cells."""
        plan = self.plan
        found = {place: Cell(text) for place, text in plan.texts.items()}
        for (name, step), place in plan.places.items():
            if not plan.is_typed(name, step):
                found[place] = Cell(0.0, self.formula(name, step))
            elif plan.constants_as_formulas and parts(name)[0] in ("x", "t"):
                found[place] = Cell(plan.number(name, step), repr(plan.number(name, step)))
            else:
                found[place] = Cell(plan.number(name, step))
        return found

    def workbook(self) -> Workbook:
        """The workbook; with an Excel table as it is read from a file."""
        if self.plan.table is not None:
            return self._from_file(*self.plan.table)
        sheets: dict[str, dict[tuple[int, int], Cell]] = {}
        for place, cell in self.cells().items():
            sheets.setdefault(place[0], {})[place[1:]] = cell
        return Workbook(tuple(Sheet(name, cells) for name, cells in sheets.items()))

    def _from_file(self, table_sheet: str, box: Box) -> Workbook:
        cells = self.cells()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.xlsx"
            with xlsxwriter.Workbook(path) as book:
                for sheet in dict.fromkeys(place[0] for place in cells):
                    page = book.add_worksheet(sheet)
                    for (_, row, column), cell in ((p, c) for p, c in cells.items() if p[0] == sheet):
                        page.write(row - 1, column - 1, cell.value if cell.formula is None else f"={cell.formula}")
                    if sheet == table_sheet:
                        top, left, bottom, right = box
                        headings = [{"header": self.plan.texts[sheet, top, c]} for c in range(left, right + 1)]
                        options = {"name": "Data", "columns": headings}
                        page.add_table(top - 1, left - 1, bottom - 1, right - 1, options)
            return read_workbook(path)


def kind_of(name: str, step: int) -> str:
    """What a fault is a fault of: w and b of later steps are new ones."""
    kind, _, _ = parts(name)
    return "update" if kind in ("w", "b", "new", "newb") and step >= 1 else kind
