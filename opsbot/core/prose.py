"""The prose of a line, shared out to the parameters that hold text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from opsbot.core.parameter import Kind, Parameter
from opsbot.core.value import DASHES, alike
from opsbot.core.words import Word, rest

_KEY = re.compile(rf"(?P<dash>--|[{DASHES[1:]}]-?)?(?P<name>[^\W_](?:[\w-]*\w)?)(?P<sign>[=:])?")


def texts(
    words: Sequence[Word], parameters: Sequence[Parameter], *, cut: str | None = None
) -> tuple[dict[str, str], list[Word]]:
    """Text by parameter name, and the words that no parameter takes.

    `title=` gives what follows to that parameter; where only one takes text, only at the beginning.
    Several quoted stretches and nothing else are one for each. `cut` says that values were taken
    away behind the prose, and with which brackets: one comes back when the prose opened it.
    """
    takers = [parameter for parameter in parameters if parameter.kind is Kind.TEXT]
    unnamed, named = _shares(words, takers)
    free = [taker for taker in takers if taker.name not in named]
    shares = {name: share for name, share in named.items() if share}
    if unnamed and free:
        quoted = all(word.quoted for word in unnamed) and 1 < len(unnamed) <= len(free)
        parts = [[word] for word in unnamed] if quoted else [unnamed]
        shares |= {taker.name: part for taker, part in zip(free, parts, strict=False)}
    found = {name: _closed(share, cut) for name, share in shares.items()}
    left = [] if free else unnamed
    return {name: text for name, text in found.items() if text}, left


def _shares(
    words: Sequence[Word], takers: Sequence[Parameter]
) -> tuple[list[Word], dict[str, list[Word]]]:
    unnamed: list[Word] = []
    named: dict[str, list[Word]] = {}
    share = unnamed
    for index, word in enumerate(words):
        keyed = _keyed(word, takers, first=index == 0)
        if keyed is None:
            share.append(word)
            continue
        name, value = keyed
        share = named.setdefault(name, [])
        if value:
            share.append(value)
        if value and value.quoted and len(takers) > 1:
            share = unnamed
    return unnamed, named


def _keyed(
    word: Word, takers: Sequence[Parameter], *, first: bool
) -> tuple[str, Word | None] | None:
    """The parameter that the word names, and what follows the name in the same word."""
    key = _KEY.match(word.typed) if type(word) is Word and not word.quoted else None
    if key is None or not (first or (len(takers) > 1 and key["sign"] != ":")):
        return None
    if not key["sign"] and (not key["dash"] or key.end() < len(word.typed)):
        return None
    taker = next((one for one in takers if alike(one.name) == alike(key["name"])), None)
    if taker is None:
        return None
    typed, text = word.typed[key.end() :], word.text[key.end() :]
    if not typed:
        return taker.name, None
    return taker.name, replace(word, typed=typed, text=text, quoted=typed != text)


def _closed(words: Sequence[Word], cut: str | None) -> str:
    text = rest(words)
    if cut is None or words[-1].quoted:
        return text
    text = text.rstrip(",;")
    return text + ")" if ")" in cut and text.count("(") > text.count(")") else text
