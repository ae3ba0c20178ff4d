"""Faults as people make them: in formulas of a plan, one kind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools.foreign_plan import NAME, Change, Plan, braced, parts


@dataclass(frozen=True)
class Fault:
    """A fault in formulas of one kind; `change` gives the same formula where it does not apply."""

    kind: str
    change: Change


def _replaced(old: str, new: str) -> Change:
    return lambda plan, name, text: text.replace(old, new, 1)


def _edited(edit: Callable[[str], str]) -> Change:
    return lambda plan, name, text: edit(text)


def _reads_another(kind: str, axis: int) -> Change:
    """The first number of this kind with the next index along an axis, wherever it stands in the formula."""

    def change(plan: Plan, _name: str, text: str) -> str:
        for match in NAME.finditer(text):
            if match[1] == kind:
                layer, index = match[2], list(match[3].split(","))
                size = _sizes(plan, kind, int(layer or 0))[axis]
                index[axis] = str((int(index[axis]) + 1) % size)
                return text.replace(match[0], braced(kind, layer, *index))
        return text

    return change


def _sizes(plan: Plan, kind: str, layer: int) -> tuple[int, ...]:
    sizes = plan.network.sizes
    rows = plan.observations
    return {
        "x": (rows, sizes[0]),
        "t": (rows, sizes[-1]),
        "w": (sizes[layer - 1], sizes[layer]) if layer else (),
        "dw": (sizes[layer - 1], sizes[layer]) if layer else (),
        "z": (rows, sizes[layer]),
        "a": (rows, sizes[layer]),
        "delta": (rows, sizes[layer]),
    }[kind]


def _either(*changes: Change) -> Change:
    """The first change that applies."""

    def change(plan: Plan, name: str, text: str) -> str:
        return next((new for one in changes if (new := one(plan, name, text)) != text), text)

    return change


def _of_output(change: Change) -> Change:
    return lambda plan, name, text: change(plan, name, text) if parts(name)[1] == plan.network.depth else text


def _of_hidden(change: Change) -> Change:
    return lambda plan, name, text: change(plan, name, text) if parts(name)[1] < plan.network.depth else text


def _of_sigmoid(change: Change) -> Change:
    return lambda plan, name, text: change(plan, name, text) if "EXP" in text or "*(1-" in text else text


def _without_bias(plan: Plan, _name: str, text: str) -> str:
    return text.rpartition("+")[0] if plan.biases else text


def _typed_weight(plan: Plan, _name: str, text: str) -> str:
    for match in NAME.finditer(text):
        if match[1] == "w":
            return text.replace(match[0], repr(plan.number(match[0][1:-1], 1)), 1)
    return text


def _first_weight(_plan: Plan, name: str, text: str) -> str:
    old, _, rest = text.partition("}")
    return f"{old}!}}{rest}" if parts(name)[0] in ("w", "b") else text


def _other_derivative(plan: Plan, name: str, text: str) -> str:
    """f′ of the next neuron, as in a homework that copied one formula too far."""
    _, layer, (k, j) = parts(name)
    head, sign, factor = text.rpartition(")*{a")
    other = (j + 1) % plan.network.sizes[layer]
    own = _index(layer, k, j)
    return head + sign + factor.replace(own, _index(layer, k, other)) if sign else text


def _index(layer: int, k: int, j: int) -> str:
    """What follows "{a" in the name of an activation."""
    return f"{layer}[{k},{j}]"


def _without_derivative(_plan: Plan, _name: str, text: str) -> str:
    """(a − T) alone, or the sum over the paths alone."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and depth == 0:
            return text[: at + 1]
    return text


def _one_path(_plan: Plan, _name: str, text: str) -> str:
    first, plus, rest = text.partition("+")
    return "(" + rest if plus and ")" in rest else first


def _times_weight(_plan: Plan, name: str, text: str) -> str:
    """δ times the weight where the input belongs."""
    _, layer, index = parts(name)
    kind = "x" if layer == 1 else "a"
    for match in NAME.finditer(text):
        if match[1] == kind:
            text = text.replace(match[0], braced("w", layer, *index))
    return text


def _without_input(_plan: Plan, name: str, text: str) -> str:
    kind, *_ = parts(name)
    if kind == "dw":
        for match in NAME.finditer(text):
            if match[1] in ("x", "a"):
                text = text.replace("*" + match[0], "")
    return text


def _drifting(_plan: Plan, name: str, text: str) -> str:
    return text.replace("{gamma[]}", "{gamma[]!}") if parts(name)[0] in ("w", "b") else text


def _sum_for_mean(plan: Plan, _name: str, text: str) -> str:
    return text.rpartition("/")[0] if plan.observations > 1 else text


def _without_first_term(text: str) -> str:
    return text.partition("+")[2] or text


