"""Writes values, cells and causes as words, and gives each verdict its look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sheetnet.errors import one_line
from sheetnet.formulas import Dimensions, spoken
from sheetnet.quantity import q
from sheetnet.report.redacted import Level
from sheetnet.styles import Strokes
from sheetnet.syntax.references import and_more
from sheetnet.validation import CellVerdict, Report
from sheetnet.validation.result import BlockFinding, findings_of
from sheetnet.verdict import OF_THE_ENGINE, SOUND, Verdict
from sheetnet.workbook import Value


@dataclass(frozen=True, slots=True)
class Look:
    """A verdict's fill (RRGGBB, light enough for dark text), a sign for who sees no colours, a terminal's color.

    `strokes` are what a marked cell has where it is printed in grey.
    """

    fill: str
    sign: str
    color: str
    strokes: Strokes = Strokes.NONE


VERDICT_STYLES: dict[str, Look] = {
    Verdict.MISSING: Look("FF9E9E", "∅", "red"),
    Verdict.BLANK: Look("A9CDF5", "▢", "blue"),
    Verdict.ERROR: Look("FF6B6B", "!", "red", Strokes.CROSSED_OUT),
    Verdict.UNSUPPORTED: Look("D5D5D5", "…", "yellow", Strokes.SLANTED_UNDERLINED),
    Verdict.UNDETERMINED: Look("E8DFC0", "?", "yellow", Strokes.SLANTED_UNDERLINED),
    Verdict.HARDCODED: Look("CDA9F2", "#", "magenta", Strokes.TWICE_UNDERLINED),
    Verdict.ROUNDED: Look("F0C3EA", "≈", "magenta", Strokes.UNDERLINED),
    Verdict.WRONG: Look("FF9E9E", "✗", "red", Strokes.CROSSED_OUT),
    Verdict.CARRIED: Look("FFC34D", "↓", "yellow", Strokes.SLANTED),
    Verdict.CORRECT: Look("C8EBC3", "✓", "green"),
}
INPUT_CELL = Look("FFF0B8", "", "blue")  # in a layout that is not sheetnet's: a cell that holds an input
SET_APART = Look("E3E6EB", "◦", "white", Strokes.SLANTED)  # there too: a formula that is no part of the step
EDITED = Look("CDEFF2", "✎", "cyan")  # an input that no longer holds what the network file says


COST_OF_EACH = q("cost_n")
SHORT_FORMULA = 48  # characters of a formula that a terminal shows
MOST_REMARKS = 5  # different ones in blank cells that are quoted


def called(verdict: str) -> str:
    """A verdict as pages and sheets call it, for people who never read of "hardcoded"."""
    return "typed in" if verdict == Verdict.HARDCODED else verdict


def printable(words: str) -> str:
    """Text of a stranger's file without control characters, which a terminal would obey."""
    return one_line(words)


def short(words: str) -> str:
    """The beginning of a long formula."""
    return words if len(words) <= SHORT_FORMULA else words[: SHORT_FORMULA - 1] + "…"


def value_text(value: Value) -> str:
    """A value as a report shows it."""
    if value is None:
        return "empty"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def number_text(number: float) -> str:
    """Nine decimals, as worked examples print them; very large or small numbers in scientific notation."""
    if number != 0 and not 1e-6 <= abs(number) < 1e6:
        return f"{number:.6g}"
    return f"{number:.9f}".rstrip("0").rstrip(".")


def reason(cell: CellVerdict) -> str:
    """Why the cell has its verdict, with the known mistake's code."""
    named = cell.mistake is None or cell.mistake in cell.message
    return printable(cell.message if named else f"{cell.message} ({cell.mistake})")


def followers(cells: Iterable[CellVerdict]) -> Counter[str]:
    """How many carried cells name each blamed cell as their cause."""
    return Counter(cell.cause for cell in cells if cell.cause is not None)


def following(finding: BlockFinding, carried: Counter[str]) -> int:
    """How many cells carry an error of the finding's cells."""
    return sum(carried[cell.place] for cell in finding.cells)


def in_json(count: int) -> str:
    """What ends a list that is cut: the JSON has all."""
    return f"…{and_more(count)}: see --json"


def inherited(carried: int) -> str:
    """How many cells carry a blamed cell's error; empty for none."""
    if not carried:
        return ""
    return "1 more cell carries this error" if carried == 1 else f"{carried:,} more cells carry this error"


def blamed_answers(report: Report) -> list[CellVerdict]:
    """The answers that are neither right nor merely carry an error."""
    return [cell for cell in report.cells if cell.answer and cell.verdict not in SOUND]


def blamed(report: Report) -> list[CellVerdict]:
    """All cells that somebody should look at: answers that are not right, and givens that are not as given."""
    return [*blamed_answers(report), *report.changed_givens]


def spoken_cells(finding: BlockFinding, dimensions: Dimensions) -> str:
    """The first element of a finding, and how many more there are."""
    first, more = finding.first, len(finding.cells) - 1
    return spoken(first.quantity, first.index, dimensions) + and_more(more)


def dimensions_of(report: Report) -> Dimensions:
    """How many rows the blocks of activations have, and the sizes of the layers."""
    rows = (cell.index[0] for cell in report.cells if cell.quantity == COST_OF_EACH and cell.index)
    return Dimensions(1 + max(rows, default=0), report.sizes)


