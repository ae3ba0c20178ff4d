"""Brings formulas to one spelling, the canonical one, and translates between it and the spelling of .xlsx files.

`@x` is one cell of a range or array (in files `_xlfn.SINGLE(x)`), `x#` all cells that the formula of x fills
(`_xlfn.ANCHORARRAY(x)`). Of both, `#` binds tighter than the `:` of a range, and `@` looser.

Sheets in references are spelled as the workbook spells them; an area names its sheet once; a name of the workbook stands
without `[0]!` or a sheet; `ARRAYFORMULA(x)` as a whole formula is x, entered as an array.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sheetnet.syntax import Token, quote_sheet, tokenize
from sheetnet.syntax.references import split_prefix
from sheetnet.workbook import Cell, Name, Position, Sheet, Workbook

_FUNCTION = re.compile(r"(?:_xlfn\.|_xlws\.|COM\.MICROSOFT\.)++(SINGLE|ANCHORARRAY)", re.IGNORECASE)
_OPERANDS = frozenset({"reference", "name", "number", "text"})
_BEGINS = _OPERANDS | {"function", "open"}


@dataclass(slots=True)
class _Argument:
    """What stands between a pair of parentheses: its first part and token, the function before it, what it is made of."""

    part: int = 0
    token: int = 0
    function: str = ""
    operands: int = 0
    ranges: int = 0
    separate: bool = False  # several arguments
    plain: bool = True  # operands and ranges of them, nothing else

    def take(self, token: Token) -> None:
        """The next token, which is no parenthesis."""
        if token.kind in _OPERANDS:
            self.operands += 1
        elif token.text == ":":
            self.ranges += 1
        elif token.kind == "separator":
            self.separate = True
        elif token.kind != "function" and token.text != "#":
            self.plain = False

    def operation(self, argument: str) -> str:
        """The operator with its operand, which is put in parentheses where it is more than one."""
        if self.function == "SINGLE":
            return f"@{argument}" if self.plain and self.operands == self.ranges + 1 else f"@({argument})"
        one = self.plain and self.operands == 1 and not self.ranges and not argument.startswith("@")
        return f"{argument}#" if one else f"({argument})#"


def with_operators(formula: str) -> str:
    """`_xlfn.SINGLE(A1:A3)` → `@A1:A3`, `_xlfn.ANCHORARRAY(B2)` → `B2#`."""
    if not _FUNCTION.search(formula):
        return formula
    tokens = tokenize(formula)
    parts: list[str] = []
    level, outer = _Argument(), list[_Argument]()
    for index, token in enumerate(tokens):
        parts.append(token.text)
        if token.kind == "open":
            level.operands += 1
            called = _FUNCTION.fullmatch(tokens[index - 1].text) if index else None
            outer.append(level)
            level = _Argument(len(parts), index, called[1].upper() if called else "")
        elif token.kind == "close" and outer:
            if level.function and (level.operands or not level.plain) and not level.separate:
                text = level.operation("".join(parts[level.part : -1]))
                if text.startswith("@") and _within_range(tokens, level.token - 2, index + 1):
                    text = f"({text})"
                parts[level.part - 2 :] = [text]
            level = outer.pop()
        else:
            level.take(token)
    return "".join(parts)


def _within_range(tokens: list[Token], before: int, after: int) -> bool:
    """Whether an operand is an end of a range, or `#` follows it: these bind tighter than `@`."""
    return (before >= 0 and tokens[before].text == ":") or (after < len(tokens) and tokens[after].text in (":", "#"))


def with_functions(formula: str, prefix: str) -> str:
    """`@A1:A3` → `_xlfn.SINGLE(A1:A3)`, `B2#` → `_xlfn.ANCHORARRAY(B2)`, with the format's prefix of new functions."""
    tokens = tokenize(formula)
    parts: list[str] = []
    operand, open_calls = 0, 0  # where the last operand begins among the parts; calls of SINGLE that end after it
    outer: list[tuple[int, int]] = []
    before_operand = _before_operand(tokens)
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text == "@" and before_operand[index]:
            parts.append(f"{prefix}SINGLE(")
            open_calls += 1
            continue
        if token.kind in _OPERANDS or token.kind == "function":
            operand = len(parts)
        elif token.kind == "open":
            called = index > 0 and tokens[index - 1].kind == "function"
            outer.append((operand if called else len(parts), open_calls))
            open_calls = 0
        elif token.kind == "close" and outer:
            operand, open_calls = outer.pop()
        if token.text == "#" and parts and tokens[index - 1].kind in (*_OPERANDS, "close", "operator"):
            parts[operand:] = [f"{prefix}ANCHORARRAY({''.join(parts[operand:])})"]
        else:
            parts.append(token.text)
        if open_calls and _ends_operand(token) and (following is None or following.text not in (":", "#")):
            parts.append(")" * open_calls)
            open_calls = 0
    return "".join(parts) + ")" * open_calls


