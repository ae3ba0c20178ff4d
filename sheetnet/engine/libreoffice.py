"""Recalculates files with headless LibreOffice, many in one start.

LibreOffice keeps the values stored in a file unless it is told to recalculate, and exits with 0 when a file does not
load. So each start gets a private profile that forces recalculation, and each expected result is looked for.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from sheetnet.engine.prepare import Run, Trial, prepared, with_numbers
from sheetnet.errors import EngineError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.workbook import Place, Value, Workbook

TIME_LIMIT = 120.0  # seconds a start may take; a start alone takes 1 to 3
# KiB of address space: 8 trials of 47,000 formulas take under 1 GiB, a decompression bomb more.
MEMORY_LIMIT = 4 * 1024**2
INSTALL = "install it (Debian: apt-get install libreoffice-calc-nogui) and see that `soffice` is on the PATH"

_USUAL_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/opt/libreoffice/program/soffice",
    "/snap/bin/libreoffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice/program/soffice.exe",
)

# path, property, value: 0 recalculates always, 3 is the highest macro security, 2 never updates links.
_SETTINGS = (
    ("org.openoffice.Office.Calc/Formula/Load", "OOXMLRecalcMode", "0"),
    ("org.openoffice.Office.Calc/Formula/Load", "ODFRecalcMode", "0"),
    ("org.openoffice.Office.Calc/Content/Update", "Link", "2"),
    ("org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("org.openoffice.Setup/L10N", "ooSetupSystemLocale", "en-US"),
    ("org.openoffice.Setup/L10N", "ooLocale", "en-US"),
)


def find_libreoffice() -> Path | None:
    """The program that starts LibreOffice, or None where it is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found:
        return Path(found)
    return next((place for place in map(Path, _USUAL_PLACES) if place.is_file()), None)


def recalculate(paths: Sequence[Path], out_dir: Path, to: str = "xlsx", time_limit: float = TIME_LIMIT) -> list[Path]:
    """Recalculate each file and save it as format `to` in `out_dir`, all in one start; the results are in that order.

    A result has its source's stem, with -2, -3, … appended where stems are alike.
    Raises EngineError, and leaves nothing in `out_dir`, if LibreOffice is missing, cannot load one of the files (it is
    named), or is not done after `time_limit` seconds.
    """
    program = find_libreoffice()
    if program is None:
        raise EngineError("LibreOffice was not found", remedy=INSTALL)
    targets = [out_dir / f"{stem}.{to}" for stem in _distinct([path.stem for path in paths])]
    _refuse_overwriting(paths, targets)
    if not paths:
        return []
    with tempfile.TemporaryDirectory(prefix="sheetnet-", ignore_cleanup_errors=True) as folder:
        staged, results = _stage(paths, Path(folder), to)
        said = _convert(program, staged, Path(folder), to, time_limit)
        for path, result in zip(paths, results, strict=True):
            if not result.is_file():
                raise EngineError(f"LibreOffice could not load {path}: {said or 'it gave no reason'}")
        out_dir.mkdir(parents=True, exist_ok=True)
        for result, target in zip(results, targets, strict=True):
            shutil.move(result, target)
    return targets


def evaluate(
    workbook: Workbook,
    places: Sequence[Place],
    trials: Sequence[Trial],
    wanted: Sequence[Place],
    time_limit: float = TIME_LIMIT,
) -> Iterator[Run]:
    """For each trial the values of the cells `wanted`, once its numbers stand in the cells `places`.

    Every other formula is recalculated; a trial of None recalculates the workbook as it stands. LibreOffice stores 15
    significant digits, so the values are that exact. Raises EngineError as `recalculate` does.
    """
    ready = prepared(workbook, places)
    with tempfile.TemporaryDirectory(prefix="sheetnet-", ignore_cleanup_errors=True) as folder:
        paths: list[Path] = []
        for number, trial in enumerate(trials):
            book = prepared(workbook, []) if trial is None else with_numbers(ready, places, trial)
            paths.append(Path(folder) / f"trial{number}.xlsx")
            save_workbook(book, paths[-1])
        for result in recalculate(paths, Path(folder) / "recalculated", time_limit=time_limit):
            yield _values(read_workbook(result), wanted)


def unsupported(_: Workbook) -> Mapping[Place, str]:
    """None are known beforehand: what LibreOffice cannot compute it shows as an error."""
    return {}


