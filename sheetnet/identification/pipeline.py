"""Identifies a workbook file, and turns what was found into a Report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sheetnet.engine import engine_named
from sheetnet.engine.prepare import in_full
from sheetnet.errors import FileError, errors_within
from sheetnet.files import read_workbook
from sheetnet.files.limits import Limits
from sheetnet.formulas import symbol_of
from sheetnet.identification.find_inputs import find_inputs
from sheetnet.identification.inference.pipeline import infer_workbook
from sheetnet.identification.input_map import InputMap, load_map
from sheetnet.identification.labels import Training, look_up
from sheetnet.identification.repeated_inputs import as_formulas, batch_of, typed_among_formulas, with_repeats
from sheetnet.identification.result import Identification, Unidentified, build_identification
from sheetnet.identification.root_causes import repair
from sheetnet.identification.state import IdentifyState, SheetRuns, run_sheet
from sheetnet.identification.unfound_inputs import with_unfound_inputs
from sheetnet.judge_options import DEFAULT_OPTIONS, JudgeOptions
from sheetnet.network import Network
from sheetnet.network_file import NetworkLike, load_network
from sheetnet.predictor import refuse_predictor
from sheetnet.quantity import q
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.function_facts import volatile_function
from sheetnet.validation.result import CellVerdict, Report
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place, Workbook

INFERRED = "its own forward pass"  # where the network is from that nobody gave
MORE_TRIALS = 2  # times as many, where targets are 0 or 1 and so say less
_LEAST_TRIALS = 2  # from one to the other numbers move, which shows what depends on the inputs


def identify(
    path: str | os.PathLike[str],
    network: NetworkLike | None = None,
    *,
    inputs: str | os.PathLike[str] | None = JudgeOptions.inputs,
    steps: int | None = JudgeOptions.steps,
    engine: str = JudgeOptions.engine,
    trials: int = JudgeOptions.trials,
    seed: int = JudgeOptions.seed,
    sheet: str | None = JudgeOptions.sheet,
    limits: Mapping[str, int] | Limits | None = None,
) -> Identification:
    """Label every formula cell of a workbook with the quantity it computes.

    `network` is a template's name, a path, a table as TOML has it or a `Network`; None reads it off the sheet's forward
    pass, as `infer` does. `sheet` is the sheet that counts where several have networks, or the same numbers.
    `inputs` is a TOML file that says where the inputs stand (see docs/identify.md); None finds them by their values.
    `steps` is how many training steps to look for; None goes on for as long as they explain cells. Raises `FileError`
    for an unusable file or where inputs are not found, `NetworkError` for a wrong map, `UsageError` for an option that
    cannot be, `EngineError`.

    >>> network = sheetnet.load_network("d02b")
    >>> path = sheetnet.write_student_workbook(network, "copy.xlsx", blanks=["delta"])
    >>> found = sheetnet.identify(path, network, steps=1)
    >>> {cell.cell: str(cell.label) for cell in found.identified}["I12"]
    'a⁽¹⁾ of neuron 0'
    """
    options = JudgeOptions(engine, trials, seed, inputs=inputs, steps=steps, sheet=sheet, limits=Limits.of(limits))
    return identify_file(path, None if network is None else load_network(network), options)


def identify_file(path: str | os.PathLike[str], network: Network | None, options: JudgeOptions) -> Identification:
    """The same with options made before; see `identify`."""
    workbook = read_workbook(path, options.limits)
    with errors_within(path):
        known, where, notes = expected_of(workbook, network, options, os.fspath(path))
        found = identify_workbook(workbook, known, where, options, name=os.fspath(path))
    return found if network is not None else replace(found, notes=(*notes, *found.notes), network_source=INFERRED)


def expected_of(
    workbook: Workbook, network: Network | None, options: JudgeOptions, name: str
) -> tuple[Network, InputMap | None, tuple[str, ...]]:
    """What a workbook should compute, where its inputs stand (None: to be found by their values), and notes.

    Where no network is given it is read off the workbook, and with it where the inputs stand.
    """
    notes: tuple[str, ...] = ()
    where: InputMap | None = None
    if network is not None:
        refuse_predictor(network)
    else:
        found = infer_workbook(workbook, options, name=name)
        network, where, notes = found.network, found.inputs, found.notes
    if options.inputs is not None:
        where = load_map(options.inputs, workbook, network)
    return network, where, notes


def identify_workbook(
    workbook: Workbook,
    network: Network,
    where: InputMap | None = None,
    options: JudgeOptions = DEFAULT_OPTIONS,
    *,
    name: str = "",
) -> Identification:
    """The same for a workbook that is already read; see `identify`."""
    workbook = in_full(workbook, options.limits.formula)
    graph = Dependencies(workbook)
    if not graph.formulas:
        raise FileError(
            "the workbook has no formulas, so nothing in it can be identified", remedy="give one with formulas"
        )
    if where is None:
        where = find_inputs(workbook, network, graph, engine_named(options.engine), options.seed, options.sheet)
        where = with_unfound_inputs(where, workbook, network, options)
    where = with_repeats(where, workbook, network, graph)
    typed = typed_among_formulas(workbook, graph, {place for places in where.cells.values() for place in places})
    if typed:
        workbook = as_formulas(workbook, typed)
        graph = Dependencies(workbook)
    task = _Task(workbook, network, where, graph, options, typed)
    state = task.repaired()
    if (state.wrong or state.open()) and _has_classes(network, state):
        by_class = task.repaired(one_hot=True)
        if len(by_class.labels) > len(state.labels):
            state = by_class
            where = replace(where, notes=(*where.notes, "judged for targets of 0 and 1, as this sheet has them"))
    if (batch := state.training.batch) < network.observations:
        each = "one observation" if batch == 1 else f"{batch} observations"
        where = replace(where, notes=(*where.notes, f"each step takes {each}, the next in turn"))
    return build_identification(state, where, name=name, engine=options.engine, seed=options.seed)


@dataclass(frozen=True)
class _Task:
    """What is to be identified; `typed` are numbers that stand where a formula belongs."""

    workbook: Workbook
    network: Network
    where: InputMap
    graph: Dependencies
    options: JudgeOptions
    typed: frozenset[Place]

    def repaired(self, one_hot: bool = False) -> IdentifyState:
        """What the trials tell, `one_hot` those whose targets are 0 or 1, and what is wrong put right."""
        state = self._state(one_hot)
        state.recognise(np.flatnonzero(state.runs.moved).tolist())
        state.find_helpers()
        repair(state)
        return state

    def _state(self, one_hot: bool) -> IdentifyState:
        workbook, network, where, graph, options = self.workbook, self.network, self.where, self.graph, self.options
        evaluate = engine_named(options.engine)
        driven = {place for places in where.cells.values() for place in places}
        places = [place for place in graph.formulas if place not in driven]
        trials = MORE_TRIALS * options.trials if one_hot else max(options.trials, _LEAST_TRIALS)
        runs = run_sheet(workbook, network, where, evaluate, places, trials, options.seed, one_hot)
        moved = runs.moved & _reached(graph, places, driven) | np.array([place in self.typed for place in places])
        runs = replace(runs, moved=moved)
        training = _training(network, runs, batch_of(where, network, graph), options.steps)
        return IdentifyState(
            workbook,
            training.network,
            graph,
            evaluate,
            runs,
            training,
            options.steps,
            places,
            runs.values,
            {place: training.of_input(*element) for element, own in where.cells.items() for place in own},
            _absent(network, where),
            self.typed,
        )


def _has_classes(network: Network, state: IdentifyState) -> bool:
    """Whether the sheet's own targets are 0s and 1s, under a loss to which these are special."""
    own = state.runs.inputs["target"][0]
    return network.loss_facts.one_hot and bool(((own == 0) | (own == 1)).all())