def _before_operand(tokens: list[Token]) -> list[bool]:
    """For each token whether an operand begins after it, or after more signs `@`."""
    found = [False]
    for token in reversed(tokens[1:]):
        found.append(token.kind in _BEGINS or (token.text == "@" and found[-1]))
    return found[::-1]


def _ends_operand(token: Token) -> bool:
    return token.kind in _OPERANDS or token.kind == "close" or token.text == "#"


# A sheet before the first cell of a reference. Texts and other quotations are passed over as a whole.
_SHEET = re.compile(
    r"(?<![\w.:\]])([^\W\d][\w.]*+|'[^']*+(?:''[^']*+)*+')!(?=\$?[A-Za-z]{1,3}\$?[0-9])|\"[^\"]*+\"?|'[^']*+(?:''[^']*+)*+'?"
)
_ARRAY = "ARRAYFORMULA"
_TOGETHER = 200  # formulas that are looked at together
_OWN = "[0]"  # in references: the workbook itself
_NAMED = frozenset({"name", "function"})


def spelled_alike(workbook: Workbook) -> Workbook:
    """The workbook with all of this done to its formulas and names."""
    speller = _Speller(workbook)
    names = tuple(speller.name(name) if "!" in name.refers_to else name for name in workbook.names)
    return Workbook(tuple(_sheet(sheet, speller) for sheet in workbook.sheets), names)


def _sheet(sheet: Sheet, speller: _Speller) -> Sheet:
    """The sheet itself where nothing changes, as is most often so."""
    changed: dict[Position, Cell] = {}
    arrays = dict(sheet.arrays)
    formulas = [(position, cell) for position, cell in sheet.cells.items() if cell.formula is not None]
    for start in range(0, len(formulas), _TOGETHER):
        some = formulas[start : start + _TOGETHER]
        if not speller.usual("\n".join([cell.formula or "" for _, cell in some])):
            changed.update(_changed(some, speller, sheet.name, arrays))
    return replace(sheet, cells={**sheet.cells, **changed}, arrays=arrays) if changed else sheet


def _changed(
    cells: list[tuple[Position, Cell]], speller: _Speller, sheet: str, arrays: dict[Position, tuple[int, int]]
) -> Iterator[tuple[Position, Cell]]:
    """The cells whose formulas are spelled otherwise; new arrays are added."""
    for position, cell in cells:
        formula = cell.formula or ""
        if "!" in formula:
            formula = speller.respelled(formula, sheet)
        if formula.startswith(("A", "a")) and (inside := _array_formula(formula)) is not None:
            formula = inside
            arrays.setdefault(position, (1, 1))
        if formula != cell.formula:
            yield position, replace(cell, formula=formula)


def _array_formula(formula: str) -> str | None:
    """What Google's ARRAYFORMULA computes, where the formula is that one call with one argument."""
    if formula[: len(_ARRAY)].upper() != _ARRAY:
        return None
    tokens = tokenize(formula.rstrip())
    level = 0
    for index, token in enumerate(tokens[1:], 1):
        level += {"open": 1, "array_open": 1, "close": -1, "array_close": -1}.get(token.kind, 0)
        if (level <= 0 and index < len(tokens) - 1) or (level == 1 and token.kind == "separator"):
            return None
    inside = "".join(token.text for token in tokens[2:-1]).strip()
    return inside if inside and level == 0 and tokens[0].text.upper() == _ARRAY else None


