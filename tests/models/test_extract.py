"""The network of a workbook: as edited, or after rows of Training, recalculated; and a workbook wherever a network is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sheetnet
from sheetnet.errors import SheetnetError, UsageError
from sheetnet.extract import network_in
from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_workbook
from sheetnet.input_names import Scaler
from sheetnet.models import extract_network, import_model, save_network
from sheetnet.network import Layer, Network
from sheetnet.network_file import load_network
from sheetnet.workbook import Cell
from sheetnet.workbook_options import WorkbookOptions
from tests.support import engines
from tests.support.commands import Run
from tests.support.figures import record
from tests.support.quantities import Content, edited
from tests.support.recalculated import lying
from tests.support.sheets import place_of, step_book, with_cell
from tools.small_networks import OVER_N, make_network

XOR = load_network("xor-batch")
TRAINING = WorkbookOptions(("step", "training"), steps=20)


def stepped(network: Network, steps: int) -> Network:
    """The network after steps of the reference, one after another."""
    for _ in range(steps):
        step = sheetnet.training_step(network)
        layers = [
            replace(layer, weights=step[f"W_{number}_new"].tolist()) for number, layer in enumerate(network.layers, 1)
        ]
        network = replace(network, layers=tuple(layers))
    return network


def apart(one: Network, other: Network) -> float:
    """The largest difference of two networks' weights."""
    pairs = zip(one.layers, other.layers, strict=True)
    return max(float(np.abs(np.subtract(a.weights, b.weights)).max()) for a, b in pairs)


@pytest.mark.parametrize("template", ["d02b", "bias-node", "relu-sigmoid-softmax", "xor-batch"])
@pytest.mark.parametrize("column", [False, True], ids=["rows", "columns"])
def test_what_was_written_comes_back(template: str, column: bool) -> None:
    """Frozen and shared biases, softmax, batches; in either orientation."""
    network = load_network(template)
    assert network_in(make_workbook(network, WorkbookOptions(column=column)), network) == network


def test_an_edited_penalty_comes_back() -> None:
    """λ is a cell like γ; what it is made of stays."""
    network = make_network("tanh", "half_sse", (2, 2, 1), 2, l2=OVER_N)
    book = step_book(network)
    assert network_in(book, network) == network
    changed = with_cell(book, place_of(book, network, "l2_factor"), Cell(0.25))
    assert network_in(changed, network).l2 == replace(OVER_N, factor=0.25)


def test_a_bias_that_was_shared_may_be_edited_apart() -> None:
    """Then each has a number of its own, as on the sheet."""
    network = load_network("d02b")
    assert network.layers[0].shared_bias
    found = network_in(edited(step_book(network), network, {"{W_1[2,1]}": 0.5}), network)
    assert (found.layers[0].weights[-1], found.layers[0].shared_bias) == ((0.35, 0.5), False)
    assert found.layers[1] == network.layers[1]


def test_the_scaler_of_predict_is_that_which_somebody_edited() -> None:
    """Where the workbook has the sheet; without it, the network's own."""
    network = replace(XOR, scaler=Scaler((0.5, 0.25), (2.0, 4.0)))
    book = make_workbook(network, WorkbookOptions(("step", "predict")))
    assert network_in(book, network) == network == network_in(step_book(network), network)
    changed = with_cell(book, place_of(book, network, "pred_scale", 0, 1), Cell(8.0))
    assert network_in(changed, network).scaler == Scaler((0.5, 0.25), (2.0, 8.0))


