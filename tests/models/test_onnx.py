"""Models from .onnx files: the chain of their nodes beside onnxruntime's own outputs, and what is no chain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import sheetnet
from sheetnet.errors import SheetnetError
from sheetnet.input_names import Scaler
from sheetnet.models import import_model
from sheetnet.network_file import load_network
from tests.support.commands import Run
from tests.support.engines import module
from tests.support.figures import record
from tests.support.refusals import assert_refusal
from tests.support.trained import trained

pytestmark = [pytest.mark.onnx, pytest.mark.onnxruntime, pytest.mark.slow]  # importing both takes seconds

RNG = np.random.default_rng(5)
X = RNG.normal(size=(12, 3))
W, B = RNG.normal(size=(3, 4)), RNG.normal(size=4)
V, C = RNG.normal(size=(4, 2)), RNG.normal(size=2)
FOUR = RNG.uniform(0.5, 2, size=(4, 4))  # four rows of positive numbers
OPERATIONS = {"tanh": "Tanh", "relu": "Relu", "sigmoid": "Sigmoid", "softmax": "Softmax"}


@pytest.fixture(scope="module")
def onnx() -> ModuleType:
    return module("onnx")


class Graph:
    """A graph of nodes, one after another; arrays become its initializers."""

    def __init__(self, onnx: ModuleType, size: int, dtype: str = "float64") -> None:
        self.onnx, self.helper, self.dtype = onnx, onnx.helper, dtype
        self.kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self.size, self.last = size, "x"
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []

    def constant(self, array: Any) -> str:
        name = f"c{len(self.arrays)}"
        self.arrays.append(self.onnx.numpy_helper.from_array(np.asarray(array, self.dtype), name))
        return name

    def add(self, kind: str, *constants: Any, first: bool = False, domain: str = "", **attributes: Any) -> Graph:
        names, output = [self.constant(each) for each in constants], f"y{len(self.nodes)}"
        inputs = [*names, self.last] if first else [self.last, *names]
        self.nodes.append(
            self.helper.make_node(kind, inputs, [output], name=f"n{len(self.nodes)}", domain=domain, **attributes)
        )
        self.last = output
        return self

    def model(self, outputs: tuple[str, ...] = ()) -> Any:
        ends = [self.helper.make_tensor_value_info(name, self.kind, None) for name in outputs or (self.last,)]
        begin = self.helper.make_tensor_value_info("x", self.kind, ["N", self.size])
        graph = self.helper.make_graph(self.nodes, "net", [begin], ends, self.arrays)
        versions = [self.helper.make_opsetid("", 20), self.helper.make_opsetid("ai.onnx.ml", 3)]
        return self.helper.make_model(graph, opset_imports=versions, ir_version=9)


def saved(model: Any, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


def ran(path: Path, inputs: np.ndarray, dtype: str = "float64") -> Path:
    """A sample beside the model: inputs, and what onnxruntime gives for them."""
    session = module("onnxruntime").InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, {"x": inputs.astype(dtype)})
    np.savez(path.with_suffix(".npz"), inputs=inputs, outputs=outputs)
    return path.with_suffix(".npz")


@pytest.mark.sklearn
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["xor", "iris", "digits"])
def test_predictions_are_those_of_onnxruntime(
    name: str, dtype: str, onnx: ModuleType, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """As PyTorch exports a Sequential: Gemm with turned weights, and an activation."""
    data = trained(name)
    graph = Graph(onnx, data.inputs.shape[1], dtype)
    for weights, bias, word in zip(data.weights, data.biases, data.activations, strict=True):
        graph.add("Gemm", weights.T, bias, transB=1).add(OPERATIONS[word])
    path = saved(graph.model(), tmp_path / "model.onnx")
    model = import_model(path, sample=ran(path, data.inputs, dtype), rows=8)
    assert model.precision == dtype
    assert model.difference is not None
    assert model.difference.largest < (1e-13 if dtype == "float64" else 1e-5)
    assert [layer.activation for layer in model.network.layers] == data.activations
    assert sheetnet.training_step(model)["cost"].size == 1
    record(record_property, f".onnx, {name}, {dtype}: {model.difference}")


CHAINS: dict[str, tuple[Callable[[Graph], Graph], list[str]]] = {
    "MatMul and Add": (
        lambda g: g.add("MatMul", W).add("Add", B).add("Relu").add("MatMul", V).add("Add", C, first=True), [],
    ),
    "scaling before": (
        lambda g: g.add("Sub", X[0]).add("Div", [2.0, 3.0, 4.0]).add("Gemm", W, B).add("Tanh"), [],  # it is the scaler
    ),
    "scaling by one number": (
        lambda g: g.add("Mul", 0.5).add("Sub", 1.0, first=True).add("Gemm", W, B), ["Mul n0, Sub n1"],
    ),
    "batch normalization": (
        lambda g: g.add("Gemm", W, B).add("BatchNormalization", *FOUR, epsilon=0.01).add("Relu").add("Gemm", V, C),
        ["batch normalization n1"],
    ),
    "what changes nothing": (
        lambda g: g.add("Flatten").add("Identity").add("Gemm", W, B, alpha=0.5, beta=2.0).add("Sigmoid").add("Dropout"), [],
    ),
    "a bias of one number": (lambda g: g.add("Gemm", W, [0.25]).add("Tanh"), []),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHAINS)
def test_nodes_become_layers(kind: str, onnx: ModuleType, tmp_path: Path) -> None:
    """As onnxruntime computes them."""
    make, folded = CHAINS[kind]
    path = saved(make(Graph(onnx, 3)).model(), tmp_path / "model.onnx")
    model = import_model(path, sample=ran(path, X))
    assert model.difference is not None
    assert model.difference.largest < 1e-12
    assert [words.partition(" into")[0] for words in model.folded] == folded


def test_every_activation_is_known(onnx: ModuleType, tmp_path: Path) -> None:
    """In float32, in which alone onnxruntime has them all."""
    graph = Graph(onnx, 3, "float32").add("Gemm", W, B).add("LeakyRelu", alpha=0.2).add("Gemm", V, C)
    graph.add("Elu").add("Gemm", V.T, B).add("Softplus").add("Gemm", V, C).add("LogSoftmax", axis=1)
    path = saved(graph.model(), tmp_path / "model.onnx")
    model = import_model(path, sample=ran(path, X, "float32"))
    assert [layer.activation for layer in model.network.layers] == ["leaky_relu", "elu", "softplus", "softmax"]
    assert [layer.slope for layer in model.network.layers] == [0.2, 1.0, None, None]
    assert model.difference is not None
    assert model.difference.within


def test_scalers_of_scikit_learn_stand_before_the_network(onnx: ModuleType, tmp_path: Path) -> None:
    """Of the domain ai.onnx.ml, (x − offset) · scale, in float32; one of which a factor is not above 0 is folded."""
    graph = Graph(onnx, 3, "float32")
    graph.add("Scaler", offset=[1.0, 2.0, 3.0], scale=[0.5, 0.25, 2.0], domain="ai.onnx.ml").add("Gemm", W, B)
    path = saved(graph.model(), tmp_path / "model.onnx")
    model = import_model(path, sample=ran(path, X, "float32"))
    assert (model.folded, model.network.scaler) == ((), Scaler((1.0, 2.0, 3.0), (2.0, 4.0, 0.5)))
    assert model.difference is not None
    assert model.difference.within
    turned = Graph(onnx, 3, "float32").add("Mul", [2.0, -1.0, 1.0]).add("Gemm", W, B)
    path = saved(turned.model(), tmp_path / "turned.onnx")
    model = import_model(path, sample=ran(path, X, "float32"))
    assert (model.folded, model.network.scaler) == (("Mul n0 into layer 1",), None)


def test_of_two_classes_the_second_is_the_output(onnx: ModuleType, tmp_path: Path) -> None:
    """scikit-learn's classifiers of two classes are exported with the outputs [1 − p, p]."""
    graph = Graph(onnx, 3).add("Gemm", W[:, :1], [0.1]).add("Sigmoid").add("Sub", 1.0, first=True)
    graph.nodes.append(graph.helper.make_node("Concat", ["y2", "y1"], ["both"], axis=1))
    path = saved(graph.model(("both",)), tmp_path / "model.onnx")
    both = np.load(ran(path, X))["outputs"]
    np.savez(tmp_path / "second.npz", inputs=X, outputs=both[:, 1])
    model = import_model(path, sample=tmp_path / "second.npz")
    assert model.network.sizes == (3, 1)
    assert model.difference is not None
    assert model.difference.largest < 1e-13