class _Speller:
    """Knows the sheets and names of a workbook."""

    def __init__(self, workbook: Workbook) -> None:
        self._sheets = {sheet.name.casefold(): sheet.name for sheet in workbook.sheets}
        self._usual = {quote_sheet(name) for name in self._sheets.values()}
        plain = "|".join(re.escape(name) for name in sorted(self._usual) if "'" not in name) or "(?!)"
        self._plain = re.compile(rf"(?<![\w.:\]])(?:{plain})!(?=\$?[A-Za-z]{{1,3}}\$?[0-9])")
        self._names = {name.name.casefold() for name in workbook.names if name.sheet is None}
        self._scoped = {(name.sheet.casefold(), name.name.casefold()) for name in workbook.names if name.sheet}
        self._ambiguous = {name for _, name in self._scoped}

    def name(self, name: Name) -> Name:
        """A defined name that refers to something in a usual spelling."""
        return replace(name, refers_to=self.respelled(name.refers_to, None))

    def usual(self, formulas: str) -> bool:
        """Whether many formulas, one per line, change nothing: a quick look that says no where it does not know."""
        if '"' in formulas or "'" in formulas or _ARRAY in formulas.upper():
            return False
        return "!" not in formulas or len(self._plain.findall(formulas)) == formulas.count("!")

    def respelled(self, formula: str, sheet: str | None) -> str:
        """The formula of a cell on `sheet` (None: of a defined name)."""
        left = formula.count("!")
        for match in _SHEET.finditer(formula):
            if match[1] is not None and match[1] not in self._usual:
                break
            left -= match[0].count("!")
        else:
            if not left:
                return formula
        return "".join(self._tokens(tokenize(formula), sheet))

    def _tokens(self, tokens: list[Token], sheet: str | None) -> Iterator[str]:
        area = ""  # the sheet of the area that a reference may end
        for index, token in enumerate(tokens):
            if "!" not in token.text or token.kind not in ("reference", *_NAMED):
                yield token.text
                continue
            prefix, rest = split_prefix(token.text)
            prefix = self._prefix(prefix, rest if token.kind in _NAMED else None, sheet)
            ends = index > 1 and tokens[index - 1].text == ":" and tokens[index - 2].kind == token.kind == "reference"
            yield rest if ends and prefix == area else prefix + rest
            area = prefix

    def _prefix(self, prefix: str, name: str | None, sheet: str | None) -> str:
        """The prefix as this workbook spells it, of a reference or of a `name`, which mostly needs none."""
        written = prefix[1:-2].replace("''", "'") if prefix.startswith("'") else prefix[:-1]
        own = written.startswith(_OWN)
        written = written.removeprefix(_OWN)
        known = self._sheets.get(written.casefold())
        if name is not None and (known is not None or (own and not written)) and self._is_plain(name, known, sheet):
            return ""
        if known is None or (known == written and not own):
            return prefix
        return quote_sheet(known) + "!"

    def _is_plain(self, name: str, at: str | None, sheet: str | None) -> bool:
        """Whether a name alone means the one of the sheet `at` (None: of the workbook) in a formula on `sheet`."""
        name = name.casefold()
        if sheet is None:  # a name of the workbook may be used on any sheet
            return name in self._names and name not in self._ambiguous
        own = sheet.casefold()
        if (own, name) in self._scoped:
            return at is not None and at.casefold() == own
        return name in self._names and (at is None or (at.casefold(), name) not in self._scoped)


# Excel's marks for functions newer than the format and for LET's names; Gnumeric's and LibreOffice's for foreign ones.
_PREFIXES = re.compile(
    r"(?:_xlfn(?:gnumeric)?\.|_xlws\.|_xlpm\.|_xlop\.|_xludf\.|_xleta\.|ODF\.|ORG\.(?:GNUMERIC|LIBREOFFICE|OPENOFFICE)\.|"
    r"COM\.MICROSOFT\.|LEGACY\.)++",
    re.IGNORECASE,
)
# Gnumeric writes 'It\'s'!A1, which is no Excel: an apostrophe in a sheet's name is doubled.
# (The last alternative swallows what is no such name, so that the time stays in proportion to the length.)
_BACKSLASHED = re.compile(r"\"[^\"]*+\"?|'(?:[^'\\]|\\[\s\S]|'')*+'(?=(!)|)|'[\s\S]*+")

