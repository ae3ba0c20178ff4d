"""The shape of the code: each public name stands once, and neither files nor functions grow too long to be read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.source import parsed

LONGEST_FILE, SHORTEST_FILE, LONGEST_FUNCTION = 400, 30, 40
SMALL = {"__init__.py", "__main__.py", "_version.py"}  # names that a package has to have
# Both engines have the same functions: that is what makes them engines (sheetnet/engine/__init__.py).
SHARED = {"evaluate", "unsupported"}
PATHS = sorted((ROOT / "sheetnet").rglob("*.py"))
TREES = {path.relative_to(ROOT).as_posix(): parsed(path) for path in PATHS}


def defined(tree: ast.Module) -> Iterator[str]:
    """The names that a module defines itself."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_public_name_is_defined_twice() -> None:
    """One word, one thing: whoever finds a name knows which."""
    homes: dict[str, list[str]] = {}
    for path, tree in TREES.items():
        for name in {name for name in defined(tree) if not name.startswith("_")} - SHARED:
            homes.setdefault(name, []).append(path)
    assert len(homes) > 1000
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_files_are_neither_long_nor_tiny() -> None:
    """A long one holds two ideas, a tiny one none of its own."""
    lengths = {path.relative_to(ROOT).as_posix(): lines_of(path) for path in PATHS}
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}
    assert {path: n for path, n in lengths.items() if n < SHORTEST_FILE and Path(path).name not in SMALL} == {}


def test_functions_are_short() -> None:
    """Documentation and the options of a command, which are declared and not done, do not count."""
    found = {}
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                found[f"{path}: {node.name}"] = (node.end_lineno or 0) - first.lineno + 1
    assert {name: n for name, n in found.items() if n > LONGEST_FUNCTION} == {}
