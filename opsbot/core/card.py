"""Card content by meaning: lines of typed pieces, buttons by what they do.

`core` decides what a card says; `opsbot/cards` decides how Slack draws it. A `str` piece is
plain text that may come from anywhere: renderers must show it inert. Mentions and links exist
only as their own pieces, so foreign text can never become one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A moment, shown in each reader's own zone; `style` is `time`, `date_time`, or `ago` for the
    distance to now, which Slack keeps current by itself."""

    moment: datetime
    style: str = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A person: a mention only when `slack_id` is set *and* `pings`, otherwise a name."""

    name: str
    slack_id: str = ""
    pings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link whose label is ours; `url` is http or https."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strong:
    """Emphasised words (a label, a severity)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A reference to a Slack channel."""

    channel_id: str
    name: str


Piece = str | At | Who | Link | Strong | Room


class Tone(StrEnum):
    """How a line is to be read; renderers may add one mark, never only a colour."""

    PLAIN = "plain"
    LOUD = "loud"  # something responders must not miss, such as a blind source
    QUIET = "quiet"
    STRUCK = "struck"
    CODE = "code"  # exact words of a machine; neighbouring lines stand in one block


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a card."""

    pieces: tuple[Piece, ...]
    tone: Tone = Tone.PLAIN
    label: str = ""  # "Impact", "Errors", shown ahead of the line


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button by meaning; what `action` may do, and for whom, is looked up at the click."""

    action: str
    label: str
    primary: bool = False
    carries: tuple[tuple[str, str], ...] = ()  # more values than fit into `action`


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture that Slack holds, and what it shows in words."""

    file_id: str
    title: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A whole message: header, lines, pictures, buttons, footer."""

    header: str
    lines: tuple[Line, ...]
    buttons: tuple[Button, ...] = ()
    footer: tuple[Line, ...] = ()
    struck: bool = False
    images: tuple[Image, ...] = ()
    # Where to read what finds no place in the message: "see the thread". Of one kind of message
    # always the same, so that it says nothing of whether Slack shows the newest (`card_hash`).
    more: str = field(default="", repr=False)


def line(*pieces: Piece, tone: Tone = Tone.PLAIN, label: str = "") -> Line:
    """Write a line without naming its fields."""
    return Line(pieces=pieces, tone=tone, label=label)


def card_hash(card: Card) -> str:
    """A short hash of what a card says, to tell whether Slack already shows it."""
    return hashlib.sha256(repr(card).encode("utf-8", "surrogatepass")).hexdigest()[:16]
