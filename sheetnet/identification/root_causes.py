"""Separates root errors from propagated ones: puts in expected values and identifies again.

A cell that computes nothing known, though all that it uses is right, is wrong, or nobody knows what it is for. A cell that
computes a mere factor, or what another one computes too, is the first suspect where its users compute nothing known. What
either should compute is guessed from pattern, heading and operands (`intended`), put in, and proved by its users: they
are right then. What nobody proves is blamed only on good evidence, and else set apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sheetnet.errors import EngineError
from sheetnet.identification.explain import connected
from sheetnet.identification.intended import Candidate, Intentions
from sheetnet.identification.labels import CONSTANT, Label, label_all, look_up_between
from sheetnet.identification.neighbours import Hypothesis, by_neighbours, copies_a_cell, first_of
from sheetnet.identification.set_apart import surely_apart
from sheetnet.identification.state import IdentifyState
from sheetnet.quantity import Quantity, q
from sheetnet.workbook import Place

ROUNDS = 24  # each finds at least one wrong cell, usually all that do not depend on one another
FACTORS = ("dC_da", "da_dz", "J")  # blocks of which δ is made
LAST_RESULTS = ("cost", "dC_dW", "W")  # which no other quantity needs
WINDOW, WIDER = 200, 4  # unknown cells of a large workbook looked at first, and how many times more in each round
MOST_IN_A_CHAIN = 4  # of suspects that use one another
MOST_GROUPS = 12  # formulas that are tried one by one, where trying all at once proves none
MOST_QUANTITIES = 4  # that are tried for the cells of one formula
Candidates = Mapping[Place, Sequence[Candidate]]


def repair(state: IdentifyState) -> None:
    """Sort what is not recognised into wrong and carried, as far as that can be told and the budgets last.

    Nothing that was found before depends on it: where the engine fails at a hypothesis, the cells left are not looked at.
    """
    try:
        _look_twice(state)
    except EngineError:
        state.exhausted = True


def _look_twice(state: IdentifyState) -> None:
    window = WINDOW
    for _ in range(ROUNDS):
        if not state.may_run(2):
            return
        state.apart |= surely_apart(state)
        blamed = _by_neighbours(state, window) if state.is_large else {}
        blamed = blamed or _suspects(state) or _first_unknown(state)
        if not blamed:
            return
        state.blame(blamed)
        state.blame(_filled_on(state, blamed))
        _recognise_again(state)
        window *= WIDER
    state.exhausted |= bool(state.open())


def _by_neighbours(state: IdentifyState, window: int) -> Hypothesis:
    """What the labels around tell, of so many unknown cells, or of more where they tell nothing."""
    unknown = state.open()
    while unknown and state.may_run():
        if blamed := by_neighbours(state, unknown[:window]):
            return blamed
        if window >= len(unknown):
            break
        window *= WIDER
    return {}


def _recognise_again(state: IdentifyState) -> None:
    """The workbook once more; what was recognised downstream as −δ, because δ has the wrong sign, is looked up again."""
    state.rerun()
    after = set(state.graph.after(state.wrong, len(state.places)))
    settled = {p for p in state.carried if p in state.labels and state.training.is_block(state.labels[p][0])}
    again = {p for p in after if p in state.labels and p not in settled} | set(state.open())
    before = {place: state.labels.pop(place) for place in again if place in state.labels}
    found = state.recognise([state.numbers[place] for place in again])
    state.carried |= {place for place in found if before.get(place) != found[place]}
    state.find_helpers()


# Suspects: recognised cells whose users compute nothing known


def _suspects(state: IdentifyState) -> Hypothesis:
    """Recognised cells that make their users right with another number.

    First those that compute a factor or a duplicate, or that differ from their column or from the order of the weights; then
    any that only unknown cells use.
    """
    if proved := _proved(state, Intentions(state), _unchanged_weights(state)):
        return proved
    ordered = _in_order_of_weights(state)
    weak = _doubtful(state, ordered)
    intentions = Intentions(state, weak, ordered)
    candidates = _candidates(intentions, weak)
    if proved := _first_proved(state, intentions, candidates):
        return proved
    used = _used_by_unknown_alone(state) - weak
    others = Intentions(state)
    if proved := _first_proved(state, others, _candidates(others, used)):
        return proved
    return {place: best.label for place, (best, *_) in candidates.items() if _is_plain(state, place, best)}


def _candidates(intentions: Intentions, places: Iterable[Place]) -> Candidates:
    return {place: found for place in places if (found := intentions.candidates(place))}


def _doubtful(state: IdentifyState, ordered: Mapping[Place, Label]) -> frozenset[Place]:
    """The recognised cells that no right cell uses, and that compute a factor, what another cell computes too, or what
    stands elsewhere by the pattern of their row and column.
    """
    twice = _held_twice(state)
    pattern = Intentions(state, twice)
    found: set[Place] = set()
    for place in reversed(state.graph.order):
        labels = state.labels.get(place)
        if labels is None or labels[0].quantity in CONSTANT:
            continue
        if any(user in state.labels and user not in found for user in state.graph.dependents.get(place, ())):
            continue
        meant = pattern.by_lines(place)
        weak = _is_partial(state, labels[0]) or (
            place in twice and (copies_a_cell(state, place) or meant not in labels)
        )
        if weak or place in ordered or (meant is not None and meant not in labels and pattern.possible(meant)):
            found.add(place)
    return frozenset(found)


def _held_twice(state: IdentifyState) -> frozenset[Place]:
    """The cells whose number more cells hold than there are quantities with it; of cells and copies of them the copies."""
    everywhere = Counter(state.labels.values())
    own = Counter(labels for place, labels in state.labels.items() if not copies_a_cell(state, place))

    def is_twice(place: Place, labels: tuple[Label, ...]) -> bool:
        return (everywhere if copies_a_cell(state, place) else own)[labels] > len(labels)

    return frozenset(place for place, labels in state.labels.items() if is_twice(place, labels))


def _unchanged_weights(state: IdentifyState) -> Candidates:
    """Formulas with more than a reference that give a weight which they refer to, and the weight after it."""
    found = {}
    for place, (label, *_) in state.labels.items():
        if Quantity.of(label.quantity).symbol == "W" and not copies_a_cell(state, place):
            used = state.graph.precedents(place)
            if any(state.given.get(one) == label or label in state.labels.get(one, ()) for one in used):
                found[place] = [Candidate(1.0, replace(label, step=label.step + 1), 0, 0.0, 0)]
    return found


def _is_partial(state: IdentifyState, label: Label) -> bool:
    """Whether it is a factor of something else, or what cannot vary on this sheet."""
    factor = Quantity.of(label.quantity).symbol in FACTORS or not state.training.is_block(label)
    return factor or (label.quantity, label.index) in state.absent


def _in_order_of_weights(state: IdentifyState) -> Hypothesis:
    """Gradients that stand in another order than the weights do: cell → the gradient in whose place it stands."""
    weights: dict[str, list[tuple[Place, tuple[int, ...]]]] = {}
    for place, label in state.given.items():
        quantity = Quantity.of(label.quantity)
        if quantity.symbol == "W" and label.index[0] < state.network.sizes[(quantity.layer or 1) - 1]:
            weights.setdefault(q("dC_dW", quantity.layer), []).append((place, label.index))
    groups: dict[tuple[str, int], list[tuple[Place, tuple[int, ...]]]] = {}
    for place, (label, *_) in state.labels.items():
        if label.quantity in weights:
            groups.setdefault((label.quantity, label.step), []).append((place, label.index))
    found = Hypothesis()
    for (name, step), cells in groups.items():
        order = [index for _, index in sorted(weights[name])]
        here = sorted((place, index) for place, index in cells if index in set(order))
        indices = [index for _, index in here]
        turned = sorted(order, key=lambda index: index[::-1]) if order == sorted(order) else sorted(order)
        if sorted(indices) == sorted(order) and indices not in (order, turned):
            meant = zip(here, order, strict=True)
            found |= {place: Label(name, index, step) for (place, own), index in meant if own != index}
    return found


def _used_by_unknown_alone(state: IdentifyState) -> frozenset[Place]:
    """The recognised cells that first unknown ones use, and no recognised one."""
    used = {u for place in first_of(state, state.open()) for u in state.graph.precedents(place) if u in state.labels}
    return frozenset(
        place
        for place in used
        if state.labels[place][0].quantity not in CONSTANT
        and state.labels.keys().isdisjoint(state.graph.dependents[place])
    )


def _first_proved(state: IdentifyState, intentions: Intentions, candidates: Candidates) -> Hypothesis:
    """The suspects proved wrong: of those that use no other one, else of those that use only these, and so on."""
    left = {p: found for p, found in candidates.items() if _is_suspicious(found[0]) and p in state.graph.dependents}
    for _ in range(MOST_IN_A_CHAIN):
        first = _without_earlier(state, left)
        if not first:
            break
        if proved := _proved(state, intentions, first):
            return proved
        left = {place: found for place, found in left.items() if place not in first}
    return {}


def _is_suspicious(best: Candidate) -> bool:
    return best.pattern > 0 or best.called == 1 or best.uses >= 0.3


def _without_earlier(state: IdentifyState, candidates: Candidates) -> Candidates:
    """Those that use none of the others, directly or through cells that are no better known."""
    after = set(state.graph.reached(candidates))
    return {place: found for place, found in candidates.items() if place not in after}


def _is_plain(state: IdentifyState, place: Place, best: Candidate) -> bool:
    """Whether a suspect that nothing uses is wrong: its heading says so, or its column, or it is a last result."""
    unknown = set(state.graph.precedents(place)) & set(state.open())
    if unknown or state.graph.dependents.get(place):
        return False
    if not _is_partial(state, state.labels[place][0]) and place not in _held_twice(state):
        return best.pattern >= 2
    last = Quantity.of(best.label.quantity).symbol in LAST_RESULTS
    return best.called == 1 or best.pattern >= 2 or (best.uses > 0.9 and last)


# Unknown cells of which all that they use is known


def _first_unknown(state: IdentifyState) -> Hypothesis:
    """The unknown cells that use no other unknown one, and what they should compute."""
    intentions = Intentions(state)
    first = first_of(state, state.open())
    candidates = _candidates(intentions, first)
    return _proved(state, intentions, candidates) or _on_good_evidence(state, _assigned(state, candidates, 0))


def _on_good_evidence(state: IdentifyState, chosen: Mapping[Place, Candidate]) -> Hypothesis:
    found = {}
    for place, one in chosen.items():
        leaf = not state.graph.dependents.get(place)
        filled = any(state.is_copy(place, other) for other in state.wrong if other[0] == place[0])
        strong = one.pattern >= 3 or one.uses >= (0.5 if leaf else 0.7)
        if strong or (leaf and one.pattern >= 2) or (one.called == 1 and one.uses > 0.3) or (filled and one.pattern):
            found[place] = one.label
    return found


# Proof


def _proved(state: IdentifyState, intentions: Intentions, candidates: Candidates) -> Hypothesis:
    """The cells some user of which is right once they are put right, each with the likeliest such quantity."""
    if proved := _proved_together(state, intentions, candidates):
        return proved
    groups = _by_formula(state, candidates)
    if len(groups) > 1:
        for places in groups[:MOST_GROUPS]:
            proved |= _proved_together(state, intentions, {place: candidates[place] for place in places})
    return proved


def _by_formula(state: IdentifyState, places: Iterable[Place]) -> list[list[Place]]:
    """The places in groups that hold one formula each: filled down or across, or beside one another and built alike."""
    groups: dict[str, list[Place]] = {}
    for beside in connected(places, lambda one, other: state.skeleton(one) == state.skeleton(other)):
        groups.setdefault(state.pattern(beside[0]), []).extend(beside)
    return list(groups.values())


def _proved_together(state: IdentifyState, intentions: Intentions, candidates: Candidates) -> Hypothesis:
    """The cells some user of which is right; a copy proves weights alone, which go on by copies, and what headings say."""
    proved = Hypothesis()
    left = dict(candidates)
    for turn in range(MOST_QUANTITIES):
        chosen = _assigned(state, left, turn, proved.values())
        if not chosen or not state.may_run():
            break
        right = _right_users(state, intentions, {**proved, **{place: one.label for place, one in chosen.items()}})
        for place, one in chosen.items():
            by_copies = one.called == 1 or Quantity.of(one.label.quantity).symbol == "W"
            users = [
                user for user in state.graph.dependents.get(place, ()) if by_copies or not copies_a_cell(state, user)
            ]
            if any(intentions.is_used(one.label, right[user]) for user in users if user in right):
                proved[place] = one.label
        left = {place: found for place, found in left.items() if place not in proved}
    return proved


def _assigned(
    state: IdentifyState, candidates: Candidates, turn: int, taken: Iterable[Label] = ()
) -> dict[Place, Candidate]:
    """For each cell its best candidate that is not taken, nor another's better one; cells with one formula are alike.

    Each turn takes the next quantity of those that the cells of a formula may be.
    """
    ranked: list[tuple[float, Label, Place, Candidate]] = []
    for places in _by_formula(state, candidates):
        scores: dict[str, float] = {}
        for place in places:
            best = {one.label.quantity: one.score for one in reversed(candidates[place])}
            scores = {name: scores.get(name, 0.0) + best.get(name, 0.0) for name in (*scores, *best)}
        for name in sorted(scores, key=lambda name: (-scores[name], name))[turn : turn + 1]:
            found = ((p, one) for p in places for one in candidates[p] if one.label.quantity == name)
            ranked += [(-one.score, one.label, place, one) for place, one in found]
    gone, chosen = set(taken), dict[Place, Candidate]()
    order = _places_of_weights(state)

    def rank(entry: tuple[float, Label, Place, Candidate]) -> tuple[float, Place, Label, Place]:
        score, label, place, _ = entry  # equals in the order in which the sheet has its weights
        return score, order.get((label.quantity, label.index), ("", 0, 0)), label, place

    for _, label, place, one in sorted(ranked, key=rank):
        if place not in chosen and label not in gone:
            chosen[place] = one
            gone.add(label)
    return chosen


def _places_of_weights(state: IdentifyState) -> dict[tuple[str, tuple[int, ...]], Place]:
    """Where each weight stands, by its own name and by that of its gradient."""
    found: dict[tuple[str, tuple[int, ...]], Place] = {}
    for place, label in state.given.items():
        quantity = Quantity.of(label.quantity)
        if quantity.symbol == "W":
            found[label.quantity, label.index] = found[q("dC_dW", quantity.layer), label.index] = place
    return found


def _right_users(state: IdentifyState, intentions: Intentions, hypothesis: Hypothesis) -> dict[Place, frozenset[Label]]:
    """The users that compute a block nobody else does once these cells are put right, with the operands of it."""
    values = state.put_right(hypothesis)
    users = {user for place in hypothesis for user in state.graph.dependents.get(place, ())} - hypothesis.keys()
    asked = [state.numbers[user] for user in users if user in state.numbers and user not in state.wrong]
    steps = [label.step for label in hypothesis.values()]
    found_at = look_up_between(state.training, values, asked, min(steps), max(steps) + 1)
    labels = label_all(state.training, found_at, state.places)
    held = intentions.as_operands(hypothesis.values())
    found: dict[Place, frozenset[Label]] = {}
    for user, own in labels.items():
        known = [one for one in own if state.training.is_block(one) or intentions.parts(one)]
        new = [one for one in known if intentions.possible(one) and one not in held]
        if new:
            found[user] = frozenset().union(*(intentions.operands(one, held) for one in new))
    return found


# Copies


def _filled_on(state: IdentifyState, blamed: Iterable[Place]) -> Hypothesis:
    """Further cells with a formula that was wrong in two places in a line, one step after the other."""
    found = Hypothesis()
    for sheet, row, column in blamed:
        for down, right in ((1, 0), (0, 1)):
            here, before = (sheet, row, column), (sheet, row - down, column - right)
            if before not in state.wrong or not state.is_copy(before, here):
                continue
            label, last = state.wrong[here], state.wrong[before]
            if (label.quantity, label.index, label.step) != (last.quantity, last.index, last.step + 1):
                continue
            after = (sheet, row + down, column + right)
            while after in state.numbers and state.is_copy(here, after) and after not in state.wrong:
                label = Label(label.quantity, label.index, label.step + 1)
                if not state.is_possible(label):
                    break
                found[after] = label
                after = (sheet, after[1] + down, after[2] + right)
    return found
