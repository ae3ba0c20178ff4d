"""L2 regularisation: how large its penalty is, of which weights it is made, and how a network file spells it.

    R = λ/2 Σ w²        the cost is that of the observations and R, and each ∂C/∂w has λ w more

Libraries differ in two things: whether biases are among the w, and whether λ is divided by the number of observations.

    scikit-learn `alpha = λ`          l2 = { factor = λ, per_observation = true }     also Nielsen (2015), eq. 87
    PyTorch `weight_decay = λ`        l2 = { factor = λ, biases = true }
    Goodfellow et al. (2016), 7.2     l2 = λ
    Keras `kernel_regularizer=L2(λ)`  l2 = 2λ                                         its penalty has no ½
"""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet import toml_fields
from sheetnet.object_display import shown_line
from sheetnet.toml_fields import refuse

L2_KEYS = ("factor", "biases", "per_observation")


@dataclass(frozen=True)
class L2:
    """The penalty λ/2 Σ w² on the weights, and on the biases too where `biases` says so.

    `factor` is λ, from 0 on; `per_observation` divides it by N, the number of observations, whatever the reduction of the
    cost. With `biases` PyTorch's weight_decay, with `per_observation` scikit-learn's alpha. Raises NetworkError.

    >>> sheetnet.L2(0.01, biases=True)
    <L2 λ = 0.01, biases too>
    """

    factor: float
    biases: bool = False
    per_observation: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", toml_fields.number(self.factor, "l2.factor"))
        if self.factor < 0:
            raise refuse("l2.factor", f"is {self.factor:g}", "a number from 0 on")
        toml_fields.flag(self.biases, "l2.biases")
        toml_fields.flag(self.per_observation, "l2.per_observation")

    def __repr__(self) -> str:
        """One line: λ, and what else is not as usual."""
        return shown_line(self, f"λ = {self.words}")

    @staticmethod
    def of(value: object) -> L2 | None:
        """The penalty that a field holds: an `L2`, a table of its fields, or λ alone; None where there is none."""
        if value is None or isinstance(value, L2):
            return value
        if isinstance(value, dict):
            toml_fields.known_keys(value, L2_KEYS, "l2.")
            return L2(value.get("factor"), *(value.get(key, False) for key in L2_KEYS[1:]))  # type: ignore[arg-type]
        return L2(toml_fields.number(value, "l2"))

    @property
    def spelled(self) -> str:
        """What stands in a network file behind `l2 =`."""
        said = [f"{key} = true" for key in L2_KEYS[1:] if getattr(self, key)]
        return f"{{ {', '.join([f'factor = {self.factor!r}', *said])} }}" if said else repr(self.factor)

    @property
    def words(self) -> str:
        """`0.01, biases too`, as reports say it behind λ."""
        said = ["biases too"] * self.biases + ["over N"] * self.per_observation
        return ", ".join([f"{self.factor:g}", *said])
