"""The numbers and formulas on which scripts/engine_table.py compares IronCalc with LibreOffice."""

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


def _lift(pattern: str) -> Lift:
    one = {name: f"Data!{letter}1" for name, letter in _LETTERS.items()}
    many = {name: f"Data!{letter}1:{letter}3" for name, letter in _LETTERS.items()}
    return Lift(pattern.format(**one), pattern.format(**many))


_PATTERNS = """
{r}+1 {r}-{p} {r}*{p} {r}/{p} {p}^{u} -{r} +{r} {r}% --{r} ---{r} 1-{u} 1/{p} {r}^2 2^{r} -{r}^2
--({r}=1.25) --({r}<0) --({r}>0) --({r}<=1.25) --({r}>=1.25) --({r}<>1.25) ({r}>0)*{r} ({r}>0)+0 1*({r}>0) {b}*1 {b}+{r}
LEN({r}&"a") --({t}="AB") --({t}<"b") --({t}&"1"="ab1") {s}+0 {s}*1 --{s} -{s} {n}+{b}
ABS({r}) SIGN({r}) SQRT({p}) SQRTPI({p}) EXP({r}) LN({p}) LOG({p}) LOG({p},2) LOG(2,{p}) LOG({p},EXP(1)) LOG10({p})
POWER({p},2) POWER(2,{r}) POWER({p},{u}) PRODUCT({r},2) SUM({r},1)
ROUND({r},0) ROUND({r},1) ROUND({r},{n}) ROUND({r},15) ROUNDUP({r},0) ROUNDUP({r},1) ROUNDDOWN({r},0) ROUNDDOWN({r},1)
TRUNC({r}) TRUNC({r},1) INT({r}) EVEN({r}) ODD({r}) MROUND({p},0.5) CEILING({p},0.5) FLOOR({p},0.5) CEILING({p},1)
CEILING.MATH({r}) CEILING.MATH({r},0.5) FLOOR.MATH({r}) FLOOR.MATH({r},0.5) CEILING.PRECISE({r}) FLOOR.PRECISE({r})
ISO.CEILING({r}) MOD({r},2) MOD(7,{n}) QUOTIENT({p},2) QUOTIENT({n},3) GCD({n},6) LCM({n},6) FIXED({r},1) DOLLAR({r})
SIN({r}) COS({r}) TAN({r}) COT({p}) SEC({r}) CSC({p}) ASIN({u}) ACOS({u}) ATAN({r}) ACOT({r}) ATAN2({r},{p}) ATAN2(1,{r})
SINH({r}) COSH({r}) TANH({r}) COTH({p}) SECH({r}) CSCH({p}) ASINH({r}) ACOSH({n}) ATANH({u}) ACOTH({n})
DEGREES({r}) RADIANS({r}) PI()*{r} FACT({n}) FACTDOUBLE({n}) COMBIN({n},2) COMBINA({n},2) PERMUT({n},2) PERMUTATIONA({n},2)
MULTINOMIAL({n},1) SERIESSUM({u},0,1,1) BASE({n},2) DECIMAL({n},16) ROMAN({n}) ARABIC(ROMAN({n}))
GAMMA({p}) GAMMALN({p}) GAMMALN.PRECISE({p}) BETA.DIST({u},2,3,TRUE()) BETADIST({u},2,3)
ERF({p}) ERF({r}) ERF(0,{p}) ERF.PRECISE({r}) ERFC({p}) ERFC.PRECISE({p}) BESSELI({p},0) BESSELJ({p},1) BESSELK({p},1) BESSELY({p},1)
NORM.S.DIST({r},TRUE()) NORM.S.DIST({r},FALSE()) NORM.DIST({r},0,1,TRUE()) NORMDIST({r},0,1,TRUE()) NORMSDIST({r})
NORM.S.INV({u}) NORMSINV({u}) NORM.INV({u},0,1) NORMINV({u},0,1) PHI({r}) GAUSS({r}) FISHER({u}) FISHERINV({r})
STANDARDIZE({r},1,2) EXPON.DIST({p},1,TRUE()) EXPONDIST({p},1,TRUE()) POISSON.DIST({n},2,FALSE()) POISSON({n},2,FALSE())
BINOM.DIST({n},9,0.5,FALSE()) BINOMDIST({n},9,0.5,FALSE()) LOGNORM.DIST({p},0,1,TRUE()) LOGNORMDIST({p},0,1)
LOGINV({u},0,1) LOGNORM.INV({u},0,1) GAMMA.DIST({p},2,1,TRUE()) GAMMADIST({p},2,1,TRUE()) WEIBULL.DIST({p},1,1,TRUE())
WEIBULL({p},1,1,TRUE()) T.DIST({r},3,TRUE()) TDIST({p},3,2) CHISQ.DIST({p},2,TRUE()) CHIDIST({p},2) F.DIST({p},2,3,TRUE()) FDIST({p},2,3)
CONFIDENCE.NORM({u},1,4) PROB({n},{u})
IF({r}>0,{r},0) IF({r}>0,1,0) IF({r}>0,{r}) IF({r}>0,IF({r}>2,2,{r}),0) IF({b},{r},{p}) IF({b},1,0) IF(TRUE(),{r},0)
IFS({r}>0,{r},TRUE(),0) IFS({r}>0,1,{r}<=0,0) SWITCH({n},3,10,4,20,30) SWITCH(SIGN({r}),1,{r},-1,0) CHOOSE({n}-2,1,2,3,4,5,6)
CHOOSE(1+({r}>0),0,{r}) CHOOSE(2,0,{r}) IFERROR({r},0) IFERROR(1/({r}-1.25),7) IFERROR(SQRT({r}),0) IFERROR(LN({r}),0)
IFNA({r},0) --ISNUMBER({m}) --ISTEXT({m}) --ISNONTEXT({m}) --ISBLANK({m}) --ISERROR(SQRT({r})) --ISERR(SQRT({r}))
--ISNA({r}) --ISLOGICAL({b}) --ISEVEN({n}) --ISODD({n}) --ISREF({n}) --ISFORMULA({n}) ERROR.TYPE({r}) TYPE({m})
--NOT({r}>0) --NOT({b}) --AND({r}>0,{p}>1) --OR({r}>0,{p}>1) --XOR({r}>0,{p}>1) --AND({b}) --TRUE()*{r} N({r}) N({b}) N({r}>0)
N({m}) N(+{r}) N(+{b}) --(T({t})="ab") T(+{t}) VALUE({s}) VALUE({r}) VALUE(TEXT({r},"0.00")) --TEXT({r},"0.0") NUMBERVALUE({s})
LEN({t}) --(LEFT({t},1)="a") --(LEFT({t})="a") --(RIGHT({t},1)="b") --(MID({t},1,1)="a") --(UPPER({t})="AB") --(LOWER({t})="ab")
--(PROPER({t})="Ab") --(TRIM({t})="ab") --(CLEAN({t})="ab") --EXACT({t},"ab") IFERROR(FIND("b",{t}),0) IFERROR(SEARCH("B",{t}),0)
--(SUBSTITUTE({t},"a","x")="xb") --(REPLACE({t},1,1,"x")="xb") --(REPT({t},2)="abab") --(CONCATENATE({t},"1")="ab1")
--(CONCAT({t},"1")="ab1") CODE({t}) UNICODE({t}) --(CHAR(64+{n})="C") --(UNICHAR(64+{n})="C") VALUE({n}&"")
DELTA({r},1.25) GESTEP({r},0) GESTEP({r}) BITAND({n},5) BITOR({n},5) BITXOR({n},5) BITLSHIFT({n},1) BITRSHIFT({n},1)
CONVERT({r},"m","cm") DEC2BIN({n}) DEC2HEX({n}) BIN2DEC(1) HEX2DEC({n}) IMREAL({n}) IMABS({r}) IMEXP({r}) IMPRODUCT({n},2)
DATE(2024,{n},1) YEAR({n}) MONTH({n}*30) DAY({n}) WEEKDAY({n}) TIME({n},0,0) HOUR({u}) MINUTE({u}) EDATE({n},1) EOMONTH({n},1) DAYS({n},1)
ROW({r}) ROWS({r}) COLUMN({r}) INDEX({r},{n}-2) INDEX({r},0) INDEX({r},{n}*0+2) MATCH({n},{n},0) VLOOKUP({n},Data!D1:E3,1,FALSE())
LOOKUP({n},{n},{r}) HLOOKUP(-1,Data!A5:C5,1,FALSE()) XLOOKUP({n},{n},{r}) LARGE({r},{n}-2+0*{n}) LARGE({r},ROW(Data!A1:A3)) SMALL({r},ROW(Data!A1:A3))
RANK({n},{n}) RANK.EQ({n},Data!D1:D3) PERCENTILE({r},{u}) QUARTILE({r},{u}) COUNTIF({r},{r}) COUNTIF({r},">"&{r}) SUMIF({n},{n},{r})
SUMIFS({r},{n},{n}) COUNTIFS({n},{n}) AVERAGEIF({n},{n},{r}) OFFSET(Data!A1,{n}-3,0) N(OFFSET(Data!A1,ROW(Data!A1:A3)-1,0))
SUBTOTAL(9,OFFSET(Data!A1,ROW(Data!A1:A3)-1,0)) N(INDIRECT("Data!A"&ROW(Data!A1:A3))) MAX({r},0) MIN({r},0) MEDIAN({r},0) AVERAGE({r},0)
SUMSQ({r},0) HYPERLINK("x",{r}) FORECAST({n},{r},{p}) TREND({r},{p},{n}) GROWTH({p},{u},{n}) TRANSPOSE(TRANSPOSE({r})) LET(x,{r},x*2)
MAP({r},LAMBDA(x,x*2)) BYROW({r},LAMBDA(x,SUM(x)*2)) SCAN(0,{r},LAMBDA(a,x,a+x)) LAMBDA(x,x*2)({r}) MAKEARRAY(3,1,LAMBDA(i,j,i*2)) SEQUENCE(3)*{r}
"""
LIFTS = [_lift(pattern) for pattern in _PATTERNS.split()]

_LINES = Path(__file__).with_name("engine_idioms.tsv").read_text("utf-8").splitlines()
IDIOMS = [Idiom(*line.split("\t")) for line in _LINES if line.strip() and not line.startswith("#")]

EXTRA = """AGGREGATE""".split()
NAMES = sorted({*FORMULAE, *EXTRA})
