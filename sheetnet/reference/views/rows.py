"""Tells in which trials rows of a sheet that are nearly alike differ.

In Training a row differs from the next by one step, in the gradient check by h: whoever reads the largest z, or the sign
of a z, from a neighbouring row is wrong only where these differ between the two.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.reference.equations import Values

APART = 1e-7  # far above the tolerance of a judge, far below h


def told_apart(network: Network, found: Values) -> Iterator[NDArray[np.bool_]]:
    """K × (rows − 1) × anything: which trial shows what between neighbouring rows of every block of z.

    `found` are a view's blocks, K × rows × columns; NaN shows nothing.
    """
    for name, z in found.items():
        quantity = Quantity.of(name)
        if quantity.symbol != "z" or not (layer := quantity.layer):
            continue
        above, below = z[:, :-1], z[:, 1:]
        if network.mixes(layer):
            first, second = above.max(axis=-1), below.max(axis=-1)
            yield from (first - second > APART, second - first > APART)
        for kink in network.kinks(layer):
            yield (above > kink) & (below <= kink) | (above <= kink) & (below > kink)
