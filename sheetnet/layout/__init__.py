"""Lays a network and its numbers out as a Workbook."""

from __future__ import annotations

from collections.abc import Mapping

from sheetnet.errors import NetworkError
from sheetnet.layout.grid import Numbers
from sheetnet.layout.info_sheets import embedded_network, hidden_sheet, led_back, readme_sheet, remarked
from sheetnet.layout.pages import readable
from sheetnet.layout.step_sheet import step_grid, step_sheet
from sheetnet.layout.student_copy import Exercise, as_key, blanks_named, student_workbook
from sheetnet.network import Network
from sheetnet.workbook import Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions

__all__ = ["Exercise", "as_key", "blanks_named", "build_workbook", "embedded_network", "student_workbook"]


def build_workbook(
    network: Network, values: Mapping[str, Numbers], version: str, presentation: WorkbookOptions
) -> Workbook:
    """All sheets and names; `values` maps each block to its rows of numbers, the cached values of its cells."""
    from sheetnet.layout.views import VIEW_SHEETS, ViewContext  # who only reads a workbook needs no views

    if presentation.alone:
        from sheetnet.layout.predict_alone import predict_workbook

        return predict_workbook(network, values, version, presentation)
    grid = step_grid(network, values, presentation.column)
    context = ViewContext(network, presentation, values, grid)
    names, sheets = grid.names(), []
    for remark in network.remarks:
        if remark.view not in SHEETS:
            raise NetworkError(
                f"there is no view {remark.view!r}", place="remarks", remedy=f"choose from {', '.join(SHEETS)}"
            )
    for view in SHEETS:  # in their order
        if view == "step":
            sheets.append(led_back(remarked(step_sheet(grid, network), network, view)))
        elif context.shows(view):
            sheet, more = VIEW_SHEETS[view](context)
            sheets.append(readable(led_back(remarked(sheet, network, view))))
            names += more
    first = int(context.shows("pictures"))  # before Read me, so that the workbook opens there
    whole = (*sheets[:first], readme_sheet(context, names, version), *sheets[first:], hidden_sheet(network))
    return Workbook(whole, tuple(sorted(names, key=lambda name: name.name)))
