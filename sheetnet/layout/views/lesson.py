"""What the lines of the sheet `Jacobians` share: numbers, labels, the comparison with Step. It knows no equations."""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.layout.grid import Grid, Numbers
from sheetnet.layout.views.line import Line, Words, layer_sign, numbered
from sheetnet.layout.views.scene import Scene
from sheetnet.network import Network
from sheetnet.workbook import Place


@dataclass(frozen=True)
class Lesson:
    """The scene and the sheet, on which everything stands in column vectors."""

    scene: Scene
    grid: Grid

    @property
    def network(self) -> Network:
        """The network of the scene."""
        return self.scene.network

    def values(self, block: str) -> Numbers:
        """The numbers of a block."""
        return self.scene.values[block]

    def on_step(self, block: str) -> Place:
        """Where a block stands on Step."""
        return self.scene.grid.sheet, *self.scene.grid.corners[block]

    def weight_labels(self, layer: int) -> tuple[list[str], list[str]]:
        """Rows and columns of a matrix of the shape of W: its neurons, its nodes."""
        return numbered("j", self.network.sizes[layer]), numbered("i", self.network.sizes[layer - 1], "bias")

    def weight_names(self, layer: int) -> list[str]:
        """The weights of a layer row by row: `w 0,1` leads to neuron 0 from node 1, `b 0` is its bias."""
        nodes = self.network.sizes[layer - 1]
        return [
            f"w {j},{i}" if i < nodes else f"b {j}" for j in range(self.network.sizes[layer]) for i in range(nodes + 1)
        ]

    def compare(self, line: Line, layer: int, name: str) -> None:
        """Step's ∂C/∂W beside a block of its shape, and a light."""
        step, copied = self.scene.step, f"jac_step_{layer}"
        rows, columns = self.weight_labels(layer)
        words = Words(f"∂C/∂W{layer_sign(layer)}", "from Step", "", rows, columns, self.on_step(f"dC_dW_{layer}"))
        line.block(copied, self.values(copied), lambda j, i: step.cell(f"dC_dW_{layer}", i, j), "copy", words)
        line.light(self.grid.area(name), self.grid.area(copied), Words("Same?", "both ways"))
