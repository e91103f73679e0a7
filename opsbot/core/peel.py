"""Which words of a line are values: taken from both ends where the verb takes prose as well, so
that the prose in the middle stays whole; from anywhere where it takes none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from opsbot.core.parameter import Kind, code
from opsbot.core.sentence import Manner, at_head, at_tail, leads_to
from opsbot.core.span import Span, Spans, is_separator
from opsbot.core.value import alike, bared
from opsbot.core.when import Refused, has_clock
from opsbot.core.words import Word, as_typed

_TIMES = frozenset({Kind.MOMENT, Kind.DATE, Kind.DURATION})
_FILLERS = frozenset({
    "at", "since", "from", "to", "for", "as", "is", "@", "of", "on", "in", "the", "a", "an", "my",
    "and", "&", "+",
})  # fmt: skip


@dataclass(slots=True)
class Peeled:
    """The line taken apart: values from left to right, and the words that are none."""

    spans: list[Span] = field(default_factory=list[Span])
    prose: list[Word] = field(default_factory=list[Word])
    said: list[str] = field(default_factory=list[str])
    cut: str | None = None  # what was typed behind the prose, when values were taken from there


def take_anywhere(spans: Spans) -> Peeled:
    """Values wherever they stand; small words that lead to one, and separators, go with them."""
    found, words = Peeled(), spans.words
    index = 0
    while index < len(words):
        span = spans.starting(index, len(words))
        if span:
            found.spans.append(span)
            index = span.end
            continue
        after = index
        while after < len(words) and _is_filler(spans, after):
            after += 1
        if after == index and not is_separator(words[index]):
            found.prose.append(words[index])
        elif after > index and not spans.starting(after, len(words)):
            found.prose += words[index:after]
        index = max(after, index + 1)
    return found


def peel(spans: Spans) -> Peeled:
    """Values from the head and from the tail, and what is said by name from in between."""
    return _Peeler(spans).peeled()


def _is_filler(spans: Spans, index: int) -> bool:
    """Whether the word only leads to a value: "for", "the", or the parameter's own name."""
    word = spans.words[index]
    if word.quoted or word.text.casefold() in _FILLERS:
        return not word.quoted
    span = spans.starting(index + 1, len(spans.words))
    return span is not None and alike(span.first.parameter.name) == alike(word.text)


def _ends_clause(word: Word) -> bool:
    return is_separator(word) or (not word.quoted and word.text.endswith((",", ";", ":", ".", "!")))


