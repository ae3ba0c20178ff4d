"""The canonical formula dialect (Excel A1) as text."""

from sheetnet.syntax.references import (
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
from sheetnet.syntax.shifting import areas, depth, functions, names, qualify, shift
from sheetnet.syntax.tokens_and_nodes import Token, TokenKind, tokenize

__all__ = [
    "COLUMNS",
    "ROWS",
    "Area",
    "Token",
    "TokenKind",
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
