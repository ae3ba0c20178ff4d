"""Translates formulas of .ods files (OpenFormula) into the canonical Excel A1 dialect."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from sheetnet.files.formula_text import canonical, with_operators
from sheetnet.syntax import COLUMNS, ROWS, column_letters, quote_sheet

# Excel's name → OpenFormula's, where they differ by more than the prefix COM.MICROSOFT.
_RENAMED = {
    "BINOM.DIST.RANGE": "B",
    "CHIDIST": "LEGACY.CHIDIST",
    "CHIINV": "LEGACY.CHIINV",
    "CHITEST": "LEGACY.CHITEST",
    "CHISQ.DIST": "CHISQDIST",
    "CHISQ.INV": "CHISQINV",
    "F.DIST": "FDIST",  # OpenFormula's FDIST is the left tail, Excel's FDIST the right one
    "F.INV": "FINV",
    "FDIST": "LEGACY.FDIST",
    "FINV": "LEGACY.FINV",
    "FORMULATEXT": "FORMULA",
    "NORMSDIST": "LEGACY.NORMSDIST",
    "NORMSINV": "LEGACY.NORMSINV",
    "SKEW.P": "SKEWP",
    "TDIST": "LEGACY.TDIST",
}

# Excel's functions beyond OpenFormula, as LibreOffice and Excel spell them in .ods: with the prefix COM.MICROSOFT.
_MICROSOFT = frozenset(
    """
    AGGREGATE ARRAYTOTEXT BETA.DIST BETA.INV BINOM.DIST BINOM.INV BYCOL BYROW CEILING CEILING.MATH CEILING.PRECISE
    CHISQ.DIST.RT CHISQ.INV.RT CHISQ.TEST CHOOSECOLS CHOOSEROWS CONCAT CONFIDENCE.NORM CONFIDENCE.T COVARIANCE.P
    COVARIANCE.S DROP ENCODEURL ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST F.DIST.RT F.INV.RT F.TEST FILTER FILTERXML
    FLOOR FLOOR.MATH FLOOR.PRECISE FORECAST.ETS FORECAST.ETS.CONFINT FORECAST.ETS.SEASONALITY FORECAST.ETS.STAT
    FORECAST.LINEAR GAMMA.DIST GAMMA.INV GAMMALN.PRECISE HSTACK HYPGEOM.DIST IFS ISO.CEILING ISOMITTED LAMBDA LET
    LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT MODE.SNGL NEGBINOM.DIST NETWORKDAYS.INTL NORM.DIST
    NORM.INV NORM.S.DIST NORM.S.INV PERCENTILE.EXC PERCENTILE.INC PERCENTRANK.EXC PERCENTRANK.INC POISSON.DIST
    QUARTILE.EXC QUARTILE.INC RANDARRAY RANK.AVG RANK.EQ REDUCE SCAN SEQUENCE SORT SORTBY STDEV.P STDEV.S SWITCH T.DIST
    T.DIST.2T T.DIST.RT T.INV T.INV.2T T.TEST TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL TOROW UNIQUE
    VALUETOTEXT VAR.P VAR.S VSTACK WEBSERVICE WEIBULL.DIST WORKDAY.INTL WRAPCOLS WRAPROWS XLOOKUP XMATCH Z.TEST
    """.split()
)

_CANONICAL = {openformula: excel for excel, openformula in _RENAMED.items()}
# Google's mark of a function that no other program has; its two underscores are no prefix.
_CANONICAL["__XLUDF.DUMMYFUNCTION"] = "__xludf.DUMMYFUNCTION"
# What stands for the operators `@` and `#` keeps its prefix until the whole formula is known.
for _name in ("SINGLE", "ANCHORARRAY"):
    _CANONICAL |= {f"COM.MICROSOFT.{_name}": f"_xlfn.{_name}", f"_XLFN.{_name}": f"_xlfn.{_name}"}
# LibreOffice keeps what it does not know in small letters: _xlfn._xlws.filter.
_PREFIXES = re.compile(
    r"(?:COM\.MICROSOFT\.|LEGACY\.|ORG\.(?:GNUMERIC|OPENOFFICE|LIBREOFFICE)\.|_XLFN\.|_XLWS\.|_XLPM\.|_XLUDF\.)++"
)


@lru_cache(maxsize=4096)
def openformula_name(name: str) -> str:
    """The function's name in .ods: `STDEV.S` → `COM.MICROSOFT.STDEV.S`, `CHIDIST` → `LEGACY.CHIDIST`."""
    upper = name.upper()
    if upper in _MICROSOFT:
        return "COM.MICROSOFT." + upper
    return _RENAMED.get(upper, name)


@lru_cache(maxsize=4096)
def canonical_name(name: str) -> str:
    """The function's name in Excel, in capitals and without prefix, from any of the spellings found in .ods."""
    upper = name.upper()
    prefix = _PREFIXES.match(upper)
    return _CANONICAL.get(upper) or (upper[prefix.end() :] if prefix else upper)


