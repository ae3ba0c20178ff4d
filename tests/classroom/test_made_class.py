"""A class of 200 that handed in by four platforms: who is who, what is a fact, what is not, and that marks add up."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sheetnet.classroom import ClassFolder, Graded, Student, assign, explained, facts, grade, write_marks
from sheetnet.classroom.secret import Secret
from sheetnet.classroom.soundness import Soundness
from sheetnet.classroom.variants import Variants, Variation, network_with
from sheetnet.files import read_workbook, save_workbook
from sheetnet.network_file import load_network
from sheetnet.reference import training_step
from sheetnet.workbook import Workbook
from tests.support.figures import record
from tests.support.papers import blank, changed, doubled, filled, typed
from tests.support.platform_shapes import Person, canvas, gradescope, moodle, nbgrader

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("made class")]

SIZE = 200
FIRST = """Ada Björn Chloé Đorđe Élise Fatima Gökçe Hanna Işıl Jürgen Kwame Łukasz Märta Nóra Ömer Pía Qi Renée
    Søren Thị""".split()
LAST = "Ångström Brown Çelik Dvořák Eze Fernández García Hoàng Ionescu Jørgensen".split()
DEADLINE = "2026-12-01T12:00:00+00:00"


@dataclass
class Truth:
    """What is so about one student, by how the class was made."""

    kind: str
    points: float | None
    late: int = 0
    facts: set[tuple[str, ...]] = field(default_factory=set)


def same(book: Workbook) -> Workbook:
    return book


KINDS: dict[
    str, tuple[int, float | None, Callable[[Workbook], Workbook]]
] = {  # how many, the points of 24, what was done
    "right": (120, 24, same),
    "one mistake": (30, 23, changed("delta_2", doubled)),
    "one block left out": (20, 23, changed("dC_dW_1", blank)),
    "another's copy": (6, None, same),
    "another's numbers": (6, 0, same),
    "late": (8, 24, same),
    "two attempts": (6, 24, same),
    "missing": (4, None, same),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[ClassFolder, dict[str, Truth], Path]:
    """The class, what is so about each student, and a folder with their papers."""
    place = tmp_path_factory.mktemp("made")
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    students = [Student(f"u{n:04}", names[n], f"u{n:04}@uni.example", str(9000 + n)) for n in range(SIZE)]
    (place / "class" / "keep").mkdir(parents=True, mode=0o700)
    (place / "class" / "keep" / "secret").write_text("a5" * 32, "ascii")
    parts = ["inputs", "targets", "weights", "biases"]
    folder = assign("d02b", students, place / "class", name="Homework 1", vary=parts, formats=["xlsx"]).folder
    settings = folder.kept("assignment.toml").read_text("utf-8")
    settings = settings.replace("points = 10", "points = 24").replace("percent_a_day = 0", "percent_a_day = 25")
    settings = settings.replace("# deadline = 2026-12-14T23:59:00+01:00", f"deadline = {DEADLINE}")
    folder.kept("assignment.toml").write_text(settings, "utf-8")
    source = random.Random(7)
    kinds = [kind for kind, (count, _, _) in KINDS.items() for _ in range(count)]
    source.shuffle(kinds)
    truths = {student.id: Truth(kind, KINDS[kind][1]) for student, kind in zip(students, kinds, strict=True)}
    _write(folder, truths, place / "papers", source)
    return ClassFolder(folder.path), truths, place / "papers"


def _write(folder: ClassFolder, truths: dict[str, Truth], place: Path, source: random.Random) -> None:
    """A file for each student: `ID.xlsx`, and `ID-2.xlsx` of a second attempt."""
    place.mkdir()
    networks = {student: folder.network_of(variant) for student, variant in folder.variants().items()}
    right = [student for student, truth in truths.items() if truth.kind == "right"]
    for student, truth in truths.items():
        book = read_workbook(folder.give / student / "exercise.xlsx")
        if truth.kind == "missing":
            continue
        if truth.kind == "another's copy":
            friend = source.choice(right)
            book = read_workbook(folder.give / friend / "exercise.xlsx")
            book = filled(book, networks[friend], lambda cell: cell)
            truth.facts.add((student, friend, "is the copy of"))
            truth.facts |= {(student, friend, "the same file"), (student, "inputs are not as they were given")}
        elif truth.kind == "another's numbers":
            friend = source.choice(right)
            book = filled(book, networks[friend], typed)
            truth.facts.add((student, friend, "typed numbers are the answers"))
        else:
            book = filled(book, networks[student], lambda cell: cell)
        if truth.kind == "two attempts":
            save_workbook(changed("z_1", blank)(book), place / f"{student}-2.xlsx")
        if truth.kind == "late":
            truth.late = source.randint(1, 3)
        save_workbook(KINDS[truth.kind][2](book), place / f"{student}.xlsx")


def people(folder: ClassFolder, truths: dict[str, Truth]) -> list[Person]:
    return [Person(s.id, s.name, s.email, s.platform_id, truths[s.id].late) for s in folder.students]


@pytest.mark.parametrize("platform", [canvas, moodle, nbgrader, gradescope])
def test_every_student_gets_what_is_theirs(
    platform: Callable[..., Path], made: tuple[ClassFolder, dict[str, Truth], Path], tmp_path: Path, record_property
) -> None:
    """Every fact is found again and none invented; a late paper costs where the platform says by how much."""
    folder, truths, papers = made
    began = time.time()
    graded = grade([platform(people(folder, truths), papers, tmp_path)], folder.path, tmp_path / "out", jobs=2)
    took = time.time() - began
    assert graded.strays == ()
    for row in graded.rows:
        truth = truths[row.student.id]
        expected = truth.points
        if expected is not None and truth.late and platform is not moodle:
            expected -= 6 * (1 if platform is canvas else truth.late)
        assert (row.mark.points if row.mark else None) == expected, row
        assert row.standing == {"missing": "no paper", "another's copy": "needs a person"}.get(truth.kind, "marked")
    found = [(*fact.students, fact.words) for fact in facts(graded)]
    wanted = set().union(*(truth.facts for truth in truths.values()))
    assert [one for one in found if not any(_tells(one, want) for want in wanted)] == []
    assert [want for want in wanted if not any(_tells(one, want) for one in found)] == []
    _add_up(graded, tmp_path)
    record(
        record_property,
        f"a class of {SIZE} by {platform.__name__}: graded in {took:.0f} s, all facts found, none invented",
    )


def _tells(found: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether a fact names all these students, in some order, and has these words."""
    return set(found[:-1]) == set(wanted[:-1]) and wanted[-1] in found[-1]


