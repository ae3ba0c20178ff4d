"""The limits on untrusted files: each has a name, a reason and an option; what is met and not followed is told."""

from __future__ import annotations

import re
import sys
import zipfile
from dataclasses import FrozenInstanceError, fields, replace
from io import BytesIO
from pathlib import Path

import pytest

from sheetnet.batch.api import validate_many
from sheetnet.cli import main
from sheetnet.engine.prepare import in_full
from sheetnet.errors import FileError, LimitError
from sheetnet.files import read_workbook
from sheetnet.files.limits import DEFAULT_LIMITS, LIMITS, Limits, amount, parse_limits
from sheetnet.files.notices import in_formulas, notice, noticing, wanted
from sheetnet.generate import write_workbook
from sheetnet.judge import validate
from sheetnet.network_file import load_network
from sheetnet.workbook import Cell, Name, Sheet, Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tests.support.hostile.build import lesson
from tests.support.made_xlsx import build, sheet_xml
from tools.packages import changed, parts_of, replaced


def test_every_limit_has_a_name_and_a_reason() -> None:
    """A limit that no option knows could not be raised."""
    assert LIMITS.keys() == {field.name for field in fields(Limits)}
    assert all(limit.reason and limit.what and limit.unit for limit in LIMITS.values())


def test_limits_check_themselves_and_never_change() -> None:
    """In code as on the command line; nobody can rewrite those of another."""
    assert Limits.of(None) == Limits.of({}) == DEFAULT_LIMITS
    assert Limits.of({"cells": 5}) == replace(DEFAULT_LIMITS, cells=5) == Limits(cells=5)
    for wrong, said in (
        (lambda: Limits(cells=0), "cells=0: a limit is at least 1 cells"),
        (
            lambda: Limits(cells=1.5),  # type: ignore[arg-type]
            "cells=1.5: a limit is a whole number of cells",
        ),
        (lambda: Limits(memory=1), "a limit is at least 400 MB"),
        (lambda: Limits.of({"cellz": 5}), "there is no limit 'cellz': `sheetnet limits` shows them: file_size"),
    ):
        with pytest.raises(LimitError) as caught:
            wrong()
        assert said in str(caught.value)
    with pytest.raises(FrozenInstanceError):
        DEFAULT_LIMITS.cells = 5  # type: ignore[misc]


def test_more_cells_get_the_memory_and_time_that_they_need() -> None:
    """One limit raised is enough; what is asked for by name stays as it was asked."""
    twice = Limits.of({"cells": 2 * Limits.cells})
    assert (twice.memory, twice.cpu_time, twice.time) == (3_600_000_000, 2 * Limits.cpu_time, 2 * Limits.time)
    assert Limits.of({"cells": 2 * Limits.cells, "memory": 5 * 10**8, "time": 7}) == replace(
        twice, memory=5 * 10**8, time=7
    )
    assert Limits.of({"cpu_time": 600}).time == 1_200
    assert Limits.of({"cells": 10**12}).cpu_time == 10**6
    assert Limits.of({"cells": 10, "cpu_time": 5}) == replace(DEFAULT_LIMITS, cells=10, cpu_time=5)


def test_no_module_keeps_limits_of_its_own() -> None:
    """They are handed down: what a module had copied would not change with them."""
    kept = [
        f"{name}.{key}"
        for name, module in list(sys.modules.items())
        if name.startswith("sheetnet")
        for key, value in vars(module).items()
        if isinstance(value, Limits) and key != "DEFAULT_LIMITS"
    ]
    assert kept == []


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_raised_limit_of_formulas_reaches_every_room(suffix: str, tmp_path: Path) -> None:
    """The readers, the writing out of relative names, and the workers: a long formula of a relative name is judged."""
    path = write_workbook("d02b", tmp_path / f"a.{suffix}", WorkbookOptions())
    long = "+".join(["0"] * 5_000)
    data = path.read_bytes()
    part, old, new = _first_formula(suffix, data, long)
    path.write_bytes(replaced(data, part, old, new))
    with pytest.raises(FileError, match="a formula of over 8,192 characters: shorten it"):
        validate(path)
    raised = {"formula": 20_000}
    reports = [validate(path, limits=raised), *(result.report for result in validate_many([path], limits=raised))]
    assert [report is not None and report.ok for report in reports] == [True, True]


