"""The sheets beyond `Step`: a table from view to the function that lays it out."""

from __future__ import annotations

from collections.abc import Callable

from sheetnet.layout.views.appendix import appendix_sheet
from sheetnet.layout.views.chain_rule import chain_rule_sheet
from sheetnet.layout.views.check import check
from sheetnet.layout.views.gradient_check import gradient_check_sheet
from sheetnet.layout.views.jacobians import jacobians_sheet
from sheetnet.layout.views.matrices import matrices_sheet
from sheetnet.layout.views.network import network_sheet
from sheetnet.layout.views.pictures import pictures_sheet
from sheetnet.layout.views.predict import predict_sheet
from sheetnet.layout.views.training import training_sheet
from sheetnet.layout.views.view_parts import Laid, ViewContext

__all__ = ["VIEW_SHEETS", "Laid", "ViewContext"]

VIEW_SHEETS: dict[str, Callable[[ViewContext], Laid]] = {
    "appendix": appendix_sheet,
    "jacobians": jacobians_sheet,
    "network": network_sheet,
    "pictures": pictures_sheet,
    "predict": predict_sheet,
    "matrices": matrices_sheet,
    "chain_rule": chain_rule_sheet,
    "gradient_check": gradient_check_sheet,
    "training": training_sheet,
    "check": check,
}
