"""The commands that only show something: templates, a step, limits, known mistakes."""

from __future__ import annotations

from typing import Annotated

import typer

from sheetnet.cli.options import NetworkSource


def templates() -> None:
    """List the network files that come with sheetnet."""
    from sheetnet.network_file import load_network, template_names

    for name in template_names():
        network = load_network(name)
        print(f"{name:22}{'-'.join(map(str, network.sizes)):14}{network.title}")


def show(network: NetworkSource) -> None:
    """Show one training step as tables, computed by NumPy."""
    from sheetnet.network_file import load_network
    from sheetnet.reference import training_step
    from sheetnet.report.terminal import console, step_view

    console().print(step_view(training_step(load_network(network))))


def limits() -> None:
    """Show how much a workbook may ask of this machine, and why; --limit changes each."""
    from sheetnet.report.lists import limits_view
    from sheetnet.report.terminal import console

    console().print(limits_view())


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A known mistake, such as SN012; else all.")
    ] = None,
) -> None:
    """Explain a known mistake by its code, or list all."""
    from sheetnet.report.lists import explanation
    from sheetnet.report.terminal import console

    console().print(explanation(code))