def _values(workbook: Workbook, wanted: Sequence[Place]) -> Run:
    sheets = {name: workbook.sheet(name) for name in {place[0] for place in wanted}}
    found: list[Value] = []
    for name, row, column in wanted:
        sheet = sheets[name]
        cell = sheet.cells.get((row, column)) if sheet else None
        found.append(cell.value if cell else None)
    return Run.of(found)


def _distinct(stems: Sequence[str]) -> Iterator[str]:
    """The stems in their order, with -2, -3, … appended to those already used (in any case: disks may ignore it)."""
    used: set[str] = set()
    for stem in stems:
        name, count = stem, 1
        while name.casefold() in used:
            count += 1
            name = f"{stem}-{count}"
        used.add(name.casefold())
        yield name


def _refuse_overwriting(paths: Sequence[Path], targets: Sequence[Path]) -> None:
    sources = {path.resolve() for path in paths}
    for target in targets:
        if target.resolve() in sources:
            raise EngineError(f"recalculating would overwrite {target}", remedy="give another folder for the results")


def _stage(paths: Sequence[Path], folder: Path, to: str) -> tuple[list[Path], list[Path]]:
    """Copy the files under numbered names, and say where their results will be.

    Only zip archives are let through: LibreOffice opens anything else as a page of text.
    """
    (folder / "in").mkdir()
    staged = [folder / "in" / f"{number:05d}{path.suffix.lower()}" for number, path in enumerate(paths)]
    for path, copy in zip(paths, staged, strict=True):
        try:
            shutil.copyfile(path, copy)
        except OSError as error:
            raise EngineError(f"{path} cannot be read: {error.strerror}") from error
        with copy.open("rb") as file:
            if file.read(4) != b"PK\x03\x04":
                raise EngineError(f"LibreOffice could not load {path}: it is no .xlsx or .ods file (no zip archive)")
    return staged, [folder / "out" / f"{copy.stem}.{to}" for copy in staged]


def _convert(program: Path, staged: Sequence[Path], folder: Path, to: str, time_limit: float) -> str:
    """Run LibreOffice over the staged files; returns the last line it complained with."""
    _write_profile(folder / "profile")
    command = [
        str(program),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo", "--nofirststartwizard"),
        *("--convert-to", to, "--outdir", str(folder / "out")),
        *map(str, staged),
    ]
    environment = {**os.environ, "TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}
    complaints = _run(_limited(command), environment, time_limit, f"{len(staged)} file(s)")
    lines = [line.strip() for line in complaints.splitlines()]
    return next((line for line in reversed(lines) if line and not line.startswith("Warning")), "")


def _write_profile(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="/{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>\n'
        for path, name, value in _SETTINGS
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n{items}</oor:items>\n',
        encoding="utf-8",
    )


# Run by a POSIX shell: a cap on memory, and an end of the whole group when stdin ends, as it does when we are killed.
_GUARD = f"""
ulimit -v {MEMORY_LIMIT} 2>/dev/null
exec 3<&0
(read -r line <&3; kill -KILL 0) >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
"""


def _limited(command: list[str]) -> list[str]:
    """The command with bounds on its memory and life, and without a network, where the system can."""
    if os.name != "posix":
        return command
    return ["/bin/sh", "-c", _GUARD, "sh", *without_network(), *command]


@cache
def without_network() -> tuple[str, ...]:
    """What goes before a command so that it sees no network; nothing where the system does not permit it.

    Linux lets root, and mostly everybody, start a process in a network of its own that leads nowhere.
    """
    program = shutil.which("unshare")
    for options in (("--net",), ("--user", "--map-current-user", "--net")) if program else ():
        command = (str(program), *options, "--")
        if subprocess.run([*command, "true"], capture_output=True, check=False, timeout=10).returncode == 0:
            return command
    return ()


def _run(command: list[str], environment: Mapping[str, str], time_limit: float, what: str) -> str:
    """Run a command in a process group of its own; no process of it outlives this call. Returns its stderr."""
    lifeline, held = os.pipe()
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=lifeline,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    os.close(lifeline)
    with process:
        try:
            return process.communicate(timeout=time_limit)[1]
        except subprocess.TimeoutExpired:
            raise EngineError(
                f"LibreOffice did not finish {what} in {time_limit:g} seconds and was stopped",
                remedy="simplify the workbook or allow more time",
            ) from None
        finally:
            _kill_group(process)
            os.close(held)


def _kill_group(process: subprocess.Popen[str]) -> None:
    """Kill what is left of the group: soffice is a script whose real work happens in children."""
    if os.name != "posix":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):  # the usual case: all have ended
        os.killpg(process.pid, signal.SIGKILL)
