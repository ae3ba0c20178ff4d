"""Sphinx makes the documentation site of this folder: `make site` writes it to build/site, and takes warnings as errors."""

from __future__ import annotations

from sphinx.application import Sphinx

from sheetnet import __version__

project = html_title = "sheetnet"
author = "the sheetnet developers"
html_show_copyright = False
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
default_role = "code"  # docstrings name things as `name`
myst_heading_anchors = 3
autodoc_member_order = "bysource"

# Where pages lead out of this folder, the site has a page of its own instead.
_INSIDE = {"](../SECURITY.md": "](security.md", "](../README.md": "](index.md"}


def _kept_inside(_app: Sphinx, _page: str, source: list[str]) -> None:
    for outside, inside in _INSIDE.items():
        source[0] = source[0].replace(outside, inside)


def setup(app: Sphinx) -> None:
    """Sphinx asks for it when it starts."""
    app.connect("source-read", _kept_inside)
