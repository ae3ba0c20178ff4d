"""The workbook that only predicts: Predict, a sheet that tells how to use it, and the weights.

Predict    rows for new inputs, in which the workbook opens       the only cells that can be changed
Read me    how to use it, and what network it is
Weights    W⁽¹⁾, W⁽²⁾, … one below the other                      what Predict computes with
_sheetnet  hidden: the network file, by which it is validated
"""

from __future__ import annotations

from collections.abc import Mapping

from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.info_sheets import README_SHEET, README_WIDTHS, hidden_sheet, led_back, readme_lines
from sheetnet.layout.pages import readable
from sheetnet.layout.views.predict import predict_sheet
from sheetnet.layout.views.view_parts import EquationLine, ViewContext, Words, layer_sign, node_labels, numbered
from sheetnet.network import Network
from sheetnet.quantity import q
from sheetnet.workbook import Sheet, View, Workbook
from sheetnet.workbook_options import WorkbookOptions, classifies

WEIGHTS = "Weights"
WEIGHTS_WORDS = "What the network has learned: row i leads from input i of a layer, column j to its neuron j."


HOW_TO_USE = (
    "Type numbers into a yellow row of Predict, or copy rows of numbers from another sheet and paste their values there.",
    "Once all inputs of a row are numbers it shows the answer, until then what is missing; what is no number is red.",
    "All other cells are locked, without a password. Weights has what the network has learned.",
    "To have every formula checked, run `sheetnet validate FILE`.",
)
HOW_SURE_WORDS = (
    "How sure is the network's own estimate: it may be sure and wrong, above all of inputs unlike any in its training."
)
SCALED = (
    "Each input is scaled first: (measured − mean) / scale, with the mean and the scale that stand above its column."
)


def predict_workbook(
    network: Network, values: Mapping[str, Numbers], version: str, presentation: WorkbookOptions
) -> Workbook:
    """All sheets and names; `values` maps each block of weights and of Predict to its rows of numbers."""
    weights = _weights_grid(network, values)
    context = ViewContext(network, presentation, values, weights)
    predict, names = predict_sheet(context)
    sheets = (
        readable(led_back(predict)),
        _readme(network, version),
        _weights_sheet(weights),
        hidden_sheet(network),
    )
    return Workbook(sheets, tuple(sorted([*names, *weights.names()], key=lambda name: name.name)))


def _readme(network: Network, version: str) -> Sheet:
    grid = Grid(README_SHEET)
    grid.write(1, 1, network.title, "title")
    grid.write(2, 1, network.source, "subtitle")
    use = [*HOW_TO_USE[:2], *([HOW_SURE_WORDS] if classifies(network) else []), *HOW_TO_USE[2:]]
    row = readme_lines(grid, 4, "How to use it", use)
    sizes = " → ".join(map(str, network.sizes))
    layers = [
        f"Layer {number}: {layer.neurons} neurons, {layer.activation}."
        for number, layer in enumerate(network.layers, 1)
    ]
    row = readme_lines(
        grid, row, "What it is", [f"A dense network, {sizes}.", *([SCALED] if network.scaler else []), *layers]
    )
    grid.write(row, 1, f"Made by sheetnet {version}. Each number was computed by NumPy too, and agrees.", "subtitle")
    return grid.finished(View(widths=README_WIDTHS, landscape=False, locked=True))


def _weights_grid(network: Network, values: Mapping[str, Numbers]) -> Grid:
    grid = Grid(WEIGHTS)
    grid.write(1, 1, f"{WEIGHTS}: {network.title}", "title")
    grid.write(2, 1, WEIGHTS_WORDS, "subtitle")
    top = 5
    for number, layer in enumerate(network.layers, 1):
        words = Words(
            f"W{layer_sign(number)}",
            f"layer {number}, {layer.activation}",
            rows=_from(network, number),
            columns=_to(network, number),
        )
        line = EquationLine(grid, top)
        line.constants(q("W", number), values[q("W", number)], "weight", words)
        top = line.bottom + 1
    return grid


def _from(network: Network, layer: int) -> list[str]:
    """What the rows are: the inputs by their names, the neurons of the layer below by number, the biases."""
    labels, features = node_labels(network, layer - 1), network.names.features
    return [*features, *labels[len(features) :]] if layer == 1 else labels


def _to(network: Network, layer: int) -> list[str]:
    """What the columns are: neurons by number, those of the last layer by their classes."""
    classes = network.names.classes if layer == network.depth and network.sizes[-1] > 1 else ()
    return list(classes) or numbered("j", network.sizes[layer])


def _weights_sheet(grid: Grid) -> Sheet:
    return readable(led_back(grid.finished(View(locked=True, tab="548235", widths={1: 16.0}))))
