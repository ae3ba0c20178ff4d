"""No pattern tries one text in many ways: a number of 21 digits once kept a worker busy for minutes."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import sheetnet

_compiler, _constants, _parser = (import_module(f"re._{part}") for part in ("compiler", "constants", "parser"))
BACKTRACKING = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
REPEATS = (*BACKTRACKING, _constants.POSSESSIVE_REPEAT)
NO_CHARACTER = (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT)
SAMPLE = [*map(chr, range(128)), "é", "\u2028"]
MANY = 300  # times from which a repeat counts as endless
Node = tuple[Any, Any]


def patterns() -> dict[str, re.Pattern[Any]]:
    """Every compiled pattern that a module holds, by module and name."""
    modules = [module.name for module in pkgutil.walk_packages(sheetnet.__path__, "sheetnet.")]
    return {
        f"{module}.{name}": value
        for module in modules
        if not module.endswith("__main__")
        for name, value in vars(import_module(module)).items()
        if isinstance(value, re.Pattern)
    }


def parts(node: Node) -> list[Any]:
    """The sequences of nodes inside a node."""
    kind, value = node
    if kind in REPEATS:
        return [value[2]]
    if kind is _constants.SUBPATTERN:
        return [value[3]]
    if kind is _constants.ATOMIC_GROUP:
        return [value]
    return list(value[1]) if kind is _constants.BRANCH else []


def every_node(sequence: Any) -> Iterator[Node]:
    """All nodes of a sequence, also inside others."""
    for node in sequence:
        yield node
        for part in parts(node):
            yield from every_node(part)


def is_endless(node: Node) -> bool:
    """Whether a node is a repeat that gives back what it took, and without an end."""
    return node[0] in BACKTRACKING and node[1][1] > MANY


def has_choice(sequence: Any) -> bool:
    """Whether a sequence can match one text in several ways, as far as that shows without reading it closely."""
    for kind, value in sequence:
        if kind is _constants.BRANCH or (kind in BACKTRACKING and value[0] != value[1]):
            return True
        if kind is _constants.SUBPATTERN and has_choice(value[3]):
            return True
    return False


def first_characters(node: Node, pattern: re.Pattern[Any]) -> set[str]:
    """With which characters of the sample a match of the node can begin."""
    if node[0] in NO_CHARACTER:
        return set()
    found = set[str]()
    for part in parts(node):
        for inner in part:
            found |= first_characters(inner, pattern)
            if not may_be_empty(inner):
                break
    if parts(node):
        return found
    one = _compiler.compile(_parser.SubPattern(_parser.State(), [node]), pattern.flags)
    text = isinstance(pattern.pattern, str)
    return {letter for letter in SAMPLE if one.fullmatch(letter if text else letter.encode("latin-1", "replace"))}


def may_be_empty(node: Node) -> bool:
    """Whether a node can match nothing."""
    kind, value = node
    if kind in REPEATS:
        return value[0] == 0 or all(map(may_be_empty, value[2]))
    return kind in NO_CHARACTER or any(all(map(may_be_empty, part)) for part in parts(node))


def meeting(sequence: Any, pattern: re.Pattern[Any]) -> Iterator[tuple[Node, Node]]:
    """Two endless repeats with nothing that must stand between them, and a character that either may take."""
    nodes = list(sequence)
    for place, node in enumerate(nodes):
        for part in parts(node):
            yield from meeting(part, pattern)
        if not is_endless(node):
            continue
        taken = first_characters(node, pattern)
        for other in nodes[place + 1 :]:
            endless = any(map(is_endless, every_node([other])))
            if endless and taken & first_characters(other, pattern):
                yield node, other
            if not may_be_empty(other):
                break


def parsed(pattern: re.Pattern[Any]) -> Any:
    """The tree of a pattern."""
    return _parser.parse(pattern.pattern, pattern.flags)


def splits(tree: Any) -> list[Node]:
    """The endless repeats with choices inside."""
    return [node for node in every_node(tree) if is_endless(node) and has_choice(node[1][2])]


def test_no_endless_repeat_has_choices_inside() -> None:
    """`(a+)*` splits a text in all ways before it fails; `(a++)*+` in one."""
    assert [name for name, pattern in patterns().items() if splits(parsed(pattern))] == []


def test_no_two_endless_repeats_take_the_same_characters() -> None:
    r"""`\d+\.?\d*` tries every place at which the second may begin."""
    found = [name for name, pattern in patterns().items() if list(meeting(parsed(pattern), pattern))]
    assert found == []


def test_the_rules_know_what_they_refuse() -> None:
    """The pattern that hung a worker, and a number read with two repeats."""
    assert len(patterns()) > 50
    assert splits(parsed(re.compile(r"(?:[-+ ]|[0-9]+\.?[0-9]*)*")))
    twice = re.compile(r"[0-9]+\.?[0-9]*x")
    assert list(meeting(parsed(twice), twice))
