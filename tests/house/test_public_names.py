"""What a person meets who imports sheetnet: its names, their documentation, and how objects show themselves."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import sheetnet
from sheetnet.identification import identify_workbook, infer_workbook
from sheetnet.judge import judge
from sheetnet.judge_options import JudgeOptions
from sheetnet.object_display import LONGEST_SHOWN
from sheetnet.report.html import MOST_FINDINGS
from sheetnet.validation.result import findings_of
from tests.support.paths import ROOT
from tests.support.sheets import place_of, step_book, with_formula

NAMES = [name for name in sheetnet.__all__ if name != "__version__"]
DOCTEST = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_dir_lists_the_public_names_and_nothing_else() -> None:
    """What completion offers is what is promised; every name leads to what is called so."""
    assert dir(sheetnet) == sorted(sheetnet.__all__)
    assert sorted([*sheetnet._HOMES, "__version__"]) == sorted(sheetnet.__all__)


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    """An AttributeError, as of any module."""
    with pytest.raises(AttributeError, match=r"no attribute 'valdate'; it has .*validate"):
        _ = sheetnet.valdate  # type: ignore[attr-defined]


def modules() -> list[ModuleType]:
    """Every module of sheetnet, imported; `__main__` would run."""
    found = pkgutil.walk_packages(sheetnet.__path__, "sheetnet.")
    return [import_module(each.name) for each in found if not each.name.endswith("__main__")]


def test_no_module_takes_the_place_of_a_name_that_a_package_exports() -> None:
    """Importing `package.name` sets `name` in the package: what it exports under that name must still be there."""
    packages = [sheetnet, *(module for module in modules() if hasattr(module, "__path__"))]
    exported = [(package, name) for package in packages for name in getattr(package, "__all__", ())]
    assert len(exported) > len(NAMES)
    assert [f"{p.__name__}.{name}" for p, name in exported if inspect.ismodule(getattr(p, name))] == []
    for name in NAMES:
        found = getattr(sheetnet, name)
        assert inspect.isclass(found) or inspect.isfunction(found)
        assert (found.__name__, found.__module__.split(".")[0]) == (name, "sheetnet")


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_public_name_is_true(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every public name has an example in its documentation, which gives what it says."""
    monkeypatch.chdir(tmp_path)
    words = inspect.getdoc(getattr(sheetnet, name)) or ""
    example = doctest.DocTestParser().get_doctest(words, {"sheetnet": sheetnet}, name, None, None)
    assert example.examples, f"{name} has no example"
    told: list[str] = []
    doctest.DocTestRunner(optionflags=DOCTEST).run(example, out=told.append)
    assert "".join(told) == ""


STRANGE = "a\x1b[31m<script>alert(1)</script>\n" + "long " * 100


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """An object of each class that people meet, by the class's name; titles, paths and messages hold what they like."""
    network = replace(sheetnet.load_network("xor-batch"), title=STRANGE)
    workbook = step_book(network)
    sheet, row, column = place = place_of(workbook, network, "z_1")
    formula = next(each for each in workbook.sheets if each.name == sheet).cells[row, column].formula
    wrong = with_formula(workbook, place, f"{formula}+1")
    report = replace(judge(wrong, network), workbook=STRANGE)
    cell = next(cell for cell in report.cells if cell.verdict == "wrong")
    found = [
        network,
        network.layers[0],
        sheetnet.L2(0.01, biases=True, per_observation=True),
        sheetnet.training_step(network),
        wrong,
        wrong.sheets[1],
        report,
        cell,
        replace(cell, message=STRANGE),
        findings_of([cell])[0],
        replace(sheetnet.audit("d02b"), title=STRANGE),
        identify_workbook(wrong, network, None, JudgeOptions(steps=1), name=STRANGE),
        infer_workbook(step_book(network), name=STRANGE),
        sheetnet.Result(STRANGE, report),
        sheetnet.Result(STRANGE, None, f"{STRANGE}: is empty"),
    ]
    return {type(each).__name__: each for each in found}


def test_every_object_shows_itself_in_one_line(shown: dict[str, Any]) -> None:
    """Its class and what matters of it, bounded, printable: no numbers by the thousand, nothing that a terminal obeys."""
    assert {name for name in NAMES if inspect.isclass(getattr(sheetnet, name)) and not name.endswith("Error")} <= set(
        shown
    )
    for name, each in shown.items():
        line = repr(each)
        assert line.startswith(f"<{name} ")
        assert line.endswith(">")
        assert line.isprintable()
        assert len(line) <= LONGEST_SHOWN + len(name) + 3


