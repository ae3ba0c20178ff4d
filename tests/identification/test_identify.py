"""`identify`: formula cells of strangers' layouts, labelled by what they compute."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sheetnet.cli.commands import command_line
from sheetnet.errors import FileError, NetworkError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.identification import Label, identify, identify_workbook, judge_layout, parse_map
from sheetnet.judge import validate
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Layer, Network
from sheetnet.network_file import dump_network
from sheetnet.report.identify import identification_json
from sheetnet.syntax import Area, cell_name, parse_area
from sheetnet.toml_fields import Matrix
from sheetnet.workbook import Workbook
from tests.support.paths import FOREIGN, ROOT
from tools.layouts import Writer, damaged, read_bytes, small_network, training_rows

LAYOUTS = {
    "rows": {},
    "columns": {"turned": True},
    "weights turned": {"weights_turned": True},
    "helper cells": {"helpers": True},
    "several sheets": {"sheets": True},
    "γ in the formulas": {"literal_gamma": True},
    "all at once": {"turned": True, "helpers": True, "sheets": True},
}
layouts = pytest.mark.parametrize("layout", LAYOUTS)
observations = pytest.mark.parametrize("count", [1, 3])
# grid of the writer, element, what happens to the formula
DAMAGES = {
    "bias forgotten": ("z1", 0, 1, lambda f: f.rsplit("+", 1)[0]),
    "something added": ("z2", 0, 1, lambda f: f"{f}+1"),
    "exponent's sign": ("a1", 0, 0, lambda f: f.replace("-", "")),
    "derivative cut": ("d1", 0, 2, lambda f: f.rsplit("*", 1)[0]),
    "error's sign": ("d2", 0, 0, lambda f: f"-{f}"),
    "gradient doubled": ("slope1", 1, 1, lambda f: f"2*{f}"),
    "ascent": ("new2", 3, 1, lambda f: f.replace("-", "+")),
    "cost tripled": ("cost", 0, 0, lambda f: f"{f}*3"),
}


def written(layout: str, count: int) -> tuple[Network, Writer, Workbook]:
    network = small_network(count)
    writer = Writer(network, **LAYOUTS[layout])
    return network, writer, writer.workbook()


def addresses(writer: Writer, grid: str, turned: bool) -> str:
    """The range of a grid as a map spells it, in quotes."""
    places = [place for row in writer.paper.grids[grid] for place in row]
    assert turned in (True, False)
    return f"'{places[0][0]}'!{cell_name(*min(p[1:] for p in places))}:{cell_name(*max(p[1:] for p in places))}"


def map_text(writer: Writer) -> str:
    """The input map of a written workbook."""
    network = writer.network
    names = {"A_0": "x", "target": "t"} | ({} if writer.literal_gamma else {"gamma": "gamma"})
    for k in range(1, network.depth + 1):
        names |= {f"W_{k}": f"w{k}", f"b_{k}": f"b{k}"}
    lines = []
    for name, grid in names.items():
        turned = writer.turned ^ (writer.weights_turned and name[0] in "Wb")
        by = {"W": ("input", "neuron"), "A": ("observation", "neuron"), "t": ("observation", "neuron")}.get(name[0])
        cells = addresses(writer, grid, turned)
        lines.append(f'{name} = {{ cells = "{cells}", by = "{by[turned]}" }}' if by else f'{name} = "{cells}"')
    return "[inputs]\n" + "\n".join(lines)


@layouts
@observations
def test_every_formula_cell_of_a_right_workbook_is_identified(layout: str, count: int) -> None:
    """Whatever the layout, without names and without a map."""
    network, _, workbook = written(layout, count)
    found = identify_workbook(workbook, network)
    assert (found.unidentified, found.apart, found.ok) == ((), (), True)
    assert {one.quantity for one in found.nowhere if not one.through} == {"cost_new"}


@layouts
@observations
def test_a_map_identifies_the_same_cells(layout: str, count: int) -> None:
    """Where the inputs stand may be said instead of found."""
    network, writer, workbook = written(layout, count)
    where = parse_map(map_text(writer), workbook, network, "map.toml")
    assert identify_workbook(workbook, network, where).identified == identify_workbook(workbook, network).identified


def test_labels_are_in_the_canonical_form() -> None:
    """Column layouts, too, are reported with rows of observations and W's first index the input."""
    network, writer, workbook = written("columns", 3)
    found = {(c.sheet, c.cell): c.label for c in identify_workbook(workbook, network).identified}
    for grid, quantity, row, column in (("z1", "z_1", 2, 1), ("slope2", "dC_dW_2", 3, 0), ("new1", "W_1_new", 0, 2)):
        sheet, *at = writer.paper.grids[grid][row][column]
        assert found[sheet, cell_name(*at)] == Label(quantity, (row, column))