def test_logits_are_said_and_nothing_else(onnx: ModuleType, tmp_path: Path) -> None:
    """The file says the rest."""
    path = saved(Graph(onnx, 3).add("Gemm", W, B).model(), tmp_path / "model.onnx")
    model = import_model(path, logits=True, loss="cross_entropy", sample=ran(path, X))
    assert model.network.layers[0].activation == "softmax"
    assert model.difference is not None
    assert model.difference.largest < 1e-13
    with pytest.raises(SheetnetError, match="says activations, orientation and order itself"):
        import_model(path, activations="relu")


def external(onnx: ModuleType) -> Any:
    model = Graph(onnx, 3).add("Gemm", W, B).model()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return model


def lying(onnx: ModuleType, dims: list[int]) -> Any:
    model = Graph(onnx, 3).add("Gemm", W, B).model()
    del model.graph.initializer[0].dims[:]
    model.graph.initializer[0].dims.extend(dims)
    return model


def residual(onnx: ModuleType) -> Any:
    graph = Graph(onnx, 3).add("Gemm", W @ V[:, :1] @ C[None, :1] * np.ones((1, 3)), np.zeros(3))
    graph.nodes.append(graph.helper.make_node("Add", ["x", graph.last], ["sum"], name="skip"))
    graph.last = "sum"
    return graph.model()


