"""The commands about models of other programs: into a network file, and out of a workbook."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sheetnet.cli.options import LimitChanges, network_of_workbook

SHOWN_ROWS = 8  # of a sample that become observations, where nobody asks for others


def import_command(
    model: Annotated[Path, typer.Argument(metavar="FILE", help="A trained model: .npz, .safetensors or .onnx.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE.toml", help="The network file to write.")
    ] = None,
    sample: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Arrays inputs, outputs (what the model gives) and targets, if known."),
    ] = None,
    activations: Annotated[
        str | None, typer.Option(metavar="WORD,…", help="One per layer, such as relu,softmax or batch_norm+relu.")
    ] = None,
    weights_by: Annotated[
        str | None, typer.Option(metavar="neuron|input", help="How weights lie: out × in, or in × out.")
    ] = None,
    layers: Annotated[
        str | None, typer.Option(metavar="NAME,…", help="The layers in order, where their names do not say it.")
    ] = None,
    epsilon: Annotated[float | None, typer.Option(help="What batch normalization adds to the variance.")] = None,
    logits: Annotated[bool, typer.Option("--logits", help="The model gives logits: the loss applies softmax.")] = False,
    loss: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A loss of network files; by default that of the last activation."),
    ] = None,
    reduction: Annotated[
        str,
        typer.Option(
            metavar="WORD", help="How costs become one: mean or sum over observations, or mean over elements."
        ),
    ] = "mean",
    learning_rate: Annotated[float | None, typer.Option(metavar="γ", help="γ of the step; by default 0.1.")] = None,
    title: Annotated[str | None, typer.Option(metavar="WORDS", help="What the workbook is called.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows of the sample that become observations.")] = SHOWN_ROWS,
    limit: LimitChanges = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there already.")] = False,
) -> None:
    """Make a network file of a trained model, and print how near it comes to the model's own outputs."""
    from sheetnet.batch.api import apart
    from sheetnet.files.atomic import refuse_existing, refuse_shared
    from sheetnet.files.limits import Limits, parse_limits
    from sheetnet.models import import_model, save_network
    from sheetnet.models.files import MODEL_READERS

    most = Limits.of(parse_limits(limit or []))
    outputs = [out] if out is not None else []
    refuse_shared(outputs, [model, *([sample] if sample is not None else [])])
    refuse_existing(outputs, force)
    read = partial(import_model, model, sample=sample, activations=activations, weights_by=weights_by,
        layers=layers.split(",") if layers else None, epsilon=epsilon, logits=logits, loss=loss, reduction=reduction,
        learning_rate=learning_rate, title=title, rows=rows, limits=most)  # fmt: skip
    # What others parse is parsed in a guarded process; our own readers look before they reserve anything.
    found = apart(model, read, limits=most) if model.suffix.lower() in MODEL_READERS else read()
    print("\n".join(found.lines))
    if out is not None:
        print(save_network(found, out))


def extract_command(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook that sheetnet wrote.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="What to write: .toml, .npz or .safetensors.")
    ],
    step: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Take the weights after N rows of Training.")
    ] = None,
    limit: LimitChanges = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there already.")] = False,
) -> None:
    """Take the network out of a workbook, as it was edited or after rows of Training, recalculated."""
    from sheetnet.files.atomic import refuse_existing, refuse_shared
    from sheetnet.files.limits import Limits, parse_limits
    from sheetnet.models import save_network, shape_words

    refuse_shared([out], [workbook])
    refuse_existing([out], force)
    found = network_of_workbook(str(workbook), step, Limits.of(parse_limits(limit or [])))
    when = "" if step is None else f", weights of row {step:,} of Training"
    print(f"{save_network(found, out)}  {shape_words(found)}{when}")
