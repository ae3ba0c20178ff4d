"""Reads dense networks from .onnx files, by the package onnx, which `sheetnet[onnx]` installs; no other file is opened.

The graph is followed from its output back to its input: each node must have one input that is computed, so that there is
one chain, and the others must be constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sheetnet.activations_and_losses import SOFTMAX, activation_called
from sheetnet.errors import FileError, NetworkError, UsageError
from sheetnet.files.limits import Limits
from sheetnet.models.arrays import matrix_of, numbers_of, vector_of
from sheetnet.models.imported import ReadModel
from sheetnet.models.named import batch_norm
from sheetnet.models.orientation import StoredLayer
from sheetnet.models.parts import Activate, Dense, ModelPart, Scaling
from sheetnet.models.proof import coarsest
from sheetnet.models.safetensors import BFLOAT16
from sheetnet.models.words import Gives
from sheetnet.reference import Array
from sheetnet.syntax.references import listed
from sheetnet.toml_fields import refuse

_PASSED = ("Identity", "Dropout", "Flatten", "Reshape", "Cast")  # of rows of numbers they change none
_LOGS, _ZIPPED = "LogSoftmax", "ZipMap"
SURELY_LINEAR = 20.0  # from which on exporters write softplus(x) as x, which then differs by less than 1e-8
MOST_GRAPH_NODES = 10_000  # a dense layer has a handful, and a workbook at most 500 layers
_FLOATS = (1, 10, 11, 16)  # the types float, float16, double and bfloat16 in ONNX
_IN_ONE_FILE = "save it in one file: onnx.save_model(onnx.load(path), path, save_as_external_data=False)"


def read_onnx(stream: IO[bytes], limits: Limits, name: str) -> ReadModel:
    """The model in an opened .onnx file. Raises FileError, NetworkError, and UsageError where the package is missing."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise UsageError("reading .onnx needs the package onnx", remedy="pip install 'sheetnet[onnx]'") from None
    try:
        graph = onnx.load_model_from_string(stream.read(limits.file_size + 1)).graph
    except DecodeError:
        raise FileError("is no ONNX file, or a damaged one", remedy="export it again") from None
    if len(graph.node) > MOST_GRAPH_NODES:
        raise FileError(
            f"has {len(graph.node):,} nodes, at most {MOST_GRAPH_NODES:,} are read", remedy="take a smaller model"
        )
    named = [*graph.initializer, *graph.input, *graph.output]
    words = [each for node in graph.node for each in (node.op_type, node.name, *node.input, *node.output)]
    if not all(isinstance(each, str) for each in [*words, *(each.name for each in named)]):
        raise FileError("has names that are no text", remedy="export it again")
    if graph.sparse_initializer:
        raise FileError("has sparse weights, which are not read", remedy="export it with dense ones")
    nodes = _Nodes(graph.node, _constants(onnx, graph, limits))
    output, classes = _output(graph)
    chain = list(nodes.chain(output, {each.name for each in graph.input}))
    with np.errstate(over="ignore", invalid="ignore"):  # what is no number then is refused as a weight
        return replace(_read(name, chain), classes=classes)


def _constants(onnx: Any, graph: Any, limits: Limits) -> dict[str, NDArray[Any]]:
    """Every array that is no input of the graph: initializers, and nodes that only give one."""
    tensors = {each.name: each for each in graph.initializer}
    for node in graph.node:
        tensors |= {
            output: each.t
            for output, each in zip(node.output, node.attribute, strict=False)
            if (node.op_type, each.name) == ("Constant", "value")
        }
    found = {name: _array(onnx, name, tensor, limits) for name, tensor in tensors.items()}
    for node in graph.node:  # exporters turn weights so
        if node.op_type in ("Transpose", "Identity") and node.input and node.input[0] in found:
            array = found[node.input[0]]
            found[node.output[0]] = array.T if node.op_type == "Transpose" else array
    return found


def _array(onnx: Any, name: str, tensor: Any, limits: Limits) -> NDArray[Any]:
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise FileError("has its numbers in another file, which is not opened", place=name, remedy=_IN_ONE_FILE)
    if min(tensor.dims, default=0) < 0 or prod(tensor.dims) > limits.file_size:
        raise FileError(f"has the shape {listed(list(map(str, tensor.dims)))}", place=name, remedy="export it again")
    try:
        array: NDArray[Any] = onnx.numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split()[:12])
        raise FileError(
            f"has another size than its shape says ({reason})", place=name, remedy="export it again"
        ) from None
    return array.astype(np.float32).astype(BFLOAT16) if array.dtype.name == "bfloat16" else array


