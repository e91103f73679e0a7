"""Why somebody changed the status: their own words, or what stands there when they gave none."""

from __future__ import annotations

from opsbot.core.text import cut, inert
from opsbot.core.told import TAKEN_BACK

SAID_SO = "a responder said so"
SAID_OVER = "a responder said that it is over"
NOT_OVER = "a responder said that it is not over"
_NOBODYS = ("", SAID_SO, SAID_OVER, NOT_OVER, TAKEN_BACK)


def reason_of(typed: object, without: str) -> str:
    """The reason for the record; `without` when none was typed. An undoing is known by its reason,
    so nobody's own words are exactly that."""
    said = inert(str(typed or ""), 300)
    return f"{said}." if said == TAKEN_BACK else said or without


def own_words(reason: str) -> str:
    """The reason as it is quoted to the room, with what leads to it; empty when nobody gave one."""
    return "" if reason in _NOBODYS else f": “{cut(inert(reason, 400), 300)}”"
