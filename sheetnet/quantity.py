"""Names every quantity of a training step, and reads such a name back: nobody else spells one or takes one apart.

`q("W", 2, new=True)` is "W_2_new", the name by which files, reports and dictionaries know the new weights of layer 2;
`Quantity.of("W_2_new")` says that they are `W`, of layer 2, new. The blocks of a view have the view's prefix before the
same: `jac("out", 1, 0)` is "jac_out_1_n0", the outputs of layer 1 for observation 0 on the sheet Jacobians.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

MOST_KEPT = 1 << 15  # names that are remembered, spelled and parsed
MOST_LETTERS = 255  # of a name, as in spreadsheets; a longer one in a file is nobody's

PREFIXES = (
    "app",
    "jac",
    "mat",
    "chain",
    "train",
    "net",
    "grad",
    "pic",
    "pred",
)  # how the names of the views' blocks begin
# Views number the blocks of a layer, as `jac_E_1_0`; these have a number and no layer, as `net_x_0`.
_WITHOUT_LAYER = {("net", "x"), ("net", "out"), ("app", "unit"), ("app", "E"), ("app", "term")}
_BEHIND = ("step", "diagonal")  # symbols that stand behind the layer: `chain_1_step`, beside `chain_1`
_NUMBER = "0|[1-9][0-9]{0,8}"
_NAME = re.compile(
    rf"(?:_(?P<view>{'|'.join(PREFIXES)})(?=_)(?:_(?P<part>plus|minus|inv|exp|affine)(?=_))?)?"
    r"(?:_(?P<symbol>[^\W\d][\w.\\?]*?))??"
    rf"(?:_(?P<layer>{_NUMBER}))?(?:_(?P<index>{_NUMBER}))?(?P<behind>_step|_diagonal)?"
    rf"(?P<new>_new)?(?:_n(?P<observation>{_NUMBER}))?"
)


@dataclass(frozen=True)
class Quantity:
    """A quantity of the step, or of a view's sheet: what its name says.

    `symbol` is "W", "dC_dW", "cost_n", …; `new` what the new weights are or give.
    `view` is the prefix of the blocks of a view, `part` the part of its sheet (a weight moved up or down, which
    function), `index` counts the blocks of a layer or of the view, `observation` tells whose numbers they are.
    """

    symbol: str
    layer: int | None = None
    new: bool = False
    view: str = ""
    part: str = ""
    index: int | None = None
    observation: int | None = None

    @staticmethod
    def of(name: str) -> Quantity:
        """The quantity of that name; a name that nobody spelled here is a symbol as a whole."""
        return _parsed(name) if len(name) <= MOST_LETTERS else Quantity(name)

    @cached_property
    def name(self) -> str:
        """The name by which files, reports and dictionaries know the quantity."""
        behind = self.view == "chain" and self.symbol in _BEHIND
        numbers = [str(number) for number in (self.layer, self.index) if number is not None]
        words = [self.view, self.part, "" if behind else self.symbol, *numbers, self.symbol if behind else ""]
        words += ["new" * self.new]
        words += [] if self.observation is None else [f"n{self.observation}"]
        return "_".join(filter(None, words))

    @cached_property
    def old(self) -> Quantity:
        """The same before the step: z_1 of z_1_new."""
        return replace(self, new=False)

    @cached_property
    def updated(self) -> Quantity:
        """The same after the step: z_1_new of z_1."""
        return replace(self, new=True)

    @cached_property
    def of_cells(self) -> Quantity:
        """What the cells hold: those of A_l beside the bias nodes are a_l; blocks of views are what they are."""
        return replace(self, symbol="a") if self.kind == "A" else self

    @cached_property
    def kind(self) -> str:
        """What it is in any layer and either pass: `z`, `W` and what it is stepped to, `W_new`; `mat_z`."""
        new = self.new and self.symbol == "W"
        return replace(self, layer=None, new=new, index=None, observation=None).name


def q(symbol: str, layer: int | None = None, new: bool = False) -> str:
    """The name of a quantity of the step. Inputs are never new: with layer 0 it is "A_0" in either pass."""
    return _spelled(symbol, layer, new and layer != 0)


@dataclass(frozen=True)
class ViewNames:
    """The names of the blocks of one view, by symbol, layer and observation: `train("z", 1, 0)`."""

    prefix: str

    def __call__(
        self,
        symbol: str,
        layer: int | None = None,
        n: int | None = None,
        *,
        index: int | None = None,
        new: bool = False,
        part: str = "",
    ) -> str:
        """The name of a block; the table itself on the sheet Chain rule has the symbol ""."""
        return _spelled(symbol, layer, new, self.prefix, part, index, n)

    def of(self, name: str, n: int | None = None, part: str = "") -> str:
        """The name of the block that shows a quantity of the step: `train.of("z_1", 0)`."""
        shown = _parsed(name)
        return self(shown.symbol, shown.layer, n, new=shown.new, part=part)


# `drawn` are the nodes of Network, `moved` is Gradient check, where one weight is moved, `picture` and `predicted` are
# Pictures and Predict.
app, jac, mat, chain, train, drawn, moved, picture, predicted = map(ViewNames, PREFIXES)


@lru_cache(maxsize=MOST_KEPT)
def _spelled(
    symbol: str,
    layer: int | None,
    new: bool,
    view: str = "",
    part: str = "",
    index: int | None = None,
    observation: int | None = None,
) -> str:
    return Quantity(symbol, layer, new, view, part, index, observation).name


@lru_cache(maxsize=MOST_KEPT)
def _parsed(name: str) -> Quantity:
    match = _NAME.fullmatch("_" + name)
    if match is None:
        return Quantity(name)
    view, symbol, behind = match["view"] or "", match["symbol"] or "", match["behind"] or ""
    layer, index, observation = (int(n) if (n := match[k]) else None for k in ("layer", "index", "observation"))
    if (view, symbol) in _WITHOUT_LAYER:
        layer, index = None, layer
    if behind:
        if symbol or view != "chain":
            return Quantity(name)
        symbol = behind[1:]
    return Quantity(symbol, layer, bool(match["new"]), view, match["part"] or "", index, observation)