def _output(graph: Any) -> tuple[str, tuple[str, ...]]:
    """The one output, or the only one of floating numbers where classes stand beside them; and what the classes are called.

    skl2onnx puts the probabilities of classifiers into a ZipMap, by the names of the classes: what enters it is the output.
    """
    outputs, classes = [each.name for each in graph.output], tuple[str, ...]()
    zipped = [node for node in graph.node if node.op_type == _ZIPPED and node.input and set(node.output) & set(outputs)]
    if len(zipped) == 1:
        outputs = [zipped[0].input[0]]
        labels = (label for each in zipped[0].attribute for label in (*each.ints, *each.strings))
        classes = tuple(
            label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label) for label in labels
        )
    elif len(outputs) > 1:
        outputs = [each.name for each in graph.output if each.type.tensor_type.elem_type in _FLOATS]
    if len(outputs) != 1:
        raise NetworkError(
            f"the graph has {len(graph.output)} outputs, {len(outputs)} of them floating numbers",
            remedy="keep the one that is meant: onnx.utils.extract_model(path, new, inputs, outputs)",
        )
    return str(outputs[0]), classes


@dataclass(frozen=True)
class Link:
    """A node of the chain: `constants` are the arrays that it takes, by their place among its inputs."""

    node: Any
    at: int  # the place of the input that is computed
    constants: Mapping[int, NDArray[Any]]

    @property
    def called(self) -> str:
        """What sentences call it."""
        return f"{self.node.op_type} {self.node.name}".strip()

    def attribute(self, name: str, default: Any) -> Any:
        """A number, a list of numbers, or the default."""
        for each in self.node.attribute:
            if each.name == name:
                return {1: each.f, 2: each.i, 6: list(each.floats), 7: list(each.ints)}.get(each.type, default)
        return default


class _Nodes:
    """The nodes of a graph by what they give."""

    def __init__(self, nodes: Sequence[Any], constants: Mapping[str, NDArray[Any]]) -> None:
        self._constants, self._count = constants, len(nodes)
        self._giving = {output: node for node in nodes for output in node.output[:1]}
        self._beside = {output for node in nodes for output in node.output[1:]}

    def chain(self, name: str, inputs: set[str]) -> Iterator[Link]:
        """The nodes between an input and this output, in the order in which numbers pass through them."""
        found: list[Link] = []
        name = self._second_of_two(name)
        while name not in inputs:
            node = self._giving.get(self._softplus(name))
            if node is None or name in self._beside or len(found) > self._count:
                raise NetworkError(f"nothing in the graph gives {name!r}", place=name, remedy="export it again")
            found.append(self._link(node))
            name = node.input[found[-1].at]
        return reversed(found)

    def _second_of_two(self, name: str) -> str:
        """p of an output [1 − p, p], as the probabilities of two classes are exported; any other output as it is."""
        node = self._giving.get(name)
        if node is None or node.op_type != "Concat" or len(node.input) != 2:
            return name
        first, second = node.input
        rest = self._giving.get(first)
        is_rest = rest is not None and rest.op_type == "Sub" and rest.input[1] == second
        one = self._constants.get(rest.input[0]) if rest is not None and is_rest else None
        return str(second) if one is not None and (one == 1).all() else name

    def _softplus(self, name: str) -> str:
        """The output of Softplus(x) for that of Where(x > 20, x, Softplus(x)), as PyTorch exports it; any other as it is."""
        chosen = self._giving.get(name)
        if chosen is None or chosen.op_type != "Where" or len(chosen.input) != 3:
            return name
        condition, x, otherwise = chosen.input
        asked, bent = self._giving.get(condition), self._giving.get(otherwise)
        if asked is None or bent is None or (asked.op_type, bent.op_type) != ("Greater", "Softplus"):
            return name
        least = self._constants.get(asked.input[1])
        same = asked.input[0] == x == bent.input[0]
        return str(otherwise) if same and least is not None and (least >= SURELY_LINEAR).all() else name

    def _link(self, node: Any) -> Link:
        constants = {at: self._constants[each] for at, each in enumerate(node.input) if each in self._constants}
        # the shape of a Reshape may be computed from that of its rows
        whole = node.input[:1] if node.op_type == "Reshape" else node.input
        computed = [at for at, each in enumerate(whole) if each and at not in constants]
        link = Link(node, computed[0] if computed else 0, constants)
        if len(computed) != 1:
            raise NetworkError(
                f"{link.called} joins {len(computed)} computed inputs, and a dense network is one chain",
                remedy="export a model whose layers follow one another",
            )
        return link


def _read(name: str, chain: Sequence[Link]) -> ReadModel:
    parts, passed, gives = list[ModelPart](), list[str](), Gives.OUTPUTS
    precisions = []
    for link in chain:
        kind = link.node.op_type
        if kind in _PASSED:
            passed.append(kind)
            continue
        if gives is Gives.LOGS:
            raise NetworkError(f"{link.called} stands behind {_LOGS}", remedy="no dense layer has logarithms")
        part = _part(link)
        last = parts[-1] if parts else None
        if kind == "Add" and isinstance(part, Scaling) and isinstance(last, Dense) and last.bias is None:
            parts[-1] = replace(last, bias=_as_long(part.shift, last.weights.shape[1]))
        else:
            parts.append(part)
        gives = Gives.LOGS if kind == _LOGS else gives
        precisions += [numbers_of(array, "")[1] for array in link.constants.values() if array.dtype.kind == "f"]
    stored = tuple(StoredLayer(part.name, part.weights, part.bias) for part in parts if isinstance(part, Dense))
    return ReadModel(name, (tuple(_fitted(parts)),), coarsest(precisions), gives, tuple(passed), stored)


