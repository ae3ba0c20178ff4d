"""How near a network comes to the outputs that a framework gave for a sample of inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sheetnet.errors import NetworkError
from sheetnet.input_names import Scaler
from sheetnet.models.words import Gives
from sheetnet.network import Network
from sheetnet.quantity import q
from sheetnet.reference import Array, inputs_of, nodes_of
from sheetnet.reference.equations import forward_pass
from sheetnet.syntax.references import element_name
from sheetnet.toml_fields import refuse
from sheetnet.trials.tolerance import RELATIVE

# By the coarsest numbers among weights and sample: a sum of hundreds of products loses about two digits of them.
TOLERANCES = {"float64": RELATIVE, "float32": 1e-5, "float16": 1e-2, "bfloat16": 1e-1}


def coarsest(precisions: list[str]) -> str:
    """The precision with the fewest digits; whole numbers have as many as it takes."""
    return max((each for each in precisions if each in TOLERANCES), key=TOLERANCES.__getitem__, default="float64")


@dataclass(frozen=True)
class Sample:
    """Inputs, one row per observation, with what the framework gave for them and what it should have given."""

    inputs: Array
    outputs: Array | None = None
    targets: Array | None = None
    precision: str = "float64"

    def __post_init__(self) -> None:
        for name in ("outputs", "targets"):
            rows = getattr(self, name)
            if rows is not None and len(rows) != len(self.inputs):
                raise refuse(name, f"has {len(rows)} rows", f"{len(self.inputs)}, one per row of inputs")


@dataclass(frozen=True)
class Difference:
    """The largest difference between a network and a framework, over `rows` observations; NaN counts as infinite."""

    largest: float
    tolerance: float
    rows: int
    where: tuple[int, int]  # observation and output, from 0
    gives: Gives
    precision: str

    @property
    def within(self) -> bool:
        """Whether rounding explains it."""
        return self.largest <= self.tolerance

    def __str__(self) -> str:
        return (
            f"largest difference {self.largest:.2g} from the {self.gives.value} of {self.rows:,} observations "
            f"(tolerance {self.tolerance:.2g}, of {self.precision})"
        )

    def refusal(self) -> NetworkError:
        """The error for one that rounding does not explain."""
        at = element_name(self.gives.value, self.where)
        return NetworkError(
            f"the network does not give what the sample says: it differs by up to {self.largest:.3g}, at {at}, where "
            f"rounding explains {self.tolerance:.2g}",
            remedy="check activations, orientation and order of the layers, and that the outputs are this model's",
        )


def scaled(rows: Array, scaler: Scaler | None) -> Array:
    """(measured − mean) / scale for rows of measured inputs; as they are where nothing scales them."""
    return rows if scaler is None else (rows - np.array(scaler.mean)) / np.array(scaler.scale)


def predictions(network: Network, inputs: Array, gives: Gives = Gives.OUTPUTS) -> Array:
    """What the network gives for rows of inputs as measured, N × n_0 → N × n_L: outputs, their z or their logarithms."""
    values = inputs_of(network)
    values[q("A", 0)] = nodes_of(network, 0, scaled(inputs, network.scaler)[None])
    last = q("a", network.depth)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for name, equation in forward_pass(network).items():
            values[name] = equation(values)
            if name == last:
                break
        if gives is Gives.LOGITS:
            return np.asarray(values[q("z", network.depth)][0])
        return np.asarray(np.log(values[last][0]) if gives is Gives.LOGS else values[last][0])


def difference(network: Network, sample: Sample, gives: Gives, precision: str) -> Difference | None:
    """How far the network's predictions are from the sample's outputs; None where it has none. Raises NetworkError."""
    if sample.outputs is None:
        return None
    found, wanted = predictions(network, sample.inputs, gives), sample.outputs
    if (
        found.shape[1] == 1
        and wanted.shape[1] == 2
        and np.allclose(wanted.sum(axis=1), 1, rtol=0, atol=TOLERANCES["float32"])
    ):
        wanted = wanted[:, 1:]  # [1 − p, p] of two classes, of which the network gives p
    if found.shape != wanted.shape:
        raise refuse("outputs", f"has {wanted.shape[1]} columns", f"{found.shape[1]}, one per output of the model")
    apart = np.abs(found - wanted)
    apart[np.isnan(apart)] = np.inf
    row, column = (int(i) for i in np.unravel_index(int(apart.argmax()), apart.shape))
    coarse = coarsest([precision, sample.precision])
    scale = max(1.0, float(np.abs(wanted).max()))
    return Difference(float(apart.max()), TOLERANCES[coarse] * scale, len(found), (row, column), gives, coarse)
