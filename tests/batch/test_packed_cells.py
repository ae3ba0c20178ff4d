"""Lines of a journal: small for a right workbook, and what comes back is what was judged, to the last bit."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet import validate, validate_many
from sheetnet.batch.journal import Result, from_line, packed_data, to_line
from sheetnet.batch.packed_cells import packed, unpacked
from sheetnet.batch.schedule import Workers
from sheetnet.generate import write_student_workbook, write_workbook
from sheetnet.network_file import load_network
from sheetnet.report.json import json_text, report_data
from sheetnet.validation import CellVerdict, Report
from sheetnet.verdict import Verdict
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tests.support.homework import D02B, _edited, lines_of
from tools.layouts import small_network, training_rows

ALL = WorkbookOptions(tuple(SHEETS))
ROWS = small_network(1, sizes=(2, 2, 2))


def _wrong(path: Path) -> None:
    write_workbook(D02B, right := path.with_name("right.xlsx"), ALL)
    _edited(right, path, "{A_1[0,0]}", "=1/(1+EXP({z_1[0,0]}))")


def _given_a_layout(path: Path) -> None:
    path.write_bytes(training_rows(ROWS, 3))


FILES: dict[str, Callable[[Path], object]] = {
    "right.xlsx": lambda path: write_workbook(D02B, path, ALL),
    "columns.ods": lambda path: write_workbook(D02B, path, WorkbookOptions(tuple(SHEETS), column=True)),
    "softmax.xlsx": lambda path: write_workbook(load_network("relu-sigmoid-softmax"), path, WorkbookOptions()),
    "wrong.xlsx": _wrong,
    "student.xlsx": lambda path: write_student_workbook(D02B, path),
    "rows.xlsx": _given_a_layout,
}


@pytest.mark.parametrize("name", FILES)
def test_a_report_comes_back_as_it_was_judged(name: str, workers: Workers, tmp_path: Path) -> None:
    """Its JSON byte for byte, in its own process and from a journal; only what the file itself showed is left out."""
    FILES[name](path := tmp_path / name)
    network = ROWS if name == "rows.xlsx" else None
    report = validate(path, network)
    back, *_ = from_line(to_line(Result(str(path), report), "ab", "cd").encode())
    (first,) = validate_many([path], network, jsonl=tmp_path / "r.jsonl", workers=workers)
    (kept,) = validate_many([path], network, jsonl=tmp_path / "r.jsonl", resume=True, workers=workers)
    assert (first.kept, kept.kept) == (False, True)
    for found in (back.report, first.report, kept.report):
        assert found is not None
        assert json_text([report_data(found)]) == json_text([report_data(report)])
        assert repr(found) == repr(report)
        assert found.counts == report.counts


def test_a_line_of_a_right_workbook_is_small(workers: Workers, tmp_path: Path) -> None:
    """3,104 cells in under 20 kB; as JSON they are 870 kB. What is not correct stands there to be read."""
    paths, jsonl = [tmp_path / "right.xlsx", tmp_path / "wrong.xlsx"], tmp_path / "r.jsonl"
    for path in paths:
        FILES[path.name](path)
    _, wrong = validate_many(paths, jsonl=jsonl, workers=workers)
    lines = {line["workbook"]: line["report"] for line in lines_of(jsonl)}
    assert min(map(len, jsonl.read_bytes().splitlines())) < 20_000
    assert lines[str(paths[0])]["cells"] == []
    told = lines[str(paths[1])]
    assert wrong.report is not None
    assert told["schema"] == "sheetnet.report/2"
    assert {**told, "schema": 0} == {**packed_data(wrong.report), "schema": 0}
    written = [cell for cell in told["cells"] if cell["verdict"] != "correct"]
    assert written == [cell for cell in report_data(wrong.report)["cells"] if cell["verdict"] != "correct"]


def test_a_line_of_an_earlier_kind_still_counts(tmp_path: Path) -> None:
    """With all cells as JSON, as `--json` writes them."""
    FILES["right.xlsx"](tmp_path / "right.xlsx")
    report = validate(tmp_path / "right.xlsx")
    line = to_line(Result("right.xlsx", report), "ab", "cd", report_data(report))
    assert "packed" not in line
    back, *_ = from_line(line.encode())
    assert back.report is not None
    assert json_text([report_data(back.report)]) == json_text([report_data(report)])


def test_a_line_that_somebody_changed_is_judged_again(workers: Workers, tmp_path: Path) -> None:
    """It is no reason to end, nor to believe it."""
    FILES["right.xlsx"](tmp_path / "right.xlsx")
    jsonl = tmp_path / "r.jsonl"
    list(validate_many([tmp_path / "right.xlsx"], jsonl=jsonl, workers=workers))
    whole = jsonl.read_bytes()
    place = whole.index(b'"packed": "') + 200
    for other in (b"\\u00e9", b"0000", b""):
        jsonl.write_bytes(whole[:place] + other + whole[place + 4 :])
        copy = tmp_path / "copy.jsonl"
        shutil.copy(jsonl, copy)
        (result,) = validate_many([tmp_path / "right.xlsx"], jsonl=copy, resume=True, workers=workers)
        assert (result.ok, result.kept) == (True, False)


def odd_cells(seed: int) -> list[CellVerdict]:
    """Correct cells of every kind that packing could lose something of."""
    draw = random.Random(seed)
    numbers = [0.0, -0.0, 5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 1.0, -1.0, 0.1, 1 / 3]
    formulas = [
        None,
        "A1+$B$2",
        "SUM(A1:XFD1)",
        "Z1*'it''s'!C3",
        'IF(A1="A1",B2,#REF!)',
        "R1C1",
        "",
        "A0",
        "$XFD$1048576",
    ]
    cells = []
    for place in range(draw.randrange(1, 60)):
        index = draw.choice([(place // 3, place % 3), (), (place,), (1, 2, place), None])
        cells.append(
            CellVerdict(
                draw.choice(["Step", "Step", "ein Blatt", "\ud800", None]),
                draw.choice([f"B{place + 1}", "XFD1048576", "A1", "b2", "A1:B2", None]),
                draw.choice(["z_1", "z_1", "W"]), index, draw.choice([Verdict.CORRECT] * 9 + [Verdict.WRONG]),
                draw.choice(["computes what it should", "x"]), draw.choice(formulas),
                draw.choice([*numbers, draw.random(), "text", None, True, float("nan"), float("inf")]),
                draw.choice([*numbers, draw.random(), None]), None, draw.random() < 0.1,
                draw.choice([None] * 9 + ["Step!A1"]), draw.choice([()] * 9 + [("SN001",)]), draw.random() < 0.8,
            )
        )  # fmt: skip
    return cells


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_packed_comes_back(seed: int) -> None:
    """−0, the smallest and the largest numbers, indices of any length, formulas that no shift gives back, odd names."""
    cells = odd_cells(seed)
    text, others = packed(cells)
    usual = [cell for place, cell in enumerate(cells) if place not in others]
    back = unpacked(text)
    assert back == usual
    assert [repr((cell.value, cell.expected)) for cell in back] == [repr((c.value, c.expected)) for c in usual]
    report = Report("w", "n", "s", "e", 8, 0, tuple(cells))
    line = to_line(Result("w", report), None, "").encode("utf-8", "backslashreplace")
    found = from_line(line)[0].report
    assert found is not None
    assert json_text([report_data(found)]) == json_text([report_data(replace(report))])
