"""The page: complete, valid, self-contained, and no text of a stranger is ever markup."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from sheetnet.auditing import audit, load_published
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.judge import judge
from sheetnet.network_file import load_network, template_names
from sheetnet.report.audit_files import audit_html
from sheetnet.report.html import MOST_ON_THE_PAGE
from sheetnet.report.html_grid import MOST_GRID_CELLS
from sheetnet.report.wording import VERDICT_STYLES, called
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import EditedInput
from sheetnet.verdict import Verdict
from sheetnet.workbook import Cell, Sheet, Workbook
from tests.support.browser import report_html
from tests.support.sheets import place_of, with_cell, with_formula

NETWORK = load_network("d02b")
EVIL = "<script>alert('1')</script>\"&\x1b[31m\x00"
# Elements that have no end tag in HTML.
VOID = frozenset({"meta", "col", "br", "link", "img", "input", "hr"})


class Page(HTMLParser):
    """The page as its elements; every one that begins must end, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def cells(self, verdict: str) -> list[dict[str, str]]:
        """The grid's cells with that look."""
        return [
            found for tag, found in self.elements if tag == "td" and f"v-{verdict}" in found.get("class", "").split()
        ]


def damaged() -> tuple[Report, Workbook]:
    workbook = make_workbook(NETWORK)
    place = place_of(workbook, NETWORK, "z_1")
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    workbook = with_formula(workbook, place, f"{sheet.cells[place[1:]].formula}+0.5")
    workbook = with_cell(workbook, place_of(workbook, NETWORK, "W_2_new"), None)
    workbook = with_cell(workbook, place_of(workbook, NETWORK, "A_0"), Cell(0.25))
    return replace(judge(workbook, NETWORK), workbook="class/student.xlsx"), workbook


def evil() -> tuple[Report, Workbook]:
    """A report in which every text of a stranger is an attack."""
    cells = {(1, 1): Cell(EVIL), (2, 1): Cell(EVIL, EVIL), (3, 1): Cell(1.0)}
    verdict = CellVerdict(EVIL, "A2", "z_1", (0, 0), Verdict.WRONG, EVIL, EVIL, EVIL, 0.5, EVIL)
    edit = EditedInput(EVIL, "A3", "A_0", (0, 0), EVIL, 0.5, EVIL)
    report = Report(EVIL, EVIL, EVIL, "ironcalc", 8, 0, (verdict,), (edit,), (EVIL,))
    return report, Workbook((Sheet(EVIL, cells),))


def test_strangers_text_is_never_markup() -> None:
    """Cell texts, formulas, messages, notes, names of sheets and files: all are text, without control characters."""
    report, workbook = evil()
    page = report_html([report, report], {report.workbook: workbook})
    parsed = Page(page)
    assert "script" not in {tag for tag, _ in parsed.elements}
    assert not any(name.startswith("on") for _, attributes in parsed.elements for name in attributes)
    assert [c for c in page if not c.isprintable() and c != "\n"] == []
    assert parsed.text.count("<script>alert('1')</script>") > 10


def test_the_page_is_valid_and_needs_nothing_else() -> None:
    """Elements nest; no script, no other file and no address; identities are unique and every link leads to one."""
    report, workbook = damaged()
    page = report_html([report, report], {report.workbook: workbook})
    parsed = Page(page)
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"https?:|//|url\(|@import|src=", page)
    assert {tag for tag, _ in parsed.elements} & {"script", "link", "img", "iframe", "object"} == set()
    identities = Counter(found["id"] for _, found in parsed.elements if "id" in found)
    assert set(identities.values()) == {1}
    links = [found["href"] for tag, found in parsed.elements if tag == "a"]
    assert links
    assert {link[1:] for link in links} <= set(identities)


def test_every_blamed_cell_and_every_count_is_there() -> None:
    """Verdict, cell, symbol, formula, expected number and reason; carried cells as a count under their cause."""
    report, workbook = damaged()
    parsed = Page(report_html([report], {report.workbook: workbook}))
    for verdict, count in report.counts.items():
        assert f"{VERDICT_STYLES[verdict].sign} {count:,} {called(verdict)}" in parsed.text
    blamed = [cell for cell in report.cells if cell.verdict not in ("correct", "carried")]
    assert {cell.verdict for cell in blamed} == {"wrong", "blank"}
    (wrong,) = (cell for cell in blamed if cell.verdict == "wrong")
    assert wrong.expected is not None
    assert "z_1[0, 0]" not in parsed.text
    for words in ("z⁽¹⁾ of neuron 0", wrong.message, f"={wrong.formula}", f"{wrong.expected:.9g}"):
        assert words in parsed.text
    for cell in blamed:
        assert f"{cell.sheet}!{cell.cell}" in parsed.text
    assert f"↓ {report.counts['carried']} more cells carry this error" in parsed.text
    assert "Inputs you changed (allowed)" in parsed.text
    strict = Page(report_html([replace(report, strict_inputs=True)], {report.workbook: workbook}))
    assert "Inputs you changed (not allowed: --strict-inputs)" in strict.text
    assert "not ok" in parsed.text


