"""What the sheets beyond `Step` compute, in NumPy.

A view is a function of the network, all quantities of the step and the presentation; it gives its blocks by name, each
K × rows × columns as it stands on its sheet. The names of a view's blocks begin with its prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import drawn
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Values
from sheetnet.reference.views import more_steps, one_step, pictures, predict
from sheetnet.workbook_options import WorkbookOptions

__all__ = ["VIEW_NUMBERS", "ViewNumbers", "noise", "row_demands", "view_values"]

ViewFunction = Callable[[Network, Values, WorkbookOptions], dict[str, Array]]


@dataclass(frozen=True)
class ViewNumbers:
    """The prefix of a view's blocks and what computes them.

    `asked` gives them for a judge, with NaN where two right sheets need not agree; None where that is nowhere.
    `noise` names the blocks that carry more rounding than others: how many times the judge's absolute tolerance.
    `row_demands`: rows of some views are nearly alike. It gives what some trial should show, K × anything, so that a formula
    which reads another row than its own is seen. `inputs` are blocks of the view itself that people type into.
    """

    prefix: str
    compute: ViewFunction
    asked: ViewFunction | None = None
    noise: Callable[[WorkbookOptions], Mapping[str, float]] | None = None
    row_demands: Callable[[Network, Values], Iterator[NDArray[np.bool_]]] | None = None
    inputs: tuple[str, ...] = ()


VIEW_NUMBERS: dict[str, ViewNumbers] = {
    "appendix": ViewNumbers("app", one_step.appendix_numbers),
    "jacobians": ViewNumbers("jac", one_step.jacobians_numbers),
    "network": ViewNumbers("net", one_step.network_numbers, inputs=(drawn("n"),)),
    "predict": ViewNumbers("pred", predict.predict_numbers, predict.predict_asked, inputs=predict.PREDICT_INPUTS),
    "pictures": ViewNumbers(
        "pic", pictures.pictures_numbers, pictures.pictures_asked, row_demands=pictures.pictures_demands
    ),
    "matrices": ViewNumbers("mat", one_step.matrices_numbers),
    "chain_rule": ViewNumbers("chain", one_step.chain_rule_numbers),
    "gradient_check": ViewNumbers(
        "grad",
        more_steps.gradient_check_numbers,
        more_steps.gradient_check_asked,
        more_steps.gradient_noise,
        more_steps.gradient_row_demands,
    ),
    "training": ViewNumbers(
        "train", more_steps.training_numbers, more_steps.training_asked, row_demands=more_steps.training_row_demands
    ),
}


def view_values(
    network: Network, values: Values, presentation: WorkbookOptions, asked: bool = False
) -> dict[str, Array]:
    """The blocks of all views that the presentation shows, K × rows × columns each; `values` are those of `evaluate`.

    What is `asked` of a sheet is the same but for NaN, which asks nothing, where the mathematics amplifies the rounding
    of right sheets.
    """
    found: dict[str, Array] = {}
    for view in presentation.views:
        if view in VIEW_NUMBERS:
            numbers = VIEW_NUMBERS[view]
            compute = numbers.asked if asked and numbers.asked is not None else numbers.compute
            found |= compute(network, values, presentation)
    return found


def noise(presentation: WorkbookOptions) -> dict[str, float]:
    """Block → how many times the judge's absolute tolerance it is allowed, of the blocks that are allowed more."""
    shown = [VIEW_NUMBERS[view].noise for view in presentation.views if view in VIEW_NUMBERS]
    return {block: factor for rounding in shown if rounding for block, factor in rounding(presentation).items()}


def row_demands(network: Network, values: Values, presentation: WorkbookOptions) -> list[NDArray[np.bool_]]:
    """What some trial should show of the views whose rows are nearly alike; empty where none is."""
    shown: list[NDArray[np.bool_]] = []
    for view in presentation.views:
        if view in VIEW_NUMBERS and (tell := VIEW_NUMBERS[view].row_demands) is not None:
            numbers = VIEW_NUMBERS[view]
            shown += tell(network, (numbers.asked or numbers.compute)(network, values, presentation))
    return shown
