"""Options of a workbook: which sheets it has, in which orientation, how large.

Both derivations of a view (`reference/views` in NumPy, `layout/views` in formulas) take their sizes from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sheetnet.activations_and_losses import Interval
from sheetnet.errors import NetworkError
from sheetnet.network import MOST_STEPS, Network
from sheetnet.predictor import Predictor, blocks_on_sheets

# View → the name of its sheet, in the order of the sheets.
SHEETS = {
    "pictures": "Pictures",
    "predict": "Predict",
    "network": "Network",
    "step": "Step",
    "chain_rule": "Chain rule",
    "matrices": "Matrices",
    "jacobians": "Jacobians",
    "appendix": "Appendix",
    "gradient_check": "Gradient check",
    "training": "Training",
    "check": "Check",
}
# What each shows, in the words of Read me.
ABOUT = {
    "pictures": "the inputs as pictures, and what the network says of them",
    "predict": "new inputs, and what the network says of them",
    "network": "the network as a picture, with its numbers",
    "step": "the whole step: forward, backward, new weights, new cost",
    "chain_rule": "every weight's gradient, factor by factor",
    "matrices": "the same with matrices: diagonal matrices, MMULT, Hadamard products",
    "jacobians": "the same with Jacobian matrices and column vectors",
    "appendix": "three derivatives of vectors, by formula and by small differences",
    "gradient_check": "each gradient against what the cost really does when its weight moves a little",
    "training": "many steps, a row each, and how the cost falls",
    "check": "NumPy's numbers beside the sheet's",
}
MOST_NODES = 8  # nodes of a layer beside the bias node, up to which Network draws them
PREDICT_ROWS, ROWS_ALONE, MOST_NEW_ROWS = 10, 30, 100  # for new inputs: beside other sheets, alone, at most
MOST_PICTURES = 40  # of the inputs, and of the weights of the first layer
SMALL_NETWORK = 500  # weights times observations up to which all views are shown by default: about 10,000 formula cells
STEPS = 50
TERMS = 6  # neurons of a layer up to which Jacobians shows each E_ii v e_iᵀ
SAMPLE = 60  # weights that the gradient check shows at most
SAMPLED_BIASES = 4  # one in so many of a layer's sample is a bias
LEAST_STEP_SIZE = 1e-9
STEP_SIZE = 1e-4  # h of the central differences: the error of the method is of the order h², that of rounding 1e-16/h


@dataclass(frozen=True)
class WorkbookOptions:
    """`views` are keys of SHEETS; `column` says W x + b with column vectors; `steps` is how long Training goes on.

    Predict may stand alone; with any other view Step stands, too.
    Predict has so many `rows` for new inputs.
    `first_drawing`: Network is drawn as versions before 0.2 did; workbooks of theirs are still judged.
    """

    views: tuple[str, ...] = ("step",)
    column: bool = False
    steps: int = STEPS
    step_size: float = STEP_SIZE
    first_drawing: bool = False
    rows: int = PREDICT_ROWS

    def __post_init__(self) -> None:
        if unknown := [view for view in self.views if view not in SHEETS]:
            raise NetworkError(
                f"there is no view {unknown[0]!r}", remedy=f"choose from {', '.join(map(option, SHEETS))}"
            )
        if "step" not in self.views and not self.alone:
            raise NetworkError(
                "every workbook has the view step, to which the others refer", remedy="add it to the views"
            )
        if not 1 <= self.steps <= MOST_STEPS:
            raise NetworkError(f"{self.steps:,} steps of training", remedy=f"choose 1 to {MOST_STEPS:,}")
        if not 1 <= self.rows <= MOST_NEW_ROWS:
            raise NetworkError(f"{self.rows:,} rows for new inputs", remedy=f"choose 1 to {MOST_NEW_ROWS:,}")

    @property
    def alone(self) -> bool:
        """Whether it is Predict alone, with the weights and no training step."""
        return self.views == ("predict",)


PREDICT_ALONE = WorkbookOptions(("predict",), rows=ROWS_ALONE)


def left_out(network: Network) -> dict[str, str]:
    """View → why it is left out of this network's workbooks, whoever asks for it; "" where nobody would miss it."""
    found = {} if network.image else {"pictures": ""}
    found |= {} if predicts(network) else {"predict": ""}
    if max(network.sizes) > MOST_NODES:
        found["network"] = f"left out: it draws up to {MOST_NODES} nodes a layer, more lines nobody could follow"
    return found


def default_views(network: Network) -> tuple[str, ...]:
    """All views for a small network, for a larger one `step`, and `pictures` and `predict` where it has what they show.

    Of a predictor it is `predict` alone.
    """
    if isinstance(network, Predictor):
        return ("predict",)
    weights = sum(len(layer.weights) * layer.neurons for layer in network.layers)
    missing = left_out(network)
    small = weights * network.observations <= SMALL_NETWORK
    return tuple(view for view in SHEETS if view not in missing and (small or view in ("step", "pictures", "predict")))


