"""Our own secrets, taken out of output by their text, however it comes in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from opsbot.core.scrub import SHORTEST_OWN
from opsbot.executors import Secret, SecretUnavailable
from opsbot.executors._plain_text import plain

_LONG_LINE = 16  # a line of a key of several lines is told apart from ordinary text by its length


class Masks:
    """Replaces secrets by their names, `[removed: deploy-token]`; those under six characters are
    too likely to be ordinary words."""

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        """`secrets` holds texts by name."""
        spelt = {
            form: name
            for name, text in (secrets or {}).items()
            for form in _spellings(text)
            if len(form) >= SHORTEST_OWN
        }
        # Longest first, so that a secret that contains another leaves no tail behind.
        self._names = dict(sorted(spelt.items(), key=lambda one: -len(one[0])))
        self.longest = max(map(len, self._names), default=0)

    def apply(self, text: str) -> str:
        """The text without the secrets."""
        for form, name in self._names.items():
            if form in text:
                text = text.replace(form, f"[removed: {name}]")
        return text

    def found_in(self, texts: Iterable[str]) -> str:
        """The name of a secret that stands in one of the texts; empty when none does."""
        names = self._names.items()
        return next((name for text in texts for form, name in names if form in text), "")

    def unfinished(self, text: str) -> int:
        """How many characters at the end may be the beginning of a secret."""
        held = 0
        for form in self._names:
            most = min(len(form) - 1, len(text))
            held = max(held, next((n for n in range(most, held, -1) if _ends(text, form, n)), 0))
        return held


def masks_of(secrets: Mapping[str, Secret]) -> Masks:
    """Masks of every secret that can be read right now."""
    return Masks(dict(_readable(secrets)))


def _readable(secrets: Mapping[str, Secret]) -> Iterator[tuple[str, str]]:
    for name, secret in secrets.items():
        try:
            yield name, secret.read()
        except SecretUnavailable:
            continue


def _ends(text: str, form: str, length: int) -> bool:
    return text.endswith(form[:length])


def _spellings(text: str) -> Iterator[str]:
    """A secret as it is, as output shows it, as it stands inside JSON, and its long lines."""
    lines = plain(text.replace("\r\n", "\n").replace("\r", "\n"))
    yield from (text, text.strip(), lines, lines.strip(), json.dumps(text)[1:-1])
    if "\n" in lines.strip():
        yield from (line for line in lines.split("\n") if len(line) >= _LONG_LINE)
