"""Students' copies: what is empty, what is open, what the notes tell, and that no answer stands anywhere in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from sheetnet import load_network, read_workbook, training_step, validate, write_student_workbook
from sheetnet.engine import ironcalc
from sheetnet.errors import NetworkError
from sheetnet.files import SUFFIXES, save_workbook
from sheetnet.formulas.notation import example
from sheetnet.generate import asked_for, make_student_workbook, make_workbook, recalculated
from sheetnet.layout.student_copy import Exercise, as_key, blanks_named
from sheetnet.network import Network
from sheetnet.network_file import template_names
from sheetnet.reference import stacked
from sheetnet.styles import STYLES
from sheetnet.syntax import qualify
from sheetnet.validation.locate import locate
from sheetnet.workbook import Cell, Sheet, Value, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.engines import libreoffice_convert
from tests.support.sheets import place_of, with_cell, with_formula
from tools.packages import parts_of
from tools.small_networks import SMALL, make_network, pairs

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
NEAR = 1e-6  # relative; a number of a file as near as this to an answer gives it away


def step_of(workbook: Workbook) -> Sheet:
    sheet = workbook.sheet("Step")
    assert sheet is not None
    return sheet


def answers(network: Network, blanks: tuple[str, ...]) -> set[float]:
    """The numbers that a student is to find; those that are given anyway, 0 and 1 tell nothing.

    Given is also what the formulas left in the copy compute, as δ where the gradients of the biases are asked for.
    """
    step = training_step(network)
    left = [block for block in network.blocks.values() if block.name not in blanks]
    given = {float(x) for block in left for x in stacked(step[block.name], block).ravel()} | {0.0, 1.0, -1.0}
    numbers = {float(x) for name in blanks for x in stacked(step[name], network.blocks[name]).ravel()}
    return {x for x in numbers if all(abs(x - other) > NEAR * abs(x) for other in given)}


def numbers_in(path: Path) -> Iterator[tuple[str, float]]:
    """Every number written anywhere in a file: values, formulas, names, notes, hidden sheets, caches, properties.

    Of numbers with three digits or less only those that stand in cells: 0.7 is a margin and 1.2 a version, too.
    """
    for sheet in read_workbook(path).sheets:
        for position, cell in sheet.cells.items():
            if isinstance(cell.value, float):
                yield f"{sheet.name} {position}", cell.value
    for part, content in parts_of(path.read_bytes()).items():
        for digits in NUMBER.findall(content):
            if len(digits.lstrip(b"-0.").replace(b".", b"")) > 3:
                yield part, float(digits)


def given_away(path: Path, wanted: set[float]) -> list[tuple[str, float]]:
    """The numbers of a file that are answers, also rounded to six digits or more."""
    ordered = sorted(wanted)
    assert ordered
    return [
        (part, x)
        for part, x in set(numbers_in(path))
        if any(abs(x - answer) <= NEAR * abs(answer) for answer in ordered)
    ]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Copies with the most telling notes, in both formats, as written and as LibreOffice saves each in both."""
    folder = tmp_path_factory.mktemp("copies")
    paths = [folder / f"{name}{suffix}" for name in SMALL for suffix in SUFFIXES]
    for path in paths:
        save_workbook(make_student_workbook(load_network(path.stem), Exercise(hints="example")), path)
    found = {name: [path for path in paths if path.stem == name] for name in SMALL}
    for to in ("xlsx", "ods"):
        for path, again in zip(paths, libreoffice_convert(paths, to, folder / to), strict=True):
            found[path.stem].append(again)
    return found


@pytest.mark.libreoffice
@pytest.mark.xdist_group("students' copies")
@pytest.mark.parametrize("name", SMALL)
def test_no_answer_stands_in_a_copy_even_after_recalculation(name: str, copies: dict[str, list[Path]]) -> None:
    """Everything blank; neither as written nor as LibreOffice saves it again."""
    network = load_network(name)
    wanted = answers(network, blanks_named(network, ()))
    assert len(copies[name]) == 6
    assert {str(path): given_away(path, wanted) for path in copies[name]} == {str(path): [] for path in copies[name]}


