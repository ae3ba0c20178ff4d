"""Errors carry what they say: path, place and remedy, through processes and however they were made."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest

import sheetnet.errors
from sheetnet.batch.api import validate_many
from sheetnet.errors import FileError, NetworkError, SheetnetError, errors_within
from sheetnet.files import read_workbook
from sheetnet.network_file import load_network
from tests.support.made_xlsx import build, sheet_xml
from tests.support.source import nodes

PACKAGE = Path(sheetnet.errors.__file__).parent
FAMILY = {name for name, found in vars(sheetnet.errors).items() if isinstance(found, type)} | {"NoWorkerError"}
# Their message ends with what cannot be mended by whoever reads it, or holds the remedy of another error.
WITHOUT_REMEDY = 40


def test_the_line_is_made_of_the_attributes() -> None:
    """Path, place, what and remedy, as far as there are; a text that begins with its place says it once."""
    error = FileError("is wrong", path=Path("a.xlsx"), place="S!A1", remedy="mend it")
    assert (str(error), error.path, error.place, error.remedy) == (
        "a.xlsx: S!A1: is wrong: mend it",
        "a.xlsx",
        "S!A1",
        "mend it",
    )
    assert str(NetworkError("loss is x", place="loss")) == "loss is x"
    assert str(FileError("is wrong")) == "is wrong"


def test_errors_keep_their_attributes_from_process_to_process() -> None:
    """A worker's error is pickled."""
    error = pickle.loads(pickle.dumps(FileError("is wrong", path="a.xlsx", place="S!A1", remedy="mend it")))
    assert (type(error), str(error)) == (FileError, "a.xlsx: S!A1: is wrong: mend it")
    assert (error.path, error.place, error.remedy) == ("a.xlsx", "S!A1", "mend it")


def test_an_error_is_told_its_file_once() -> None:
    """By the innermost that knows it."""
    with pytest.raises(NetworkError) as caught, errors_within("outer"), errors_within("a.xlsx", "_sheetnet"):
        raise NetworkError("loss is x", place="loss", remedy="mend it")
    error = caught.value
    assert str(error) == "a.xlsx: _sheetnet: loss is x: mend it"
    assert (error.path, error.place, error.remedy) == ("a.xlsx", "_sheetnet: loss", "mend it")


def test_a_wrong_cell_of_a_file_says_where_it_is(tmp_path: Path) -> None:
    """The file by its path, the cell by sheet and name."""
    path = build(tmp_path / "a.xlsx", sheet_xml("<c r='B2'><v>x</v></c>", row="<row r='2'>"))
    with pytest.raises(FileError) as caught:
        read_workbook(path)
    error = caught.value
    assert (error.path, error.place, error.remedy) == (str(path), "Step!B2", "type the cell's value again")
    assert str(error) == f"{path}: Step!B2: has 'x' where a number belongs: type the cell's value again"


def test_a_wrong_field_of_a_network_file_says_which(tmp_path: Path) -> None:
    """As the file spells it."""
    path = tmp_path / "mine.toml"
    path.write_text("titel = 'x'", encoding="utf-8")
    with pytest.raises(NetworkError) as caught:
        load_network(path)
    assert (caught.value.path, caught.value.place, caught.value.remedy) == (str(path), "titel", "did you mean title?")


def test_a_worker_error_names_its_file(tmp_path: Path) -> None:
    """In the one line of a batch."""
    (result,) = validate_many([tmp_path / "gone.xlsx"], jobs=1)
    assert result.error == f"{tmp_path / 'gone.xlsx'}: there is no such file: check the path"


def test_no_error_hides_its_remedy_in_the_sentence() -> None:
    """Whoever raises one says what to do by name; few have nothing to say."""
    calls = [
        (path.name, node)
        for path in PACKAGE.rglob("*.py")
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAMILY - {"BugError"}
    ]
    assert len(calls) > 150
    without = [f"{name}:{call.lineno}" for name, call in calls if "remedy" not in {each.arg for each in call.keywords}]
    assert len(without) <= WITHOUT_REMEDY, without
    assert issubclass(NetworkError, SheetnetError)