def looped(onnx: ModuleType) -> Any:
    graph = Graph(onnx, 3).add("Relu").add("Tanh")
    graph.nodes[0].input[0] = "y1"
    return graph.model()


REFUSED: dict[str, tuple[Callable[[ModuleType], Any], str]] = {
    "external data": (external, r"c0: has its numbers in another file, which is not opened.*save_as_external_data=False"),
    "a lying shape": (lambda onnx: lying(onnx, [300, 400]), "c0: has another size than its shape says"),
    "a huge shape": (lambda onnx: lying(onnx, [1 << 40, 1 << 20]), "c0: has the shape 1099511627776, 1048576"),
    "a negative shape": (lambda onnx: lying(onnx, [-3, -4]), "c0: has the shape -3, -4"),
    "a skip connection": (residual, r"Add skip joins 2 computed inputs"),
    "a circle": (looped, "nothing in the graph gives"),
    "no node": (lambda onnx: Graph(onnx, 3).model(("nowhere",)), "nothing in the graph gives 'nowhere'"),
    "two outputs": (
        lambda onnx: Graph(onnx, 3).add("Gemm", W, B).add("Relu").model(("y0", "y1")), "the graph has 2 outputs",
    ),
    "a convolution": (lambda onnx: Graph(onnx, 3).add("Conv", np.ones((1, 1, 1))).model(), "Conv n0 is no part"),
    "softmax over the batch": (
        lambda onnx: Graph(onnx, 3).add("Gemm", W, B).add("Softmax", axis=0).model(), r"Softmax n1.axis is 0",
    ),
    "columns": (lambda onnx: Graph(onnx, 3).add("MatMul", W.T, first=True).model(), "has observations in columns"),
    "a quotient of what is computed": (
        lambda onnx: Graph(onnx, 3).add("Div", 1.0, first=True).add("Gemm", W, B).model(), "divides by what is computed",
    ),
    "NaN": (lambda onnx: Graph(onnx, 3).add("Gemm", W * np.nan, B).model(), r"Gemm n0.B\[0, 0\] is nan"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_chain_of_dense_layers_is_refused(kind: str, onnx: ModuleType, tmp_path: Path) -> None:
    """In one line with the node; no other file is opened."""
    make, words = REFUSED[kind]
    path = saved(make(onnx), tmp_path / "model.onnx")
    with pytest.raises(SheetnetError, match=words) as caught:
        import_model(path)
    assert_refusal(str(caught.value), path)


@pytest.mark.parametrize("content", [b"", b"\x08\x09garbage", b"\x0a" * 5000], ids=["empty", "cut", "nested"])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    """Whatever it holds."""
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(SheetnetError) as caught:
        import_model(path)
    assert_refusal(str(caught.value), path)


def test_the_command_reads_it_in_a_process_of_its_own(run: Run, onnx: ModuleType, tmp_path: Path) -> None:
    """And a file that asks for more memory than the limit ends in one line."""
    saved(Graph(onnx, 3).add("Gemm", W, B).add("Relu").model(), tmp_path / "model.onnx")
    done = run("import", "model.onnx", "-o", "net.toml")
    assert (done.code, done.err) == (0, "")
    assert load_network(tmp_path / "net.toml").sizes == (3, 4)
    (tmp_path / "flood.onnx").write_bytes(flood(19_000_000))
    done = run("import", "flood.onnx", "--limit", "memory=700MB", "--limit", "time=60s")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("sheetnet: flood.onnx: ")


def flood(size: int) -> bytes:
    """A graph of as many empty nodes as so many bytes hold."""
    nodes = b"\x0a\x00" * (size // 2)
    length, digits = len(nodes), bytearray()
    while length:
        digits.append(length & 0x7F | (0x80 if length > 0x7F else 0))
        length >>= 7
    return b"\x3a" + bytes(digits) + nodes


def test_without_the_package_the_line_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch, onnx: ModuleType, tmp_path: Path
) -> None:
    """It is an extra."""
    path = saved(Graph(onnx, 3).add("Gemm", W, B).model(), tmp_path / "model.onnx")
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(SheetnetError, match=r"needs the package onnx: pip install 'sheetnet\[onnx\]'"):
        import_model(path)


@pytest.mark.parametrize("labels", [["a", "b"], [3, 7]])
def test_classifiers_as_skl2onnx_exports_them(labels: list, onnx: ModuleType, tmp_path: Path) -> None:
    """Probabilities in a ZipMap by the names of the classes, beside the label; a sample may have both columns."""
    graph = Graph(onnx, 3, "float32").add("Cast", to=1).add("Gemm", W[:, :1], [0.1]).add("Sigmoid")
    graph.add("Sub", 1.0, first=True)
    named = {"classlabels_strings" if isinstance(labels[0], str) else "classlabels_int64s": labels}
    graph.nodes += [
        graph.helper.make_node("Concat", ["y3", "y2"], ["both"], axis=1),
        graph.helper.make_node("ArgMax", ["both"], ["label"], axis=1),
        graph.helper.make_node("ZipMap", ["both"], ["maps"], domain="ai.onnx.ml", **named),
    ]
    path = saved(graph.model(("label", "maps")), tmp_path / "model.onnx")
    p = 1 / (1 + np.exp(-(X @ W[:, :1] + 0.1)))
    np.savez(tmp_path / "both.npz", inputs=X, outputs=np.hstack([1 - p, p]).astype(np.float32))
    model = import_model(path, sample=tmp_path / "both.npz")
    assert model.network.names.classes == tuple(map(str, labels))
    assert model.difference is not None
    assert model.difference.within


def test_softplus_as_pytorch_exports_it(onnx: ModuleType, tmp_path: Path) -> None:
    """As x from 20 on; from 2 on it is another function, and refused."""
    for least in (20.0, 2.0):
        graph = Graph(onnx, 3, "float32").add("Gemm", W, B).add("Softplus")
        graph.arrays.append(onnx.numpy_helper.from_array(np.array(least, np.float32), "least"))
        graph.nodes += [
            graph.helper.make_node("Greater", ["y0", "least"], ["large"]),
            graph.helper.make_node("Where", ["large", "y0", "y1"], ["out"]),
        ]
        path = saved(graph.model(("out",)), tmp_path / "model.onnx")
        if least < 20:
            with pytest.raises(SheetnetError, match="Where"):
                import_model(path)
            continue
        model = import_model(path, sample=ran(path, X * 10, "float32"))
        assert model.network.layers[0].activation == "softplus"
        assert model.difference is not None
        assert model.difference.within


def test_rows_may_be_flattened_to_a_computed_shape(onnx: ModuleType, tmp_path: Path) -> None:
    """As `x.view(x.size(0), -1)` is exported."""
    graph = Graph(onnx, 3)
    graph.arrays.append(onnx.numpy_helper.from_array(np.array([-1]), "rest"))
    graph.arrays.append(onnx.numpy_helper.from_array(np.array([0]), "first"))
    graph.nodes += [
        graph.helper.make_node("Shape", ["x"], ["sizes"]),
        graph.helper.make_node("Gather", ["sizes", "first"], ["rows"]),
        graph.helper.make_node("Concat", ["rows", "rest"], ["shape"], axis=0),
        graph.helper.make_node("Reshape", ["x", "shape"], ["flat"]),
    ]
    graph.last = "flat"
    path = saved(graph.add("Gemm", W, B).add("Tanh").model(), tmp_path / "model.onnx")
    model = import_model(path, sample=ran(path, X))
    assert (model.network.sizes, model.passed_over) == ((3, 4), ("Reshape",))
    assert model.difference is not None
    assert model.difference.largest < 1e-12