@pytest.mark.parametrize("blank", ["z", "a", "delta", "dC_dW", "W_new", "cost", "dC_da_2"])
def test_no_answer_stands_in_a_copy_with_few_blanks(blank: str, tmp_path: Path) -> None:
    """What is left computes with the empty cells, and shows what follows from them, not what followed from the answers."""
    network = load_network("xor-batch")
    blanks = blanks_named(network, [blank])
    for suffix in SUFFIXES:
        path = tmp_path / f"copy{suffix}"
        save_workbook(make_student_workbook(network, Exercise(blanks, "example")), path)
        assert given_away(path, answers(network, blanks)) == []


def test_the_search_finds_the_answers_of_a_whole_workbook(tmp_path: Path) -> None:
    """The search above would see every answer: in the teacher's key it finds each one."""
    network = load_network("d02b")
    wanted = answers(network, blanks_named(network, ()))
    for suffix in SUFFIXES:
        path = tmp_path / f"key{suffix}"
        save_workbook(make_workbook(network), path)
        found = {x for _, x in given_away(path, wanted)}
        assert all(any(abs(x - answer) <= NEAR * abs(answer) for x in found) for answer in wanted)


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("name", template_names())
def test_exactly_the_answers_are_empty_and_open(name: str, column: bool) -> None:
    """All calculations of Step are empty cells that may be changed; inputs, bias nodes and copies are locked."""
    network = load_network(name)
    book = make_student_workbook(network, presentation=WorkbookOptions(column=column))
    located, cells = locate(book, network), step_of(book).cells
    assert not located.problems
    assert all(sheet.view.locked for sheet in book.sheets if not sheet.hidden)
    for block in network.blocks.values():
        for row in range(block.rows):
            for c in range(block.columns):
                cell = cells[located.place(block.name, row, c)[1:]]
                asked = block.kind == "answer" and not block.is_bias_node(c)
                assert (cell.value is None and cell.formula is None) == asked
                assert STYLES[cell.role].open == asked


def test_a_copy_counts_as_blank_and_what_is_filled_in_is_judged(tmp_path: Path) -> None:
    """An empty copy has nothing but blanks and givens; one right and one wrong formula are judged as such."""
    network = load_network("d02b")
    book, whole = make_student_workbook(network), make_workbook(network, WorkbookOptions())
    located = locate(book, network)
    empty = sum(cell.role == "answer" for cell in step_of(book).cells.values())
    for suffix in SUFFIXES:
        path = tmp_path / f"copy{suffix}"
        save_workbook(book, path)
        report = validate(path)
        assert not report.ok
        assert report.counts["blank"] == empty
        assert set(report.counts) <= {"blank", "correct", "carried"}
        right, wrong = located.place("z_1", 0, 0), located.place("z_1", 0, 1)
        formula = step_of(whole).cells[right[1:]].formula
        assert formula is not None
        filled = with_formula(with_formula(book, right, formula), wrong, "1+1")
        filled = recalculated(filled)
        save_workbook(filled, path)
        verdicts = {(cell.quantity, cell.index): cell.verdict for cell in validate(path).cells}
        assert verdicts["z_1", (0, 0)] == "correct"
        assert verdicts["z_1", (0, 1)] == "hardcoded"


def test_a_filled_in_copy_is_correct(tmp_path: Path) -> None:
    """Every answer typed as the formula that Step would have: the whole copy is right, and its checks say yes."""
    for network in (load_network("d02b"), make_network("softmax", "cross_entropy")):
        book, whole = make_student_workbook(network), make_workbook(network, WorkbookOptions())
        for at, cell in step_of(whole).cells.items():
            if step_of(book).cells.get(at, Cell()).role == "answer":
                assert cell.formula is not None
                book = with_formula(book, ("Step", *at), cell.formula)
        book = recalculated(book)
        path = tmp_path / "filled.xlsx"
        save_workbook(book, path)
        assert validate(path).ok
        check = book.sheet("Check")
        assert check is not None
        lights = [cell.value for cell in check.cells.values() if cell.role == "light"]
        assert set(lights) == {"filled in", "yes"}


