"""Notes for cells of a worksheet, added to those it has: the comments part. It knows no cells and no shapes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping

from sheetnet.errors import FileError
from sheetnet.files.marks import AUTHOR, SETTLED
from sheetnet.files.repack import Parts
from sheetnet.files.splice import Edit, Node, appended, children, escaped, prefix_of, scan, spliced
from sheetnet.files.xlsx.mark_styles import MAIN
from sheetnet.files.xlsx.parts import NAMESPACES
from sheetnet.files.xlsx.rels import declare, relate, related
from sheetnet.files.xlsx.text import text_element

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{NAMESPACES[0]}">'
    "<authors></authors><commentList></commentList></comments>"
).encode()
_AUTHORS, _AUTHOR, _LIST, _COMMENT, _TEXT, _RUN, _T = (
    MAIN + name for name in ("authors", "author", "commentList", "comment", "text", "r", "t")
)
_OURS = re.compile(rb"(?:^|(?:[\r\n]|&#1[03];|_x000[aAdD]_)+)%s: " % AUTHOR.encode())


def add_comments(parts: Parts, sheet_part: str, notes: Mapping[str, str | None]) -> list[str]:
    """Put a note on each of these cells (by name, `B3`); returns the cells that had none before.

    A cell's own note stays as it is, ours follows it; an earlier one of ours gives way, also where there is none now.
    """
    part = related(parts, sheet_part, "comments")
    if part is None:
        if not any(notes.values()):
            return []
        part = parts.free("xl/comments{}.xml")
        parts.put(part, _EMPTY)
        relate(parts, sheet_part, "comments", part)
        declare(parts, part, _TYPE)
    comments = _Comments(parts.get(part), parts.where(part))
    parts.put(part, comments.with_notes(notes))
    return [cell for cell, note in notes.items() if note and cell not in comments.texts]


class _Comments:
    """The comments part as it stands."""

    def __init__(self, data: bytes, where: str) -> None:
        self._data, self._where = data, where
        self._nodes = scan(data, where, (_AUTHORS, _AUTHOR, _LIST, _COMMENT, _TEXT, _RUN, _T))
        self._starts = [node.start for node in self._nodes]
        self._prefix = prefix_of(data, self._nodes[0])
        self.texts: dict[str, Node] = {}
        cell = ""
        for node in self._nodes:
            if node.tag == _COMMENT:
                cell = (node.get("ref") or "").upper()
            elif node.tag == _TEXT and node.depth == 3:
                self.texts[cell] = node

    def with_notes(self, notes: Mapping[str, str | None]) -> bytes:
        """The part with these notes."""
        edits: list[Edit] = []
        for cell in notes.keys() & self.texts.keys():
            edits += self._followed(self.texts[cell], notes[cell])
        new = {cell: note for cell, note in notes.items() if note and cell not in self.texts}
        if new:
            authors, listed = self._first(_AUTHORS), self._first(_LIST)
            author = sum(node.tag == _AUTHOR for node in self._nodes)
            name = b"<%sauthor>%s</%sauthor>" % (self._prefix, escaped(AUTHOR), self._prefix)
            edits += appended(self._data, authors, name)
            edits += appended(self._data, listed, b"".join(self._comment(*item, author) for item in new.items()))
        return spliced(self._data, edits, self._where)

    def _first(self, tag: str) -> Node:
        found = next((node for node in self._nodes if node.tag == tag), None)
        if found is None:
            raise FileError(f"{self._where} is no list of notes, so the file cannot be marked: save it again")
        return found

    def _comment(self, cell: str, note: str, author: int) -> bytes:
        p = self._prefix
        start = b'<%scomment ref="%s" authorId="%d"><%stext>' % (p, escaped(cell), author, p)
        return start + self._run(f"{AUTHOR}: {note}") + b"</%stext></%scomment>" % (p, p)

    def _followed(self, text: Node, note: str | None) -> list[Edit]:
        """The edits by which ours follows what a note has; an earlier one of ours, to the end of the note, gives way."""
        pieces = children(self._within(text), text)
        for number, piece in enumerate(pieces):
            words = piece if piece.tag == _T else next((n for n in self._within(piece) if n.tag == _T), None)
            ours = _OURS.search(self._data[words.inner : words.close]) if words is not None else None
            if words is None or ours is None:
                continue
            if number == 0 and ours.start() == 0:
                return [(piece.start, text.close, self._run(f"{AUTHOR}: {note or SETTLED}"))]
            more = self._run(f"\n\n{AUTHOR}: {note}") if note else b""
            if ours.start() == 0:
                return [*self._as_runs(pieces[:number]), (piece.start, text.close, more)]
            cut = (words.inner + ours.start(), words.close, b"")
            return [*self._as_runs(pieces[: number + 1]), cut, (piece.end, text.close, more)]
        if not note:
            return []
        return [*self._as_runs(pieces), *appended(self._data, text, self._run(f"\n\n{AUTHOR}: {note}"))]

    def _within(self, node: Node) -> list[Node]:
        first = bisect_right(self._starts, node.start)
        return self._nodes[first : bisect_left(self._starts, node.close)]

    def _as_runs(self, pieces: list[Node]) -> list[Edit]:
        """A text of its own (`t`) becomes a run (`r`), since only runs can follow one another."""
        p = self._prefix
        edits: list[Edit] = []
        for node in pieces:
            if node.tag == _T:
                edits += [(node.start, node.start, b"<%sr>" % p), (node.end, node.end, b"</%sr>" % p)]
        return edits

    def _run(self, text: str) -> bytes:
        return b"<%sr>%s</%sr>" % (self._prefix, text_element(self._prefix, text), self._prefix)
