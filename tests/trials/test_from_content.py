"""The trial drawn from the workbook's own content: no sheet can know the answers of all trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.syntax import cell_name
from sheetnet.trials.draw import draw_trials
from sheetnet.trials.for_workbook import inputs_from_content
from sheetnet.workbook import Cell, Name, Workbook
from tests.support import quantities
from tests.support.entries import RIGHT, Entry, edited
from tests.support.quantities import Array
from tests.support.sheets import blamed, place_of, with_formula


def test_a_table_of_the_answers_of_all_trials_is_found_out(d02b: tuple[Network, Workbook]) -> None:
    """The trials of a seed can be looked up by whoever has sheetnet; the one drawn from the workbook itself cannot."""
    network, _ = d02b
    runs = [float(network.inputs[0][0]), *draw_trials(network).values["A_0"][:, 0, 0].tolist()]
    answers = [0.5932699921071872, *draw_trials(network).values["A_1"][:, 0, 0].tolist()]
    table: dict[str, Entry] = {"{A_1[0,0]}": "IFERROR(INDEX(Mine!B1:B9,MATCH(ROUND({A_0[0,0]},9),Mine!A1:A9,0)),0.5)"}
    for row, (given, answer) in enumerate(zip(runs, answers, strict=True), 1):
        table |= {f"Mine!A{row}": Cell(round(given, 9)), f"Mine!B{row}": Cell(answer)}
    report = judge(edited(d02b, table), network)
    assert blamed(report) == {"a_1[0, 0]": "wrong"}


def own_trial(workbook: Workbook, network: Network) -> float:
    """A number of the trial that is drawn from the workbook itself."""
    return float(inputs_from_content(workbook, network, {}, False)["A_0"][0, 0, 0])


def test_the_workbooks_own_trial_changes_with_everything_that_a_formula_can_read(
    d02b: tuple[Network, Workbook],
) -> None:
    """Formulas and their places, constants that they refer to, names and their scope, the shapes of arrays, sheets."""
    network, workbook = d02b

    def put(book: Workbook, entries: quantities.Edits) -> Workbook:
        return quantities.edited(book, network, entries)

    table = {"Mine!A1": Cell(1.0), "Mine!B9": Cell(2.0)}
    looked_up = put(workbook, {**table, "{A_1[0,0]}": f"={RIGHT}+0*SUM(Mine!A1:B9)"})
    by_name = put(workbook, {**table, "{A_1[0,0]}": f"={RIGHT}+0*one(1)"})
    made_up = f'={RIGHT}+0*INDIRECT("Mine!A"&1)'
    name = Name("one", "LAMBDA(x,1)")
    books = [
        workbook,
        edited(d02b, {}),
        put(workbook, {"{A_1[0,0]}": f"={RIGHT}+0"}),
        looked_up,
        put(looked_up, {"Mine!B9": Cell(3.0)}),
        put(looked_up, {"Mine!A5": Cell("text")}),
        put(looked_up, {"Mine!D1": "=1"}),
        replace(by_name, names=(*workbook.names, name)),
        replace(by_name, names=(*workbook.names, replace(name, refers_to="LAMBDA(x,2)"))),
        replace(by_name, names=(*workbook.names, replace(name, sheet="Step"))),
        put(workbook, {**table, "{beside[0,0]:[1,1]}": Array("Mine!A1:B2")}),
        put(workbook, {**table, "{beside[0,0]:[1,0]}": Array("Mine!A1:B2")}),
        put(workbook, {**table, "{A_1[0,0]}": made_up}),
        put(workbook, {**table, "Mine!A1": Cell(5.0), "{A_1[0,0]}": made_up}),
    ]
    numbers = [own_trial(book, network) for book in books]
    assert len(set(numbers)) == len(books)
    assert numbers == [own_trial(book, network) for book in books]


def test_what_no_formula_can_read_changes_no_trial(d02b: tuple[Network, Workbook]) -> None:
    """A note, a number or a name that nothing uses, and what formulas were saved with."""
    network, workbook = d02b
    place = place_of(workbook, network, "A_1")
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    expected = own_trial(workbook, network)
    saved = replace(sheet.cells[place[1:]], value=7.0)
    for note in ({"{beside[9,3]}": Cell("look here: A1:B2")}, {"{beside[9,3]}": Cell(7.0)}, {"{A_1[0,0]}": saved}):
        assert own_trial(quantities.edited(workbook, network, note), network) == expected
    unused = Name("unused", "Step!$X$90")
    assert own_trial(replace(workbook, names=(*workbook.names, unused)), network) == expected


def test_answers_in_names_keyed_on_known_trials_are_wrong(d02b: tuple[Network, Workbook]) -> None:
    """A LAMBDA that knows the answer of each trial, those of the workbook it was made from among them."""
    network, workbook = d02b
    own = inputs_from_content(workbook, network, {}, False)
    given, answers = [0.05], [0.5932699921071872]
    for inputs in (draw_trials(network).values, own):
        z = (inputs["A_0"] @ inputs["W_1"])[:, 0, 0]
        given += inputs["A_0"][:, 0, 0].tolist()
        answers += (1 / (1 + np.exp(-z))).tolist()
    terms = "+".join(f"(ABS(x-({x!r}))<1E-9)*{a!r}" for x, a in zip(given, answers, strict=True))
    cheat = quantities.edited(workbook, network, {"{A_1[0,0]}": "=known({!A_0[0,0]})"})
    report = judge(replace(cheat, names=(*workbook.names, Name("known", f"LAMBDA(x,{terms})"))), network)
    assert set(blamed(report)) == {"a_1[0, 0]"}


@pytest.mark.parametrize(
    ("block", "change"),
    [
        ("dC_dW_1", "MAX(-0.5,MIN(0.5,{}))"),
        ("dC_dW_2", "MAX(-1,MIN(1,{}))"),
        ("delta_1", "MIN(1,{})"),
        ("z_1", "MAX(-6,{})"),
        ("z_2", "MIN(6,{})"),
        ("A_1", "ROUND({},4)"),
        ("A_1", "IF(ABS(gamma*10-ROUND(gamma*10,0))<1E-12,IF(gamma=0.5,{},0.4),{})"),
        ("cost_out", "IF(gamma>1.2,0,{})"),
    ],
)
def test_what_is_right_only_for_small_or_long_numbers_is_seen(
    d02b: tuple[Network, Workbook], block: str, change: str
) -> None:
    """Cut off at ±6, ±1 or ±½, rounded, or wrong where a number is short or γ large."""
    network, workbook = d02b
    place = place_of(workbook, network, block)
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    formula = sheet.cells[place[1:]].formula
    assert formula is not None
    report = judge(with_formula(workbook, place, change.replace("{}", f"({formula})")), network)
    assert [(c.sheet, c.cell) for c in report.cells if c.verdict not in ("correct", "carried")] == [
        (place[0], cell_name(*place[1:]))
    ]
