"""What the sheet Pictures computes in NumPy: pixels, what the network says of each picture, and how often it is right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import picture, q
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Values
from sheetnet.workbook_options import WorkbookOptions, pictured

TIE = 1e-8  # outputs as near as this are a tie: which of them is the largest, rounding decides
HALF = 0.5  # where a single output says 1


def pictures_numbers(network: Network, values: Values, _: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns; nothing where the network's inputs are no pictures.

    `pic_x_n{n}` are the pixels of an observation, `pic_w_1_{j}` the weights into a neuron of layer 1, both of the shape
    of the image. Of N observations, N × 1 each: `pic_target`, which output should be the largest, counted from 0;
    `pic_says`, which is; `pic_sure`, how large it is; `pic_right`, 1 or 0; the last three again after the step. `pic_score`
    and `pic_cost` stand side by side, before and after the step.
    """
    if network.image is None:
        return {}
    observations, neurons = pictured(network)
    trials, pixels = len(values["gamma"]), network.sizes[0]
    found = {
        picture("x", None, n): values["A_0"][:, n, :pixels].reshape(trials, *network.image) for n in range(observations)
    }
    for j in range(neurons):
        found[picture("w", 1, index=j)] = values[q("W", 1)][:, :pixels, j].reshape(trials, *network.image)
    wanted = found[picture("target")] = largest_of(values["target"])
    for new in (False, True):
        outputs = values[q("a", network.depth, new)]
        said = largest_of(outputs)
        sure = np.where(said == 1, outputs, 1 - outputs) if network.sizes[-1] == 1 else outputs.max(-1, keepdims=True)
        right = (said == wanted).astype(float)
        found |= {picture("says", new=new): said, picture("sure", new=new): sure, picture("right", new=new): right}
    score = [found[picture("right", new=new)].sum(axis=1) for new in (False, True)]
    found[picture("score")] = np.stack(score, axis=-1)
    return found | {picture("cost"): np.concatenate([values["cost"], values["cost_new"]], axis=-1)}


def pictures_asked(network: Network, values: Values, shown: WorkbookOptions) -> dict[str, Array]:
    """The same with NaN where rounding decides which output is the largest, and in what follows from that."""
    found = pictures_numbers(network, values, shown)
    if not found:
        return found
    unsure = tied(values["target"])
    found[picture("target")] = np.where(unsure, np.nan, found[picture("target")])
    score = found[picture("score")].copy()
    for number, new in enumerate((False, True)):
        near = tied(values[q("a", network.depth, new)])
        for symbol, lost in (("says", near), ("right", near | unsure)):
            found[picture(symbol, new=new)] = np.where(lost, np.nan, found[picture(symbol, new=new)])
        score[..., number] = np.where((near | unsure).any(axis=1), np.nan, score[..., number])
    return found | {picture("score"): score}


def pictures_demands(network: Network, found: Values) -> Iterator[NDArray[np.bool_]]:
    """Each output should once be the largest of each observation, each answer once wrong and once right beyond output 0."""
    if network.image is None:
        return
    outputs = np.arange(max(network.sizes[-1], 2))
    for symbol, new in (("target", False), ("says", False), ("says", True)):
        yield found[picture(symbol, new=new)] == outputs
    for new in (False, True):
        right = found[picture("right", new=new)] == 1
        yield right & (found[picture("says", new=new)] > 0)
        yield ~right


def largest_of(array: Array) -> Array:
    """Which number of each row is the largest, from 0; of a single one, whether it is at least a half. … × 1."""
    if array.shape[-1] == 1:
        return np.asarray(array >= HALF, dtype=float)
    return np.asarray(array.argmax(axis=-1, keepdims=True), dtype=float)


def tied(array: Array) -> NDArray[np.bool_]:
    """Whether the two largest numbers of each row, or a single one and a half, are as good as equal."""
    if array.shape[-1] == 1:
        return np.asarray(np.abs(array - HALF) <= TIE)
    largest = np.sort(array, axis=-1)
    return np.asarray(largest[..., -1:] - largest[..., -2:-1] <= TIE * (1 + np.abs(largest[..., -1:])))
