"""Where the blocks of Step stand, what a reader sees around them, and on which pages they print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.engine.ironcalc import evaluate
from sheetnet.files import SUFFIXES, read_workbook, save_workbook
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.judge import validate
from sheetnet.layout import Exercise, blanks_named
from sheetnet.layout.number_format import text_characters
from sheetnet.layout.pages import PAGE_SIDEWAYS, PAGE_UPRIGHT, SMALLEST_TEXT
from sheetnet.layout.step_bands import BANDS, FROZEN_BLOCKS, UNDER, step_plan
from sheetnet.layout.step_sheet import FIRST_SCREEN
from sheetnet.network import Network
from sheetnet.network_file import load_network, template_names
from sheetnet.styles import STYLES, UPRIGHT
from sheetnet.syntax import Area, areas, cell_name, parse_area
from sheetnet.workbook import Cell, Position, Sheet, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.engines import gnumeric_convert, libreoffice_convert
from tools.small_networks import OVER_N, make_network

NETWORKS = {
    **{name: load_network(name) for name in template_names()},
    "one neuron": make_network("sigmoid", "binary_cross_entropy", (1, 1), observations=1),
    "deep": make_network("softmax", "cross_entropy", (3, 2, 5, 4), hidden="softmax"),
    "penalised": make_network("sigmoid", "half_sse", (2, 3, 1), 3, l2=OVER_N),
}
every_network = pytest.mark.parametrize("name", NETWORKS)
both_ways = pytest.mark.parametrize("column", [False, True], ids=["rows", "columns"])


def step_of(network: Network, column: bool = False) -> tuple[Sheet, dict[str, Area]]:
    """Step, and the cells of each block on it."""
    book = make_workbook(network, WorkbookOptions(column=column))
    sheet, found = book.sheet("Step"), {name.name: parse_area(name.refers_to) for name in book.names}
    assert sheet is not None
    return sheet, {name: area for name, area in found.items() if area is not None}


def positions(area: Area) -> Iterator[Position]:
    return ((r, c) for r in range(area.top, area.bottom + 1) for c in range(area.left, area.right + 1))


def turned(area: Area) -> Area:
    """The area with rows and columns exchanged, so that both orientations are looked at in one way."""
    return Area(area.sheet, area.left, area.top, area.right, area.bottom)


@pytest.mark.parametrize("name", ["d02b", "bias-node"])
def test_three_bands_of_a_small_network_fit_a_screen(name: str) -> None:
    """Forward, backward and gradient of 2-2-2 end by row 29 and column Z."""
    sheet, areas_of = step_of(NETWORKS[name])
    shown = [area for block, area in areas_of.items() if not block.endswith("_new")]
    assert max(area.bottom for area in shown) <= 29
    assert max(column for _, column in sheet.cells) <= 26


@both_ways
@every_network
def test_blocks_of_a_layer_stand_above_one_another(name: str, column: bool) -> None:
    """In the columns of z, or of a; rows are observations, the same in all blocks of a line. W ends where z begins."""
    network = NETWORKS[name]
    _, found = step_of(network, column)
    at = {block: turned(area) for block, area in found.items()} if column else found
    for layer in range(1, network.depth + 1):
        z, a = at[f"z_{layer}"], at[f"a_{layer}" if layer == network.depth else f"A_{layer}"]
        for suffix in ("", "_new"):
            weights, own = at[f"W_{layer}{suffix}"], at[f"z_{layer}{suffix}"]
            assert (weights.left, weights.right) == (own.left, own.right) == (z.left, z.right)
            assert weights.bottom == max(at[f"W_{other}{suffix}"].bottom for other in range(1, network.depth + 1))
            assert weights.bottom < own.top
        for symbol in ("dC_dW", "delta", "da_dz"):
            assert at[f"{symbol}_{layer}"].left == z.left
        assert at[f"dC_da_{layer}"].left == a.left
    for line in (("A_0", "cost_n", "target", "z_1"), ("da_dz_1", f"dC_da_{network.depth}"), ("z_1_new", "cost_n_new")):
        assert len({(at[block].top, at[block].bottom) for block in line}) == 1


@both_ways
@every_network
def test_each_z_is_the_row_on_its_left_times_the_column_above_it(name: str, column: bool) -> None:
    """The formula reads just these two ranges, and the first of them lies flat."""
    network = NETWORKS[name]
    sheet, at = step_of(network, column)
    for layer in range(1, network.depth + 1):
        for place in positions(at[f"z_{layer}"]):
            formula = sheet.cells[place].formula or ""
            flat, upright = areas(formula)
            assert formula.startswith("SUM(MMULT(")
            assert flat.top == flat.bottom == place[0]
            assert upright.left == upright.right == place[1]
            assert flat.right < place[1]
            assert upright.bottom < place[0]


@both_ways
@every_network
def test_nothing_stands_on_anything_else(name: str, column: bool) -> None:
    """Blocks keep apart, and no label or arrow stands in one."""
    network = NETWORKS[name]
    sheet, at = step_of(network, column)
    taken = [place for area in at.values() for place in positions(area)]
    assert len(taken) == len(set(taken))
    assert set(at) == set(network.blocks)
    texts = {place for place, cell in sheet.cells.items() if isinstance(cell.value, str) and cell.formula is None}
    assert texts.isdisjoint(taken)


@both_ways
@every_network
def test_labels_are_not_cut(name: str, column: bool) -> None:
    """Each symbol and equation has room up to the next text or number in its row."""
    sheet, _ = step_of(NETWORKS[name], column)
    view = sheet.view
    filled = {place for place, cell in sheet.cells.items() if cell.value is not None or cell.role.endswith(UPRIGHT)}
    for (row, left), cell in sheet.cells.items():
        if cell.role in ("symbol", "equation"):
            after = min((c for r, c in filled if r == row and c > left), default=left + 100)
            room = sum(view.widths.get(c, view.default_width) for c in range(left, after))
            assert text_characters(str(cell.value), cell.role) <= room + 0.01, cell.value


@both_ways
def test_the_frozen_rows_hold_what_the_step_changes(column: bool) -> None:
    """γ, the cost, the new cost and the change are numbers with formats of their own."""
    sheet, at = step_of(NETWORKS["d02b"], column)
    view = sheet.view
    assert view.freeze is not None
    for block in ("gamma", "cost", "cost_new"):
        assert at[block].bottom < view.freeze[0]
    (change,) = (cell for cell in sheet.cells.values() if cell.role == "change")
    assert change.value == pytest.approx(0.291027774 / 0.298371109 - 1)
    assert change.number == "0.0%"
    assert "TEXT" not in (change.formula or "")


def test_each_band_has_its_heading_and_its_arrows() -> None:
    """Number, name and direction; arrows point on in bands one, two and four."""
    sheet, _ = step_of(NETWORKS["xor-batch"])
    headings = [str(cell.value) for cell in sheet.cells.values() if cell.role.startswith("band_") and cell.value]
    assert [words.partition("   ")[0] for words in headings] == [
        "① forward →",
        "② backward ←",
        "③ gradient ↓",
        "④ forward again →",
    ]
    arrows = [str(cell.value) for cell in sheet.cells.values() if cell.role == "arrow"]
    assert (arrows.count("→"), arrows.count("←")) == (2 * 6, 3)


def test_in_column_orientation_headings_stand_upright_beside_their_bands() -> None:
    """Merged from the frozen row down, which holds the band's number; the columns of W and z say what they are."""
    sheet, at = step_of(NETWORKS["xor-batch"], True)
    view, plan = sheet.view, step_plan(NETWORKS["xor-batch"], True)
    assert view.freeze is not None
    assert [box[1] for box in view.merged] == [band.first for band in plan.bands]
    for top, left, bottom, right in view.merged:
        assert top == view.freeze[0]
        assert left == right
        assert bottom == max(area.bottom for area in at.values())
        assert str(sheet.cells[top - 1, left].value) in "①②③④"
        assert sheet.cells[top, left].role.endswith(UPRIGHT)
    for block, words in (("W_1", ["i = 0", "i = 1", "bias"]), ("z_1", ["n = 0", "n = 1", "n = 2", "n = 3"])):
        area = at[block]
        assert [sheet.cells[area.top - 1, column].value for column in range(area.left, area.right + 1)] == words


