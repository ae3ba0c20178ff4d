"""What the views beyond `Step` compute, in NumPy with a trials axis. It knows nothing of spreadsheets.

A view is a function of the network, all quantities of the step and the presentation; it gives its blocks by name, each
K × rows × columns as it stands on its sheet. The names of a view's blocks begin with its prefix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.network import Network
from sheetnet.presentation import Presentation
from sheetnet.reference.activations import Array
from sheetnet.reference.equations import Values

__all__ = ["VIEWS", "ViewNumbers", "view_values"]

Compute = Callable[[Network, Values, Presentation], dict[str, Array]]


@dataclass(frozen=True)
class ViewNumbers:
    """The prefix of a view's blocks and what computes them."""

    prefix: str
    compute: Compute


VIEWS: dict[str, ViewNumbers] = {}


def view_values(network: Network, values: Values, presentation: Presentation) -> dict[str, Array]:
    """The blocks of all views that the presentation shows, K × rows × columns each; `values` are those of `evaluate`."""
    found: dict[str, Array] = {}
    for view in presentation.views:
        if view in VIEWS:
            found |= VIEWS[view].compute(network, values, presentation)
    return found