def _first_formula(suffix: str, data: bytes, long: str) -> tuple[str, str, str]:
    """The part with the first formula of Step, the formula in it, and the same with a long sum of nothing added."""
    pattern = r'table:formula="(of:=[^"]+)"' if suffix == "ods" else r"<f>([^<]+)</f>"
    with zipfile.ZipFile(BytesIO(data)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")}
    part, found = next((name, found) for name, text in texts.items() if (found := re.search(pattern, text)))
    return part, found[0], found[0].replace(found[1], f"{found[1]}+{long}")


def test_relative_names_are_written_out_as_far_as_the_limit_goes() -> None:
    """What becomes too long is an error; where the limit is raised, it is not."""
    cells = {(2, 1): Cell(1.0, "+".join(["left"] * 100))}
    book = Workbook((Sheet("S", cells),), (Name("left", "S!A1"),))
    assert in_full(book, 300).sheets[0].cells[2, 1].formula == "#REF!"
    assert in_full(book, 30_000).sheets[0].cells[2, 1].formula == "+".join(["S!A2"] * 100)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("file_size=50MB", 50_000_000),
        ("file_size = 1.5 GB", 1_500_000_000),
        ("memory=2GiB", 2**31),
        ("part_size=12345", 12_345),
        ("cells=2_000_000", 2_000_000),
        ("cells=2M", 2_000_000),
        ("time=5min", 300),
        ("time=90", 90),
        ("cpu_time=2s", 2),
    ],
)
def test_options_take_usual_units(option: str, value: int) -> None:
    """Bytes in decimal or binary multiples, times in seconds, minutes or hours, all else as a number."""
    assert list(parse_limits([option]).values()) == [value]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("cellz=5", "there is no limit 'cellz': `sheetnet limits` shows them: file_size, parts"),
        ("cells", "'' is no number of cells: write it like cells=2000000"),
        ("cells=many", "'many' is no number of cells"),
        ("time=5MB", "write it like time=5min"),
        ("file_size=5min", "write it like file_size=50MB"),
        ("file_size=-5", "is no number of bytes"),
        ("cells=0", "a limit is at least 1"),
        ("memory=1", "a limit is at least 400 MB, at most 1,000 GB"),
        ("time=99999999999999999999", "at most 1,000,000 seconds"),
        ("time=20000h", "at most 1,000,000 seconds"),
        (f"cells={'9' * 400}", "at most 1,000,000,000,000 cells"),
        ("cells=1e9", "is no number of cells"),
    ],
)
def test_a_bad_option_is_refused_with_the_remedy(option: str, said: str) -> None:
    """By name, with those there are, or with an example."""
    with pytest.raises(LimitError) as caught:
        parse_limits(["names=5", option])
    assert said in str(caught.value)