def finding_line(path: str, place: str, what: str, element: str = "") -> str:
    """One line for programs that search text: `FILE:Step!G22: SN013 exponent's sign flipped (a⁽¹⁾ of neuron 0)`."""
    where = f"{path}:{place}" if place else path
    return printable(f"{where}: {what}" + (f" ({element})" if element else ""))


def named_or_verdict(cell: CellVerdict) -> str:
    """What a cell is called in one line: its known mistake by code and name, else its verdict and why."""
    return f"{cell.verdict}: {cell.message}" if cell.mistake is None else mistake_title(cell.mistake)


def mistake_title(code: str) -> str:
    """A known mistake's code and name; the code alone where a report of another version has one that is not known."""
    from sheetnet.mistakes import MISTAKES  # with NumPy, which a report without mistakes can do without

    return f"{code} {MISTAKES[code].name}" if code in MISTAKES else code


def blocks_of_blanks(report: Report) -> list[BlockFinding]:
    """The blank answers, those of each block on each sheet together."""
    return _by_block(cell for cell in report.answers if cell.verdict == Verdict.BLANK)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is, in answers. Of those that are right some may carry an error from another cell."""

    right: int
    carried: int
    to_look_at: int
    to_do: int
    not_judged: int

    @property
    def total(self) -> int:
        """How many answers there are."""
        return self.right + self.to_look_at + self.to_do + self.not_judged

    @property
    def words(self) -> str:
        """`15 of 60 right, 4 to look at, 41 to do`."""
        if not self.total:
            return "nothing was compared"
        others = ((self.to_look_at, "to look at"), (self.to_do, "to do"), (self.not_judged, "not judged"))
        return ", ".join([f"{self.right:,} of {self.total:,} right", *(f"{n:,} {what}" for n, what in others if n)])

    @property
    def remark(self) -> str:
        """What to know of right formulas whose numbers are not; empty where there are none."""
        if not self.carried:
            return ""
        cells = "1 right formula depends" if self.carried == 1 else f"{self.carried:,} right formulas depend"
        return f"{cells} on a cell that is not right yet."


def progress_of(report: Report) -> Progress:
    """The progress by the answers of a report. A formula that only carries an error is right."""
    found = Counter(cell.verdict for cell in report.answers)
    right, carried = found[Verdict.CORRECT] + found[Verdict.CARRIED], found[Verdict.CARRIED]
    to_do, not_judged = found[Verdict.BLANK], sum(found[verdict] for verdict in OF_THE_ENGINE)
    return Progress(right, carried, found.total() - right - to_do - not_judged, to_do, not_judged)


def counted_blanks(block: BlockFinding) -> str:
    """`1 cell is blank`, `6 cells are blank`."""
    count = len(block.cells)
    return "1 cell is blank" if count == 1 else f"{count:,} cells are blank"


def findings_shown(report: Report, cells: Sequence[CellVerdict]) -> list[BlockFinding]:
    """Cells of a report by their cause; where it tells blocks alone, by the block."""
    return findings_of(cells) if report.level != Level.WHERE else _by_block(cells)


def _by_block(cells: Iterable[CellVerdict]) -> list[BlockFinding]:
    found: dict[tuple[str | None, str], list[CellVerdict]] = {}
    for cell in cells:
        found.setdefault((cell.sheet, cell.quantity), []).append(cell)
    return [BlockFinding(tuple(each)) for each in found.values()]


def concealed(report: Report) -> str:
    """What to know of a report that does not tell all; empty where it does."""
    return "" if report.level == Level.FULL else "a student's copy: the right values are not shown"


def concerned(report: Report) -> list[CellVerdict]:
    """The cells that a report shows in colour: answers, and givens that are not as they were given."""
    return [*report.answers, *report.changed_givens]


def inputs_edited(report: Report) -> str:
    """How a report heads the inputs that hold other numbers than the network's."""
    return f"inputs you changed ({'not allowed: --strict-inputs' if report.strict_inputs else 'allowed'})"


def stale_cells(report: Report) -> str:
    """What to know of cells whose saved values are not what they compute."""
    one = report.stale == 1
    cells = "1 cell still shows an old value" if one else f"{report.stale:,} cells still show old values"
    return f"{cells}: the file was saved without recalculating. Open and save it in a spreadsheet program."


def givens_changed(report: Report) -> str:
    """How a report heads the givens that were changed; empty where there are none."""
    count = len(report.changed_givens)
    cells = "1 cell that was given is" if count == 1 else f"{count:,} cells that were given are"
    return f"{cells} not as given (not counted among the answers)" if count else ""


def asked_text(report: Report) -> str:
    """How many answers were asked for, before their counts: `60 answers: `; empty where every judged cell is one."""
    count = len(report.answers)
    return "" if count == len(report.cells) else "1 answer: " if count == 1 else f"{count:,} answers: "


def remarks(report: Report) -> str:
    """What stands in the answers that are blank but for a remark, and how often: `'?' (3), 'todo' (1)`."""
    found = Counter(
        short(printable(cell.value))
        for cell in report.answers
        if cell.verdict == Verdict.BLANK and isinstance(cell.value, str)
    )
    several = [f"{words!r} ({count:,})" for words, count in found.most_common(MOST_REMARKS) if words.strip()]
    return ", ".join([*several, "…"] if len(found) > MOST_REMARKS else several)
