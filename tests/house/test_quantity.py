"""Names of quantities: what they say, that spelling and reading agree, and that one module alone does either."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pytest

import sheetnet
from sheetnet.auditing.published import shapes_of
from sheetnet.input_names import Scaler
from sheetnet.network import Network
from sheetnet.network_file import load_network, template_names
from sheetnet.quantity import Quantity, app, chain, drawn, jac, mat, moved, q, train
from sheetnet.reference import training_step
from sheetnet.reference.views import VIEW_NUMBERS
from sheetnet.validation.case import quantity_of
from sheetnet.validation.defined_names import view_blocks
from sheetnet.workbook_options import WorkbookOptions
from tests.support.source import nodes
from tools.small_networks import make_network

NAMED = {
    "A_0": Quantity("A", 0),
    "A_1_new": Quantity("A", 1, new=True),
    "W_12": Quantity("W", 12),
    "W_2_new": Quantity("W", 2, new=True),
    "dC_dW_1": Quantity("dC_dW", 1),
    "target": Quantity("target"),
    "cost_n": Quantity("cost_n"),
    "cost_n_new": Quantity("cost_n", new=True),
    "db_1": Quantity("db", 1),
    "b_1_new": Quantity("b", 1, new=True),
    "train_z_1_n0": Quantity("z", 1, view="train", observation=0),
    "train_cost_n_n3": Quantity("cost_n", view="train", observation=3),
    "grad_plus_z_1_n0": Quantity("z", 1, view="grad", part="plus", observation=0),
    "grad_minus_switch_n2": Quantity("switch", view="grad", part="minus", observation=2),
    "grad_C_plus": Quantity("C_plus", view="grad"),
    "jac_out_0_n3": Quantity("out", 0, view="jac", observation=3),
    "jac_unit_1_2": Quantity("unit", 1, view="jac", index=2),
    "jac_step_1": Quantity("step", 1, view="jac"),
    "chain_1": Quantity("", 1, view="chain"),
    "chain_J_1": Quantity("J", 1, view="chain"),
    "chain_1_step": Quantity("step", 1, view="chain"),
    "chain_1_diagonal": Quantity("diagonal", 1, view="chain"),
    "net_x_0": Quantity("x", view="net", index=0),
    "net_w_1_0": Quantity("w", 1, view="net", index=0),
    "net_bias_0": Quantity("bias", 0, view="net"),
    "net_cost_new": Quantity("cost", new=True, view="net"),
    "mat_W_1_new": Quantity("W", 1, new=True, view="mat"),
    "app_unit_1": Quantity("unit", view="app", index=1),
    "app_inv_term_1": Quantity("term", view="app", part="inv", index=1),
    "app_affine_dx_central": Quantity("dx_central", view="app", part="affine"),
}
SYMBOLS = set("A W z e a target gamma cost_out cost_n cost dC_da da_dz J delta dC_dW".split())
EVERY_VIEW = WorkbookOptions(("step", *VIEW_NUMBERS), steps=3)
NETWORKS = {
    **{name: load_network(name) for name in template_names() if not name.startswith("digits")},
    "deep": make_network("softmax", "cross_entropy", (2, 3, 4, 3, 11), 2),
}


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Network:
    return NETWORKS[request.param]


@pytest.mark.parametrize("name", NAMED)
def test_a_name_says_which_quantity_it_is(name: str) -> None:
    assert (Quantity.of(name), NAMED[name].name) == (NAMED[name], name)


@pytest.mark.parametrize(
    "name", ["exp(-z_1)", "1 - a_1", "z_01", "W_1_step", "training", "jac", "", "z_1\n", "x.y", "jac_" + "1" * 5000]
)
def test_a_name_of_none_is_a_symbol_as_a_whole(name: str) -> None:
    """Factors that people give cells of their own, and whatever else a workbook or a document names."""
    assert (Quantity.of(name), Quantity.of(name).name) == (Quantity(name), name)


def test_every_combination_is_read_as_it_was_spelled() -> None:
    """Step: symbol, layer, pass. Views: symbol, layer, index, observation."""
    step = [Quantity(*fields) for fields in product(sorted(SYMBOLS), (None, 0, 1, 120), (False, True))]
    views = [
        Quantity(symbol, layer, view=view, index=index, observation=n)
        for view, symbol, (layer, index), n in product(
            ("train", "jac", "mat", "net"), ("z", "dE_dout", "cost_n"), [(None, None), (0, None), (2, 0)], (None, 0, 31)
        )
    ]
    found = [*step, *views]
    assert [Quantity.of(quantity.name) for quantity in found] == found
    assert len({quantity.name for quantity in found}) == len(found)


def test_helpers_spell_what_the_value_spells() -> None:
    assert q("W", 2, new=True) == Quantity("W", 2, new=True).name
    assert (q("A", 0, new=True), q("A", 1, new=True)) == ("A_0", "A_1_new")  # inputs are never new
    assert [train("z", 1, 0), moved("z", 1, 0, part="plus"), jac("E", 1, index=2)] == [
        "train_z_1_n0",
        "grad_plus_z_1_n0",
        "jac_E_1_2",
    ]
    assert [mat("W", 1, new=True), drawn("x", index=0), chain("", 1), chain("step", 1), app("y", part="inv")] == [
        "mat_W_1_new",
        "net_x_0",
        "chain_1",
        "chain_1_step",
        "app_inv_y",
    ]
    assert [mat.of("W_1_new"), train.of("A_0", 3), moved.of("cost_n", 0, "minus")] == [
        "mat_W_1_new",
        "train_A_0_n3",
        "grad_minus_cost_n_n0",
    ]


def test_a_quantity_tells_its_kind_its_old_and_new_self_and_what_its_cells_hold() -> None:
    kinds = ["z_1", "z_1_new", "W_2", "W_2_new", "A_1_new", "cost_new", "train_J_1_n0", "grad_plus_z_1_n0"]
    told = ["z", "z", "W", "W_new", "A", "cost", "train_J", "grad_plus_z"]
    assert [Quantity.of(name).kind for name in kinds] == told
    assert [Quantity.of(name).old.name for name in ("z_1_new", "cost_new", "W_1")] == ["z_1", "cost", "W_1"]
    assert [Quantity.of(name).updated.name for name in ("z_1", "cost_new", "W_1")] == ["z_1_new", "cost_new", "W_1_new"]
    assert [Quantity.of(name).of_cells.name for name in ("A_1", "A_1_new", "A_0")] == ["a_1", "a_1_new", "a_0"]
    themselves = ["a_2", "z_1", "app_A", "mat_A_1", "train_A_1_n0"]
    assert [Quantity.of(name).of_cells.name for name in themselves] == themselves


def test_every_block_of_the_step_is_read_as_its_quantity(network: Network) -> None:
    """And every other name under which the step or a document knows a quantity keeps its name."""
    for name, block in network.blocks.items():
        assert (block.name, Quantity.of(name)) == (name, block.quantity)
        assert block.quantity.symbol in SYMBOLS
        assert block.quantity.view == ""
        assert 0 <= (block.quantity.layer or 0) <= network.depth
    for name in (*training_step(network), *shapes_of(network)):
        quantity = Quantity.of(name)
        assert (quantity.name, quantity.view) == (name, "")
        assert quantity.symbol in SYMBOLS | {"b", "db"}


def test_every_block_of_every_view_is_read_as_its_quantity(network: Network) -> None:
    """The view, a layer and an observation that the network has, and nothing of these left in the symbol."""
    views = {numbers.prefix: view for view, numbers in VIEW_NUMBERS.items()}
    ones = (1.0,) * network.sizes[0]
    network = replace(network, image=(1, network.sizes[0]), scaler=Scaler(ones, ones))
    blocks = view_blocks(network, EVERY_VIEW)
    shown = set()
    for name, block in blocks.items():
        quantity = block.quantity
        assert (quantity.name, block.name) == (name, name)
        assert quantity_of(block, 0, 0) == (name, (0, 0))  # neither A nor J of the step
        assert 0 <= (quantity.layer or 0) <= network.depth
        assert 0 <= (quantity.observation or 0) < network.observations
        assert not re.search(r"\d|_new|_T|^(?:plus|minus|inv|exp|affine)_", quantity.symbol)
        if quantity.index is not None and quantity.layer is not None:
            assert 0 <= quantity.index < network.sizes[quantity.layer]
        shown.add(views[quantity.view])
    assert shown == set(VIEW_NUMBERS)
    assert len({block.quantity for block in blocks.values()}) == len(blocks)


# ---- One module spells names and reads them

PACKAGE = Path(sheetnet.__file__).parent
# Texts that are put together or taken apart in the same way but name no quantity.
NO_QUANTITIES = {
    "classroom/collect.py": "names of files and folders, as learning platforms make them",
    "quantity.py": "the one module",
    "styles.py": "roles of cells: activation_2",
    "files/escaping.py": "_x000D_, how Excel spells a character",
    "files/formula_text.py": "the first letter of a formula",
    "files/ods/cell_extras.py": "names of ODF styles",
    "files/ods/styles.py": "names of ODF styles",
    "files/ods/write.py": "quotes around sheet names",
    "files/xml.py": "XML namespaces",
    "validation/refine/propose_repairs.py": "the exponent of a number",
}
_SYMBOL = "|".join(sorted({*SYMBOLS, "b", "db", *(numbers.prefix for numbers in VIEW_NUMBERS.values())}))
_PIECE = re.compile(rf"_|_(?:new|T)|(?:{_SYMBOL})_?(?:\d+)?(?:_.*)?")
_BEFORE, _AFTER = re.compile(r"(?:[A-Za-z0-9]|^)_$"), re.compile(r"^_(?:[A-Za-z0-9]|$)")
_PATTERN = re.compile(r"_new|_\(|_\[0-9\]|_\\d")
_SPLITS = set("startswith endswith removeprefix removesuffix split rsplit partition rpartition".split())


def _texts(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return [text for element in node.elts for text in _texts(element)] if isinstance(node, ast.Tuple) else []


def spells(node: ast.AST) -> bool:
    """Whether a name is put together: f"W_{layer}", name + "_new", "W_%d" % layer, "_".join(words)."""
    if isinstance(node, ast.JoinedStr):
        texts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        return any(
            (isinstance(text, str) and after is None and bool(_BEFORE.search(text)))
            or (text is None and isinstance(after, str) and bool(_AFTER.search(after)))
            for text, after in pairwise(texts)
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return any(map(_AFTER.search, _texts(node.right))) or any(map(_BEFORE.search, _texts(node.left)))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return any(re.search(r"[A-Za-z]_%|%[ds]_", text) for text in _texts(node.left))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        joined, text = node.func.attr, _texts(node.func.value)
        return (joined == "join" and text == ["_"]) or (joined == "format" and any("_{" in part for part in text))
    return False


def parses(node: ast.AST) -> bool:
    """Whether a name is taken apart: name.startswith("W_"), name.split("_"), "_new" in name, name[2:], a pattern."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        texts = _texts(node.args[0])
        if node.func.attr in _SPLITS and any(map(_PIECE.fullmatch, texts)):
            return True
        of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        return of_re and any(map(_PATTERN.search, texts))
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        return any(re.fullmatch(r"_\w+_?", text) for text in _texts(node.left))
    if isinstance(node, ast.Subscript):
        whole = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        part = node.slice
        first = part.lower if isinstance(part, ast.Slice) and part.upper is None else part
        return whole in ("name", "block", "quantity") and isinstance(first, ast.Constant)
    return False


