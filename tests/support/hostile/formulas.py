"""Formulas that nest, grow, circle, reach outside or ask for the whole sheet, each beside a right worksheet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sheetnet.files.ods.formula_out import to_openformula
from tests.support.hostile.build import (
    cells_xml,
    lesson,
    ods_rows,
    sheet_xml,
    table_xml,
    with_ods_table,
    with_xlsx_sheet,
)
from tests.support.hostile.cases import Trap, add
from tools.packages import parts_of, replaced, zipped


def formulas(
    name: str,
    texts: Sequence[str],
    wanted: str,
    said: str = "",
    names: Sequence[tuple[str, str]] = (),
    slow: bool = False,
) -> None:
    """A column of formulas on a sheet of its own, in both formats; A1 is the first."""

    def xlsx() -> bytes:
        defined = "".join(f'<definedName name="{name}">{escape(text)}</definedName>' for name, text in names)
        return with_xlsx_sheet(sheet_xml(cells_xml([escape(text) for text in texts], "<v>1</v>")), defined)

    def ods() -> bytes:
        defined = "".join(
            f'<table:named-expression table:name="{name}" table:expression="{escape(to_openformula(text))}"/>'
            for name, text in names
        )
        return with_ods_table(table_xml(ods_rows(escape(to_openformula(text)) for text in texts)), defined)

    add(name, "xlsx", lambda _: xlsx(), wanted, said, slow)
    # What is handed to the engine is the same from both formats.
    add(name, "ods", lambda _: ods(), wanted, said, slow or wanted == "stopped")


LONG = 8_000
# ---- too long, too deep ----
formulas("10,000 parentheses", ["(" * 10_000 + "1" + ")" * 10_000], "refused", "Extra!A1: a formula")
formulas("3,000 parentheses", ["(" * 3_000 + "1" + ")" * 3_000], "refused", "nested over 64")
formulas("3,000 open parentheses", ["(" * 3_000 + "1"], "refused", "nested over 64")
formulas("65 functions in one another", ["ABS(" * 65 + "1" + ")" * 65], "refused", "nested over 64")
formulas("60 functions in one another", ["IF(1," * 60 + "1" + ")" * 60], "inert")
formulas("2,000 braces", ["{" * 2_000 + "1" + "}" * 2_000], "refused", "nested over 64")
formulas("a formula of 1 MB", ["1" + "+1" * 450_000], "refused", "characters", slow=True)
formulas("a formula of 1 MB of apostrophes", ["\\'" + "'" * 900_000], "refused")
formulas("a formula of 900 KB of brackets", ["[" * 900_000], "refused")
formulas("8,000 minus signs", ["-" * LONG + "1"], "stopped")
formulas("8,000 plus signs", ["+" * LONG + "1"], "stopped")
formulas("8,000 percent signs", ["1" + "%" * LONG], "stopped")
formulas("8,000 at signs", ["@" * LONG + "A2"], "stopped")
formulas("4,000 powers", ["1" + "^1" * 4_000], "stopped")
formulas("4,000 negative powers", ["1" + "^-1" * 2_600], "stopped")
formulas("4,000 comparisons", ["1" + "=1" * 4_000], "stopped")
formulas("4,000 texts joined", ['""' + '&""' * 2_600], "stopped")
formulas("4,000 colons", ["A1" + ":A1" * 2_600], "stopped")
formulas("4,000 intersections", ["A1" + " A1" * 2_600], "stopped")
formulas("4,000 arguments", ["SUM(1" + ",1" * 4_000 + ")"], "stopped")
formulas("an array constant of 4,000 numbers", ["SUM({1" + ",1" * 2_000 + ";1" * 2_000 + "})"], "stopped")
formulas("an open text", ['"' + "x" * LONG], "stopped")
formulas("open quotations", ["'" + "['" * 4_000], "stopped")
formulas("open brackets", ["[a" * 4_000], "stopped")
formulas("a word of 8,000 letters", ["x" * LONG], "stopped")
formulas("a function of 8,000 letters", ["x" * LONG + "()"], "stopped")
formulas("a sheet of 8,000 letters", ["'" + "x" * 7_900 + "'!A1"], "stopped")
formulas("a number of 8,000 digits", ["9" * LONG], "stopped")
formulas("a number of 8,000 digits in its exponent", ["1E" + "9" * LONG], "stopped")
formulas("4,000 unions", ["SUM((A1" + ",A1" * 2_600 + "))"], "stopped")
formulas(
    "2,000 formulas of 8,000 signs", ["(1)" + "+(1)" * 2_000 + f"+{n}" for n in range(2_000)], "stopped", slow=True
)
formulas("500 formulas of 8,000 signs", ["(1)" + "+(1)" * 2_000 + f"+{n}" for n in range(500)], "stopped", slow=True)
formulas("terminal codes and markup", ['"\x9b31m"&"[bold]"&"</script>"&\u202e1'], "stopped")

# ---- circles and chains ----
formulas("a circle of one", ["A1"], "inert")
formulas("a circle of 10,000", [f"A{n % 10_000 + 1}" for n in range(1, 10_001)], "inert", slow=True)
formulas("a circle of 10,000 sums", [f"SUM(A$1:A$10000)+{n}" for n in range(1, 10_001)], "stopped", slow=True)
formulas("a circle of 1,000 sums", [f"SUM(A$1:A$1000)+{n}" for n in range(1, 1_001)], "stopped")
formulas("a chain of 5,000 downwards", ["1", *(f"A{n}+1" for n in range(1, 5_000))], "inert")
formulas("a chain of 5,000 upwards", [*(f"A{n + 1}+1" for n in range(1, 5_000)), "1"], "stopped")
formulas("a chain of 100,000 upwards", [*(f"A{n + 1}+1" for n in range(1, 100_000)), "1"], "stopped", slow=True)
formulas("texts doubled 24 times", ['"ab"', *(f"A{n}&A{n}" for n in range(1, 24))], "stopped")
formulas("texts doubled 60 times", ['"ab"', *(f"A{n}&A{n}" for n in range(1, 60))], "stopped", slow=True)
formulas("sums doubled 2,000 times", ["1", *(f"A{n}+A{n}" for n in range(1, 2_000))], "inert")
formulas("names that call each other", ["n_1"], "stopped", names=[("n_1", "n_2"), ("n_2", "n_1")])
formulas("a name of itself", ["n_1"], "stopped", names=[("n_1", "n_1+1")])
formulas("2,000 names in a chain", ["n_0"], "stopped", names=[(f"n_{n}", f"n_{n + 1}") for n in range(2_000)])
formulas("names doubled 60 times", ["n_0"], "stopped", names=[(f"n_{n}", f"n_{n + 1}+n_{n + 1}") for n in range(60)])
formulas("LAMBDA that calls itself", ["f_(1)"], "stopped", names=[("f_", "LAMBDA(x,f_(x+1))")])
formulas("LAMBDA that calls itself, in place", ["LET(f,LAMBDA(g,g(g)),f(f))"], "stopped")
formulas(
    "MAP in MAP", ["SUM(MAP(SEQUENCE(3000),LAMBDA(x,SUM(MAP(SEQUENCE(3000),LAMBDA(y,x*y))))))"], "stopped", slow=True
)
formulas("REDUCE that doubles a text", ['REDUCE("x",SEQUENCE(40),LAMBDA(a,b,a&a))'], "stopped", slow=True)

# ---- the whole sheet ----
formulas("the sum of all cells", ["SUM(Step!A1:XFD1048576)"], "stopped")
formulas("the product of all cells", ["SUMPRODUCT(Step!B:XFD*Step!B:XFD)"], "stopped", slow=True)
formulas(
    "whole columns multiplied, 50 times",
    [f"SUMPRODUCT(Step!A:A*Step!B:B)+A{n}" for n in range(2, 52)],
    "stopped",
    slow=True,
)
formulas("the transpose of a column", ["SUM(TRANSPOSE(Step!A:A))"], "stopped", slow=True)
formulas("the whole sheet as numbers", ["SUM(SEQUENCE(1048576,16384))"], "stopped")
formulas("a million random numbers, 100 times", ["SUM(RANDARRAY(1000,1000))"] * 100, "stopped", slow=True)
formulas("a text of a billion", ['LEN(REPT("x",1000000000))'], "stopped")
formulas("texts of 32,767 joined 1,000 times", ['LEN(REPT(REPT("x",32767),32767))'], "stopped")
formulas("a product of big matrices", ["SUM(MMULT(SEQUENCE(2000,2000),SEQUENCE(2000,2000)))"], "stopped")
formulas(
    "the factorial of a billion",
    ["FACT(1000000000)", "COMBIN(1000000000,500000000)", "FACTDOUBLE(1E15)"],
    "stopped",
    slow=True,
)
formulas(
    "a number to base 2 in 1E9 places",
    ["BASE(1,2,1000000000)", "DEC2BIN(1,1E9)", "FIXED(1,1E9)", 'TEXT(1,"0."&REPT("0",100000))'],
    "stopped",
)
formulas(
    "days of a billion years",
    ["NETWORKDAYS(1,2958465)", "WORKDAY(1,1E9)", "EDATE(1,1E15)", "DATE(1E9,1E9,1E9)", "YEARFRAC(1,2958465,1)"],
    "stopped",
)
formulas(
    "addresses by text",
    ['SUM(INDIRECT("Step!A1:XFD1048576"))', 'INDIRECT("A2")', "SUM(OFFSET(Step!A1,0,0,1048576,16384))"],
    "stopped",
)
formulas(
    "interest of nothing",
    ["RATE(1E9,-1,1)", "IRR(Step!A:A)", "XIRR(Step!A:A,Step!B:B)", "CUMIPMT(0.1,1E9,1,1,1E9,0)"],
    "stopped",
)

# ---- outside ----
OUTSIDE = (
    'WEBSERVICE("{url}/web")', 'IMAGE("{url}/image")', 'HYPERLINK("{url}/link","x")', "'{url}/[book.xlsx]Sheet1'!A1",
    'FILTERXML(WEBSERVICE("{url}/x"),"/")', "cmd|'/C calc'!A0", 'DDE("cmd","/C calc","A0")', "[1]Sheet1!A1",
    'CALL("Kernel32","WinExec","JCJ","calc",0)',
    'EXEC("calc")', 'REGISTER("x")', 'RTD("x",,"y")', 'INFO("directory")', 'CELL("filename",A1)',
    'IMPORTDATA("{url}/y")', 'STOCKHISTORY("X",1)',
)  # fmt: skip


def outside(trap: Trap, suffix: str) -> bytes:
    """Every function that reaches beyond the file, with cached numbers, beside a right worksheet."""
    texts = [text.format(url=trap.url) for text in OUTSIDE]
    if suffix == "xlsx":
        return with_xlsx_sheet(sheet_xml(cells_xml([escape(text) for text in texts], "<v>1</v>")))
    return with_ods_table(table_xml(ods_rows(escape(to_openformula(text)) for text in texts)))


def answer(trap: Trap, text: str) -> bytes:
    """One judged formula replaced by one that reaches outside, its cached value as it was right."""
    part = "xl/worksheets/sheet2.xml"
    xml = parts_of(lesson("xlsx"))[part].decode()
    start = xml.index("<f>", xml.index("EXP(") - 200 if xml.index("EXP(") > 200 else 0)
    end = xml.index("</f>", start)
    return zipped(
        parts_of(lesson("xlsx")) | {part: (xml[: start + 3] + escape(text.format(url=trap.url)) + xml[end:]).encode()}
    )


add("functions that reach outside", "xlsx", lambda trap: outside(trap, "xlsx"), "inert")
add("functions that reach outside", "ods", lambda trap: outside(trap, "ods"), "inert")
for _text in OUTSIDE:
    add(f"an answer by {_text[:14]}", "xlsx", lambda trap, text=_text: answer(trap, text), "blamed")  # type: ignore[misc]


def linked(trap: Trap) -> bytes:
    """Links to other files, pictures, data and a template on the network, and a macro that runs on opening."""
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = '<Relationship Id="r{}" Type="{}" Target="{}/{}" TargetMode="External"/>'
    kinds = ("externalLinkPath", "image", "hyperlink", "oleObject", "attachedTemplate", "connections", "vbaProject")
    parts = {
        "xl/worksheets/_rels/extra.xml.rels": rels.format(
            "".join(relation.format(n, f"{office}/{kind}", trap.url, kind) for n, kind in enumerate(kinds))
        ).encode(),
        "xl/externalLinks/externalLink1.xml": b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/C calc"/></externalLink>',
        "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"Sub Auto_Open()" * 100,
        "xl/connections.xml": f'<connections><connection><webPr url="{trap.url}"/></connection></connections>'.encode(),
        "customUI/customUI14.xml": b"<customUI onLoad='evil'/>",
    }
    part = sheet_xml(
        '<row r="1"><c r="A1"><v>1</v></c></row>', '<hyperlinks><hyperlink ref="A1" r:id="r2"/></hyperlinks>'
    )
    return with_xlsx_sheet(part, extra=parts)


add("links, macros and connections", "xlsx", linked, "inert")
add("links, macros and connections", "xlsm", linked, "inert")


def ods_linked(trap: Trap) -> bytes:
    """The same of .ods: linked sheets, DDE, a database, scripts and events, pictures."""
    table = (
        f'<table:table table:name="Extra" xmlns:xlink="http://www.w3.org/1999/xlink"><table:table-source xlink:href='
        f'"{trap.url}/t"/><table:table-row><table:table-cell><table:cell-range-source xlink:href="{trap.url}/r"'
        ' table:last-column-spanned="1" table:last-row-spanned="1"/><office:dde-source office:dde-application="cmd"/>'
        "</table:table-cell>"
        '</table:table-row></table:table><table:dde-links><table:dde-link><table:table table:name="d"><table:table-row>'
        '<table:table-cell office:value-type="float" office:value="1"/></table:table-row></table:table></table:dde-link>'
        "</table:dde-links>"
    )
    script = b'<s:module xmlns:s="http://openoffice.org/2000/script">Sub Main\nShell("calc")\nEnd Sub</s:module>'
    return with_ods_table(table, extra={"Basic/Standard/Module1.xml": script, "Scripts/python/evil.py": b"import os"})


add("links, macros and connections", "ods", ods_linked, "inert")
add(
    "an event that runs a macro",
    "ods",
    lambda _: replaced(
        lesson("ods"),
        "content.xml",
        "<office:spreadsheet>",
        "<office:scripts><office:event-listeners/></office:scripts><office:spreadsheet>",
    ),
    "inert",
)