def test_the_command_shows_every_limit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Name, value and reason."""
    monkeypatch.setattr(sys, "argv", ["sheetnet", "limits"])
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit):
        main()
    out = capsys.readouterr().out
    for name, limit in LIMITS.items():
        (line,) = [line for line in out.splitlines() if line.startswith(f"{name} ")]
        assert amount(name, getattr(DEFAULT_LIMITS, name)) in line
        assert limit.reason in line


# ---- what is met and not followed ----


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ('WEBSERVICE("http://x")', "calls WEBSERVICE, which fetches from outside"),
        ('1+dde("soffice","a","b")', "calls DDE, which fetches"),
        ("CALL(1)", "calls CALL, which runs programs"),
        ("[1]Sheet1!A1+1", "refers to another file"),
        ("'C:\\x\\[o.xlsx]S'!A1", "refers to another file"),
        ("[book.xlsx]!rate", "refers to another file"),
        ("cmd|' /C calc'!A0", "asks another program (DDE)"),
    ],
)
def test_what_reaches_beyond_the_file_is_told(formula: str, said: str) -> None:
    """Once for each kind, with the first place, in formulas and in names."""
    cells = {(2, 1): Cell(1.0, formula), (3, 1): Cell(1.0, formula)}
    (sentence,) = in_formulas(Workbook((Sheet("S", cells),), ()))
    assert sentence.startswith(f"S!A2 {said}")
    (sentence,) = in_formulas(Workbook((Sheet("S", {}),), (Name("n", formula),)))
    assert sentence.startswith(f"the name n {said}")


@pytest.mark.parametrize(
    "formula", ["SUM(A1:B2)", '"[1]a!WEBSERVICE("&A1', "Table1[[#This Row],[x]]*2", "webservice+1", "A1#", "{1;2}"]
)
def test_what_stays_inside_is_not(formula: str) -> None:
    """Texts, tables and names that merely look alike."""
    assert list(in_formulas(Workbook((Sheet("S", {(1, 1): Cell(1.0, formula)}),), ()))) == []


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("xl/vbaProject.bin", "holds macros, which are never run"),
        ("xl/externalLinks/externalLink1.xml", "refers to other workbooks"),
        ("xl/connections.xml", "has data connections"),
        ("xl/embeddings/oleObject1.bin", "holds embedded objects"),
    ],
)
def test_parts_that_reach_beyond_the_file_are_told(tmp_path: Path, part: str, said: str) -> None:
    """By their names in the zip directory; only where somebody listens."""
    plain = build(tmp_path / "a.xlsx", sheet_xml("<c r='A1'><v>1</v></c>"))
    path = tmp_path / "b.XLSM"
    path.write_bytes(changed(plain.read_bytes(), {part: b"x"}))
    with noticing() as notices:
        read_workbook(plain)
        assert list(notices) == []
        read_workbook(path)
    assert len(notices) == 1
    assert next(iter(notices)).startswith(said)
    assert not wanted()
    notice("nobody listens")


def test_a_name_that_lies_about_its_format_is_told(tmp_path: Path) -> None:
    """The content decides; the report says so."""
    path = build(tmp_path / "a.ods", sheet_xml("<c r='A1'><v>1</v></c>"))
    with noticing() as notices:
        read_workbook(path)
    assert list(notices) == ["is an .xlsx file by its content, whatever its name says"]


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_generated_workbook_has_nothing_to_tell(tmp_path: Path, suffix: str) -> None:
    """Every view, with its charts, which an .ods holds as objects."""
    path = write_workbook(load_network("d02b"), tmp_path / f"a.{suffix}", WorkbookOptions(tuple(SHEETS)))
    assert validate(path).notes == ()


def test_an_object_in_an_ods_that_is_no_chart_is_told(tmp_path: Path) -> None:
    """The manifest says what each is; what it does not mention is no chart."""
    plain = write_workbook(load_network("d02b"), tmp_path / "a.ods", WorkbookOptions(tuple(SHEETS)))
    assert any(name.startswith("Object 1/") for name in parts_of(plain.read_bytes()))
    path = tmp_path / "b.ods"
    path.write_bytes(changed(plain.read_bytes(), {"Object 99": b"x"}))
    assert validate(path).notes == ("holds embedded objects, which are passed over",)


@pytest.mark.parametrize(
    ("suffix", "part", "old", "new"),
    [
        ("xlsx", "xl/workbook.xml", "<calcPr ", '<calcPr fullPrecision="0" '),
        ("xlsx", "xl/workbook.xml", "<calcPr ", "<calcPr fullPrecision = 'false' "),
        (
            "ods",
            "content.xml",
            "<office:spreadsheet>",
            '<office:spreadsheet><table:calculation-settings table:precision-as-shown="true"/>',
        ),
    ],
)
def test_numbers_that_programs_round_as_they_are_shown_are_told(
    suffix: str, part: str, old: str, new: str, tmp_path: Path
) -> None:
    """The formulas are right, and yet the program shows others: whoever reads the report should know."""
    path = tmp_path / f"a.{suffix}"
    for data, told in ((lesson(suffix), 0), (replaced(lesson(suffix), part, old, new), 1)):
        path.write_bytes(data)
        with noticing() as notices:
            read_workbook(path)
        assert sum("numbers as they are shown" in notice for notice in notices) == told
