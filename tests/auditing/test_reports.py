"""The command `audit` and what it writes: JSON of its schema, an escaped page, live workbooks, and docs/audits."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console

from sheetnet.auditing import Audit, audit, documents, load_published
from sheetnet.cli import main
from sheetnet.engine import engine_named
from sheetnet.files import read_workbook, save_workbook
from sheetnet.judge import validate
from sheetnet.network_file import dump_network, load_network
from sheetnet.report.audit_files import audit_html, audit_workbook
from sheetnet.report.audit_text import audit_json, audit_view
from sheetnet.verdict import PrintVerdict
from sheetnet.workbook import Place
from tests.support.documents import audit_of, audited, document, everything
from tests.support.paths import ROOT
from tools.pages import markdown

D02B = load_network("d02b")


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["sheetnet", "audit", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code


def test_exit_codes_say_whether_all_agrees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 all agree, 1 something does not, 2 the file cannot be used, in one line."""
    document(D02B, tmp_path, everything(D02B, 4))
    assert command(monkeypatch, str(tmp_path / "document.toml")) == 0
    assert command(monkeypatch, "d02b") == 1
    capsys.readouterr()
    assert command(monkeypatch, "xor-batch") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sheetnet: ")
    assert "published is missing, expected [[published.numbers]] as in docs/network-files.md" in line


