"""Roles of different meaning can be told apart by everybody, on paper too, and every text can be read."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import pytest
from coloraide import Color

from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.network_file import load_network
from sheetnet.styles import STYLES
from sheetnet.workbook import Sheet
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tools.small_networks import SMALL

APART = 10.0  # ΔE by CIEDE2000: seen at a glance
READABLE = 4.5  # the contrast that WCAG 2 asks of text
# What the roles of numbers mean; within a meaning, shades tell layers and steps apart.
MEANINGS = {
    "given": "input entry gamma step_size numpy",
    "target": "target nudged wanted",
    "weight": "weight",
    "new weight": "new_weight trained",
    "bias nodes, copies and dead ends": "bias_node copy dead wrong_way",
    "forward": "forward output activation_1 activation_2 activation_3 said sure",
    "backward": "backward gradient path sum",
    "cost": "cost fine_cost",
    "answer": "answer",
    "a fact": "zero one count whole difference edge light",
}
MEANING = {role: meaning for meaning, roles in MEANINGS.items() for role in roles.split()}
LIGHTS = {"pass", "fail", "kink", "filled"}  # they say in words what their colour says


@cache
def seen(role: str, sight: str) -> Color:
    """The fill of a role as normal, protan or deutan eyes see it, or in grey."""
    color = Color(f"#{STYLES[role].fill or 'FFFFFF'}")
    return color if sight == "normal" else color.filter("grayscale" if sight == "grey" else sight)


def distance(one: str, other: str, sight: str) -> float:
    return float(seen(one, sight).delta_e(seen(other, sight), method="2000"))


def sheets() -> list[Sheet]:
    """Every sheet that small templates have: both orientations, and students' copies."""
    found: list[Sheet] = []
    for network in map(load_network, SMALL):
        for column in (False, True):
            found += make_workbook(network, WorkbookOptions(tuple(SHEETS), column, steps=2)).sheets
        found += make_student_workbook(network).sheets
    return found


def test_roles_that_stand_on_one_sheet_are_apart() -> None:
    """For normal, protan and deutan sight, whatever sheet it is."""
    close: dict[tuple[str, str], float] = {}
    compared = set()
    for sheet in sheets():
        roles = {cell.role for cell in sheet.cells.values()} | {rule.role for rule in sheet.view.rules}
        numbers = sorted(role for role in roles if role in MEANING)
        for pair in combinations(numbers, 2):
            if MEANING[pair[0]] != MEANING[pair[1]] and pair not in compared:
                compared.add(pair)
                nearest = min(distance(*pair, sight) for sight in ("normal", "protan", "deutan"))
                if nearest < APART:
                    close[pair] = nearest
    assert len(compared) > 100
    assert close == {}


def test_every_role_of_numbers_has_a_meaning() -> None:
    framed = {role for role, style in STYLES.items() if style.border and role not in ("header", "name", "name_link")}
    assert framed - LIGHTS <= MEANING.keys() <= STYLES.keys()


@pytest.mark.parametrize(("one", "other"), [*combinations(("forward", "backward", "cost", "answer"), 2)])
def test_on_paper_the_main_roles_differ(one: str, other: str) -> None:
    """In grey by lightness, or else by the frame or the weight of the numbers."""
    first, second = STYLES[one], STYLES[other]
    by_shape = (first.border, first.bold) != (second.border, second.bold)
    assert distance(one, other, "grey") >= APART or by_shape


@pytest.mark.parametrize("role", STYLES)
def test_every_text_can_be_read(role: str) -> None:
    style = STYLES[role]
    assert Color(f"#{style.color}").contrast(f"#{style.fill or 'FFFFFF'}", method="wcag21") >= READABLE
