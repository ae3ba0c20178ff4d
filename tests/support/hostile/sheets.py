"""Cells that are too many, too far, too long or no cells: on a sheet of their own beside a right worksheet, and alone."""

from __future__ import annotations

from tests.support.hostile.build import (
    lesson,
    ods_alone,
    sheet_xml,
    table_xml,
    with_ods_table,
    with_xlsx_sheet,
    xlsx_alone,
)
from tests.support.hostile.cases import Trap, add
from tools.packages import parts_of, replaced, zipped

_ROW = "<table:table-row>%s</table:table-row>"


def xlsx(
    name: str, rows: str, wanted: str, said: str = "", *, after: str = "", names: str = "", slow: bool = False
) -> None:
    """Rows beside a right worksheet, and the same alone: alone they are never more than a workbook without a network."""
    part = sheet_xml(rows, after)
    add(name, "xlsx", lambda _: with_xlsx_sheet(part, names), wanted, said, slow)
    add(f"{name}, alone", "xlsx", lambda _: xlsx_alone(part, names), "refused", "", slow)


def ods(name: str, rows: str, wanted: str, said: str = "", *, names: str = "", slow: bool = False) -> None:
    """The same for .ods."""
    table = table_xml(rows)
    add(name, "ods", lambda _: with_ods_table(table, names), wanted, said, slow)
    add(f"{name}, alone", "ods", lambda _: ods_alone(table, names), "refused", "", slow)


def cell(content: str, more: str = "", place: str = "A1") -> str:
    """One cell in a row."""
    return f'<row r="1"><c r="{place}" {more}>{content}</c></row>'


# ---- .xlsx: places ----
xlsx("a cell in the last corner", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "inert")
xlsx("a cell right of the last column", cell("<v>1</v>", place="XFE1"), "refused", "outside the sheet")
xlsx("a cell below the last row", '<row r="1048577"><c r="A1048577"><v>1</v></c></row>', "refused", "1,048,576")
xlsx("a row number of 20 digits", '<row r="00000000199999999999"><c><v>1</v></c></row>', "refused", "Extra")
xlsx("a row number of 5,000 digits", f'<row r="{"0" * 8}1{"9" * 5_000}"><c><v>1</v></c></row>', "refused", "Extra")
xlsx("a row 0", '<row r="0"><c r="A0"><v>1</v></c></row>', "refused", "Extra")
xlsx("a negative row", '<row r="-1"><c r="A1"><v>1</v></c></row>', "refused", "Extra")
xlsx("a row number in other digits", '<row r="١"><c r="A١"><v>1</v></c></row>', "refused", "Extra")
xlsx("a cell in another row's row", '<row r="1"><c r="A2"><v>1</v></c></row>', "refused", "stands in row 1")
xlsx(
    "a million merged rows and columns",
    cell("<v>1</v>"),
    "inert",
    after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
)
xlsx(
    "rules and formats over the whole sheet",
    cell("<v>1</v>"),
    "inert",
    after='<conditionalFormatting sqref="A1:XFD1048576"><cfRule type="expression" priority="1"><formula>SUM(A:XFD)</formula>'
    '</cfRule></conditionalFormatting><dataValidations><dataValidation type="list" sqref="A1:XFD1048576"><formula1>A:XFD'
    "</formula1></dataValidation></dataValidations>",
)
xlsx("an array over the whole sheet", cell('<f t="array" ref="A1:XFD1048576">1</f>'), "refused", "array formula")
xlsx("arrays over a million cells each", cell('<f t="array" ref="A1:A1048576">1</f>'), "refused", "array formula")
xlsx(
    "arrays that add up to over a million cells",
    "".join(f'<row r="{n}"><c r="A{n}"><f t="array" ref="A{n}:IP{n + 999}">1</f></c></row>' for n in range(1, 7)),
    "refused",
    "array formula",
)
xlsx(
    "a data table over the whole sheet",
    cell('<f t="dataTable" ref="A1:XFD1048576" r1="A1" r2="A2" dt2D="1"/>'),
    "not right",
)
xlsx("one cell given 50,000 times", '<row r="1">' + '<c r="A1"><v>1</v></c>' * 50_000 + "</row>", "refused", "twice")
xlsx("17,000 cells without places", f'<row r="1">{"<c><v>1</v></c>" * 17_000}</row>', "refused", "16,384")

