"""Decides where the blocks of `Step` stand: in bands, a row per observation and a column per neuron.

    ①                W⁽¹⁾                  W⁽²⁾                        R    forward
           A⁽⁰⁾  →   z⁽¹⁾   →   A⁽¹⁾   →   z⁽²⁾  →  a⁽²⁾   T  →  Cₙⱼ → Cₙ
    ②                ∂a/∂z  ←   ∂C/∂a  ←   ∂a/∂z ←  ∂C/∂a                   backward
                     δ⁽¹⁾                  δ⁽²⁾
    ③                ∂C/∂W⁽¹⁾              ∂C/∂W⁽²⁾                         gradient
    ④                W⁽¹⁾′ …                                                forward with the new weights

How data flows: BANDS says which quantities stand in each line of each band, and UNDER which of them share the track of
another, from which `step_plan` finds the first cell of every block. `step_sheet` puts these on a Grid, which writes the
cells (`Grid.fill`) and the names (`Grid.names`), and decorates what stands there: headings, labels, arrows, colours. To
add a block to a band, name its symbol in a line (and in UNDER, where it has no track of its own).

In column orientation the whole plan is turned: tracks go down the page, W⁽ˡ⁾ stands left of z⁽ˡ⁾ and the bands stand
side by side, each right of its heading.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice

from sheetnet.network import Block, Network, activation_name
from sheetnet.quantity import q
from sheetnet.workbook import Position


@dataclass(frozen=True)
class Band:
    """A band of blocks: its heading, and in each line the symbols of what stands side by side, of every layer.

    `arrows` are the symbols before which an arrow stands in the band's direction; `new` is what the new weights give.
    """

    number: str
    name: str
    arrow: str
    says: str
    role: str
    lines: tuple[tuple[str, ...], ...]
    arrows: tuple[str, ...] = ()
    new: bool = False
    turned_says: str = ""  # what it says in column orientation, where that is something else


TRACKS = ("z", "e", "A", "a", "target", "cost_out", "cost_n")  # of each layer in this order, the rest after the last
# What stands in the track of another quantity of its layer.
UNDER = {"W": "z", "da_dz": "z", "delta": "z", "J": "z", "dC_dW": "z", "dC_da": "a", "penalty": "cost_n"}
_FLOW = ("z", "e", "A", "a", "cost_out", "cost_n")
BANDS = (
    Band(
        "①", "forward", "→", "each z is the row of A on its left times the column of W above it", "band_forward",
        (("W", "penalty"), TRACKS), _FLOW, turned_says="each z is the row of W on its left times the column of A above it",
    ),
    Band(
        "②", "backward", "←", "what each number does to the cost", "band_backward",
        (("da_dz", "dC_da"), ("delta",), ("J",)), ("dC_da", "delta"),
    ),
    Band(
        "③", "gradient", "↓", "each ∂C/∂W below its W", "band_gradient",
        (("dC_dW",),), turned_says="each ∂C/∂W in the rows of its W",
    ),
    Band("④", "forward again", "→", "with the new weights", "band_forward", (("W", "penalty"), TRACKS), _FLOW, new=True),
)  # fmt: skip
FROZEN_BLOCKS = ("gamma", "l2_factor", "cost", "cost_new")  # above all bands
CHANGE = "change"  # what stands behind them: by how much the step changes the cost
_FREE_BEFORE = ("gamma", "l2_factor", "cost")  # before whose labels a cell is left free
BESIDE_Z = ("W",)  # blocks that end where z begins, however many nodes lead into their layer
BY_WEIGHT = ("W", "dC_dW", "J")  # blocks whose rows are no observations
SINGLE = ("penalty",)  # blocks of one number for all observations

_DOWN, _RIGHT = 0, 1  # axes of the sheet
LABELS = 1  # the column of labels
HEADS_ROW = 3
BANDS_ROW = 4  # of the first heading; in column orientation of the numbers of all bands
_LINE_GAP, _BAND_GAP = (0, 1), (1, 0)  # in rows, in columns
_HEADING = (1, 2)  # rows of a band's heading; columns, a gap among them


def label_lines(turned: bool) -> int:
    """Rows of labels above each block: symbol, equation, and in column orientation what each column is."""
    return 3 if turned else 2


@dataclass(frozen=True)
class PlacedLine:
    """The blocks of a line, and the rows (columns, where turned) that their cells take.

    `repeats` are blocks of the first forward pass that serve here too, where they do not stand once more.
    """

    blocks: tuple[str, ...]
    repeats: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True)
class PlacedBand:
    """A band and the rows (columns, where turned) that it takes, with its heading."""

    band: Band
    first: int
    last: int
    lines: tuple[PlacedLine, ...]


@dataclass(frozen=True)
class StepPlan:
    """Where everything stands: the first cell of each block, and its track; the bands; the narrow columns between blocks.

    `heads` are the columns of the frozen row, of a label and of the number that it names: none, where the link to Read me
    has room, a label and γ, none, the same of λ where there is a penalty, then a label each and C, C′ and the change of
    the cost. So a formula that was dragged off γ reads an empty cell, and not a text.
    """

    corners: dict[str, Position]
    tracks: dict[str, int]
    bands: tuple[PlacedBand, ...]
    gaps: frozenset[int]
    heads: dict[str, tuple[int, int]]


def step_plan(network: Network, turned: bool) -> StepPlan:
    """The plan of a network's step, in row or column orientation."""
    return _Planner(network, turned).plan()


