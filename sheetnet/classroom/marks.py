"""Turns a report into a mark that explains itself: every point given or taken is a line, and the lines add up.

Points are counted in hundredths, so that they add up exactly. What could not be judged, or read, has no mark: a person
decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sheetnet.classroom.assignment import Assignment, By
from sheetnet.errors import UsageError, one_line
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.report.wording import called
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import findings_of
from sheetnet.verdict import OF_THE_ENGINE, Verdict

WHOLE = "total"  # what an override names that is about the whole mark
MISTAKES_MADE = (Verdict.WRONG, Verdict.ERROR)


@dataclass(frozen=True)
class Line:
    """Points given or taken, in hundredths, and what for. `question` is a block, or empty for the whole paper.

    `is_late`: they were taken because it was late.
    """

    question: str
    words: str
    hundredths: int
    is_late: bool = False

    @property
    def points(self) -> float:
        """The points."""
        return self.hundredths / 100

    @property
    def told(self) -> str:
        """What for, with the question where it is about one."""
        return f"{self.question}: {self.words}" if self.question else self.words


@dataclass(frozen=True)
class PaperMark:
    """The mark of one paper. `pending` are the questions that a person must decide; then it has no points."""

    lines: tuple[Line, ...] = ()
    pending: tuple[str, ...] = ()
    excused: bool = False

    @property
    def points(self) -> float | None:
        """The sum of the lines; None where a person must decide."""
        return None if self.pending or self.excused else sum(line.hundredths for line in self.lines) / 100

    def added_up(self) -> list[str]:
        """Every line and the sum, as text that reads as an addition."""
        told = [f"{line.points:+8.2f}  {one_line(line.told)}" for line in self.lines]
        told += [f"       ?  {question}: a person must decide" for question in self.pending]
        return [*told, f"{self.points:8.2f}  in all" if self.points is not None else "       ?  in all"]

    def of(self, question: str) -> float | None:
        """The points of one question."""
        if question in self.pending:
            return None
        return sum(line.hundredths for line in self.lines if line.question == question) / 100


@dataclass(frozen=True)
class Override:
    """What a teacher decided by hand. `points` None: excused."""

    student: str
    question: str
    points: float | None
    reason: str = ""


@dataclass(frozen=True)
class Idea:
    """One mistake wherever it was made: its cells, and its code where it is a known one."""

    cells: tuple[CellVerdict, ...]

    @property
    def code(self) -> str | None:
        """The code of the known mistake."""
        return self.cells[0].mistake

    @property
    def name(self) -> str:
        """The code, or what it is without one."""
        return self.code or ("no formula" if self.cells[0].formula is None else "a mistake")

    @property
    def where(self) -> str:
        """The blocks that it is in."""
        return ", ".join(dict.fromkeys(cell.quantity for cell in self.cells))


class Marker:
    """Marks papers of one assignment. Raises UsageError where points are given to a question that was not asked."""

    def __init__(self, network: Network, assignment: Assignment, asked: Sequence[str]) -> None:
        self._assignment = assignment
        self._blocks = {question: network.blocks[question] for question in asked}
        self.shares = _shares(assignment, asked)

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions: the blocks that were asked for."""
        return tuple(self._blocks)

    @property
    def most(self) -> int:
        """All points, in hundredths."""
        return sum(self.shares.values())

    def mark(self, report: Report, days_late: int = 0, overrides: Sequence[Override] = ()) -> PaperMark:
        """The mark of a report: its questions, then what being late costs, then what the teacher decided."""
        if any(override.points is None for override in overrides):
            return PaperMark(excused=True)
        decided = {override.question: override for override in overrides}
        cells = self._by_question(report)
        pending = tuple(
            question
            for question, some in cells.items()
            if WHOLE not in decided and question not in decided and any(cell.verdict in OF_THE_ENGINE for cell in some)
        )
        lines = [line for question, some in cells.items() for line in self._question(question, some)]
        if self._assignment.points.by is By.IDEA:
            lines += [self._idea(idea) for idea in ideas(report)]
        lines += _to_zero(lines)
        if (percent := self._assignment.lateness.percent_a_day) and days_late:
            lines.append(Line("", f"{_days(days_late)} late", -round(self.most * percent * days_late / 100), True))
            lines += _to_zero(lines, is_late=True)
        lines += _decisions(lines, decided)
        return PaperMark(tuple(line for line in lines if line.hundredths or line.question), pending)

    def of_nothing(self, overrides: Sequence[Override]) -> PaperMark:
        """The mark of a student without a paper that could be judged: what the teacher decided."""
        if any(override.points is None for override in overrides):
            return PaperMark(excused=True)
        return PaperMark(tuple(_decisions([], {override.question: override for override in overrides})))

    def _by_question(self, report: Report) -> dict[str, list[CellVerdict]]:
        """The answers of each question."""
        found: dict[str, list[CellVerdict]] = {question: [] for question in self._blocks}
        owners = {name: question for question in found for name in (question, Quantity.of(question).of_cells.name)}
        for cell in report.cells:
            if cell.answer and cell.quantity in owners:
                found[owners[cell.quantity]].append(cell)
        return found

    def _question(self, question: str, cells: Sequence[CellVerdict]) -> Iterator[Line]:
        """What a question gives: its share, cell by cell."""
        share, count = self.shares[question], len(cells)
        if not count:
            yield Line(question, "nothing of it stands in the workbook", 0)
            return
        credit = sum(self._credit(cell) for cell in cells)
        yield Line(question, _words(cells), round(share * credit / count))

    def _credit(self, cell: CellVerdict) -> float:
        """The share of its points that a cell has, from 0 to 1. By idea a mistake is taken off elsewhere."""
        policy = self._assignment.credit
        if cell.right_as_text:
            return policy.as_text
        if cell.verdict in MISTAKES_MADE:
            return float(self._assignment.points.by is By.IDEA)
        shares = {
            Verdict.CORRECT: 1.0,
            Verdict.CARRIED: policy.carried,
            Verdict.ROUNDED: policy.rounded,
            Verdict.HARDCODED: policy.hardcoded,
        }
        return shares.get(cell.verdict, 0.0)

    def _idea(self, idea: Idea) -> Line:
        cost = round(100 * self._assignment.points.deduction)
        return Line("", f"{idea.name} in {idea.where}", -cost)


