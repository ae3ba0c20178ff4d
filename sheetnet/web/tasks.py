"""What is done with a stranger's file in its confined process, the answers as plain data: judge it, make workbooks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from sheetnet.classroom.whose import read_said
from sheetnet.errors import FileError, SheetnetError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.limits import Limits
from sheetnet.generate import asked_for
from sheetnet.identification import Inference, infer_workbook
from sheetnet.judge import is_of_any_layout, judge_file
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.report.html import legend_of, section
from sheetnet.report.json import report_data
from sheetnet.report.marked import save_marked
from sheetnet.report.redacted import for_students, plainly_told, redacted
from sheetnet.validation import Report
from sheetnet.web.worker import in_a_browser

SHOWN_OF_A_REPORT = ("ok", "notes", "network", "network_source", "engine", "trials", "seed")
SHOWN_OF_PROGRESS = ("right", "to_look_at", "to_do", "not_judged", "total", "words", "remark")


def judge_upload(path: str, name: str, network: str | None, marked: str, limits: Limits) -> dict[str, Any]:
    """Judge a workbook by a template, a network file or the network that it carries, and write a marked copy.

    Students' copies are told at "hint". `name` is what the report calls the file. Raises FileError without any path.
    """
    believed = None
    with _spoken(path, network):
        expected = None if network is None else load_network(network)
        if expected is None and is_of_any_layout(workbook := read_workbook(path, limits)):
            try:
                found = infer_workbook(workbook, JudgeOptions(limits=limits), name=name)
            except FileError:
                return {"needs_network": True}
            report, believed = _by_inference(path, found, limits), _believed(found)
        else:
            report = judge_file(path, expected, JudgeOptions(limits=limits))
    return {**_shown(for_students(report), name, marked, limits), "believed": believed}


def _by_inference(path: str, found: Inference, limits: Limits) -> Report:
    """The report by a network that was read off the workbook; its inputs where they were found, or by their values."""
    where = Path(path).with_name("map.toml")
    where.write_text(found.map_text(), "utf-8")
    try:
        report = judge_file(path, found.network, JudgeOptions(inputs=where, limits=limits))
    except FileError:
        report = judge_file(path, found.network, JudgeOptions(limits=limits))
    notes = tuple(note for note in report.notes if str(where) not in note)
    return replace(report, network_source="the workbook's formulas", notes=notes)


def _believed(found: Inference) -> dict[str, Any]:
    """What was read off a workbook that does not say which network it computes, and what its sheet leaves open."""
    network = found.network
    activations = ", ".join(layer.activation for layer in network.layers)
    return {
        "network": f"{'-'.join(map(str, network.sizes))} with {activations}; {network.loss}; γ {network.learning_rate:g}",
        "where": found.where,
        "choices": found.choices,
        "questions": [(one.words, "" if one.line.startswith("--") else one.line) for one in found.questions],
        "network_file": found.network_text(),
        "map": found.map_text(),
    }


def judge_attempt(
    path: str,
    marked: str,
    network: Network,
    asked: Mapping[str, Any],
    level: str,
    limits: Limits,
) -> dict[str, Any]:
    """Judge what a student handed in: the `page` that the student sees; and as `found`, for the teacher, the report and what
    the file says of itself.

    `asked` has the class's network, its cells that differ from student to student, the blanks, and a name for the page.
    """
    said = read_said(path, asked["network"], asked["cells"], limits)
    with _spoken(path, None):
        report = judge_file(path, network, JudgeOptions(blanks=asked["blanks"], limits=limits))
    shown = _shown(redacted(report, level), asked["name"], marked, limits)
    return {"page": shown, "found": {"token": said.token, "givens": said.givens, "report": report_data(report)}}


def make_workbooks(network: str, stem: str, suffix: str, folder: str) -> dict[str, Any]:
    """Write the workbook of a network, a student's copy and its key, and say how they are called."""
    with _spoken(network, network):
        found = load_network(network)
        books = {**asked_for(found, stem), **asked_for(found, stem, student=True, key=True)}
        for name, book in books.items():
            save_workbook(book, Path(folder) / f"{name}{suffix}")
    return {"title": found.title, "sizes": found.sizes, "files": [f"{name}{suffix}" for name in books]}


def _shown(report: Report, name: str, marked: str, limits: Limits) -> dict[str, Any]:
    """The section of the report's page as data, and whether the marked copy was written; the report is redacted before."""
    report = plainly_told(report)
    problem = None
    try:
        save_marked(report, Path(marked), limits)
    except SheetnetError as error:
        problem = _without_paths(str(error), report.workbook, marked)
    found = section(0, replace(report, workbook=name), read_workbook(report.workbook, limits))
    data = {field.name: getattr(found, field.name) for field in fields(found) if field.name != "report"}
    data["concealed"] = in_a_browser(found.concealed)
    data["report"] = {name: getattr(report, name) for name in SHOWN_OF_A_REPORT}
    data["report"]["notes"] = [in_a_browser(note) for note in report.notes]
    data["progress"] = {name: getattr(found.progress, name) for name in SHOWN_OF_PROGRESS}
    return {"section": data, "legend": legend_of([report]), "unmarked": problem}


@contextmanager
def _spoken(*paths: str | None) -> Iterator[None]:
    """Errors for somebody in a browser: without our paths, and without options of the command line."""
    try:
        yield
    except SheetnetError as error:
        raise FileError(_without_paths(str(error), *paths)) from None


def _without_paths(words: str, *paths: str | None) -> str:
    for path in paths:
        if path is not None and "/" in path:
            words = words.removeprefix(f"{path}: ").replace(path, "the file")
    return in_a_browser(words)
