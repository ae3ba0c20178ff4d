"""`infer`: the network of a workbook in any layout, read off its forward pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sheetnet.errors import FileError
from sheetnet.files import save_workbook
from sheetnet.identification import Inference, identify, identify_workbook, infer_workbook, parse_map
from sheetnet.judge import validate
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.network_file import parse_network
from sheetnet.syntax import cell_name, parse_area
from sheetnet.workbook import Cell, Sheet, Workbook
from tests.support.commands import Run
from tools.layouts import Writer, damaged, small_network

LAYOUTS = {
    "rows": {},
    "columns": {"turned": True},
    "weights turned": {"weights_turned": True},
    "helper cells": {"helpers": True},
    "γ in the formulas": {"literal_gamma": True},
    "all at once": {"turned": True, "helpers": True, "sheets": True},
}


def book(**cells: float | str) -> Workbook:
    """A workbook of one sheet; texts that begin with = are formulas, others headings."""
    found = {}
    for name, content in cells.items():
        area = parse_area(name)
        assert area is not None
        formula = content[1:] if isinstance(content, str) and content.startswith("=") else None
        found[area.top, area.left] = Cell(0.0, formula) if formula is not None else Cell(content)
    return Workbook((Sheet("My net", found),))


NEURON: dict[str, float | str] = {
    "A1": "x1", "B1": "x2", "C1": "t", "E1": "w1", "F1": "w2", "G1": "b",
    "A2": 0.4, "B2": 0.7, "C2": 0.2, "E2": 0.3, "F2": -0.5, "G2": 0.15,
    "A5": "=A2*E2+B2*F2+G2", "B5": "=1/(1+EXP(-A5))", "C5": "=0.5*(B5-C2)^2",
}  # fmt: skip


def numbers(network: Network) -> tuple[object, ...]:
    """What a network is, but for its title."""
    return network.inputs, network.targets, network.layers, network.loss, network.reduction, network.learning_rate


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("count", "activation", "sizes"), [(1, "tanh", (2, 3, 2)), (3, "relu", (3, 2, 1))])
def test_the_network_of_a_strangers_layout_is_read_off(
    layout: str, count: int, activation: str, sizes: tuple[int, ...]
) -> None:
    """Sizes, activations, all numbers, loss and γ; the files that are written say the same, and identify all cells."""
    network = small_network(count, activation, sizes)
    workbook = Writer(network, **LAYOUTS[layout]).workbook()
    found = infer_workbook(workbook)
    assert found.sure
    assert numbers(found.network) == numbers(network)
    written = parse_network(found.network_text(), "net.toml")
    assert numbers(written) == numbers(network)
    where = parse_map(found.map_text(), workbook, written, "map.toml")
    assert where.cells == found.inputs.cells
    assert identify_workbook(workbook, written, where).ok


def test_the_backward_pass_may_be_faulty() -> None:
    """Only the forward pass gives the network."""
    network = small_network()
    writer = Writer(network)
    workbook = writer.workbook()
    for grid, formula in (("d2", "1"), ("slope1", "-3"), ("new2", "0")):
        workbook = damaged(workbook, writer.paper.grids[grid][0][0], formula)
    found = infer_workbook(workbook)
    assert (found.sure, numbers(found.network)) == (True, numbers(network))


def test_a_sign_missing_in_every_sigmoid_is_told() -> None:
    """The network is what is meant; the note says what the sheet computes."""
    cells = {**NEURON, "B5": "=1/(1+EXP(A5))"}
    found = infer_workbook(book(**cells))
    assert found.network.layers[0].activation == "sigmoid"
    assert found.choices == ("layer 1 computes sigmoid of −z: the sign in it is missing, or is one too many",)


def test_headings_tell_inputs_from_weights() -> None:
    """In single products nothing else does; without headings that is asked."""
    found = infer_workbook(book(**NEURON))
    assert (found.sure, found.network.inputs) == (True, ((0.4, 0.7),))
    bare = {name: content for name, content in NEURON.items() if not name.endswith("1")}
    asked = infer_workbook(book(**bare))
    assert [one.about for one in asked.questions] == ["W_1"]
    turned = {**NEURON, "A1": "w1", "B1": "w2", "E1": "x1", "F1": "x2"}
    assert infer_workbook(book(**turned)).network.inputs == ((0.3, -0.5),)


def test_what_the_sheet_does_not_show_is_asked() -> None:
    """The loss and the targets of a forward pass alone: each with a line of the file."""
    cells = {name: content for name, content in NEURON.items() if name != "C5"}
    found = infer_workbook(book(**cells))
    assert [(one.about, one.line) for one in found.questions] == [
        ("targets", "targets = [[0.5]]"),
        ("loss", 'loss = "half_sse"; reduction = "mean"'),
    ]
    assert "# OPEN: no cell holds the targets" in found.network_text()


def test_z_and_a_in_one_cell_and_other_inputs() -> None:
    """A prediction grid has no targets: its observations are set apart."""
    z = "A{row}*$E$2+B{row}*$F$2+$G$2"
    cells: dict[str, float | str] = {
        "A8": 0.1,
        "B8": 0.9,
        "C8": f"=1/(1+EXP(-({z.format(row=8)})))",
        "A9": 0.6,
        "B9": 0.3,
    }
    grid: dict[str, float | str] = {
        **NEURON,
        **cells,
        "C9": f"=1/(1+EXP(-({z.format(row=9)})))",
        "B5": f"=1/(1+EXP(-({z.format(row=2)})))",
    }
    del grid["A5"]
    found = infer_workbook(book(**grid))
    assert found.sure
    assert found.network.inputs == ((0.4, 0.7),)
    assert found.choices == ("2 more observations have no target: the network at other inputs",)


def test_several_networks_are_told_and_a_sheet_chooses() -> None:
    """None is taken silently."""
    first = book(**NEURON).sheets[0]
    workbook = Workbook((first, replace(first, name="Other")))
    assert [one.about for one in infer_workbook(workbook).questions] == ["sheet"]
    found = infer_workbook(workbook, JudgeOptions(sheet="Other"))
    assert found.sure
    assert {place[0] for places in found.inputs.cells.values() for place in places} == {"Other"}
    with pytest.raises(FileError, match="no sheet 'Third': give one of My net, Other"):
        infer_workbook(workbook, JudgeOptions(sheet="Third"))


@pytest.mark.parametrize("cells", [{"A1": 1.0}, {"A1": 1.0, "B1": "=A1+1"}, {"A1": 1.0, "B1": "=EXP(A1)"}])
def test_a_workbook_without_a_network_is_refused(cells: dict[str, float | str]) -> None:
    """With the remedy."""
    with pytest.raises(FileError, match=r"no formulas|no network found: .*--network"):
        infer_workbook(book(**cells))


def test_the_command_writes_both_files(run: Run) -> None:
    """Exit code 0 where nothing is open, 1 where something is, 2 where there is no network."""
    save_workbook(book(**NEURON), "theirs.xlsx")
    done = run("infer", "theirs.xlsx", "-o", "net.toml", "--map", "map.toml")
    assert (done.code, "2-1, sigmoid; half_sse" in done.out) == (0, True)
    assert run("identify", "theirs.xlsx", "--network", "net.toml", "--inputs", "map.toml").code == 0
    assert run("infer", "theirs.xlsx", "-o", "net.toml").code == 2
    assert run("infer", "theirs.xlsx", "-o", "theirs.xlsx", "--force").code == 2
    assert run("infer", "theirs.xlsx", "-o", "-").out.startswith('title = "theirs.xlsx"')
    save_workbook(book(A1=1.0, B1="=A1+1"), "none.xlsx")
    assert (run("infer", "none.xlsx").code, run("infer", "none.xlsx").out) == (2, "")


def test_identify_and_validate_need_no_network_file(run: Run) -> None:
    """What the backward pass computes is then judged by what the forward pass computes, and a note says so."""
    network = small_network()
    writer = Writer(network)
    workbook = writer.workbook()
    _, row, column = place = writer.paper.grids["d1"][0][2]
    formula = workbook.sheets[0].cells[row, column].formula
    assert formula is not None
    save_workbook(damaged(workbook, place, formula.rsplit("*", 1)[0]), "theirs.xlsx")
    found = identify("theirs.xlsx")
    assert [cell.cell for cell in found.unidentified if cell.follows is None] == [cell_name(row, column)]
    head = "no network was given; the forward pass is that of 2-3-2 with sigmoid, sigmoid"
    assert found.notes[0] == head
    report = validate("theirs.xlsx")
    assert (report.network_source, report.ok, head in report.notes) == ("its own forward pass", False, True)
    assert [cell.cell for cell in report.cells if cell.verdict == "wrong"] == [cell_name(row, column)]
    assert run("identify", "theirs.xlsx").code == 1


def test_the_same_numbers_on_two_sheets_are_those_of_the_sheet_that_is_named() -> None:
    """Inputs are sought among what its formulas use."""
    first = book(**NEURON).sheets[0]
    workbook = Workbook((first, replace(first, name="Other")))
    network = infer_workbook(book(**NEURON)).network
    found = identify_workbook(workbook, network, options=JudgeOptions(sheet="Other"))
    assert {cell.sheet for cell in found.identified} == {"Other"}


def test_what_it_finds_shows_itself_in_one_line() -> None:
    """As every result does."""
    found = infer_workbook(book(**NEURON), name="theirs.xlsx")
    assert isinstance(found, Inference)
    assert repr(found) == "<Inference theirs.xlsx: 2-1 with sigmoid; half_sse; sure>"
