"""The package as others get it: the wheel works in an empty environment, and its rooms keep to themselves."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sheetnet import __version__
from tests.support.paths import ROOT
from tests.support.source import nodes
from tests.support.web import Visitor

PACKAGE = ROOT / "sheetnet"
TEMPLATES = sorted(path.stem for path in (ROOT / "templates").glob("*.toml"))
LEAVES = [
    "errors.py",
    "object_display.py",
    "quantity.py",
    "styles.py",
    "workbook.py",
    "toml_fields.py",
    "activations_and_losses.py",
]
BELOW_ALL = ("sheetnet.errors.", "sheetnet.object_display.")
FILE_PACKAGES = {"zipfile", "xml", "defusedxml", "odf", "xlsxwriter"}


def own_environment() -> dict[str, str]:
    """Without what would put this checkout before the wheel."""
    return {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "MYPYPATH", "VIRTUAL_ENV"}}


def run(*command: str | Path, cwd: Path) -> str:
    """The command's output; where it fails, the test fails with what it said. Nothing of this checkout is on its path."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=own_environment(),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel in the folder that SHEETNET_WHEEL names, as `make wheel` does, or one built as for a release."""
    if "SHEETNET_WHEEL" in os.environ:
        (path,) = (ROOT / os.environ["SHEETNET_WHEEL"]).glob("*.whl")
        return path
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
    assert wheel.name.startswith(f"sheetnet-{__version__}-")
    assert "sheetnet/py.typed" in names  # without it type checkers take every name of the package for Any
    assert {f"sheetnet/templates/{template}.toml" for template in TEMPLATES} <= names
    assert [name for name in names if not name.startswith("sheetnet/") or "__pycache__" in name] == []


@pytest.fixture(scope="module")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an empty environment, in which the wheel was installed with what it depends on and nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder / "env", with_pip=True)
    binaries = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    install(binaries, str(wheel))
    return binaries


def install(binaries: Path, what: str) -> None:
    python = binaries / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", what, cwd=binaries)


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_the_wheel_works_in_an_empty_environment(binaries: Path, tmp_path: Path) -> None:
    """It lists its templates and generates a workbook that is right; what it is to serve, it says what it lacks."""
    sheetnet = binaries / "sheetnet"
    listed = run(sheetnet, "templates", cwd=tmp_path)
    assert [template for template in TEMPLATES if template not in listed] == []
    printed = run(sheetnet, "generate", "d02b", "-o", tmp_path / "out", "--format", "both", cwd=tmp_path).split()
    made = sorted((tmp_path / "out").iterdir())
    assert [path.suffix for path in made] == [".ods", ".xlsx"]
    assert {path.name for path in made} <= {Path(word).name for word in printed}
    run(sheetnet, "validate", *made, cwd=tmp_path)
    lacking = subprocess.run(
        [sheetnet, "serve"], cwd=tmp_path, env=own_environment(), capture_output=True, text=True, check=False
    )
    assert (lacking.returncode, lacking.stderr.count("\n")) == (2, 1)
    assert "pip install 'sheetnet[web]'" in lacking.stderr


@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.xdist_group("wheel")
def test_the_wheel_serves_the_page(binaries: Path, wheel: Path, tmp_path: Path) -> None:
    """With the extra `web`, which comes after the test above: a workbook is judged, another made."""
    install(binaries, f"{wheel}[web]")
    command = [str(binaries / "sheetnet"), "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=own_environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        visitor = Visitor(process.stdout.readline().strip())
        page = visitor.post("/judge", ("right.xlsx", (ROOT / "generated" / "bias-node.xlsx").read_bytes())).text
        made = visitor.post("/make", network="bias-node", format=".ods").text
        style = visitor.get("/static/web.css").text
        process.terminate()
    assert "✓ all correct" in page
    assert made.count(" download>") == 3
    assert ".v-wrong" in style


RIGHT = """\
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import sheetnet

network: sheetnet.Network = sheetnet.load_network("d02b")
layer: sheetnet.Layer = network.layers[0]
step: sheetnet.Step = sheetnet.training_step(network)
new_weights: NDArray[np.float64] = step["W_1_new"]
path: Path = sheetnet.write_workbook(network, "d02b.xlsx")
copy: Path = sheetnet.write_student_workbook(network, "student.ods", blanks=["delta"], hints="example")
workbook: sheetnet.Workbook = sheetnet.read_workbook(path)
try:
    report: sheetnet.Report = sheetnet.validate(path, network, trials=4)
except sheetnet.FileError as error:
    raise SystemExit(str(error)) from None
print(report.ok, report.to_frame().columns)
results: list[sheetnet.Result] = list(sheetnet.validate_many([path, copy], network, jobs=2))
found: sheetnet.Identification = sheetnet.identify(path, network, steps=1)
printed: sheetnet.Audit = sheetnet.audit("d02b")
version: str = sheetnet.__version__
"""
WRONG = """\
import sheetnet

sheetnet.valdate("d02b.xlsx")
sheetnet.validate("d02b.xlsx", trails=3)
text: str = sheetnet.validate("d02b.xlsx")
sheetnet.training_step("d02b.xlsx", 3)
"""


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel; what sheetnet depends on is borrowed from the tests' own."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder)
    (packages,) = [*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def type_errors(python: Path, words: str, folder: Path) -> list[str]:
    """The lines that `mypy --strict` prints of a script that uses the installed wheel."""
    script = folder / "script.py"
    script.write_text(words, encoding="utf-8")
    options = [
        "--strict",
        "--no-error-summary",
        "--config-file=",
        f"--cache-dir={folder}",
        f"--python-executable={python}",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, script.name],
        cwd=folder,
        env=own_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


@pytest.mark.xdist_group("wheel")
def test_a_users_script_is_type_checked_against_the_wheel(installed: Path, tmp_path: Path) -> None:
    """`mypy --strict` knows every public name and its types: it takes a right script and no line of a wrong one."""
    assert type_errors(installed, RIGHT, tmp_path) == []
    wrong = [line.split(":")[1] for line in type_errors(installed, WRONG, tmp_path) if ": error:" in line]
    assert sorted(set(wrong)) == ["3", "4", "5", "6"]


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, at its top or inside a function, in full."""
    for node in nodes(path):
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
def test_a_leaf_depends_on_nothing_but_errors_and_display(module: str) -> None:
    """What everything imports must import nothing of the rest."""
    own = {name for name in imported(module)[module] if name == "sheetnet" or name.startswith("sheetnet.")}
    assert {name for name in own if not name.startswith(BELOW_ALL)} == set()


def test_a_network_depends_on_leaves_alone() -> None:
    """It checks itself without any of the rooms that compute with it; so do the names of its inputs, and its penalty."""
    leaves = tuple(f"sheetnet.{module.removesuffix('.py')}" for module in LEAVES)
    names = ("sheetnet.input_names.", "sheetnet.penalty.")
    for module, more in (("input_names.py", ()), ("penalty.py", ()), ("network.py", names)):
        own = {name for name in imported(module)[module] if name.startswith("sheetnet.")}
        assert own
        assert {name for name in own if not name.startswith((*leaves, *more))} == set()


def test_the_command_line_loads_no_heavy_package_for_its_help() -> None:
    """`sheetnet --help` answers within 0.3 s only if the number crunchers are imported late."""
    code = "import sys, sheetnet.cli; print(*{'numpy', 'pandas', 'openpyxl', 'odf', 'xlsxwriter'} & set(sys.modules))"
    assert run(sys.executable, "-c", code, cwd=ROOT).split() == []
