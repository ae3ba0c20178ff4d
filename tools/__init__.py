"""The developers' tools, each run from the repository's folder as `python -m tools.NAME`; `make help` lists most of them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
