"""Facts about a class's papers that a teacher may want to look into. They are never verdicts on persons.

Variants make pasted numbers show; a formula that was copied from a friend is right in everybody's copy, and shows here only
where it is unusual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sheetnet.classroom.folder import ClassFolder
from sheetnet.classroom.grade import Graded, MarkedPaper
from sheetnet.quantity import Quantity
from sheetnet.reference import stacked, training_step
from sheetnet.syntax import parse_area, shift
from sheetnet.trials.tolerance import right_digits
from sheetnet.validation import CellVerdict, Report
from sheetnet.verdict import Verdict

FEW = 3  # students who share a formula that is unusual
SHARE_OF_CLASS = 0.05  # or this share of the class, where that is more
FEWEST_SHARED = 3  # different unusual formulas in common, before it is told
FEWEST_PASTED, MOST_OF_THEM = 5, 0.75  # typed numbers, and how many of them must be somebody's answers
SAME_DIGITS = 4  # of a typed number that is called the same


Answers = dict[tuple[str, tuple[int, ...] | None], float]  # block and index of each cell → its number


@dataclass(frozen=True)
class Fact:
    """One thing that can be looked up: the students, and what is so."""

    students: tuple[str, ...]
    words: str


def facts(graded: Graded) -> list[Fact]:
    """All facts, in the order of the class."""
    papers = [paper for row in graded.rows for paper in row.papers if paper.result and paper.result.report]
    found = [*_same_files(papers), *_same_formulas(papers, len(graded.rows)), *_others(papers)]
    found += _pasted(graded.folder, papers)
    return [*found, *_changed(papers)]


def _owner(paper: MarkedPaper) -> str:
    assert paper.whose.student is not None
    return paper.whose.student


def _report(paper: MarkedPaper) -> Report:
    assert paper.result is not None
    assert paper.result.report is not None
    return paper.result.report


def _same_files(papers: Sequence[MarkedPaper]) -> Iterator[Fact]:
    """Files that are the same to the byte, something having been filled in."""
    owners: dict[str, dict[str, None]] = {}
    for paper in papers:
        if any(cell.answer and cell.verdict not in (Verdict.BLANK, Verdict.MISSING) for cell in _report(paper).cells):
            owners.setdefault(paper.paper.digest, {})[_owner(paper)] = None
    for students in owners.values():
        if len(students) > 1:
            yield Fact(tuple(students), "handed in the same file, to the byte")


def _same_formulas(papers: Sequence[MarkedPaper], size: int) -> Iterator[Fact]:
    """Formulas that few wrote, as those few wrote them; filled ones count once."""
    users: dict[tuple[str, str], dict[str, None]] = {}
    for paper in papers:
        for cell in _report(paper).cells:
            if cell.answer and cell.formula is not None:
                users.setdefault((cell.quantity, _as_filled(cell)), {})[_owner(paper)] = None
    few = max(FEW, round(SHARE_OF_CLASS * size))
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for key, writers in users.items():
        if 1 < len(writers) <= few:
            groups.setdefault(tuple(writers), []).append(key)
    for students, shared in groups.items():
        if len(shared) >= FEWEST_SHARED:
            example = max((formula for _, formula in shared), key=len)
            yield Fact(students, f"share {len(shared)} formulas that nobody else wrote so, such as ={example}")


def _as_filled(cell: CellVerdict) -> str:
    """The formula as it would stand in A1: equal for cells it was filled to."""
    area = parse_area(cell.cell or "")
    assert cell.formula is not None
    return cell.formula if area is None else shift(cell.formula, 1 - area.top, 1 - area.left)


def _others(papers: Sequence[MarkedPaper]) -> Iterator[Fact]:
    for paper in papers:
        if paper.whose.is_anothers:
            assert paper.whose.copy is not None
            yield Fact((_owner(paper), paper.whose.copy), f"{paper.paper.name} is the copy of {paper.whose.copy}")


def _pasted(folder: ClassFolder, papers: Sequence[MarkedPaper]) -> Iterator[Fact]:
    """Typed numbers that are answers to another student's numbers, and not to the own ones."""
    answers: dict[str, Answers] = {}
    for paper in papers:
        typed = [c for c in _report(paper).cells if c.answer and c.verdict == Verdict.HARDCODED and c.index is not None]
        if len(typed) < FEWEST_PASTED or not folder.slots:
            continue
        if not answers:
            answers |= _answers(folder)
        counts = {student: _matches(typed, known) for student, known in answers.items()}
        own = counts.pop(_owner(paper), 0)
        if not counts:
            continue
        other = max(counts, key=lambda student: counts[student])
        if counts[other] >= MOST_OF_THEM * len(typed) and counts[other] > own:
            words = f"{counts[other]} of {len(typed)} typed numbers are the answers to the copy of {other}, {own} to the own"
            yield Fact((_owner(paper), other), words)


def _answers(folder: ClassFolder) -> dict[str, Answers]:
    found: dict[str, Answers] = {}
    for student, variant in folder.variants().items():
        network = folder.network_of(variant)
        step = training_step(network)
        found[student] = {
            (block.quantity.of_cells.name, (r, c)): float(x)
            for name, block in network.blocks.items()
            for r, row in enumerate(stacked(step[name], block))
            for c, x in enumerate(row)
        }
    return found


def _matches(typed: Sequence[CellVerdict], known: Answers) -> int:
    """How many typed numbers are the known answers of their cells."""
    found = 0
    for cell in typed:
        expected = known.get((Quantity.of(cell.quantity).of_cells.name, cell.index))
        if isinstance(cell.value, float) and expected is not None:
            found += right_digits(cell.value, expected) >= SAME_DIGITS
    return found


def _changed(papers: Sequence[MarkedPaper]) -> Iterator[Fact]:
    """Inputs and givens that are not as they were given, and what the judge noticed about the file."""
    for paper in papers:
        report = _report(paper)
        words: list[str] = []
        if report.edited_inputs:
            words.append(f"{len(report.edited_inputs)} inputs are not as they were given")
        if report.changed_givens:
            words.append(f"{len(report.changed_givens)} given cells were changed and are wrong")
        words += report.notes
        if words:
            yield Fact((_owner(paper),), f"{paper.paper.name}: " + "; ".join(words))
