"""The sheets beyond `Step`: view → what lays it out. A view is one module here and one in `reference/views`."""

from __future__ import annotations

from collections.abc import Callable

from sheetnet.layout.views.scene import Scene
from sheetnet.workbook import Name, Sheet

__all__ = ["VIEWS", "Laid", "Scene"]

Laid = tuple[Sheet, list[Name]]  # a finished sheet and the names of its blocks

VIEWS: dict[str, Callable[[Scene], Laid]] = {}
