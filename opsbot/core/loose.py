"""Loose parsing of what follows a verb: values in any order, prose kept whole, nothing lost.

    /incident declare sev2 checkout-api answers 5xx since 14:02 @ann
    /incident note -20m "rolled back v2.14"

Values are recognised at the head and at the tail of a line, so that the prose between stays prose;
`name=value` says anything by name; what stands in quotes is only ever text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from types import MappingProxyType

from opsbot.core.nearest import nearest
from opsbot.core.parameter import (
    Kind,
    Parameter,
    PersonRef,
    Problem,
    Read,
    Single,
    Value,
    code,
    example,
    missing,
    not_read,
    twice,
)
from opsbot.core.peel import Peeled, peel, take_anywhere
from opsbot.core.prose import texts
from opsbot.core.span import Reading, Span, Spans
from opsbot.core.text import listed
from opsbot.core.value import Lookup, Trust, bared, read_text, read_word, vocabulary
from opsbot.core.when import Moment, Refused
from opsbot.core.words import Word, as_typed, rest, split

__all__ = [
    "Kind", "Parameter", "PersonRef", "Problem", "Read", "Value", "missing", "read_line",
    "read_value",
]  # fmt: skip


def read_line(
    words: Sequence[Word],
    parameters: Sequence[Parameter],
    *,
    zone: str,
    now: datetime,
    services: Collection[str] = (),
    me: str = "",
) -> Read:
    """The values that the words give to the parameters.

    `zone` is the typist's IANA zone and `me` the typist's Slack id; `services` are the known
    names. Never raises: what cannot be understood is a problem with a sentence.
    """
    lookup = Lookup(zone=zone, now=now, services=services, me=me)
    takes_prose = any(p.kind is Kind.TEXT for p in parameters)
    spans = Spans(words, parameters, lookup, Trust.PROSE if takes_prose else Trust.LINE)
    return _Line(parameters, lookup).read(peel(spans) if takes_prose else take_anywhere(spans))


def read_value(
    parameter: Parameter,
    text: str,
    *,
    zone: str,
    now: datetime,
    services: Collection[str] = (),
    me: str = "",
) -> Value | Problem:
    """The value of one field of a form, by the same rules as `name=value` in a line."""
    lookup = Lookup(zone=zone, now=now, services=services, me=me)
    words = split(text)
    if not words:
        return missing(parameter)
    if parameter.kind is Kind.TEXT and parameter.lined:
        return "\n".join(rest(split(one)) for one in text.strip().splitlines())
    if parameter.kind is Kind.TEXT:
        return rest(words)
    if not parameter.many:
        return _one(parameter, words, lookup)
    whole = _one(parameter, words, lookup)
    found = [whole] if not isinstance(whole, Problem) else _each(parameter, words, lookup)
    problem = next((one for one in found if isinstance(one, Problem)), None)
    return problem or tuple(one for one in found if not isinstance(one, Problem))


def _each(parameter: Parameter, words: Iterable[Word], lookup: Lookup) -> list[Single | Problem]:
    """Every word for itself; `a,b` without a space counts as two."""
    parts = [part for word in words for part in _parts(word)]
    return [_one(parameter, (part,), lookup) for part in parts]


def _parts(word: Word) -> tuple[Word, ...]:
    return split(word.text.replace(",", " ")) if type(word) is Word else (word,)


def _one(parameter: Parameter, words: Sequence[Word], lookup: Lookup) -> Single | Problem:
    if len(words) == 1 and type(words[0]) is not Word:
        value = read_word(parameter, words[0], lookup, Trust.NAMED)
    else:
        value = read_text(parameter, bared(rest(words)), lookup, Trust.NAMED)
    if isinstance(value, Refused):
        return Problem(parameter=parameter.name, sentence=value.sentence)
    if value is None:
        close = nearest(rest(words), vocabulary((parameter,), lookup))
        return not_read(parameter, as_typed(words), close)
    return value


class _Line:
    """Values gathered from one line, with what is wrong and what is to be said."""

    def __init__(self, parameters: Sequence[Parameter], lookup: Lookup) -> None:
        self.parameters, self.lookup = parameters, lookup
        self.values: dict[str, Value] = {}
        self.sources: dict[str, Span] = {}
        self.problems: list[Problem] = []

    def read(self, peeled: Peeled) -> Read:
        for span in peeled.spans:
            self._take(span)
        times = [value.said for value in self.values.values() if isinstance(value, Moment)]
        given, left = texts(peeled.prose, self.parameters, cut=peeled.cut)
        self.values.update(given)
        if left:
            self.problems.append(self._not_understood(left))
        self._require(peeled.prose)
        return Read(
            values=MappingProxyType(self.values), problems=tuple(self.problems),
            said=tuple(dict.fromkeys([*times, *peeled.said])),
        )  # fmt: skip

    def _take(self, span: Span) -> None:
        reading = self._place(span.readings)
        parameter, value, name = reading.parameter, reading.value, reading.parameter.name
        held = self.values.get(name)
        if isinstance(value, Refused):
            self.problems.append(Problem(parameter=name, sentence=value.sentence))
        elif parameter.many:
            before = held if isinstance(held, tuple) else ()
            self.values[name] = before if value in before else (*before, value)
        elif held is None or (self.sources[name].kept and not span.kept):
            self.values[name], self.sources[name] = value, span
        elif held != value and not span.kept:
            first, second = bared(self.sources[name].typed), bared(span.typed)
            self.problems.append(twice(parameter, first, second))

    def _place(self, readings: Sequence[Reading]) -> Reading:
        """The likeliest reading whose parameter still takes a value."""
        free = (r for r in readings if r.parameter.many or r.parameter.name not in self.values)
        return next(free, readings[0])

    def _require(self, prose: Sequence[Word]) -> None:
        """Say what is missing; the first or the last word may be it, mistyped."""
        wrong = {problem.parameter for problem in self.problems}
        for parameter in self.parameters:
            if parameter.required and parameter.name not in {*self.values, *wrong}:
                close = self._meant((*prose[:1], *prose[-1:]), (parameter,))
                self.problems.append(missing(parameter, close))

    def _meant(self, words: Iterable[Word], parameters: Sequence[Parameter]) -> str | None:
        known = vocabulary(parameters, self.lookup)
        near = (nearest(bared(word.text), known) for word in words if not word.quoted)
        return next((close for close in near if close), None)

    def _not_understood(self, words: Sequence[Word]) -> Problem:
        close = self._meant(words, self.parameters)
        takes = [f"{p.shown} ({code(example(p))})" for p in self.parameters]
        able = f"It takes {listed(tuple(takes), 6)}." if takes else "Nothing more can follow here."
        cure = f"Did you mean {code(close)}?" if close else able
        typed = code(as_typed(words), 2_000)
        return Problem(parameter="", sentence=f"{typed} was not understood. {cure}")
