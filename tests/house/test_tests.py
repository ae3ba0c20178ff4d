"""The tests and the tools keep a house of their own: a folder a room, shared things in one place, no file too long."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.source import nodes, parsed

TESTS, TOOLS = ROOT / "tests", ROOT / "tools"
LONGEST = 400  # lines of a file
ROOMS = {path.name for path in (ROOT / "sheetnet").iterdir() if (path / "__init__.py").exists()}
OTHERS = {"house", "network", "tools"}  # the package as a whole; network.py and network_file.py; tools/
# It writes the workbooks of tests/data/kept, which are made and described among the tests.
IMPORTS_TESTS = {"tools/kept.py"}


def modules(*folders: Path) -> dict[str, Path]:
    """By path from the repository's folder, every module in these folders."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    assert paths
    return {path.relative_to(ROOT).as_posix(): path for path in paths}


def imports(module: Path) -> Iterator[str]:
    """What a module imports, in full: `a.b.c` for `from a.b import c`."""
    for node in nodes(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.xdist_group("kept together")
def test_what_is_grouped_is_known_by_its_group(request: pytest.FixtureRequest) -> None:
    """pytest-xdist gives tests of one group to one worker by a name that pytest has to take: else all is set up twice."""
    if "PYTEST_XDIST_WORKER" in os.environ and request.config.getvalue("loadgroup"):
        assert request.node.nodeid.endswith("@kept together")


def test_no_module_imports_a_test_module() -> None:
    """What two of them share stands in tests/support, so that each can be read, run and moved alone."""
    found = [
        f"{path} imports {name}"
        for path, module in modules(TESTS, TOOLS).items()
        for name in imports(module)
        if name.startswith("tests.") and any(part.startswith(("test_", "conftest")) for part in name.split(".")[1:-1])
    ]
    assert found == []


def test_tools_do_not_import_tests() -> None:
    """Tests import tools."""
    found = {
        path for path, module in modules(TOOLS).items() if any(name.startswith("tests.") for name in imports(module))
    }
    assert found == IMPORTS_TESTS


def test_test_modules_stand_in_rooms_named_as_those_of_sheetnet() -> None:
    """Whoever knows where something is done knows where it is tested."""
    rooms = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
    assert rooms == ROOMS | OTHERS


@pytest.mark.parametrize("folder", [TESTS, TOOLS], ids=lambda folder: folder.name)
def test_no_file_is_long(folder: Path) -> None:
    """A file of 400 lines holds more than one idea."""
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_bytes().splitlines()) for path in folder.rglob("*.py")}
    assert lengths
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_every_helper_opens_with_one_plain_sentence() -> None:
    """Of tests/support, the fixtures and the tools, one can see what there is without reading on."""
    for path, module in modules(TESTS, TOOLS).items():
        first, *_ = (ast.get_docstring(parsed(module)) or "").split("\n")
        assert first.endswith("."), path
        assert first[:-1].count(". ") == 0, path


def test_the_search_path_is_left_alone() -> None:
    """Tools and tests are packages: `python -m tools.bench` finds all that it needs."""
    for path, module in modules(TESTS, TOOLS).items():
        names = {ast.unparse(node) for node in nodes(module) if isinstance(node, ast.Attribute)}
        assert "sys.path" not in names, path


def test_the_place_of_the_repository_is_told_once() -> None:
    """Tests may move from room to room without a path to mend."""
    told = [
        path
        for path, module in modules(TESTS, TOOLS).items()
        if any(isinstance(node, ast.Call) and ast.unparse(node) == "Path(__file__)" for node in nodes(module))
    ]
    assert told == ["tests/support/paths.py", "tools/__init__.py", "tools/engine_cases.py"]  # the last: files beside it