class _Peeler:
    """Works inwards: `start` and `end` bound the prose, `floor` what the tail may not reach."""

    def __init__(self, spans: Spans) -> None:
        self.spans, self.words = spans, spans.words
        self.start: int = 0
        self.floor: int = 0
        self.end = len(self.words)
        self.head: list[Span] = []
        self.tail: list[Span] = []
        self.said: list[str] = []

    def peeled(self) -> Peeled:
        while self._peel_head():
            pass
        if self.head and self.floor == self.start:
            self.start = self.floor = self._skip(self.start)
        while self._peel_tail():
            pass
        if self.tail and self.end > self.floor:
            self.end = self._skip_back(self.end)
        between, prose = self._between()
        spans = sorted([*self.head, *between, *self.tail], key=lambda span: span.start)
        cut = as_typed(self.words[self.end :]) if self.tail else None
        return Peeled(spans=spans, prose=prose, said=self.said, cut=cut)

    def _peel_head(self) -> bool:
        at = self._skip(self.start) if self.head else self.start
        span = self._value_from(at)
        if span is None:
            return False
        manner = self._head_manner(span)
        if manner is Manner.LEFT:
            self._say_left(span)
            return False
        self.head.append(replace(span, kept=manner is Manner.KEPT))
        self.floor = span.end
        if manner is Manner.PEELED:
            self.start = span.end
        return manner is Manner.PEELED

    def _value_from(self, at: int) -> Span | None:
        """The value that starts at `at`, or after one word that leads to it."""
        span = self.spans.starting(at, self.end)
        if span or at + 1 >= self.end or self.words[at].quoted:
            return span
        led = self.spans.starting(at + 1, self.end)
        return led if led and not led.named and self._leads(at, led) else None

    def _leads(self, index: int, span: Span) -> bool:
        return leads_to(self.words[index].text, span.first.parameter)

    def _head_manner(self, span: Span) -> Manner:
        after = span.end
        if span.named or after >= self.end or _ends_clause(self.words[after - 1]):
            return Manner.PEELED
        if is_separator(self.words[after]) or self._value_from(after):
            return Manner.PEELED
        value = span.first.value
        if isinstance(value, Refused):
            return Manner.LEFT if value.unsure else Manner.PEELED
        following = "" if self.words[after].quoted else self.words[after].text
        return at_head(span.first.parameter, bared(span.typed), following)

    def _peel_tail(self) -> bool:
        at = self._skip_back(self.end)
        span = self.spans.ending(at, self.floor) if at > self.floor else None
        if span is None:
            return False
        lead = span.start - 1
        led = lead >= self.floor and not span.named and self._is_lead(lead, span)
        start = lead if led else span.start
        manner = self._tail_manner(span, start)
        if manner is Manner.LEFT:
            self._say_left(span)
            return False
        self.tail.append(replace(span, kept=manner is Manner.KEPT))
        if manner is Manner.PEELED:
            self.end = start
        return manner is Manner.PEELED

    def _is_lead(self, index: int, span: Span) -> bool:
        return not self.words[index].quoted and self._leads(index, span)

    def _tail_manner(self, span: Span, start: int) -> Manner:
        if span.named or start <= self.start:
            return Manner.PEELED
        refused = not span.is_good
        if not refused and self.spans.ending(self._skip_back(start), self.floor):
            return Manner.PEELED
        if refused:
            return Manner.LEFT if span.first.parameter.kind in _TIMES else Manner.PEELED
        apart = start == span.start and _ends_clause(self.words[start - 1])
        if apart and not span.first.parameter.kept:
            return Manner.PEELED
        return at_tail(
            span.first.parameter, bared(span.typed), self._clause_before(span.start),
            other_time=self._has_other_time(span, led=start < span.start),
        )  # fmt: skip

    def _clause_before(self, end: int) -> list[str]:
        start = end
        while start > self.start and not _ends_clause(self.words[start - 1]):
            start -= 1
        return ["" if word.quoted else word.text for word in self.words[start:end]]

    def _has_other_time(self, span: Span, *, led: bool) -> bool:
        """Whether the line tells another time of day already: in its prose or, when this one is
        led to as in "back at 14:20", at its head."""
        words = self.words[self.start : span.start]
        if any(not word.quoted and has_clock(bared(word.text)) for word in words):
            return True
        return led and any(one.first.parameter == span.first.parameter for one in self.head)

    def _say_left(self, span: Span) -> None:
        parameter, value = span.first.parameter, span.first.value
        name, typed = parameter.name, bared(span.typed)
        if isinstance(value, Refused):
            self.said.append(f"{code(typed)} was left in the text: {value.sentence}")
        elif parameter.kind is not Kind.SERVICE:
            told = f"{code(typed)} was left in the text"
            self.said.append(f"{told}: say {code(f'{name}={typed}')} if it is more than that.")

    def _between(self) -> tuple[list[Span], list[Word]]:
        """What is said by name amid the prose, unless it makes no sense there; and the prose."""
        found = [
            span
            for span in self.spans.named
            if span.start >= self.start and span.end <= self.end
            and span not in self.head and span not in self.tail
            and (span.is_good or span.strict)
        ]  # fmt: skip
        used = {index for span in found for index in range(span.start, span.end)}
        inside = range(self.start, max(self.end, self.start))
        return found, [self.words[index] for index in inside if index not in used]

    def _skip(self, index: int) -> int:
        while index < self.end and is_separator(self.words[index]):
            index += 1
        return index

    def _skip_back(self, index: int) -> int:
        while index > self.floor and is_separator(self.words[index - 1]):
            index -= 1
        return index
