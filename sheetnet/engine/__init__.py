"""Spreadsheet engines behind one function, by name. An engine knows cells and formulas; it knows no networks.

Each is `evaluate(workbook, places, trials, wanted)`: for every trial the numbers of the trial overwrite the cells
`places`, everything is recalculated, and the values of the cells `wanted` come back. A trial of None leaves the
workbook as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module

from sheetnet.errors import EngineError
from sheetnet.workbook import Place, Value, Workbook

Trial = Sequence[float] | None
Evaluate = Callable[[Workbook, Sequence[Place], Sequence[Trial], Sequence[Place]], list[list[Value]]]

ENGINES = {"ironcalc": "sheetnet.engine.ironcalc", "libreoffice": "sheetnet.engine.libreoffice"}

_unasked = ContextVar("unasked", default=True)  # whether another program may be started that nobody chose


def engine_named(name: str) -> Evaluate:
    """The engine of that name; raises `EngineError` naming those there are."""
    if name not in ENGINES:
        raise EngineError(f"no engine {name!r}; there are {', '.join(ENGINES)}")
    evaluate: Evaluate = import_module(ENGINES[name]).evaluate
    return evaluate


@contextmanager
def only_the_chosen() -> Iterator[None]:
    """Within the block no engine that is another program counts as available: for strangers' files it must be chosen."""
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
