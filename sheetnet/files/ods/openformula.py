"""Formula text of .ods files (OpenFormula) from and to the canonical Excel A1 dialect. It knows no cells and no XML.

Both ways only the spelling changes: `of:=SUM([.A1:.B2];[$Data.C3])` is `SUM(A1:B2,Data!C3)`. Precedences are the same in
both, as LibreOffice computes them. `from_openformula(to_openformula(text)) == text` but for these, which mean the same:
`TRUE()` becomes `TRUE`, `.5` becomes `0.5`, `A$1:B$1048576` becomes `A:B` and `$A1:$XFD2` becomes `1:2`.
"""

from sheetnet.files.ods.formula_in import from_openformula
from sheetnet.files.ods.formula_out import to_openformula

__all__ = ["from_openformula", "to_openformula"]
