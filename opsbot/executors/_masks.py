"""Our own secrets, taken out of output by their text, however it comes in pieces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from opsbot.core.scrub import SHORTEST_OWN
from opsbot.executors._plain_text import plain
from opsbot.ports import Secret, SecretUnavailable

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
        self._any = re.compile("|".join(map(re.escape, self._names))) if self._names else None

    def apply(self, text: str) -> str:
        """The text without the secrets."""
        return self.split(text, last=True)[0]

    def split(self, text: str, *, last: bool = False) -> tuple[str, str]:
        """The text without the secrets, and what is held back at its end because it may be the
        beginning of one: put it before what comes next. With `last` nothing comes."""
        if self._any is None:
            return text, ""
        done: list[str] = []
        at = 0
        while True:
            held = len(text) if last else self._unfinished(text, at)
            found = self._any.search(text, at)
            if found is None or found.start() >= held:
                return "".join((*done, text[at:held])), text[held:]
            done += (text[at : found.start()], f"[removed: {self._names[found.group()]}]")
            at = found.end()

    def found_in(self, texts: Iterable[str]) -> str:
        """The name of a secret that stands in one of the texts; empty when none does."""
        if self._any is None:
            return ""
        found = (self._any.search(text) for text in texts)
        return next((self._names[match.group()] for match in found if match), "")

    def _unfinished(self, text: str, start: int) -> int:
        """Where the beginning of a secret that may still come stands; the end when none does."""
        first = len(text)
        for form in self._names:
            at = text.find(form[0], max(start, len(text) - len(form) + 1))
            while 0 <= at < first:
                if form.startswith(text[at:]):
                    first = at
                at = text.find(form[0], at + 1)
        return first


def masks_of(secrets: Mapping[str, Secret]) -> Masks:
    """Masks of every secret that can be read right now."""
    return Masks(dict(_readable(secrets)))


def _readable(secrets: Mapping[str, Secret]) -> Iterator[tuple[str, str]]:
    for name, secret in secrets.items():
        try:
            yield name, secret.read()
        except SecretUnavailable:
            continue


def _spellings(text: str) -> Iterator[str]:
    """A secret as it is, as output shows it, as it stands inside JSON, and its long lines."""
    lines = plain(text.replace("\r\n", "\n").replace("\r", "\n"))
    yield from (text, text.strip(), lines, lines.strip(), json.dumps(text)[1:-1])
    if "\n" in lines.strip():
        yield from (line for line in lines.split("\n") if len(line) >= _LONG_LINE)