# Functions that Excel knows in a file only as _xlfn.NAME (or _xlfn._xlws.NAME).
_FUTURE = frozenset(
    """ACOT ACOTH AGGREGATE ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST BINOM.DIST.RANGE BINOM.INV
    BITAND BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CEILING.MATH CEILING.PRECISE CHISQ.DIST CHISQ.DIST.RT CHISQ.INV
    CHISQ.INV.RT CHISQ.TEST CHOOSECOLS CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COT COTH COVARIANCE.P
    COVARIANCE.S CSC CSCH DAYS DECIMAL DROP ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST F.DIST F.DIST.RT F.INV F.INV.RT
    F.TEST FILTERXML FLOOR.MATH FLOOR.PRECISE FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV GAMMALN.PRECISE GAUSS HSTACK
    HYPGEOM.DIST IFNA IFS IMCOSH IMCOT IMCSC IMCSCH IMSEC IMSECH IMSINH IMTAN ISFORMULA ISOMITTED ISOWEEKNUM LAMBDA LET
    LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT MODE.SNGL MUNIT NEGBINOM.DIST NORM.DIST NORM.INV
    NORM.S.DIST NORM.S.INV NUMBERVALUE PERCENTILE.EXC PERCENTILE.INC PERCENTRANK.EXC PERCENTRANK.INC PERMUTATIONA PHI
    POISSON.DIST QUARTILE.EXC QUARTILE.INC RANDARRAY RANK.AVG RANK.EQ REDUCE RRI SCAN SEC SECH SEQUENCE SHEET SHEETS
    SKEW.P SORTBY STDEV.P STDEV.S SWITCH T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T T.TEST TAKE TEXTAFTER
    TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL TOROW UNICHAR UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK WEBSERVICE
    WEIBULL.DIST WRAPCOLS WRAPROWS XLOOKUP XMATCH XOR Z.TEST""".split()
)
_FUTURE_SHEET = frozenset({"FILTER", "SORT"})  # names that older files used for their own
_WORD = re.compile(r"[A-Za-z][\w.]*+")
_MARKED = _FUTURE | _FUTURE_SHEET


def canonical(text: str) -> str:
    """A file's formula in the canonical dialect: without "=", prefixes and backslashed apostrophes."""
    text = text.strip().removeprefix("=")
    if "\\'" in text:
        text = _BACKSLASHED.sub(_doubled, text)
    if "." in text and _PREFIXES.search(text):
        text = "".join(_stripped(token) for token in tokenize(with_operators(text)))
    return text


def _doubled(match: re.Match[str]) -> str:
    if match[1] is None:  # no sheet's name
        return match[0]
    return "'" + re.sub(r"\\([\s\S])", lambda each: "''" if each[1] == "'" else each[1], match[0][1:-1]) + "'"


def _stripped(token: Token) -> str:
    if token.kind not in ("function", "name"):
        return token.text
    prefix = _PREFIXES.match(token.text)
    return token.text[prefix.end() :] if prefix and prefix.end() < len(token.text) else token.text


def in_file(formula: str) -> str:
    """A canonical formula as Excel spells it in a file: `_xlfn.` before newer functions, `_xlpm.` before LET's names."""
    if "@" in formula or "#" in formula:
        formula = with_functions(formula, "_xlfn.")
    if _MARKED.isdisjoint(map(str.upper, _WORD.findall(formula))):
        return formula
    tokens = tokenize(formula)
    bound = _bound_names(tokens)
    return "".join(_marked(token, bound) for token in tokens)


def _marked(token: Token, bound: frozenset[str]) -> str:
    upper = token.text.upper()
    if token.kind in ("name", "function") and upper in bound:
        return "_xlpm." + token.text
    if token.kind != "function":
        return token.text
    if upper in _FUTURE_SHEET:
        return "_xlfn._xlws." + token.text
    return "_xlfn." + token.text if upper in _FUTURE else token.text


def _bound_names(tokens: list[Token]) -> frozenset[str]:
    """The names that LET and LAMBDA bind: a name that stands alone as an argument, but for the last argument.

    In LET a name standing alone may also be a value (`LET(a,b,a+1)`), so there only every second argument counts.
    """
    tokens = [token for token in tokens if token.kind != "space"]
    bound: set[str] = set()
    calls: list[tuple[str, int]] = []  # the open parentheses: their function, and the argument reached
    for index, token in enumerate(tokens):
        if token.kind in ("open", "array_open"):
            calls.append((tokens[index - 1].text.upper() if index else "", 0))
        elif token.kind in ("close", "array_close") and calls:
            calls.pop()
        elif token.kind == "separator" and calls:
            calls[-1] = (calls[-1][0], calls[-1][1] + 1)
        elif token.kind == "name" and calls and _binds(*calls[-1]) and _alone(tokens, index):
            bound.add(token.text.upper())
    return frozenset(bound)


def _binds(function: str, argument: int) -> bool:
    return function == "LAMBDA" or (function == "LET" and argument % 2 == 0)


def _alone(tokens: list[Token], index: int) -> bool:
    before = tokens[index - 1].kind in ("open", "separator")
    return before and index + 1 < len(tokens) and tokens[index + 1].kind == "separator"
