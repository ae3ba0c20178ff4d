"""Numbers of their own for each student: distinct, sound, as hard as the teacher's, and made again from the secret."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from sheetnet.classroom import Variation, doubts
from sheetnet.classroom.secret import Secret
from sheetnet.classroom.soundness import DIGITS, Soundness
from sheetnet.classroom.variants import PARTS, Variants, network_with
from sheetnet.errors import NetworkError, UsageError
from sheetnet.mistakes import mistaken_equations
from sheetnet.network_file import load_network
from sheetnet.reference import evaluate_step, inputs_of, training_step
from tests.support.figures import record

SECRET = Secret(b"s" * 32, "homework 1")
RELU = {
    "title": "Two ReLU units, one of them off",
    "loss": "mse",
    "learning_rate": 0.1,
    "observations": {"inputs": [[1.0, 2.0], [2.0, -1.0]], "targets": [[1.0], [0.5]]},
    "layers": [
        {"activation": "relu", "weights": [[0.5, 0.4], [0.6, -0.9]], "bias": [0.1, 0.2]},
        {"activation": "identity", "weights": [[0.7, -0.6]], "bias": [0.1]},
    ],
}
WIDE = Variation(PARTS, 0.1)


@pytest.mark.parametrize("source", ["d02b", "bias-node", "relu-sigmoid-softmax", "xor-batch", RELU])
def test_variants_are_sound_distinct_and_as_hard(source: str | dict[str, object]) -> None:
    """Asked of the network itself, not of what accepted it."""
    network = load_network(source)
    variants = Variants(network, WIDE, SECRET)
    found = [variants.of(f"s{number}") for number in range(20)]
    assert len({variant.numbers for variant in found}) == 20
    template = training_step(network)
    for variant in found:
        own = network_with(network, variants.slots, variant.numbers)
        step = training_step(own)
        assert own.sizes == network.sizes
        assert step["cost_new"].item() < step["cost"].item()
        for layer in range(1, network.depth + 1):
            if network.activation_facts(layer).off is not None:
                assert (step[f"z_{layer}"] <= 0).sum() == (template[f"z_{layer}"] <= 0).sum()
            seen = np.abs(step[f"delta_{layer}"])
            assert not ((seen > 0) & (np.round(seen, DIGITS) == 0)).any()
        assert doubts(own) == []


def test_every_mistake_that_shows_in_the_teachers_network_shows_in_a_variant() -> None:
    """A variant in which W and its transpose give the same digits would let the mistake pass."""
    network = load_network("d02b")
    variants = Variants(network, WIDE, SECRET)

    def shown(numbers: tuple[float, ...] | None) -> set[tuple[str, str, str]]:
        own = network if numbers is None else network_with(network, variants.slots, numbers)
        values, found = evaluate_step(own, inputs_of(own)), set()
        for block in network.blocks:
            for mistake in mistaken_equations(network, block, any_formula=False):
                wrong = np.broadcast_to(mistake.array(values), values[block].shape)
                if (np.round(wrong, DIGITS) != np.round(values[block], DIGITS)).any():
                    found.add((block, mistake.mistake.code, mistake.change.label))
        return found

    wanted = shown(None)
    assert len(wanted) > 100
    assert all(wanted <= shown(variants.of(f"s{number}").numbers) for number in range(5))


def test_the_same_secret_gives_the_same_numbers() -> None:
    """To one student of one assignment; to no other."""
    network = load_network("d02b")
    ada = Variants(network, WIDE, SECRET).of("ada")
    assert ada == Variants(network, WIDE, SECRET).of("ada")
    assert ada != Variants(network, WIDE, SECRET).of("bob")
    assert ada != Variants(network, WIDE, Secret(SECRET.key, "homework 2")).of("ada")
    assert ada != Variants(network, WIDE, Secret(b"t" * 32, SECRET.assignment)).of("ada")


def test_accepted_draws_are_nearer_in_difficulty_than_rejected_ones(record_property) -> None:
    """1,000 draws of d02b: none is accepted that is far from the teacher's network."""
    network = load_network("d02b")
    hard = Soundness.of(network).hard
    vetted = list(islice(Variants(network, WIDE, SECRET).vetted("ada"), 1_000))
    far = {
        accepted: [abs(one.variant.difficulty - hard) for one in vetted if (one.refused is None) is accepted]
        for accepted in (True, False)
    }
    assert max(far[True]) < max(far[False])
    assert np.mean(far[True]) < np.mean(far[False])
    record(
        record_property,
        f"{len(vetted):,} draws of d02b: {len(far[True])} accepted, {np.mean(far[True]):.1f} (at most {max(far[True]):.0f}) "
        f"from the lesson's difficulty, the others {np.mean(far[False]):.1f} (at most {max(far[False]):.0f})",
    )  # fmt: skip


def test_numbers_keep_their_kind() -> None:
    """Classes stay classes, labels labels, one bias of a layer one number, signs signs, and steps are multiples."""
    softmax, xor, lesson = map(load_network, ("relu-sigmoid-softmax", "xor-batch", "d02b"))
    slots = Variation(("targets",)).slots(softmax)
    assert len(slots) == softmax.observations
    own = network_with(softmax, slots, [2.0] * len(slots))
    assert {row[2] for row in own.targets} == {1.0}
    assert {sum(row) for row in own.targets} == {1.0}
    assert {slot.choices for slot in Variation(("inputs",)).slots(xor)} == {(0.0, 1.0)}
    assert [slot.name for slot in Variation(("biases",)).slots(lesson)] == ["W_1[2, 0]", "W_2[2, 0]"]
    for slot in Variation(PARTS, 0.25).slots(lesson):
        assert all(0 < choice == round(choice * 4) / 4 for choice in slot.choices)
    assert max(max(slot.choices) for slot in Variation(("targets",)).slots(lesson)) < 1


def test_what_cannot_be_varied() -> None:
    """One line, with the remedy."""
    with pytest.raises(UsageError, match="choose from inputs, targets, weights, biases"):
        Variation(("gamma",))
    with pytest.raises(UsageError, match="positive number"):
        Variation(("inputs",), 0.0)
    xor = Variants(load_network("xor-batch"), Variation(("targets",)), SECRET)
    for number in range(7):
        xor.of(str(number))
    with pytest.raises(NetworkError, match=r"none of .* draws .* somebody has it"):
        [xor.of(str(number)) for number in range(7, 17)]


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"learning_rate": 500.0}, "the step does not lower the cost"),
        ({"observations": {"inputs": [[-1.0, -2.0], [-2.0, -1.0]], "targets": [[1.0], [0.5]]}}, "neuron 0 of layer 1"),
        ({"observations": {"inputs": [[1.0, 2.0]], "targets": [[1.08001]]}}, "shows as 0.0000"),
    ],
)
def test_a_network_that_is_a_poor_exercise(change: dict[str, object], doubt: str) -> None:
    """What `assign` and `generate --student` tell the teacher."""
    assert any(doubt in words for words in doubts(load_network(RELU | change)))
