"""What .ods cells have besides value and style: notes, links, conditional formats, data validation, charts.

They are `style:map`s, which the schema of OpenDocument has and all programs read. A colour scale exists only in
LibreOffice's own extension of the format, so that here it is a few shades.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from odf import chart as odf
from odf import office, style, table, text

from sheetnet.files.escaping import address, box_address, clean, dropped, paragraphs
from sheetnet.files.ods.formula_out import to_openformula
from sheetnet.files.ods.styles import cell, cell_style, font, xml_text
from sheetnet.files.sheet_features import chart_numbers, chart_size, pixels_to, positions
from sheetnet.styles import STYLES, style_of
from sheetnet.syntax import cell_name
from sheetnet.workbook import Box, Cell, CellValidation, DrawnLine, LineChart, Position, Rule, Series, Sheet

_BLUE, _GREY, _LIGHT = "#1F3864", "#595959", "#D9D9D9"
LINE_STYLE = "gr_line"


def folder(number: int) -> str:
    """Where the chart's document lies in the package."""
    return f"Object {number}"


def frame(sheet: Sheet, chart: LineChart, number: int) -> str:
    """The element that shows the chart with its top left corner in the cell it stands in."""
    width, height = _size(sheet, chart)
    ranges = dropped(" ".join(box_address(sheet.name, box) for box in _boxes(chart)))
    return (
        f'<draw:frame draw:name="{dropped(clean(chart.title))}" draw:z-index="{number}" svg:width="{width}" '
        f'svg:height="{height}" svg:x="0cm" svg:y="0cm"><draw:object draw:notify-on-update-of-ranges="{ranges}" '
        f'xlink:href="./{folder(number)}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame>'
    )


def _boxes(chart: LineChart) -> list[Box]:
    return [chart.x, *(series.y for series in chart.series)]


def line_xml(sheet: Sheet, line: DrawnLine) -> str:
    """The element of a line, which stands in the cell whose corner is the upper one of its left end's column."""
    (left, first), (right, last) = pixels_to(sheet, line.begin), pixels_to(sheet, line.end)
    upper = min(first, last)
    x, y, far_x, far_y = (f"{pixels / 96 * 2.54:.3f}cm" for pixels in (0, first - upper, right - left, last - upper))
    end = dropped(address(sheet.name, max(line.begin[0], line.end[0]), line.end[1]))
    return (
        f'<draw:line draw:style-name="{LINE_STYLE}" table:end-cell-address="{end}" table:end-x="0cm" table:end-y="0cm" '
        f'svg:x1="{x}" svg:y1="{y}" svg:x2="{far_x}" svg:y2="{far_y}"/>'
    )


def line_style() -> Any:
    """The look of all lines."""
    look = style.Style(name=LINE_STYLE, family="graphic")
    look.addElement(style.GraphicProperties(stroke="solid", strokewidth="0.026cm", strokecolor="#7F7F7F"))
    return look


def _size(sheet: Sheet, chart: LineChart) -> tuple[str, str]:
    width, height = (f"{pixels / 96 * 2.54:.3f}cm" for pixels in chart_size(sheet, chart))
    return width, height


def content(sheet: Sheet, chart: LineChart) -> Iterator[str]:
    """What the chart's own content.xml holds: styles, and a body with the drawing and the copied values."""
    yield xml_text(_styles(chart))
    yield "<office:body><office:chart>"
    closing = "</chart:chart>"
    yield xml_text(_chart(sheet, chart)).removesuffix(closing)
    yield from _values(sheet, chart)
    yield closing + "</office:chart></office:body>"


