"""The outside witnesses of the tests: LibreOffice, Gnumeric, PyTorch, Chromium, validators; skipped where missing.

With SHEETNET_REQUIRE_ENGINES=1, as in .ci/run, a missing witness is a failure.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

from sheetnet.engine.libreoffice import find_libreoffice, recalculate
from tests.support.paths import ROOT

VALIDATOR = ROOT / "build" / "validators" / "node_modules" / ".bin" / "ooxml-validator"
AXE = ROOT / "build" / "validators" / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ODF_SCHEMAS = sorted(Path("/usr/share/emacs").glob("*/etc/schema/OpenDocument-schema-v1.3.rnc"))
TIME_LIMIT = 120  # seconds, for what is started here

# witness → (is it here?, how to get it)
ENGINES: dict[str, tuple[Callable[[], bool], str]] = {
    "libreoffice": (lambda: find_libreoffice() is not None, "LibreOffice: apt-get install libreoffice-calc-nogui"),
    "gnumeric": (lambda: shutil.which("ssconvert") is not None, "Gnumeric's ssconvert: apt-get install gnumeric"),
    "poppler": (lambda: shutil.which("pdftotext") is not None, "pdftotext: apt-get install poppler-utils"),
    "torch": (lambda: importlib.util.find_spec("torch") is not None, "PyTorch: .venv/bin/pip install torch==2.13.0"),
    "sklearn": (
        lambda: importlib.util.find_spec("sklearn") is not None,
        "scikit-learn: .venv/bin/pip install scikit-learn",
    ),
    "onnx": (lambda: importlib.util.find_spec("onnx") is not None, "ONNX: pip install 'sheetnet[onnx]'"),
    "onnxruntime": (
        lambda: importlib.util.find_spec("onnxruntime") is not None,
        "ONNX's runtime: .venv/bin/pip install onnxruntime",
    ),
    "safetensors": (
        lambda: importlib.util.find_spec("safetensors") is not None,
        "safetensors: .venv/bin/pip install safetensors",
    ),
    "schema": (
        lambda: bool(ODF_SCHEMAS) and shutil.which("jing") is not None,
        "jing, and the OpenDocument schema as Emacs ships it: apt-get install --no-install-recommends jing emacs-common",
    ),
    "dask": (
        lambda: importlib.util.find_spec("distributed") is not None,
        "dask.distributed: pip install 'sheetnet[dask]'",
    ),
    "validator": (VALIDATOR.exists, "the Open XML validator: make validators"),
    "browser": (
        lambda: AXE.exists() and any(map(shutil.which, BROWSERS)),
        "Chromium and axe-core: apt-get install --no-install-recommends chromium; make validators",
    ),
    "landlock": (
        lambda: _confines(),
        "Linux 5.13 or newer, with Landlock and seccomp: what `sheetnet serve` confines the readers of files with",
    ),
    "posix": (lambda: os.name == "posix", "a POSIX system: signals, limits of processor time, a shell"),
    "linux": (
        lambda: sys.platform == "linux",
        "Linux: macOS does not enforce the limit of memory, Windows has neither that nor the one of processor time",
    ),
}


def _confines() -> bool:
    from sheetnet.web.sandbox import has_seccomp, landlock_version  # with a server, which few tests need

    return landlock_version() > 0 and has_seccomp()


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


def odf_errors(path: Path, folder: Path) -> str:
    """What jing finds in the parts of an .ods against the OASIS schema of OpenDocument 1.3; empty for a valid one.

    LibreOffice's own mark of error cells is left out. The manifest's schema at hand is that of version 1.2; 1.3
    changed nothing else in it. The parts are unpacked into `folder`.
    """
    require("schema")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    content = folder / "content.xml"
    content.write_text(content.read_text("utf-8").replace(' calcext:value-type="error"', ""), "utf-8")
    schema = ODF_SCHEMAS[-1]
    manifest = folder / "manifest.rnc"
    manifest.write_text(schema.with_name("od-manifest-schema-v1.2-os.rnc").read_text("utf-8").replace('"1.2"', '"1.3"'))
    parts = [folder / part for part in ("content.xml", "styles.xml", "meta.xml", "settings.xml")]
    found = [_jing(schema, part) for part in [*parts, *sorted(folder.glob("Object */*.xml"))]]
    return "".join([*found, _jing(manifest, folder / "META-INF" / "manifest.xml")])


def _jing(schema: Path, document: Path) -> str:
    # -i: the schema itself breaks RELAX NG's rule about IDs, which does not matter here.
    command = ["jing", "-i", "-c", str(schema), str(document)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    # Debian's starter complains of Java packages that jing can use and does not need here.
    said = [line for line in done.stderr.splitlines(keepends=True) if not line.startswith("[warning] /usr/bin/jing: ")]
    assert done.returncode == 0 or done.stdout or said, f"jing ended with {done.returncode} and said nothing"
    return "".join([done.stdout, *said])


def _is_font_order(error: dict[str, str]) -> bool:
    return error.get("path") == "/xl/styles.xml" and "/x:font[" in error.get("xPath", "")


def module(name: str) -> ModuleType:
    """A module of a witness's, such as "safetensors.torch"."""
    require(name.partition(".")[0])
    return importlib.import_module(name)


def torch() -> ModuleType:
    """PyTorch, computing in double precision."""
    require("torch")
    module = importlib.import_module("torch")
    module.set_default_dtype(module.float64)
    return module
