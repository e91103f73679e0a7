"""Patterns of string parameters: the plain part of regular expressions, matched in linear time.

Python's own matcher can take years over a pattern such as `(a+)+` and a text that somebody chose
for it. This one walks all ways at once (Thompson's construction), so that its work is bounded by
the pattern's size times the text's length, whatever either says. It matches the whole text.

Known: literals, `.`, `[a-z]`, `[^a-z]`, `\\d \\w \\s` (ASCII) and their capitals, `( )`, `(?: )`,
`|`, `* + ? {n} {n,} {n,m}`. `^` at the start and `$` at the end say what holds anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

MOST_STATES = 1_000
MOST_CHARACTERS = 500
_DEEPEST = 20
_TOO_LONG = "it stands for too many characters: shorten its repetitions"
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": " "}
_COUNT = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}")


class PatternUnusable(Exception):
    """The pattern is none of ours; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class _Chars:
    """One character out of ranges, or out of all but them."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def has(self, char: str) -> bool:
        inside = any(low <= char <= high for low, high in self.ranges)
        return inside is not self.negated


@dataclass(frozen=True, slots=True)
class _Row:
    """Parts one after the other."""

    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    """One of several."""

    ways: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Times:
    """A part so many times; `most` is None without an end."""

    part: _Node
    least: int
    most: int | None


_Node = _Chars | _Row | _Either | _Times
_ANY = _Chars((), negated=True)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` is as `pattern` says. Raises PatternUnusable."""
    machine = compiled(pattern)
    now = machine.closure({0})
    for char in text:
        steps = {
            target
            for state in now
            if (edge := machine.edges.get(state)) is not None and edge[0].has(char)
            for target in (edge[1],)
        }
        if not steps:
            return False
        now = machine.closure(steps)
    return machine.last in now


class _Machine:
    """States with one edge that takes a character, or with free edges."""

    def __init__(self, node: _Node) -> None:
        self.edges: dict[int, tuple[_Chars, int]] = {}
        self.free: dict[int, list[int]] = {}
        self._states = 1
        self._parts = 0
        self.last = self._add(node, 0)

    def closure(self, states: Iterable[int]) -> set[int]:
        """The states and all that are reached from them for free."""
        reached, waiting = set(states), list(states)
        while waiting:
            for target in self.free.get(waiting.pop(), ()):
                if target not in reached:
                    reached.add(target)
                    waiting.append(target)
        return reached

    def _new(self) -> int:
        self._states += 1
        if self._states > MOST_STATES:
            raise PatternUnusable(_TOO_LONG)
        return self._states - 1

    def _join(self, start: int, end: int) -> None:
        self.free.setdefault(start, []).append(end)

    def _add(self, node: _Node, start: int) -> int:
        """Build `node` behind the state `start`; answers the state that its end is."""
        self._parts += 1
        if self._parts > MOST_STATES:
            raise PatternUnusable(_TOO_LONG)
        match node:
            case _Chars():
                entry, end = self._new(), self._new()
                self._join(start, entry)
                self.edges[entry] = (node, end)
                return end
            case _Row(parts):
                for part in parts:
                    start = self._add(part, start)
                return start
            case _Either(ways):
                end = self._new()
                for way in ways:
                    entry = self._new()
                    self._join(start, entry)
                    self._join(self._add(way, entry), end)
                return end
            case _Times():
                return self._repeat(node, start)

    def _repeat(self, node: _Times, start: int) -> int:
        for _ in range(node.least):
            start = self._add(node.part, start)
        end = self._new()
        if node.most is None:
            again = self._new()
            self._join(start, again)
            self._join(self._add(node.part, again), again)
            self._join(again, end)
            return end
        for _ in range(node.most - node.least):
            self._join(start, end)
            start = self._add(node.part, start)
        self._join(start, end)
        return end


@lru_cache(maxsize=256)
def compiled(pattern: str) -> _Machine:
    """The pattern, ready to match. Raises PatternUnusable with what to write instead."""
    if len(pattern) > MOST_CHARACTERS:
        raise PatternUnusable(f"it is longer than {MOST_CHARACTERS} characters: shorten it")
    return _Machine(_Reader(pattern).whole())


