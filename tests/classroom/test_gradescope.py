"""The autograder as Gradescope runs it: a clean folder, its wheel alone, little memory, and a result whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sheetnet.classroom import ClassFolder, Student, assign
from sheetnet.files import read_workbook, save_workbook
from tests.support.commands import Run
from tests.support.papers import changed, doubled, filled

STUDENTS = [Student("s-ada", "Ada Lovelace", "ada@uni.example"), Student("s-bob", "Bob", "bob@uni.example")]
MOST_MEMORY = 768_000 * 1.024  # kB, as Gradescope gives by default
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
pytestmark = [pytest.mark.posix, pytest.mark.xdist_group("gradescope")]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ClassFolder]:
    """The zip unpacked where Gradescope has it, and its wheel in a folder of its own, from no index."""
    place = tmp_path_factory.mktemp("autograder")
    from sheetnet.classroom.gradescope import write_autograder

    folder = assign("d02b", STUDENTS, place / "class", vary=["inputs", "weights"], formats=["xlsx"]).folder
    write_autograder(folder, place / "autograder.zip")
    with zipfile.ZipFile(place / "autograder.zip") as archive:
        archive.extractall(place / "source")
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    for name in ("setup.sh", "run_autograder"):
        assert modes[name] == 0o755
        (place / "source" / name).chmod(0o755)
    (wheel,) = (place / "source").glob("*.whl")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--target",
        str(place / "site"),
    ]
    subprocess.run([*pip, str(wheel)], check=True)
    return place, folder


def graded(unpacked: tuple[Path, ClassFolder], tmp_path: Path, submit: Path | None, python: str = "") -> dict[str, Any]:
    """What the autograder writes for a paper of Ada's, run as Gradescope runs it, in its memory."""
    place, _ = unpacked
    here = tmp_path / "autograder"
    (here / "submission").mkdir(parents=True)
    shutil.copytree(place / "source", here / "source")
    if submit is not None:
        shutil.copy(submit, here / "submission" / submit.name)
    who = {"users": [{"email": "ada@uni.example", "id": 1, "name": "Ada Lovelace", "sid": "s-ada"}]}
    (here / "submission_metadata.json").write_text(json.dumps(who), "utf-8")
    script = tmp_path / "python"
    script.write_text(python or f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    script.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "AUTOGRADER": str(here), "SHEETNET_PYTHON": str(script),
        "PYTHONPATH": str(place / "site")}  # fmt: skip
    subprocess.run([here / "source" / "run_autograder"], check=True, cwd=tmp_path, env=environment, timeout=120)
    found: dict[str, Any] = json.loads((here / "results" / "results.json").read_text("utf-8"))
    assert {found["visibility"], found["stdout_visibility"]} <= VISIBILITIES
    return found


def paper(unpacked: tuple[Path, ClassFolder], tmp_path: Path, student: str = "s-ada", wrong: bool = False) -> Path:
    _, folder = unpacked
    network = folder.network_of(folder.variants()[student])
    book = filled(read_workbook(folder.give / student / "exercise.xlsx"), network, lambda cell: cell)
    save_workbook(changed("delta_2", doubled)(book) if wrong else book, tmp_path / f"{student}.xlsx")
    return tmp_path / f"{student}.xlsx"


def test_the_zip_has_what_it_needs_and_nothing_more(unpacked: tuple[Path, ClassFolder]) -> None:
    """Scripts at the root; no codes, no keys, no decisions."""
    place, _ = unpacked
    names = {path.relative_to(place / "source").as_posix() for path in (place / "source").rglob("*") if path.is_file()}
    (wheel,) = (name for name in names if name.endswith(".whl"))
    kept = {
        f"class/keep/{name}" for name in ("assignment.toml", "network.toml", "secret", "roster.csv", "variants.csv")
    }
    assert names == {"setup.sh", "run_autograder", wheel} | kept
    assert (place / "site" / "sheetnet" / "templates" / "d02b.toml").exists()


def test_a_right_and_a_wrong_paper(unpacked: tuple[Path, ClassFolder], tmp_path: Path) -> None:
    """A test for each question; the mistake's reason, and no number of the key."""
    found = graded(unpacked, tmp_path / "right", paper(unpacked, tmp_path))
    assert found["score"] == 10
    assert {test["visibility"] for test in found["tests"]} == {"visible"}
    assert sum(test["max_score"] for test in found["tests"]) == pytest.approx(10)
    found = graded(unpacked, tmp_path / "wrong", paper(unpacked, tmp_path, wrong=True))
    assert found["score"] == pytest.approx(sum(test["score"] for test in found["tests"]))
    assert found["score"] < 10
    (lost,) = [test for test in found["tests"] if test["score"] == 0]
    assert lost["name"] == "delta_2"


def test_nothing_that_could_be_judged(unpacked: tuple[Path, ClassFolder], tmp_path: Path) -> None:
    """No paper, a picture, another's copy, a crash, no Python: a result every time, never a 0."""
    (tmp_path / "photo.png").write_bytes(b"x")
    for number, (submit, python, words) in enumerate([
        (None, "", "No workbook was handed in"),
        (tmp_path / "photo.png", "", "not a picture"),
        (paper(unpacked, tmp_path, "s-bob"), "", "no mark yet: your teacher will look at it"),
        (paper(unpacked, tmp_path), "#!/bin/sh\nexit 139\n", "your teacher will look at it"),
        (paper(unpacked, tmp_path), "#!/no/such/python\n", "your teacher will look at it"),
    ]):  # fmt: skip
        found = graded(unpacked, tmp_path / str(number), submit, python)
        assert words in found["output"], number
        assert "score" not in found
        assert "bob" not in json.dumps(found).casefold()
        assert "tests" not in found


@pytest.mark.linux
def test_it_stays_within_gradescopes_memory(unpacked: tuple[Path, ClassFolder], tmp_path: Path) -> None:
    """The largest process of all, as the kernel counts it."""
    probe = f"""#!/bin/sh
exec "{sys.executable}" -c '
import os, resource, subprocess, sys
done = subprocess.run([sys.executable, *sys.argv[1:]])
open("{tmp_path}/peak", "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)' "$@"
"""
    assert graded(unpacked, tmp_path / "run", paper(unpacked, tmp_path), probe)["score"] == 10
    assert int((tmp_path / "peak").read_text()) < MOST_MEMORY / 2


def test_the_gradescope_command(run: Run, unpacked: tuple[Path, ClassFolder]) -> None:
    """Writes the zip, and no file over another."""
    place, _ = unpacked
    words = ("gradescope", "--class", str(place / "class"))
    assert run(*words).out == "autograder.zip\n"
    assert run(*words).code == 2
    assert run(*words, "--force").code == 0
