"""Lists what IronCalc 0.9 computes otherwise than Excel and LibreOffice, or not at all.

tests/engine/test_gaps.py asks IronCalc for each of these: what a newer release mends fails there and goes from here.
"""

from __future__ import annotations


class UnsupportedError(Exception):
    """IronCalc cannot compute a formula as spreadsheet programs do; the text names the construct."""


# Functions of single numbers or texts that are not taken over an array cell by cell. SUM(ROUND(A1:C1,1)) is #VALUE!,
# ISNUMBER(A1:C1) one FALSE. The arguments that can be arrays are all of them, or those counted here from 0.
NOT_LIFTED: dict[str, tuple[int, ...] | None] = dict.fromkeys(
    """ARABIC ATAN2 BASE BESSELI BESSELJ BESSELK BESSELY BETA.DIST BETADIST BINOM.DIST BINOMDIST BITAND BITLSHIFT BITOR
    BITRSHIFT BITXOR CEILING CEILING.MATH CEILING.PRECISE CHAR CHIDIST CHISQ.DIST CODE COMBIN COMBINA CONCATENATE
    CONFIDENCE.NORM CONVERT DAYS DEC2BIN DEC2HEX DECIMAL DELTA DOLLAR EDATE EOMONTH ERF ERF.PRECISE ERFC
    ERFC.PRECISE EXPON.DIST EXPONDIST F.DIST FDIST FISHER FISHERINV FIXED FLOOR FLOOR.MATH FLOOR.PRECISE GAMMA
    GAMMA.DIST GAMMADIST GAMMALN GAMMALN.PRECISE GAUSS GESTEP HEX2DEC HOUR IFS IMABS IMEXP IMREAL ISBLANK ISERR
    ISERROR ISEVEN ISNA ISNONTEXT ISNUMBER ISO.CEILING ISODD ISTEXT LOG LOGINV LOGNORM.DIST LOGNORM.INV LOGNORMDIST
    MINUTE MOD MROUND N NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NORMDIST NORMINV NORMSDIST NORMSINV NOT
    NUMBERVALUE PERMUT PERMUTATIONA PHI POISSON POISSON.DIST QUOTIENT ROMAN ROUND ROUNDDOWN ROUNDUP STANDARDIZE
    SWITCH T T.DIST TDIST TIME TRUNC TYPE UNICHAR UNICODE VALUE WEIBULL WEIBULL.DIST""".split()
) | {
    "AVERAGEIF": (1,),
    "COUNTIF": (1,),
    "COUNTIFS": tuple(range(1, 255, 2)),
    "HLOOKUP": (0, 2),
    "INDEX": (1, 2),
    "LARGE": (1,),
    "LOOKUP": (0,),
    "MATCH": (0,),
    "PERCENTILE": (1,),
    "PERCENTILE.INC": (1,),
    "QUARTILE": (1,),
    "QUARTILE.INC": (1,),
    "RANK": (0,),
    "RANK.EQ": (0,),
    "SMALL": (1,),
    "SUMIFS": tuple(range(2, 255, 2)),
    "VLOOKUP": (0, 2),
    "XLOOKUP": (0,),
    "XMATCH": (0,),
}

# Functions that refuse a single cell where they take a range: the arguments, counted from 0, that must be spelled A1:A1.
WANT_RANGES: dict[str, tuple[int, ...]] = {
    "AVERAGEIF": (0, 2),
    "COUNTIF": (0,),
    "LARGE": (0,),
    "RANK": (1,),
    "SMALL": (0,),
    "SUMIF": (0, 2),
    "COUNTIFS": tuple(range(0, 255, 2)),
} | {name: (0, *range(1, 255, 2)) for name in ("AVERAGEIFS", "MAXIFS", "MINIFS", "SUMIFS")}

# Functions whose criteria may not be "<>text", which leaves out numbers and blanks: which argument is the criterion,
# counted from 0; of the …IFS every second one.
CRITERIA: dict[str, tuple[int, ...]] = (
    {"AVERAGEIF": (1,), "COUNTIF": (1,), "SUMIF": (1,)}
    | {"COUNTIFS": tuple(range(1, 255, 2))}
    | {name: tuple(range(2, 255, 2)) for name in ("AVERAGEIFS", "MAXIFS", "MINIFS", "SUMIFS")}
)

# Functions that take any number of ranges: a union, or the same cells of several sheets, are spelled as so many arguments.
SPREADING = frozenset(
    """AVERAGE AVERAGEA COUNT COUNTA DEVSQ GEOMEAN HARMEAN MAX MAXA MEDIAN MIN MINA PRODUCT STDEV STDEV.P STDEV.S STDEVP
    SUM SUMSQ VAR VAR.P VAR.S VARP""".split()
)

# Functions that cannot make several references at once: from which argument on, counted from 0, none may be an array.
ADDRESSES = {"INDIRECT": 0, "OFFSET": 1}
