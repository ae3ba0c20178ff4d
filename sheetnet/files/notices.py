"""What a reader met in a file and did not follow: links, macros, embedded objects. It knows no parts and no cells.

`with noticing() as notices:` collects the sentences of everything read inside the block, each once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_notices: ContextVar[dict[str, None] | None] = ContextVar("notices", default=None)


@contextmanager
def noticing() -> Iterator[dict[str, None]]:
    """The sentences noticed until the block ends, in their order."""
    found: dict[str, None] = {}
    token = _notices.set(found)
    try:
        yield found
    finally:
        _notices.reset(token)


def wanted() -> bool:
    """Whether anybody listens."""
    return _notices.get() is not None


def notice(sentence: str) -> None:
    """Tell what was met; nothing happens where nobody listens."""
    found = _notices.get()
    if found is not None:
        found[sentence] = None
