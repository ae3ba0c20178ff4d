"""Makes an autograder for Gradescope, and is what runs inside it.

The zip holds sheetnet as a wheel and what the teacher keeps of the class but for codes, keys and decisions. Inside,
`run_autograder` writes `results.json` whatever happens: whose paper could not be judged is told so, and has no mark.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sheetnet._version import __version__
from sheetnet.classroom.feedback import mistakes_told
from sheetnet.classroom.folder import ClassFolder
from sheetnet.classroom.grade import Graded, StudentRow, grade
from sheetnet.classroom.marks import ideas
from sheetnet.errors import SheetnetError
from sheetnet.files.archives import save_zip, zip_bytes
from sheetnet.mistakes import MISTAKES
from sheetnet.network_file import templates_folder
from sheetnet.report.redacted import Level

KEPT = ("assignment.toml", "network.toml", "secret", "roster.csv", "variants.csv")
TEACHER_LOOKS = "Your file has no mark yet: your teacher will look at it."
SETUP = """\
#!/usr/bin/env bash
# Gradescope runs this once, when it builds the image: Python 3.11 or newer, and sheetnet from the wheel beside it.
set -euo pipefail
cd "$(dirname "$0")"
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends software-properties-common
    add-apt-repository -y ppa:deadsnakes/ppa
    apt-get install -y -qq --no-install-recommends python3.12 python3.12-venv
    python3.12 -m venv /opt/sheetnet
else
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends python3-venv
    python3 -m venv /opt/sheetnet
fi
/opt/sheetnet/bin/pip install --quiet ./sheetnet-*.whl
"""
RUN = """\
#!/usr/bin/env bash
# Gradescope runs this for each submission. What goes wrong is told to the student as such, with no mark.
here="${AUTOGRADER:-/autograder}"
results="$here/results/results.json"
python="${SHEETNET_PYTHON:-/opt/sheetnet/bin/python}"
mkdir -p "$here/results"
rm -f "$results"
"$python" -m sheetnet.classroom.gradescope "$here" || echo "the autograder ended with an error" >&2
[ -s "$results" ] || printf '%s' '{"output": "Your file could not be judged. Nothing is lost: your teacher will look at it.",
 "visibility": "visible", "stdout_visibility": "hidden"}' > "$results"
"""


def write_autograder(folder: ClassFolder, out: Path) -> None:
    """Write the zip that Gradescope takes as an autograder. Raises FileError where something of the class is lost."""
    folder.secret.token("")  # neither the secret nor the numbers are lost
    folder.variants()
    files = {
        "setup.sh": SETUP.encode(),
        "run_autograder": RUN.encode(),
        f"sheetnet-{__version__}-py3-none-any.whl": wheel(),
    }
    for name in KEPT:
        if (path := folder.kept(name)).exists():
            files[f"class/keep/{name}"] = path.read_bytes()
    save_zip(files, out, executable=lambda name: name in ("setup.sh", "run_autograder"))


def wheel() -> bytes:
    """This very sheetnet as a wheel (PyPA, binary distribution format), whether it was installed or is a checkout."""
    package = Path(__file__).parent.parent
    templates = templates_folder()
    files = {
        f"sheetnet/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and path.suffix != ".pyc" and templates not in path.parents
    }
    files |= {f"sheetnet/templates/{path.name}": path.read_bytes() for path in sorted(templates.glob("*.toml"))}
    information = f"sheetnet-{__version__}.dist-info"
    distribution = importlib.metadata.distribution("sheetnet")
    files[f"{information}/METADATA"] = str(distribution.metadata).encode()
    files[f"{information}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: sheetnet\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{information}/entry_points.txt"] = b"[console_scripts]\nsheetnet = sheetnet.cli:main\n"
    files[f"{information}/RECORD"] = _record(files, f"{information}/RECORD")
    return zip_bytes(files)


def _record(files: Mapping[str, bytes], own: str) -> bytes:
    """Each file with its SHA-256 and size; the record itself without."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        writer.writerow((name, f"sha256={digest}", len(content)))
    writer.writerow((own, "", ""))
    return stream.getvalue().encode()


def results(graded: Graded, row: StudentRow) -> dict[str, Any]:
    """What Gradescope shows of one student: a test for each question, and what was lost for lateness or mistakes."""
    if row.counted is None or row.mark is None or row.mark.points is None:
        errors = [f"{paper.paper.file}: {paper.error}" for paper in row.papers if paper.error is not None]
        return _without_mark("; ".join(errors) or (TEACHER_LOOKS if row.papers else "No workbook was handed in."))
    visible, level = {"visibility": "visible"}, graded.folder.assignment.feedback
    tests = [
        {
            "name": question,
            "score": row.mark.of(question),
            "max_score": graded.marker.shares[question] / 100,
            "output": "; ".join(
                mistakes_told(line.words, level) for line in row.mark.lines if line.question == question
            ),
            **visible,
        }
        for question in graded.marker.questions
    ]
    others = [f"{line.points:+g}: {mistakes_told(line.words, level)}" for line in row.mark.lines if not line.question]
    words = [*others, *(_hints(row) if level is not Level.WHERE else [])]
    return {
        "score": row.mark.points,
        "output": "\n".join(words),
        "tests": tests,
        "stdout_visibility": "hidden",
        **visible,
    }


def _hints(row: StudentRow) -> list[str]:
    """The mistakes that were made, each once, with its reason: no number of anybody's."""
    assert row.counted is not None
    assert row.counted.result is not None
    assert row.counted.result.report is not None
    codes = dict.fromkeys(idea.code for idea in ideas(row.counted.result.report) if idea.code is not None)
    return [f"{MISTAKES[code].name}: {MISTAKES[code].why}" for code in codes if code in MISTAKES]


def _without_mark(words: str) -> dict[str, Any]:
    return {"output": words, "visibility": "visible", "stdout_visibility": "hidden"}


def run(place: Path) -> dict[str, Any]:
    """Judge the submission of an autograder's folder, by what `submission_metadata.json` says of whose it is."""
    with tempfile.TemporaryDirectory() as name:
        try:
            folder, papers = ClassFolder(place / "source" / "class"), Path(name) / "papers"
            student = _handed_in(folder, place / "submission_metadata.json")
            if student is None:
                return _without_mark(TEACHER_LOOKS)
            shutil.copytree(place / "submission", papers / student)
            graded = grade([papers], folder.path, Path(name) / "graded", jobs=1)
            return results(graded, graded.row(student))
        except SheetnetError as error:
            return _without_mark(f"Your file could not be judged: {error}")


def _handed_in(folder: ClassFolder, metadata: Path) -> str | None:
    """The student by number, address or name, whichever one student alone has."""
    try:
        who = json.loads(metadata.read_text("utf-8"))["users"][0]
        said = [str(who.get(key) or "").casefold() for key in ("sid", "email", "name")]
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None
    for field, word in zip(("key", "email", "name"), said, strict=True):
        found = [student.id for student in folder.students if word and getattr(student, field).casefold() == word]
        if len(found) == 1:
            return found[0]
    return None


def autograde() -> None:
    """Write `results.json` of the autograder's folder, which Gradescope names as the argument."""
    place = Path(sys.argv[1])
    text = json.dumps(run(place), ensure_ascii=False)
    (place / "results" / "results.json").write_text(text, "utf-8")


if __name__ == "__main__":
    autograde()
