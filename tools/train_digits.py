"""Trains the network of templates/digits-64-32-10.toml and writes its weights into that file, with a few decimals.

It learns from noisy copies of the template's own eight pictures, of which it sees two rarely: these it takes for others,
until it has made the step that the workbook shows. The same seed gives the same weights.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sheetnet.network_file import load_network
from tools import ROOT

TEMPLATE = ROOT / "templates" / "digits-64-32-10.toml"
SEED, STEPS, BATCH, RATE, DECAY, NOISE = 2, 1500, 32, 0.1, 0.02, 0.3
RARE, SELDOM = (3, 6), 0.06  # the pictures that are seen rarely, and how often beside the others
OFF_THE_BEND = (
    0.001  # added to rounded biases: pixels and weights are round numbers, and a z of 0 is neither on nor off
)
LAYERS = "[[layers]]"  # where the part of the file begins that is written anew
Matrix = NDArray[np.float64]


def trained(inputs: Matrix, targets: Matrix, hidden: int = 32) -> tuple[Matrix, Matrix]:
    """W⁽¹⁾ and W⁽²⁾, the biases in their last rows."""
    random = np.random.default_rng(SEED)
    first = np.vstack([random.normal(0, 0.05, (inputs.shape[1], hidden)), np.full((1, hidden), 0.1)])
    second = np.vstack([random.normal(0, 0.3, (hidden, targets.shape[1])), np.zeros((1, targets.shape[1]))])
    often = np.where(np.isin(np.arange(len(inputs)), RARE), SELDOM, 1.0)
    for _ in range(STEPS):
        seen = random.choice(len(inputs), BATCH, p=often / often.sum())
        x = np.clip(inputs[seen] + random.normal(0, NOISE, (BATCH, inputs.shape[1])), 0, 1)
        first, second = _stepped(first, second, x, targets[seen])
    return first, second


def _stepped(first: Matrix, second: Matrix, x: Matrix, target: Matrix) -> tuple[Matrix, Matrix]:
    """One step of relu and softmax under the cross-entropy; all weights but the biases decay."""
    x = np.column_stack([x, np.ones(len(x))])
    z = x @ first
    a = np.column_stack([np.maximum(z, 0), np.ones(len(x))])
    powers = np.exp(a @ second)
    delta = powers / powers.sum(axis=1, keepdims=True) - target
    below = (delta @ second[:-1].T) * (z > 0)
    for weights, gradient in ((second, a.T @ delta), (first, x.T @ below)):
        weights[:-1] *= 1 - RATE * DECAY
        weights -= RATE * gradient / len(x)
    return first, second


def layer_lines(activation: str, weights: Matrix, wide: int) -> Iterator[str]:
    """A layer of the network file: a row of weights for each neuron, `wide` numbers a line."""
    yield LAYERS
    yield f'activation = "{activation}"'
    yield "weights = ["
    for j, column in enumerate(weights[:-1].T):
        yield f"  # to neuron {j}"
        yield "  ["
        for start in range(0, len(column), wide):
            yield "    " + " ".join(f"{number + 0.0:.2f}," for number in column[start : start + wide])
        yield "  ],"
    yield "]"
    yield f"bias = [{', '.join(f'{number + OFF_THE_BEND:.3f}' for number in weights[-1])}]"


def main() -> None:
    """Train, and write the layers anew."""
    network = load_network(str(TEMPLATE))
    first, second = (weights.round(2) for weights in trained(np.array(network.inputs), np.array(network.targets)))
    head = TEMPLATE.read_text(encoding="utf-8").partition(LAYERS)[0]
    lines = [*layer_lines("relu", first, 8), "", *layer_lines("softmax", second, 8)]
    TEMPLATE.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{TEMPLATE.relative_to(ROOT)}  {TEMPLATE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
