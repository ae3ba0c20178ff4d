"""The outside witnesses of the tests: LibreOffice, Gnumeric, PyTorch, the Open XML validator; skipped where missing.

With SHEETNET_REQUIRE_ENGINES=1, as in .ci/run, a missing witness is a failure.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from sheetnet.engine.libreoffice import find_libreoffice, recalculate

ROOT = Path(__file__).resolve().parent.parent
VALIDATOR = ROOT / "build" / "validators" / "node_modules" / ".bin" / "ooxml-validator"
TIME_LIMIT = 120  # seconds, for what is started here

# witness → (is it here?, how to get it)
ENGINES: dict[str, tuple[Callable[[], bool], str]] = {
    "libreoffice": (lambda: find_libreoffice() is not None, "LibreOffice: apt-get install libreoffice-calc-nogui"),
    "gnumeric": (lambda: shutil.which("ssconvert") is not None, "Gnumeric's ssconvert: apt-get install gnumeric"),
    "torch": (lambda: importlib.util.find_spec("torch") is not None, "PyTorch: .venv/bin/pip install torch==2.13.0"),
    "validator": (VALIDATOR.exists, "the Open XML validator: make validators"),
}


def require(engine: str) -> None:
    """Go on only where the engine is there: else skip, or fail under SHEETNET_REQUIRE_ENGINES=1."""
    present, remedy = ENGINES[engine]
    if not present():
        _missing(f"needs {remedy}")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("SHEETNET_REQUIRE_ENGINES") == "1":
        pytest.fail(f"{reason} (SHEETNET_REQUIRE_ENGINES=1)", pytrace=False)
    pytest.skip(reason)


def libreoffice_convert(paths: Sequence[Path], to: str, out_dir: Path) -> list[Path]:
    """The files recalculated and saved again by LibreOffice, all in one start."""
    require("libreoffice")
    return recalculate(paths, out_dir, to)


def gnumeric_convert(path: Path, to: str, out_dir: Path) -> Path:
    """The file recalculated and saved again by Gnumeric as .xlsx or .ods."""
    require("gnumeric")
    out_dir.mkdir(parents=True, exist_ok=True)
    target = out_dir / f"{path.stem}.{to}"
    assert target.resolve() != path.resolve(), "converting would overwrite the source"
    target.unlink(missing_ok=True)
    exporter = {"xlsx": "Gnumeric_Excel:xlsx2", "ods": "Gnumeric_OpenCalc:odf"}[to]
    command = ["ssconvert", "--recalc", f"--export-type={exporter}", str(path), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    assert done.returncode == 0, f"ssconvert {path}: {done.stderr}"
    assert target.is_file(), f"ssconvert {path} made nothing: {done.stderr}"
    return target


def ooxml_errors(path: Path, forgive_openpyxl: bool = False) -> list[str]:
    """What the Open XML SDK finds wrong with the file, one line each; empty for a valid one.

    `forgive_openpyxl` leaves out the order of a font's properties, which openpyxl never writes as the schema has it.
    """
    require("validator")
    # Exit code 2 and no JSON: the validator itself did not run.
    done = subprocess.run([VALIDATOR, path], capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    assert done.returncode in (0, 1), f"{VALIDATOR} {path}: {done.stderr}"
    answer = json.loads(done.stdout)
    assert answer["ok"] == (not answer["errors"])
    errors = [error for error in answer["errors"] if not (forgive_openpyxl and _is_font_order(error))]
    return [f"{error.get('path', path)} {error.get('xPath', '')}: {error['description']}" for error in errors]


def _is_font_order(error: dict[str, str]) -> bool:
    return error.get("path") == "/xl/styles.xml" and "/x:font[" in error.get("xPath", "")


def torch() -> ModuleType:
    """PyTorch, computing in double precision."""
    require("torch")
    module = importlib.import_module("torch")
    module.set_default_dtype(module.float64)
    return module
