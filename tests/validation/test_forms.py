"""Right formulas, otherwise written, of many kinds: proven right by LibreOffice or NumPy, and how they are judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.engine import only_the_chosen
from sheetnet.files import read_workbook, save_workbook
from sheetnet.judge import judge
from sheetnet.network_file import template_names
from sheetnet.workbook import Place
from tests.support.engines import require
from tests.support.forms import FILE, Form, built, differing, load_forms, numpy_differs, plain
from tests.support.sheets import blamed

FORMS = load_forms()
# What IronCalc computes otherwise, or not at all: id → the verdict that a right formula gets for it, and the construct.
GAPS = {each: tuple(gap) for each, gap in json.loads(FILE.with_name("gaps.json").read_text("utf-8")).items()}
TEMPLATES = sorted({form.template for form in FORMS})
SLOW = {"f042"}  # whole columns: IronCalc walks a million rows, in every trial
SAMPLE = 20  # every so many forms are tried where all of them take minutes


def of(template: str) -> list[Form]:
    return [form for form in FORMS if form.template == template]


def verdict(form: Form, path: Path) -> str:
    """How the form is judged by IronCalc alone, saved and read again: its first verdict that is not correct."""
    save_workbook(built(form)[1], path)
    with only_the_chosen():
        return next(iter(blamed(judge(read_workbook(path), plain(form.template)[0])).values()), "correct")


def test_each_form_has_a_name_of_its_own_and_differs_from_the_generated_formula():
    assert [name for name, count in Counter(form.id for form in FORMS).items() if count > 1] == []
    assert [str(form) for form in FORMS if built(form)[1] == plain(form.template)[1]] == []
    assert set(GAPS) <= {form.id for form in FORMS}
    assert set(TEMPLATES) <= set(template_names())


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_right_formula_is_correct_but_for_the_known_gaps(template, tmp_path):
    """Forms of other cells are judged together; where one of them is blamed, and where a gap is known, each by itself."""
    path = tmp_path / "form.xlsx"
    judged: dict[str, str] = {}
    quick = [form for form in of(template) if form.id not in SLOW]
    for forms in together(form for form in quick if form.id not in GAPS):
        every = {place: content for form in forms for place, content in form.edits.items()}
        if verdict(replace(forms[0], edits=every), path) == "correct":
            judged |= {form.id: "correct" for form in forms}
    judged |= {form.id: verdict(form, path) for form in quick if form.id not in judged}
    assert judged == {form.id: GAPS.get(form.id, ("correct", ""))[0] for form in quick}


@pytest.mark.slow
@pytest.mark.parametrize("form", [form for form in FORMS if form.id in SLOW], ids=str)
def test_a_form_that_takes_long_is_correct(form, tmp_path):
    assert verdict(form, tmp_path / "form.xlsx") == "correct"


def together(forms: Iterable[Form]) -> list[list[Form]]:
    """The forms in groups, those of one in cells and under names of their own."""
    found: list[tuple[set[object], list[Form]]] = []
    for form in forms:
        filled = {*form.edits, *changed_cells(form)}
        used, group = next((each for each in found if each[0].isdisjoint(filled)), (set(), []))
        if not group:
            found.append((used, group))
        used |= filled
        group.append(form)
    return [group for _, group in found]


def changed_cells(form: Form) -> Iterator[Place]:
    """Where the workbook with the form differs from the generated one."""
    old, new = plain(form.template)[1], built(form)[1]
    for sheet in new.sheets:
        before = old.sheet(sheet.name)
        cells = {} if before is None else before.cells
        yield from ((sheet.name, *at) for at in sheet.cells if sheet.cells[at] != cells.get(at))
        yield from ((sheet.name, *at) for at in sheet.arrays)


@pytest.mark.parametrize("form", FORMS[::SAMPLE], ids=str)
def test_a_form_in_an_ods_file_is_judged_as_in_an_xlsx(form, tmp_path):
    assert verdict(form, tmp_path / "form.ods") == GAPS.get(form.id, ("correct", ""))[0]


@pytest.mark.parametrize("form", [form for form in FORMS if form.numpy], ids=str)
def test_a_form_beyond_libreoffice_is_right_by_numpy(form):
    assert numpy_differs(form) == []


def test_a_form_is_proven_by_libreoffice_or_by_numpy():
    assert [str(form) for form in FORMS if form.libreoffice == bool(form.numpy)] == []


@pytest.mark.libreoffice
def test_some_forms_are_right_by_libreoffice(tmp_path):
    assert_right([form for form in FORMS if form.libreoffice][:: 2 * SAMPLE], tmp_path)


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_form_is_right_by_libreoffice_at_two_sets_of_inputs(template, tmp_path):
    assert_right([form for form in of(template) if form.libreoffice], tmp_path)


def assert_right(forms: list[Form], folder: Path) -> None:
    require("libreoffice")
    wrong = differing(forms, folder)
    assert {each: found for each, found in wrong.items() if found} == {}
    assert len(wrong) == len(forms) > 0
