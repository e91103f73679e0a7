"""A typed line as words: quotes, Slack's tokens and entities understood, nothing hidden or lost.

`split` never fails: what it cannot understand is a plain word. `rest` makes prose of words again.
`split_exactly` keeps every character, for a reader that refuses what cannot be seen.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from opsbot.core.text import inert


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word, inert unless it was split exactly; a quoted stretch is one word. `start` and `end`
    are places in the line."""

    text: str  # without its quotes
    quoted: bool = False
    start: int = 0
    end: int = 0
    typed: str  # as it was typed, quotes included; what prose is made of


@dataclass(frozen=True, slots=True, kw_only=True)
class UserWord(Word):
    """Somebody mentioned; Slack put the account's id there. `name` may be empty."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWord(Word):
    """A channel mentioned; `name` may be empty."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWord(Word):
    """A link. `text` is its address, or what was typed where Slack itself made a link of it.

    A label that says anything else than its address is dropped: it could look like another one.
    """

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerlessWord(Word):
    """A mention of a whole group or channel, a date: shown as text, never acted upon."""


# Slack, "Formatting text for app surfaces": <@U..|..>, <#C..|..>, <!..|..>, <scheme:..|..>. A `<`
# that somebody typed arrives as &lt;, so that it never begins one of these.
_TOKEN = re.compile(
    r"<(?:(?P<mark>[@#!])(?P<id>[^<>|\n]+)|(?P<url>[A-Za-z][A-Za-z0-9+.-]*:[^<>|\n]*))"
    r"(?:\|(?P<label>[^<>\n]*))?>"
)
_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
_USER = re.compile(r"[UW][A-Z0-9]+")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]+")
_AUTOMATIC = ("", "http://", "https://", "mailto:", "tel:")  # what Slack puts before typed text

_CLOSERS = {
    '"': '"', "'": "'", "“": '”"', "”": "”", "„": "“”", "‘": "’", "‚": "‘’",
    "«": "»", "»": "«",
}  # fmt: skip
_KEY = re.compile(r"-{0,2}\w[\w-]*[=:]")
_MASK = "\x00"  # stands for a character of a token: neither space, nor letter, nor quote
_NEVER = re.compile(r"(?!)")


def split(line: str) -> tuple[Word, ...]:
    """Cut a line into words at any Unicode white space, outside quotes and Slack's tokens.

    A quote opens at the beginning of a word or after `key=`, and closes before anything that is
    no letter or digit, so that the apostrophe of "don't" is none; one that never closes is text.
    Hidden and reordering characters become visible escapes. Entities are decoded once.
    """
    return tuple(_Splitter(line, _inert).words())


def split_exactly(line: str) -> tuple[Word, ...]:
    """As `split`, but the words hold what was typed, character by character: nothing is escaped,
    composed or made one blank. What is shown of them has to be made inert."""
    return tuple(_Splitter(line, str).words())


def rest(words: Sequence[Word]) -> str:
    """Prose as it was typed: one space where there was any, and no quotes around the whole."""
    return words[0].text if len(words) == 1 and words[0].quoted else as_typed(words)


def as_typed(words: Sequence[Word]) -> str:
    """The words in one line, quotes included, with one space where there was any."""
    parts: list[str] = []
    for index, word in enumerate(words):
        if index and words[index - 1].end != word.start:
            parts.append(" ")
        parts.append(word.typed)
    return "".join(parts)


def _inert(text: str) -> str:
    # An escape character is shown like the other controls here: nothing that was typed vanishes.
    shown = text.replace("\x1b", "[U+001B]")
    return inert(shown, limit=len(shown) * 10 + 10)


def _decoded(text: str) -> str:
    return _ENTITY.sub(lambda match: _ENTITIES[match[1]], text)


