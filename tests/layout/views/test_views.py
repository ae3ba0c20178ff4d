"""All views of all templates: every program agrees with NumPy in every cell, and goes on agreeing whatever is edited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetnet import load_network, validate
from sheetnet.engine import ironcalc
from sheetnet.errors import FileError, NetworkError
from sheetnet.files import SUFFIXES, save_workbook
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.input_names import Names
from sheetnet.judge import judge
from sheetnet.layout.views import VIEW_SHEETS as LAID
from sheetnet.network import Layer, Network, Remark
from sheetnet.network_file import template_names
from sheetnet.reference import evaluate_step, inputs_of, stacked
from sheetnet.reference.views import VIEW_NUMBERS as COMPUTED
from sheetnet.reference.views import view_values
from sheetnet.syntax import functions
from sheetnet.validation.case import input_cells
from sheetnet.validation.locate import locate
from sheetnet.workbook import CellError, Name, Place, Value, Workbook
from sheetnet.workbook_options import (
    LEAST_CELLS,
    SHEETS,
    SMALL_NETWORK,
    WorkbookOptions,
    default_views,
    least_cells,
    usual_options,
    views_named,
)
from tests.support.figures import record
from tests.support.recalculated import PROGRAMS, cell_value, distance, formula_places, lying
from tools.small_networks import SMALL, make_network, pairs

EVERY = WorkbookOptions(tuple(SHEETS))
COLUMN = replace(EVERY, column=True)
TINY = 1e-9  # what a difference of two equal numbers, and a slope of a difference quotient, may be off


def books() -> dict[str, tuple[Network, Workbook]]:
    """The small templates with all views, in both orientations, and the digits with Step alone in column orientation."""
    found = {}
    for name in SMALL:
        network = load_network(name)
        found[name] = network, make_workbook(network, EVERY)
        found[f"{name} column"] = network, make_workbook(network, COLUMN)
    digits = load_network("digits-64-32-10")
    found["digits column"] = digits, make_workbook(digits, WorkbookOptions(column=True))
    return found


def with_image(network: Network) -> Network:
    """Its inputs as pictures of one row, and with names, so that every view shows something."""
    names = Names(tuple(f"x{i}" for i in range(network.sizes[0])))
    return replace(network, image=(1, network.sizes[0]), names=names)


def by_numpy(network: Network, workbook: Workbook) -> dict[Place, float]:
    """What NumPy computes for each cell of each named block, of Step and of every view."""
    located = locate(workbook, network)
    assert not located.problems
    step = evaluate_step(network, inputs_of(network))
    arrays = {name: stacked(step[name], block) for name, block in network.blocks.items()}
    arrays |= view_values(network, step, located.presentation)
    return {
        located.place(name, r, c): x
        for name, array in arrays.items()
        for r, row in enumerate(array[0].tolist())
        for c, x in enumerate(row)
    }


def off(value: Value, expected: Value, quantity: float | None) -> float:
    """How far a cell is off, 1 being just tolerated: numbers against NumPy, lights and texts against the very words."""
    if quantity is not None:
        return min(distance(value, quantity), abs(value - quantity) / TINY if type(value) is float else float("inf"))
    if type(expected) is float:
        return abs(value - expected) / TINY if type(value) is float else float("inf")
    return 0.0 if value == expected or (value in ("", None) and expected == "") else float("inf")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "program",
    ["IronCalc", pytest.param("LibreOffice", marks=[pytest.mark.libreoffice, pytest.mark.slow]),
     pytest.param("Gnumeric", marks=[pytest.mark.gnumeric, pytest.mark.slow])],
)  # fmt: skip
def test_every_cell_of_every_view_agrees_with_numpy(program: str, suffix: str, tmp_path: Path, record_property) -> None:
    """Written with wrong cached values and recalculated: numbers are NumPy's, lights say what they should."""
    convert, look = PROGRAMS[program]
    found = books()
    paths = [tmp_path / f"{number}{suffix}" for number in range(len(found))]
    for path, (_, book) in zip(paths, found.values(), strict=True):
        save_workbook(lying(book), path)
    far: dict[tuple[str, Place], float] = {}
    for (name, (network, book)), path in zip(found.items(), convert(paths, tmp_path), strict=True):
        places, quantities = formula_places(book), by_numpy(network, book)
        for at, value in zip(places, look(path, places), strict=True):
            far[name, at] = off(value, cell_value(book, at), quantities.get(at))
    assert {key: x for key, x in far.items() if x > 1} == {}
    record(record_property, f"views, {program} {suffix}: {len(far):,} formula cells of {len(found)} workbooks agree")