def test_a_line_says_what_matters(shown: dict[str, Any]) -> None:
    """Counts of verdicts, the blamed cell, the cost of the step."""
    report = replace(shown["Report"], workbook="xor.ods")
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in report.counts.items())
    assert report.counts["wrong"] == 1
    assert repr(report) == f"<Report xor.ods: not ok, {counts}>"
    assert repr(replace(report, cells=())) == "<Report xor.ods: not ok, nothing was compared>"
    assert repr(sheetnet.Result("xor.ods", report)) == f"<Result xor.ods: incorrect, {counts}>"
    assert repr(sheetnet.Result("a.ods", None, "a.ods: is empty", kept=True)) == (
        "<Result unreadable: a.ods: is empty (from an earlier run)>"
    )
    cell = next(cell for cell in report.cells if cell.verdict == "wrong")
    assert repr(cell).startswith(f"<CellVerdict Step!{cell.cell} z⁽¹⁾ of neuron 0: wrong, ")


class Page(HTMLParser):
    """How often each element begins, which of them are open, and the text between them."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.begun: Counter[str] = Counter()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(words)

    def handle_starttag(self, tag: str, _: object) -> None:
        self.begun[tag] += 1
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page(thing: Any) -> Page:
    """What a notebook shows of it: elements that are all closed, no scripts and no control characters."""
    words = thing._repr_html_()
    assert "\x1b" not in words
    found = Page(words)
    assert found.open == []
    assert found.begun["script"] == found.begun["style"] == 0
    return found


def test_a_notebook_shows_a_step_as_tables(shown: dict[str, Any]) -> None:
    """One table for each quantity, with its name, shape, equation and every number."""
    step = shown["Step"]
    tables = page(step)
    quantities = list(step.network.blocks)
    assert tables.begun["table"] == len(quantities)
    assert [words for words in tables.words if words in step] == quantities
    numbers = sum(step[name].size for name in quantities)
    assert tables.begun["td"] == numbers


def test_a_notebook_shows_the_ends_of_a_large_quantity() -> None:
    """64 × 32 weights are no table for a page: twelve rows and columns, and signs for what is left out."""
    step = sheetnet.training_step(sheetnet.load_network("digits-64-32-10"))
    tables = page(step)
    assert {"⋮", "…"} <= set(tables.words)
    assert tables.begun["td"] < 13 * 13 * tables.begun["table"]


def test_a_notebook_shows_a_report_as_its_summary_with_the_findings(shown: dict[str, Any]) -> None:
    """The counts, and each blamed cell with its formula and the reason; what a file says of itself is text."""
    report = shown["Report"]
    summary = page(report)
    words = " ".join(summary.words)
    assert summary.begun["table"] == 1
    cell = next(cell for cell in report.cells if cell.verdict == "wrong")
    assert all(
        part in words for part in (f"Step!{cell.cell}", f"={cell.formula}", "z⁽¹⁾ of neuron 0", "1 wrong", "<script>")
    )


def test_a_notebook_lists_a_part_of_very_many_findings(d02b: tuple[sheetnet.Network, sheetnet.Workbook]) -> None:
    """Twenty findings, and where the others are."""
    network, workbook = d02b
    names = [name for name, block in network.blocks.items() if block.kind == "answer"]
    for count, name in enumerate(names):
        workbook = with_formula(workbook, place_of(workbook, network, name), f"{count}+0.123")
    summary = page(judge(workbook, network))
    assert summary.begun["tr"] == 1 + MOST_FINDINGS
    assert "report.to_frame()" in summary.words


def test_the_session_of_the_library_page_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/library.md, run from its first line to its last; it shows every public function."""
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "library.md"
    failures, examples = doctest.testfile(str(page), module_relative=False, optionflags=DOCTEST, encoding="utf-8")
    assert failures == 0
    assert examples >= 20
    words = page.read_text(encoding="utf-8")
    functions = [name for name in NAMES if inspect.isfunction(getattr(sheetnet, name))]
    assert [name for name in functions if f"sheetnet.{name}(" not in words] == []
