"""What the views of a single step compute in NumPy: Matrices, Network, Jacobians, Chain rule and Appendix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import app, chain, drawn, jac, mat, q
from sheetnet.reference.activations_and_losses import Array, activation_of
from sheetnet.reference.equations import Values
from sheetnet.workbook_options import TERMS, WorkbookOptions


def matrices_numbers(network: Network, values: Values, presentation: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns, from the step's own numbers.

    The backward pass stands in columns: c, δ and the diagonal of D are n_l × N, an observation a column; D⁽ˡ⁾ holds one
    n_l × n_l matrix an observation, stacked. A, W, z, a stand in rows as the step has them, or transposed as columns.
    """
    stood = _transposed if presentation.column else np.asarray
    found = {"mat_gamma": values["gamma"], "mat_target": stood(values["target"])}
    for layer in range(1, network.depth + 1):
        found[mat("A", layer - 1)] = stood(values[q("A", layer - 1)])
        found[mat("out", layer)] = stood(values[q("a", layer)])  # names do not tell mat_a_1 from mat_A_1
        names = [q("W", layer), q("z", layer), q("W", layer, new=True)]
        names += [q("e", layer)] if network.mixes(layer) else []
        found |= {mat.of(name): stood(values[name]) for name in names}
        if layer > 1:
            found[mat("w_only", layer)] = _transposed(values[q("W", layer)][:, : network.sizes[layer - 1]])
        found |= _backward(network, values, layer)
    return found


def _transposed(array: Array) -> Array:
    """Each trial's matrix, transposed."""
    return np.swapaxes(array, -1, -2)


def _backward(network: Network, values: Values, layer: int) -> dict[str, Array]:
    mixes = network.mixes(layer)
    delta, gradient = _transposed(values[q("delta", layer)]), _transposed(values[q("dC_dW", layer)])
    factor = _transposed(values[q("J", layer)]) if mixes else _diagonal(values[q("da_dz", layer)])
    return {
        mat("c", layer): _transposed(values[q("dC_da", layer)]),
        mat("D", layer): factor.reshape(len(factor), -1, network.sizes[layer]),
        mat("delta", layer): delta,
        mat("f", layer): _transposed(values[q("a", layer)] if mixes else values[q("da_dz", layer)]),
        mat("hadamard", layer): delta,
        mat("dC_dW", layer): gradient,
        mat("step", layer): gradient,
    }


def _diagonal(array: Array) -> Array:
    """… × n → … × n × n, with the numbers on the diagonal."""
    return np.asarray(array[..., None] * np.eye(array.shape[-1]))


