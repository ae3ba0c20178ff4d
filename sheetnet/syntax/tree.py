"""The tree of a formula: its nodes, how it is spelled, and what each node can stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sheetnet.syntax.tokens import TokenKind

# Functions that can give cells, not only their values.
_REFERRING = frozenset({"INDEX", "OFFSET", "INDIRECT", "CHOOSE", "IF", "IFS", "SWITCH", "XLOOKUP", "LET"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A number, text, error, name or reference, or an array of constants, as it is written."""

    kind: TokenKind
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, as written, with its arguments; an argument left out is None."""

    function: str
    arguments: tuple[Node | None, ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """What a formula gives, called as a function: `LAMBDA(x,x+1)(A1)`."""

    function: Node
    arguments: tuple[Node | None, ...]


@dataclass(frozen=True, slots=True)
class Prefixed:
    """Signs before their operand, all in one text: "-", "--", "@"."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Postfixed:
    """What is written after its operand: "%", more of them, or "#"."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """Operations of one rank, from left to right; `signs` stand between the operands."""

    operands: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brackets:
    """An expression in brackets."""

    inner: Node


Node = Leaf | Call | Apply | Prefixed | Postfixed | Chain | Brackets


def spelled(node: Node | None) -> str:
    """The formula of a tree, without spaces that mean nothing and with every bracket closed."""
    match node:
        case None:
            return ""
        case Leaf():
            return node.text
        case Call():
            return f"{node.function}({','.join([spelled(each) for each in node.arguments])})"
        case Apply():
            return f"{spelled(node.function)}({','.join([spelled(each) for each in node.arguments])})"
        case Prefixed():
            return node.sign + spelled(node.operand)
        case Postfixed():
            return spelled(node.operand) + node.sign
        case Brackets():
            return f"({spelled(node.inner)})"
        case Chain():
            parts = [spelled(node.operands[0])]
            for sign, operand in zip(node.signs, node.operands[1:], strict=True):
                parts += (sign, spelled(operand))
            return "".join(parts)


def parts(node: Node | None) -> Iterator[Node]:
    """The node and all below it."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if found is not None:
            yield found
            waiting.extend(reversed(below(found)))


def below(node: Node) -> tuple[Node | None, ...]:
    """What a node is made of, in the order in which it is written."""
    match node:
        case Leaf():
            return ()
        case Call():
            return node.arguments
        case Apply():
            return (node.function, *node.arguments)
        case Prefixed() | Postfixed():
            return (node.operand,)
        case Brackets():
            return (node.inner,)
        case Chain():
            return node.operands


def bare(node: Node) -> Node:
    """What stands inside all the brackets around it."""
    while isinstance(node, Brackets):
        node = node.inner
    return node


def refers(node: Node) -> bool:
    """Whether a node can stand for cells: only then is a space, a colon or a comma beside it an operation."""
    match node:
        case Leaf():
            return node.kind in ("reference", "name", "error")
        case Call():
            return node.function.upper() in _REFERRING
        case Brackets():
            return refers(node.inner)
        case Chain():
            return node.signs[0] in ":, "
        case Postfixed():
            return node.sign == "#"
        case Prefixed():
            return node.sign == "@" and refers(node.operand)
        case Apply():
            return False
