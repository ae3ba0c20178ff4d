"""How answers are entered: as text, with a comma, without "=", in another language, as a remark, in a circle."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sheetnet import load_network, read_workbook
from sheetnet.files import SUFFIXES, save_workbook
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.syntax import cell_name
from sheetnet.syntax.function_facts import LANGUAGES, LOCAL_NAMES
from sheetnet.validation import CellVerdict
from sheetnet.validation.texts import formula_in, in_english, is_remark, number_in
from sheetnet.workbook import Cell, Workbook
from tests.support.quantities import edited, spell
from tests.support.sheets import blamed, place_of, step_book, with_cell, with_formula
from tools.small_networks import make_network

D02B = load_network("d02b")
BOOK = step_book(D02B)
HOW = "delete the apostrophe before it, or set the cell's format to General, and enter it again"


def at(block: str, row: int = 0, column: int = 0, workbook: Workbook = BOOK, network: Network = D02B) -> str:
    return cell_name(*place_of(workbook, network, block, row, column)[1:])


def right(block: str, row: int = 0, column: int = 0) -> str:
    place = place_of(BOOK, D02B, block, row, column)
    sheet = BOOK.sheet(place[0])
    assert sheet is not None
    formula = sheet.cells[place[1:]].formula
    assert formula is not None
    return formula


def judged(text: object, block: str = "delta_2", row: int = 0, column: int = 1) -> CellVerdict:
    """The verdict of a cell that holds a text, when all others are right."""
    place = place_of(BOOK, D02B, block, row, column)
    report = judge(with_cell(BOOK, place, Cell(text)), D02B)  # type: ignore[arg-type]
    (found,) = [cell for cell in report.cells if (cell.sheet, cell.cell) == (place[0], cell_name(*place[1:]))]
    assert {cell.quantity for cell in report.cells if cell.verdict not in ("correct", "carried")} == {found.quantity}
    return found


@pytest.mark.parametrize(
    "write",
    ["={}", "'={}", " ={}", "\u00a0={}", "\u2019= {} ", "\uff1d{}", "={}\n", "= ({})"],
    ids=["text", "apostrophe", "space", "no-break space", "curly", "wide equals sign", "line break", "spaced"],
)
def test_a_right_formula_as_text_is_told_how_to_enter_it(write: str) -> None:
    """It stays wrong, for it computes nothing, but it is said to be right."""
    found = judged(write.format(right("delta_2", 0, 1)))
    assert (found.verdict, found.message) == ("wrong", f"right, but entered as text: {HOW}")


def test_a_right_formula_without_its_equals_sign_is_told_so() -> None:
    """As people type G39*G41 and see it stand there."""
    formula = right("delta_2", 0, 1)
    assert judged(formula).message == f"right, but entered as text: enter it with = before it, ={formula}"


def test_a_wrong_formula_as_text_has_its_mistake_named() -> None:
    """The same explanation as if it had been entered."""
    found = judged(f"={at('target')}-{at('a_2')}", "dC_da_2", 0, 0)
    assert found.verdict == "wrong"
    assert found.message.startswith(
        "entered as text, and the formula computes something else: error's sign flipped (SN044)"
    )
    assert found.mistake == "SN044"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0,7513651", "entered as text, and a typed number stands where a formula should; it is right to 7 digits"),
        ("0.7514", "right to 4 digits"),
        (" 0.75 ", "right to 2 digits"),
        ("75,1 %", "right to 3 digits"),
        ("\u22120,5", "it is wrong at these inputs too"),
        ("=0,7514", "right to 4 digits"),
        ("0.75 V", "contains the text '0.75 V', not a number: enter the formula alone"),
        ("\u2248 0,75", "contains the text '\u2248 0,75', not a number"),
        ("a = 0.7514", "contains the text 'a = 0.7514', not a number"),
        ("0.7514\u2026", "contains the text"),
        ("#VALUE!", "contains the text '#VALUE!'"),
        ("=1/(1+EXP(-q))", "entered as text, and the formula gives #NAME?"),
        (True, "contains TRUE, not a number"),
    ],
)
def test_numbers_and_other_texts_are_called_what_they_are(text: object, said: str) -> None:
    """A number with units or words is no number, one with a comma is."""
    found = judged(text, "a_2", 0, 0)
    assert found.verdict == "wrong"
    assert said in found.message


@pytest.mark.parametrize(
    "text",
    [
        "-", "–", "—", "?", "???", "n/a", "N/A", "x", "todo", "TODO", "...", "…", "/", "tbd", "= ?", "=", "'",
        "I do not know this one", "siehe Seite 3", "stuck at G7, ask", "no idea :-(",
    ],
)  # fmt: skip
def test_a_remark_is_a_blank_cell_and_quoted(text: str) -> None:
    """Whoever writes that nothing stands there has entered nothing."""
    found = judged(text)
    assert (found.verdict, found.message) == ("blank", f"nothing was entered but the remark {text!r}")


@pytest.mark.parametrize("text", ["1", "1,0", " 1.00", "'1"])
def test_a_constant_that_is_right_but_text_is_said_to_be_right(text: str) -> None:
    """The bias node, and derivatives that never change."""
    found = judged(text, "A_1", 0, 2)
    assert (found.verdict, found.message) == ("wrong", f"right, but entered as text: {HOW}")
    assert judged("2", "A_1", 0, 2).message == "entered as text, and the bias node is always 1"


@pytest.mark.parametrize("name", ["relu-sigmoid-softmax", "xor-batch"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_sheet_of_formulas_as_text_is_right_but_for_that(name: str, suffix: str, tmp_path: object) -> None:
    """A column formatted as text before anything was typed: every answer, in both formats."""
    network = load_network(name)
    book = step_book(network)
    answers = {place_of(book, network, b.name, r, c) for b in network.blocks.values() if b.kind == "answer"
               for r in range(b.rows) for c in range(b.columns) if not b.is_bias_node(c)}  # fmt: skip
    for sheet in book.sheets:
        cells = {
            position: Cell(f"={cell.formula}") if (sheet.name, *position) in answers and cell.formula else cell
            for position, cell in sheet.cells.items()
        }
        book = replace(book, sheets=tuple(replace(s, cells=cells) if s is sheet else s for s in book.sheets))
    path = tmp_path / f"text{suffix}"  # type: ignore[operator]
    save_workbook(book, path)
    report = judge(read_workbook(path), network)
    wrong = [cell for cell in report.cells if cell.verdict == "wrong"]
    assert len(wrong) == len(answers)
    assert {cell.message for cell in wrong} == {f"right, but entered as text: {HOW}"}


def test_a_formula_right_for_targets_of_0_and_1_is_right_as_text_too() -> None:
    """a − T under softmax and cross-entropy is δ only where the targets add up to 1."""
    network = replace(make_network("softmax", "cross_entropy", (2, 3), observations=1), targets=((0.0, 1.0, 0.0),))
    book = step_book(network)
    place = place_of(book, network, "delta_1", 0, 1)
    a, t = (at(block, 0, 1, book, network) for block in ("a_1", "target"))
    formula = f"{a}-{t}"
    assert judge(with_formula(book, place, formula), network).ok
    report = judge(with_cell(book, place, Cell(f"={formula}")), network)
    found = next(cell for cell in report.cells if cell.verdict == "wrong")
    assert found.message == f"right, but entered as text: {HOW}"


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("SUMME(A1:A3;0,5)", "SUM(A1:A3,0.5)"),
        ("WENN(A1>0;1;0,25)", "IF(A1>0,1,0.25)"),
        ("0,5*(A1-B1)", "0.5*(A1-B1)"),
        ("SOMMEPROD(A1:A2;B1:B2)", "SUMPRODUCT(A1:A2,B1:B2)"),
        ("MATR.PRODOTTO(A1:B1;C1:C2)", "MMULT(A1:B1,C1:C2)"),
        ("MAX(0,5;A1)", "MAX(0.5,A1)"),
        ("MAX(0,A1)", "MAX(0,A1)"),
        ("ROUND(A1,2)", "ROUND(A1,2)"),
        ('SI(A1=";";1;2)', 'IF(A1=";",1,2)'),
        ("SUM({1,2;3,4})", "SUM({1,2;3,4})"),
        ("JEŻELI(A1>0;PIERWIASTEK(A1);0)", "IF(A1>0,SQRT(A1),0)"),
    ],
)
def test_formulas_typed_in_other_languages_are_read(formula: str, wanted: str) -> None:
    """Semicolons, decimal commas and names; what is English stays as it is."""
    assert in_english(formula) == wanted
    assert formula_in(f"={formula}") == wanted


def test_no_local_name_is_an_english_one() -> None:
    """Else a right English formula would be read as something else; each language has the common functions."""
    english = {name.english for name in LOCAL_NAMES.values()}
    assert english.isdisjoint(LOCAL_NAMES)
    for language in LANGUAGES:
        named = {name.english for name in LOCAL_NAMES.values() if language in name.languages}
        assert {"SUM", "SUMPRODUCT", "IF", "SQRT", "POWER", "AVERAGE"} <= named


@pytest.mark.parametrize(
    ("write", "said"),
    [
        ("SUMMENPRODUKT({},{})", "right, but SUMMENPRODUKT is the German name of SUMPRODUCT: write SUMPRODUCT"),
        ("SOMARPRODUTO({},{})", "right, but SOMARPRODUTO is the Portuguese name of SUMPRODUCT: write SUMPRODUCT"),
        (
            "suma.iloczynów({},{})*2",
            "SUMA.ILOCZYNÓW is the Polish name of SUMPRODUCT: write SUMPRODUCT. Besides, the formula computes",
        ),
    ],
)
def test_a_function_by_another_languages_name_is_named_with_the_english_one(write: str, said: str) -> None:
    """It is an error in the file; what it would be otherwise is said as well."""
    inputs = [f"{at('delta_2')}:{at('delta_2', 0, 1)}", f"{at('W_2')}:{at('W_2', 0, 1)}"]
    place = place_of(BOOK, D02B, "dC_da_1")
    report = judge(with_formula(BOOK, place, write.format(*inputs)), D02B)
    assert blamed(report) == {"dC_da_1[0, 0]": "error"}
    found = next(cell for cell in report.cells if cell.verdict == "error")
    assert found.message.startswith(said)


def test_a_far_circle_is_told_as_a_whole() -> None:
    """Each cell on the way, back to the first."""
    place = place_of(BOOK, D02B, "z_2", 0, 1)
    report = judge(with_formula(BOOK, place, f"{right('z_2', 0, 1)}+0*{at('cost')}"), D02B)
    assert blamed(report) == {"z_2[0, 1]": "error"}
    found = next(cell for cell in report.cells if cell.verdict == "error")
    way = [at("z_2", 0, 1), at("cost"), at("cost_n"), at("cost_out", 0, 1), at("a_2", 0, 1), at("z_2", 0, 1)]
    assert found.message == f"closes a circle of formulas: {' → '.join(way)} (each uses the next)"


def test_a_long_circle_is_told_shortly() -> None:
    """Ten cells of it."""
    network = load_network("relu-sigmoid-softmax")
    book = step_book(network)
    place = place_of(book, network, "z_1")
    sheet = book.sheet(place[0])
    assert sheet is not None
    formula = f"{sheet.cells[place[1:]].formula}+0*{at('cost_new', 0, 0, book, network)}"
    report = judge(with_formula(book, place, formula), network)
    message = next(cell.message for cell in report.cells if cell.verdict == "error")
    assert re.search(r"… \d+ more …", message)
    assert message.count("→") == 11


def test_any_number_of_cells_that_refer_to_themselves_are_told() -> None:
    """One formula filled over many cells; the search for longer circles has a budget, this needs none."""
    network = make_network("identity", "half_sse", (2, 30, 1), observations=5)
    book = step_book(network)
    places = [place_of(book, network, "z_1", n, j) for n in range(5) for j in range(30)]
    for place in places:
        book = with_formula(book, place, cell_name(*place[1:]))
    found = [cell for cell in judge(book, network).cells if cell.quantity == "z_1"]
    assert [cell.message for cell in found] == ["the formula refers to itself, in a circle"] * 150


def test_a_wrong_formula_in_a_circle_has_both_said() -> None:
    """z from a, and a from z."""
    place = place_of(BOOK, D02B, "z_1")
    report = judge(with_formula(BOOK, place, at("A_1")), D02B)
    found = next(cell for cell in report.cells if cell.verdict == "wrong")
    assert found.message.startswith(f"closes a circle of formulas: {at('z_1')} → {at('A_1')} → {at('z_1')} (each")
    assert ". Besides, the formula computes something else" in found.message


def test_a_circle_of_helper_cells_is_told_to_who_uses_it() -> None:
    """The formula itself is in no circle."""
    entered = {"{beside[0,0]}": "={beside[1,0]}", "{beside[1,0]}": "={beside[0,0]}+1"}
    book = edited(BOOK, D02B, entered | {"{cost[0,0]}": f"={right('cost')}+0*{{beside[1,0]}}"})
    found = next(cell for cell in judge(book, D02B).cells if cell.verdict == "error")
    one, other = (spell(text, BOOK, D02B) for text in ("{beside[0,0]}", "{beside[1,0]}"))
    assert found.message == f"uses a circle of formulas: {other} → {one} → {other} (each uses the next)"


@pytest.mark.parametrize(
    "text", ["x" + " " * 30_000 + "y", "=" + "(" * 30_000, "=" + "9" * 400, "9" * 400, "9," * 9_000]
)
def test_monstrous_texts_are_only_texts(text: str) -> None:
    """Read at once, and never as a number that is none."""
    assert number_in(text) is None
    assert judged(text).verdict in ("wrong", "blank")
    assert not is_remark("9" * 400)