class _Splitter:
    """One pass over one line. `shape` is the line with its tokens masked, so that nothing inside
    a token is taken for a space or a quote."""

    def __init__(self, line: str, spell: Callable[[str], str]) -> None:
        self.line, self.spell = line, spell
        self.tokens = {match.start(): match for match in _TOKEN.finditer(line)}
        self.starts = sorted(self.tokens)
        plain = line.replace(_MASK, "\x01")
        self.shape = _TOKEN.sub(lambda match: _MASK * len(match.group()), plain)
        self.unclosed: set[str] = set()  # quotes that have no end from here on

    def words(self) -> list[Word]:
        found: list[Word] = []
        at = 0
        while at < len(self.line):
            if self.shape[at].isspace():
                at += 1
                continue
            word = self._word_at(at)
            found.append(word)
            at = word.end
        return found

    def _word_at(self, start: int) -> Word:
        token = self.tokens.get(start)
        if token is not None:
            return _token_word(token, self.spell)
        fresh = start == 0 or self.shape[start - 1].isspace()
        if fresh and (end := self._quote_end(start)):
            text = self._shown(start + 1, end - 1)
            return Word(text=text, quoted=True, start=start, end=end, typed=self._shown(start, end))
        key = _KEY.match(self.shape, start) if fresh else None
        if key and (end := self._quote_end(key.end())):
            text = self._shown(start, key.end()) + self._shown(key.end() + 1, end - 1)
            return Word(text=text, start=start, end=end, typed=self._shown(start, end))
        end = self._plain_end(start)
        text = self._shown(start, end)
        return Word(text=text, start=start, end=end, typed=text)

    def _plain_end(self, start: int) -> int:
        end = start + 1
        while end < len(self.shape) and self.shape[end] != _MASK and not self.shape[end].isspace():
            end += 1
        return end

    def _quote_end(self, start: int) -> int:
        """Where the quote that opens at `start` ends (after its last mark); 0 when it is none."""
        closers = _CLOSERS.get(self.shape[start : start + 1], "")
        for closer in closers:
            if closer in self.unclosed:
                continue
            match = _CLOSING.get(closer, _NEVER).search(self.shape, start + 1)
            if match:
                return match.end()
            self.unclosed.add(closer)
        return 0

    def _shown(self, start: int, end: int) -> str:
        """The stretch as text, its tokens by what they show."""
        parts: list[str] = []
        at = start
        for begin in self.starts[bisect_left(self.starts, start) : bisect_left(self.starts, end)]:
            token = _token_word(self.tokens[begin], self.spell)
            parts += [_decoded(self.line[at:begin]), token.typed]
            at = self.tokens[begin].end()
        return self.spell("".join([*parts, _decoded(self.line[at:end])]))


# A closing mark is followed by the end, by white space or by punctuation.
_CLOSING = {
    closer: re.compile(re.escape(closer) + r"(?![^\W_])")
    for closer in {mark for marks in _CLOSERS.values() for mark in marks}
}


def _token_word(token: re.Match[str], spell: Callable[[str], str]) -> Word:
    label = spell(_decoded(token["label"] or ""))
    start, end = token.span()
    if token["url"] is not None:
        url = spell(_decoded(token["url"]))
        shown = label if any(url == f"{before}{label}" for before in _AUTOMATIC) else url
        return LinkWord(text=shown, typed=shown, start=start, end=end, url=url)
    mark, name = token["mark"], spell(_decoded(token["id"]))
    if mark == "@" and _USER.fullmatch(name):
        shown = f"@{label.removeprefix('@') or name}"
        return UserWord(
            text=shown, typed=shown, start=start, end=end, id=name, name=shown[1:] if label else ""
        )
    if mark == "#" and _CHANNEL.fullmatch(name):
        shown = f"#{label.removeprefix('#') or name}"
        return ChannelWord(
            text=shown, typed=shown, start=start, end=end, id=name, name=shown[1:] if label else ""
        )
    shown = _powerless(mark, name, label)
    return PowerlessWord(text=shown, typed=shown, start=start, end=end)


def _powerless(mark: str, name: str, label: str) -> str:
    """What `<!here>`, `<!subteam^S1|@x>` and `<!date^..|fallback>` show."""
    if mark != "!":
        return f"{mark}{label or name}"
    if name.startswith("date^"):
        return label or name
    return f"@{(label or name.removeprefix('subteam^')).removeprefix('@')}"
