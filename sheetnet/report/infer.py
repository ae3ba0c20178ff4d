"""What `infer` found, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from sheetnet.identification import Inference
from sheetnet.report.terminal import indented
from sheetnet.report.wording import printable


def inference_view(found: Inference) -> RenderableType:
    """The network, what was chosen, and what is open, each with the line of the file that settles it."""
    return Group(*_parts(found))


def _parts(found: Inference) -> Iterator[RenderableType]:
    network = found.network
    mark, color = ("✓", "green") if found.sure else ("?", "yellow")
    sizes, activations = "-".join(map(str, network.sizes)), ", ".join(layer.activation for layer in network.layers)
    yield Text(f"{mark} {printable(found.workbook)}", style=f"bold {color}")
    yield Text(f"  {sizes}, {activations}; {network.loss}, {network.reduction}; γ {network.learning_rate:g}")
    yield Text(f"  observations: {network.observations:,}; forward pass in {printable(found.where)}", style="dim")
    for words in found.choices:
        yield indented(f"note: {printable(words)}", "dim")
    for one in found.questions:
        yield indented(f"open: {printable(one.words)}")
        if one.line:
            yield Text(f"        taken is {printable(one.line)}", style="dim")