def test_every_symbol_of_a_band_is_a_quantity_of_some_network() -> None:
    """So is each that stands in another's track: a name spelled wrong would leave a block out."""
    symbols = {block.quantity.symbol for network in NETWORKS.values() for block in network.blocks.values()}
    for band in BANDS:
        assert {symbol for line in band.lines for symbol in line} | set(band.arrows) <= symbols
    assert set(UNDER) <= symbols


@both_ways
def test_what_is_tall_can_be_folded_away_and_is_not(column: bool) -> None:
    """Jacobians, W, ∂C/∂W and W′ of digits; both formats have the groups."""
    network = NETWORKS["digits-64-32-10"]
    sheet, at = step_of(network, column)
    groups = sheet.view.column_groups if column else sheet.view.row_groups
    for block in ("W_1", "J_2", "dC_dW_1", "W_1_new"):
        area = turned(at[block]) if column else at[block]
        assert any(first <= area.top and area.bottom <= last for first, last in groups), block
    assert not step_of(NETWORKS["d02b"], column)[0].view.row_groups


def test_large_weights_have_colours_of_their_signs_and_small_ones_none() -> None:
    """Three colours for W, ∂C/∂W and W′ of both layers of digits."""
    signed = [rule for rule in step_of(NETWORKS["digits-64-32-10"])[0].view.rules if len(rule.scale or ()) == 3]
    assert len(signed) == 6
    assert not [rule for rule in step_of(NETWORKS["d02b"])[0].view.rules if len(rule.scale or ()) == 3]


