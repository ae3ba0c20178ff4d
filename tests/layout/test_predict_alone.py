"""The workbook that only predicts: no step, locked but for its inputs, judged; and network files without training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sheetnet
from sheetnet.classroom import assign
from sheetnet.engine import engine_named
from sheetnet.errors import NetworkError, SheetnetError
from sheetnet.files import SUFFIXES, read_workbook, save_workbook
from sheetnet.generate import make_workbook
from sheetnet.input_names import Names, Scaler
from sheetnet.judge import judge
from sheetnet.layout.info_sheets import embedded_network
from sheetnet.layout.predict_alone import WEIGHTS
from sheetnet.models import extract_network, from_sklearn
from sheetnet.network import Network
from sheetnet.network_file import dump_network, load_network, parse_network
from sheetnet.predictor import EXAMPLES, Predictor, predictor_of
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, Workbook
from sheetnet.workbook_options import MOST_NEW_ROWS, PREDICT_ALONE, SHEETS, WorkbookOptions
from tests.support.commands import Run
from tests.support.engines import module
from tests.support.figures import record
from tests.support.recalculated import PROGRAMS, lying
from tests.support.sheets import place_of, with_cell, with_formula
from tests.support.trained import trained
from tests.support.view_cases import verdicts
from tools.small_networks import make_network

SHEET = SHEETS["predict"]
SHORT = WorkbookOptions(("predict",), rows=4)
SCALER = Scaler((5.8, 3.1, 3.8), (0.8, 0.4, 1.8))


def flowers() -> Network:
    """Three scaled features, three classes, six observations."""
    network = make_network("softmax", "cross_entropy", (3, 4, 3), 6, hidden="relu")
    return replace(network, scaler=SCALER, names=Names(("a", "b", "c"), ("x", "y", "z")))


def word(workbook: Workbook, row: int) -> object:
    """What the sheet says beside a row of inputs, as IronCalc computes it."""
    _, top, _ = place_of(workbook, flowers(), "pred_x", row)
    return next(engine_named("ironcalc")(workbook, [], [None], [(SHEET, top, 2)]))[0]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_it_has_no_step_and_only_inputs_are_open(suffix: str, tmp_path: Path) -> None:
    """All that is seen is locked; the network that it carries knows no loss; every number is judged."""
    workbook = make_workbook(flowers(), SHORT)
    assert [sheet.name for sheet in workbook.sheets if not sheet.hidden] == [SHEET, "Read me", WEIGHTS]
    assert all(sheet.view.locked for sheet in workbook.sheets if not sheet.hidden)
    assert {name.name.partition("_")[0] for name in workbook.names} == {"pred", "W"}
    path = tmp_path / f"flowers{suffix}"
    save_workbook(workbook, path)
    report = sheetnet.validate(path)
    assert report.ok
    assert (
        len(report.cells)
        == sum(cell.formula is not None for cell in read_workbook(path).sheets[0].cells.values()) - SHORT.rows
    )  # the words are not judged
    carried = embedded_network(read_workbook(path), "")
    assert carried == predictor_of(flowers()) == extract_network(path)
    assert not any(word in dump_network(carried) for word in ("loss", "targets", "learning_rate", "reduction"))


def test_a_workbook_of_weights_alone_begins_with_blank_rows() -> None:
    """Without names, scaler and examples; inputs and outputs have numbers for names."""
    words = 'title = "two"\n[[layers]]\nactivation = "tanh"\nweights = [[1, 2, 3], [4, 5, 6]]\nbias = [0.5, 1]\n'
    network = parse_network(words, "")
    assert isinstance(network, Predictor)
    assert network.sizes == (3, 2)
    workbook = make_workbook(network)
    cells = workbook.sheets[0].cells
    shown = {cells[place_of(workbook, network, "pred_x", row)[1:]].value for row in range(PREDICT_ALONE.rows)}
    assert shown == {None}
    assert judge(workbook, network).ok


@pytest.mark.parametrize("by", ["neuron", "input"])
def test_files_without_training_come_back(by: str) -> None:
    """With examples or without; whichever way their weights lie."""
    lying = "[[1, 2], [3, 4], [5, 6]]" if by == "input" else "[[1, 3, 5], [2, 4, 6]]"
    words = f'title = "t"\n[[layers]]\nactivation = "relu"\nweights_by = "{by}"\nweights = {lying}\n'
    found = parse_network(words, "")
    assert list(found.layers[0].weights) == [(1, 2), (3, 4), (5, 6), (0, 0)]
    for network in (found, predictor_of(flowers()), predictor_of(load_network("d02b"))):
        assert parse_network(dump_network(network), "") == network
    assert len(predictor_of(flowers()).inputs) == EXAMPLES


REFUSED = {
    "a loss alone": ('loss = "mse"\n', "observations is missing"),
    "targets alone": ("[observations]\ntargets = [[1]]\n", "observations.inputs is missing"),
    "random weights": ("", r"layers\[0\].weights is missing, expected a list of rows: only weights can predict"),
    "names that do not fit": ('[names]\nfeatures = ["a"]\n', r"layers\[0\].weights has 2 numbers in a row, expected 1"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_files_that_say_half_of_a_training_are_refused(kind: str) -> None:
    """What is missing of it is named."""
    more, says = REFUSED[kind]
    weights = "neurons = 2" if kind == "random weights" else "weights = [[1, 2]]"
    with pytest.raises(NetworkError, match=says):
        parse_network(f'title = "t"\n{more}[[layers]]\nactivation = "tanh"\n{weights}\n', "")


DOORS: dict[str, Callable[[Network, Path], object]] = {
    "show": lambda network, _: sheetnet.training_step(network),
    "generate with Step": lambda network, folder: sheetnet.write_workbook(
        network, folder / "a.xlsx", WorkbookOptions()
    ),
    "a student's copy": lambda network, folder: sheetnet.write_student_workbook(network, folder / "a.xlsx"),
    "a class": lambda network, folder: assign(network, [], folder / "class"),
    "audit": lambda network, _: sheetnet.audit(network),
    "identify": lambda network, folder: sheetnet.identify(sheetnet.write_workbook("d02b", folder / "a.xlsx"), network),
}


@pytest.mark.parametrize("door", DOORS)
def test_what_needs_a_training_step_says_what_is_missing(door: str, tmp_path: Path) -> None:
    """And that the network predicts."""
    with pytest.raises(SheetnetError, match=r"no targets, loss and learning rate.*--predict") as caught:
        DOORS[door](predictor_of(flowers()), tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("block", "row", "column"), [("pred_scaled", 2, 1), ("pred_z_1", 3, 3), ("pred_sure", 0, 0)])
def test_a_damaged_formula_is_blamed_alone(block: str, row: int, column: int) -> None:
    """In rows with inputs and without."""
    network, workbook = predictor_of(flowers()), make_workbook(flowers(), SHORT)
    place = place_of(workbook, network, block, row, column)
    formula = workbook.sheet(SHEET).cells[place[1:]].formula  # type: ignore[union-attr]
    report = judge(with_formula(workbook, place, f"({formula})*1.001"), network)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}


LOST = [(True, each) for each in ("pred_", "pred_x", "pred_mean", "pred_a_2", "W_1", "W_", "")]


@pytest.mark.parametrize(("alone", "lost"), [*LOST, (False, "pred_"), (False, "pred_x"), (False, "pred_mean")])
def test_a_lost_name_is_missing(alone: bool, lost: str) -> None:
    """Of an input, an answer or all; beside Step, Predict may be taken away as a whole."""
    network = predictor_of(flowers()) if alone else flowers()
    workbook = make_workbook(network, SHORT if alone else WorkbookOptions(("step", "predict"), rows=4))
    names = tuple(name for name in workbook.names if not name.name.startswith(lost))
    report = judge(replace(workbook, names=names), network)
    assert report.ok == (lost == "pred_" and not alone)


def test_a_row_says_what_it_waits_for() -> None:
    """Nothing where it is blank; how many inputs are missing; that one is no number, which is red, too."""
    workbook = make_workbook(flowers(), SHORT)
    blank = with_cell(workbook, place_of(workbook, flowers(), "pred_x", 0, 1), None)
    text = with_cell(blank, place_of(workbook, flowers(), "pred_x", 0, 2), Cell("3,5"))
    assert word(workbook, 0) in ("x", "y", "z")
    assert (word(workbook, 3), word(blank, 0), word(text, 0)) == ("", "1 missing", "not a number")
    (rule,) = [rule for rule in workbook.sheets[0].view.rules if rule.role == "fail"]
    assert rule.box == workbook.sheets[0].view.entries[0].box
    numbers = make_workbook(make_network("identity", "mse", (2, 1), 1), SHORT)
    assert numbers.sheets[0].cells[6, 2].value == "waits for"


@pytest.mark.slow
@pytest.mark.sklearn
@pytest.mark.parametrize("model", ["digits", "iris"])
@pytest.mark.parametrize("program", [pytest.param("LibreOffice", marks=pytest.mark.libreoffice), "IronCalc"])
def test_ten_new_rows_are_predicted_as_the_model_does(
    program: str, model: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Typed into the blank rows of workbooks of both formats, with wrong cached values; outputs and classes."""
    data = trained(model)
    preprocessing, pipeline = (module(f"sklearn.{name}") for name in ("preprocessing", "pipeline"))
    estimator = data.estimator
    if model == "iris":  # behind a scaler, on inputs that it scales back
        scaler = preprocessing.StandardScaler().fit(data.inputs * 10 + 5)
        scaler.mean_, scaler.scale_ = np.full(4, 5.0), np.full(4, 10.0)
        estimator = pipeline.make_pipeline(scaler, estimator)
    rows = data.inputs[-10:] * (10 if model == "iris" else 1) + (5 if model == "iris" else 0)
    wanted, network = estimator.predict_proba(rows), predictor_of(from_sklearn(estimator).network)
    workbook = make_workbook(network, WorkbookOptions(("predict",), rows=10))
    for n, row in enumerate(rows.tolist()):
        for i, x in enumerate(row):
            workbook = with_cell(workbook, place_of(workbook, network, "pred_x", n, i), Cell(x))
    places = [
        place_of(workbook, network, f"pred_a_{network.depth}", n, k) for n in range(10) for k in range(len(wanted[0]))
    ]
    says = [place_of(workbook, network, "pred_says", n) for n in range(10)]
    convert, look = PROGRAMS[program]
    for suffix in SUFFIXES:
        save_workbook(lying(workbook), tmp_path / f"{model}{suffix}")
    for path in convert(sorted(tmp_path.iterdir()), tmp_path):
        found = np.array(look(path, places), float)
        apart = float(np.abs(found - wanted.ravel()).max())
        assert apart < 1e-12
        assert look(path, says) == wanted.argmax(axis=1).astype(float).tolist()
    record(record_property, f"Predict alone, {model}, {program}: ten new rows differ by {apart:.1e} from predict_proba")


def test_the_command_writes_it(run: Run, tmp_path: Path) -> None:
    """With as many rows as are wanted; of a file without training, whoever asks; other options are about other workbooks."""
    (tmp_path / "net.toml").write_text(dump_network(predictor_of(flowers())))
    assert run("generate", "net.toml", "--format", "xlsx").out.startswith("net.xlsx")
    assert run("generate", "xor", "--predict", "--rows", "2", "--format", "ods").out.startswith("xor-predict.ods")
    done = run("validate", "net.xlsx", "xor-predict.ods")
    assert "2 workbooks: 2 correct" in done.out
    for options, says in (
        (("--predict", "--views", "step"), "--predict writes a workbook of its own"),
        (("--rows", "3"), "--rows are those of a workbook that only predicts: add --predict"),
        (
            ("--predict", "--rows", str(MOST_NEW_ROWS + 1)),
            f"rows for new inputs: choose 1 to {MOST_NEW_ROWS}",
        ),
    ):
        done = run("generate", "xor", *options)
        assert (done.code, done.out) == (2, "")
        assert says in done.err
    done = run("validate", "xor-predict.ods", "--network", "xor")
    assert "note: the workbook only predicts and the network given is trained" in done.out
