"""Whether two names mean one service: `Checkout API (prod)` and `checkout-api`. Pure."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
# Words that tell services apart as little as a full stop does.
_NOISE = frozenset(
    """service services svc srv app application prod production stage staging env environment k8s
    kubernetes default team the""".split()  # noqa: SIM905 - a list of quoted words reads worse
)
ALIKE = 0.6  # at least so much of two names has to agree before they are called alike
AHEAD = 0.1  # and the best one has to lead the second by this
_CLOSEST = 8  # candidates that are compared letter by letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The other name, and whether it surely means the same."""

    name: str
    sure: bool


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name in lower case and sorted, without those that tell nothing apart."""
    words = [word.lower() for word in _WORD.findall(name)]
    return tuple(sorted([word for word in words if word not in _NOISE] or words))


class Names:
    """Names that others are matched against."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._exact = frozenset(self._names)
        self._tokens = {name: tokens(name) for name in self._names}
        self._by_all: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self._by_letters: dict[str, list[str]] = defaultdict(list)
        self._by_one: dict[str, list[str]] = defaultdict(list)
        for name, words in self._tokens.items():
            self._by_all[words].append(name)
            self._by_letters[_letters(name)].append(name)
            for word in set(words):
                self._by_one[word].append(name)

    def match(self, name: str) -> Match | None:
        """The name that means the same, or is alike and ahead of all others; None without one.

        Equal words in any order are sure when only one name has them, and so are equal letters
        (`checkoutapi`); everything else is a guess.
        """
        if name in self._exact:
            return Match(name=name, sure=True)
        words = tokens(name)
        if not words:
            return None
        for equal in (self._by_all.get(words, ()), self._by_letters.get(_letters(name), ())):
            if len(equal) == 1:
                return Match(name=equal[0], sure=True)
        return self._alike(name, words)

    def _alike(self, name: str, words: tuple[str, ...]) -> Match | None:
        near = {other for word in set(words) for other in self._by_one.get(word, ())}
        ranked = sorted(near, key=lambda other: -_shared(words, self._tokens[other]))[:_CLOSEST]
        scores = sorted(
            ((_score(name, words, other, self._tokens[other]), other) for other in ranked),
            reverse=True,
        )
        if not scores or scores[0][0] < ALIKE:
            return None
        if len(scores) > 1 and scores[0][0] - scores[1][0] < AHEAD:
            return None
        return Match(name=scores[0][1], sure=False)


def _letters(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


def _shared(words: tuple[str, ...], others: tuple[str, ...]) -> float:
    """The share of all words that both have."""
    mine, theirs = set(words), set(others)
    return len(mine & theirs) / len(mine | theirs)


def _score(name: str, words: tuple[str, ...], other: str, others: tuple[str, ...]) -> float:
    spelt = difflib.SequenceMatcher(a=_letters(name)[:80], b=_letters(other)[:80]).ratio()
    return max(_shared(words, others), 0.9 * spelt)
