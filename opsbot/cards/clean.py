"""The first step of rendering: a card whose every piece is inert, in bounds and usable.

Whatever cannot be shown as what it claims to be (a link with another scheme, a mention without
a Slack id, a date outside Slack's range) becomes plain text here, so the later steps need not ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from opsbot.cards import limits
from opsbot.cards.address import safe_url
from opsbot.core.card import At, Card, Line, Link, Piece, Room, Strong, Who
from opsbot.core.text import cut, inert

_USER_ID = re.compile(r"[UW][A-Z0-9]{1,30}")
_FILE_ID = re.compile(r"F[A-Z0-9]{1,30}")
_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{1,30}")
# A date is drawn in the reader's own zone: keep a day's distance from both ends of the calendar.
_FIRST = datetime(1970, 1, 2, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC)


def clean_text(text: str, limit: int = limits.LINE) -> str:
    """Make `text` inert; a blank at either end stays one blank, because pieces stand in a row."""
    inner = inert(text, limit)
    if not inner:
        return " " if text else ""
    return " " * text[0].isspace() + inner + " " * text[-1].isspace()


def clean_card(card: Card) -> Card:
    """Return `card` with clean lines, empty ones left out; one without any words says so.

    A card may do without a header: a short answer to one person has none.
    """
    lines = tuple(_clean_lines(card.lines))
    return replace(
        card,
        header=inert(card.header, limits.HEADER) or ("" if lines else "(no title)"),
        lines=lines,
        footer=tuple(_clean_lines(card.footer)),
        images=tuple(i for i in card.images if _FILE_ID.fullmatch(i.file_id))[: limits.IMAGES],
    )


def moment_words(at: At) -> str:
    """A moment as text: `14:02 UTC`, or with its date when that was asked for or is unusual."""
    moment = _aware(at.moment)
    if at.style != "date_time" and _FIRST <= moment <= _LAST:
        return f"{moment:%H:%M} UTC"
    return f"{moment.replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # year 1 or 9999 with an offset that leaves the calendar
        return moment.replace(tzinfo=UTC)


def _clean_lines(lines: Iterable[Line]) -> Iterable[Line]:
    for line in lines:
        label = inert(line.label, limits.LABEL)
        pieces = tuple(_bounded(_clean_piece(piece) for piece in line.pieces))
        if label or any(not isinstance(piece, str) or piece.strip() for piece in pieces):
            yield replace(line, label=label, pieces=pieces)


def _bounded(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """Cut the line where its visible text grows too long."""
    left = limits.LINE
    for piece in pieces:
        if left <= 0:
            return
        match piece:
            case str():
                piece = cut(piece, left)
                left -= len(piece)
            case Strong(text=text):
                piece = Strong(text=cut(text, left))
                left -= len(text)
            case Link(label=label):
                left -= len(label)
            case _:
                left -= 20
        if piece:
            yield piece


def _clean_piece(piece: Piece) -> Piece:
    match piece:
        case str():
            return clean_text(piece)
        case Strong(text=text):
            words = clean_text(text)
            return Strong(text=words) if words.strip() else words
        case Link():
            return _clean_link(piece)
        case Who():
            return _clean_person(piece)
        case Room():
            name = inert(piece.name, limits.LABEL)
            known = _CHANNEL_ID.fullmatch(piece.channel_id)
            return replace(piece, name=name) if known else f"#{name}"
        case At():
            moment = _aware(piece.moment)
            if _FIRST <= moment <= _LAST:
                return replace(piece, moment=moment)
            return moment_words(piece)


def _clean_link(link: Link) -> Piece:
    url = safe_url(link.url)
    label = inert(link.label, 200)
    if url:
        return Link(label=label or cut(url, 80), url=url)
    return f"{label} ({inert(link.url, 200)})" if link.url.strip() else label


def _clean_person(who: Who) -> Piece:
    name = inert(who.name, limits.LABEL) or "somebody"
    if who.pings and _USER_ID.fullmatch(who.slack_id):
        return replace(who, name=name)
    return name
