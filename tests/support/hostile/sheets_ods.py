"""The .ods files among the hostile sheets: repeats, spans and texts without end."""

from __future__ import annotations

from tests.support.hostile.build import (
    cells_xml,
    ods_alone,
    ods_cell,
    table_xml,
    with_ods_table,
)
from tests.support.hostile.cases import add
from tests.support.hostile.sheets import cell, ods, xlsx

_ROW = "<table:table-row>%s</table:table-row>"
LONG = "+1" * 4_000


def spans(count: int) -> str:
    """A cell whose text is in spans within spans."""
    text = "<text:span>" * count + "x" + "</text:span>" * count
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


_SPACES = '<text:s text:c="1000"/>'
_THOUSAND = ' table:number-columns-repeated="1000"'
_EVERYWHERE = ' table:number-columns-repeated="16384"'
ods(
    "a value in every cell",
    f'<table:table-row table:number-rows-repeated="1048576">{ods_cell(more=_EVERYWHERE)}</table:table-row>',
    "refused",
    "1,000,000 cells",
)
ods(
    "a formula in a million cells a hundred times",
    f'<table:table-row table:number-rows-repeated="1000000">{ods_cell("of:=1", more=_EVERYWHERE)}</table:table-row>'
    * 2,
    "refused",
)
ods(
    "a value in a million cells",
    f'<table:table-row table:number-rows-repeated="1000">{ods_cell(more=_THOUSAND)}</table:table-row>',
    "stopped",
    slow=True,
)
ods(
    "a formula in a million cells",
    f'<table:table-row table:number-rows-repeated="1000">{ods_cell("of:=[.A1]+1", more=_THOUSAND)}</table:table-row>',
    "stopped",
    slow=True,
)
ods(
    "a long formula in 100,000 cells",
    f'<table:table-row table:number-rows-repeated="100">{ods_cell("of:=1" + LONG, more=_THOUSAND)}</table:table-row>',
    "refused",
    "characters",
)
ods(
    "blank cells to the last corner",
    f'<table:table-row table:number-rows-repeated="1048576"><table:table-cell{_EVERYWHERE}/></table:table-row>',
    "inert",
)
ods(
    "a cell below the last row",
    f'<table:table-row table:number-rows-repeated="1048576"/>{_ROW % ods_cell()}',
    "refused",
    "beyond",
)
ods("a cell right of the last column", _ROW % f"<table:table-cell{_EVERYWHERE}/>{ods_cell()}", "refused", "beyond")
for count in ("0", "-1", "1.5", "9" * 5_000, "٣", "x", ""):
    ods(
        f"{count[:10]!r} equal rows",
        f'<table:table-row table:number-rows-repeated="{count}">{ods_cell()}</table:table-row>',
        "refused",
        "no count",
    )
ods("a million rows of one cell", _ROW % ods_cell() * 200_000, "stopped", slow=True)
ods(
    "2,000,000,000 spaces",
    _ROW
    % '<table:table-cell office:value-type="string"><text:p><text:s text:c="2000000000"/></text:p></table:table-cell>',
    "refused",
    "spaces",
)
ods(
    "1,000 times 1,000 spaces",
    _ROW % f'<table:table-cell office:value-type="string"><text:p>{_SPACES * 1_000}</text:p></table:table-cell>',
    "refused",
    "spaces",
)
ods(
    "100,000 paragraphs",
    _ROW % f'<table:table-cell office:value-type="string">{"<text:p/>" * 100_000}</table:table-cell>',
    "refused",
    "32,767",
)
ods(
    "spans nested 250 deep",
    _ROW % spans(240),
    "stopped",
)
ods(
    "spans nested 20,000 deep",
    _ROW % spans(20_000),
    "refused",
    "nests",
)
ods(
    "tables nested 200 deep",
    "<table:table-row><table:table-cell>"
    + '<table:table table:name="x">' * 200
    + "</table:table>" * 200
    + "</table:table-cell></table:table-row>",
    "stopped",
)
for number in ("INF", "nan", "1_000", "abc", "1e400", "1" * 100_000, "٣", ""):
    ods(f"the number {number[:12]!r}", _ROW % ods_cell(value=number), "refused", "Extra!A1")
ods(
    "a truth value that is none",
    _ROW % '<table:table-cell office:value-type="boolean" office:boolean-value="maybe"/>',
    "refused",
    "Extra!A1",
)
ods(
    "an array over the whole sheet",
    _ROW
    % ods_cell("of:=1", more=' table:number-matrix-columns-spanned="16384" table:number-matrix-rows-spanned="1048576"'),
    "refused",
    "array formula",
)
ods(
    "arrays that add up to 250 million cells",
    _ROW
    % (
        ods_cell("of:=1", more=' table:number-matrix-columns-spanned="1" table:number-matrix-rows-spanned="250000"')
        * 1_000
    ),
    "refused",
    "array formula",
)
for name, refers_to in (("n", ""), ("", "$Step.$A$1"), ("n" * 40_000, "$Step.$A$1"), ("n", "x" * 40_000)):
    ods(
        f"the name {name[:5]!r} for {refers_to[:10]!r}",
        "",
        "refused",
        "name",
        names=f'<table:named-range table:name="{name}" table:cell-range-address="{refers_to}"/>',
    )
ods(
    "a name relative to nowhere",
    "",
    "stopped",
    names='<table:named-range table:name="n" table:cell-range-address="$Step.$A$1" table:base-cell-address="[[["/>',
)
ods(
    "10,001 names",
    "",
    "refused",
    "names",
    names="".join(f'<table:named-expression table:name="n{n}" table:expression="1"/>' for n in range(10_001)),
)
add("two sheets of one name", "ods", lambda _: with_ods_table(table_xml("", "STEP")), "refused", "same name")
add("a sheet without a name", "ods", lambda _: with_ods_table(table_xml("", "")), "refused", "without a name")
add(
    "10,001 sheets",
    "ods",
    lambda _: with_ods_table("".join(table_xml("", f"s{n}") for n in range(10_001))),
    "refused",
    "sheets",
)
add("3,000 sheets", "ods", lambda _: with_ods_table("".join(table_xml("", f"s{n}") for n in range(3_000))), "stopped")
add("no sheet", "ods", lambda _: ods_alone(""), "refused", "no sheets")
xlsx("the formula of a shared one that is missing", cell('<f t="shared" si="7"/><v>1</v>'), "inert")
xlsx(
    "a shared formula with its own number 5,000 times",
    cells_xml([])
    + "".join(f'<row r="{n}"><c r="A{n}"><f t="shared" si="0">A{n + 1}</f></c></row>' for n in range(1, 5_000)),
    "stopped",
)
xlsx(
    "one long formula shared by 10,000 cells",
    f'<row r="1"><c r="A1"><f t="shared" si="0" ref="A1:A10000">{"B1+" * 2_000}1</f></c></row>'
    + "".join(f'<row r="{n}"><c r="A{n}"><f t="shared" si="0"/></c></row>' for n in range(2, 10_001)),
    "refused",
    "characters",
)
