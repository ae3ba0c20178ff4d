"""Malicious workbooks, made on the fly and bounded in size: `CASES` lists them with what must become of each."""

from tests.support.hostile import formulas, networks, sheets, sheets_ods, xmls, zips
from tests.support.hostile.cases import CASES, OUTCOMES, Case, Trap

__all__ = ["CASES", "OUTCOMES", "Case", "Trap", "formulas", "networks", "sheets", "sheets_ods", "xmls", "zips"]
