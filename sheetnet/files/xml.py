"""Reads XML as a stream with bounded depth and memory, and edits XML in place."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, cast
from xml.etree.ElementTree import Element, ParseError, XMLParser, XMLPullParser
from xml.parsers.expat import ExpatError, ParserCreate

from defusedxml.common import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from sheetnet.errors import FileError
from sheetnet.files.escaping import replaced
from sheetnet.files.limits import Limits

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
        raise FileError(f"{where} declares a DTD or entities, which no workbook needs: refused", place=where) from error
    except (ExpatError, ParseError, LookupError, ValueError) as error:
        # LookupError and ValueError: the encoding is unknown, or has several bytes per character.
        raise FileError(f"{where} is no well-formed XML ({error})", place=where, remedy="get the file again") from error


def iterparse(
    chunks: Iterable[bytes],
    where: str,
    limits: Limits,
    events: Iterable[str] = ("end",),
    tags: Collection[str] | None = None,
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
    watch, depth, deepest = _Watch(where, limits), 0, limits.xml_depth
    chunks = _without_dtd(chunks)
    while batch := _batch(parser, chunks, watch, len(kinds)):
        for event, element in batch:
            if exact:
                depth += 1 if event == "start" else -1
                if depth > deepest:
                    watch.refuse_depth()
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

    def __init__(self, where: str, limits: Limits) -> None:
        self.where, self._limits = where, limits
        self._held = self._silent = self._undropped = 0

    def fed(self, size: int, ended: int) -> None:
        """After each chunk: elements held, bytes without any end of an element, bytes without one that was dropped."""
        self._held += ended
        self._silent = 0 if ended else self._silent + size
        self._undropped += size
        if self._silent > self._limits.xml_silence:
            raise FileError(
                f"{self.where} nests too deep or has a text of over {self._limits.xml_silence:,} bytes: refused",
                place=self.where,
            )
        if self._held > self._limits.xml_held or self._undropped > self._limits.xml_row:
            raise FileError(f"{self.where} holds too much in one place: refused", place=self.where)

    def refuse_depth(self) -> NoReturn:
        """Where the starts of elements are watched too, their depth is known exactly."""
        raise FileError(
            f"{self.where} nests elements deeper than {self._limits.xml_depth} levels: refused", place=self.where
        )

    def dropped(self, element: Element) -> None:
        """Before an element is emptied: its descendants are held no longer, itself it stays in its parent."""
        self._held -= len(list(element.iter())) - 1
        self._undropped = 0


Edit = tuple[int, int, bytes]  # from, to, what comes there instead

_TAG = re.compile(rb"""<([^\s/>]++)(?:[^'">]|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE = re.compile(rb"""(?<!\s)\s++([^\s=]++)\s*+=\s*+("[^"]*+"|'[^']*+')""")
_ENCODING = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")


class XmlNode:
    """An element: `start` to `inner` is its start tag, `close` to `end` its end tag (both at `end` where it is empty)."""

    __slots__ = ("attributes", "close", "depth", "end", "inner", "start", "tag")

    def __init__(self, tag: str, attributes: dict[str, str], depth: int, start: int, inner: int) -> None:
        self.tag = tag  # {namespace}local
        self.attributes = attributes
        self.depth = depth
        self.start, self.inner = start, inner
        self.close = self.end = inner

    @property
    def empty(self) -> bool:
        """Whether it is written as one tag, `<c/>`."""
        return self.close == self.end

    def get(self, name: str) -> str | None:
        """An attribute's value."""
        return self.attributes.get(name)


def scan(data: bytes, where: str, limits: Limits, tags: Collection[str] | None = None) -> list[XmlNode]:
    """The elements of a part with one of `tags` (None: all), in the order in which they begin. The root is first, always.

    Raises FileError that begins with `where` for what is no XML, has a DTD, nests too deep or is not in UTF-8.
    """
    _check_encoding(data, where)
    found = _Scan(data, where, tags, limits)
    parser: Any = DefusedXMLParser(forbid_dtd=True).parser
    parser.DefaultHandlerExpand = parser.CharacterDataHandler = None
    parser.CommentHandler = parser.ProcessingInstructionHandler = None
    parser.ordered_attributes = 0
    parser.StartElementHandler, parser.EndElementHandler = found.begin, found.finish
    found.parser = parser
    try:
        parser.Parse(data, True)
    except DefusedXmlException as error:
        raise FileError(f"{where} declares a DTD or entities, which no workbook needs: refused", place=where) from error
    except (ExpatError, LookupError, ValueError) as error:
        raise FileError(f"{where} is no well-formed XML ({error})", place=where, remedy="get the file again") from error
    return found.nodes


def _check_encoding(data: bytes, where: str) -> None:
    declared = _ENCODING.match(data.removeprefix(codecs.BOM_UTF8))
    known = declared is None or declared[1].lower() in (b"utf-8", b"utf8", b"us-ascii", b"ascii")
    if not known or data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise FileError(
            f"{where} is not in UTF-8, so the file cannot be marked",
            place=where,
            remedy="save it again in a spreadsheet program",
        )


class _Scan:
    """The handlers of the parser; offsets are those of the bytes given."""

    def __init__(self, data: bytes, where: str, tags: Collection[str] | None, limits: Limits) -> None:
        self.nodes: list[XmlNode] = []
        self.parser: Any = None
        self._data, self._where, self._tags, self._limits = data, where, tags, limits
        self._open: list[XmlNode | None] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        tag = "{" + name if "}" in name else name
        node = None
        if self._tags is None or tag in self._tags or not self._open:
            start = self.parser.CurrentByteIndex
            match = _TAG.match(self._data, start)
            assert match is not None, "expat has read this tag"
            named = {"{" + key if "}" in key else key: value for key, value in attributes.items()}
            node = XmlNode(tag, named, len(self._open), start, match.end())
            self.nodes.append(node)
        self._open.append(node)
        if len(self._open) > self._limits.xml_depth or len(self.nodes) > self._limits.xml_held:
            raise FileError(
                f"{self._where} holds too many elements, or nests them too deep: refused", place=self._where
            )

    def finish(self, _name: str) -> None:
        node = self._open.pop()
        if node is not None and self._data[node.inner - 2 : node.inner] != b"/>":
            node.close = self.parser.CurrentByteIndex
            node.end = self._data.index(b">", node.close) + 1


def children(nodes: Iterable[XmlNode], parent: XmlNode) -> list[XmlNode]:
    """The nodes directly inside one."""
    depth = parent.depth + 1
    return [node for node in nodes if node.depth == depth and parent.inner <= node.start < parent.close]


def element_prefix(data: bytes, node: XmlNode) -> bytes:
    """The prefix an element is written with, colon included; empty where its namespace is the default."""
    match = _TAG.match(data, node.start)
    assert match is not None, "a node begins with its tag"
    before, colon, _ = match[1].rpartition(b":")
    return before + colon


def prefixes(data: bytes, root: XmlNode) -> dict[str, bytes]:
    """Namespace → prefix without colon, as the root element declares them; the default namespace is left out."""
    declared = _ATTRIBUTE.findall(data, root.start, root.inner)
    return {value[1:-1].decode(): name[6:] for name, value in declared if name.startswith(b"xmlns:")}


def retagged(tag: bytes, changes: Mapping[bytes, str | None]) -> bytes:
    """A start tag with attributes, by their names as written, set or (None) taken out; new ones come last."""
    left = dict(changes)

    def changed(match: re.Match[bytes]) -> bytes:
        if match[1] not in left:
            return match[0]
        value = left.pop(match[1])
        return b"" if value is None else b' %s="%s"' % (match[1], replaced(value).encode())

    tag = _ATTRIBUTE.sub(changed, tag)
    added = b"".join(
        b' %s="%s"' % (name, replaced(value).encode()) for name, value in left.items() if value is not None
    )
    end = len(tag) - (2 if tag.endswith(b"/>") else 1)
    return tag[:end].rstrip() + added + tag[end:]


def appended(data: bytes, node: XmlNode, content: bytes, at: int | None = None) -> list[Edit]:
    """The edit that puts content into an element: at an offset inside it, or at its end; an empty one is opened first."""
    if not node.empty:
        at = node.close if at is None else at
        return [(at, at, content)]
    tag = data[node.start : node.inner]
    match = _TAG.match(tag)
    assert match is not None, "a node begins with its tag"
    return [(node.inner - 2, node.inner, b">" + content + b"</" + match[1] + b">")]


def spliced(data: bytes, edits: Iterable[Edit], where: str, limits: Limits) -> bytes:
    """The bytes with all edits made; edits at one place come in their order. The result is well-formed, or FileError."""
    parts: list[bytes] = []
    place = 0
    for start, end, content in sorted(edits, key=lambda edit: edit[:2]):
        if start < place:
            raise FileError(
                f"{where} has elements where none belong, so the file cannot be marked",
                place=where,
                remedy="save it again",
            )
        parts += [data[place:start], content]
        place = end
    result = b"".join([*parts, data[place:]])
    scan(result, where, limits, ())
    return result
