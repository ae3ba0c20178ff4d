"""What the rows, columns and cells of one .ods sheet say of how they are seen, by their styles and visibility."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from xml.etree.ElementTree import Element

from sheetnet.files import limits
from sheetnet.files.disguise import Disguises

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_STYLE, _DEFAULT = _TABLE + "style-name", _TABLE + "default-cell-style-name"
_VISIBILITY = _TABLE + "visibility"
_MOST = 64  # runs of columns with such a style: each cell without one of its own looks through them
_HIDDEN = ("collapse", "filter")  # programs mark so the rows of closed groups, too


class Seen:
    """Takes columns, rows and cells as they come. `flat` are styles without height or width, `odd` misleading ones."""

    def __init__(self, flat: Collection[str], odd: Mapping[str, str]) -> None:
        self.disguises = Disguises()
        self.odd = odd
        self._flat = flat
        self._column = 1
        self._defaults: list[tuple[int, int, str]] = []  # columns whose cells have a misleading style of their own
        self._of_row: str | None = None

    def columns(self, element: Element, count: int) -> None:
        """Columns that stand side by side and are alike."""
        count = min(count, limits.MAX_COLUMN - self._column + 1)
        if element.get(_VISIBILITY) in _HIDDEN or element.get(_STYLE) in self._flat:
            self.disguises.hide_columns(self._column, count)
        if (style := element.get(_DEFAULT, "")) in self.odd and len(self._defaults) < _MOST:
            self._defaults.append((self._column, self._column + count - 1, style))
        self._column += count

    def row(self, element: Element, number: int, count: int) -> None:
        """Rows that stand one under the other and are alike."""
        if element.get(_VISIBILITY) in _HIDDEN or element.get(_STYLE) in self._flat:
            self.disguises.hide_rows(number, count)
        self._of_row = element.get(_DEFAULT)

    def cells(self, element: Element, row: int, column: int, count: int) -> None:
        """Equal cells side by side, of a row that stands once; asked only where there are misleading styles."""
        for place in range(column, column + count):
            style = element.get(_STYLE) or self._of_row or self._default(place)
            if style in self.odd:
                self.disguises.formats[row, place] = self.odd[style]

    def _default(self, column: int) -> str:
        return next((style for first, last, style in self._defaults if first <= column <= last), "")