@both_ways
@every_network
def test_it_prints_on_one_page_or_pages_begin_with_bands(name: str, column: bool) -> None:
    """One page while it keeps three quarters of its size; else no text gets smaller than six points."""
    sheet, _ = step_of(NETWORKS[name], column)
    view, last = sheet.view, max(column for _, column in sheet.cells)
    width = sum(0.75 * (7 * view.widths.get(c, view.default_width) + 5) for c in range(1, last + 1))
    height = 15.0 * max(row for row, _ in sheet.cells)
    page = PAGE_SIDEWAYS if view.landscape else PAGE_UPRIGHT
    if view.one_page:
        assert min(page[0] / width, page[1] / height) >= 0.75
        assert not view.scale
    else:
        assert max(min(x / width, y / height) for x, y in (PAGE_SIDEWAYS, PAGE_UPRIGHT)) < 0.75
        assert view.scale / 100 * min(style.size for style in STYLES.values()) >= SMALLEST_TEXT
        firsts = [band.first for band in step_plan(NETWORKS[name], column).bands[1:]]
        breaks = view.column_breaks if column else view.row_breaks
        assert set(breaks) <= set(firsts)
    assert view.title_rows is not None


def filled_in(copy: Workbook, key: Sheet, places: set[Position]) -> Workbook:
    """The copy with the key's formulas at some of its open cells."""
    (step,) = (sheet for sheet in copy.sheets if sheet.name == "Step")
    cells = {at: Cell(key.cells[at].value, key.cells[at].formula, "answer") for at in places}
    full = replace(step, cells={**step.cells, **cells})
    return replace(copy, sheets=tuple(full if sheet is step else sheet for sheet in copy.sheets))


@pytest.mark.libreoffice
@pytest.mark.gnumeric
@pytest.mark.parametrize("suffix", SUFFIXES)
@both_ways
def test_what_waits_for_a_blank_shows_nothing_in_any_program(column: bool, suffix: str, tmp_path: Path) -> None:
    """While a is half filled in, z, the outputs and the cost show nothing; then numbers; the judge accepts the guard."""
    network = NETWORKS["relu-sigmoid-softmax"]
    copy = make_student_workbook(network, Exercise(blanks_named(network, ["a_1"])), WorkbookOptions(column=column))
    key, at = step_of(network, column)
    asked = [place for place in positions(at["A_1"]) if key.cells[place].role != "bias_node"]
    waiting = [next(positions(at[block])) for block in ("z_2", "e_3", "a_3", "cost", "dC_dW_2", "W_1_new")]
    for given, shown in ((asked[:1], False), (asked, True)):
        path = tmp_path / f"copy-{len(given)}{suffix}"
        save_workbook(filled_in(copy, key, set(given)), path)
        other = ".ods" if suffix == ".xlsx" else ".xlsx"
        seen = [read_workbook(libreoffice_convert([path], other[1:], tmp_path / "lo")[0])]
        seen.append(read_workbook(gnumeric_convert(path, suffix[1:], tmp_path / "gnumeric")))
        values = [[book.sheet("Step").cells[place].value for place in waiting] for book in seen]  # type: ignore[union-attr]
        values.append(list(next(evaluate(read_workbook(path), [], [None], [("Step", *place) for place in waiting]))))
        for row in values:
            assert row == (pytest.approx([key.cells[place].value for place in waiting]) if shown else [" "] * len(row))
        report = validate(path)
        assert set(report.counts) == ({"correct", "blank"} if shown else {"blank", "correct"})
        assert report.changed_givens == ()


@both_ways
def test_a_large_network_says_where_its_blocks_stand(column: bool) -> None:
    """Its first screen would be empty but for the headings; a small one needs no such links."""
    network = load_network("digits-64-32-10")
    digits = make_workbook(network, WorkbookOptions(column=column)).sheet("Step")
    assert digits is not None
    told = {at: str(cell.value) for at, cell in digits.cells.items() if "stands at" in str(cell.value)}
    heads = [words.split(" stands at ")[0] for (row, _), words in told.items() if row == min(told)[0]]
    assert heads == ["A⁽⁰⁾", "∂C/∂a⁽²⁾", "∂C/∂W⁽¹⁾", "W⁽¹⁾′"]
    assert len(told) == len(set(network.blocks) - set(FROZEN_BLOCKS))
    for at, words in told.items():
        assert at[0] < FIRST_SCREEN
        assert cell_name(*digits.view.links[at][1:]) == words.split()[-1]
    small = make_workbook(load_network("d02b"), WorkbookOptions()).sheet("Step")
    assert small is not None
    assert not any("stands at" in str(cell.value) for cell in small.cells.values())
