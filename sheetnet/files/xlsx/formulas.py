"""Translates formulas between the spelling of .xlsx files and the canonical one: prefixes, `@` and `#`."""

from __future__ import annotations

import re

from sheetnet.files.formula_text import with_functions, with_operators
from sheetnet.syntax import Token, tokenize

# Excel's marks for functions newer than the format and for LET's names; Gnumeric's and LibreOffice's for foreign ones.
_PREFIXES = re.compile(
    r"(?:_xlfn(?:gnumeric)?\.|_xlws\.|_xlpm\.|_xlop\.|_xludf\.|_xleta\.|ODF\.|ORG\.(?:GNUMERIC|LIBREOFFICE|OPENOFFICE)\.|"
    r"COM\.MICROSOFT\.|LEGACY\.)+",
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
_CALL = re.compile(r"[A-Za-z][\w.]*(?=\()")
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
    if _MARKED.isdisjoint(map(str.upper, _CALL.findall(formula))):
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