def _class_missing(_plan: Plan, _name: str, text: str) -> str:
    """The first class is missing in the sum under a softmax."""
    head, bracket, total = text.partition("/(EXP")
    return f"{head}/({total.partition('+')[2]}" if bracket else text


def _own_class_alone(text: str) -> str:
    own, plus, _ = text.partition("+(1-")
    return f"{own})" if plus else text


def _without_minus(text: str) -> str:
    return text.replace("-", "", 1) if "LN" in text else text


def _times_derivative(plan: Plan, name: str, text: str) -> str:
    """The derivative that a cross-entropy has cancelled already, once more."""
    _, layer, (k, j) = parts(name)
    a = braced("a", layer, k, j)
    return f"{text}*{a}*(1-{a})" if plan.network.loss_facts.entropy else text


def _of_masks(change: Change) -> Change:
    return lambda plan, name, text: change(plan, name, text) if "IF({z" in text else text


FAULTS: Mapping[str, Fault] = {
    "bias forgotten": Fault("z", _without_bias),
    "input read twice": Fault("z", _either(_reads_another("x", 1), _reads_another("a", 1))),
    "weight of another neuron": Fault("z", _reads_another("w", 1)),
    "first product missing": Fault("z", _edited(_without_first_term)),
    "plus for times": Fault("z", _replaced("}*{", "}+{")),
    "weight typed": Fault("z", _typed_weight),
    "exponent's minus missing": Fault("a", _of_sigmoid(_replaced("-", ""))),
    "1 + missing": Fault("a", _of_sigmoid(_replaced("1+", ""))),
    "no activation": Fault("a", lambda plan, name, text: braced("z", *_own(name))),
    "brackets missing": Fault("a", _edited(lambda text: text.replace("(1+", "1+", 1)[:-1] if "(1+" in text else text)),
    "another activation": Fault("a", lambda plan, name, text: f"TANH({braced('z', *_own(name))})"),
    "no half": Fault("e", _replaced("0.5*", "")),
    "not squared": Fault("e", _replaced("^2", "")),
    "half squared": Fault("e", _edited(lambda text: f"({text[:-2]})^2" if text.endswith("^2") else text)),
    "another target in the cost": Fault("e", _reads_another("t", 1)),
    "an output missing in the cost": Fault("loss", _edited(_without_first_term)),
    "sum for mean in the cost": Fault("cost", _sum_for_mean),
    "output's derivative missing": Fault("delta", _of_output(_without_derivative)),
    "1 missing in the derivative": Fault("delta", _of_output(_of_sigmoid(_replaced("*(1-", "*(")))),
    "T − a for a − T": Fault("delta", _of_output(_edited(lambda text: f"-{text}"))),
    "derivative of another neuron": Fault("delta", _of_output(_of_sigmoid(_other_derivative))),
    "another target in δ": Fault("delta", _of_output(_reads_another("t", 1))),
    "hidden derivative missing": Fault("delta", _of_hidden(_without_derivative)),
    "hidden derivative of another neuron": Fault("delta", _of_hidden(_of_sigmoid(_other_derivative))),
    "weight of another path": Fault("delta", _of_hidden(_reads_another("w", 0))),
    "a path missing": Fault("delta", _of_hidden(_one_path)),
    "another input in the gradient": Fault("dw", _either(_reads_another("x", 1), _reads_another("a", 1))),
    "input missing in the gradient": Fault("dw", _without_input),
    "gradient times the weight": Fault("dw", _times_weight),
    "another δ in the gradient": Fault("dw", _reads_another("delta", 1)),
    "gradient doubled": Fault("dw", _edited(lambda text: f"2*({text})")),
    "sum for mean in the gradient": Fault("dw", _sum_for_mean),
    "γ missing": Fault("update", _replaced("{gamma[]}*", "")),
    "ascent": Fault("update", _replaced("}-{", "}+{")),
    "γ's $ forgotten": Fault("update", _drifting),
    "always the first weights": Fault("update", _first_weight),
    "another gradient": Fault("update", _reads_another("dw", 0)),
    "another observation's input": Fault("z", _reads_another("x", 0)),
    "a class missing in the sum": Fault("a", _class_missing),
    "LOG for LN": Fault("e", _edited(lambda text: text.replace("LN(", "LOG("))),
    "minus missing in the cross-entropy": Fault(
        "e", _edited(lambda text: text.replace("-", "", 1) if "LN" in text else text)
    ),
    "1 − T forgotten": Fault("e", _edited(_own_class_alone)),
    "derivative besides the cross-entropy": Fault("delta", _of_output(_times_derivative)),
    "ReLU's mask of another neuron": Fault("delta", _of_hidden(_of_masks(_reads_another("z", 1)))),
}


def _own(name: str) -> tuple[int, int, int]:
    _, layer, (k, j) = parts(name)
    return layer, k, j
