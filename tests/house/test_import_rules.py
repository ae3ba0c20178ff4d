"""Who may import whom: rooms lie in layers, and no import, lazy ones included, runs upward or in a circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.source import nodes

# From low to high. A room is a module or a package beside sheetnet/__init__.py; it may import those below it, not those
# beside it in its own layer. What a room is for stands in docs/design.md.
LAYERS = (
    {"_version", "errors"},
    {"effort", "network_readers", "object_display", "toml_fields", "quantity", "activations_and_losses", "styles"},
    {"input_names", "penalty"},
    {"workbook", "network"},
    {"predictor"},
    {"workbook_options", "verdict", "network_file"},
    {"syntax"},
    {"reference", "formulas"},  # the two derivations never meet
    {"layout", "files"},
    {"engine"},
    {"trials"},
    {"judge_options", "mistakes"},
    {"validation", "auditing"},
    {"identification"},
    {"generate", "judge", "extract"},  # the doors
    {"report"},
    {"batch"},
    {"classroom", "models"},
    {"web"},
    {"cli"},
    {"__init__", "__main__"},
)
HEIGHT = {room: height for height, layer in enumerate(LAYERS) for room in layer}


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    paths = sorted((ROOT / "sheetnet").rglob("*.py"))
    dotted = {path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path for path in paths}
    return {name.removesuffix(".__init__"): path for name, path in dotted.items()}


def room_of(module: str) -> str:
    """The part below `sheetnet` in which a module lies."""
    return "__init__" if module == "sheetnet" else module.split(".")[1]


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the package that a file imports, anywhere in it; a name taken from a package counts as the package."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in known else node.module


def test_every_room_has_its_layer() -> None:
    """What is not in the list would go unchecked."""
    assert {room_of(name) for name in modules()} == set(HEIGHT)


def test_the_design_page_has_every_room_in_its_layer() -> None:
    """The table of docs/design.md is these layers; the last is the package itself."""
    rows = re.findall(
        r"^\| ([0-9]+) \| (.+?) \|", (ROOT / "docs" / "design.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {room: int(layer) - 1 for layer, rooms in rows for room in re.findall(r"`(\w+)(?:/|\.py)`", rooms)}
    assert told == {room: height for room, height in HEIGHT.items() if room not in LAYERS[-1]}


def test_the_modules_that_the_pages_name_are_there() -> None:
    """A page that sends its reader to a file which has gone is worse than none."""
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
    named = {
        (page.name, name)
        for page in pages
        for name in re.findall(r"`(?:sheetnet/)?(\w+/[\w/]+\.py)`", page.read_text(encoding="utf-8"))
    }
    places = (ROOT, ROOT / "sheetnet")
    assert len(named) > 20
    assert [(page, name) for page, name in sorted(named) if not any((place / name).exists() for place in places)] == []


def test_judging_reads_no_clock() -> None:
    """A verdict and a name depend on the file and the seed: how much work is done is counted (`effort.py`), never timed."""
    rooms = ("effort", "engine.prepare", "identification", "mistakes", "reference", "trials", "validation")
    found = [
        name
        for name, path in modules().items()
        if name.startswith(tuple(f"sheetnet.{room}" for room in rooms))
        for node in nodes(path)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for clock in (node.module if isinstance(node, ast.ImportFrom) else None, *(alias.name for alias in node.names))
        if clock in ("time", "datetime")
    ]
    assert found == []


def test_no_import_runs_upward() -> None:
    """A room imports lower rooms alone, so that it can be read and changed without those above it."""
    known = modules()
    upward = [
        f"{name} imports {other}"
        for name, path in known.items()
        for other in imported(path, known)
        if room_of(other) != room_of(name) and HEIGHT[room_of(other)] >= HEIGHT[room_of(name)]
    ]
    assert upward == []


def test_the_command_alone_imports_the_web_and_late() -> None:
    """What it needs is an extra: nothing else may want it, and not even the command line before it is asked to serve."""
    known = modules()
    wanting = {name for name, path in known.items() for other in imported(path, known) if room_of(other) == "web"}
    assert {name for name in wanting if room_of(name) != "web"} == {"sheetnet.cli.serve"}
    top = ast.parse(known["sheetnet.cli.serve"].read_text(encoding="utf-8")).body
    assert "sheetnet.web" not in [node.module for node in top if isinstance(node, ast.ImportFrom)]
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in known.items()}
    assert [name for name, lines in lengths.items() if room_of(name) == "web" and lines > 300] == []


def test_no_import_runs_in_a_circle() -> None:
    """Inside a room too every module has those that it builds on; raises CycleError naming a circle."""
    known = modules()
    order = list(
        TopologicalSorter({name: set(imported(path, known)) - {name} for name, path in known.items()}).static_order()
    )
    assert set(order) == set(known)