_LAST_COLUMN = column_letters(COLUMNS)
_DIALECTS = (None, "of", "oooc", "msoxl")
_TRUTH = frozenset({"TRUE", "FALSE"})
_PREFIX = re.compile(r"\s*(?:([A-Za-z_][\w.-]*+):)?=")
_QUOTED = r"'[^']*+(?:''[^']*+)*+'"
_CELL = r"\$?[A-Z]{1,3}\$?[0-9]+"
_TOKEN = re.compile(
    rf"""
      (?P<text>"[^"]*+(?:""[^"]*+)*+")
    | \[\.(?P<cell>{_CELL})\]
    | (?P<reference>\[(?:[^\]\['"]|{_QUOTED})*+\])
    | (?P<truth>(?i:TRUE|FALSE)\(\s*+\))
    | (?P<sheet>\$?{_QUOTED}[.!]?|\$[^\W\d]\w*+\.)
    | (?P<word>[^\W\d][\w.]*+)
    | (?P<error>\#[A-Z0-9/]++[!?]?)
    | (?P<number>(?<![\w.])\.(?=[0-9]))
    | (?P<sign>[;|~!])
    """,
    re.VERBOSE,
)
_SIGNS = {";": ",", "|": ";", "~": ",", "!": " "}
_SOURCE = re.compile(rf"\[({_QUOTED})\#")
_END = r"(\$?[A-Z]{1,3}\$?[0-9]+|\$?[A-Z]{1,3}|\$?[0-9]+)"
_SHEET = rf"(?:\$?({_QUOTED}|[^\W\d][\w-]*+))?"
_REFERENCE = re.compile(rf"\[{_SHEET}\.{_END}(?::{_SHEET}\.?{_END})?\]", re.IGNORECASE)
_CELL_AFTER_DOT = re.compile(r"[A-Za-z]{1,3}[0-9]+")
_BOUND = "_xlpm."  # before the names of LET and LAMBDA
_TOGETHER = 200  # formulas that are read at once: one that is not plain has that many read by themselves


def from_openformula(text: str, sheets: Collection[str] = ()) -> str:
    """The canonical formula of a `table:formula`, with any of the prefixes `of:=`, `oooc:=`, `msoxl:=`, `=` or none.

    `sheets` are the sheets' names in small letters: they tell `Step.rate`, the sheet's own name, from the name `Step.rate`.
    """
    match = _PREFIX.match(text)
    dialect = match[1] if match else None
    body = text[match.end() :] if match else text
    if dialect not in _DIALECTS:
        return text  # nobody knows what it means: every engine refuses it
    if dialect == "msoxl":
        return canonical(body)
    plain = _plain(body)
    return _read(body, dialect, sheets) if plain is None else plain


def from_openformulas(texts: Sequence[str], sheets: Collection[str] = ()) -> list[str]:
    """`from_openformula` of each: of many at once, as lines of one text, where all are plain; so are nearly all."""
    found: list[str] = []
    for start in range(0, len(texts), _TOGETHER):
        some = texts[start : start + _TOGETHER]
        lines = "".join(f"\n{text}" for text in some)
        usual = lines.count("\n") == lines.count("\nof:=") == len(some)
        plain = _plain(lines.replace("\nof:=", "\n")[1:]) if usual else None
        found += [from_openformula(text, sheets) for text in some] if plain is None else plain.split("\n")
    return found


# Texts, quotes, unions, intersections, inline arrays, errors, small letters, whole columns and rows need a closer look.
# Each is searched by itself: that is quicker than one expression for all.
_UNUSUAL = ('"', "'", "~", "!", "{", "|", "#", f"${ROWS}]", f"${_LAST_COLUMN}")
_SMALL = re.compile(r"\.\$?[a-z]")
_ON_SHEET = re.compile(r"\[\$?([^\W\d][\w-]*+)\.")
_DOTTED_WORD = re.compile(r"\b[^\W\d]\w*+\.|(?<!\d)\.")
_CALLED = re.compile(r"\b([^\W\d]\w*+)\(")


def _plain(body: str) -> str | None:
    """The formula if it is made of plain references, plain function names, numbers and operators; else None.

    Nearly all formulas of a worksheet are, and replacing texts is six times faster than a look at each token.
    """
    for mark in _UNUSUAL:
        if mark in body:
            return None
    if not body.isupper() and _SMALL.search(body):
        return None
    text = body.replace("[.", "").replace(":.", ":").replace(";", ",")
    if "[" in text:
        text = _ON_SHEET.sub(lambda match: quote_sheet(match[1]) + "!", text)
    text = text.replace("]", "")
    if "[" in text or ("." in text and _DOTTED_WORD.search(text)):
        return None
    for name in set(_CALLED.findall(text)):
        if name in _TRUTH or canonical_name(name) != name:
            return None
    return text


