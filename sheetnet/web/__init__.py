"""The page in the browser: judging and workbooks for whoever has no Python, and a class that hands in (`sheetnet[web]`)."""

from sheetnet.web.server import ServeOptions, serve

__all__ = ["ServeOptions", "serve"]
