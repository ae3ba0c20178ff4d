"""Whatever a student can write is text where it lands: page, terminal, JSON, notes, summary, tables, lines of errors."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console

from sheetnet.batch.api import validate_many
from sheetnet.batch.journal import Result, to_line
from sheetnet.batch.schedule import Workers
from sheetnet.errors import SheetnetError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.judge_options import JudgeOptions
from sheetnet.network_file import load_network
from sheetnet.report.json import json_text, report_data
from sheetnet.report.marked import save_marked
from sheetnet.report.terminal import report_view
from sheetnet.validation import Report
from sheetnet.workbook import Cell, Name, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.browser import report_html
from tests.support.sheets import place_of, with_cell

NETWORK = load_network("d02b")
# What each would do where it is not escaped: run, call out, colour or clear a terminal, turn text around, break a line.
EVIL = {
    "script": "<script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)" x="',
    "formula": '=HYPERLINK("http://127.0.0.1/x","y")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(1)",
    "tab": "\t=1+1",
    "terminal": "\x1b[31m\x1b]0;title\x07\x9b2J",
    "markup": "[bold red]x[/bold red][link=http://127.0.0.1]y[/link]",
    "lines": "one\ntwo\r\nthree\u2028four",
    "reversed": "\u202egnp.exe\u202c\u200f",
    "NUL": "a\x00b&#x0;",
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "entity": "&lt;b&gt;&amp;",
    "end of comment": "--><b>]]></b>",
}
ORDER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        assert not any(
            (value or "").startswith(("http", "//", "javascript")) for name, value in attrs if name == "href"
        )


def evil_workbook(words: str, formula: str) -> Workbook:
    """The lesson with the words as an answer, an input and a remark, and in the formula of another answer."""
    book = make_workbook(NETWORK, WorkbookOptions())
    for block, row, cell in (("z_1", 0, Cell(words)), ("gamma", 0, Cell(words)), ("a_2", 0, Cell(0.5, formula))):
        book = with_cell(book, place_of(book, NETWORK, block, row), cell)
    sheet, row, column = place_of(book, NETWORK, "z_1")
    return with_cell(book, (sheet, row + 200, column), Cell(words))


@cache
def harmless() -> tuple[Report, Workbook]:
    """The same with a word that nothing obeys."""
    book = evil_workbook("x", '"x"&1')
    return replace(judge(book, NETWORK, JudgeOptions(trials=3)), workbook="x.xlsx", notes=("x",)), book


def in_formula(words: str) -> str:
    """The words as a text within a formula, and as its sheet."""
    quoted = words.replace('"', '""')
    return f'"{quoted}"&1'


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """Guarded processes, kept warm from file to file."""
    with Workers() as lent:
        yield lent


@pytest.fixture(params=EVIL, scope="module")
def evil(request: pytest.FixtureRequest) -> tuple[str, Workbook, Report]:
    """The words, the workbook and its report."""
    words = EVIL[request.param]
    book = evil_workbook(words, in_formula(words))
    report = judge(book, NETWORK, JudgeOptions(trials=3))
    return words, book, replace(report, workbook=f"{words}.xlsx", notes=(words, *report.notes))


def test_on_the_page_it_is_text(evil: tuple[str, Workbook, Report]) -> None:
    """The page has the same elements and attributes as that of a harmless workbook."""
    words, book, report = evil
    page, other = (Page(report_html([r], {r.workbook: b})) for r, b in ((report, book), harmless()))
    assert page.tags <= other.tags
    assert page.attributes <= other.attributes | {"title"}
    assert not ORDER.search(report_html([report], {report.workbook: book}).replace("\n", ""))
    assert "49" not in words


def test_on_a_terminal_it_is_text(evil: tuple[str, Workbook, Report]) -> None:
    """No control character but line ends, with colours only those of rich itself, and brackets stay as they were."""
    words, _, report = evil
    plain = Console(file=io.StringIO(), width=100, color_system=None)
    plain.print(report_view(report))
    shown = plain.file.getvalue()  # type: ignore[attr-defined]
    assert not ORDER.search(shown.replace("\n", ""))
    coloured = Console(file=io.StringIO(), width=100, color_system="truecolor", force_terminal=True)
    coloured.print(report_view(report))
    found = re.sub(r"\x1b\[[0-9;]*m", "", coloured.file.getvalue())  # type: ignore[attr-defined]
    assert found == shown
    if words.startswith("[bold"):
        assert "[bold red]x[/bold red]" in shown


def test_in_json_it_is_text(evil: tuple[str, Workbook, Report]) -> None:
    """Valid, whole, in one encoding, and nothing in it that a terminal would obey."""
    words, _, report = evil
    text = json_text([report_data(report)])
    assert not ORDER.search(text.replace("\n", ""))
    text.encode("utf-8")
    assert json.loads(text)["notes"][0] == words
    line = to_line(Result(report.workbook, report), None, "")
    assert line.count("\n") == 1
    assert not ORDER.search(line[:-1])


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_in_a_marked_copy_it_is_text(evil: tuple[str, Workbook, Report], suffix: str, tmp_path: Path) -> None:
    """Summary and notes hold texts: no formula, no link to elsewhere that the workbook did not have."""
    words, _, report = evil
    # A formula with control characters no program writes: this one is there without them.
    book = evil_workbook(words, in_formula("".join(c for c in words if c.isprintable())))
    path, copy = tmp_path / f"in.{suffix}", tmp_path / f"marked.{suffix}"
    save_workbook(book, path)
    save_marked(replace(report, workbook=str(path)), copy)
    summary = read_workbook(copy).sheet("sheetnet report")
    assert summary is not None
    assert [cell for cell in summary.cells.values() if cell.formula is not None] == []
    if suffix == "xlsx":
        sheets = openpyxl.load_workbook(copy)
        added = sheets["sheetnet report"]
        assert all(cell.data_type != "f" for row in added.iter_rows() for cell in row)
        links = [cell.hyperlink for row in added.iter_rows() for cell in row if cell.hyperlink]
        assert all(link.target is None for link in links)


@pytest.mark.parametrize("name", [name for name, words in EVIL.items() if not set(words) & set("/\0")])
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_in_the_name_of_a_file_it_is_text(name: str, suffix: str, workers: Workers, tmp_path: Path) -> None:
    """Whether the file is judged or refused, the line that names it is one line."""
    path = tmp_path / f"{EVIL[name]}.{suffix}"
    path.write_bytes(b"no workbook")
    (result,) = validate_many([path], workers=workers)
    assert result.error is not None
    assert result.error.isprintable()
    save_workbook(make_workbook(NETWORK, WorkbookOptions()), path)
    (result,) = validate_many([path], workers=workers)
    assert result.ok
    assert not ORDER.search(json_text([report_data(result.report)] if result.report else []).replace("\n", ""))


def test_a_file_name_that_is_no_text_is_named(workers: Workers, tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are shown as escapes, in the report and in the line of an error."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.xlsx"))
    try:
        save_workbook(make_workbook(NETWORK, WorkbookOptions()), path)
    except (OSError, SheetnetError):
        pytest.skip("needs a file system that takes names that are no UTF-8")
    (result,) = validate_many([path], workers=workers)
    assert result.report is not None
    json_text([report_data(result.report)]).encode("utf-8")
    to_line(result, None, "").encode("utf-8")
    report_html([result.report]).encode("utf-8")
    path.write_bytes(b"")
    (result,) = validate_many([path], workers=workers)
    assert result.error is not None
    result.error.encode("utf-8")


@pytest.mark.parametrize("name", EVIL)
def test_in_names_and_the_network_it_is_text(name: str) -> None:
    """Defined names, what they refer to, and the title of a network that the workbook carries."""
    words = EVIL[name]
    book = make_workbook(NETWORK, WorkbookOptions())
    names = tuple(Name(each.name, in_formula(words)) if each.name == "z_1" else each for each in book.names)
    report = judge(
        replace(book, names=(*names, Name("gamma", words))), replace(NETWORK, title=words), JudgeOptions(trials=3)
    )
    assert any(cell.verdict in ("missing", "error") for cell in report.cells)
    plain = Console(file=io.StringIO(), width=100, color_system=None)
    plain.print(report_view(report))
    assert not ORDER.search(plain.file.getvalue().replace("\n", ""))  # type: ignore[attr-defined]
    assert "<script" not in report_html([report])
    assert "<b>" not in report_html([report])
    assert not ORDER.search(json_text([report_data(report)]).replace("\n", ""))


@pytest.mark.parametrize("words", EVIL.values(), ids=EVIL)
def test_in_the_line_of_an_error_it_is_text(words: str) -> None:
    """An error is one line whatever stands in it, and never a long one."""
    for text in (words, words * 1_000):
        line = str(SheetnetError(f"book.xlsx: {text}: do this"))
        assert line.isprintable()
        assert len(line) < 1_200
        assert line.startswith("book.xlsx")
        assert line.endswith("do this")
