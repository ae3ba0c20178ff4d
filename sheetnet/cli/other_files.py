"""The commands that take a network out of files: workbooks in any layout, edited ones of sheetnet, and trained models."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sheetnet.cli.options import (
    LimitChanges,
    OutputFormat,
    Printed,
    SheetName,
    network_named,
    network_of_workbook,
    write_text,
)
from sheetnet.judge_options import MOST_TRIALS, JudgeOptions


def identify_command(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook in any layout.")],
    network: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE|FILE", help="What it should compute; by default the network of its forward pass."
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(metavar="MAP.toml", help="Where the inputs stand; by default they are found by their values."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps to look for; by default all there are.")
    ] = None,
    sheet: SheetName = None,
    trials: Annotated[int, typer.Option(min=2, max=MOST_TRIALS, help="Random trials.")] = JudgeOptions.trials,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the trials.")] = JudgeOptions.seed,
    json: Annotated[str | None, typer.Option(metavar="FILE|-", help="Write the result as JSON; - is stdout.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result as a page.")] = None,
    marked: Annotated[Path | None, typer.Option(metavar="PATH", help="Write a marked copy.")] = None,
    output_format: Printed = OutputFormat.FULL,
    limit: LimitChanges = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists; the workbook never.")] = False,
) -> None:
    """Label every formula cell of a workbook in any layout with the quantity it computes.

    Exit code 0: all identified; 1: something is not; 2: a file cannot be used.
    """
    from sheetnet.batch.api import apart, refuse_workbooks
    from sheetnet.files.atomic import refuse_existing, refuse_shared
    from sheetnet.files.limits import Limits, parse_limits
    from sheetnet.identification import identify_file
    from sheetnet.network_file import load_network
    from sheetnet.report.any_layout import identified_page, identified_section, save_identified_marks
    from sheetnet.report.identify import identification_json, identification_lines, identification_view
    from sheetnet.report.marked import copy_paths
    from sheetnet.report.terminal import show_view

    copy = None if marked is None else copy_paths([workbook], marked)[workbook]
    files = [Path(path) for path in (json if json != "-" else None, html, copy) if path is not None]
    refuse_workbooks(files, [workbook])
    refuse_shared(files, [Path(path) for path in (network, inputs) if path is not None])
    refuse_existing(files, force)
    options = JudgeOptions(
        trials=trials, seed=seed, inputs=inputs, steps=steps, sheet=sheet, limits=Limits.of(parse_limits(limit or []))
    )
    known = None if network is None else load_network(network_named(network))
    found = apart(workbook, identify_file, workbook, known, options, limits=options.limits)
    if json is not None:
        write_text(identification_json(found), json)
    if html is not None:
        part = apart(workbook, identified_section, found, options.limits, limits=options.limits)
        write_text(identified_page(part), str(html))
    if copy is not None:
        apart(workbook, save_identified_marks, found, copy, options.limits, limits=options.limits)
    if json != "-":
        concise = output_format is OutputFormat.CONCISE
        show_view("\n".join(identification_lines(found)) if concise else identification_view(found))
    raise typer.Exit(0 if found.ok else 1)


def infer_command(
    workbook: Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook in any layout.")],
    out: Annotated[
        str | None, typer.Option("-o", "--out", metavar="FILE.toml|-", help="Write the network file; - is stdout.")
    ] = None,
    input_map: Annotated[
        str | None, typer.Option("--map", metavar="MAP.toml|-", help="Write where the inputs stand; - is stdout.")
    ] = None,
    sheet: SheetName = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the trials.")] = JudgeOptions.seed,
    limit: LimitChanges = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists; the workbook never.")] = False,
) -> None:
    """Find out which network a workbook in any layout computes, and where its inputs stand.

    Exit code 0: nothing is left open; 1: something is, and is said; 2: the file cannot be used, or has no network.
    """
    from sheetnet.batch.api import apart, refuse_workbooks
    from sheetnet.files.atomic import refuse_existing, refuse_shared
    from sheetnet.files.limits import Limits, parse_limits
    from sheetnet.identification import infer_file
    from sheetnet.report.infer import inference_view
    from sheetnet.report.terminal import show_view

    files = [Path(name) for name in (out, input_map) if name not in (None, "-")]
    refuse_workbooks(files, [workbook])
    refuse_shared(files, [])
    refuse_existing(files, force)
    options = JudgeOptions(seed=seed, sheet=sheet, limits=Limits.of(parse_limits(limit or [])))
    found = apart(workbook, infer_file, workbook, options, limits=options.limits)
    for target, words in ((out, found.network_text()), (input_map, found.map_text())):
        if target is not None:
            write_text(words, target)
    if "-" not in (out, input_map):
        show_view(inference_view(found))
    raise typer.Exit(0 if found.sure else 1)


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