def _read(body: str, dialect: str | None, sheets: Collection[str]) -> str:
    if "~" in body:
        body = _enclose_unions(body)
    bare = dialect != "of" and "[" not in body

    def replace(match: re.Match[str]) -> str:
        group, found = match.lastgroup, match[0]
        if group == "cell":
            return match["cell"]
        if group == "sign":
            return _SIGNS[found]
        if group == "word":
            if body[match.end() : match.end() + 1] == "(":
                return canonical_name(found)
            return _dotted(found, bare, sheets) if "." in found else found
        return _REPLACE[group](found) if group in _REPLACE else found

    text = _TOKEN.sub(replace, body)
    return with_operators(text) if "_xlfn." in text else text


def _joined(start: str, end: str) -> str:
    """Both ends of a range in the same sheet; one that spans the sheet is Excel's `A:B` or `1:2`."""
    if end.endswith(f"${ROWS}") and start.endswith("$1"):
        start, end = start[:-2], end[: -len(f"${ROWS}")]
    elif end.startswith(f"${_LAST_COLUMN}") and re.fullmatch(r"\$A\$?[0-9]+", start):
        start, end = start[2:], end[len(_LAST_COLUMN) + 1 :]
    return f"{start}:{end}"


def _reference(found: str) -> str:
    # What a warm process remembers must not grow with what untrusted files hold.
    return _known_reference(found) if len(found) <= 100 else _read_reference(found)


def _read_reference(found: str) -> str:
    source = _SOURCE.match(found)
    book = f"[{source[1][1:-1]}]" if source else ""
    match = _REFERENCE.fullmatch("[" + found[source.end() :] if source else found)
    if match is None:
        return "#REF!" if "#REF!" in found else found
    sheet, start, last_sheet, end = match.groups()
    first, last = _unquoted(sheet), _unquoted(last_sheet)
    start = start.upper()
    if first and last and first.casefold() != last.casefold():
        return _span(first, last) + (start if start == end.upper() else _joined(start, end.upper()))
    prefix = quote_sheet(book + first) + "!" if first else ""
    if end is None:
        return prefix + start
    joined = _joined(start, end.upper())
    return prefix + (joined.replace(":", f":{quote_sheet(last)}!") if last else joined)


_known_reference = lru_cache(maxsize=1 << 16)(_read_reference)


def _span(first: str, last: str) -> str:
    """The prefix of a reference through several sheets: Excel quotes both names at once."""
    plain = quote_sheet(first) == first and quote_sheet(last) == last
    return f"{first}:{last}!" if plain else "'" + f"{first}:{last}".replace("'", "''") + "'!"


def _unquoted(sheet: str | None) -> str:
    return sheet[1:-1].replace("''", "'") if sheet and sheet.startswith("'") else sheet or ""


def _sheet(found: str) -> str:
    if found.endswith("'"):
        return found  # no sheet follows: a stray quotation
    return quote_sheet(_unquoted(found.lstrip("$")[:-1])) + "!"


_REPLACE: dict[str | None, Callable[[str], str]] = {
    "reference": _reference,
    "truth": lambda found: found[: found.index("(")].upper(),
    "sheet": _sheet,
    "number": lambda _: "0.",
}


def _dotted(word: str, bare: bool, sheets: Collection[str]) -> str:
    """`Step.rate` where Step is a sheet, and `Data.A2` or `Data.` before `$A$2` in the old dialects without brackets.

    `_xlpm.x` is the name x, which LET or LAMBDA binds.
    """
    sheet, _, rest = word.partition(".")
    if word.lower().startswith(_BOUND):
        return word[len(_BOUND) :]
    if sheet.casefold() in sheets or (bare and (not rest or _CELL_AFTER_DOT.fullmatch(rest))):
        return f"{quote_sheet(sheet)}!{rest}"
    return word


_UNION_TOKEN = re.compile(rf'"[^"]*+(?:""[^"]*+)*+"|\[(?:[^\]\[\'"]|{_QUOTED})*+\]|{_QUOTED}|[\w.]++\(?|[();~]')


def _enclose_unions(body: str) -> str:
    """Parentheses around each argument that is a union: `F(a~b;c)` would become Excel's `F(a,b,c)`."""
    marks: list[tuple[int, str]] = []
    # For each open parenthesis: where its argument begins (-1: it is no function's), and whether `~` is in it.
    calls: list[list[int]] = []
    for match in _UNION_TOKEN.finditer(body):
        mark = match[0]
        if mark.endswith("(") and mark[0] not in "\"'[":
            calls.append([match.end() if len(mark) > 1 else -1, 0])
        elif mark == "~" and calls:
            calls[-1][1] = 1
        elif mark in (";", ")") and calls:
            begin, union = calls[-1]
            if union and begin >= 0:
                marks += [(begin, "("), (match.start(), ")")]
            calls[-1] = [match.end() if begin >= 0 else -1, 0]
            if mark == ")":
                calls.pop()
    for place, mark in sorted(marks, reverse=True):
        body = body[:place] + mark + body[place:]
    return body
