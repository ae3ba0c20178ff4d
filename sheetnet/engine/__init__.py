"""Spreadsheet engines, by name.

Each has `evaluate(workbook, places, trials, wanted)`: for every trial the numbers of the trial overwrite the cells
`places`, everything is recalculated, and the values of the cells `wanted` come back as one `Run` after the other, so that
no list of all values need be made. A trial of None leaves the workbook as it stands. `unsupported(workbook)` names the
cells that it cannot compute as spreadsheet programs do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from sheetnet.errors import EngineError
from sheetnet.workbook import Place, Workbook

if TYPE_CHECKING:  # whoever only asks which engines there are needs no NumPy
    from sheetnet.engine.prepare import Evaluate, Run, Trial


@dataclass(frozen=True)
class Engine:
    """An engine by its name: what recalculates, and the cells of a workbook that it cannot compute, with the reason."""

    name: str
    evaluate: Evaluate
    unsupported: Callable[[Workbook], Mapping[Place, str]]

    def __call__(
        self, workbook: Workbook, places: Sequence[Place], trials: Sequence[Trial], wanted: Sequence[Place]
    ) -> Iterator[Run]:
        """`evaluate`."""
        return self.evaluate(workbook, places, trials, wanted)


ENGINES = {"ironcalc": "sheetnet.engine.ironcalc", "libreoffice": "sheetnet.engine.libreoffice"}

_unasked = ContextVar("unasked", default=True)  # whether another program may be started that nobody chose


def engine_named(name: str) -> Engine:
    """The engine of that name; raises `EngineError` naming those there are."""
    if name not in ENGINES:
        raise EngineError(f"no engine {name!r}; there are {', '.join(ENGINES)}")
    module = import_module(ENGINES[name])
    return Engine(name, module.evaluate, module.unsupported)


@contextmanager
def only_the_chosen() -> Iterator[None]:
    """Within the block no engine that is another program counts as available: for untrusted files it must be chosen."""
    token = _unasked.set(False)
    try:
        yield
    finally:
        _unasked.reset(token)


def available(name: str) -> bool:
    """Whether an engine can be used on this machine without being asked for."""
    if name == "libreoffice":
        if not _unasked.get():
            return False
        from sheetnet.engine.libreoffice import find_libreoffice

        return find_libreoffice() is not None
    return name in ENGINES