@layouts
@observations
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_formula_is_the_only_one_that_begins_to_be_wrong(layout: str, count: int, damage: str) -> None:
    """Everything downstream is recognised as carried."""
    network, writer, workbook = written(layout, count)
    grid, row, column, change = DAMAGES[damage]
    place = writer.paper.grids[grid][row][column]
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    found = identify_workbook(damaged(workbook, place, change(sheet.cells[place[1:]].formula or "")), network)
    assert [(c.sheet, c.cell) for c in found.unidentified] == [(place[0], cell_name(*place[1:]))]
    carried = {cell.because for cell in found.identified if cell.carried}
    assert carried <= {f"{place[0]}!{cell_name(*place[1:])}"}


def test_known_mistakes_are_named() -> None:
    """A forgotten bias has its code in a stranger's layout, too."""
    network, writer, workbook = written("columns", 1)
    place = writer.paper.grids["z1"][0][1]
    formula = workbook.sheets[0].cells[place[1:]].formula or ""
    (cell,) = identify_workbook(damaged(workbook, place, formula.rsplit("+", 1)[0]), network).unidentified
    assert (str(cell.computes), str(cell.expected)) == ("z⁽¹⁾ without bias of neuron 1", "z⁽¹⁾ of neuron 1")
    assert "bias forgotten" in cell.message
    assert re.fullmatch(r"SN\d{3}", cell.mistake or "")


def test_equal_inputs_are_told_apart() -> None:
    """0.1 in x, in W, in T and as γ: the assignment that identifies most is taken, and said."""
    network = Network(
        "equal",
        "tests",
        ((0.1, 0.1),),
        ((0.1,),),
        (Layer("tanh", ((0.1, 0.3), (0.1, 0.1), (0.2, 0.1))), Layer("sigmoid", ((0.1,), (0.4,), (0.1,)))),
        "half_sse",
        0.1,
    )
    found = identify_workbook(Writer(network).workbook(), network)
    assert found.ok
    assert any("fits in" in note for note in found.notes)


def test_inputs_that_are_not_found_are_named() -> None:
    """In one line, with the remedy."""
    _, _, workbook = written("rows", 1)
    other = small_network(1, sizes=(2, 4, 2))
    with pytest.raises(
        FileError,
        match=r"^inputs not found: .* W⁽²⁾ row 2, column 1 = 0.924 \(nor 2 more.*--inputs MAP.toml, as sheetnet infer .*$",
    ):
        identify_workbook(workbook, other)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A_1 = 'My net'", r"inputs\.A_1 is not a field"),
        ("A_0 = 3", r"inputs\.A_0 is 3, expected a range with its sheet"),
        ("A_0 = 'Elsewhere!A1:B1'", r"inputs\.A_0 names the sheet 'Elsewhere', expected one of My net"),
        ("A_0 = 'A1:C4'", r"inputs\.A_0 has 12 cells, expected 2 \(1 × 2\) or 3 \(1 × 3\): set copies = true"),
        ("W_1 = { cells = 'A1:C2', by = 'column' }", r"inputs\.W_1\.by is 'column', expected one of neuron, input"),
        ("W_1 = { cell = 'A1:C2' }", r"inputs\.W_1\.cell is not a field"),
    ],
)
def test_a_wrong_map_is_refused_by_its_field(line: str, message: str) -> None:
    """File, field, what was found, what was expected."""
    network, _, workbook = written("rows", 1)
    with pytest.raises(NetworkError, match=r"^map\.toml: " + message):
        parse_map(f"[inputs]\n{line}\n", workbook, network, "map.toml")


