"""Fills of a marked copy among conditional formats of its own: ours win, and the copy stays valid."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from sheetnet.files import mark_workbook, read_workbook
from sheetnet.files.marking import Mark
from tests.support.engines import libreoffice_convert, ooxml_errors
from tests.support.marked import ADDED, SHEET
from tools.packages import parts_of


def ruled_xlsx(path: Path, newer: bool = False) -> Path:
    """Numbers under a colour scale (column A), a grey for small ones (B), and with `newer` a bar of the 2010 kind (C)."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(SHEET)
        for row in range(5):
            sheet.write_row(row, 0, [row / 5] * 4)
        grey = book.add_format({"bg_color": "#808080"})
        sheet.conditional_format("A1:A5", {"type": "2_color_scale"})
        sheet.conditional_format("B1:B5", {"type": "formula", "criteria": "=B1<0.9", "format": grey})
        if newer:
            sheet.conditional_format("C1:C5", {"type": "data_bar", "data_bar_2010": True})
        sheet.data_validation("A1", {"validate": "decimal", "criteria": ">", "value": 0})
    return path


RULED = {(SHEET, row, column): Mark(fill) for row, fill in ((2, "00FF00"), (3, "00FFFF")) for column in (1, 2, 3, 4)}


def xlsx_rules(path: Path) -> dict[str, list[tuple[int, str, bool, list[str]]]]:
    """By range: priority, kind, whether it stops others, and formulas of each rule, as openpyxl reads them."""
    return {
        str(each.sqref): [(rule.priority, rule.type, bool(rule.stopIfTrue), rule.formula) for rule in each.rules]
        for each in conditions(path)
    }


def conditions(path: Path) -> list[Any]:
    """The conditional formats as openpyxl has them, which are the older kinds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says that it has not the newer ones
        return list(openpyxl.load_workbook(path)[SHEET].conditional_formatting)


@pytest.mark.parametrize("newer", [False, True])
def test_fills_of_an_xlsx_win_over_conditional_formats(tmp_path: Path, newer: bool) -> None:
    """Rules of ours come first and stop the others, on marked cells that have others alone; all others stay in order."""
    path, target = ruled_xlsx(tmp_path / "student.xlsx", newer), tmp_path / "marked.xlsx"
    mark_workbook(path, target, RULED, ADDED)
    before, after = xlsx_rules(path), xlsx_rules(target)
    third = " C{}" if newer else ""
    ours = [after.pop(f"A{row} B{row}{third.format(row)}") for row in (2, 3)]
    assert ours == [[(number, "expression", True, ['"sheetnet"="sheetnet"'])] for number in (1, 2)]
    assert after == {at: [(number + 2, *rest) for number, *rest in rules] for at, rules in before.items()}
    rules = conditions(target)
    assert [each.rules[0].dxf.fill.bgColor.rgb for each in rules if "sheetnet" in str(each.rules[0].formula)] == [
        "FF00FF00",
        "FF00FFFF",
    ]


def test_marking_again_renews_the_rules_of_an_xlsx(tmp_path: Path) -> None:
    """Rules of an earlier marking go: as many as at first, and the workbook's own keep their numbers."""
    path = ruled_xlsx(tmp_path / "student.xlsx")
    first, again, fewer = (tmp_path / f"{name}.xlsx" for name in ("first", "again", "fewer"))
    mark_workbook(path, first, RULED, ADDED)
    mark_workbook(first, again, RULED, replace(ADDED, again=True))
    mark_workbook(first, fewer, {(SHEET, 2, 4): Mark("00FF00")}, replace(ADDED, again=True))
    assert xlsx_rules(again) == xlsx_rules(first)
    assert xlsx_rules(fewer).keys() == xlsx_rules(path).keys()


@pytest.mark.validator
@pytest.mark.parametrize("newer", [False, True])
def test_rules_among_others_are_valid_open_xml(tmp_path: Path, newer: bool) -> None:
    """Before the older kinds, and before the bar of 2010, whose rule also stands in an extension."""
    path, target = ruled_xlsx(tmp_path / "student.xlsx", newer), tmp_path / "marked.xlsx"
    mark_workbook(path, target, RULED, ADDED)
    assert ooxml_errors(path) == ooxml_errors(target) == []


@pytest.mark.libreoffice
def test_fills_of_an_ods_win_over_conditional_formats(tmp_path: Path) -> None:
    """Marked cells leave LibreOffice's ranges and have no conditions of their own; the other cells keep theirs."""
    path = libreoffice_convert([ruled_xlsx(tmp_path / "student.xlsx")], "ods", tmp_path / "saved")[0]
    target = tmp_path / "marked.ods"
    mark_workbook(path, target, RULED, ADDED)
    before, after = (parts_of(each.read_bytes())["content.xml"].decode() for each in (path, target))
    ranges = re.compile(r'target-range-address="([^"]*)"')
    assert ranges.findall(before) == ["Data.A1:Data.A5", "Data.B1:Data.B5"]
    left = [f"Data.{c}1:Data.{c}1 Data.{c}4:Data.{c}5" for c in "AB"]
    assert ranges.findall(after) == left
    styles = re.findall(r'<style:style style:name="sheetnet.*?</style:style>', after)
    assert styles
    assert not any("style:map" in style for style in styles)
    assert before.count("<style:map ") == after.count("<style:map ") > 0
    assert read_workbook(target).sheets[1:] == read_workbook(path).sheets
