"""Tells where a sheet computes another network than the file says: other activations, and no biases."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sheetnet.identification.labels import Label
from sheetnet.identification.state import IdentifyState
from sheetnet.quantity import q
from sheetnet.reference import ACTIVATIONS, Array
from sheetnet.trials.tolerance import ABSOLUTE, RELATIVE
from sheetnet.workbook import Place


def differences(state: IdentifyState) -> Iterator[str]:
    """One sentence for each layer that is another one on the sheet."""
    network = state.network
    places = {label: place for place, labels in state.labels.items() for label in labels}
    places |= {label: place for place, label in state.wrong.items()}
    held = {(label.quantity, label.index) for label in state.given.values()}
    for layer in range(1, network.depth + 1):
        named = network.layers[layer - 1].activation
        if (other := _other_activation(state, layer, places)) is not None:
            yield f"layer {layer}: the file says {named}, the sheet computes {other}; if that is meant, say so in the file"
        biases = [(q("W", layer), (network.sizes[layer - 1], j)) for j in range(network.sizes[layer])]
        right = any(label.quantity == q("z", layer) for label in places if places[label] in state.labels)
        typed = right or not held.isdisjoint(biases) or not network.has_bias(layer)
        if not typed and any(network.layers[layer - 1].weights[-1]):
            yield f"layer {layer}: no cell holds its biases; if it has none, say bias = false in the file"


def _other_activation(state: IdentifyState, layer: int, places: dict[Label, Place]) -> str | None:
    """The activation that all cells of a layer's first step compute where that of the file is expected."""
    network, found = state.network, list[Array]()
    for label in state.training.first_labels():
        if label.quantity != q("a", layer):
            continue
        place = places.get(label)
        if place is None or place not in state.wrong:
            return None
        below = Label(q("z", layer), label.index)
        z = state.runs.values[:, state.numbers[places[below]]] if below in places else state.training.column(below)
        if z is not None:
            found.append(np.array([z, state.runs.values[:, state.numbers[place]]]))
    if not found:
        return None
    z, a = np.stack(found, axis=-1)
    for name, activation in ACTIVATIONS.items():
        if name != network.layers[layer - 1].activation and not network.mixes(layer):
            with np.errstate(all="ignore"):
                if np.allclose(activation.f(z), a, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=False):
                    return name
    return None
