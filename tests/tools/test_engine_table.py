"""The table of what IronCalc computes otherwise than LibreOffice: how it sorts, and facts that stand in it."""

from __future__ import annotations

import pytest

from sheetnet.workbook import CellError
from tests.support.engines import require
from tools.engine_cases import DATA, IDIOMS, LIFTS, NAMES
from tools.engine_table import KINDS, Line, idioms, kind_of, lifts, show, unknown, verdict, worst

VALUE, NAME = CellError("#VALUE!"), CellError("#NAME?")


@pytest.mark.parametrize(
    ("ironcalc", "libreoffice", "kind"),
    [
        ([0.1 + 0.2], [0.3], "same"),
        ([True], [1.0], "same"),
        ([VALUE], [CellError("#NUM!")], "same"),
        ([1.0], [2.0], "value"),
        (["1"], [1.0], "value"),
        ([1.00000001], [1.0], "digits"),
        ([VALUE], [1.0], "error"),
        ([1.0], [VALUE], "lenient"),
        ([VALUE], [NAME], "unwitnessed"),
        ([1.0, 2.0], [1.0], "value"),
    ],
)
def test_two_results_fall_in_a_kind(ironcalc, libreoffice, kind):
    assert kind_of(ironcalc, libreoffice) == kind
    assert kind in KINDS


def test_a_silent_difference_is_worse_than_an_error():
    assert worst(["same", "error", "value"]) == "value"
    assert worst(["same", "same"]) == "same"
    assert verdict([]) == "lifts"
    assert verdict(["SUM"]) == "not lifted in SUM"
    assert verdict(["one cell", "SUM"]) == "differs on one cell, SUM"


def test_the_table_has_a_line_for_each_construct_under_its_kind(capsys):
    show("Sums", [Line("SUM(1)", "1", "1", "same"), Line("COUNT({1})", "0", "1", "value", "Excel: 1")], ["value"])
    shown = capsys.readouterr().out
    assert "value: another value, without an error: the worst kind (1)" in shown
    assert shown.split("\n")[4].split() == ["COUNT({1})", "IronCalc", "0", "LibreOffice", "1", "Excel:", "1"]
    assert "SUM(1)" not in shown


def test_cases_are_told_apart_and_refer_to_the_sheet_of_numbers():
    assert len({case.formula for case in IDIOMS}) == len(IDIOMS)
    assert [
        case.many for case in LIFTS if "{" in case.many or "Data!" not in case.many + "Data!" * ("(" in case.many)
    ] == []
    assert "AGGREGATE" in NAMES
    assert len(DATA) > 40


@pytest.mark.libreoffice
def test_the_table_tells_what_is_lifted_and_what_is_not():
    require("libreoffice")
    lifted = {line.title: line.remark for line in lifts()}
    assert lifted["EXP(Data!A1:A3)"] == "lifts"
    assert lifted["IF(Data!A1:A3>0,Data!A1:A3,0)"] == "lifts"
    assert lifted["ROUND(Data!A1:A3,0)"] == "lifts"  # as it is spelled for IronCalc, by MAP
    assert lifted["OFFSET(Data!A1,Data!D1:D3-3,0)"] == "not lifted in SUM, SUMPRODUCT, {SUM}, {block}"
    kinds = {line.title: line.kind for line in idioms()}
    assert kinds["SUMPRODUCT(Data!A1:A3,Data!B1:B3)/SUM(Data!B1:B3)"] == "same"
    assert kinds["MOD(0.3,0.1)"] == "value"
    assert kinds["SUMXMY2(Data!A1,Data!B1)"] == "same"
    assert kinds["LARGE((Data!A1,Data!B1),1)"] == "error"
    assert kinds["TRUE=1"] == "excel"
    assert kinds["LET(x,2,x+1)"] == "unwitnessed"
    assert unknown()["IronCalc alone"] == []  # AGGREGATE is said in another way, others are unsupported