def network_numbers(net: Network, values: Values, shown: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns: one observation on its way through the network, and what comes back.

    Each node has a block of its own, for the nodes of a drawing do not touch: `net_x_i` and `net_bias_l` (1 × 1),
    `net_edge_l_j` (w and ∂C/∂w in turn for each node below neuron j, the bias node last), `net_node_l_j` (z, with softmax
    e, a and δ), `net_out_j` (the target and the cost of an output), and the costs of the observation, of all and after the
    step. `net_n` says which observation is shown, where there are several: the trials choose.
    """
    if shown.first_drawing:
        return _first_drawing(net, values)
    n = _shown_observation(net, values)
    trials = np.arange(len(n))

    def pick(name: str) -> Array:
        return values[name][trials, n]

    found = {drawn("x", index=i): _cells(pick("A_0")[:, i]) for i in range(net.sizes[0])}
    for layer in range(1, net.depth + 1):
        below, weights, delta = pick(q("A", layer - 1)), values[q("W", layer)], pick(q("delta", layer))
        if net.has_bias(layer):
            found[drawn("bias", layer - 1)] = _cells(below[:, -1])
        kinds = ("z", "e", "a", "delta") if net.mixes(layer) else ("z", "a", "delta")
        for j in range(net.sizes[layer]):
            edges = np.stack([weights[..., j], below * delta[:, j, None]], axis=-1)
            found[drawn("edge", layer, index=j)] = edges.reshape(len(n), -1, 1)
            found[drawn("node", layer, index=j)] = _cells(*(pick(q(kind, layer))[:, j] for kind in kinds))
    for j in range(net.sizes[-1]):
        found[drawn("out", index=j)] = _cells(pick("target")[:, j], pick("cost_out")[:, j])
    if net.observations > 1:
        found[drawn("n")] = _cells(n.astype(float))
    if net.l2 is not None:
        found[drawn("penalty")] = values["penalty"]
    if net.reduces:
        found[drawn("cost")] = values["cost"]
    return found | {drawn("cost_n"): _cells(pick("cost_n")[:, 0]), drawn("cost", new=True): values["cost_new"]}


def _shown_observation(net: Network, values: Values) -> NDArray[np.intp]:
    """The observation that the drawing shows in each trial, the first where nothing is chosen."""
    chosen = values.get(drawn("n"), np.zeros((len(values["gamma"]), 1, 1)))[:, 0, 0]
    return np.clip(np.nan_to_num(chosen), 0, net.observations - 1).astype(np.intp)


def _first_drawing(net: Network, values: Values) -> dict[str, Array]:
    """The same as versions before 0.2 drew it: always the first observation, w and w · a side by side, no δ."""
    found = {drawn("x", index=i): _cells(values["A_0"][:, 0, i]) for i in range(net.sizes[0])}
    for layer in range(1, net.depth + 1):
        below, weights = values[q("A", layer - 1)][:, 0], values[q("W", layer)]
        if net.has_bias(layer):
            found[drawn("bias", layer - 1)] = _cells(below[:, -1])
        kinds = ("z", "e", "a") if net.mixes(layer) else ("z", "a")
        for j in range(net.sizes[layer]):
            found[drawn("w", layer, index=j)] = np.stack([weights[..., j], weights[..., j] * below], axis=-1)
            found[drawn("a", layer, index=j)] = _cells(*(values[q(kind, layer)][:, 0, j] for kind in kinds))
    for j in range(net.sizes[-1]):
        found[drawn("out", index=j)] = _cells(values["target"][:, 0, j], values["cost_out"][:, 0, j])
    if net.observations > 1:
        found[drawn("cost")] = values["cost"]
    return found | {drawn("cost_n"): values["cost_n"][:, :1], drawn("cost", new=True): values["cost_new"]}


def _cells(*numbers: Array) -> Array:
    """Numbers of K trials side by side: K × 1 × count."""
    return np.stack(numbers, axis=-1)[:, None, :]


def jacobians_numbers(network: Network, values: Values, _: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns; the blocks of observation n end in `_n{n}`.

    Everything stands in column vectors, gradients too, so the factors multiply from left to right (D02 (b), I to III):

        ∂E/∂W = ∂net/∂W · ∂out/∂net · ∂E/∂out           ∂E/∂out⁽ˡ⁾ = ∂net⁽ˡ⁺¹⁾/∂out⁽ˡ⁾ · ∂E/∂net⁽ˡ⁺¹⁾

    ∂net/∂W has a row for each weight, (n_l (n_{l-1} + 1)) × n_l: column k is ∂net_k/∂W, read row by row.
    """
    found: dict[str, Array] = {}
    for n in range(network.observations):
        found |= {f"jac_target_n{n}": _vector(values["target"], n), f"jac_out_0_n{n}": _vector(values["A_0"], n)}
        for layer in range(1, network.depth + 1):
            found |= _observation(network, values, layer, n)
    for layer in range(1, network.depth + 1):
        gradient = _transposed(values[q("dC_dW", layer)])
        found[jac("step", layer)] = gradient
        if network.reduces:
            found[jac("mean", layer)] = gradient
        if layer > 1:
            found[jac("w", layer)] = values[q("W", layer)][:, : network.sizes[layer - 1]]
        if network.sizes[layer] <= TERMS:
            found |= _terms(found[jac("v", layer, 0)], layer)
    return found


def _vector(array: Array, n: int) -> Array:
    """Observation n as a column vector: K × N × m → K × m × 1."""
    return array[:, n, :, None]


def _observation(network: Network, values: Values, layer: int, n: int) -> dict[str, Array]:
    """The vectors and Jacobians of one layer for one observation."""
    last, mixes = layer == network.depth, network.mixes(layer)
    out, delta = values[q("a", layer)], values[q("delta", layer)]
    slope = values[q("da_dz", layer)][:, n]
    below = values[q("A", layer - 1)][:, n]
    # Row (k, i) belongs to the weight from node i to neuron k, which net_k alone depends on.
    by_weight = np.einsum("ki,ab->kaib", below, np.eye(network.sizes[layer]))
    gradient = np.einsum("kj,ki->kji", delta[:, n], below)
    slopes = _transposed(values[q("J", layer)][:, n]) if mixes else _diagonal(slope)
    parts = {
        "net": _vector(values[q("z", layer)], n),
        "out": _vector(out if last else values[q("A", layer)], n),
        "v": _vector(_share(network, values, layer), n) if mixes else slope[:, :, None],
        "dout_dnet": slopes,
        "dE_dout": _vector(values[q("dC_da", layer)], n),
        "dnet_dW": by_weight.reshape(len(below), -1, network.sizes[layer]),
        "dE_dW": gradient.reshape(len(below), -1, 1),
        "folded": gradient,
    }
    if layer > 1:
        parts["dE_dnet"] = _vector(delta, n)
    return {jac(part, layer, n): array for part, array in parts.items()}


def _share(network: Network, values: Values, layer: int) -> Array:
    share = activation_of(network.layers[layer - 1]).share
    assert share is not None, "only where neurons mix"
    return share(values[q("z", layer)], values[q("a", layer)])


def _terms(v: Array, layer: int) -> dict[str, Array]:
    """E_ii, e_iᵀ and E_ii v e_iᵀ for each neuron i, for the first observation."""
    size = v.shape[1]
    found: dict[str, Array] = {}
    for i in range(size):
        unit = np.broadcast_to(np.eye(size)[i], (len(v), 1, size))
        chosen = _transposed(unit) * unit
        found |= {
            jac("E", layer, index=i): chosen,
            jac("unit", layer, index=i): unit,
            jac("term", layer, index=i): v * chosen,
        }
    return found


def chain_rule_numbers(network: Network, values: Values, _: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns: `chain_l` and `chain_l_step` of each layer, and what softmax adds.

    A table has a row for each weight w_ji and observation n: by j, then i (the bias node last), then n. Its columns are
    first laid out as K × j × i × n, broadcast, and then stacked. For layer l with k (or i) the neurons paths lead over:

        last layer      ∂C/∂a_j                                        · ∂a_j/∂z_j · ∂z_j/∂w
        hidden layer    Σ_k ∂C/∂a_k · ∂a_k/∂z_k · ∂z_k/∂a_j            · ∂a_j/∂z_j · ∂z_j/∂w
        softmax         Σ_i ∂C/∂a_i · ∂a_i/∂z_j                                    · ∂z_j/∂w
    """
    found: dict[str, Array] = {}
    for layer in range(network.depth, 0, -1):
        found |= _mixing(network, values, layer) if network.mixes(layer) else _plain(network, values, layer)
        found[chain("step", layer)] = _update(network, values, layer)
    return found


def _plain(network: Network, values: Values, layer: int) -> dict[str, Array]:
    """Each neuron for itself: ∂C/∂a_j (with the paths it sums, in a hidden layer), ∂a_j/∂z_j, ∂z_j/∂w, the product."""
    dc_da, da_dz = _neurons(values[q("dC_da", layer)]), _neurons(values[q("da_dz", layer)])
    below = _below(values, layer)
    columns = [*_paths(network, values, layer), dc_da, da_dz, below, dc_da * da_dz * below]
    return {chain("", layer): _table(columns)}


def _mixing(network: Network, values: Values, layer: int) -> dict[str, Array]:
    """Softmax: a path over each output i, their sum ∂C/∂z_j, ∂z_j/∂w, the product; and what the diagonal alone gives."""
    dc_da, jacobian, below = values[q("dC_da", layer)], values[q("J", layer)], _below(values, layer)
    count, size = len(dc_da), network.sizes[layer]
    columns: list[Array] = []
    for i in range(size):
        gradient, slope = _over(dc_da[..., i]), _neurons(jacobian[..., i, :])
        columns += [gradient, slope, gradient * slope]
    dc_dz = _neurons(values[q("delta", layer)])
    diagonal = _neurons(dc_da * np.diagonal(jacobian, axis1=-2, axis2=-1)) * below
    found = {chain("J", layer): jacobian.reshape(count, -1, size)}
    if layer < network.depth:
        paths = [*_paths(network, values, layer), _neurons(dc_da)]
        found[chain("a", layer)] = _table(paths)
    found[chain("", layer)] = _table([*columns, dc_dz, below, dc_dz * below])
    found[chain("diagonal", layer)] = _table([diagonal])
    return found


def _paths(network: Network, values: Values, layer: int) -> list[Array]:
    """The columns of the paths over each neuron k of the layer above; none for the last layer."""
    columns: list[Array] = []
    above = layer + 1
    for k in range(network.sizes[above] if layer < network.depth else 0):
        if network.mixes(above):
            factors = [_over(values[q("delta", above)][..., k])]
        else:
            factors = [_over(values[q(name, above)][..., k]) for name in ("dC_da", "da_dz")]
        weight = values[q("W", above)][:, : network.sizes[layer], k, None, None]  # w_kj: K × j × 1 × 1
        columns += [*factors, weight, np.asarray(np.prod(np.broadcast_arrays(*factors, weight), axis=0))]
    return columns


def _update(network: Network, values: Values, layer: int) -> Array:
    """A row for each weight: ∂C/∂w over all observations (only where that is another number), γ, w, w′."""
    matrices = [values[name] for name in (q("dC_dW", layer), q("W", layer), q("W", layer, new=True))]
    gradient, old, new = (_transposed(matrix).reshape(len(matrix), -1, 1) for matrix in matrices)
    gamma = np.broadcast_to(values["gamma"], old.shape)
    return np.concatenate([*([gradient] if network.reduces else []), gamma, old, new], axis=-1)


def _neurons(array: Array) -> Array:
    """A number of each neuron j: K × n × j → K × j × 1 × n."""
    return _transposed(array)[:, :, None, :]


def _over(array: Array) -> Array:
    """A number of the one neuron a path leads over: K × n → K × 1 × 1 × n."""
    return array[:, None, None, :]


def _below(values: Values, layer: int) -> Array:
    """∂z_j/∂w_ji, the activation of node i below: K × n × i → K × 1 × i × n."""
    return _transposed(values[q("A", layer - 1)])[:, None, :, :]


def _table(columns: Sequence[Array]) -> Array:
    """Columns that broadcast to K × j × i × n, as K × rows × columns."""
    table = np.stack(np.broadcast_arrays(*columns), axis=-1)
    return table.reshape(len(table), -1, len(columns))


H = 1e-3  # the error of the method is of the order h², that of rounding 1e-16/h: both are small
AFFINE_INPUTS = 2


def appendix_numbers(network: Network, values: Values, _: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns: Jacobians of 1/x, e^(−x) and A x + b, and central differences.

    x is 1 + p² and 2 + q² for the first two inputs p and q of the first observation, so that 1/x has no trouble; A and b
    are the corner of W⁽¹⁾, one row per neuron; b is 0 where the layer has no biases.
    """
    count = len(values["gamma"])
    x = values["A_0"][:, 0, :AFFINE_INPUTS, None] ** 2 + np.array([[1.0], [2.0]])
    matrix, bias = _corner(network, values["W_1"])
    found = {"app_x": x, "app_A": matrix, "app_b": bias, "app_h": np.full((count, 1, 1), H)}
    for i in range(AFFINE_INPUTS):
        found[app("unit", index=i + 1)] = np.tile(np.eye(AFFINE_INPUTS)[i], (count, 1, 1))
        found[app("E", index=i + 1)] = np.tile(np.diag(np.eye(AFFINE_INPUTS)[i]), (count, 1, 1))
    inverse, power = 1 / x, np.exp(-x)
    found |= {"app_inv_y": inverse, "app_inv_v": inverse * inverse, "app_exp_y": power}
    found |= _elementwise("inv", -1 / x**2, inverse**2, _central(lambda at: 1 / at, x))
    found |= _elementwise("exp", -power, power, _central(lambda at: np.exp(-at), x))
    return found | _affine(x, matrix, bias)


def _corner(network: Network, weights: Array) -> tuple[Array, Array]:
    """A and b from W⁽¹⁾; where it has one input or one neuron, that stands twice."""
    inputs, neurons = network.sizes[:2]
    rows, columns = np.minimum([0, 1], inputs - 1), np.minimum([0, 1], neurons - 1)
    biases = weights[:, -1, columns][:, :, None]
    return _transposed(weights[:, rows][:, :, columns]), biases if network.has_bias(1) else np.zeros_like(biases)


def _elementwise(part: str, slope: Array, v: Array, central: Array) -> dict[str, Array]:
    """The terms E_ii v e_iᵀ, their negative sum, the matrix, and the central differences."""
    units = np.eye(AFFINE_INPUTS)
    terms = {app("term", index=i + 1, part=part): v * np.diag(units[i]) for i in range(AFFINE_INPUTS)}
    ways = {"sum": slope * units, "matrix": slope * units, "central": central}
    return terms | {app(way, part=part): array for way, array in ways.items()}


def _central(f: Callable[[Array], Array], x: Array) -> Array:
    """(f(x + h e_j) − f(x − h e_j)) / 2h as column j."""
    step = H * np.eye(AFFINE_INPUTS)
    columns = [(f(x + step[:, j : j + 1]) - f(x - step[:, j : j + 1])) / (2 * H) for j in range(AFFINE_INPUTS)]
    return np.concatenate(columns, axis=-1)


def _affine(x: Array, matrix: Array, bias: Array) -> dict[str, Array]:
    """y = A x + b with ∂y/∂x and ∂y/∂A: column (i, j) of the latter belongs to a_ij, the stack is a matrix for each y."""

    def y(at: Array, by: Array) -> Array:
        return by[:, :, :1] * at[:, :1] + by[:, :, 1:] * at[:, 1:] + bias

    by_entry = []
    for i in range(AFFINE_INPUTS):
        for j in range(AFFINE_INPUTS):
            step = np.zeros((AFFINE_INPUTS, AFFINE_INPUTS))
            step[i, j] = H
            by_entry.append((y(x, matrix + step) - y(x, matrix - step)) / (2 * H))
    flat = np.asarray(np.kron(np.eye(AFFINE_INPUTS), _transposed(x)), dtype=np.float64)  # [[xᵀ, 0], [0, xᵀ]]
    return {
        "app_affine_y": y(x, matrix),
        "app_affine_dx": matrix,
        "app_affine_dx_central": _central(lambda at: y(at, matrix), x),
        "app_affine_dA": flat,
        "app_affine_stack": flat.reshape(len(x), AFFINE_INPUTS * AFFINE_INPUTS, AFFINE_INPUTS),
        "app_affine_dA_central": np.concatenate(by_entry, axis=-1),
    }