def test_layers_without_biases_come_back() -> None:
    """As edited, and after steps of Training, whose rows have no bias then."""
    layers = (Layer("tanh", ((0.4, -0.6, 0.1), (0.7, 0.2, -0.3)), bias=False), XOR.layers[1])
    network = replace(XOR, layers=layers)
    book = make_workbook(network, TRAINING)
    assert network_in(book, network) == network
    assert apart(network_in(book, network, 5), stepped(network, 5)) < 1e-14


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_the_network_is_that_which_somebody_edited(suffix: str, tmp_path: Path) -> None:
    """Numbers that were typed, and formulas in the place of numbers; an empty cell is 0."""
    edits: dict[str, Content] = {"{W_1[0,1]}": 2.5, "{target[0,0]}": 0.25, "{A_0[1,1]}": None}
    edits |= {"{gamma[0,0]}": Cell(0.5, "1/8"), "{W_2[2,0]}": Cell(9.0, "{W_1[0,1]}*2")}
    save_workbook(edited(step_book(XOR), XOR, edits), tmp_path / f"a.{suffix}")
    found = extract_network(tmp_path / f"a.{suffix}")
    assert found.layers[0].weights[0][1] == 2.5
    assert found.layers[1].weights[2][0] == 5.0
    assert (found.targets[0], found.learning_rate) == ((0.25,), 0.125)
    assert found.inputs[1] == (0.0, 0.0)
    assert found.layers[1].weights[0] == XOR.layers[1].weights[0]


@pytest.mark.parametrize("steps", [0, 1, 20])
def test_the_weights_of_a_row_of_training_are_those_of_so_many_steps(steps: int) -> None:
    """Whatever the file has saved: its values are claims, and lie here."""
    book = lying(make_workbook(XOR, TRAINING))
    found = network_in(book, XOR, steps)
    assert apart(found, stepped(XOR, steps)) < 1e-14
    assert (found.inputs, found.targets) == (XOR.inputs, XOR.targets)
    assert ("20 steps of Training" in found.source) == (steps == 20)


def test_what_follows_from_an_edit_is_recalculated() -> None:
    """Another weight in Step changes every row of Training."""
    changed = edited(make_workbook(XOR, TRAINING), XOR, {"{W_1[0,0]}": -1.5})
    expected = stepped(network_in(changed, XOR), 7)
    assert apart(network_in(changed, XOR, 7), expected) < 1e-14
    assert apart(expected, stepped(XOR, 7)) > 1


@pytest.mark.slow
@pytest.mark.torch
def test_300_rows_of_training_are_300_steps_of_pytorch(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """XOR trained in a spreadsheet, taken out as safetensors, beside the same network trained by PyTorch."""
    torch = engines.torch()
    path = sheetnet.write_workbook(XOR, tmp_path / "xor.ods", WorkbookOptions(("step", "training"), steps=300))
    save_network(extract_network(path, 300), tmp_path / "trained.safetensors")
    found = import_model(tmp_path / "trained.safetensors").network
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1), torch.nn.Sigmoid())
    with torch.no_grad():
        for linear, layer in zip((module[0], module[2]), XOR.layers, strict=True):
            rows = torch.tensor(layer.weights)
            linear.weight.copy_(rows[:-1].T)
            linear.bias.copy_(rows[-1])
    inputs, targets = torch.tensor(XOR.inputs), torch.tensor(XOR.targets)
    optimizer = torch.optim.SGD(module.parameters(), lr=XOR.learning_rate)
    for _ in range(300):
        optimizer.zero_grad()
        (0.5 * (module(inputs) - targets).square().sum() / len(inputs)).backward()
        optimizer.step()
    rows = [torch.cat([linear.weight.T, linear.bias[None]]).detach().numpy() for linear in (module[0], module[2])]
    largest = max(
        float(np.abs(np.subtract(layer.weights, row)).max()) for layer, row in zip(found.layers, rows, strict=True)
    )
    assert apart(found, XOR) > 1
    assert largest < 1e-12
    record(record_property, f"300 rows of Training of XOR and 300 steps of PyTorch differ by {largest:.1e} at most")


