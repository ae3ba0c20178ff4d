"""Marks that run a test for every activation, and for every pair of activation and loss."""

from __future__ import annotations

import pytest

from sheetnet.reference import ACTIVATIONS
from tools.small_networks import pairs

every_pair = pytest.mark.parametrize(("activation", "loss"), pairs())
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