def ideas(report: Report) -> list[Idea]:
    """The mistakes of a paper, each once: by its code, else by its formula as it was filled; all texts are one."""
    wrong = [c for c in report.cells if c.answer and c.verdict in MISTAKES_MADE and not c.right_as_text]
    found: dict[object, list[CellVerdict]] = {}
    for number, finding in enumerate(findings_of(wrong)):
        key = finding.first.mistake or (number if finding.first.formula is not None else "no formula")
        found.setdefault(key, []).extend(finding.cells)
    return [Idea(tuple(cells)) for cells in found.values()]


def _shares(assignment: Assignment, asked: Sequence[str]) -> dict[str, int]:
    """Hundredths of each question: those that were given, the rest in equal shares, exact in sum."""
    given = assignment.points.questions
    if unknown := [name for name in given if name not in asked]:
        raise UsageError(
            f"marks.questions.{unknown[0]} is no question of this assignment", remedy=f"choose from {', '.join(asked)}"
        )
    rest = assignment.points.total - sum(given.values())
    others = [name for name in asked if name not in given]
    if rest < 0 or (rest and not others):
        raise UsageError(
            f"marks.questions add up to {sum(given.values()):g}, marks.points is {assignment.points.total:g}",
            remedy="let them be equal, or leave questions to share the rest",
        )
    ends = [round(100 * rest * number / len(others)) for number in range(len(others) + 1)] if others else []
    equal = {name: ends[number + 1] - ends[number] for number, name in enumerate(others)}
    return {name: equal[name] if name in equal else round(100 * given[name]) for name in asked}


def _words(cells: Iterable[CellVerdict]) -> str:
    """`3 correct, 1 wrong (SN012)`."""
    kinds: dict[tuple[Verdict, bool], list[CellVerdict]] = {}
    for cell in cells:
        kinds.setdefault((cell.verdict, cell.right_as_text), []).append(cell)
    parts = []
    for (verdict, as_text), some in sorted(kinds.items(), key=lambda item: (-item[0][0].rank, item[0][1])):
        codes = ", ".join(dict.fromkeys(cell.mistake for cell in some if cell.mistake and verdict in MISTAKES_MADE))
        words = "right as text" if as_text else called(verdict)
        parts.append(f"{len(some)} {words}" + (f" ({codes})" if codes else ""))
    return ", ".join(parts)


def _to_zero(lines: Sequence[Line], is_late: bool = False) -> list[Line]:
    """What is below nothing is nothing."""
    below = sum(line.hundredths for line in lines)
    return [Line("", "no mark is below 0", -below, is_late)] if below < 0 else []


def _decisions(lines: Sequence[Line], decided: Mapping[str, Override]) -> list[Line]:
    """What turns the points of a question, or of all, into what the teacher decided."""
    found: list[Line] = []
    for question, override in decided.items():
        assert override.points is not None
        whole = question == WHOLE
        before = sum(line.hundredths for line in [*lines, *found] if whole or line.question == question)
        words = "decided by hand" + (f": {override.reason}" if override.reason else "")
        found.append(Line("" if whole else question, words, round(100 * override.points) - before))
    return found


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
