"""Function names in OpenFormula and in the canonical dialect (Excel's). It knows no arguments and no formula text."""

from __future__ import annotations

import re
from functools import lru_cache

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
    r"(?:COM\.MICROSOFT\.|LEGACY\.|ORG\.(?:GNUMERIC|OPENOFFICE|LIBREOFFICE)\.|_XLFN\.|_XLWS\.|_XLPM\.|_XLUDF\.)+"
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