def track_of(network: Network, block: Block) -> str:
    """The block of the first forward pass in whose track a block stands."""
    quantity = block.quantity
    symbol = UNDER.get(quantity.symbol, quantity.symbol)
    if symbol in ("a", "A"):
        return activation_name(quantity.layer or 0, network.depth)
    return q(symbol, quantity.layer)


@dataclass(frozen=True)
class _Planner:
    network: Network
    turned: bool

    @property
    def along(self) -> int:
        """The axis along which numbers flow forward, from track to track."""
        return _DOWN if self.turned else _RIGHT

    @property
    def across(self) -> int:
        """The axis on which lines and bands follow one another."""
        return _RIGHT if self.turned else _DOWN

    def plan(self) -> StepPlan:
        tracks, bands = self._tracks(), []
        corners: dict[str, Position] = {}
        at = LABELS + 1 if self.turned else BANDS_ROW
        before = (label_lines(self.turned), 0)[self.across]
        for band in BANDS:
            begin, lines = at, []
            at += _HEADING[self.across]
            for symbols in band.lines:
                if names := self._names(symbols, band.new):
                    at += before
                    last = at + max(self._extent(name, self.across) for name in names) - 1
                    line = PlacedLine(names, self._unchanged(symbols) if band.new else (), at, last)
                    corners |= {name: self._corner(name, line, tracks) for name in names}
                    lines.append(line)
                    at = line.last + 1 + _LINE_GAP[self.across]
            bands.append(PlacedBand(band, begin, at - 1 - _LINE_GAP[self.across], tuple(lines)))
            at += _BAND_GAP[self.across]
        gaps = self._gaps(tracks, bands)
        narrow = gaps | {band.first for band in bands if self.turned}
        columns = (column for column in count(LABELS + 1) if column not in narrow)
        heads = dict[str, tuple[int, int]]()
        for name in (*(name for name in FROZEN_BLOCKS if name in self.network.blocks), CHANGE):
            _, label, number = (0, *islice(columns, 2)) if name not in _FREE_BEFORE else tuple(islice(columns, 3))
            heads[name] = label, number
        corners |= {name: (HEADS_ROW, number) for name, (_, number) in heads.items() if name != CHANGE}
        return StepPlan(corners, tracks, tuple(bands), gaps, heads)

    def _names(self, symbols: tuple[str, ...], new: bool) -> tuple[str, ...]:
        """The blocks of a line in the order in which they stand."""
        blocks = [block for block in self.network.blocks.values() if block.quantity.symbol in symbols]
        return tuple(block.name for block in blocks if block.quantity.new == new)

    def _unchanged(self, symbols: tuple[str, ...]) -> tuple[str, ...]:
        """The blocks of a line which the new weights leave as they are: inputs and targets."""
        blocks = self.network.blocks
        return tuple(name for name in self._names(symbols, False) if blocks[name].quantity.updated.name not in blocks)

    def _extent(self, name: str, axis: int) -> int:
        """Rows or columns that a block takes on the sheet."""
        shape = self.network.blocks[name].shape
        return shape[1 - axis] if self.turned else shape[axis]

    def _tracks(self) -> dict[str, int]:
        """Track → the row or column of its first cells; as wide as the widest block in it."""
        widths: dict[str, int] = {}
        for name, block in self.network.blocks.items():
            if name not in FROZEN_BLOCKS:
                track = track_of(self.network, block)
                widths[track] = max(widths.get(track, 0), self._extent(name, self.along))
        found, at = {}, (BANDS_ROW + 1 if self.turned else LABELS + 1)
        for track in sorted(widths, key=self._order):
            found[track] = at + (label_lines(self.turned), 0)[self.along]
            at = found[track] + widths[track] + 1
        return found

    def _order(self, track: str) -> tuple[int, int]:
        quantity = self.network.blocks[track].quantity
        layer = self.network.depth + 1 if quantity.layer is None else quantity.layer
        return layer, TRACKS.index(quantity.symbol)

    def _corner(self, name: str, line: PlacedLine, tracks: dict[str, int]) -> Position:
        block = self.network.blocks[name]
        ends = block.quantity.symbol in BESIDE_Z
        across = line.last + 1 - self._extent(name, self.across) if ends else line.first
        along = tracks[track_of(self.network, block)]
        return (along, across) if self.turned else (across, along)

    def _gaps(self, tracks: dict[str, int], bands: list[PlacedBand]) -> frozenset[int]:
        if not self.turned:
            return frozenset(first - 1 for first in list(tracks.values())[1:])
        firsts = [line.first for band in bands for line in band.lines] + [band.first for band in bands[1:]]
        return frozenset(first - 1 for first in firsts)
