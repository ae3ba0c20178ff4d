"""The package as others get it: the wheel works in an empty environment, and its rooms keep to themselves."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import ROOT

PACKAGE = ROOT / "sheetnet"
TEMPLATES = sorted(path.stem for path in (ROOT / "templates").glob("*.toml"))
# What everything imports → what it may import of the package itself.
LEAVES = {
    "errors.py": (),
    "styles.py": ("sheetnet.errors.",),
    "quantity.py": ("sheetnet.errors.",),
    "network.py": ("sheetnet.errors.", "sheetnet.quantity."),
    "workbook.py": ("sheetnet.errors.",),
}
FILE_PACKAGES = {"zipfile", "xml", "defusedxml", "odf", "xlsxwriter"}


def run(*command: str | Path, cwd: Path) -> str:
    """The command's output; where it fails, the test fails with what it said. Nothing of this checkout is on its path."""
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as for a release."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.xdist_group("wheel")
def test_the_wheel_holds_the_package_and_the_templates(wheel: Path) -> None:
    """Every module and every template, and no tests, caches or generated files."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py")}
    assert TEMPLATES
    assert modules <= names
    assert {f"sheetnet/templates/{template}.toml" for template in TEMPLATES} <= names
    assert [name for name in names if not name.startswith("sheetnet/") or "__pycache__" in name] == []


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Installed with what it depends on and nothing else, it lists its templates and generates a workbook that is right."""
    venv.create(tmp_path / "env", with_pip=True)
    binaries = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=tmp_path)
    sheetnet = binaries / "sheetnet"
    listed = run(sheetnet, "templates", cwd=tmp_path)
    assert [template for template in TEMPLATES if template not in listed] == []
    printed = run(sheetnet, "generate", "d02b", "-o", tmp_path / "out", "--format", "both", cwd=tmp_path).split()
    made = sorted((tmp_path / "out").iterdir())
    assert [path.suffix for path in made] == [".ods", ".xlsx"]
    assert {path.name for path in made} <= {Path(word).name for word in printed}
    run(sheetnet, "validate", *made, cwd=tmp_path)


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, at its top or inside a function, in full."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported(folder: str) -> dict[str, set[str]]:
    """By module of sheetnet in that folder (or the file of that name), what it imports."""
    paths = [PACKAGE / folder] if folder.endswith(".py") else sorted((PACKAGE / folder).rglob("*.py"))
    assert paths, f"nothing to look at in sheetnet/{folder}"
    return {path.relative_to(PACKAGE).as_posix(): set(imports(path)) for path in paths}


def offenders(folder: str, *forbidden: str) -> list[str]:
    """The imports in that folder of forbidden modules or of what is inside them."""
    return [
        f"sheetnet/{module} imports {name}"
        for module, names in imported(folder).items()
        for name in sorted(names)
        if any(name == base or name.startswith(base + ".") for base in forbidden)
    ]


def test_the_two_derivations_never_meet() -> None:
    """The check is worth something only if NumPy and the spreadsheet were derived apart (docs/design.md)."""
    assert offenders("formulas", "numpy", "pandas", "sheetnet.reference") == []
    assert offenders("reference", "sheetnet.formulas", "sheetnet.layout") == []


def test_the_two_derivations_do_not_meet_in_a_go_between() -> None:
    """What each imports of sheetnet leads, through any number of modules, never to the other."""
    assert "sheetnet.reference" not in reachable("formulas")
    assert "sheetnet.formulas" not in reachable("reference")


def reachable(folder: str) -> set[str]:
    """The rooms of sheetnet that the modules in a folder load, directly or through others."""
    modules = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path for path in PACKAGE.rglob("*.py")
    }
    modules = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    waiting = [name for name in modules if name.startswith(f"sheetnet.{folder}")]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = [part for wanted in imports(modules[name]) for part in (wanted, wanted.rpartition(".")[0])]
        waiting.extend(part for part in found if part in modules and part != "sheetnet")
    return {".".join(name.split(".")[:2]) for name in seen}


def test_only_files_knows_file_formats() -> None:
    """XML, zip archives and the libraries that write workbooks stay behind one door."""
    rooms = [
        path.name for path in PACKAGE.iterdir() if path.name != "files" and (path.is_dir() or path.suffix == ".py")
    ]
    rooms = [room for room in rooms if room.endswith(".py") or any((PACKAGE / room).rglob("*.py"))]
    assert [line for room in rooms for line in offenders(room, *FILE_PACKAGES)] == []


@pytest.mark.parametrize("module", LEAVES)
def test_a_leaf_depends_on_nothing_but_errors_and_names(module: str) -> None:
    """What everything imports must import nothing of the rest."""
    own = {name for name in imported(module)[module] if name == "sheetnet" or name.startswith("sheetnet.")}
    assert {name for name in own if not name.startswith(LEAVES[module])} == set()


def test_the_command_line_loads_no_heavy_package_for_its_help() -> None:
    """`sheetnet --help` answers within 0.3 s only if the number crunchers are imported late."""
    code = "import sys, sheetnet.cli; print(*{'numpy', 'pandas', 'openpyxl', 'odf', 'xlsxwriter'} & set(sys.modules))"
    assert run(sys.executable, "-c", code, cwd=ROOT).split() == []
