"""Where in a line values may lie: a word, or a few, and what they would mean.

Whether a span is taken out of its sentence is decided elsewhere (`sentence.py`, `loose.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opsbot.core.nearest import nearest
from opsbot.core.parameter import Kind, Parameter, Single, code, not_read
from opsbot.core.value import (
    DASHES,
    Lookup,
    Trust,
    alike,
    bared,
    read_text,
    read_word,
    vocabulary,
)
from opsbot.core.when import Refused
from opsbot.core.words import Word, as_typed

_LONGEST = 5  # words of one value: `yesterday at 2:02 pm UTC`
_EDGE = 60  # words at each end of a line in which values are looked for: nobody types more of them
_RANK = {
    kind: rank
    for rank, kind in enumerate((
        Kind.FLAG, Kind.MOMENT, Kind.DATE, Kind.DURATION, Kind.SEVERITY, Kind.ENTRY,
        Kind.INCIDENT, Kind.STATUS, Kind.CHOICE, Kind.PERSON, Kind.SERVICE,
    ))
}  # fmt: skip
_KEY = re.compile(
    rf"(?P<dash>--|[{DASHES[1:]}]-?)?(?P<name>[^\W_](?:[\w-]*\w)?)(?:(?P<sign>[=:])(?P<value>.*))?",
    re.DOTALL,
)


_SEPARATORS = frozenset(",;:.!-–—―−|/()[]{}·•→>=")


def is_separator(word: Word) -> bool:
    """Whether the word is but a comma, a dash or the like between others."""
    return type(word) is Word and not word.quoted and _SEPARATORS.issuperset(word.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a span means for one parameter; Refused when it means something that cannot be."""

    parameter: Parameter
    value: Single | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Words `start` to `end` of the line, and what they may mean, the likeliest first."""

    start: int
    end: int
    typed: str
    readings: tuple[Reading, ...]
    named: bool = False  # said by name: `severity=sev1`, `--private`
    strict: bool = False  # wrong wherever it stands
    kept: bool = False  # its words stay in the prose: a value only where no other is given

    @property
    def first(self) -> Reading:
        return self.readings[0]

    @property
    def is_good(self) -> bool:
        return not isinstance(self.first.value, Refused)


class Spans:
    """All the values that may lie in a line. Values said by name are found first, and what they
    name is not guessed at any more."""

    def __init__(
        self, words: Sequence[Word], parameters: Iterable[Parameter], lookup: Lookup, trust: Trust
    ) -> None:
        self.words = tuple(words)
        self.parameters = tuple(parameters)
        self._lookup, self._trust = lookup, trust
        self.named = tuple(self._all_named())
        given = {
            one.first.parameter.name
            for one in self.named
            if one.is_good and not one.first.parameter.many
        }
        able = [p for p in self.parameters if p.kind is not Kind.TEXT and p.name not in given]
        self._guessable = sorted(able, key=lambda p: _RANK[p.kind])
        self._by_start = {one.start: one for one in self.named}
        self._by_end = {one.end: one for one in self.named}
        self._taken = frozenset(i for one in self.named for i in range(one.start, one.end))

    def starting(self, start: int, stop: int) -> Span | None:
        """The longest value that starts at word `start` and ends by `stop`."""
        if named := self._by_start.get(start):
            return named if named.end <= stop else None
        return self._longest((start, end) for end in range(min(start + _LONGEST, stop), start, -1))

    def ending(self, end: int, floor: int) -> Span | None:
        """The longest value that ends before word `end` and starts at `floor` or later."""
        if named := self._by_end.get(end):
            return named if named.start >= floor else None
        return self._longest((start, end) for start in range(max(end - _LONGEST, floor), end))

    def _longest(self, windows: Iterable[tuple[int, int]]) -> Span | None:
        return next((span for window in windows if (span := self._guess(*window))), None)

    def _guess(self, start: int, end: int) -> Span | None:
        if start >= _EDGE and end <= len(self.words) - _EDGE:
            return None
        if any(self._is_closed(i, alone=end - start == 1) for i in range(start, end)):
            return None
        if self._is_tied(start - 1) or self._is_tied(end - 1):
            return None
        text = bared(" ".join(word.text for word in self.words[start:end]))
        readings: list[Reading] = []
        for parameter in self._guessable:
            if end - start == 1:
                value = read_word(parameter, self.words[start], self._lookup, self._trust)
            else:
                value = read_text(parameter, text, self._lookup, self._trust)
            if value is not None:
                readings.append(Reading(parameter=parameter, value=value))
        if not readings:
            return None
        if text.isdigit():  # nothing but the order of the parameters tells what a number is
            readings.sort(key=lambda one: self.parameters.index(one.parameter))
        return Span(start=start, end=end, typed=self._typed(start, end), readings=tuple(readings))

    def _is_closed(self, index: int, *, alone: bool) -> bool:
        """Whether the word can be no part of a value: quoted, used already, or, among several,
        one of Slack's tokens."""
        word = self.words[index]
        return word.quoted or index in self._taken or not (alone or type(word) is Word)

    def _is_tied(self, index: int) -> bool:
        """Whether the word and the next stand together without a space, as in "@ann's"."""
        if not 0 <= index < len(self.words) - 1:
            return False
        left, right = self.words[index], self.words[index + 1]
        return left.end == right.start and not (is_separator(left) or is_separator(right))

    def _typed(self, start: int, end: int) -> str:
        return as_typed(self.words[start:end])

    def _all_named(self) -> Iterable[Span]:
        index = 0
        while index < len(self.words):
            span = self._named_at(index)
            if span:
                yield span
            index = span.end if span else index + 1

    def _named_at(self, start: int) -> Span | None:
        word = self.words[start]
        key = _KEY.fullmatch(word.text) if type(word) is Word and not word.quoted else None
        if key is None or not (key["dash"] or key["sign"] or self._is_sign(start + 1)):
            return None
        parameter = self._by_name(key["name"], exactly=not key["sign"])
        if parameter is None:
            return self._mistyped_flag(start, key["name"]) if key["dash"] else None
        if parameter.kind is Kind.TEXT:
            return None
        if not key["sign"] and parameter.kind is Kind.FLAG:
            return self._found(start, start + 1, parameter, True) if key["dash"] else None
        return self._keyed(start, parameter, key["value"] or "")

    def _keyed(self, start: int, parameter: Parameter, glued: str) -> Span | None:
        """The value after `name=`; a refusal when the word itself goes on and makes no sense."""
        after = start + 1 + (not glued and self._is_sign(start + 1))
        for end in range(min(after + _LONGEST, len(self.words)), after - bool(glued), -1):
            value = self._after_key(parameter, glued, after, end)
            if value is not None:
                return self._found(start, end, parameter, value)
        if not glued:
            return None
        close = nearest(glued, vocabulary((parameter,), self._lookup))
        told = f"{not_read(parameter, glued, close).sentence} Put quotes around it if it is text."
        refused = Refused(sentence=told)
        return self._found(start, start + 1, parameter, refused)

    def _after_key(
        self, parameter: Parameter, glued: str, start: int, end: int
    ) -> Single | Refused | None:
        words = self.words[start:end]
        if any(word.quoted for word in words):
            return None
        # Apart from its name a value must look like one: "lead: nobody yet" names nobody.
        shy = not glued and parameter.kind in {Kind.PERSON, Kind.INCIDENT, Kind.ENTRY}
        trust = Trust.LINE if shy else Trust.NAMED
        if not glued and len(words) == 1:
            return read_word(parameter, words[0], self._lookup, trust)
        if any(type(word) is not Word for word in words):
            return None
        text = bared(" ".join([*([glued] if glued else []), *(word.text for word in words)]))
        return read_text(parameter, text, self._lookup, trust)

    def _is_sign(self, index: int) -> bool:
        return index < len(self.words) and self.words[index].typed == "="

    def _by_name(self, name: str, *, exactly: bool) -> Parameter | None:
        key = alike(name)
        exact = next((p for p in self.parameters if alike(p.name) == key), None)
        if exact or exactly or len(key) < 3:
            return exact
        begun = [
            p for p in self.parameters if alike(p.name).startswith(key) and p.kind is not Kind.TEXT
        ]
        return begun[0] if len(begun) == 1 else None

    def _mistyped_flag(self, start: int, name: str) -> Span | None:
        """`--pirvate` must not become a part of a public title."""
        flags = {p.name: p for p in self.parameters if p.kind is Kind.FLAG}
        close = nearest(name, flags)
        if close is None:
            return None
        typed = self.words[start].typed
        told = f"{code(typed)} is not known here. Did you mean {code('--' + close)}?"
        refused = Refused(sentence=f"{told} Put quotes around it if it is text.")
        return self._found(start, start + 1, flags[close], refused, strict=True)

    def _found(
        self, start: int, end: int, parameter: Parameter, value: Single | Refused, *,
        strict: bool = False,
    ) -> Span:  # fmt: skip
        readings = (Reading(parameter=parameter, value=value),)
        return Span(start=start, end=end, typed=self._typed(start, end), readings=readings,
                    named=True, strict=strict)  # fmt: skip
