"""Finds the papers in what was handed in: folders, zips, one zip inside a zip, and files, as the platforms name them.

Names say who handed in and are never paths: each paper is kept under its content's SHA-256. What each platform writes, and
from where that is known, stands in docs/teaching.md.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sheetnet.errors import FileError
from sheetnet.files import SUFFIXES
from sheetnet.files.archives import Reader, files_in_zip, read_bounded
from sheetnet.files.limits import Limits

MOST_FILES = 50_000
MOST_BYTES = 8_000_000_000  # in all, unpacked
ZIPS_DEEP = 2
JUNK = re.compile(
    r"\._.*|~\$.*|\..*|__MACOSX|Thumbs\.db|desktop\.ini|.*\.pyc|comments\.txt|feedback\.txt", re.IGNORECASE
)
TIMESTAMP, METADATA = "timestamp.txt", "submission_metadata.yml"
SAVE_AS = "open it in a spreadsheet program and save it as .xlsx or .ods"
# Suffix → what the student should do.
NO_WORKBOOKS = {
    ".pdf": "hand in the workbook, not a print of it",
    ".numbers": "in Numbers: File → Export To → Excel, and hand that in",
    ".xls": f"{SAVE_AS}",
    ".xlsm": f"{SAVE_AS}, without macros",
    ".csv": f"a .csv has no formulas: {SAVE_AS}",
    ".gsheet": "a link is no file: File → Download → Microsoft Excel, and hand that in",
    ".html": f"{SAVE_AS}",
    ".docx": "hand in the workbook itself",
} | dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".heic", ".webp"), "hand in the workbook, not a picture of it")


@dataclass(frozen=True)
class Claim:
    """What names say about who handed in: a platform's number, or words that may be an id or a name, the surest first."""

    platform_id: str = ""
    words: tuple[str, ...] = ()
    email: str = ""


@dataclass(frozen=True)
class Paper:
    """One file that was handed in. `name` is where it was, for people; `file` is the platform's own name of it.

    `late` is what a platform says of it, `handed_in` a platform's record of when. `problem` says why it cannot be judged.
    """

    name: str
    file: str
    digest: str
    claim: Claim
    late: bool = False
    handed_in: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True)
class _Entry:
    """A file somewhere in the submissions: the names on the way to it, and how its content is had, or why it is not."""

    parts: tuple[str, ...]
    content: Reader
    problem: str | None = None


def collect(
    submissions: Sequence[Path], store: Callable[[str, str, bytes], None], most: int = Limits.file_size
) -> list[Paper]:
    """All papers, in the order of their names; `store` is given digest, suffix and content of each that may be a workbook.

    No file may have more than `most` bytes, and what is no workbook is not read. Raises FileError for a path that cannot be
    read, and for more than any class hands in.
    """
    found: list[Paper] = []
    bytes_in_all = 0
    entries = list(_entries(submissions, most))
    times = {entry.parts[:-1]: _time(entry.content()) for entry in entries if entry.parts[-1] == TIMESTAMP}
    records = {
        (*entry.parts[:-1], key): value
        for entry in entries
        if entry.parts[-1] == METADATA
        for key, value in gradescope_records(entry.content().decode("utf-8", "replace")).items()
    }
    for entry in entries:
        if entry.parts[-1] in (TIMESTAMP, METADATA):
            continue
        paper, content = _paper(entry, times.get(entry.parts[:-1]), records)
        bytes_in_all += len(content)
        if len(found) >= MOST_FILES or bytes_in_all > MOST_BYTES:
            raise FileError("more files than any class hands in", path=submissions[0], remedy="give fewer at once")
        if paper.problem is None:
            store(paper.digest, Path(paper.file).suffix.lower(), content)
        found.append(paper)
    return sorted(found, key=lambda paper: paper.name)


def _paper(entry: _Entry, time: datetime | None, records: dict[tuple[str, ...], Paper]) -> tuple[Paper, bytes]:
    name, file = "/".join(entry.parts), entry.parts[-1]
    suffix = Path(file).suffix.lower()
    problem = entry.problem
    if problem is None and suffix not in SUFFIXES:
        problem = NO_WORKBOOKS.get(suffix, f"is no workbook: {SAVE_AS}")
    content = b""
    if problem is None:
        try:
            content = entry.content()
        except FileError as error:
            problem = str(error)
    claim, late = claim_of(entry.parts)
    record = next(
        (records[entry.parts[:n]] for n in range(len(entry.parts), 0, -1) if entry.parts[:n] in records), None
    )
    if record is not None:
        claim, time = record.claim, record.handed_in
    return Paper(name, file, hashlib.sha256(content).hexdigest(), claim, late, time, problem), content


