"""The styles.xml of an .ods: what cells and rows look like by default, and the pages. It knows no sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odf import office, style
from odf.namespaces import STYLENS

from sheetnet.files.heights import USUAL_HEIGHT
from sheetnet.files.ods.look import LANDSCAPE, PORTRAIT, font, row_properties, xml_text
from sheetnet.looks import STYLES


def common_styles(more: Sequence[Any]) -> str:
    """The default cell, `more`, and the two pages: A4 upright or sideways, as many long as needed but one wide."""
    styles = office.Styles()
    default = style.Style(name="Default", family="table-cell")
    default.addElement(font(STYLES[""]))
    styles.addElement(default)
    # Gnumeric complains where a document names no height of rows.
    height = style.DefaultStyle(family="table-row")
    height.addElement(row_properties(USUAL_HEIGHT))
    styles.addElement(height)
    for each in more:
        styles.addElement(each)
    layouts, masters = office.AutomaticStyles(), office.MasterStyles()
    for name, size in ((PORTRAIT, ("21cm", "29.7cm")), (LANDSCAPE, ("29.7cm", "21cm"))):
        layouts.addElement(_page(name, *size))
        masters.addElement(style.MasterPage(name=name, pagelayoutname=f"pm_{name}"))
    return xml_text(styles) + xml_text(layouts) + xml_text(masters)


def _page(name: str, width: str, height: str) -> Any:
    layout = style.PageLayout(name=f"pm_{name}")
    properties = style.PageLayoutProperties(pagewidth=width, pageheight=height, margin="1.5cm")
    properties.setAttribute("printorientation", name.lower())
    # odfpy knows ODF 1.2; fitting to one page in width came with 1.3.
    properties.attributes[(STYLENS, "scale-to-X")] = "1"
    layout.addElement(properties)
    return layout