@pytest.mark.parametrize(("level", "words"), [("none", 0), ("equation", 1), ("example", 2)])
def test_the_hints_tell_as_much_as_was_asked_for(level: str, words: int, tmp_path: Path) -> None:
    """No note, the equation, or the equation and an example; the equation stays on the sheet unless nothing was wanted."""
    network = load_network("xor-batch")
    path = tmp_path / "copy.xlsx"
    save_workbook(make_student_workbook(network, Exercise(hints=level)), path)
    step = openpyxl.load_workbook(path)["Step"]
    located = locate(read_workbook(path), network)
    for name in blanks_named(network, ()):
        _, row, column = located.place(name, 0, 0)
        note = step.cell(row, column).comment
        assert (note is not None) == (words > 0), name
        if note is not None:
            assert ("gives" in note.text) == (words > 1), name
        if name not in ("cost", "cost_new"):  # where Step has the equation; the costs stand in the frozen row
            assert (step.cell(row - 1, column).value is None) == (level == "none")


def _examples() -> list[tuple[str, str, str]]:
    found = {}
    networks = [
        make_network(activation, loss, observations=observations, reduction=reduction)
        for activation, loss in pairs()
        for observations, reduction in ((1, "mean"), (3, "mean"), (3, "sum"))
    ]
    networks += [make_network("sigmoid", "mse", sizes, observations=1) for sizes in ((2, 1), (2, 3, 1), (2, 7))]
    for network in networks:
        for block in network.blocks.values():
            if block.kind == "answer":
                formula, result = example(network, block.name)
                found[formula, result] = block.name
    return [(formula, result, name) for (formula, result), name in found.items()]


def test_the_examples_of_the_hints_are_right() -> None:
    """Each example's formula, computed, gives the number it says, to its last digit."""
    examples = _examples()
    sheet = Sheet("Examples", {(row, 1): Cell(0.0, formula) for row, (formula, *_) in enumerate(examples, 1)})
    places = [("Examples", row, 1) for row in range(1, len(examples) + 1)]
    values = list(next(ironcalc.evaluate(Workbook((sheet,)), [], [None], places)))
    rounded = {}
    for (formula, result, name), value in zip(examples, values, strict=True):
        assert isinstance(value, float), (name, formula, value)
        rounded[formula] = (f"{round(value, 4):g}", result)
    assert {formula: pair for formula, pair in rounded.items() if pair[0] != pair[1]} == {}
    assert len(examples) > 30


@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("observations", [1, 2])
def test_the_example_of_a_cost_has_as_many_numbers_as_there_are_to_add(observations: int, outputs: int) -> None:
    """One observation has no other to be added to, one output neither; mse is shared by as many outputs as there are."""
    network = make_network("sigmoid", "mse", (2, outputs), observations=observations, reduction="mean")
    alone = ("SUM(0.3)", "0.3")
    assert (example(network, "cost") == alone) == (observations == 1)
    assert (example(network, "cost_n_new") == alone) == (outputs == 1)
    assert example(network, "cost_out")[1] == f"{0.09 / outputs:g}"
    assert example(network, "dC_da_1")[1] == f"{0.6 / outputs:g}"