def _styles(chart: LineChart) -> Any:
    ends = {} if chart.last is None else {"minimum": "0", "maximum": f"{chart.last:g}"}
    shown = style.ChartProperties(displaylabel="true", logarithmic="false", linkdatastyletosource="false")
    bounded = style.ChartProperties(displaylabel="true", logarithmic="false", linkdatastyletosource="false", **ends)
    styles = office.AutomaticStyles()
    for name, properties in (
        ("ch_chart", (style.GraphicProperties(stroke="solid", strokecolor=_LIGHT, fill="solid", fillcolor="#ffffff"),)),
        ("ch_title", (style.TextProperties(fontsize="12pt", fontweight="bold", color=_BLUE, fontfamily="Arial"),)),
        ("ch_label", (style.TextProperties(fontsize="10pt", color=_GREY, fontfamily="Arial"),)),
        ("ch_turned", (style.ChartProperties(rotationangle="90"), style.TextProperties(fontsize="10pt", color=_GREY))),
        ("ch_plot", (style.ChartProperties(includehiddencells="true", treatemptycells="leave-gap"),)),
        ("ch_axis", (shown, *_axis_look())),
        ("ch_axis_x", (bounded, *_axis_look())),
        ("ch_grid", (style.GraphicProperties(stroke="solid", strokecolor=_LIGHT),)),
        *((f"ch_line{number}", _line_look(series)) for number, series in enumerate(chart.series)),
        ("ch_wall", (style.GraphicProperties(stroke="none", fill="none"),)),
    ):  # fmt: skip
        each = style.Style(name=name, family="chart")
        for property_ in properties:
            each.addElement(property_)
        styles.addElement(each)
    return styles


def _axis_look() -> tuple[Any, Any]:
    return (
        style.GraphicProperties(strokecolor="#A6A6A6"),
        style.TextProperties(fontsize="9pt", color=_GREY, fontfamily="Arial"),
    )


def _line_look(series: Series) -> tuple[Any, Any]:
    color = f"#{series.color}"
    width = "0.026cm" if series.thin else "0.07cm"
    return (
        style.ChartProperties(symboltype="none", lines="true"),
        style.GraphicProperties(stroke="solid", strokewidth=width, strokecolor=color, fillcolor=color),
    )


def _chart(sheet: Sheet, chart: LineChart) -> Any:
    x, *lines = (box_address(sheet.name, box) for box in _boxes(chart))
    width, height = _size(sheet, chart)
    whole = odf.Chart(attributes={"class": "chart:scatter"}, width=width, height=height, stylename="ch_chart")
    whole.addElement(_title(chart.title, "ch_title"))
    if len(lines) > 1:
        whole.addElement(odf.Legend(legendposition="bottom", stylename="ch_label"))
    plot = odf.PlotArea(stylename="ch_plot", cellrangeaddress=" ".join([x, *lines]))
    horizontal = odf.Axis(dimension="x", name="primary-x", stylename="ch_axis_x")
    horizontal.addElement(_title(chart.x_title, "ch_label"))
    vertical = odf.Axis(dimension="y", name="primary-y", stylename="ch_axis")
    vertical.addElement(_title(chart.y_title, "ch_turned"))
    vertical.addElement(odf.Grid(attributes={"class": "major"}, stylename="ch_grid"))
    plot.addElement(horizontal)
    plot.addElement(vertical)
    for number, (each, y) in enumerate(zip(chart.series, lines, strict=True)):
        label = {} if each.label is None else {"labelcelladdress": address(sheet.name, *each.label)}
        series = odf.Series(
            stylename=f"ch_line{number}", valuescellrangeaddress=y, attributes={"class": "chart:scatter"}, **label
        )
        series.addElement(odf.Domain(cellrangeaddress=x))
        series.addElement(odf.DataPoint(repeated=chart.x[2] - chart.x[0] + 1))
        plot.addElement(series)
    plot.addElement(odf.Wall(stylename="ch_wall"))
    whole.addElement(plot)
    return whole


def _title(words: str, look: str) -> Any:
    title = odf.Title(stylename=look)
    title.addElement(text.P(text=clean(words)))
    return title


def _values(sheet: Sheet, chart: LineChart) -> Iterator[str]:
    yield '<table:table table:name="local-table"><table:table-header-columns><table:table-column/>'
    yield "</table:table-header-columns><table:table-columns><table:table-column "
    yield f'table:number-columns-repeated="{len(chart.series) + 1}"/>'
    yield "</table:table-columns><table:table-header-rows>"
    yield _row("", _text(chart.x_title), *(_text(series.name) for series in chart.series))
    yield "</table:table-header-rows><table:table-rows>"
    numbers = zip(*(chart_numbers(sheet, box) for box in _boxes(chart)), strict=True)
    for count, row in enumerate(numbers, 1):
        yield _row(str(count), *map(_number, row))
    yield "</table:table-rows></table:table>"


def _row(label: str, *cells: str) -> str:
    return f"<table:table-row>{_text(label)}{''.join(cells)}</table:table-row>"


