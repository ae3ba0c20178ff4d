"""Holds what `identify` finds: labelled cells, cells that compute nothing known, and why."""

from __future__ import annotations

from dataclasses import dataclass

from sheetnet.object_display import counted_words, shown_line
from sheetnet.syntax.references import element_name
from sheetnet.workbook import Value


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A quantity's element at a training step (from 1), index from 0 in the canonical row form of docs/design.md."""

    quantity: str
    index: tuple[int, ...]
    step: int = 1

    def __str__(self) -> str:
        step = "" if self.step == 1 else f" of step {self.step}"
        return element_name(self.quantity, self.index) + step


@dataclass(frozen=True, slots=True)
class MappedInput:
    """An input of the step and the cells that hold it; `cells` is empty where it has none and so stays constant."""

    quantity: str
    index: tuple[int, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """A formula cell that computes `label`. `also` are quantities it cannot be told from.

    `carried`: its value is wrong, but only because of a wrong cell upstream, which `because` names.
    """

    sheet: str
    cell: str
    label: Label
    formula: str
    value: Value
    also: tuple[Label, ...] = ()
    carried: bool = False
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Unidentified:
    """A formula cell that computes no known quantity, or (`computes`) another one than its place wants.

    `follows` names the cell it is unidentified because of; None: it begins here. `expected` is the quantity that would
    make everything downstream right; `mistakes` are the codes of the known mistakes that explain it, first the one told.
    """

    sheet: str
    cell: str
    formula: str
    value: Value
    message: str
    follows: str | None = None
    computes: Label | None = None
    expected: Label | None = None
    expected_value: float | None = None
    mistakes: tuple[str, ...] = ()

    @property
    def mistake(self) -> str | None:
        """The code of the known mistake that is told; None where there is none."""
        return self.mistakes[0] if self.mistakes else None


@dataclass(frozen=True, slots=True)
class Apart:
    """A formula cell that is neither right nor wrong: `why` is "not moved", "text" or "helper"."""

    sheet: str
    cell: str
    formula: str
    value: Value
    why: str


@dataclass(frozen=True, slots=True)
class Nowhere:
    """A quantity with elements that no cell computes: `lacking` of `size`, at the first step where it is so.

    `through`: what is computed from it stands on the sheet all the same, so that its work is done inside a formula.
    """

    quantity: str
    step: int
    lacking: int
    size: int
    through: bool


@dataclass(frozen=True)
class Identification:
    """Everything `identify` says about one workbook.

    >>> network = sheetnet.load_network("d02b")
    >>> path = sheetnet.write_student_workbook(network, "copy.xlsx", blanks=["delta"])
    >>> sheetnet.identify(path, network, steps=1)
    <Identification copy.xlsx: ok, 50 identified, 0 unidentified, 24 apart, 8 nowhere>
    """

    workbook: str
    network: str
    engine: str
    trials: int
    seed: int
    steps: int
    inputs_from: str
    inputs: tuple[MappedInput, ...]
    identified: tuple[Identified, ...]
    unidentified: tuple[Unidentified, ...]
    apart: tuple[Apart, ...]
    nowhere: tuple[Nowhere, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether something was identified and nothing that an input moves stayed unidentified."""
        return bool(self.identified) and not self.unidentified

    def __repr__(self) -> str:
        """One line: the workbook, whether all was identified, and how many cells were."""
        kinds = ("identified", "unidentified", "apart", "nowhere")
        counts = counted_words({kind: len(getattr(self, kind)) for kind in kinds})
        return shown_line(self, f"{self.workbook or 'workbook'}: {'ok' if self.ok else 'not ok'}, {counts}")
