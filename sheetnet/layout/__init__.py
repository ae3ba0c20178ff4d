"""From a network and its numbers to the workbook in the middle. It knows positions; it knows no file format."""

from __future__ import annotations

from collections.abc import Mapping

from sheetnet.layout.hidden import embedded_network, hidden_sheet
from sheetnet.layout.readme import readme_sheet
from sheetnet.layout.step import Numbers, step_grid, step_sheet
from sheetnet.network import Network
from sheetnet.workbook import Workbook

__all__ = ["build_workbook", "embedded_network"]


def build_workbook(network: Network, values: Mapping[str, Numbers], version: str) -> Workbook:
    """All sheets and names; `values` maps each block to its rows of numbers, the cached values of its cells."""
    grid = step_grid(network, values)
    sheets = (readme_sheet(network, grid, version), step_sheet(grid), hidden_sheet(network))
    return Workbook(sheets, tuple(sorted(grid.names(), key=lambda name: name.name)))