def test_the_map_of_the_documentation_works() -> None:
    """docs/identify.md shows a map that is read as it says."""
    words = (ROOT / "docs" / "identify.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", words, re.DOTALL)
    network = small_network(1, sizes=(2, 2, 2))
    book = Writer(network).workbook()
    sheet = Workbook((type(book.sheets[0])("Net", book.sheets[0].cells),))
    cells = parse_map(example, sheet, network, "map.toml").cells
    assert cells["A_0", 0, 1] == (("Net", 4, 2),)
    assert cells["W_1", 2, 0] == (("Net", 5, 4),)
    assert cells["W_2", 1, 1] == (("Net", 4, 8),)
    assert cells["W_2", 2, 1] == (("Net", 5, 8),)
    assert len(cells) == 2 + 6 + 6 + 2 + 1


@pytest.mark.slow
@pytest.mark.parametrize("repeated", [False, True])
def test_a_thousand_training_steps_are_identified(tmp_path: Path, repeated: bool) -> None:
    """One step a row, 25,000 formulas and more, no names. (`make bench` says how fast.)"""
    network = small_network(1, sizes=(2, 2, 2))
    path = tmp_path / "rows.xlsx"
    path.write_bytes(training_rows(network, 1000, repeated))
    found = identify(path, network)
    assert (found.ok, found.steps, len(found.apart)) == (True, 1000, 0)
    assert len(found.identified) >= 24_900
    last = {cell.cell: cell.label for cell in found.identified if cell.cell in ("Q1002", "E1002")}
    assert last == {"Q1002": Label("z_1", (0, 0), 1000), "E1002": Label("W_1", (0, 0), 1000)}


@pytest.mark.parametrize("cell", ["Q3", "Q40", "AA40", "E60", "E102"])
def test_one_damaged_row_of_a_training_is_found(tmp_path: Path, cell: str) -> None:
    """The rows after it are carried."""
    network = small_network(1, sizes=(2, 2, 2))
    workbook = read_bytes(training_rows(network, 100), str(tmp_path / "rows.xlsx"))
    area = parse_area(cell)
    assert isinstance(area, Area)
    formula = workbook.sheets[0].cells[area.top, area.left].formula or ""
    found = identify_workbook(damaged(workbook, ("Training", area.top, area.left), f"1.5*({formula})"), network)
    assert [c.cell for c in found.unidentified] == [cell]


def test_a_learning_rate_dropped_from_one_row_on_is_wrong_in_each(tmp_path: Path) -> None:
    """And in no other cell."""
    network = small_network(1, sizes=(2, 2, 2))
    workbook = read_bytes(training_rows(network, 30), str(tmp_path / "rows.xlsx"))
    for row in range(10, 33):
        formula = workbook.sheets[0].cells[row, 5].formula or ""
        workbook = damaged(workbook, ("Training", row, 5), formula.replace("$B$1*", ""))
    found = identify_workbook(workbook, network)
    assert [c.cell for c in found.unidentified] == [f"E{row}" for row in range(10, 33)]


def test_the_steps_may_be_limited(tmp_path: Path) -> None:
    """`steps` identifies those, and the new weights and the forward pass that follow them."""
    network = small_network(1, sizes=(2, 2, 2))
    workbook = read_bytes(training_rows(network, 6), str(tmp_path / "rows.xlsx"))
    found = identify_workbook(workbook, network, options=JudgeOptions(steps=3))
    labels = {cell.cell: cell.label for cell in found.identified}
    assert max(label.step for label in labels.values() if label.quantity == "delta_1") == 3
    assert labels["E6"] == Label("W_1_new", (0, 0), 3)
    assert labels["Q6"] == Label("z_1_new", (0, 0), 3)
    assert found.unidentified == ()
    assert {cell.why for cell in found.apart} == {"not recognised"}
    assert {cell.cell[-1] for cell in found.apart} == {"6", "7", "8"}


