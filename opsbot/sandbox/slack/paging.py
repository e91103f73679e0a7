"""Cursor pages, as Slack's list methods hand them out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from opsbot.sandbox.slack.arguments import Arguments
from opsbot.sandbox.slack.errors import SlackError

Item = TypeVar("Item")


def page(items: Sequence[Item], args: Arguments, *, limit: int) -> tuple[list[Item], str]:
    """Return one page from the call's `cursor` on, and the cursor of the next ("" at the end).

    Raises SlackError `invalid_cursor`.
    """
    start = _position(args.word("cursor"))
    if start > len(items):
        raise SlackError("invalid_cursor")
    end = start + limit
    following = "" if end >= len(items) else base64.b64encode(f"next:{end}".encode()).decode()
    return list(items[start:end]), following


def limit_of(args: Arguments, *, default: int, most: int) -> int:
    """Return the call's `limit`; raises SlackError `invalid_limit` outside 1..most."""
    limit = args.whole("limit", error="invalid_limit")
    if limit is None or limit == 0:
        return default
    if not 0 < limit <= most:
        raise SlackError("invalid_limit")
    return limit


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word == "next":
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise SlackError("invalid_cursor")
