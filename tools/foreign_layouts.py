"""Layouts as other people choose them: one row per step, staircases, matrices, tables, two sheets, two languages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise, product

from sheetnet.network import Layer, Network
from tools.foreign_plan import Plan, parts, spelled

HEADINGS = {
    "en": {
        "x": "i{1}",
        "t": "target {1}",
        "w": "w{n}",
        "b": "b{n}",
        "z": "net {l}.{1}",
        "a": "out {l}.{1}",
        "e": "E{1}",
        "loss": "E",
        "cost": "E total",
        "delta": "delta {l}.{1}",
        "dw": "dE/dw{n}",
        "db": "dE/db{n}",
        "new": "new w{n}",
        "newb": "new b{n}",
    },
    "de": {
        "x": "Eingabe {1}",
        "t": "Soll {1}",
        "w": "Gewicht {n}",
        "b": "Schwelle {n}",
        "z": "Summe {l}.{1}",
        "a": "Ausgabe {l}.{1}",
        "e": "Fehler {1}",
        "loss": "Fehler",
        "cost": "Fehler gesamt",
        "delta": "Delta {l}.{1}",
        "dw": "Ableitung nach Gewicht {n}",
        "db": "Ableitung nach Schwelle {n}",
        "new": "neues Gewicht {n}",
        "newb": "neue Schwelle {n}",
    },
}


def foreign_network(
    sizes: Sequence[int] = (2, 2, 2),
    observations: int = 1,
    activations: Sequence[str] = ("sigmoid", "sigmoid"),
    biases: bool = True,
    loss: str = "half_sse",
) -> Network:
    """A network whose numbers are all different, with biases or with frozen zeros for them.

    Targets of a cross-entropy are classes, 0 and 1. Inputs beyond a hundred lie between −1 and 1.
    """
    numbers = iter(round(0.13 + 0.029 * k * (-1) ** (k // 2), 3) for k in range(1, 1000))
    many = iter(round((k * 379 % 2003) / 1000 - 1, 3) for k in count(1))

    def rows(number: int, width: int) -> tuple[tuple[float, ...], ...]:
        from_ = numbers if number * width <= 100 else many
        return tuple(tuple(next(from_) for _ in range(width)) for _ in range(number))

    inputs, targets = rows(observations, sizes[0]), rows(observations, sizes[-1])
    if loss != "half_sse" or observations > 100:
        targets = tuple(_class(k, sizes[-1]) for k in range(observations))
    layers = tuple(
        Layer(activation, (*rows(fan_in, n), *(rows(1, n) if biases else ((0.0,) * n,))))
        for activation, (fan_in, n) in zip(activations, pairwise(sizes), strict=True)
    )
    return Network("somebody's network", "tools", inputs, targets, layers, loss, 0.45, train_bias=biases)


def _class(k: int, outputs: int) -> tuple[float, ...]:
    """The target of an observation that is of one class: of two where there is one output."""
    number = (k * k + k // 3) % max(outputs, 2)
    return tuple(float(number == j) for j in range(outputs)) if outputs > 1 else (float(number),)


@dataclass(frozen=True)
class _Block:
    """One quantity of one layer: its kind, and the shape of its index (1 × n for biases and the like)."""

    kind: str
    layer: int | str
    rows: int
    columns: int

    def name(self, i: int, j: int) -> str:
        if self.kind in ("b", "db", "newb"):
            return spelled(self.kind, self.layer, j)
        if self.kind == "loss":
            return spelled(self.kind, self.layer, i)
        return (
            spelled(self.kind, self.layer) if self.kind in ("cost", "gamma") else spelled(self.kind, self.layer, i, j)
        )

    def names(self) -> Iterator[str]:
        for i, j in product(range(self.rows), range(self.columns)):
            yield self.name(i, j)


def _blocks(plan: Plan, kinds: Sequence[str]) -> Iterator[_Block]:
    """The blocks of a step in the order of calculation, those of the kinds that are wanted."""
    sizes, n, depth = plan.network.sizes, plan.observations, plan.network.depth
    layers = range(1, depth + 1)
    every = [_Block("x", "", n, sizes[0]), _Block("t", "", n, sizes[-1])]
    for layer in layers:
        every += [_Block("w", layer, sizes[layer - 1], sizes[layer]), _Block("b", layer, 1, sizes[layer])]
        every += [_Block(kind, layer, n, sizes[layer]) for kind in ("z", "a")]
    every += [_Block("e", "", n, sizes[-1]), _Block("loss", "", n, 1), _Block("cost", "", 1, 1)]
    every += [_Block("delta", layer, n, sizes[layer]) for layer in reversed(layers)]
    for kind, bias in (("dw", "db"), ("new", "newb")):
        for layer in layers:
            every += [_Block(kind, layer, sizes[layer - 1], sizes[layer]), _Block(bias, layer, 1, sizes[layer])]
    for block in every:
        if block.kind in kinds and (plan.biases or block.kind not in ("b", "db", "newb")):
            yield block


def heading(plan: Plan, name: str, language: str) -> str:
    """What people write above a number."""
    kind, layer, index = parts(name)
    last = index[-1] + 1 if index else 1
    number = last
    if kind in ("w", "dw", "new"):
        number = sum(plan.network.sizes[k] * plan.network.sizes[k + 1] for k in range(layer - 1))
        number += index[1] * plan.network.sizes[layer - 1] + index[0] + 1
    elif kind in ("b", "db", "newb"):
        number = sum(plan.network.sizes[1:layer]) + last
    return HEADINGS[language][kind].replace("{1}", str(last)).replace("{l}", str(layer)).replace("{n}", str(number))


ALL = ("x", "t", "w", "b", "z", "a", "e", "loss", "cost", "delta", "dw", "db", "new", "newb")
IN_ROWS = ("x", "t", "w", "b", "z", "a", "e", "cost", "dw", "db")


def one_row_per_step(
    plan: Plan, kinds: Sequence[str] = IN_ROWS, language: str = "en", sheet: str = "Sheet1", top: int = 5
) -> Plan:
    """One training step per row: each number has its column. γ stands above."""
    plan.texts[sheet, 2, 1] = "eta"
    plan.put("gamma[]", 0, (sheet, 2, 2))
    column = 1
    for block in _blocks(plan, kinds):
        for name in _neuron_by_neuron(block):
            plan.texts[sheet, top - 1, column] = heading(plan, name, language)
            for step in range(1, plan.steps + 1):
                plan.put(name, step, (sheet, top + step - 1, column))
            column += 1
    return plan


def _neuron_by_neuron(block: _Block) -> list[str]:
    if block.kind in ("w", "dw"):
        return [block.name(i, j) for j, i in product(range(block.columns), range(block.rows))]
    return list(block.names())


def in_blocks(
    plan: Plan,
    kinds: Sequence[str] = ALL,
    staircase: bool = False,
    sheets: tuple[str, str] = ("Sheet1", "Sheet1"),
    language: str = "en",
) -> Plan:
    """A block below the other, each with its heading above; in a staircase each also further to the right.

    `sheets` are that of the inputs and that of everything else. Steps after the first stand below, without blocks of
    new weights: these are the weights of the next step.
    """
    down = dict.fromkeys(sheets, 1)
    for step in range(1, plan.steps + 1):
        own = [kind for kind in kinds if plan.steps == 1 or kind not in ("new", "newb")]
        if step == 1:
            plan.put("gamma[]", 0, (sheets[0], 1, 2))
            plan.texts[sheets[0], 1, 1] = "gamma" if language == "en" else "Lernrate"
            down[sheets[0]] = 3
        for number, block in enumerate(_blocks(plan, own)):
            given = all(plan.is_typed(name, step) for name in block.names())
            sheet = sheets[0] if given else sheets[1]
            right = 2 + (number if staircase else 0)
            plan.texts[sheet, down[sheet], right] = heading(plan, block.name(0, 0), language)
            for i, j in product(range(block.rows), range(block.columns)):
                plan.put(block.name(i, j), step, (sheet, down[sheet] + 1 + i, right + j))
            down[sheet] += block.rows + (1 if staircase else 2)
    return plan


def one_row_per_observation(plan: Plan, sheet: str = "Data", table: bool = False) -> Plan:
    """One observation per row, weights and γ to the right of them, gradients and new weights below these.

    `table`: the observations are an Excel table.
    """
    column, top, side = 1, 2, 30
    for block in _blocks(plan, ("x", "t", "z", "a", "e", "loss", "delta")):
        for j in range(block.columns):
            plan.texts[sheet, top - 1, column] = heading(plan, block.name(0, j), "en")
            for k in range(block.rows):
                plan.put(block.name(k, j), 0, (sheet, top + k, column))
            column += 1
    if table:
        plan.table = sheet, (top - 1, 1, top + plan.observations - 1, column - 1)
    assert column < side, "the weights stand to the right of all columns"
    plan.texts[sheet, 1, side] = "eta"
    plan.put("gamma[]", 0, (sheet, 1, side + 1))
    down = 3
    for block in _blocks(plan, ("w", "b", "cost", "dw", "db", "new", "newb")):
        plan.texts[sheet, down, side] = heading(plan, block.name(0, 0), "en")
        for i, j in product(range(block.rows), range(block.columns)):
            plan.put(block.name(i, j), 0, (sheet, down + 1 + i, side + j))
        down += block.rows + 2
    return plan