def test_a_stranger_s_layout_is_judged() -> None:
    """Correct, wrong and carried, as `validate` reports them."""
    network, writer, workbook = written("columns", 3)
    assert judge_layout(workbook, network).counts == {"correct": 83}
    place = writer.paper.grids["d2"][1][0]
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    formula = sheet.cells[place[1:]].formula
    report = judge_layout(damaged(workbook, place, f"3*({formula})"), network)
    (wrong,) = [cell for cell in report.cells if cell.verdict == "wrong"]
    assert (wrong.cell, wrong.quantity, wrong.index) == (cell_name(*place[1:]), "delta_2", (1, 0))
    assert report.counts == {"wrong": 1, "carried": 4 + 4 + 3 + 9 + 9, "correct": 53}
    assert {cell.cause for cell in report.cells if cell.verdict == "carried"} == {f"{wrong.sheet}!{wrong.cell}"}


def test_validate_judges_a_stranger_s_layout_too(tmp_path: Path) -> None:
    """A workbook without any of our names, or one with a map: the verdicts are those of `judge_layout`."""
    network, writer, workbook = written("columns", 3)
    path, where = tmp_path / "theirs.xlsx", tmp_path / "map.toml"
    save_workbook(workbook, path)
    where.write_text(map_text(writer), encoding="utf-8")
    for inputs in (None, where):
        report = validate(path, network, inputs=inputs)
        assert (report.ok, report.counts) == (True, {"correct": 83})
    place = writer.paper.grids["d2"][1][0]
    save_workbook(damaged(workbook, place, "1+1"), path)
    assert not validate(path, network, inputs=where).ok


def test_identify_as_a_command(tmp_path: Path) -> None:
    """Terminal, JSON, exit codes 0, 1 and 2."""
    network, writer, workbook = written("several sheets", 3)
    save_workbook(workbook, tmp_path / "right.xlsx")
    (tmp_path / "net.toml").write_text(dump_network(network), encoding="utf-8")
    (tmp_path / "map.toml").write_text(map_text(writer), encoding="utf-8")
    place = writer.paper.grids["z1"][0][0]
    save_workbook(damaged(workbook, place, "EXP(Data!C3)"), tmp_path / "wrong.ods")

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(command_line, ["identify", *arguments, "--network", str(tmp_path / "net.toml")])
        return result.exit_code, result.output

    code, out = run(str(tmp_path / "right.xlsx"), "--inputs", str(tmp_path / "map.toml"))
    assert (code, "83 cells identified" in out) == (0, True)
    code, out = run(str(tmp_path / "wrong.ods"), "--json", "-")
    data = json.loads(out)
    assert (code, data["schema"], data["summary"]["begins"]) == (1, "sheetnet.identify/1", 1)
    assert data["unidentified"][0]["expected"] == {"quantity": "z_1", "index": [0, 0], "step": 1}


def test_the_json_is_valid_for_cells_that_show_errors() -> None:
    """An error is its text, and the cell begins to be wrong."""
    network, writer, workbook = written("rows", 1)
    place = writer.paper.grids["a1"][0][0]
    found = identify_workbook(damaged(workbook, place, "1/0"), network)
    data = json.loads(identification_json(found))
    assert data["unidentified"][0]["value"] == "#DIV/0!"
    assert data["unidentified"][0]["follows"] is None


def foreign(*names: str) -> Path:
    path = FOREIGN.joinpath(*names)
    if not path.exists():
        pytest.skip(f"needs {path}, workbooks by other people that are not part of this project")
    return path


