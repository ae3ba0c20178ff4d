"""Automatic cell styles of an .ods like those that cells have, but for their background. It knows no cells."""

from __future__ import annotations

from sheetnet.files.ods.text import escape
from sheetnet.files.splice import Node, children, retagged

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
AUTOMATIC = f"{{{_OASIS}office:1.0}}automatic-styles"
_STYLE = f"{{{_OASIS}style:1.0}}"
STYLE, CELL_PROPERTIES, MAP = (_STYLE + name for name in ("style", "table-cell-properties", "map"))


class CellStyles:
    """Collects new styles, each once; `xml` gives them all."""

    def __init__(self, data: bytes, nodes: list[Node]) -> None:
        self._data = data
        automatic = next((node for node in nodes if node.tag == AUTOMATIC), None)
        self._nodes = [] if automatic is None else [node for node in nodes if node.start < automatic.end]
        styles = [] if automatic is None else [node for node in children(self._nodes, automatic) if node.tag == STYLE]
        self._names = {node.get(_STYLE + "name") or "" for node in styles}
        self._cells = {
            node.get(_STYLE + "name") or "": node for node in styles if node.get(_STYLE + "family") == "table-cell"
        }
        self._known: dict[tuple[str, str], str] = {}
        self._added: dict[str, bytes] = {}

    def filled(self, base: str, fill: str) -> str:
        """The name of a style that is like `base` (empty: the default), but for its fill (RRGGBB) and conditions."""
        if (base, fill) not in self._known:
            name = self._free()
            node = self._cells.get(base)
            self._added[name] = self._child(name, base, fill) if node is None else self._copy(name, node, fill)
            self._known[base, fill] = name
        return self._known[base, fill]

    def look(self, fill: str | None, bold: bool) -> str:
        """A style for texts of our own."""
        color = f' fo:background-color="#{fill}"' if fill else ""
        weight = '<style:text-properties fo:font-weight="bold"/>' if bold else ""
        align = '<style:paragraph-properties fo:text-align="start"/>'
        properties = f'<style:table-cell-properties{color} style:text-align-source="fix" style:vertical-align="top"/>'
        return self._own("table-cell", properties + align + weight)

    def column(self, characters: float) -> str:
        """A column style of that width."""
        return self._own(
            "table-column", f'<style:table-column-properties style:column-width="{characters * 0.19:.2f}cm"/>'
        )

    def xml(self) -> bytes:
        """The new styles."""
        return b"".join(self._added.values())

    def _own(self, family: str, properties: str) -> str:
        key = (family, properties)
        if key not in self._known:
            name = self._known[key] = self._free()
            start = f'<style:style style:name="{name}" style:family="{family}">'
            self._added[name] = f"{start}{properties}</style:style>".encode()
        return self._known[key]

    def _free(self) -> str:
        number = len(self._added) + 1
        while f"sheetnet{number}" in self._names:
            number += 1
        self._names.add(f"sheetnet{number}")
        return f"sheetnet{number}"

    def _child(self, name: str, base: str, fill: str) -> bytes:
        """The base is a style of the whole document, which new ones may descend from."""
        parent = f' style:parent-style-name="{escape(base)}"' if base else ""
        start = f'<style:style style:name="{name}" style:family="table-cell"{parent}>'
        return (start + f'<style:table-cell-properties fo:background-color="#{fill}"/></style:style>').encode()

    def _copy(self, name: str, node: Node, fill: str) -> bytes:
        """The base is an automatic style, which no other may descend from. Its conditions, which would win, are left out."""
        data, color = self._data, {b"fo:background-color": f"#{fill}"}
        tag = retagged(data[node.start : node.inner], {b"style:name": name, b"style:display-name": None})
        inner = children(self._nodes, node)
        pieces, place = [tag], node.inner
        for child in inner:
            changed = b"" if child.tag == MAP else retagged(data[child.start : child.inner], color)
            pieces += [data[place : child.start], changed]
            place = child.end if child.tag == MAP else child.inner
        if any(child.tag == CELL_PROPERTIES for child in inner):
            return b"".join([*pieces, data[place : node.end]])
        properties = retagged(b"<style:table-cell-properties/>", color)
        if node.empty:
            return tag[:-2].rstrip() + b">" + properties + b"</style:style>"
        return b"".join([tag, properties, *pieces[1:], data[place : node.end]])
