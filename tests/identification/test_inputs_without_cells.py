"""Inputs that no typed number is equal to: computed, copied, random, or typed into the formulas."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import chain

import pytest

from sheetnet.errors import FileError
from sheetnet.identification import identify_workbook, infer_workbook
from sheetnet.network import Network
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, Place, Sheet, Workbook
from tools.foreign_layouts import foreign_network, one_row_per_step
from tools.foreign_plan import Plan, Written, parts
from tools.layouts import Writer, ref, small_network

Edit = Callable[[dict[Place, Cell], Plan], None]
REFERENCE = re.compile(r"\b[A-Z]{1,2}\d+\b")


def edited(network: Network, edit: Edit, steps: int = 2) -> Workbook:
    """One training step per row, with some cells changed."""
    plan = one_row_per_step(Plan(network, steps, True, 1))
    cells = Written(plan).cells()
    edit(cells, plan)
    sheets: dict[str, dict[tuple[int, int], Cell]] = {}
    for (sheet, *at), cell in cells.items():
        sheets.setdefault(sheet, {})[at[0], at[1]] = cell
    return Workbook(tuple(Sheet(name, own) for name, own in sheets.items()))


def inputs_of_first(plan: Plan, kinds: str) -> dict[str, Place]:
    """The cells of the first step's inputs of some kinds, by their names."""
    return {cell_name(*p[1:]): p for (name, step), p in plan.places.items() if step <= 1 and parts(name)[0] in kinds}


def typed_into_formulas(kinds: str) -> Edit:
    """The numbers of these kinds stand in the formulas that use them, and nowhere else."""

    def edit(cells: dict[Place, Cell], plan: Plan) -> None:
        gone = {name: cells.pop(place).value for name, place in inputs_of_first(plan, kinds).items()}
        for place, cell in cells.items():
            if cell.formula is not None:
                text = REFERENCE.sub(lambda found: str(gone.get(found[0], found[0])), cell.formula)
                cells[place] = replace(cell, formula=text)

    return edit


def computed_inputs(cells: dict[Place, Cell], plan: Plan) -> None:
    """x2 = 1 − x1 at every step."""
    for step in (1, 2):
        one, other = (plan.places[f"x[0,{i}]", step] for i in range(2))
        cells[other] = Cell(0.841, f"1-{cell_name(*one[1:])}")


def copied_weights(cells: dict[Place, Cell], plan: Plan) -> None:
    """Each weight is the copy of a number on a sheet of parameters."""
    for row, place in enumerate(inputs_of_first(plan, "wb").values(), 1):
        cells["Params", row, 2] = cells[place]
        cells[place] = Cell(cells[place].value, f"Params!B{row}")


def random_weights(cells: dict[Place, Cell], plan: Plan) -> None:
    """Weights are RAND(), saved with other numbers than the file has."""
    for number, place in enumerate(inputs_of_first(plan, "wb").values(), 1):
        cells[place] = Cell(0.05 * number, "RAND()")


def targets_are_inputs(cells: dict[Place, Cell], plan: Plan) -> None:
    """Outputs are compared with the cells of the inputs."""
    pairs = {(f"t[0,{i}]", step): plan.places[f"x[0,{i}]", step] for i in range(2) for step in (1, 2)}
    names = {cell_name(*plan.places[host][1:]): cell_name(*place[1:]) for host, place in pairs.items()}
    for host in pairs:
        del cells[plan.places[host]]
    for place, cell in cells.items():
        if cell.formula is not None:
            cells[place] = replace(
                cell, formula=REFERENCE.sub(lambda found: names.get(found[0], found[0]), cell.formula)
            )


COMPLEMENT = replace(foreign_network(), inputs=((0.159, 0.841),))
SAME = replace(foreign_network(), targets=foreign_network().inputs)


@pytest.mark.parametrize(
    ("network", "edit", "steps", "words"),
    [
        (COMPLEMENT, computed_inputs, 2, "A⁽⁰⁾ of input 1: read from Sheet1!B5"),
        (foreign_network(), random_weights, 2, "W⁽¹⁾ row 0, column 0 and 7 more: read from Sheet1!E5"),
        (foreign_network(), typed_into_formulas("x"), 1, "A⁽⁰⁾ of input 0 and 1 more: typed into the formulas"),
        (foreign_network(), typed_into_formulas("wb"), 1, "and so the same in all trials: W⁽¹⁾, the biases of layer 1"),
        (foreign_network(), copied_weights, 2, ""),
        (SAME, targets_are_inputs, 2, ""),
    ],
)
def test_they_are_found_without_a_map(network: Network, edit: Edit, steps: int, words: str) -> None:
    """With the network file and without: all cells are right, and a note says what was read from where."""
    workbook = edited(network, edit, steps)
    read = infer_workbook(workbook)
    assert (read.network.sizes, read.sure) == ((2, 2, 2), True)
    for found in (identify_workbook(workbook, network), identify_workbook(workbook, read.network, read.inputs)):
        assert (found.ok, [cell.why for cell in found.apart if cell.why != "helper"]) == (True, [])
    assert words in "; ".join(identify_workbook(workbook, network).notes)


def test_a_typed_number_that_is_not_the_files_is_asked_for() -> None:
    """By name, with what stands there instead, and the line of the map that takes it."""

    def edit(cells: dict[Place, Cell], plan: Plan) -> None:
        cells[plan.places["w2[0,1]", 1]] = Cell(0.777)

    line = r'W⁽²⁾ row 0, column 1 Sheet1!Q5 holds 0\.777 .*W_2 = \{ cells = "Sheet1!O5:R5", by = "neuron" \}'
    with pytest.raises(FileError, match=rf"no cell .* W⁽²⁾ row 0, column 1 = 0\.478; for {line}"):
        identify_workbook(edited(foreign_network(), edit), foreign_network())


def test_computed_inputs_of_a_forward_pass_alone_are_asked_about() -> None:
    """Nothing is trained, so that nothing tells inputs from sums that are none."""

    def edit(cells: dict[Place, Cell], plan: Plan) -> None:
        computed_inputs(cells, plan)
        for place in [p for p in cells if p[1] > 5 or p[2] > 19]:
            del cells[place]

    found = infer_workbook(edited(COMPLEMENT, edit))
    assert [one.words for one in found.questions if one.about == "A_0"] == [
        "Sheet1!B5: computed from other cells, and nothing tells whether as inputs"
    ]


def test_a_step_a_sheet_with_everything_typed_again() -> None:
    """The second sheet is a copy of the first, γ too, but for the weights, which come from there; γ equals an input."""
    network = replace(small_network(1), learning_rate=small_network(1).inputs[0][0])
    writer = Writer(network)
    first = writer.workbook().sheets[0]
    cells = {
        at: replace(c, formula=c.formula and c.formula.replace(first.name, "Second")) for at, c in first.cells.items()
    }
    for name in ("w1", "b1", "w2", "b2"):
        rows = writer.paper.grids[f"new{name[1]}"]
        after = rows[-1:] if name[0] == "b" else rows
        for old, new in zip(chain(*writer.paper.grids[name]), chain(*after), strict=False):
            cells[old[1:]] = Cell(0.0, ref(new))
    found = identify_workbook(Workbook((first, Sheet("Second", cells))), network)
    assert (found.ok, found.steps, found.apart) == (True, 2, ())
    gamma = next(one for one in found.inputs if one.quantity == "gamma")
    assert len(gamma.cells) == 2
