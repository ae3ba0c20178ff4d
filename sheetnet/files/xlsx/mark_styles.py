"""The styles part of an .xlsx, given more cell formats: what a cell had, with another fill. It knows no cells."""

from __future__ import annotations

from sheetnet.errors import FileError
from sheetnet.files.splice import Edit, Node, appended, children, prefix_of, retagged, scan, spliced
from sheetnet.files.xlsx.parts import NAMESPACES

MAIN = f"{{{NAMESPACES[0]}}}"
EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{NAMESPACES[0]}">'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>'
).encode()
_LISTS = ("fonts", "fills", "cellXfs")
_DXFS = "dxfs"  # differential formats, those of conditions; a file may have none
_TAGS = frozenset(MAIN + name for name in (*_LISTS, _DXFS, "cellStyleXfs", "cellStyles", "font", "fill", "xf", "dxf"))


class Styles:
    """Collects new fonts, fills and cell formats, each once; `data` gives the part with them."""

    def __init__(self, data: bytes, where: str) -> None:
        self._data, self._where = data, where
        nodes = scan(data, where, _TAGS)
        self._prefix = prefix_of(data, nodes[0])
        listed = {node.tag.removeprefix(MAIN): node for node in children(nodes, nodes[0])}
        if not all(name in listed for name in _LISTS) or not children(nodes, listed["cellXfs"]):
            raise FileError(f"{where} lacks fonts, fills or cell formats, so the file cannot be marked: save it again")
        self._after_styles = listed.get("cellStyles", listed["cellXfs"]).end
        self._lists = {name: listed[name] for name in (*_LISTS, _DXFS) if name in listed}
        self._counts = {name: len(children(nodes, node)) for name, node in self._lists.items()}
        self._formats = children(nodes, listed["cellXfs"])
        self._added: dict[str, dict[bytes, int]] = {name: {} for name in (*_LISTS, _DXFS)}
        self._parent = b' xfId="0"' if "cellStyleXfs" in listed else b""

    def filled(self, style: int, fill: str) -> int:
        """The format that is like the given one, but for its fill (RRGGBB)."""
        node = self._formats[style if style < len(self._formats) else 0]
        changes = {b"fillId": str(self._fill(fill)), b"applyFill": "1"}
        tag = retagged(self._data[node.start : node.inner], changes)
        return self._add("cellXfs", tag + self._data[node.inner : node.end])

    def condition(self, fill: str) -> int:
        """The differential format that gives a cell this fill (RRGGBB), for a conditional format."""
        text = b'<%sdxf><%sfill><%spatternFill patternType="solid"><%sfgColor rgb="FF%s"/><%sbgColor rgb="FF%s"/>'
        p, color = self._prefix, fill.encode()
        return self._add(_DXFS, (text + b"</%spatternFill></%sfill></%sdxf>") % (p, p, p, p, color, p, color, p, p, p))

    def look(self, fill: str | None, bold: bool) -> int:
        """A format for texts of our own; with its apostrophe (quotePrefix) they stay texts when they are edited."""
        font, p = self._bold_font() if bold else 0, self._prefix
        fill_id = 0 if fill is None else self._fill(fill)
        start = b'<%sxf numFmtId="0" fontId="%d" fillId="%d" borderId="0"%s quotePrefix="1"'
        end = b' applyFont="1" applyFill="1" applyAlignment="1"><%salignment horizontal="left" vertical="top"/></%sxf>'
        return self._add("cellXfs", start % (p, font, fill_id, self._parent) + end % (p, p))

    def _bold_font(self) -> int:
        p = self._prefix
        text = b'<%sfont><%sb/><%ssz val="11"/><%sname val="Calibri"/><%sfamily val="2"/></%sfont>'
        return self._add("fonts", text % (p, p, p, p, p, p))

    def _fill(self, color: str) -> int:
        p = self._prefix
        text = b'<%sfill><%spatternFill patternType="solid"><%sfgColor rgb="FF%s"/><%sbgColor indexed="64"/>'
        return self._add("fills", (text + b"</%spatternFill></%sfill>") % (p, p, p, color.encode(), p, p, p))

    def _add(self, name: str, content: bytes) -> int:
        added = self._added[name]
        return added.setdefault(content, self._counts.get(name, 0) + len(added))

    def data(self) -> bytes:
        """The part with all that was asked for."""
        edits: list[Edit] = []
        for name, node in self._lists.items():
            if self._added[name]:
                edits += self._extended(node, list(self._added[name]), self._counts[name])
        if _DXFS not in self._lists and self._added[_DXFS]:
            p, added = self._prefix, self._added[_DXFS]
            element = b'<%sdxfs count="%d">%s</%sdxfs>' % (p, len(added), b"".join(added), p)
            edits.append((self._after_styles, self._after_styles, element))
        return spliced(self._data, edits, self._where)

    def _extended(self, node: Node, added: list[bytes], before: int) -> list[Edit]:
        tag = self._data[node.start : node.inner]
        edits = appended(self._data, node, b"".join(added))
        if node.get("count") is None:
            return edits
        if node.empty:  # opened and filled in one edit
            ((_, end, content),) = edits
            tag = retagged(tag[:-2].rstrip() + b">", {b"count": str(before + len(added))})
            return [(node.start, end, tag + content.removeprefix(b">"))]
        return [(node.start, node.inner, retagged(tag, {b"count": str(before + len(added))})), *edits]
