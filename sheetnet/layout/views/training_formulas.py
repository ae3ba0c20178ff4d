"""The formulas of the sheet `Training`, a template a column. They know the order of the columns, not who laid them out.

Weights stand by neuron, so that those into one neuron are one range, which meets the activations below with the bias
node: z_j is column (n_in + 1) j to (n_in + 1)(j + 1) − 1 of W against the range of A.
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.formulas import ACTIVATIONS, LOSSES
from sheetnet.formulas.activations import exponential
from sheetnet.layout.views.columns import Table, fixed, mean, plus
from sheetnet.layout.views.scene import Scene
from sheetnet.network import Network, activation_name

Templates = dict[str, list[str | None]]  # block → the template of each column; None where constants stand


@dataclass(frozen=True)
class Formulas:
    """The templates of all columns of a table whose blocks have their places."""

    scene: Scene
    table: Table

    @property
    def network(self) -> Network:
        """The network that is trained."""
        return self.scene.network

    @property
    def layers(self) -> range:
        """1 … L."""
        return range(1, self.network.depth + 1)

    def templates(self) -> Templates:
        """Block → the template of each of its columns."""
        network, count = self.network, self.network.observations
        found: Templates = {
            "train_cost": [mean(network, [self.table.cell(f"train_cost_n_n{n}", 0) for n in range(count)])]
        }
        for layer in self.layers:
            found[f"train_W_{layer}"] = list(self._weights(layer))
            found[f"train_dC_dW_{layer}"] = list(self._gradient(layer))
        for n in range(count):
            found |= {f"train_{name}_n{n}": columns for name, columns in self._observation(n).items()}
        return found

    def _weights(self, layer: int) -> list[str]:
        """W − γ ∂C/∂W, all of the row above; a frozen bias stays what it is there."""
        cell, gamma = self.table.cell, self.table.grid.fixed("train_gamma")
        fan_in, neurons = self.network.sizes[layer - 1], self.network.sizes[layer]
        found = []
        for c in range((fan_in + 1) * neurons):
            before = cell(f"train_W_{layer}", c, "{1}")
            bias = c % (fan_in + 1) == fan_in
            change = "" if bias and not self.network.train_bias else cell(f"train_dC_dW_{layer}", c, "{1}")
            found.append(f"{before}-{gamma}*{change}" if change else before)
        return found

    def _gradient(self, layer: int) -> list[str]:
        """∂C/∂w_ij = a_i δ_j, over all observations."""
        fan_in, neurons, observations = self.network.sizes[layer - 1], self.network.sizes[layer], self._observations()
        return [
            mean(
                self.network,
                [f"{self._at(f'A_{layer - 1}', n, i)}*{self._at(f'delta_{layer}', n, j)}" for n in observations],
            )
            for j in range(neurons)
            for i in range(fan_in + 1)
        ]

    def _observation(self, n: int) -> Templates:
        network, scene = self.network, self.scene
        outputs, out = range(network.sizes[-1]), activation_name(network.depth, network.depth)
        term = LOSSES[network.loss].term
        found: Templates = {
            "A_0": [*(fixed(scene, "A_0", n, i) for i in range(network.sizes[0])), None],
            "target": [fixed(scene, "target", n, j) for j in outputs],
            "cost_n": [plus([term(self._at(out, n, j), self._at("target", n, j), len(outputs)) for j in outputs])],
        }
        for layer in self.layers:
            found |= self._forward(layer, n)
            found |= self._backward(layer, n)
        return found

    def _forward(self, layer: int, n: int) -> Templates:
        """z_j = Σ_i a_i w_ij with the bias node last, and a_j = f(z_j)."""
        network, a = self.network, activation_name(layer, self.network.depth)
        nodes, neurons = network.sizes[layer - 1] + 1, network.sizes[layer]
        f = ACTIVATIONS[network.layers[layer - 1].activation].value
        below, span = f"train_A_{layer - 1}_n{n}", self.table.span
        found: Templates = {
            f"z_{layer}": [
                f"SUMPRODUCT({span(below, 0, nodes - 1)},{span(f'train_W_{layer}', j * nodes, (j + 1) * nodes - 1)})"
                for j in range(neurons)
            ]
        }
        bias_node: list[str | None] = [None] if layer < network.depth else []
        if network.mixes(layer):
            z_row = span(f"train_z_{layer}_n{n}", 0, neurons - 1)
            e_row = span(f"train_e_{layer}_n{n}", 0, neurons - 1)
            found[f"e_{layer}"] = [exponential(self._at(f"z_{layer}", n, j), z_row) for j in range(neurons)]
            found[a] = [*(f(self._at(f"e_{layer}", n, j), e_row) for j in range(neurons)), *bias_node]
        else:
            found[a] = [*(f(self._at(f"z_{layer}", n, j)) for j in range(neurons)), *bias_node]
        return found

    def _backward(self, layer: int, n: int) -> Templates:
        """δ_j = ∂C/∂a_j f′(z_j); softmax, whose a_i depend on every z_j, has δ_j = a_j (∂C/∂a_j − Σ_i a_i ∂C/∂a_i)."""
        network, a = self.network, activation_name(layer, self.network.depth)
        neurons = network.sizes[layer]
        slope = ACTIVATIONS[network.layers[layer - 1].activation].derivative
        dc_da = [self._pull(layer, n, j) for j in range(neurons)]
        if network.mixes(layer):
            row = self.table.span(f"train_dC_da_{layer}_n{n}", 0, neurons - 1)
            outputs = self.table.span(f"train_{a}_n{n}", 0, neurons - 1)
            pulls = [self._at(f"dC_da_{layer}", n, j) for j in range(neurons)]
            delta = [f"{self._at(a, n, j)}*({pulls[j]}-SUMPRODUCT({row},{outputs}))" for j in range(neurons)]
            return {f"dC_da_{layer}": list(dc_da), f"delta_{layer}": list(delta)}
        slopes = [slope(self._at(f"z_{layer}", n, j), self._at(a, n, j)) for j in range(neurons)]
        return {f"delta_{layer}": [p if s == "1" else f"({p})*({s})" for p, s in zip(dc_da, slopes, strict=True)]}

    def _pull(self, layer: int, n: int, j: int) -> str:
        """∂C/∂a_j: of the loss itself in the last layer, else Σ_k δ_k w_jk over the neurons k above."""
        network = self.network
        if layer == network.depth:
            out = activation_name(layer, layer)
            return LOSSES[network.loss].gradient(self._at(out, n, j), self._at("target", n, j), network.sizes[-1])
        nodes, above = network.sizes[layer] + 1, range(network.sizes[layer + 1])
        weights = [self.table.cell(f"train_W_{layer + 1}", k * nodes + j) for k in above]
        return plus([f"{self._at(f'delta_{layer + 1}', n, k)}*{weights[k]}" for k in above])

    def _at(self, quantity: str, n: int, column: int) -> str:
        return self.table.cell(f"train_{quantity}_n{n}", column)

    def _observations(self) -> range:
        return range(self.network.observations)
