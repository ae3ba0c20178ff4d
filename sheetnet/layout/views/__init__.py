"""The sheets beyond `Step`: view → what lays it out. A view is one module here and one in `reference/views`."""

from __future__ import annotations

from collections.abc import Callable

from sheetnet.layout.views.appendix import appendix
from sheetnet.layout.views.chain_rule import chain_rule
from sheetnet.layout.views.check import check
from sheetnet.layout.views.gradient_check import gradient_check
from sheetnet.layout.views.jacobians import jacobians
from sheetnet.layout.views.matrices import matrices
from sheetnet.layout.views.network import network
from sheetnet.layout.views.scene import Laid, Scene
from sheetnet.layout.views.training import training

__all__ = ["VIEWS", "Laid", "Scene"]

VIEWS: dict[str, Callable[[Scene], Laid]] = {
    "appendix": appendix,
    "jacobians": jacobians,
    "network": network,
    "matrices": matrices,
    "chain_rule": chain_rule,
    "gradient_check": gradient_check,
    "training": training,
    "check": check,
}
