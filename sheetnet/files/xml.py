"""XML read as a stream: no DTD, no entities, bounded depth and memory. It knows no zip and no workbook."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLParser, XMLPullParser
from xml.parsers.expat import ExpatError, ParserCreate

from defusedxml.common import DefusedXmlException, DTDForbidden

from sheetnet.errors import FileError
from sheetnet.files import limits

_LOOK = 1_000  # bytes that are looked at together for the root element: it mostly stands in the first


def _armed(seen: Callable[..., None]) -> Any:
    """An expat parser that tells of the first elements and refuses DTDs as defusedxml does, without building a tree."""
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.StartElementHandler = seen
    return parser


def _refuse_dtd(name: str, system: str | None, public: str | None, _has_subset: int) -> None:
    raise DTDForbidden(name, system, public)


@contextmanager
def _as_file_error(where: str) -> Iterator[None]:
    try:
        yield
    except DefusedXmlException as error:
        raise FileError(f"{where} declares a DTD or entities, which no workbook needs: refused") from error
    except (ExpatError, ParseError, LookupError, ValueError) as error:
        # LookupError and ValueError: the encoding is unknown, or has several bytes a character.
        raise FileError(f"{where} is no well-formed XML ({error}): get the file again") from error


def iterparse(
    chunks: Iterable[bytes], where: str, events: Iterable[str] = ("end",), tags: Collection[str] | None = None
) -> Iterator[tuple[str, Element]]:
    """The elements of one XML part as (event, element), tags as `{namespace}local`, events among "start" and "end".

    Only elements with one of `tags` are reported (None: all). At its "end" an element has all its content, except that
    of children which were reported themselves: each is emptied after its turn, so that memory stays bounded. At its
    "start" it has its attributes only. Raises FileError that begins with `where`.
    """
    wanted = frozenset(events)
    kinds = tuple(wanted | {"end"})
    exact = "start" in wanted
    parser: Any = XMLPullParser(cast(Any, kinds))
    watch = _Watch(where)
    chunks = _without_dtd(chunks)
    while batch := _batch(parser, chunks, watch, len(kinds)):
        for event, element in batch:
            if exact:
                watch.nest(1 if event == "start" else -1)
            if (tags is not None and element.tag not in tags) or event not in wanted:
                continue
            if event == "end":
                watch.dropped(element)
            yield event, element
            if event == "end":
                element.clear()


def elements(chunks: Iterable[bytes], where: str, tags: Collection[str]) -> Iterator[tuple[str, Element]]:
    """What `iterparse` gives for "end", from a part so small that its whole tree may be held: a third faster."""
    parser = XMLParser()  # noqa: S314 - it sees nothing that defusedxml has not passed, see `_without_dtd`
    with _as_file_error(where):
        for chunk in _without_dtd(chunks):
            parser.feed(chunk)
        root = parser.close()
    for element in root.iter():
        if element.tag in tags:
            yield "end", element


def _batch(parser: Any, chunks: Iterator[bytes], watch: _Watch, kinds: int) -> list[tuple[str, Element]]:
    """The events of the next chunks, at least one; empty at the end of the part."""
    with _as_file_error(watch.where):
        for chunk in chunks:
            parser.feed(chunk)
            batch = list(parser.read_events())
            watch.fed(len(chunk), len(batch) // kinds)  # a start and an end count as one
            if batch:
                return batch
        parser.close()
        return list(parser.read_events())


def _without_dtd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, passed on only after defusedxml has read them as far as the root element.

    A DTD can stand only before the root element, and without a DTD there are no entities. So the slower parser need
    not see the rest, and the fast one never meets a DTD.
    """
    roots: list[str] = []

    def seen(name: str, *_: object) -> None:
        roots.append(name)
        guarded.StartElementHandler = None

    guarded = _armed(seen)
    for chunk in chunks:
        for start in range(0, 0 if roots else len(chunk), _LOOK):
            guarded.Parse(chunk[start : start + _LOOK], False)
            if roots:
                break
        yield chunk


class _Watch:
    """Counts what the parser holds, and refuses what no spreadsheet program writes."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._held = self._depth = self._silent = self._undropped = 0

    def fed(self, size: int, ended: int) -> None:
        """After each chunk: elements held, bytes without any end of an element, bytes without one that was dropped."""
        self._held += ended
        self._silent = 0 if ended else self._silent + size
        self._undropped += size
        if self._silent > limits.MAX_XML_SILENCE:
            raise FileError(
                f"{self.where} nests too deep or has a text of over {limits.MAX_XML_SILENCE:,} bytes: refused"
            )
        if self._held > limits.MAX_XML_HELD or self._undropped > limits.MAX_XML_UNDROPPED:
            raise FileError(f"{self.where} holds too much in one place: refused")

    def nest(self, step: int) -> None:
        """Exact, where the starts of elements are watched too."""
        self._depth += step
        if self._depth > limits.MAX_XML_DEPTH:
            raise FileError(f"{self.where} nests elements deeper than {limits.MAX_XML_DEPTH} levels: refused")

    def dropped(self, element: Element) -> None:
        """Before an element is emptied: its descendants are held no longer, itself it stays in its parent."""
        self._held -= sum(1 for _ in element.iter()) - 1
        self._undropped = 0
