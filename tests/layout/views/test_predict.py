"""The sheet `Predict`: new inputs are scaled and go through the network; a row waits for its inputs; all is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sheetnet.engine import engine_named
from sheetnet.errors import NetworkError
from sheetnet.files import SUFFIXES, save_workbook
from sheetnet.input_names import Names, Scaler
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.network_file import dump_network, parse_network
from sheetnet.reference import activation_of
from sheetnet.syntax import cell_name
from sheetnet.validation.locate import locate
from sheetnet.workbook import Cell, Place, Sheet, Value, Workbook
from sheetnet.workbook_options import PREDICT_ROWS, SHEETS
from tests.support.figures import record
from tests.support.recalculated import PROGRAMS, distance, lying
from tests.support.sheets import with_cell, with_formula
from tests.support.view_cases import block_numbers, book, judged_with, verdicts
from tools.small_networks import make_network

VIEW = "predict"
SHEET = SHEETS[VIEW]
FLOWERS = Names(("sepal length", "sepal width", "petal length", "petal width"), ("setosa", "versicolor", 'vir"ginica'))
SCALER = Scaler((5.8, 3.1, 3.8, 1.2), (0.8, 0.4, 1.8, 0.75))
NEW = (6.1, 2.8, 4.7, 1.2)


def flowers() -> Network:
    """Four features, three classes, six observations; the hidden layer has no biases."""
    network = make_network("softmax", "cross_entropy", (4, 5, 3), 6, hidden="relu", biases=(False, True))
    return replace(network, names=FLOWERS, scaler=SCALER)


def by_hand(network: Network, measured: np.ndarray) -> np.ndarray:
    """The outputs for rows of measured inputs."""
    a = measured
    if network.scaler is not None:
        a = (a - np.array(network.scaler.mean)) / np.array(network.scaler.scale)
    for layer in network.layers:
        w = np.array(layer.weights)
        a = activation_of(layer).f(a @ w[:-1] + w[-1] if layer.bias else a @ w)
    return a


def predictions(workbook: Workbook) -> Sheet:
    """The sheet."""
    sheet = workbook.sheet(SHEET)
    assert sheet is not None
    return sheet


def recalculated(workbook: Workbook, network: Network, block: str, row: int) -> list[Value]:
    """A row of a block as IronCalc computes it."""
    located = locate(workbook, network)
    columns = range(located.blocks[block].columns)
    places: list[Place] = [located.place(block, row, column) for column in columns]
    return list(next(engine_named("ironcalc")(workbook, [], [None], places)))


def typed(workbook: Workbook, network: Network, row: int, numbers: tuple[float | None, ...]) -> Workbook:
    """The workbook with other inputs in a row."""
    for column, number in enumerate(numbers):
        cell = None if number is None else Cell(number)
        workbook = with_cell(workbook, locate(workbook, network).place("pred_x", row, column), cell)
    return workbook


@pytest.mark.parametrize("column", [False, True])
def test_at_first_the_observations_stand_there_as_they_were_measured(column: bool) -> None:
    """Scaled back; their predictions are the outputs of Step, and rows below show nothing."""
    network = flowers()
    workbook = book(network, VIEW, column)
    sheet, located = predictions(workbook), locate(workbook, network)
    own = np.array(network.inputs) * SCALER.scale + SCALER.mean
    for n in range(PREDICT_ROWS):
        x = [sheet.cells[located.place("pred_x", n, i)[1:]].value for i in range(4)]
        a = [sheet.cells[located.place("pred_a_2", n, j)[1:]].value for j in range(3)]
        if n >= network.observations:
            assert (x, a) == ([None] * 4, [""] * 3)
            continue
        assert x == pytest.approx(own[n].tolist(), rel=1e-11)
        assert a == pytest.approx(by_hand(network, np.array(x))[:].tolist(), rel=1e-12)


def test_new_inputs_are_predicted() -> None:
    """Typed into a blank row they give its class, by name and number, and how sure the network is."""
    network = flowers()
    workbook = typed(book(network, VIEW), network, 8, NEW)
    expected = by_hand(network, np.array(NEW))
    assert recalculated(workbook, network, "pred_a_2", 8) == pytest.approx(expected.tolist(), rel=1e-12)
    assert recalculated(workbook, network, "pred_says", 8) == [float(expected.argmax())]
    assert recalculated(workbook, network, "pred_sure", 8) == pytest.approx([expected.max()], rel=1e-12)
    _, row, column = locate(workbook, network).place("pred_says", 8, 0)
    (word,) = next(engine_named("ironcalc")(workbook, [], [None], [(SHEET, row, column - 1)]))
    assert word == FLOWERS.classes[int(expected.argmax())]
    assert judge(workbook, network).ok


def test_a_row_waits_for_its_last_input() -> None:
    """Three of four inputs give nothing, and nobody is blamed."""
    network = flowers()
    workbook = typed(book(network, VIEW), network, 8, (*NEW[:3], None))
    assert recalculated(workbook, network, "pred_a_2", 8) == ["", "", ""]
    assert judge(workbook, network).ok


@pytest.mark.parametrize(("block", "row", "column"), [("pred_scaled", 2, 1), ("pred_z_1", 9, 3), ("pred_a_1", 0, 0)])
def test_a_damaged_formula_is_blamed_alone(block: str, row: int, column: int) -> None:
    """In rows with inputs and without; what follows from it is carried."""
    network = flowers()
    place, report = judged_with(book(network, VIEW), network, block, row, column)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}
    assert len(verdicts(report, "carried")) >= 3


def test_a_forgotten_bend_or_output_is_seen_in_every_row() -> None:
    """Trials take units beyond their bends and below them, and make the first and the last class the largest."""
    network = flowers()
    workbook = book(network, VIEW)
    located = locate(workbook, network)
    for n in range(PREDICT_ROWS):
        z = cell_name(*located.place("pred_z_1", n, 1)[1:])
        unbent = judge(with_formula(workbook, located.place("pred_a_1", n, 1), z), network)
        assert verdicts(unbent, "wrong") == {(SHEET, cell_name(*located.place("pred_a_1", n, 1)[1:]))}
        first, last = (cell_name(*located.place("pred_a_2", n, j)[1:]) for j in (0, 1))
        place = located.place("pred_says", n, 0)
        short = judge(with_formula(workbook, place, f"MATCH(MAX({first}:{last}),{first}:{last},0)-1"), network)
        assert verdicts(short, "wrong") == {(SHEET, cell_name(*place[1:]))}


def test_only_inputs_can_be_changed() -> None:
    """The sheet is locked but for the cells of new inputs, which take numbers."""
    network = flowers()
    workbook = book(network, VIEW)
    sheet, located = predictions(workbook), locate(workbook, network)
    assert sheet.view.locked
    entries = {located.place("pred_x", n, i)[1:] for n in range(PREDICT_ROWS) for i in range(4)}
    assert {at for at, cell in sheet.cells.items() if cell.role == "entry"} == entries
    (entry,) = sheet.view.entries
    assert entry.box == (*min(entries), *max(entries))


def test_an_input_may_refer_to_another_cell() -> None:
    """Of Step, or of another row: it is driven with it."""
    network = replace(flowers(), scaler=None)
    workbook = book(network, VIEW)
    located = locate(workbook, network)
    _, row, column = located.place("A_0", 1, 0)
    tied = with_formula(workbook, located.place("pred_x", 3, 0), f"Step!{cell_name(row, column)}")
    assert judge(tied, network).ok


def test_a_single_output_has_two_classes_and_numbers_have_none() -> None:
    """From a half on it is the second; outputs beyond 0 … 1 are no classes."""
    network = make_network("sigmoid", "binary_cross_entropy", (2, 1), 3)
    network = replace(network, names=Names(classes=("no", "yes")))
    outputs = by_hand(network, np.array(network.inputs))
    workbook = book(network, VIEW)
    located, cells = locate(workbook, network), predictions(workbook).cells
    says = [cells[located.place("pred_says", n, 0)[1:]].value for n in range(3)]
    assert says == (outputs[:, 0] >= 0.5).astype(float).tolist()
    regression = replace(make_network("identity", "mse", (2, 3), 2), names=Names(("x", "y")))
    assert not any(name.startswith("pred_says") for name in locate(book(regression, VIEW), regression).blocks)
    assert judge(book(regression, VIEW), regression).ok
    found = block_numbers(book(regression, VIEW), SHEET, "pred_a_1")[:2].astype(float)
    np.testing.assert_allclose(found, by_hand(regression, np.array(regression.inputs)), rtol=1e-12)


def test_without_names_there_is_no_sheet() -> None:
    """Whoever asks."""
    network = make_network("softmax", "cross_entropy")
    assert book(network, VIEW).sheet(SHEET) is None


def test_names_and_scaler_survive_their_file() -> None:
    network = flowers()
    assert parse_network(dump_network(network), "dumped") == network
    only = replace(network, names=Names(classes=FLOWERS.classes), scaler=None)
    assert parse_network(dump_network(only), "dumped") == only


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"names": Names(("a", "b"))}, "names.features has 2 names, expected 4, one per input"),
        ({"names": Names((), ("a", "b"))}, "names.classes has 2 names, expected 3, one per output"),
        ({"names": ("a",)}, r"names is \['a'\]|names is \('a',\)"),
        ({"scaler": Scaler((1.0,), (1.0,))}, "scaler.mean has 1 numbers, expected 4, one per input"),
    ],
)
def test_names_that_do_not_fit_are_refused(fields: dict, says: str) -> None:
    with pytest.raises(NetworkError, match=says):
        replace(flowers(), **fields)


def test_a_scale_of_0_and_names_that_are_none_are_refused() -> None:
    with pytest.raises(NetworkError, match=r"scaler\.scale\[1\] is 0, expected a number above 0"):
        Scaler((0.0, 0.0), (1.0, 0.0))
    with pytest.raises(NetworkError, match=r"names\.features\[0\] is '', expected a name"):
        Names(("",))
    with pytest.raises(NetworkError, match=r"names\.classes is 'abc', expected a list of texts"):
        Names((), "abc")  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [pytest.param("LibreOffice", marks=pytest.mark.libreoffice), pytest.param("Gnumeric", marks=pytest.mark.gnumeric)],
)
def test_other_programs_predict_the_same(program: str, tmp_path: Path, record_property) -> None:
    """Ten new rows, written with wrong cached values into both formats and orientations."""
    network, rows = flowers(), np.random.default_rng(1).normal(size=(PREDICT_ROWS, 4)) * SCALER.scale + SCALER.mean
    expected = by_hand(network, rows)
    convert, look = PROGRAMS[program]
    books = []
    for suffix in SUFFIXES:
        for column in (False, True):
            workbook = book(network, VIEW, column)
            for n, row in enumerate(rows.tolist()):
                workbook = typed(workbook, network, n, tuple(row))
            books.append(workbook)
            save_workbook(lying(workbook), tmp_path / f"{len(books)}{suffix}")
    paths = sorted(tmp_path.iterdir())
    worst = 0.0
    for workbook, path in zip(books, convert(paths, tmp_path), strict=True):
        located = locate(workbook, network)
        places = [located.place("pred_a_2", n, j) for n in range(PREDICT_ROWS) for j in range(3)]
        worst = max(worst, *map(distance, look(path, places), expected.ravel().tolist()))
    assert worst <= 1
    record(record_property, f"Predict, {program}: {len(books)} workbooks of {PREDICT_ROWS} new rows agree")