def _training(network: Network, runs: SheetRuns, batch: int, steps: int | None) -> Training:
    """With all observations in each step, or with so many of them in turn where that explains as many cells."""
    whole = Training(network, runs.inputs)
    if batch == network.observations:
        return whole
    moved = np.flatnonzero(runs.moved).tolist()
    in_turn = Training(network, runs.inputs, batch)
    most = len(look_up(whole, runs.values, moved, steps))
    return in_turn if len(look_up(in_turn, runs.values, moved, steps)) >= most else whole


def _reached(graph: Dependencies, places: list[Place], driven: set[Place]) -> NDArray[np.bool_]:
    """The cells that depend on an input; RAND and the like move others, too."""
    if not any(volatile_function(formula) for formula in graph.formulas.values()):
        return np.ones(len(places), dtype=bool)
    reached = graph.reached(driven)
    return np.array([place in reached for place in places])


def _absent(network: Network, where: InputMap) -> frozenset[tuple[str, tuple[int, ...]]]:
    """What cannot vary on the sheet: biases that no cell holds and that training leaves at 0."""
    found = set[tuple[str, tuple[int, ...]]]()
    for number, layer in enumerate(network.layers, 1):
        last = network.sizes[number - 1]
        for j, bias in enumerate(layer.weights[-1]):
            if layer.bias and bias == 0 and not network.train_bias and (q("W", number), last, j) not in where.cells:
                found |= {(q("W", number), (last, j)), (q("dC_dW", number), (last, j))}
    return frozenset(found)


