"""Small networks for tests: every activation with every loss, seeded, with numbers that any spreadsheet keeps."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from sheetnet.activations_and_losses import LOSS_FACTS, Targets
from sheetnet.errors import NetworkError
from sheetnet.network import Layer, Network
from sheetnet.network_file import template_names
from sheetnet.penalty import L2
from sheetnet.reference import ACTIVATIONS, LOSSES
from sheetnet.toml_fields import Matrix

SMALL = tuple(name for name in template_names() if not name.startswith("digits"))  # templates of few formulas
OVER_N, WITH_BIASES = (
    L2(0.1, per_observation=True),
    L2(0.1, biases=True),
)  # as scikit-learn and PyTorch penalise weights
WITH_SSE = ("identity", "softmax")  # activations that tests have with sse
SEED = 15  # with it, nearly all relu units in these tests are on for some observations and off for others


def make_network(
    activation: str,
    loss: str,
    sizes: Sequence[int] = (2, 4, 3),
    observations: int = 5,
    reduction: str = "mean",
    train_bias: bool = True,
    shared_bias: bool = False,
    hidden: str | None = None,
    seed: int = SEED,
    learning_rate: float = 0.5,
    biases: Sequence[bool] = (),
    slope: float | None = None,
    l2: L2 | None = None,
) -> Network:
    """A network with `activation` in its last layer, and in the others too unless `hidden` names one for them.

    `biases` says of each layer whether it has any; all have where it is empty. `slope` is that of all layers.

    All sizes differ, and no layer has as many outputs as the 2 of (a − T)²: what is confused shows.
    """
    dice = random.Random(seed)
    layers = [
        Layer(hidden or activation, _weights(dice, fan_in, neurons, shared_bias), shared_bias)
        for fan_in, neurons in pairwise(sizes)
    ]
    layers[-1] = Layer(activation, layers[-1].weights, shared_bias)
    if slope is not None:
        layers = [replace(layer, slope=slope) for layer in layers]
    if biases:
        layers = [layer if has else without_biases(layer) for layer, has in zip(layers, biases, strict=True)]
    return Network(
        title=f"{activation} with {loss}",
        source="tests",
        inputs=_numbers(dice, observations, sizes[0]),
        targets=_targets(dice, loss, observations, sizes[-1]),
        layers=tuple(layers),
        loss=loss,
        learning_rate=learning_rate,
        reduction=reduction,
        train_bias=train_bias,
        l2=l2,
    )


def without_biases(layer: Layer) -> Layer:
    """The layer with its other weights alone."""
    return replace(layer, weights=layer.weights[: layer.fan_in], bias=False, shared_bias=False)


def _numbers(dice: random.Random, rows: int, columns: int) -> Matrix:
    return tuple(tuple(round(dice.uniform(-1, 1), 3) for _ in range(columns)) for _ in range(rows))


def _weights(dice: random.Random, fan_in: int, neurons: int, shared_bias: bool) -> Matrix:
    *rows, biases = _numbers(dice, fan_in + 1, neurons)
    return (*rows, (biases[0],) * neurons if shared_bias else biases)


def _targets(dice: random.Random, loss: str, rows: int, columns: int) -> Matrix:
    """Real numbers, probabilities, or rows of thousandths that sum to 1, by the domain of the loss."""
    domain = LOSS_FACTS[loss].targets
    if domain is Targets.REAL:
        return _numbers(dice, rows, columns)
    if domain in (Targets.UNIT, Targets.POSITIVE):
        return tuple(tuple(round(dice.uniform(0.05, 0.95), 3) for _ in range(columns)) for _ in range(rows))
    found = []
    for _ in range(rows):
        cuts = [0, *sorted(dice.sample(range(1, 1000), columns - 1)), 1000]
        found.append(tuple((high - low) / 1000 for low, high in pairwise(cuts)))
    return tuple(found)


def refusal(activation: str, loss: str) -> str | None:
    """Why the pair has no mathematical meaning, in the words of the program; None where it has one."""
    try:
        make_network(activation, loss)
    except NetworkError as error:
        return str(error)
    return None


def pairs() -> list[tuple[str, str]]:
    """Every activation of a last layer with every loss that is defined for it; of `sse`, twice half_sse, some."""
    found = [(activation, loss) for activation in ACTIVATIONS for loss in LOSSES if refusal(activation, loss) is None]
    return [pair for pair in found if pair[1] != "sse" or pair[0] in WITH_SSE]


def refused_pairs() -> list[tuple[str, str]]:
    """The other pairs."""
    every = [(activation, loss) for activation in ACTIVATIONS for loss in LOSSES]
    return [(activation, loss) for activation, loss in every if refusal(activation, loss) is not None]
