"""The message that a shortcut or a pushpin points at, as words and a time."""

from __future__ import annotations

from datetime import UTC, datetime

from opsbot.core.invocation import Pointed
from opsbot.core.text import count, inert
from opsbot.core.words import rest, split


def words_of(pointed: Pointed) -> str:
    """Its words, without Slack's markup; a message of pictures only says so."""
    text = inert(rest(split(pointed.text)), 2_000)
    if text:
        return text
    return f"(a message with {count(pointed.files, 'file')})" if pointed.files else "(no words)"


def moment_of(ts: str, now: datetime) -> datetime:
    """When a Slack message was written, from its id; `now` when the id is no time."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return now
