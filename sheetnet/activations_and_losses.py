"""What is true of each activation and loss, beside how it is computed: its range, its bends, what its targets may be.

`reference/activations_and_losses.py` computes them in NumPy, `formulas/activations_and_losses.py` writes them as
spreadsheet text; whoever asks what sort of function one is asks here. Each has one row in each of the three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from math import inf
from typing import Literal


@dataclass(frozen=True)
class Interval:
    """The numbers from `low` to `high`; `closed`: its finite ends are among them."""

    low: float = -inf
    high: float = inf
    closed: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"an interval from {self.low} to {self.high} is empty")

    def __contains__(self, number: float) -> bool:
        return self.low < number < self.high or (self.closed and number in (self.low, self.high))

    def within(self, other: Interval) -> bool:
        """Whether every number of this interval is one of the other's."""
        if self.low < other.low or self.high > other.high:
            return False
        ends = [end for end in (self.low, self.high) if end in (other.low, other.high) and abs(end) < inf]
        return not ends or other.closed or not self.closed


@dataclass(frozen=True)
class Example:
    """What a hint shows, with four decimals: f(0.4), and f′ where z = 0.4 and a = `at`.

    Where neurons mix: f of e = 1 beside 0.5; e of z = 1.5 below 2; ∂a_i/∂z_j where a_i = 0.7, a_j = 0.3 and z_j = 0.4.
    """

    value: str
    slope: str
    at: str = "0.4"
    power: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Mixing:
    """How the neurons of a row share 1: a_j = e_j / Σe, where e_j > 0 depends on z_j alone, but for the row's max z.

    With s_j = a_j ∂ln e_j/∂z_j the Jacobian is ∂a_i/∂z_j = (δ_ij − a_i) s_j. The texts are how people write e_j, s, the
    Jacobian, and its elements where i = j and elsewhere.
    """

    power: str
    share: str
    jacobian: str
    elements: str
    symmetric: bool  # ∂a_i/∂z_j = ∂a_j/∂z_i
    is_softmax: bool = False  # e_j = e^(z_j − max z), of which mistakes and conventions are known


@dataclass(frozen=True)
class ActivationFacts:
    """One activation. `equation` and `slope` are how people write it and its derivative.

    `kinks` are the z at which f or f′ bends, from left to right: trials must see every piece between them. At `off` and
    below f is 0 and passes nothing back. `printed` is f and f′ as documents print them (syntax of `[published]`, `row` all
    z of a row), where that is known; `called` are its names in printed equations, and D before the first is f′.
    `elsewhere` are other names that programs have for it. Where there is a `below`, f is another function for z < 0 by a
    parameter, the slope just below 0: `below` is its usual value, and `sloped` the facts for any other.
    """

    outputs: Interval
    equation: str
    slope: str
    example: Example
    kinks: tuple[float, ...] = ()
    off: float | None = None
    mixing: Mixing | None = None
    printed: tuple[str, str] | None = None
    called: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    below: float | None = None
    sloped: Callable[[float], ActivationFacts] | None = None

    def __post_init__(self) -> None:
        if self.kinks != tuple(sorted(self.kinks)):
            raise ValueError(f"kinks go from left to right, not {self.kinks}")
        if self.off is not None and self.off not in self.kinks:
            raise ValueError(f"an activation that is off up to {self.off} bends there: name it in kinks")
        if self.mixing and not (self.example.power and self.example.rest):
            raise ValueError("the example of an activation that mixes a row needs power and rest")

    @property
    def mixes(self) -> bool:
        """Whether each output depends on the whole row of z."""
        return self.mixing is not None


class Targets(Enum):
    """What the targets of a loss may be, by the numbers allowed and what the error calls them."""

    REAL = "real", Interval()
    POSITIVE = "positive", Interval(0.0, inf, closed=True)
    UNIT = "unit", Interval(0.0, 1.0, closed=True)
    SIMPLEX = "simplex", Interval(0.0, inf, closed=True)  # in trials each row sums to 1; sheets may do as they like

    @property
    def allowed(self) -> Interval:
        """The numbers that a target may be."""
        return self.value[1]