def test_the_terminal_tells_what_is_wrong_and_what_to_print(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Places, verdicts, reasons, a summary, and the right numbers."""
    monkeypatch.setenv("COLUMNS", "120")
    command(monkeypatch, "d02b")
    words = " ".join(capsys.readouterr().out.split())
    for part in (
        "Forward Pass (Layer 1): out_H misprint a⁽¹⁾ of neuron 0 0.59326992 computed 0.593269992 a digit 9 is dropped",
        "missing z⁽¹⁾ of neuron 1 (blank) computed 0.3925 left to the reader",
        "SN033 cost of the first output alone",
        "38 numbers: 33 agree, 2 missing, 2 misprint, 1 wrong",
        "right dout_dnet = MMULT(MMULT(E_11,out_O*(1-out_O)),e_1)+MMULT(MMULT(E_22,out_O*(1-out_O)),e_2)",
        "It should print z⁽¹⁾ of neuron 0 … neuron 1 0.3775 0.3925",
    ):
        assert part in words


def test_json_has_the_fields_of_the_schema(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout alone, every entry with the same fields in the same order."""
    assert command(monkeypatch, "d02b", "--json", "-") == 1
    data = json.loads(capsys.readouterr().out)
    assert list(data) == ["schema", "entries", "formulas", "summary"]
    assert data["schema"] == "sheetnet.audit/1"
    fields = ["place", "quantity", "index", "printed", "computed", "verdict", "why", "mistake"]
    assert {tuple(entry) for entry in data["entries"]} == {tuple(fields)}
    assert {tuple(entry) for entry in data["formulas"]} == {("place", "equation", "verdict", "why", "right_form")}
    assert len(data["entries"]) == data["summary"]["numbers"]["printed"] == 38
    (cost,) = (entry for entry in data["entries"] if entry["quantity"] == "cost")
    assert (cost["index"], cost["printed"], cost["verdict"], cost["mistake"]) == (
        [0, 0],
        "0.274811083",
        "wrong",
        "SN033",
    )
    assert cost["computed"] == pytest.approx(0.298371109, abs=5e-10)
    assert {"quantity": "cost", "index": [0, 0], "text": "0.298371109"} in data["summary"]["should_print"]


def test_every_form_tells_of_last_places_and_of_numbers_that_say_too_little(tmp_path: Path) -> None:
    """Terminal, page, Markdown, JSON and workbook: the verdict, its meaning where there is a legend, its own colour."""
    published = document(D02B, tmp_path, [{"place": "here", "quantity": "a_1", "printed": [["0.593271", "1"]]}])
    found = audit(published)
    assert [entry.verdict for entry in found.entries] == ["last place", "says too little"]
    page, text, data = audit_html(found), markdown(found, "a command"), json.loads(audit_json(found))
    console = Console(width=120, file=io.StringIO(), record=True)
    console.print(audit_view(found))
    for verdict in ("last place", "says too little"):
        assert verdict in console.export_text(clear=False)
        assert f"*{verdict}*: {PrintVerdict(verdict).meaning}" in text
        assert PrintVerdict(verdict).meaning in page
        assert f'class="tag v-{verdict.replace(" ", "-")}"' in page
        assert f".v-{verdict.replace(' ', '-')} {{ background" in page
        assert data["summary"]["numbers"][verdict] == 1
    assert "2 numbers: 1 last place, 1 says too little" in text
    sheet = audit_workbook(published, found).sheet("Published")
    assert sheet is not None
    assert [sheet.cells[row, 7].value for row in (5, 6)] == ["last place", "says too little"]
    assert [entry["text"] for entry in data["summary"]["should_print"]] == ["0.593270", "0.596884"]


def strange(folder: Path) -> Audit:
    """A document whose every text tries to be something else."""
    number = {"place": "<script>alert(1)</script>|`\u202e", "quantity": "a_1", "printed": "0.5"}
    label = {"place": "p", "quantity": "<b>label</b>", "printed": "0.5", "expression": "a_1[0,0]"}
    formula = {"place": "<img src=x>", "equation": "a_1[0,0] = a_1[0,1]"}
    return audited(D02B, folder, [number, label], [formula])


def test_a_page_escapes_what_a_document_says(tmp_path: Path) -> None:
    """No markup of a stranger gets in, and the page needs nothing from outside."""
    page = audit_html(strange(tmp_path))
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>label" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert re.findall(r'(?:src|href)="(?!#)', page) == []


def test_json_and_markdown_take_any_text(tmp_path: Path) -> None:
    """JSON stays JSON; a table of Markdown keeps its columns."""
    found = strange(tmp_path)
    assert json.loads(audit_json(found))["entries"][0]["place"].startswith("<script>")
    rows = [line for line in markdown(found, "a command").splitlines() if "alert" in line]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 7
    assert "<script>" not in rows[0]


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_workbook_has_the_printed_numbers_beside_live_formulas(suffix: str, tmp_path: Path) -> None:
    """Every number that a cell computes has its formula, which recalculates to the right value; all else stays as it was."""
    published = load_published("relu-sigmoid-softmax")
    found = audit_of("relu-sigmoid-softmax")
    path = tmp_path / f"book.{suffix}"
    save_workbook(audit_workbook(published, found), path)
    workbook = read_workbook(path)
    sheet = workbook.sheet("Published")
    assert sheet is not None
    rows = range(5, 5 + len(found.entries))
    assert [sheet.cells[row, 3].value for row in rows] == [entry.printed for entry in found.entries]
    assert [sheet.cells[row, 7].value for row in rows] == [entry.verdict for entry in found.entries]
    live: dict[Place, float] = {}
    for row, entry in zip(rows, found.entries, strict=True):
        assert sheet.cells[row, 5].formula is not None, entry.quantity
        assert entry.computed is not None
        live["Published", row, 5] = entry.computed
    (values,) = engine_named("ironcalc")(workbook, [], [None], list(live))
    assert values == pytest.approx(list(live.values()), rel=1e-12)


def test_a_workbook_of_an_audit_is_still_judged_correct(tmp_path: Path) -> None:
    """The sheet of printed numbers disturbs nothing."""
    published = load_published("d02b")
    path = tmp_path / "book.xlsx"
    save_workbook(audit_workbook(published, audit_of("d02b")), path)
    assert validate(path).ok


def test_a_network_file_with_published_numbers_is_a_network_file(tmp_path: Path) -> None:
    """Its network is the same, and what is printed does not travel with it."""
    published = document(D02B, tmp_path, everything(D02B, 4))
    assert load_network(tmp_path / "document.toml") == D02B == published.network
    assert "published" not in dump_network(published.network)


def test_the_templates_of_the_documents_are_audited() -> None:
    """Three of them say what their document prints."""
    assert documents() == ["bias-node", "d02b", "relu-sigmoid-softmax"]


@pytest.mark.parametrize("name", ["bias-node", "d02b", "relu-sigmoid-softmax"])
def test_the_pages_of_the_audits_are_up_to_date(name: str) -> None:
    """docs/audits is what `make generated` writes."""
    page = (ROOT / "docs" / "audits" / f"{name}.md").read_text(encoding="utf-8")
    assert page == markdown(audit_of(name), f"sheetnet audit {name}"), (
        "docs/audits is out of date: run `make generated`"
    )