# ---- .xlsx: values ----
for number in ("INF", "-inf", "nan", "1_000", "abc", "1e400", "0x10", "1,5", "1" * 100_000, "٣"):
    xlsx(f"the number {number[:12]}", cell(f"<v>{number}</v>"), "refused", "Extra!A1: has")
xlsx("a number of 100,000 digits after the point", cell(f"<v>0.{'1' * 100_000}</v>"), "inert")
for index in ("99999", "-1", "1.5", "1e1", "９９９", "9" * 5_000):
    xlsx(f"the shared string {index[:12]}", cell(f"<v>{index}</v>", 't="s"'), "refused", "shared string")
xlsx("an unknown type of cell", cell("<v>1</v>", 't="zzz"'), "refused", "unknown type")
xlsx("a date in the year 99999", cell("<v>99999-01-01</v>", 't="d"'), "refused", "date")
xlsx("a text of 40,000 characters", cell(f"<is><t>{'x' * 40_000}</t></is>", 't="inlineStr"'), "refused", "32,767")
xlsx("a text of 900,000 characters", cell(f"<is><t>{'x' * 900_000}</t></is>", 't="inlineStr"'), "refused", "32,767")
xlsx("a text in 20,000 runs", cell(f"<is>{'<r><t>x</t></r>' * 20_000}</is>", 't="inlineStr"'), "inert")
xlsx("escapes of half characters", cell("<is><t>_xD800__xDFFF__x0000__xDC00_</t></is>", 't="inlineStr"'), "inert")
xlsx(
    "250,000 filled cells",
    "".join(f'<row r="{r}">{"".join(f"<c><v>{r}.{c}</v></c>" for c in range(250))}</row>' for r in range(1, 1001)),
    "stopped",
    slow=True,
)
xlsx(
    "1,000,000 equal cells",
    "".join(f'<row r="{r}">{"<c><v>1</v></c>" * 1_000}</row>' for r in range(1, 1_001)),
    "stopped",
    slow=True,
)
xlsx(
    "1,100,000 equal cells",
    "".join(f'<row r="{r}">{"<c><v>1</v></c>" * 1_100}</row>' for r in range(1, 1_001)),
    "stopped",
    slow=True,
)
xlsx("a million empty rows", "<row/>" * 1_040_000, "stopped", slow=True)


def without_part(part: str) -> bytes:
    """The right workbook without a part that another one names."""
    parts = parts_of(lesson("xlsx"))
    del parts[part]
    return zipped(parts)


for _part in ("xl/worksheets/sheet2.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"):
    add(f"without {_part}", "xlsx", lambda _, part=_part: without_part(part), "refused")  # type: ignore[misc]
