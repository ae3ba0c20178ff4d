"""Quantities of the step that no cell of a workbook computes. It knows names and what is made of what, no values."""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.identify.result import Label, Nowhere
from sheetnet.identify.sight import Sight
from sheetnet.network import Block, Network, activation_name


def nowhere(sight: Sight, steps: int) -> Iterator[Nowhere]:
    """The required blocks that are not complete, each at the first of the steps where it is so."""
    network = sight.network
    present = sight.taken | set(sight.wrong.values())
    found_at_all = {label.quantity for label in present if label.step == 1} | {
        f"{label.quantity}_new" for label in present if label.step > 1
    }
    through = _through(network, found_at_all)
    for block in network.blocks.values():
        if block.kind == "input" or not block.required:
            continue
        last = steps - (steps > 1 and block.name.endswith("_new"))
        for step in range(1, last + 1):
            elements = [_stored(label) for label in _elements(block, step)]
            lacking = sum(label not in present for label in elements)
            if lacking:
                yield Nowhere(_called(block.name), step, lacking, len(elements), through[block.name])
                break


def _elements(block: Block, step: int) -> Iterator[Label]:
    name = _called(block.name)
    for row in range(block.rows):
        for column in range(block.columns):
            if not block.is_bias_node(row, column):
                index = (*divmod(row, block.columns), column) if name.startswith("J_") else (row, column)
                yield Label(name, index, step)


def _called(name: str) -> str:
    return "a" + name[1:] if name.startswith("A_") else name


def _stored(label: Label) -> Label:
    """What is new at one step is looked up under the next."""
    if label.quantity.endswith("_new"):
        return Label(label.quantity.removesuffix("_new"), label.index, label.step + 1)
    return label


def _through(network: Network, found: set[str]) -> dict[str, bool]:
    """Block → whether something computed from it stands on the sheet."""
    users = _users(network)
    known: dict[str, bool] = {}
    for name in reversed(network.blocks):
        known[name] = any(_called(user) in found or known.get(user, False) for user in users.get(name, ()))
    # W_l_new, ∂C/∂a and δ are used by blocks that may stand before or after them: once more settles it.
    for name in reversed(network.blocks):
        known[name] = any(_called(user) in found or known.get(user, False) for user in users.get(name, ()))
    return known


def _users(network: Network) -> dict[str, list[str]]:
    """Block → the blocks that are computed from it."""
    depth = network.depth
    users: dict[str, list[str]] = {}
    for layer in range(1, depth + 1):
        a = activation_name(layer, depth)
        users[f"z_{layer}"] = [a, f"da_dz_{layer}"]
        users[a] = ["cost_n", f"dC_da_{depth}"] if layer == depth else [f"z_{layer + 1}"]
        for factor in (f"dC_da_{layer}", f"da_dz_{layer}", f"J_{layer}"):
            users[factor] = [f"delta_{layer}"]
        users[f"delta_{layer}"] = [f"dC_dW_{layer}"] + ([f"dC_da_{layer - 1}"] if layer > 1 else [])
        users[f"dC_dW_{layer}"] = [f"W_{layer}_new"]
        users[f"W_{layer}_new"] = []
    users["cost_n"] = ["cost"]
    return users