def test_what_is_no_number_or_gone_is_refused(tmp_path: Path) -> None:
    """With the cell, and what it holds; rows that there are not, with those that there are."""
    book = make_workbook(XOR, TRAINING)
    sheet, row, column = place_of(book, XOR, "W_1", 1, 2)
    text = with_cell(book, (sheet, row, column), Cell("abc"))
    with pytest.raises(SheetnetError, match=r"W⁽¹⁾ row 1, column 2 is 'abc', expected a number"):
        network_in(text, XOR)
    error = with_cell(book, (sheet, row, column), Cell(1.0, "1/0"))
    with pytest.raises(SheetnetError, match=r"Step!\w+: W⁽¹⁾ row 1, column 2 is '#DIV/0!', expected a number"):
        network_in(error, XOR)
    with pytest.raises(UsageError, match="Training has the rows 0 to 20"):
        network_in(book, XOR, 21)
    with pytest.raises(UsageError, match="the workbook has no sheet Training"):
        network_in(step_book(XOR), XOR, 1)
    lost = replace(book, names=tuple(name for name in book.names if name.name != "W_2"))
    with pytest.raises(SheetnetError, match=r"W_2: no cells are named W_2.*take the workbook as it was written"):
        network_in(lost, XOR)
    path = tmp_path / "foreign.xlsx"
    save_workbook(replace(book, sheets=book.sheets[:-1], names=()), path)
    with pytest.raises(SheetnetError, match=r"has no sheet _sheetnet.*sheetnet infer"):
        extract_network(path)


def test_extract_writes_by_the_ending(run: Run, tmp_path: Path) -> None:
    """What is there is not overwritten, the workbook never."""
    run("generate", "xor-batch", "--views", "step,training", "--steps", "3", "--format", "xlsx")
    done = run("extract", "xor-batch.xlsx", "--step", "3", "-o", "net.toml")
    assert done == (0, "net.toml  2-3-1 with tanh, sigmoid, weights of row 3 of Training\n", "")
    assert apart(load_network(tmp_path / "net.toml"), stepped(XOR, 3)) < 1e-14
    assert run("extract", "xor-batch.xlsx", "-o", "net.toml").code == 2
    assert run("extract", "xor-batch.xlsx", "-o", "xor-batch.xlsx", "--force").code == 2
    refused = run("extract", "xor-batch.xlsx", "--step", "4", "-o", "new.toml")
    assert refused.err == "sheetnet: xor-batch.xlsx: --step 4: Training has the rows 0 to 3: choose one of them\n"


def test_a_workbook_may_be_given_wherever_a_network_is(tmp_path: Path) -> None:
    """Whoever takes a path takes that of a workbook: the network is the one that somebody edited."""
    path = tmp_path / "mine.xlsx"
    save_workbook(edited(step_book(XOR), XOR, {"{W_1[0,0]}": 1.25}), path)
    assert sheetnet.load_network(path).layers[0].weights[0][0] == 1.25
    assert sheetnet.training_step(str(path))["W_1"][0, 0] == 1.25
    with pytest.raises(SheetnetError, match=r"gone\.ods: there is no such file"):
        sheetnet.load_network("gone.ods")


@pytest.mark.slow
def test_commands_take_a_workbook_for_a_network(run: Run, tmp_path: Path) -> None:
    """`show`, `generate`, `--network`; it is read in a process of its own."""
    save_workbook(edited(step_book(XOR), XOR, {"{W_1[0,0]}": 1.25}), tmp_path / "mine.xlsx")
    network = sheetnet.load_network(tmp_path / "mine.xlsx")
    shown = run("show", "mine.xlsx")
    assert (shown.code, "1.25" in shown.out) == (0, True)
    assert run("generate", "mine.xlsx", "-o", "again", "--views", "step", "--format", "ods").code == 0
    assert network_in(read_workbook(tmp_path / "again" / "mine.ods"), network) == network
    assert run("validate", "again/mine.ods", "--network", "mine.xlsx").code == 0
    assert run("identify", "again/mine.ods", "--network", "mine.xlsx").code == 0
    assert run("show", "gone.xlsx").err == "sheetnet: gone.xlsx: there is no such file: check the path\n"
