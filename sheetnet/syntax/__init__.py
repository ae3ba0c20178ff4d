"""The canonical formula dialect (Excel A1) as text: references, tokens, shifting. It knows no files and no values."""

from sheetnet.syntax.refs import (
    COLUMNS,
    ROWS,
    Area,
    area_name,
    cell_name,
    column_letters,
    column_number,
    parse_area,
    quote_sheet,
)
from sheetnet.syntax.shift import areas, depth, functions, names, qualify, shift
from sheetnet.syntax.tokens import Kind, Token, tokenize

__all__ = [
    "COLUMNS",
    "ROWS",
    "Area",
    "Kind",
    "Token",
    "area_name",
    "areas",
    "cell_name",
    "column_letters",
    "column_number",
    "depth",
    "functions",
    "names",
    "parse_area",
    "qualify",
    "quote_sheet",
    "shift",
    "tokenize",
]
