"""Writes a network as a network file."""

from __future__ import annotations

import os
from pathlib import Path

from sheetnet.errors import FileError
from sheetnet.files.atomic import save_text
from sheetnet.network_file import NetworkLike, dump_network, load_network

_TOML = ".toml"


def save_network(network: NetworkLike, path: str | os.PathLike[str]) -> Path:
    """Write a network as a network file, .toml; the file appears whole or not at all.

    `network` is whatever a network can be made of: an imported model, a template's name, … Raises FileError for another
    ending and for a place that cannot be written.

    >>> from sheetnet.models import save_network
    >>> save_network("xor", "xor.toml").name
    'xor.toml'
    """
    place, made = Path(path), load_network(network)
    if place.suffix.lower() != _TOML:
        raise FileError(
            f"the suffix {place.suffix!r} is no format of networks", path=place, remedy=f"name it {place.stem}{_TOML}"
        )
    save_text(dump_network(made), place)
    return place