def _add_up(graded: Graded, tmp_path: Path) -> None:
    """Line by line, to the mark in the table."""
    write_marks(graded, tmp_path / "marks.csv")
    for line in csv.DictReader((tmp_path / "marks.csv").read_text("utf-8").splitlines()):
        told = explained(graded, line["id"])
        each = [float(words.split()[0]) for words in told if words.lstrip()[:1] in ("+", "-")]
        if line["points"]:
            assert sum(each) == pytest.approx(float(line["points"])), told


def test_killed_and_resumed(made: tuple[ClassFolder, dict[str, Truth], Path], tmp_path: Path) -> None:
    """Killed in the middle and begun again: the same marks, and what was judged is not judged again."""
    folder, truths, papers = made
    source = nbgrader(people(folder, truths), papers, tmp_path / "in")
    words = [sys.executable, "-m", "sheetnet", "grade", str(source), "--class", str(folder.path), "--jobs", "2", "-o"]
    results = tmp_path / "killed" / "work" / "results.jsonl"
    with subprocess.Popen([*words, str(tmp_path / "killed")], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not (results.exists() and results.read_bytes().count(b"\n") > SIZE // 4):
            time.sleep(0.05)
        process.kill()
    judged = results.read_bytes().count(b"\n")
    assert SIZE // 4 < judged < SIZE - 4
    for out in ("killed", "whole"):
        assert subprocess.run([*words, str(tmp_path / out)], stdout=subprocess.DEVNULL, check=False).returncode == 1
    assert (tmp_path / "killed" / "marks.csv").read_bytes() == (tmp_path / "whole" / "marks.csv").read_bytes()
    whole = (tmp_path / "whole" / "work" / "results.jsonl").read_bytes().count(b"\n")
    assert results.read_bytes().count(b"\n") == whole


def test_a_thousand_variants(record_property) -> None:
    """Distinct and sound; how far accepted and refused draws are from the lesson in difficulty is printed."""
    network = load_network("d02b")
    variation = Variation(("inputs", "targets", "weights", "biases"))
    variants, hard = Variants(network, variation, Secret(b"v" * 32, "x")), Soundness.of(network).hard
    found = [variants.of(f"s{number}") for number in range(1_000)]
    assert len({variant.numbers for variant in found}) == 1_000
    for variant in found[::10]:
        step = training_step(network_with(network, variants.slots, variant.numbers))
        assert step["cost_new"].item() < step["cost"].item()
    away = sorted(abs(variant.difficulty - hard) for variant in found)
    record(
        record_property,
        f"1,000 variants of d02b, all distinct: {sum(away) / 1_000:.1f} from the lesson's difficulty on average, "
        f"at most {away[-1]:.0f}",
    )
