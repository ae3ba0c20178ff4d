"""The numbers and formulas on which tools/engine_table.py compares IronCalc with LibreOffice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openpyxl.utils import FORMULAE

from sheetnet.workbook import Cell, CellError, Position, Value


@dataclass(frozen=True)
class Lift:
    """A function on one cell, and on the three cells of an array."""

    one: str
    many: str


@dataclass(frozen=True)
class Idiom:
    """An expression, and what Excel gives for it where that is known."""

    formula: str
    excel: str = ""


# The columns of the sheet Data, from its first row on.
COLUMNS: dict[str, tuple[Value, ...]] = {
    "A": (1.25, -2.5, 3.75),  # {r} real
    "B": (0.5, 2.0, 7.25),  # {p} positive
    "C": (0.2, 0.5, 0.9),  # {u} between 0 and 1
    "D": (3.0, 4.0, 8.0),  # {n} whole
    "E": ("ab", "cde", "x"),  # {t} texts
    "F": ("1.5", "2", "-3"),  # {s} numbers as text
    "G": (True, False, True),  # {b}
    "H": (2.5, "x", None),  # {m} one of each
    "I": (1.0, 2.0, 3.0),  # ascending
    "J": (9.0, 5.0, 1.0),  # descending
    "K": (2.0, 0.0, 1.0),  # K1:M3 is a matrix that can be inverted
    "L": (1.0, 3.0, 0.0),
    "M": (0.0, 1.0, 4.0),
    "N": (None, None, None),  # empty
    "O": (CellError("#DIV/0!"), 1.0, CellError("#N/A")),
    "P": ("ab", "AB", "b*"),  # texts for criteria
    "Q": (0.0, 0.0, 0.0),
    "R": ("", "", ""),  # empty text
}
DATA: dict[Position, Cell] = {
    (row, ord(letter) - 64): Cell(value)
    for letter, values in COLUMNS.items()
    for row, value in enumerate(values, 1)
    if value is not None
} | {(5, 1): Cell(-1.0), (5, 2): Cell(2.0), (5, 3): Cell(0.5)}  # A5:C5, a row

_LETTERS = dict(zip("rpuntsbm", "ABCDEFGH", strict=True))


def _lines(name: str) -> list[str]:
    """The lines of a file beside this one, without remarks."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _lift(pattern: str) -> Lift:
    one = {name: f"Data!{letter}1" for name, letter in _LETTERS.items()}
    many = {name: f"Data!{letter}1:{letter}3" for name, letter in _LETTERS.items()}
    return Lift(pattern.format(**one), pattern.format(**many))


LIFTS = [_lift(pattern) for pattern in _lines("engine_lifts.txt")]

IDIOMS = [Idiom(*line.split("\t")) for line in _lines("engine_idioms.tsv")]

# openpyxl lists the functions of Excel 2007; these came later.
_LATER = """
ACOT ACOTH AGGREGATE ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST BINOM.DIST.RANGE BINOM.INV BITAND BITLSHIFT BITOR
BITRSHIFT BITXOR BYCOL BYROW CEILING.MATH CEILING.PRECISE CHISQ.DIST CHISQ.DIST.RT CHISQ.INV CHISQ.INV.RT CHISQ.TEST
CHOOSECOLS CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COT COTH COVARIANCE.P COVARIANCE.S CSC CSCH DAYS DECIMAL
DROP ENCODEURL ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST F.DIST F.DIST.RT F.INV F.INV.RT F.TEST FILTER FILTERXML FLOOR.MATH
FLOOR.PRECISE FORECAST.ETS FORECAST.LINEAR FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV GAMMALN.PRECISE GAUSS HSTACK HYPGEOM.DIST
IFNA IFS IMCOSH IMCOT IMCSC IMCSCH IMSEC IMSECH IMSINH IMTAN ISFORMULA ISO.CEILING ISOMITTED ISOWEEKNUM LAMBDA LET
LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT MODE.SNGL MUNIT NEGBINOM.DIST NETWORKDAYS.INTL NORM.DIST
NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION PERCENTILE.EXC PERCENTILE.INC PERCENTOF PERCENTRANK.EXC
PERCENTRANK.INC PERMUTATIONA PHI POISSON.DIST QUARTILE.EXC QUARTILE.INC RANDARRAY RANK.AVG RANK.EQ REDUCE REGEXTEST RRI SCAN
SEC SECH SEQUENCE SHEET SHEETS SKEW.P SORT SORTBY STDEV.P STDEV.S SWITCH T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T T.TEST
TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL TOROW TRIMRANGE UNICHAR UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK
WEIBULL.DIST WORKDAY.INTL WRAPCOLS WRAPROWS XLOOKUP XMATCH XOR Z.TEST
"""
NAMES = sorted({*FORMULAE, *_LATER.split()})