@pytest.mark.parametrize("name", books())
def test_what_every_view_shows_is_judged(name: str) -> None:
    """Every number that a formula gives is a judged cell, but for checks: what compares, counts or lights up.

    So does the cell of Step that says by how much the step changes the cost.
    """
    network, book = books()[name]
    quantities = by_numpy(network, book)
    unjudged = {
        at
        for at in formula_places(book)
        if at not in quantities and isinstance(cell_value(book, at), float | CellError)
    }
    step = book.sheet("Step")
    assert step is not None
    (change,) = (("Step", *at) for at, cell in step.cells.items() if cell.role == "change")
    assert {sheet for sheet, *_ in unjudged - {change}} <= {"Check", "Gradient check", "Appendix"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_workbook_with_all_views_is_right_as_written(suffix: str, tmp_path: Path) -> None:
    """`validate` finds all views by their names, in both orientations, and each cell right."""
    for name, (network, book) in books().items():
        path = tmp_path / f"book{suffix}"
        save_workbook(book, path)
        report = validate(path)
        assert report.ok, name
        judged = {(cell.sheet, cell.cell) for cell in report.cells}
        blocks = locate(book, network).blocks.values()
        answers = sum(block.rows * block.columns for block in blocks if block.kind == "answer")
        assert len(judged) == answers + network.observations  # the bias nodes of A_0 are judged constants


@pytest.mark.parametrize("observations", [1, 2, 3, 4])
@pytest.mark.parametrize("column", [False, True])
def test_the_orientation_of_a_file_is_told_by_its_blocks(observations: int, column: bool) -> None:
    """Also where A_0 is square: three observations of two inputs and the bias node."""
    network = make_network("sigmoid", "half_sse", observations=observations)
    book = make_workbook(network, WorkbookOptions(column=column))
    located = locate(book, network)
    assert (located.presentation.column, located.problems) == (column, ())


def test_a_name_that_begins_like_a_view_s_is_no_view() -> None:
    """A student's own names, such as net_income, make no sheet missing; a view without half of its names is gone."""
    network = load_network("d02b")
    book = make_workbook(network, WorkbookOptions())
    own = Name("net_income", "Step!$B$7")
    assert judge(replace(book, names=(*book.names, own)), network).ok
    whole = make_workbook(network, WorkbookOptions(("step", "matrices")))
    names = [name for name in whole.names if not name.name.startswith("mat_")]
    few = [name for name in whole.names if name.name.startswith("mat_")]
    assert judge(replace(whole, names=(*names, *few[:2])), network).ok
    counts = judge(replace(whole, names=(*names, *few[2:])), network).counts
    assert counts["missing"] == 2


EDITS = st.floats(-2, 2, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def edits(draw: st.DrawFn, network: Network) -> dict[tuple[str, int, int], float]:
    """New numbers for some inputs: any x and w, targets on their domain, γ above 0."""
    found: dict[tuple[str, int, int], float] = {}
    for name, array in inputs_of(network).items():
        for row, column in draw(st.sets(st.tuples(st.integers(0, array.shape[1] - 1), st.integers(0, array.shape[2] - 1)),
                                        max_size=4)):  # fmt: skip
            if name == "A_0" and column == array.shape[2] - 1:
                continue
            number = draw(EDITS)
            if name == "gamma" or (name == "target" and network.loss != "half_sse"):
                number = round(min(0.95, max(0.05, abs(number) / 2)), 3)
            found[name, row, column] = number
    return found


def edited(network: Network, changes: Mapping[tuple[str, int, int], float]) -> Network:
    """The network with its numbers changed."""
    arrays = {name: array[0].copy() for name, array in inputs_of(network).items()}
    for (name, row, column), number in changes.items():
        arrays[name][row, column] = number
    for number, layer in enumerate(network.layers, 1):
        if layer.shared_bias:
            arrays[f"W_{number}"][-1, :] = arrays[f"W_{number}"][-1, 0]
    layers = [
        Layer(layer.activation, tuple(map(tuple, arrays[f"W_{number}"].tolist())), layer.shared_bias)
        for number, layer in enumerate(network.layers, 1)
    ]
    return replace(
        network,
        inputs=tuple(map(tuple, arrays["A_0"][:, :-1].tolist())),
        targets=tuple(map(tuple, arrays["target"].tolist())),
        learning_rate=float(arrays["gamma"][0, 0]),
        layers=tuple(layers),
    )


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_all_views_follow_every_edit(name: str, data: st.DataObject) -> None:
    """Inputs typed into the workbook: every view agrees with NumPy's step from them, and no gradient fails its check."""
    network = load_network(name)
    book = make_workbook(network, replace(EVERY, steps=5))
    changes = data.draw(edits(network))
    changed = edited(network, changes)
    located = locate(book, network)
    drivers = {cell.element: cell.driver for cell in input_cells(book, network, located)}
    wanted = inputs_of(changed)
    places = list(dict.fromkeys(drivers.values()))
    element = {driver: element for element, driver in reversed(drivers.items())}
    wanted |= {"net_n": np.zeros((1, 1, 1))} if changed.observations > 1 else {}
    numbers = [float(wanted[block][0, row, column]) for block, row, column in (element[at] for at in places)]
    asked = formula_places(book)
    values = dict(zip(asked, next(ironcalc.evaluate(book, places, [numbers], asked)), strict=True))
    step = evaluate_step(changed, wanted)
    arrays = {block: stacked(step[block], shape) for block, shape in network.blocks.items()}
    arrays |= view_values(changed, step, located.presentation)
    for block, array in arrays.items():
        for r, row in enumerate(array[0].tolist()):
            for c, expected in enumerate(row):
                at = located.place(block, r, c)
                if at in values and abs(expected) < 1e6:  # also where training runs away, it runs away alike
                    assert off(values[at], None, expected) <= 1000, (block, r, c, values[at], expected)
    lights = {value for (sheet, *_), value in values.items() if sheet == "Gradient check" and isinstance(value, str)}
    assert "differs" not in lights


def test_every_view_is_laid_out_and_computed() -> None:
    """One module each in layout and, but for Step and the checks that compute nothing, in the reference."""
    assert set(LAID) == set(SHEETS) - {"step"}
    assert set(COMPUTED) == set(SHEETS) - {"step", "check"}


def test_the_names_of_a_view_begin_with_its_prefix() -> None:
    """So a workbook's names say which views it has; no prefix begins another, nor the name of a block of Step."""
    prefixes = [numbers.prefix for numbers in COMPUTED.values()]
    for activation, loss in (("softmax", "cross_entropy"), ("relu", "mse")):
        network = with_image(make_network(activation, loss))
        step = evaluate_step(network, inputs_of(network))
        assert not any(name.startswith(prefix) for name in network.blocks for prefix in prefixes)
        for numbers in COMPUTED.values():
            blocks = numbers.compute(network, step, EVERY)
            assert blocks
            assert all(name.startswith(numbers.prefix) for name in blocks)
    assert not any(a != b and a.startswith(b) for a in prefixes for b in prefixes)


def test_large_networks_show_step_alone_unless_asked() -> None:
    """Up to 500 weights times observations all views are shown, beyond it Step, and pictures where there are any."""
    for name in template_names():
        network = load_network(name)
        size = network.observations * sum(len(layer.weights) * layer.neurons for layer in network.layers)
        small = tuple(view for view in SHEETS if view not in ("pictures", "predict"))
        assert default_views(network) == (small if size <= SMALL_NETWORK else ("pictures", "step"))
        assert (network.image is None) == (size <= SMALL_NETWORK)


# What Excel 2010, LibreOffice 7, Gnumeric and Google Sheets share, as docs/formats.md lists it.
PORTABLE = (
    "SUM SUMPRODUCT SUMXMY2 MMULT TRANSPOSE EXP LN TANH ABS MAX MIN IF AND OR NOT COUNT COUNTA COUNTIF INDEX MATCH"
    " ISBLANK ISNUMBER"
).split()


REFERENCE = re.compile(r"\$?\b[A-Z]{1,3}\$?[0-9]+\b(?!\()")  # filled formulas are one but for these


def test_only_functions_that_all_programs_share_are_used() -> None:
    """In the formulas of every view and of students' copies, and in their conditional formats."""
    used: set[str] = set()
    for activation, loss in pairs():
        network = with_image(make_network(activation, loss, observations=2))
        for book in (make_workbook(network, replace(EVERY, steps=2)), make_student_workbook(network)):
            for sheet in book.sheets:
                formulas = {
                    REFERENCE.sub("A1", cell.formula) for cell in sheet.cells.values() if cell.formula is not None
                }
                used |= {name for formula in formulas for name in functions(formula)}
                used |= {name for rule in sheet.view.rules for name in functions(rule.formula)}
    assert used == set(PORTABLE)


def test_views_are_chosen_by_their_names() -> None:
    """As the command line spells them, in any order; Step is always there."""
    assert views_named("training, chain-rule") == ("step", "chain_rule", "training")
    assert views_named("ALL") == tuple(SHEETS)
    with pytest.raises(NetworkError, match="there is no view 'graph': choose from pictures, predict, network, step"):
        views_named("graph")


def test_what_no_sheet_holds_is_refused_before_anything_is_written() -> None:
    """16,384 columns is where a sheet ends: a layer of 17,000 neurons is refused, with the number."""
    wide = Network(
        title="wide", source="", inputs=((1.0,),), targets=((0.5,),), loss="half_sse", learning_rate=0.1,
        layers=(Layer("relu", ((0.1,) * 17_000, (0.0,) * 17_000)), Layer("sigmoid", ((0.1,),) * 17_001)),
    )  # fmt: skip
    with pytest.raises(FileError, match="but a sheet ends at 1,048,576 and 16,384"):
        make_workbook(wide)


def test_what_no_workbook_holds_is_refused_before_it_is_computed() -> None:
    """D of 3,000 neurons alone has nine million cells (20,000 neurons filled the memory of the machine)."""
    wide = make_network("relu", "half_sse", (2, 3_000, 1), observations=1)
    with pytest.raises(FileError, match=r"at least 9,\d{3},\d{3} cells"):
        make_workbook(wide, WorkbookOptions(("step", "matrices")))


@pytest.mark.parametrize("view", LEAST_CELLS)
def test_no_view_is_refused_that_would_fit(view: str) -> None:
    """The estimate never exceeds what the workbook has, whatever the network."""
    for sizes, observations in (((2, 2, 2), 1), ((1, 1), 1), ((3, 7, 2, 5), 3), ((2, 1, 6, 1), 2)):
        mixing = "softmax" if min(sizes[1:]) > 1 else "sigmoid"  # of a single neuron softmax is always 1
        for activation, loss in ((mixing, "cross_entropy"), ("tanh", "mse")):
            network, shown = make_network(activation, loss, sizes, observations), WorkbookOptions(("step", view))
            found = sum(len(sheet.cells) for sheet in make_workbook(network, shown).sheets)
            assert found / 30 < least_cells(network, shown) <= found


def test_remarks_stand_on_the_sheets_of_their_network_alone() -> None:
    """A source's slips are remarked in its own workbook, below all else, and in nobody else's."""
    remarks = [remark.text for name in template_names() for remark in load_network(name).remarks]
    assert len(remarks) >= 5
    for name in SMALL:
        network = load_network(name)
        book = make_workbook(network, replace(EVERY, steps=1))
        texts = {cell.value for sheet in book.sheets if not sheet.hidden for cell in sheet.cells.values()}
        assert texts & set(remarks) == {remark.text for remark in network.remarks}
        words = " ".join(text for text in texts if isinstance(text, str))
        sources = ("Lesson", "lesson", "HappyDustbunny")
        assert network.remarks or not any(source in words for source in sources)


def test_a_remark_on_no_sheet_is_refused() -> None:
    """A misspelt view would hide the remark."""
    network = replace(load_network("xor-batch"), remarks=(Remark("matrix", "a slip"),))
    with pytest.raises(NetworkError, match="there is no view 'matrix'"):
        make_workbook(network)


def test_sheets_speak_of_losses_and_gradients_in_one_way() -> None:
    """No code names, no dC/dW or ∂E beside ∂C, nothing that is counted from 1."""
    for name in SMALL:
        network = load_network(name)
        book = make_workbook(network, replace(EVERY, steps=1))
        own = {remark.text for remark in network.remarks}
        for sheet in book.sheets:
            texts = [cell.value for cell in sheet.cells.values() if isinstance(cell.value, str)] * (not sheet.hidden)
            seen = [text for text in texts if text not in own]
            for word in ("half_sse", "cross_entropy", "dC/d", "∂E/", "∂net", "∂out", "Same?"):
                assert not [text for text in seen if word in text], (sheet.name, word)


def test_training_goes_on_as_long_as_the_network_file_says() -> None:
    """xor-batch learns in 500 steps, others show 50; whoever asks for a number gets it."""
    assert [usual_options(load_network(name)).steps for name in ("xor-batch", "d02b")] == [500, 50]
    assert usual_options(load_network("xor-batch"), steps=3).steps == 3