@dataclass(frozen=True)
class LossFacts:
    """One loss. `title` is what people call it, `equation` and `slope` how they write the cost of an output and its ∂C/∂a.

    `outputs` is where the cost is defined, and `because` what in it is not defined elsewhere. `squares`: the cost is made
    of (a − T)². `halves`: with a ½ before it. `averages`: it is shared among the outputs. `entropy`: it is −T ln a ("own"),
    or that and the same of 1 − T and 1 − a ("both"). `example`: cost and ∂C/∂a at a = 0.8 and T = 0.5 of one output.
    `printed` as above.
    `of_logits` is the activation that programs let the loss itself apply to z of the last layer; `elsewhere` are the classes
    that compute it in PyTorch, with the reduction where it tells, and the word of scikit-learn's that takes its gradient.
    """

    title: str
    equation: str
    slope: str
    example: tuple[str, str]
    outputs: Interval = Interval()
    because: str = ""
    targets: Targets = Targets.REAL
    squares: bool = False
    halves: bool = False
    averages: bool = False
    entropy: Literal["", "own", "both"] = ""
    printed: tuple[str, str] | None = None
    of_logits: str = ""
    elsewhere: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.outputs == Interval()) != (not self.because):
            raise ValueError(
                "a loss that is not defined for all outputs says what in it is not (because), and no other"
            )

    def square_factor(self, outputs: int) -> float:
        """What stands before each (a − T)² of so many outputs: ½, 1/n or 1."""
        return (0.5 if self.halves else 1.0) / (outputs if self.averages else 1)

    @property
    def one_hot(self) -> bool:
        """Whether targets are probabilities, of which 0 and 1 are special: formulas may treat them apart."""
        return self.targets in (Targets.UNIT, Targets.SIMPLEX)


def _leaky_relu(slope: float) -> ActivationFacts:
    return ActivationFacts(
        Interval(), f"a = z or {slope:g}z", f"1 where z > 0, else {slope:g}", Example("0.4", "1"), kinks=(0.0,)
    )


def _elu(alpha: float) -> ActivationFacts:
    times, bracketed = ("", "eᶻ−1") if alpha == 1 else (f"{alpha:g}", "(eᶻ−1)")
    return ActivationFacts(
        Interval(-alpha, inf),
        f"a = z or {times}{bracketed}",
        f"1 where z > 0, else {times}eᶻ",
        Example("0.4", "1"),
        kinks=(0.0,),
    )


ACTIVATION_FACTS: dict[str, ActivationFacts] = {
    "identity": ActivationFacts(
        Interval(), "a = z", "1", Example("0.4", "1"), printed=("z", "1"), elsewhere=("linear", "none")
    ),
    "sigmoid": ActivationFacts(
        Interval(0, 1),
        "a = 1/(1+e⁻ᶻ)",
        "a(1−a)",
        Example("0.5987", "0.2403", at="0.5987"),
        printed=("1/(1+EXP(-z))", "a*(1-a)"),
        called=("SIGMA", "SIGMOID"),
        elsewhere=("logistic",),
    ),
    "tanh": ActivationFacts(
        Interval(-1, 1), "a = tanh z", "1−a²", Example("0.3799", "0.8556", at="0.38"), printed=("TANH(z)", "1-a^2")
    ),
    "relu": ActivationFacts(
        Interval(0, inf, closed=True),
        "a = max(0, z)",
        "1 where z > 0, else 0",
        Example("0.4", "1"),
        kinks=(0.0,),
        off=0.0,
        printed=("MAX(0,z)", "IF(z>0,1,0)"),
        called=("RELU",),
    ),
    "leaky_relu": replace(_leaky_relu(0.01), below=0.01, sloped=_leaky_relu),
    "elu": replace(_elu(1.0), below=1.0, sloped=_elu),
    "softplus": ActivationFacts(Interval(0, inf), "a = ln(1+eᶻ)", "1/(1+e⁻ᶻ)", Example("0.913", "0.5987")),
    "softmax": ActivationFacts(
        Interval(0, 1),
        "aⱼ = eⱼ/Σe",
        "aⱼ(1−aⱼ), the diagonal of J",
        Example("0.6667", "0.21", at="0.7", power="0.6065", rest="-0.21"),
        mixing=Mixing(
            "exp(zⱼ − max z)",
            "a",
            "aᵢ(δᵢⱼ − aⱼ)",
            "aᵢ(1 − aᵢ) where i = j, else −aᵢaⱼ",
            symmetric=True,
            is_softmax=True,
        ),
        printed=("EXP(z)/SUM(EXP(row))", "a*(1-a)"),
        called=("SOFTMAX",),
    ),
}