def by_hand(workbook: Workbook) -> Network:
    """The network of Backpropgation.xlsx, its numbers read from the sheet: three layers [W|b], two observations."""
    sheet = workbook.sheet("Backprop")
    assert sheet is not None

    def turned(text: str) -> Matrix:
        area = parse_area(text)
        assert area is not None
        rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
        numbers = [[sheet.cells[row, column].value for row in rows] for column in columns]
        return tuple(tuple(x for x in row if isinstance(x, float)) for row in numbers)

    layers = (("relu", "D15:H17"), ("relu", "H24:K27"), ("softmax", "J34:N36"))
    return Network(
        "by hand",
        "T. Yeh, AI by Hand",
        turned("J5:K8"),
        turned("V34:W36"),
        tuple(Layer(activation, turned(text)) for activation, text in layers),
        "cross_entropy",
        0.1,
        "sum",
    )


def test_the_missing_mask_of_a_foreign_workbook_is_named() -> None:
    """P20:S21 lack the derivative of layer 2's ReLU, as central differences say, and nothing else is wrong."""
    workbook = read_workbook(foreign("ai-by-hand-excel", "Backpropgation.xlsx"))
    found = identify_workbook(workbook, by_hand(workbook))
    assert [c.cell for c in found.unidentified] == [f"{c}{r}" for r in (20, 21) for c in "PQRS"]
    assert {c.expected.quantity for c in found.unidentified if c.expected} == {"delta_2"}
    assert all("relu mask" in c.message for c in found.unidentified)
    assert len(found.identified) + len(found.unidentified) + len(found.apart) == 126


@pytest.mark.parametrize(
    "names",
    [
        ("fastai-course22p2", "graddesc.xlsm"),
        ("ai-by-hand-excel", "Temperature.xlsx"),
        ("ai-by-hand-excel", "W3_Linear-Layer.xlsx"),
    ],
)
def test_workbooks_of_other_things_are_refused_in_one_line(names: tuple[str, str]) -> None:
    """They hold none of the inputs."""
    with pytest.raises(FileError, match="inputs not found"):
        identify(foreign(*names), small_network())


@pytest.mark.parametrize("name", ["Temperature.xlsx", "W3_Linear-Layer.xlsx"])
def test_numbers_found_by_chance_in_other_workbooks_do_no_harm(name: str) -> None:
    """LAMBDA, arrays and exercises: either an input is missing, or little is identified."""
    network = Network("one", "", ((4.0,),), ((2.0,),), (Layer("identity", ((3.0,), (1.0,))),), "mse", 0.1)
    path = foreign("ai-by-hand-excel", name)
    try:
        outcome = str(json.loads(identification_json(identify(path, network)))["summary"]["ok"])
    except FileError as error:
        outcome = str(error)
    assert outcome == "False" or "inputs not found" in outcome


def test_one_sample_a_row_is_identified_for_its_first_row(tmp_path: Path) -> None:
    """The sheet `basic` takes another sample in every row, which is no further step of the same network."""
    lines = ["A_0 = 'basic!A4'", "target = 'basic!B4'", "W_1 = 'basic!C2'", "b_1 = 'basic!C1'", "gamma = 'basic!F1'"]
    (tmp_path / "map.toml").write_text("[inputs]\n" + "\n".join(lines), encoding="utf-8")
    network = Network("line", "", ((14.0,),), ((58.0,),), (Layer("identity", ((1.0,), (1.0,))),), "mse", 0.0001)
    found = identify(foreign("fastai-course22p2", "graddesc.xlsm"), network, inputs=tmp_path / "map.toml")
    labels = {cell.cell: str(cell.label) for cell in found.identified if cell.sheet == "basic"}
    assert labels["E4"] == "z⁽¹⁾ of neuron 0"
    assert labels["F4"] == "C"
    assert labels["L4"] == "∂C/∂W⁽¹⁾ row 0, column 0"
    assert labels["N4"] == "W⁽¹⁾′ row 1, column 0"
    assert {cell.sheet for cell in found.unidentified} == {"basic"}