def _fitted(parts: Sequence[ModelPart]) -> Iterator[ModelPart]:
    """The parts, each scaling by one number for all features with as many as there are."""
    size = next((len(part.weights) for part in parts if isinstance(part, Dense)), 1)
    for part in parts:
        if isinstance(part, Scaling):
            yield replace(part, factor=_as_long(part.factor, size), shift=_as_long(part.shift, size))
        else:
            size = part.weights.shape[1] if isinstance(part, Dense) else size
            yield part


def _as_long(numbers: Array, size: int) -> Array:
    return np.full(size, numbers[0]) if numbers.size == 1 else numbers


def _part(link: Link) -> ModelPart:
    kind = link.node.op_type
    if kind in _LINEAR:
        return _LINEAR[kind](link)
    if kind in ("Softmax", _LOGS):
        if link.attribute("axis", -1) not in (1, -1):
            raise refuse(f"{link.called}.axis", f"is {link.attribute('axis', -1)}", "1, the outputs of an observation")
        return Activate(SOFTMAX, link.called)
    known = activation_called(kind)
    if known is None:
        there = [*_LINEAR, *_PASSED, "Softmax", _LOGS]
        raise NetworkError(
            f"{link.called} is no part that sheetnet computes",
            remedy=f"there are {', '.join(there)} and the activations of docs/network-files.md",
        )
    alpha = link.attribute("alpha", None)
    return Activate(known, link.called, None if alpha is None else float(f"{alpha:.7g}"))  # it is a float32


def _gemm(link: Link) -> Dense:
    """α A B + β C; B is turned where transB says so."""
    if link.at != 0 or link.attribute("transA", 0):
        raise NetworkError(f"{link.called} has observations in columns", remedy="export rows of observations")
    weights, _ = matrix_of(link.constants[1], f"{link.called}.B")
    weights = link.attribute("alpha", 1.0) * (weights.T if link.attribute("transB", 0) else weights)
    if 2 not in link.constants:
        return Dense(link.called, weights)
    bias = link.attribute("beta", 1.0) * vector_of(link.constants[2], f"{link.called}.C")[0]
    return Dense(link.called, weights, _as_long(bias, weights.shape[1]))


def _matmul(link: Link) -> Dense:
    if link.at != 0:
        raise NetworkError(f"{link.called} has observations in columns", remedy="export rows of observations")
    return Dense(link.called, matrix_of(link.constants[1], link.called)[0])


def _norm(link: Link) -> Scaling:
    names = ("scale", "B", "mean", "var")
    if link.at != 0 or sorted(link.constants) != [1, 2, 3, 4] or link.attribute("training_mode", 0):
        raise NetworkError(f"{link.called} has no fixed statistics", remedy="export the model at prediction")
    factor, shift, mean, variance = (
        vector_of(link.constants[at], f"{link.called}.{name}")[0] for at, name in enumerate(names, 1)
    )
    return batch_norm(link.node.name or link.called, mean, variance, link.attribute("epsilon", 1e-5), factor, shift)


def _constant(link: Link) -> Array:
    return vector_of(np.atleast_1d(next(iter(link.constants.values()))), link.called)[0]


def _sum(link: Link) -> Scaling:
    numbers = _constant(link)
    return Scaling(link.called, np.ones(numbers.size), numbers, measured=True)


def _product(link: Link) -> Scaling:
    numbers = _constant(link)
    return Scaling(link.called, numbers, np.zeros(numbers.size), measured=True)


def _difference(link: Link) -> Scaling:
    """x − c, or c − x."""
    numbers, sign = _constant(link), 1.0 if link.at == 0 else -1.0
    return Scaling(link.called, np.full(numbers.size, sign), -sign * numbers, measured=True)


def _quotient(link: Link) -> Scaling:
    numbers = _constant(link)
    if link.at != 0 or (numbers == 0).any():
        raise NetworkError(f"{link.called} divides by what is computed, or by 0", remedy="export another model")
    return Scaling(link.called, 1 / numbers, np.zeros(numbers.size), measured=True)


def _scaler(link: Link) -> Scaling:
    """(x − offset) · scale, of ai.onnx.ml, as scikit-learn's scalers are exported."""
    offset, scale = (np.array(link.attribute(name, [default])) for name, default in (("offset", 0.0), ("scale", 1.0)))
    size = max(offset.size, scale.size)
    factor = _as_long(scale, size)
    return Scaling(link.called, factor, -_as_long(offset, size) * factor, measured=True)


_LINEAR: dict[str, Callable[[Link], Dense | Scaling]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _norm,
    "Add": _sum,
    "Sub": _difference,
    "Mul": _product,
    "Div": _quotient,
    "Scaler": _scaler,
}
