"""Fills marks into a teacher's own export of a learning platform, and writes the table that nbgrader has.

Only the columns of the assignment are filled in. What else the export has, rows of strangers included, stays as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from pathlib import Path

from sheetnet.classroom.grade import Graded, Standing, StudentRow
from sheetnet.classroom.roster import CANVAS_IDS, MOODLES_PARTICIPANT, decoded, separator_of
from sheetnet.errors import FileError
from sheetnet.files.atomic import save_text

# As Canvas's own importer knows a column of an assignment: its title, and its number in brackets.
_ASSIGNMENT = re.compile(r"(.*)\s\((\d+)\)")
NBGRADER_COLUMNS = """assignment duedate timestamp student_id last_name first_name email raw_score
    late_submission_penalty score max_score""".split()

ExportTable = list[list[str]]


def fill_canvas(graded: Graded, sheet: Path, out: Path, column: str | None = None) -> int:
    """Fill in the column of the assignment in an export of Canvas's gradebook, and give how many marks were filled in.

    `column` is its title, or its number; None takes the one of the assignment's name, or the only one there is. Raises
    FileError where none fits.
    """
    table, separator = _read(sheet)
    header = table[0]
    place = _canvas_column(header, column or graded.folder.assignment.name, column is not None, sheet)
    ids = [number for number, name in enumerate(header) if name.strip().casefold() in (*CANVAS_IDS, "id")]
    rows = _by_id(graded)
    comma = separator == ";"  # Canvas writes so where the decimal sign is a comma
    filled = _fill(table, lambda line: next((rows[line[n].casefold()] for n in ids if line[n].casefold() in rows), None),
        lambda row: {place: _points(row, comma, excused="EX")})  # fmt: skip
    _write(table, separator, out)
    return filled


def _canvas_column(header: Sequence[str], wanted: str, must: bool, sheet: Path) -> int:
    found = {number: match for number, name in enumerate(header) if (match := _ASSIGNMENT.fullmatch(name.strip()))}
    named = [number for number, match in found.items() if wanted.strip().casefold() in (match[1].casefold(), match[2])]
    if len(named) == 1:
        return named[0]
    if len(found) == 1 and not must:
        return next(iter(found))
    titles = ", ".join(header[number] for number in found) or "none"
    raise FileError(
        f"has {len(named) or 'no'} columns for {wanted!r}", path=sheet, remedy=f"give --column with one of: {titles}"
    )


def fill_moodle(graded: Graded, sheet: Path, out: Path, column: str | None = None) -> int:
    """Fill in the grades, and the feedback where there is a column for it, in a grading worksheet of Moodle.

    Its headers are in the site's language: the grade stands before the column that holds the highest grade in each row,
    or in `column`. Raises FileError where there is none such.
    """
    table, separator = _read(sheet)
    place, comments = _moodle_columns(table, column, sheet)
    rows = _by_id(graded)

    def row_of(line: Sequence[str]) -> StudentRow | None:
        match = MOODLES_PARTICIPANT.fullmatch(line[0].strip())
        return rows.get(match[1]) if match is not None else None

    def cells(row: StudentRow) -> dict[int, str]:
        return {place: _points(row, separator == ";")} | ({comments: _comment(row)} if comments is not None else {})

    filled = _fill(table, row_of, cells)
    _write(table, separator, out)
    return filled


def _moodle_columns(table: ExportTable, column: str | None, sheet: Path) -> tuple[int, int | None]:
    """Where the grade stands, and the feedback: after the highest grade, whether it can be changed and two times."""
    header, lines = table[0], table[1:]
    if column is not None and column in header:
        place = header.index(column)
    else:
        constant = [
            number
            for number in range(3, len(header))
            if len({line[number] for line in lines}) == 1 and re.fullmatch(r"[1-9][\d.,]*", lines[0][number].strip())
        ]
        if column is not None or not constant:
            raise FileError(
                "has no column of grades before one of the highest grade"
                if column is None
                else f"has no column {column}",
                path=sheet,
                remedy=f"give --column with one of: {', '.join(header[1:])}",
            )
        place = constant[0] - 1
    comments = place + 5
    return place, comments if comments < len(header) else None


def _comment(row: StudentRow) -> str:
    return " ".join((f"{row.counted.paper.file}: see the feedback file.",) if row.counted is not None else row.notes)


def write_nbgrader(graded: Graded, out: Path) -> int:
    """Write a table as `nbgrader export` does; a student without a paper has a row with 0.0."""
    settings, stream = graded.folder.assignment, io.StringIO()
    writer = csv.DictWriter(stream, NBGRADER_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in graded.rows:
        first, _, last = row.student.name.rpartition(" ")
        time = row.counted.paper.handed_in if row.counted is not None else None
        due = settings.lateness.due(row.student.id)
        points = 0.0 if row.standing is Standing.NO_PAPER else row.mark.points if row.mark is not None else None
        late = -sum(line.points for line in row.mark.lines if line.is_late) if row.mark is not None else 0.0
        values = {
            "assignment": settings.name,
            "duedate": "" if due is None else due.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "timestamp": "" if time is None else time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "student_id": row.student.id,
            "last_name": last,
            "first_name": first,
            "email": row.student.email,
            "raw_score": "" if points is None else points + late,
            "late_submission_penalty": late,
            "score": "" if points is None else points,
            "max_score": graded.marker.most / 100,
        }
        writer.writerow(values)
    save_text(stream.getvalue(), out)
    return len(graded.rows)


PLATFORMS: dict[str, Callable[[Graded, Path, Path, str | None], int]] = {"canvas": fill_canvas, "moodle": fill_moodle}


def _by_id(graded: Graded) -> dict[str, StudentRow]:
    """Rows by what a platform calls the student, and by id."""
    found = {row.student.key: row for row in graded.rows}
    return found | {row.student.platform_id.casefold(): row for row in graded.rows if row.student.platform_id}


def _points(row: StudentRow, comma: bool, excused: str = "") -> str:
    """The points as text; nothing where there is no mark."""
    if row.mark is None or row.mark.points is None:
        return excused if row.mark is not None and row.mark.excused else ""
    words = f"{row.mark.points:.2f}"
    return words.replace(".", ",") if comma else words


def _fill(
    table: ExportTable,
    row_of: Callable[[Sequence[str]], StudentRow | None],
    cells: Callable[[StudentRow], Mapping[int, str]],
) -> int:
    """Fill in the lines of the class's students, where there is something to fill in."""
    filled = 0
    for line in table[1:]:
        row = row_of(line)
        if row is not None:
            given = {number: words for number, words in cells(row).items() if words}
            for number, words in given.items():
                line[number] = words
            filled += bool(given)
    return filled


def _read(sheet: Path) -> tuple[ExportTable, str]:
    """The lines of an export as they are, all of one length, and what separates their fields."""
    text = decoded(sheet)
    separator = separator_of(text)
    table = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if line]
    if len(table) < 2:
        raise FileError("has no rows under a header", path=sheet, remedy="give the export as the platform made it")
    return [line + [""] * (len(table[0]) - len(line)) for line in table], separator


def _write(table: ExportTable, separator: str, out: Path) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\r\n").writerows(table)
    save_text(stream.getvalue(), out)
