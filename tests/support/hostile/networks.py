"""Networks that a workbook carries and that are too big, too deep or none: the hidden sheet is the student's, too."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sheetnet.generate import make_workbook
from sheetnet.layout.info_sheets import RECORD_SHEET
from sheetnet.network_file import dump_network, load_network
from sheetnet.workbook import Cell
from sheetnet.workbook_options import WorkbookOptions
from tests.support.hostile.cases import add
from tools.packages import saved


def carrying(suffix: str, words: str, head: str = "sheetnet format 1") -> bytes:
    """The right worksheet with another text on its hidden sheet."""
    book = make_workbook(load_network("d02b"), WorkbookOptions())
    lines = [head, *(line for line in words.splitlines() if line)]
    cells = {(row, 1): Cell(line) for row, line in enumerate(lines, 1)}
    sheets = tuple(replace(sheet, cells=cells) if sheet.name == RECORD_SHEET else sheet for sheet in book.sheets)
    return saved(replace(book, sheets=sheets), suffix)


USUAL = dump_network(load_network("d02b"))
HEAD = USUAL[: USUAL.index("[[layers]]")]
LAYER = '[[layers]]\nactivation = "sigmoid"\nneurons = {}\n'
DEEP = "[" * 20_000
for _name, _words, _wanted, _said in (
    ("a billion neurons", HEAD + LAYER.format(1_000_000_000) + LAYER.format(2), "refused", "neurons"),
    ("100,000 by 100,000 neurons", HEAD + LAYER.format(100_000) * 2 + LAYER.format(2), "refused", "neurons"),
    ("200 layers", HEAD + LAYER.format(2) * 200, "not right", ""),
    ("200 by 200 neurons", HEAD + LAYER.format(200) * 2 + LAYER.format(2), "not right", ""),
    ("lists nested 20,000 deep", f"title = {DEEP}\n", "refused", "_sheetnet"),
    ("tables nested 10,000 deep", f"[{'a.' * 10_000}b]\n", "refused", "_sheetnet"),
    ("tables in tables 5,000 deep", f"title = {'{a=' * 5_000}1{'}' * 5_000}\n", "refused", "_sheetnet"),
    (
        "a number of 5,000 digits",
        USUAL.replace("learning_rate = 0.5", f"learning_rate = {'9' * 5_000}"),
        "refused",
        "_sheetnet",
    ),
    (
        "a number without an end",
        USUAL.replace("learning_rate = 0.5", "learning_rate = inf"),
        "refused",
        "learning_rate",
    ),
    ("a number that is none", USUAL.replace("learning_rate = 0.5", "learning_rate = nan"), "refused", "learning_rate"),
    ("a seed of 4,000 digits", USUAL.replace("[observations]", f"seed = {'9' * 4_000}\n[observations]"), "stopped", ""),
    ("a field of 30,000 letters", f"{'x' * 30_000} = 1\n", "refused", "not a field"),
    ("a field with terminal codes", '"\\u001b[31m\\n" = 1\n', "refused", "not a field"),
    ("a loss with terminal codes", USUAL.replace("half_sse", "\\u001b[31m\\nhalf"), "refused", "loss"),
    ("no network", "", "refused", "_sheetnet"),
    ("no TOML", "<script>", "refused", "not TOML"),
):
    for _suffix in ("xlsx", "ods"):
        _make = partial(carrying, _suffix, _words)
        _slow = _suffix == "ods" and _wanted == "not right"  # judged for seconds, the same from both formats
        add(f"carries {_name}", _suffix, lambda _, make=_make: make(), _wanted, _said, _slow)  # type: ignore[misc]
add(
    "carries a later format",
    "xlsx",
    lambda _: carrying("xlsx", USUAL, "sheetnet format 2\x1b[31m"),
    "refused",
    "newer sheetnet",
)