for _part in ("[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "xl/styles.xml"):
    add(f"without {_part}", "xlsx", lambda _, part=_part: without_part(part), "stopped")  # type: ignore[misc]
add(
    "without content.xml",
    "ods",
    lambda _: zipped({k: v for k, v in parts_of(lesson("ods")).items() if k != "content.xml"}),
    "refused",
)

RELS = "xl/_rels/workbook.xml.rels"


def outside(trap: Trap, target: str, mode: str = ' TargetMode="External"') -> bytes:
    """The right workbook whose sheet is said to be elsewhere."""
    return replaced(
        lesson("xlsx"), RELS, 'Target="worksheets/sheet2.xml"', f'Target="{target.format(trap=trap)}"{mode}'
    )


add("a sheet on the network", "xlsx", lambda trap: outside(trap, "{trap.url}/sheet.xml"), "refused", "Step")
add(
    "a sheet on the network, said to be inside",
    "xlsx",
    lambda trap: outside(trap, "{trap.url}/s.xml", ""),
    "refused",
    "lacks its part",
)
add("a sheet on disk", "xlsx", lambda trap: outside(trap, "file://{trap.secret}"), "refused", "Step")
add(
    "a sheet that climbs out of the file",
    "xlsx",
    lambda trap: outside(trap, "../../../../../..{trap.secret}", ""),
    "refused",
    "lacks its part",
)
add("a sheet that is the workbook part", "xlsx", lambda trap: outside(trap, "workbook.xml", ""), "not right")
add("a sheet that is another sheet", "xlsx", lambda trap: outside(trap, "worksheets/sheet1.xml", ""), "not right")


def book(old: str, new: str) -> bytes:
    """The right workbook with its list of sheets and names changed."""
    return replaced(lesson("xlsx"), "xl/workbook.xml", old, new)


_NAMES = "</definedNames>"
for _scope in ("99", "-1", "9" * 5_000, "٣", "x"):
    add(
        f"a name of the sheet {_scope[:10]}",
        "xlsx",
        lambda _, scope=_scope: book(_NAMES, f'<definedName name="n" localSheetId="{scope}">1</definedName>{_NAMES}'),  # type: ignore[misc]
        "refused",
        "missing",
    )
add(
    "10,001 names",
    "xlsx",
    lambda _: book(_NAMES, "".join(f'<definedName name="n{n}">1</definedName>' for n in range(10_001)) + _NAMES),
    "refused",
    "names",
)
add(
    "9,000 names",
    "xlsx",
    lambda _: book(
        _NAMES, "".join(f'<definedName name="n{n}_">Step!$A${n + 1}</definedName>' for n in range(9_000)) + _NAMES
    ),
    "inert",
)
add(
    "a name of 9,000 letters",
    "xlsx",
    lambda _: book(_NAMES, f'<definedName name="{"n" * 9_000}">1</definedName>{_NAMES}'),
    "refused",
    "longer",
)
add(
    "a name twice",
    "xlsx",
    lambda _: book(_NAMES, f'<definedName name="Z_1">Step!$A$1</definedName>{_NAMES}'),
    "refused",
    "defined twice",
)
add("two sheets of one name", "xlsx", lambda _: book('name="Read me"', 'name="STEP"'), "refused", "one name")
add("a sheet without a name", "xlsx", lambda _: book('name="Read me"', 'name=""'), "stopped")
add("a sheet's name of 500,000 letters", "xlsx", lambda _: book('name="Read me"', f'name="{"x" * 500_000}"'), "stopped")
add(
    "a sheet's name with terminal codes",
    "xlsx",
    lambda _: book('name="Read me"', 'name="&#x9b;31m&#10;[bold]"'),
    "stopped",
)
add(
    "3,000 sheets of one part",
    "xlsx",
    lambda _: book(
        "</sheets>", "".join(f'<sheet name="s{n}" sheetId="{n + 9}" r:id="rId1"/>' for n in range(3_000)) + "</sheets>"
    ),
    "stopped",
)


def hidden_rows(before: bool) -> bytes:
    """Right formulas where no program looks, wrong ones where all do."""
    part = "xl/worksheets/sheet2.xml"
    text = parts_of(lesson("xlsx"))[part].decode()
    right = text[text.index("<sheetData>") + len("<sheetData>") : text.index("</sheetData>")]
    ext = f'<extLst><ext uri="{{0}}"><sheetData>{right}</sheetData>{right}</ext></extLst>'
    wrong = text.replace("EXP(", "SIN(")
    at = wrong.index("<sheetData>") if before else wrong.rindex("</worksheet>")
    return zipped(parts_of(lesson("xlsx")) | {part: (wrong[:at] + ext + wrong[at:]).encode()})


add("right rows in an extension after the wrong ones", "xlsx", lambda _: hidden_rows(False), "not right")
add("right rows in an extension before the wrong ones", "xlsx", lambda _: hidden_rows(True), "not right")
xlsx("cells in cells", cell("<v>1</v><c r='A1'><v>2</v></c><row r='1'><c r='A1'><v>3</v></c></row>"), "stopped")
