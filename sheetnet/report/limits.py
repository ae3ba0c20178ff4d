"""The limits as a table for a terminal. It sets none."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table

from sheetnet.files.limits import LIMITS, amount, current


def limits_view() -> RenderableType:
    """Every limit that --limit can change: name, value, what it counts and why it is what it is."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("limit", "at most", "of", "because"):
        table.add_column(title, overflow="fold", justify="right" if title == "at most" else "left")
    for name, limit in LIMITS.items():
        table.add_row(name, amount(name, current()[name]), limit.what, limit.reason)
    return table
