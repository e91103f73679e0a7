"""Channel names: `inc-<number>-<slug>`, always legal, at most 80 characters, unique.

Rules from Slack's conversations.create page: 1 to 80 characters, lower-case letters, digits,
hyphens and underscores. The number is never cut; the slug is what gives way.
"""

from __future__ import annotations

import re

from anyascii import anyascii

NAME_LIMIT = 80
_ILLEGAL = re.compile(r"[^a-z0-9]+")


def slug(title: str, limit: int) -> str:
    """Letters and digits of `title` in ASCII, words joined by hyphens; empty when none remain."""
    plain = _ILLEGAL.sub("-", anyascii(title[:400]).lower()).strip("-")
    if len(plain) <= limit:
        return plain
    # Prefer to end on a whole word when that keeps at least half of the room.
    head = plain[:limit]
    word = head.rsplit("-", 1)[0] if plain[limit] != "-" and "-" in head else head
    return (word if len(word) * 2 >= limit else head).strip("-")


def channel_name(
    number: int, title: str, *, prefix: str = "inc-", private: bool = False, attempt: int = 0
) -> str:
    """The channel name of incident `number`; a private one never shows its title.

    `attempt` above zero appends `-2`, `-3`, ... for a name that a stranger's channel holds.
    """
    head = f"{prefix}{number}"
    tail = f"-{attempt + 1}" if attempt else ""
    room = NAME_LIMIT - len(head) - len(tail) - 1
    words = "private" if private else slug(title, room)
    return f"{head}-{words}{tail}" if words else f"{head}{tail}"