def _entries(submissions: Iterable[Path], most: int) -> Iterator[_Entry]:
    for path in submissions:
        try:
            if path.is_dir():
                yield from _of_folder(path, most)
            elif path.suffix.lower() == ".zip":
                yield from _of_zip((path.name,), path.read_bytes, 1, most)
            else:
                path.stat()
                yield _Entry((path.name,), partial(_read, path, most))
        except OSError as error:
            raise FileError(f"cannot be read ({error.strerror})", path=path, remedy="check the path") from None


def _of_folder(folder: Path, most: int) -> Iterator[_Entry]:
    """The files below a folder; links lead anywhere, so none is followed."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(JUNK.fullmatch(part) for part in parts) or not stat.S_ISREG(path.lstat().st_mode):
            continue
        read = partial(_read, path, most)
        if path.suffix.lower() == ".zip":
            yield from _of_zip(parts, read, 1, most)
        else:
            yield _Entry(parts, read)


def _of_zip(parts: tuple[str, ...], content: Reader, deep: int, most: int) -> Iterator[_Entry]:
    """The files of a zip; one that cannot be opened is a paper of its own, with its problem."""
    if deep > ZIPS_DEEP:
        yield _Entry(parts, content, "is a zip in a zip in a zip: hand in the workbook itself")
        return
    try:
        members = list(files_in_zip(content(), most))
    except FileError as error:
        yield _Entry(parts, content, str(error))
        return
    for names, read in members:
        inner = (*parts, *names)
        if any(JUNK.fullmatch(part) for part in names):
            continue
        if Path(names[-1]).suffix.lower() == ".zip":
            yield from _of_zip(inner, read, deep + 1, most)
        else:
            yield _Entry(inner, read)


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as stream:
        return read_bounded(stream, most)


# Canvas: name[_LATE]_userid_attachmentid_file (its own upload of feedback takes the first two numbers between underscores).
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<attachment>\d+)_.+")
# Moodle: a folder `fullname_id_assignsubmission_file_`, or the same before the file's name.
_MOODLE = re.compile(r"(?P<name>.+)_(?P<user>\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?")


def claim_of(parts: Sequence[str]) -> tuple[Claim, bool]:
    """Who handed in, by the names on the way to a file, and whether the platform says that it was late."""
    for part in reversed(parts):
        if (match := _MOODLE.fullmatch(part)) is not None:
            return Claim(match["user"], (match["name"],)), False
    if (match := _CANVAS.fullmatch(parts[-1])) is not None:
        return Claim(match["user"], (match["name"],)), match["late"] is not None
    if "submitted" in parts and len(parts) > (place := parts.index("submitted")) + 3:  # nbgrader's tree
        return Claim(words=(parts[place + 1],)), False
    folders = [part.removesuffix(".zip") for part in reversed(parts[:-1])]
    return Claim(words=(*folders, Path(parts[-1]).stem)), False


_RECORD = re.compile(r"^(submission_\d+):", re.MULTILINE)
_FIELD = re.compile(r"^ +-? ?:(name|sid|email|created_at): *+(.*)$", re.MULTILINE)


def gradescope_records(text: str) -> dict[str, Paper]:
    """Folder → who handed in and when, from the list in an export of Gradescope."""
    starts = [(match[1], match.start()) for match in _RECORD.finditer(text)]
    ends = [start for _, start in starts[1:]] + [len(text)]
    found = {}
    for (folder, start), end in zip(starts, ends, strict=True):
        fields = {key: value.rstrip(" ").strip("'\"") for key, value in reversed(_FIELD.findall(text[start:end]))}
        claim = Claim(words=tuple(filter(None, (fields.get("sid"), fields.get("name")))), email=fields.get("email", ""))
        found[folder] = Paper(folder, "", "", claim, handed_in=_time(fields.get("created_at", "").encode()))
    return found


_WHEN = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? *(Z|[+-]\d\d:?\d\d|[A-Za-z_/+-]+\d*)?")


def _time(content: bytes) -> datetime | None:
    """The time that a platform wrote, with its zone; None for what is none, or has no zone."""
    match = _WHEN.match(content.decode("utf-8", "replace").strip())
    if match is None or match[3] is None:
        return None
    moment, zone = f"{match[1]}T{match[2]}", match[3]
    try:
        if zone == "Z" or zone[0] in "+-":
            return datetime.fromisoformat(moment + zone)
        return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    except (ValueError, ZoneInfoNotFoundError):
        return None