LOSS_FACTS: dict[str, LossFacts] = {
    "half_sse": LossFacts(
        "half the squared error",
        "½(a − T)²",
        "a − T",
        ("0.045", "0.3"),
        squares=True,
        halves=True,
        printed=("0.5*(a-target)^2", "a-target"),
        elsewhere=("squared_error",),
    ),
    "mse": LossFacts(
        "mean squared error",
        "(a − T)²/n",
        "2(a − T)/n",
        ("0.09", "0.6"),
        squares=True,
        averages=True,
        printed=("(a-target)^2/n", "2*(a-target)/n"),
        elsewhere=("MSELoss mean",),
    ),
    "sse": LossFacts(
        "squared error",
        "(a − T)²",
        "2(a − T)",
        ("0.09", "0.6"),
        squares=True,
        printed=("(a-target)^2", "2*(a-target)"),
        elsewhere=("MSELoss sum",),
    ),
    "binary_cross_entropy": LossFacts(
        "binary cross-entropy",
        "−(T ln a + (1 − T) ln(1 − a))",
        "(1 − T)/(1 − a) − T/a",
        ("0.9163", "1.875"),
        Interval(0, 1),
        "logarithm",
        Targets.UNIT,
        entropy="both",
        printed=("-(target*LN(a)+(1-target)*LN(1-a))", "-(target/a-(1-target)/(1-a))"),
        of_logits="sigmoid",
        elsewhere=("BCELoss", "BCEWithLogitsLoss"),
    ),
    "cross_entropy": LossFacts(
        "cross-entropy",
        "−T ln a",
        "−T/a",
        ("0.1116", "-0.625"),
        Interval(0, inf),
        "logarithm",
        Targets.SIMPLEX,
        entropy="own",
        printed=("-(target*LN(a))", "-(target/a)"),
        of_logits="softmax",
        elsewhere=("CrossEntropyLoss", "NLLLoss"),
    ),
}


def losses_for_all() -> list[str]:
    """The losses that take any outputs and targets."""
    return [name for name, loss in LOSS_FACTS.items() if loss.outputs == Interval() and loss.targets is Targets.REAL]


def activations_for(loss: str) -> list[str]:
    """The activations all whose outputs the loss is defined for."""
    return [name for name, known in ACTIVATION_FACTS.items() if known.outputs.within(LOSS_FACTS[loss].outputs)]


NO_ACTIVATION = "identity"
SOFTMAX = next(name for name, known in ACTIVATION_FACTS.items() if known.mixing and known.mixing.is_softmax)


def activation_called(word: str) -> str | None:
    """The activation that programs call so, capitals and signs between words left aside; None where there is none."""
    plain = _plain(word)
    names = {_plain(other): name for name, known in ACTIVATION_FACTS.items() for other in (name, *known.elsewhere)}
    return names.get(plain)


def loss_called(name: str, reduction: str) -> str | None:
    """The loss that a class of PyTorch computes with this reduction, or that scikit-learn calls so; None for another."""
    named = {name, f"{name} {reduction}"}
    return next((loss for loss, known in LOSS_FACTS.items() if not named.isdisjoint(known.elsewhere)), None)


def _plain(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalnum())


def usual_loss(activation: str) -> str:
    """The loss that usually follows a last layer with this activation: its own entropy, else the mean squared error."""
    own = [name for name, loss in LOSS_FACTS.items() if loss.of_logits == activation]
    return (own or [name for name, loss in LOSS_FACTS.items() if loss.squares and loss.averages])[0]