def _found(kind: str) -> Iterator[str]:
    """Where in the package names are put together, or taken apart, outside their module."""
    holds = {"spells": spells, "parses": parses}[kind]
    for path in sorted(PACKAGE.rglob("*.py")):
        if (where := path.relative_to(PACKAGE).as_posix()) not in NO_QUANTITIES:
            yield from (f"{where}:{node.lineno}" for node in nodes(path) if isinstance(node, ast.expr) and holds(node))


@pytest.mark.parametrize(
    "code", ['f"W_{l}"', 'f"{a}_new"', 'f"jac_{k}_{l}_n{n}"', 'a + "_new"', '"z_" + l', '"W_%d" % l', '"_".join(words)']
)
def test_a_name_put_together_is_seen(code: str) -> None:
    assert any(map(spells, ast.walk(ast.parse(code))))
    assert not spells(ast.parse('f"{rows} rows of {q(name, layer)}"').body[0])


@pytest.mark.parametrize(
    "code",
    [
        'name.startswith(("A_", "a_"))',
        'name.startswith("cost")',
        'name.endswith("_new")',
        'name.removesuffix("_T")',
        'name.split("_")',
        'name.rpartition("_")',
        '"_new" in name',
        "name[2:]",
        'block.name[0] == "W"',
        '"a" + name[1:]',
        r're.compile(r"(?:z|a)_[0-9]+")',
        r're.fullmatch(r"A_(\d+)(_new)?", name)',
    ],
)
def test_a_name_taken_apart_is_seen(code: str) -> None:
    assert any(map(parses, ast.walk(ast.parse(code))))
    assert not any(map(parses, ast.walk(ast.parse('Quantity.of(name).symbol == "W" and text.split(",")'))))


@pytest.mark.parametrize("kind", ["spells", "parses"])
def test_no_other_module_spells_a_name_or_takes_one_apart(kind: str) -> None:
    assert list(_found(kind)) == []


def test_what_is_excused_is_still_there() -> None:
    """An excuse that nothing needs would hide the next name."""
    for where in NO_QUANTITIES:
        assert any(spells(node) or parses(node) for node in nodes(PACKAGE / where)), where
