"""What sheetnet uses of XlsxWriter's insides is there in the installed version, and is used in one module alone."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from xlsxwriter.drawing import Drawing, DrawingInfo

from sheetnet.files.xlsx import xlsxwriter_internals
from sheetnet.files.xlsx.xlsxwriter_internals import USED
from tests.support.source import nodes

MODULE = Path(xlsxwriter_internals.__file__)
PUBLIC = {"xlsxwriter", "xlsxwriter.exceptions"}  # the modules that XlsxWriter's manual tells people to import


def instances() -> dict[type, object]:
    """One made object of each class, as `write_xlsx` makes it."""
    book = xlsxwriter.Workbook(io.BytesIO())
    made = [book, book.add_worksheet(), book.add_format(), book.str_table, Drawing(), DrawingInfo()]
    book.fileclosed = True
    return {type(each): each for each in made}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in USED.items() for name in names])
def test_the_installed_xlsxwriter_has_what_is_used(kind: type, name: str) -> None:
    """Fails with the name of what a new version took away, before any file is written wrongly."""
    assert hasattr(instances()[kind], name)


def attributes(path: Path) -> Iterator[str]:
    """Every attribute that the module reads or sets of anything but `self`, and the methods that its classes define."""
    for node in nodes(path):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def test_the_list_names_exactly_what_the_module_uses() -> None:
    """Neither a private attribute that nobody looks for nor an entry that nothing uses."""
    listed = {name for names in USED.values() for name in names}
    found = set(attributes(MODULE))
    assert listed <= found
    assert {name for name in found if name.startswith("_") and not name.startswith("__")} <= listed


def test_no_other_module_uses_xlsxwriters_insides() -> None:
    """No other module of sheetnet imports an undocumented module of XlsxWriter or names an attribute of the list."""
    listed = {name for names in USED.values() for name in names} - {"fh"}
    looked_at = 0
    for path in sorted(MODULE.parents[2].rglob("*.py")):
        words = path.read_text(encoding="utf-8")
        if path == MODULE or "xlsxwriter" not in words:
            continue
        looked_at += 1
        assert listed & set(attributes(path)) == set(), path
        imported = [node for node in ast.walk(ast.parse(words)) if isinstance(node, ast.ImportFrom)]
        modules = {str(node.module) for node in imported if str(node.module).startswith("xlsxwriter")}
        assert modules <= PUBLIC, path
    assert looked_at