def test_a_key_comes_with_the_copy_and_has_every_answer() -> None:
    """`--key` gives the whole workbook beside the copy, under names that say which is which."""
    network = load_network("d02b")
    books = asked_for(network, "d02b", student=True, key=True)
    assert list(books) == ["d02b-student", "d02b-key"]
    assert books["d02b-key"] == as_key(make_workbook(network))
    assert books["d02b-key"].formulas == make_workbook(network).formulas


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"student": False, "key": True}, "add --student"),
        ({"student": False, "hints": "none"}, "add --student"),
        ({"student": True, "blanks": ["q"]}, "there is no such calculation"),
        ({"student": True, "views": "step,training"}, "leave them out"),
        ({"student": True, "hints": "all"}, "choose from none, equation, example"),
        ({"views": "step,graph"}, "there is no view 'graph'"),
        ({"steps": 0}, "choose 1 to"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(how: dict, said: str) -> None:
    """One line each, with the way out."""
    with pytest.raises(NetworkError, match=re.escape(said)):
        asked_for(load_network("d02b"), "d02b", **how)


def test_cells_to_be_filled_in_are_not_greyed_as_dead_units() -> None:
    """An empty z counts as 0; in the key the rule greys a unit whose z is not above 0."""
    network = load_network("relu-sigmoid-softmax")

    def greyed(workbook: Workbook) -> list[Value]:
        step = step_of(workbook)
        rules = [rule for rule in step.view.rules if rule.role == "dead"]
        cells = {(row, 1): Cell(None, qualify(rule.formula, "Step")) for row, rule in enumerate(rules, 1)}
        book = replace(workbook, sheets=(*workbook.sheets, Sheet("Extra", cells)))
        return list(next(ironcalc.evaluate(book, [], [None], [("Extra", *at) for at in cells])))

    key = make_workbook(network, WorkbookOptions())
    dead = with_cell(key, place_of(key, network, "z_1"), Cell(-0.5))
    assert greyed(make_student_workbook(network)) == [False] * 4
    assert greyed(key) == [False] * 4
    assert greyed(dead) == [True] * 4


@pytest.mark.parametrize(("gamma", "asked"), [(0.5, True), (500.0, False)])
def test_whether_the_cost_fell_is_asked_where_it_does(gamma: float, asked: bool) -> None:
    """With a large γ the right new weights raise it, and right answers would see a red "no"."""
    network = replace(make_network("identity", "half_sse"), learning_rate=gamma)
    check = make_student_workbook(network).sheet("Check")
    assert check is not None
    words = {cell.value for cell in check.cells.values()}
    assert ("Is the cost with the new weights lower than before?" in words) == asked


def test_the_library_writes_the_copy_that_the_command_writes(tmp_path: Path) -> None:
    """`write_student_workbook` and `generate --student` give the same bytes; what there is not is refused in both."""
    network = load_network("d02b")
    path = write_student_workbook(network, tmp_path / "a.ods", blanks=["delta"], hints="example", column=True)
    (copy,) = asked_for(network, "d02b", student=True, blanks=["delta"], hints="example", column=True).values()
    save_workbook(copy, tmp_path / "b.ods")
    assert path.read_bytes() == (tmp_path / "b.ods").read_bytes()
    with pytest.raises(NetworkError, match="there is no such calculation"):
        write_student_workbook(network, tmp_path / "c.ods", blanks=["epsilon"])
    with pytest.raises(NetworkError, match="there are no hints 'all'"):
        write_student_workbook(network, tmp_path / "c.ods", hints="all")
    assert not (tmp_path / "c.ods").exists()


def test_copy_and_key_say_what_they_are() -> None:
    """The copy is an Exercise with open fields for name and date, the key says KEY on every sheet."""
    books = asked_for("d02b", "d02b", student=True, key=True)
    copy, key = books["d02b-student"], books["d02b-key"]
    readme = copy.sheet("Read me")
    assert readme is not None
    for sheet in (readme, step_of(copy)):
        assert str(sheet.cells[1, 1].value).startswith("Exercise: ")
    fields = {cell.value: at for at, cell in readme.cells.items() if cell.value in ("Name", "Date")}
    assert len(fields) == 2
    assert all(readme.cells[row, column + 1].role == "answer" for row, column in fields.values())
    titles = [str(sheet.cells[1, 1].value) for sheet in key.sheets if not sheet.hidden]
    assert len(titles) == 10
    assert all(title.startswith("KEY: ") for title in titles)


def test_green_is_only_what_was_verified() -> None:
    """A block that is filled in is blue, whatever stands there; a question that the numbers answer with yes is green."""
    check = make_student_workbook(load_network("d02b")).sheet("Check")
    assert check is not None
    words = {rule.formula.split('"')[1]: rule.role for rule in check.view.rules}
    assert words["filled in"] == "filled"
    assert {word for word, role in words.items() if role == "pass"} == {"yes"}


def test_links_look_like_links_and_every_sheet_leads_back() -> None:
    """Underlined; below the title of each sheet one leads to Read me."""
    for book in (make_workbook("xor-batch"), make_student_workbook("xor-batch")):
        for sheet in book.sheets:
            for at in sheet.view.links:
                assert STYLES[sheet.cells[at].role].underline, (sheet.name, at)
            if not sheet.hidden and sheet.name != "Read me":
                assert sheet.view.links[3, 1][0] == "Read me", sheet.name