def test_the_page_leads_with_progress() -> None:
    """How many answers are right, to look at and to do comes before all else; what only carries an error is right."""
    report, workbook = damaged()
    parsed = Page(report_html([report], {report.workbook: workbook}))
    right, carried = report.counts["correct"] + report.counts["carried"], report.counts["carried"]
    words = f"{right:,} of {len(report.cells):,} right, 1 to look at, 1 to do"
    assert f"✗ not ok class {words} {carried:,} right formulas depend on a cell that is not right yet. " in parsed.text
    assert parsed.text.index(words) < parsed.text.index("To look at ✗ wrong")
    several = Page(report_html([report, report], {report.workbook: workbook}))
    assert several.text.count(words) == 2
    assert (
        f"workbook right to look at to do ✗ student.xlsx class {right:,} of {len(report.cells):,} 1 1" in several.text
    )


def test_the_blanks_of_a_block_are_one_line() -> None:
    """A student's copy as it is given out: as many lines to do as blocks, and nothing to look at."""
    workbook = make_student_workbook(NETWORK)
    report = judge(workbook, NETWORK)
    parsed = Page(report_html([report], {report.workbook: workbook}))
    blocks = Counter(cell.quantity for cell in report.answers if cell.verdict == "blank")
    assert f"right, {blocks.total()} to do" in parsed.text
    assert "To look at" not in parsed.text
    lines = [found for tag, found in parsed.elements if tag == "li" and re.fullmatch(r"b0t\d+", found.get("id", ""))]
    assert len(lines) == len(blocks) > 10
    assert "▢ ∂C/∂W⁽²⁾ Step!" in parsed.text
    assert f", {blocks['dC_dW_2']} cells" in parsed.text


def test_every_cell_that_is_not_right_leads_to_its_reason() -> None:
    """By a link, which keyboards and fingers reach: wrong cells to their finding, carried ones to their cause's."""
    report, workbook = damaged()
    parsed = Page(report_html([report], {report.workbook: workbook}))
    leads: dict[str, list[str]] = {}
    cell = ""
    for tag, found in parsed.elements:
        if tag == "td":
            cell = found.get("class", "").split(" ")[0].removeprefix("v-")
        elif tag == "a" and found["href"][:4] in ("#b0f", "#b0t", "#b0e"):
            leads.setdefault(cell, []).append(found["href"])
    assert {look: len(links) for look, links in leads.items()} == {
        "wrong": 1, "blank": 1, "edited": 1, "carried": report.counts["carried"],
    }  # fmt: skip
    assert set(leads["carried"]) == set(leads["wrong"]) == {"#b0f0-0"}


def test_headings_are_in_order_and_tables_say_what_they_are() -> None:
    """One main part and one first heading, no level left out; every table has a caption, every head cell a scope."""
    report, workbook = damaged()
    for page in (
        report_html([report], {report.workbook: workbook}),
        report_html([report, report], {report.workbook: workbook}),
        audit_html(audit(load_published("bias-node"))),
    ):
        parsed = Page(page)
        tags = [tag for tag, _ in parsed.elements]
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == tags.count("main") == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert tags.count("table") == tags.count("caption") > 0
        assert all("scope" in found for tag, found in parsed.elements if tag == "th")


def test_the_grid_colours_every_judged_cell() -> None:
    """As many cells of each look as verdicts, and the hover tells formula, expected number and reason."""
    report, workbook = damaged()
    parsed = Page(report_html([report], {report.workbook: workbook}))
    assert {verdict: len(parsed.cells(verdict)) for verdict in report.counts} == report.counts
    assert len(parsed.cells("edited")) == len(report.edited_inputs) == 1
    (wrong,) = (cell for cell in report.cells if cell.verdict == "wrong")
    (found,) = parsed.cells("wrong")
    assert wrong.expected is not None
    assert all(words in found["title"] for words in (f"={wrong.formula}", f"{wrong.expected:.9g}", wrong.message))


def test_sheets_where_all_is_correct_are_folded() -> None:
    """Each sheet says its counts; those with anything but correct cells are open, the others are not."""
    report, workbook = damaged()
    text = report_html([report], {report.workbook: workbook})
    found = re.findall(r"<details( open)?>\s*<summary><h2>Sheet ([^<]*)</h2>(.*?)</summary>", text, re.DOTALL)
    counts = {name: Counter(c.verdict for c in report.cells if c.sheet == name) for _, name, _ in found}
    assert {name for _, name, _ in found} == {cell.sheet for cell in report.cells}
    unsound = {name for name, count in counts.items() if set(count) != {"correct"}}
    assert {name for is_open, name, _ in found if is_open} == unsound | {report.edited_inputs[0].sheet}
    assert unsound < set(counts)
    own = {
        name: bool(set(count) - {"correct", "carried"}) or "1 edited" in head
        for (_, name, head), count in zip(found, counts.values(), strict=True)
    }
    assert sorted(found, key=lambda each: (not each[0], not own[each[1]])) == found  # those with findings come first
    assert {True, False} == {own[name] for is_open, name, _ in found if is_open}  # before those that only carry them
    for _, name, head in found:
        assert all(f"{VERDICT_STYLES[v].sign} {count:,} {v}<" in head for v, count in counts[name].items())
    assert sum("1 edited" in head for _, _, head in found) == 1


