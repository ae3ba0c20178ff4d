"""A sheet that computes a part of the step is right if that part is; what it lacks counts where it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sheetnet.cli.commands import command_line
from sheetnet.files import save_workbook
from sheetnet.generate import recalculated
from sheetnet.judge import validate
from sheetnet.network_file import dump_network, load_network
from sheetnet.workbook import Cell, Sheet, Workbook

NETWORK = {
    "title": "One neuron",
    "loss": "half_sse",
    "learning_rate": 0.25,
    "observations": {"inputs": [0.35, 0.8], "targets": [0.1]},
    "layers": [{"activation": "sigmoid", "weights": [[0.45, -0.6]], "bias": [0.2]}],
}
ABSENT = "not on the sheet, nor anything made of it, and not counted: ∂C/∂a⁽¹⁾, ∂a/∂z⁽¹⁾, δ⁽¹⁾, ∂C/∂W⁽¹⁾, W⁽¹⁾′"


@pytest.fixture(scope="module")
def forward_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """z, a and the cost of one neuron, in a layout of its own."""
    numbers = {"A1": 0.35, "A2": 0.8, "B1": 0.45, "B2": -0.6, "B3": 0.2, "E1": 0.1, "H1": 0.25}
    formulas = {"C1": "A1*B1+A2*B2+B3", "D1": "1/(1+EXP(-C1))", "F1": "(D1-E1)^2/2"}
    cells = {(int(at[1:]), ord(at[0]) - 64): Cell(number) for at, number in numbers.items()}
    cells |= {(int(at[1:]), ord(at[0]) - 64): Cell(None, formula) for at, formula in formulas.items()}
    path = tmp_path_factory.mktemp("forward") / "forward.xlsx"
    save_workbook(recalculated(Workbook((Sheet("Sheet1", cells),))), path)
    return path


def test_what_is_there_is_judged(forward_only: Path) -> None:
    """A note says what is not."""
    report = validate(forward_only, NETWORK)
    assert report.ok
    assert report.counts == {"correct": 3}
    assert [note for note in report.notes if note.startswith("not on the sheet")] == [ABSENT]


@pytest.mark.parametrize("asked", [{"complete": True}, {"blanks": ["all"]}])
def test_what_is_asked_for_is_missing(forward_only: Path, asked: dict[str, object]) -> None:
    """By whoever wants the whole step, or by a teacher: a class that hands in sheets of its own is not let off."""
    report = validate(forward_only, NETWORK, **asked)  # type: ignore[arg-type]
    assert not report.ok
    missing = {cell.quantity for cell in report.cells if cell.verdict == "missing"}
    assert missing == {"dC_da_1", "da_dz_1", "delta_1", "dC_dW_1", "W_1_new"}
    assert not any(note.startswith("not on the sheet") for note in report.notes)


def test_the_command_asks_for_it(forward_only: Path) -> None:
    network = forward_only.with_name("one.toml")
    network.write_text(dump_network(load_network(NETWORK)), encoding="utf-8")
    for options, code in (([], 0), (["--complete"], 1)):
        done = CliRunner().invoke(command_line, ["validate", str(forward_only), "--network", str(network), *options])
        assert done.exit_code == code, done.output