class _Reader:
    """Reads a pattern by descent."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def whole(self) -> _Node:
        node = self._either()
        if self.at < len(self.text):
            raise PatternUnusable("a `)` stands alone: write `\\)` for the character")
        return node

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _either(self) -> _Node:
        ways = [self._row()]
        while self._peek() == "|":
            self.at += 1
            ways.append(self._row())
        return ways[0] if len(ways) == 1 else _Either(tuple(ways))

    def _row(self) -> _Node:
        parts: list[_Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._counted(self._one()))
        return _Row(tuple(parts))

    def _one(self) -> _Node:
        char = self._peek()
        self.at += 1
        match char:
            case ".":
                return _ANY
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                return self._escape()
            case "^" if self.at == 1:
                return _Row(())
            case "$" if self.at == len(self.text) and not self.depth:
                return _Row(())
            case "^" | "$":
                raise PatternUnusable(
                    f"`{char}` inside it: the whole text has to match anyway, so remove it"
                )
            case "*" | "+" | "?" | "{":
                raise PatternUnusable(f"nothing to repeat stands before `{char}`")
            case _:
                return _Chars(((char, char),))

    def _group(self) -> _Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise PatternUnusable("its groups are nested too deeply")
        if self._peek() == "?":
            if not self.text.startswith("?:", self.at):
                raise PatternUnusable("groups that begin with `(?` cannot be used, but for `(?:`")
            self.at += 2
        node = self._either()
        if self._peek() != ")":
            raise PatternUnusable("a `(` is never closed")
        self.at += 1
        self.depth -= 1
        return node

    def _counted(self, node: _Node) -> _Node:
        char = self._peek()
        if char not in ("*", "+", "?", "{"):
            return node
        if char == "{":
            least, most = self._braces()
        else:
            self.at += 1
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        if self._peek() in ("*", "+", "?", "{") and self._peek():
            raise PatternUnusable(f"two repetitions in a row (`{char}{self._peek()}`): keep one")
        return _Times(node, least, most)

    def _braces(self) -> tuple[int, int | None]:
        found = _COUNT.match(self.text, self.at)
        if found is None:
            raise PatternUnusable("a `{` is no repetition: write `{2}`, `{2,5}`, or `\\{`")
        self.at = found.end()
        least = int(found[1])
        most = least if found[2] is None else int(found[3]) if found[3] else None
        if most is not None and most < least:
            raise PatternUnusable(f"`{found[0]}` asks for more than it allows")
        return least, most

    def _escape(self) -> _Chars:
        char = self._peek()
        self.at += 1
        if char.lower() in _CLASSES and char:
            ranges = _Reader(_CLASSES[char.lower()]).ranges()
            return _Chars(ranges, negated=char.isupper())
        if not char or (char.isascii() and char.isalnum()):
            raise PatternUnusable(f"`\\{char}` cannot be used; known are \\d, \\w and \\s")
        return _Chars(((char, char),))

    def _class(self) -> _Chars:
        negated = self._peek() == "^"
        self.at += negated
        ranges = self.ranges()
        if self._peek() != "]":
            raise PatternUnusable("a `[` is never closed")
        self.at += 1
        if not ranges:
            raise PatternUnusable("`[]` allows nothing: name the characters")
        return _Chars(ranges, negated=negated)

    def ranges(self) -> tuple[tuple[str, str], ...]:
        """The inside of `[...]`, up to its bracket."""
        found: list[tuple[str, str]] = []
        while self._peek() not in ("", "]"):
            low = self._member()
            is_range = self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]")
            if len(low) > 1 or not is_range:
                found += low
                continue
            self.at += 1
            high = self._member()
            if len(high) > 1 or high[0][0] < low[0][0]:
                raise PatternUnusable("a range inside `[ ]` runs backwards or into a class")
            found.append((low[0][0], high[0][0]))
        return tuple(found)

    def _member(self) -> list[tuple[str, str]]:
        char = self._peek()
        self.at += 1
        if char == "[":
            raise PatternUnusable("a `[` inside `[ ]`: write `\\[` for the character")
        if char != "\\":
            return [(char, char)]
        one = self._escape()
        if one.negated:
            raise PatternUnusable("\\D, \\W and \\S cannot stand inside `[ ]`")
        return list(one.ranges)