def predicts(network: Network) -> bool:
    """Whether the network says what inputs or outputs are called, or how inputs are scaled, or can do nothing else."""
    return bool(network.names) or network.scaler is not None or isinstance(network, Predictor)


def classifies(network: Network) -> bool:
    """Whether outputs are those of classes, from 0 to 1, of which the largest is said."""
    return network.activation_facts(network.depth).outputs.within(Interval(0, 1, closed=True))


def pictured(network: Network) -> tuple[int, int]:
    """How many observations, and neurons of the first layer, are shown as pictures."""
    return min(network.observations, MOST_PICTURES), min(network.sizes[1], MOST_PICTURES)


def usual_options(
    network: Network, views: tuple[str, ...] | None = None, column: bool = False, steps: int | None = None
) -> WorkbookOptions:
    """What is shown where nobody asks for more: the views of a network of this size, and its own number of steps."""
    shown = default_views(network) if views is None else views
    usual = network.training_steps or STEPS
    alone = replace(PREDICT_ALONE, column=column)
    return alone if shown == alone.views else WorkbookOptions(shown, column, usual if steps is None else steps)


# View → how many cells its largest blocks have at least, of the views that grow faster than Step.
LEAST_CELLS: dict[str, Callable[[Network, WorkbookOptions], int]] = {
    "pictures": lambda network, _: sum(pictured(network)) * network.sizes[0] * (network.image is not None),
    "predict": lambda network, shown: shown.rows * (sum(network.sizes) + sum(network.sizes[1:])) * predicts(network),
    # a row a weight and observation, at least three columns a path
    "chain_rule": lambda network, _: sum(w * 3 * after for w, _, after in _sizes(network)) * network.observations,
    "matrices": lambda network, _: sum(n * n for _, n, _ in _sizes(network)) * network.observations,  # D
    "jacobians": lambda network, _: sum(w * n for w, n, _ in _sizes(network)) * network.observations,  # ∂net/∂W
    "training": lambda network, shown: sum(2 * w for w, _, _ in _sizes(network)) * (shown.steps + 1),  # W, ∂C/∂W
}


def least_cells(network: Network, shown: WorkbookOptions) -> int:
    """How many cells Step and the views have at least: what no workbook holds need not be computed first."""
    step = sum(block.rows * block.columns for block in blocks_on_sheets(network).values())
    return step + sum(LEAST_CELLS[view](network, shown) for view in shown.views if view in LEAST_CELLS)


def _sizes(network: Network) -> Iterator[tuple[int, int, int]]:
    """Of each layer its weights, its neurons and those of the next layer (1 after the last)."""
    n = network.sizes
    for layer in range(1, network.depth + 1):
        yield network.nodes(layer - 1) * n[layer], n[layer], n[layer + 1] if layer < network.depth else 1


def option(view: str) -> str:
    """A view as the command line spells it: `chain-rule`."""
    return view.replace("_", "-")


def views_named(words: str) -> tuple[str, ...]:
    """The views of `step,chain-rule`; `all` is every one. Raises NetworkError for a view that there is not."""
    if words.strip().lower() == "all":
        return tuple(SHEETS)
    asked = [word.strip().lower().replace("-", "_").replace(" ", "_") for word in words.split(",") if word.strip()]
    WorkbookOptions(("step", *asked))
    return tuple(view for view in SHEETS if view == "step" or view in asked)


def checked_weights(network: Network) -> list[tuple[int, int, int]]:
    """(layer, i, j) of the weights in the gradient check, by layer and neuron: all, or a sample of at most SAMPLE.

    A sample takes as many of each layer, spread evenly over it, the biases (the last i) included.
    """
    n, share = network.sizes, max(SAMPLE // network.depth, SAMPLED_BIASES)
    total = sum(network.nodes(layer - 1) * n[layer] for layer in range(1, network.depth + 1))
    found = []
    for layer in range(1, network.depth + 1):
        proper = [(layer, i, j) for j in range(n[layer]) for i in range(n[layer - 1])]
        biases = [(layer, n[layer - 1], j) for j in range(n[layer]) if network.has_bias(layer)]
        if total > SAMPLE:
            of_biases = _spread(biases, share // SAMPLED_BIASES)
            proper, biases = _spread(proper, share - len(of_biases)), of_biases
        found += sorted([*proper, *biases], key=lambda weight: (weight[2], weight[1]))
    return found


def _spread(weights: list[tuple[int, int, int]], count: int) -> list[tuple[int, int, int]]:
    """So many of them at even distances, the first and the last included."""
    if count >= len(weights):
        return weights
    return [weights[round(k * (len(weights) - 1) / max(count - 1, 1))] for k in range(count)]