def _text(words: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{dropped(clean(words))}</text:p></table:table-cell>'


def _number(value: float | None) -> str:
    if value is None:
        return "<table:table-cell/>"
    typed = f'office:value-type="float" office:value="{value!r}"'
    return f"<table:table-cell {typed}><text:p>{value:g}</text:p></table:table-cell>"


_SHADES = 5  # of a colour scale from 0 to 1
_SIGNED_SHADES = 7  # of one from −m over 0 to m
_PREFIX = len("of:=")
_NO_CELL = Cell()
Under = tuple[tuple[str, str], tuple[int, ...]]  # a look, numbers of rules


def under_rules(sheet: Sheet) -> dict[Position, Under]:
    """The cells under a rule → their look, and the rules by number, of which the first that is true decides."""
    found: dict[Position, Under] = {}
    for index, rule in enumerate(sheet.view.rules):
        for place in positions(rule.box):
            look, rules = found.get(place) or (sheet.cells.get(place, _NO_CELL).look, ())
            found[place] = look, (*rules, index)
    return found


def ruled_style(number: int, under: Under) -> str:
    """The name of the style of a cell under rules; `number` is the sheet's."""
    look, rules = under
    return "-".join([cell_style(*look), str(number), *map(str, rules)])


def ruled_styles(sheets: Sequence[Sheet], ruled: Sequence[Mapping[Position, Under]]) -> list[Any]:
    """The styles of content.xml under the names of `ruled_style`."""
    return [
        _ruled_style(sheet, number, under)
        for number, (sheet, cells) in enumerate(zip(sheets, ruled, strict=True))
        for under in sorted(set(cells.values()))
    ]


def _ruled_style(sheet: Sheet, number: int, under: Under) -> Any:
    look, rules = under
    made = cell(ruled_style(number, under), style_of(*look))
    for rule in (sheet.view.rules[index] for index in rules):
        base = address(sheet.name, *rule.box[:2])
        for condition, put_on in _cases(sheet, rule, look[0]):
            made.addElement(style.Map(condition=condition, applystylename=put_on, basecelladdress=base))
    return made


def _cases(sheet: Sheet, rule: Rule, role: str) -> Iterator[tuple[str, str]]:
    """The conditions of a rule, each with the name of the style it puts on a cell of this role."""
    if rule.scale is None:
        yield _condition(rule.formula), f"cf_{rule.role}"
        return
    corner, shades = cell_name(*rule.box[:2]), _shades(rule.scale)
    low, high = (0.0, 1.0) if len(rule.scale) == 2 else _ends(sheet, rule.box)
    for step in reversed(range(len(shades))):
        # The shade of 0.25 stands for 0.125 to 0.375; the first and last also for what lies beyond.
        bound = f",{corner}>={low + (high - low) * (step - 0.5) / (len(shades) - 1):g}" if step else ""
        yield _condition(f"AND(ISNUMBER({corner}){bound})"), _shade_name(shades[step], role)


def _ends(sheet: Sheet, box: Box) -> tuple[float, float]:
    """−m and m, where m is the largest magnitude that cells of the box had when they were written.

    A condition that looked for it would make LibreOffice slow: it would do so for each of the cells.
    """
    values = (sheet.cells.get(place, _NO_CELL).value for place in positions(box))
    largest = max((abs(value) for value in values if isinstance(value, float)), default=0.0) or 1.0
    return -largest, largest


def _condition(formula: str) -> str:
    return f"is-true-formula({to_openformula(formula)[_PREFIX:]})"


def _shades(scale: tuple[str, ...]) -> list[str]:
    """RRGGBB from the first to the last colour in even steps."""
    ends, count = [_parts(color) for color in scale], _SHADES if len(scale) == 2 else _SIGNED_SHADES
    found = []
    for step in range(count):
        lower, part = divmod(step * (len(ends) - 1) / (count - 1), 1)
        pair = ends[int(lower)], ends[min(int(lower) + 1, len(ends) - 1)]
        found.append("".join(f"{round(low + (high - low) * part):02X}" for low, high in zip(*pair, strict=True)))
    return found


def _parts(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (0, 2, 4)]


def _shade_name(shade: str, role: str) -> str:
    return "_".join(filter(None, ["shade", shade, role]))


def put_on_styles(sheets: Sequence[Sheet], ruled: Sequence[Mapping[Position, Under]]) -> list[Any]:
    """The styles of styles.xml that the conditions put on: fill and font of a role, or a shade and the cell's own font."""
    looks: dict[str, tuple[str | None, str]] = {}  # name → fill, the role whose font it is
    for sheet, cells in zip(sheets, ruled, strict=True):
        for (role, _), rules in set(cells.values()):
            for rule in (sheet.view.rules[index] for index in rules):
                if rule.scale is None:
                    looks[f"cf_{rule.role}"] = STYLES[rule.role].fill, rule.role
                else:
                    looks |= {_shade_name(shade, role): (shade, role) for shade in _shades(rule.scale)}
    return [_put_on(name, *look) for name, look in sorted(looks.items())]


def _put_on(name: str, fill: str | None, role: str) -> Any:
    made = style.Style(name=name, family="table-cell", parentstylename="Default")
    if fill is not None:
        made.addElement(style.TableCellProperties(backgroundcolor=f"#{fill}"))
    made.addElement(font(STYLES[role]))
    return made


@dataclass(slots=True)
class CellExtras:
    """Pieces of a cell's element: the name of its style or "", further attributes, what precedes and follows the text."""

    style: str = ""
    attributes: str = ""
    before: str = ""
    link: str = ""  # where its text leads
    after: str = ""
    covered: bool = False  # by the first of merged cells


def extras_by_place(
    sheet: Sheet, number: int, ruled: Mapping[Position, Under], first_entry: int, first_chart: int
) -> dict[Position, CellExtras]:
    """The cells that wear anything; `number` is the sheet's, the workbook's entries and charts are counted from there."""
    view = sheet.view
    extras_of = {place: CellExtras(ruled_style(number, under)) for place, under in ruled.items()}
    for index, entry in enumerate(view.entries, first_entry):
        for place in positions(entry.box):
            extras = extras_of.setdefault(place, CellExtras())
            extras.attributes = extras.attributes or f' table:content-validation-name="entry{index}"'
    for place, note in view.notes.items():
        extras_of.setdefault(place, CellExtras()).before = _annotation(note)
    for place, target in view.links.items():
        link = f'<text:a xlink:type="simple" xlink:href="#{dropped(address(*target))}">'
        extras_of.setdefault(place, CellExtras()).link = link
    for index, chart in enumerate(view.charts, first_chart):
        extras_of.setdefault(chart.anchor, CellExtras()).after += frame(sheet, chart, index)
    for top, left, bottom, right in view.merged:
        for place in positions((top, left, bottom, right)):
            extras_of.setdefault(place, CellExtras()).covered = place != (top, left)
        spans = f' table:number-columns-spanned="{right - left + 1}" table:number-rows-spanned="{bottom - top + 1}"'
        extras_of[top, left].attributes += spans
    for line in view.lines:
        corner = min(line.begin[0], line.end[0]), line.begin[1]
        extras_of.setdefault(corner, CellExtras()).after += line_xml(sheet, line)
    return extras_of


def _annotation(note: str) -> str:
    """Without place and size: programs then put it beside its cell and make it as large as its text."""
    creator = "<dc:creator>sheetnet</dc:creator>"
    return f'<office:annotation office:display="false">{creator}{paragraphs(clean(note))}</office:annotation>'


def validations(sheets: Sequence[Sheet]) -> str:
    """What the entries of all sheets allow, named entry1, entry2, …"""
    entries = [(sheet, entry) for sheet in sheets for entry in sheet.view.entries]
    if not entries:
        return ""
    every = table.ContentValidations()
    for index, (sheet, entry) in enumerate(entries, 1):
        base = address(sheet.name, *entry.box[:2])
        each = table.ContentValidation(
            name=f"entry{index}", condition=_conditional_style(entry), basecelladdress=base, allowemptycell="true"
        )
        title, message = clean(entry.title), clean(entry.message)
        for kind in (
            table.HelpMessage(title=title, display="true"),
            table.ErrorMessage(title=title, display="true", messagetype="stop"),
        ):
            kind.addElement(text.P(text=message))
            each.addElement(kind)
        every.addElement(each)
    return xml_text(every)


def _conditional_style(entry: CellValidation) -> str:
    if entry.whole is not None:
        first, last = entry.whole
        return f"of:cell-content-is-whole-number() and cell-content-is-between({first},{last})"
    number = "of:cell-content-is-decimal-number() and cell-content"
    # LibreOffice reads no condition that asks for a number alone.
    least = "-1E+307" if entry.least is None else f"{entry.least:g}"
    return f"{number}-is-between({least},1E+307)" if entry.above is None else f"{number}()>{entry.above:g}"