def judge_layout(
    workbook: Workbook,
    network: Network,
    inputs_map: InputMap | None = None,
    options: JudgeOptions = DEFAULT_OPTIONS,
    *,
    name: str = "",
) -> Report:
    """Judge a workbook in any layout: identified cells are correct, the others wrong where it begins, else carried.

    What is there is judged. With `options.complete` what the network implies and nothing on the sheet stands for is missing:
    a quantity whose work is done inside another formula is not, nor is the cost after the step. Cells that no input moves,
    texts and helpers are not judged.
    """
    return report_of(identify_workbook(workbook, network, inputs_map, options, name=name), options.complete)


def report_of(found: Identification, complete: bool = True) -> Report:
    """The verdicts that an identification amounts to; unless it is to be `complete`, a note says what is not there."""
    missing = tuple(_missing(found))
    absent = ", ".join(symbol_of(name) for name in dict.fromkeys(cell.quantity for cell in missing))
    left_out = (
        (f"not on the sheet, nor anything made of it, and not counted: {absent}",) if absent and not complete else ()
    )
    return Report(
        workbook=found.workbook,
        network=found.network,
        network_source=found.network_source,
        engine=found.engine,
        trials=found.trials,
        seed=found.seed,
        cells=(*(missing if complete else ()), *map(_unknown, found.unidentified), *_known(found)),
        notes=(f"inputs from {found.inputs_from}", *found.notes, *left_out),
    )


def _missing(found: Identification) -> Iterator[CellVerdict]:
    for one in found.nowhere:
        if not one.through and one.quantity != "cost_new":
            many = f"{one.lacking} of its {one.size} numbers" if one.lacking < one.size else "its numbers"
            message = f"no cell computes {many}, nor anything made of them (step {one.step})"
            yield CellVerdict(None, None, one.quantity, None, Verdict.MISSING, message)


def _unknown(cell: Unidentified) -> CellVerdict:
    return CellVerdict(
        cell.sheet,
        cell.cell,
        cell.expected.quantity if cell.expected else "unknown",
        cell.expected.index if cell.expected else None,
        cell.verdict,
        cell.message,
        formula=cell.formula,
        value=cell.value,
        expected=cell.expected_value,
        cause=cell.follows,
        mistakes=cell.mistakes,
    )


def _known(found: Identification) -> Iterator[CellVerdict]:
    for cell in found.identified:
        verdict, message = Verdict.CORRECT, "computes what it should"
        step = f" (step {cell.label.step})" if cell.label.step > 1 else ""
        if cell.carried:
            verdict = Verdict.CARRIED
            message = f"the formula is right; the error comes from {cell.because or 'a wrong cell upstream'}"
        if chance := volatile_function(cell.formula):
            verdict, message = Verdict.WRONG, f"{chance} gives another value at every look: not deterministic"
        yield CellVerdict(
            cell.sheet,
            cell.cell,
            cell.label.quantity,
            cell.label.index,
            verdict,
            message + step,
            formula=cell.formula,
            value=cell.value,
            cause=cell.because,
        )
