"""Writes what a teacher reads: the table of marks, the class at a glance, and a mark line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from sheetnet.classroom.folder import save_table
from sheetnet.classroom.grade import Graded, MarkedPaper, Standing, StudentRow
from sheetnet.classroom.integrity import Fact, facts
from sheetnet.classroom.marks import Idea, PaperMark, ideas
from sheetnet.errors import one_line
from sheetnet.files.atomic import save_text
from sheetnet.formulas import symbol_of
from sheetnet.mistakes import MISTAKES

MOST_IDEAS = 12  # that are listed: the commonest
LONGEST_TITLE = 120  # characters of what a nameless one is called


def write_marks(graded: Graded, path: Path) -> None:
    """A row a student; no number where there is no mark."""
    questions = graded.marker.questions
    header = ["id", "name", "standing", "points", *questions, "days_late", "paper", "notes"]
    save_table(path, header, [_marks_row(row, questions) for row in graded.rows])


def _marks_row(row: StudentRow, questions: Sequence[str]) -> list[object]:
    student, mark, counted = row.student, row.mark, row.counted
    points = "EX" if mark is not None and mark.excused else _number(mark.points if mark is not None else None)
    each = ["" if mark is None or mark.excused else _number(mark.of(question)) for question in questions]
    late, name = (counted.days_late, counted.paper.name) if counted is not None else ("", "")
    return [student.id, student.name, row.standing, points, *each, late, one_line(name), one_line("; ".join(row.notes))]


def _number(points: float | None) -> str:
    return "" if points is None else f"{points:g}"


def explained(graded: Graded, student: str) -> list[str]:
    """The mark of one student, line by line; the numbers add up to the mark. Raises FileError for an unknown id."""
    row = graded.row(student)
    name = f"{row.student.id} {row.student.name}".rstrip()
    lines = [one_line(f"{name}: {row.standing}")]
    lines += [one_line(f"  {paper.paper.name}: {_about(paper, row)}") for paper in row.papers]
    if row.mark is not None and not row.mark.excused:
        lines += row.mark.added_up()
    return lines + [f"note: {one_line(note)}" for note in row.notes]


def _about(paper: MarkedPaper, row: StudentRow) -> str:
    if paper.error is not None:
        return paper.error
    counts = "counts" if paper is row.counted else "does not count"
    points = "no mark yet" if paper.points is None else f"{paper.points:g} points"
    return f"{points}, {counts}; handed in by {paper.whose.student}, known by {paper.whose.how}"


@dataclass(frozen=True)
class CommonIdea:
    """A mistake that several made: who, and one place to look at."""

    title: str
    why: str
    students: tuple[str, ...]
    example: str


@dataclass(frozen=True)
class QuestionResult:
    """How a class did on one question."""

    name: str
    symbol: str
    most: float
    mean: float | None
    full: int
    of: int


def common_ideas(graded: Graded) -> list[CommonIdea]:
    """Mistakes of the papers that count, the commonest first; a nameless one is what the judge says of it."""
    made: dict[str, list[tuple[StudentRow, Idea]]] = {}
    for row in graded.rows:
        if row.counted is not None and row.counted.result is not None and row.counted.result.report is not None:
            for idea in ideas(row.counted.result.report):
                made.setdefault(idea.code or idea.cells[0].message, []).append((row, idea))
    found = []
    for key, some in sorted(made.items(), key=lambda item: -len({row.student.id for row, _ in item[1]})):
        (row, idea), mistake = some[0], MISTAKES.get(key)
        cell = idea.cells[0]
        example = f"{row.student.id}, {cell.place}" + (f": ={cell.formula}" if cell.formula else "")
        students = tuple(dict.fromkeys(row.student.id for row, _ in some))
        title = f"{mistake.name} ({key})" if mistake is not None else key[:LONGEST_TITLE]
        found.append(CommonIdea(title, mistake.why if mistake is not None else "", students, example))
    return found[:MOST_IDEAS]


def questions_of(graded: Graded) -> list[QuestionResult]:
    """The questions in their order, each with the mean of its points."""
    found = []
    for name in graded.marker.questions:
        most = graded.marker.shares[name] / 100
        points = [
            p
            for row in graded.rows
            if row.standing is Standing.MARKED and row.mark and (p := row.mark.of(name)) is not None
        ]
        mean = sum(points) / len(points) if points else None
        full = sum(p >= most for p in points)
        found.append(QuestionResult(name, symbol_of(name), most, mean, full, len(points)))
    return found


def write_overview(graded: Graded, path: Path, today: date | None = None) -> None:
    """The class at a glance, a page that needs nothing else."""
    environment = Environment(
        loader=PackageLoader("sheetnet.classroom"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = _share
    environment.filters["line"] = one_line
    questions = questions_of(graded)
    hardest = sorted((q for q in questions if q.mean is not None), key=lambda q: (q.mean or 0) / (q.most or 1))
    until = graded.folder.assignment.keep_until
    page = environment.get_template("overview.html").render(
        title=graded.folder.assignment.name,
        most=graded.marker.most / 100,
        rows=graded.rows,
        counts=Counter(row.standing for row in graded.rows),
        standings=list(Standing),
        without_a_mark=[standing for standing in Standing if not standing.has_mark],
        questions=questions,
        hardest=hardest[:5],
        ideas=common_ideas(graded),
        facts=facts(graded),
        strays=graded.strays,
        late=[row for row in graded.rows if row.counted is not None and row.counted.days_late],
        overdue=until if until is not None and (today or datetime.now(UTC).date()) > until else None,
    )
    save_text(page, path)


def _share(mark: PaperMark | None, question: str, most: float) -> str:
    """What a cell of the table looks like: full, some, none, or open."""
    points = None if mark is None or mark.excused else mark.of(question)
    if points is None:
        return "open"
    return "full" if points >= most else "none" if points <= 0 else "some"


__all__ = ["Fact", "common_ideas", "explained", "questions_of", "write_marks", "write_overview"]