def test_a_right_workbook_with_all_views_is_a_page_of_folded_sheets() -> None:
    """Nothing is open, every cell is there, and the page is small enough to be sent about."""
    workbook = make_workbook(NETWORK)
    report = judge(workbook, NETWORK)
    text = report_html([report], {report.workbook: workbook})
    assert len(report.cells) > 3_000
    assert text.count("<details>") == len({cell.sheet for cell in report.cells}) > 5
    assert "<details open" not in text
    assert len(text) < 300 * len(report.cells)


def test_numbers_have_four_decimals() -> None:
    """As the sheet shows them, whatever their size; very small ones are not shown as nothing."""
    cells = {(1, column): Cell(value) for column, value in enumerate([0.123456, 3.0, 1e-9, -2e9, True], start=1)}
    verdict = CellVerdict("S", "A2", "z_1", (0, 0), Verdict.CORRECT, "fine", "1", 2.0, 2.0)
    report = Report("x", "n", "s", "ironcalc", 8, 0, (verdict,))
    text = Page(report_html([report], {"x": Workbook((Sheet("S", cells),))})).text
    for shown in ("0.1235", " 3 ", "1.000e-09", "-2.000e+09", "TRUE", "2.0000"):
        assert shown in text


def test_a_known_mistake_is_named_by_its_code() -> None:
    """In the list and on hover, once."""
    verdict = CellVerdict("S", "A1", "z_1", (0, 0), Verdict.WRONG, "bias forgotten", "1", 2.0, 2.5, mistakes=("SN001",))
    again = replace(verdict, cell="A2", message="SN001, bias forgotten", formula="2")
    report = Report("x", "n", "s", "ironcalc", 8, 0, (verdict, again))
    parsed = Page(report_html([report], {"x": Workbook((Sheet("S", {(1, 1): Cell(2.0)}),))}))
    assert parsed.text.count("SN001") == 2
    assert [found["title"].count("SN001") for found in parsed.cells("wrong")] == [1, 1]


def test_a_huge_sheet_is_listed_but_not_drawn() -> None:
    """Beyond the limit the page says so."""
    cells = {(MOST_GRID_CELLS, 2): Cell(1.0), (1, 1): Cell(1.0)}
    verdict = CellVerdict("S", "B1", "z_1", (0, 0), Verdict.WRONG, "no", "1", 2.0, 2.0)
    several = tuple(replace(verdict, formula=f"{number}") for number in range(MOST_ON_THE_PAGE + 1))
    report = Report("x", "n", "s", "ironcalc", 8, 0, several)
    parsed = Page(report_html([report], {"x": Workbook((Sheet("S", cells),))}))
    assert f"spans {2 * MOST_GRID_CELLS:,} cells" in parsed.text
    assert "… and 1 more: see --json" in parsed.text
    assert "S!B1" in parsed.text


def test_a_report_that_compared_nothing_is_not_ok() -> None:
    """The page says so too."""
    text = Page(report_html([Report("x", "n", "s", "ironcalc", 8, 0, ())])).text
    assert "nothing was compared" in text
    assert "✗ not ok" in text


def _spanned(sheet: Sheet) -> int:
    return max(row for row, _ in sheet.cells) * max(column for _, column in sheet.cells)


@pytest.mark.parametrize("template", template_names())
def test_a_correct_workbook_says_so(template: str) -> None:
    """Every template: all correct, no list of errors; the grid where the sheet is small enough."""
    network = load_network(template)
    workbook = make_workbook(network)
    report = judge(workbook, network)
    parsed = Page(report_html([report], {report.workbook: workbook}))
    assert "✓ all correct" in parsed.text
    assert "To look at" not in parsed.text
    large = {sheet.name for sheet in workbook.sheets if _spanned(sheet) > MOST_GRID_CELLS}
    assert len(parsed.cells("correct")) == sum(cell.sheet not in large for cell in report.cells)
    assert ("are drawn" in parsed.text) == bool(large)


def test_every_verdict_has_a_look() -> None:
    """A colour and a sign of its own; wrong and missing share a colour, since both are red."""
    assert list(VERDICT_STYLES) == list(Verdict)
    assert len({look.sign for look in VERDICT_STYLES.values()}) == len(VERDICT_STYLES)
    assert len({look.fill for look in VERDICT_STYLES.values()}) == len(VERDICT_STYLES) - 1


def test_dark_text_can_be_read_on_every_fill() -> None:
    """A contrast of 7 to 1 with black, as WCAG's strictest level asks (relative luminance, WCAG 2.1)."""

    def luminance(color: str) -> float:
        parts = [int(color[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert {
        verdict: look.fill for verdict, look in VERDICT_STYLES.items() if (luminance(look.fill) + 0.05) / 0.05 < 7
    } == {}
