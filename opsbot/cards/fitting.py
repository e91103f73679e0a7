"""Choosing what fits: Slack refuses a whole message for one character too many."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from opsbot.cards.elements import Block
from opsbot.cards.escape import escape, size
from opsbot.core.card import Tone
from opsbot.core.text import count

T = TypeVar("T")
Fits = Callable[[Sequence[T]], bool]
_ONE = " that does not fit here"
_CONSIDERED = 100  # no card near this many lines fits; it bounds the work on a hostile one


def json_size(blocks: Sequence[Block]) -> int:
    """Every character of the blocks' JSON, escaped and in UTF-16 units.

    Slack counts some subset of these by a rule nobody outside knows, so whatever it counts is
    no more than this.
    """
    return size(escape(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))))


def most_that_fit(items: Sequence[T], fits: Fits[T], tone: Callable[[T], Tone]) -> tuple[T, ...]:
    """What fits together, in the order given; loud items are chosen first, then from the top."""
    if len(items) <= _CONSIDERED and fits(items):
        return tuple(items)
    ranked = sorted(range(len(items)), key=lambda at: (tone(items[at]) is not Tone.LOUD, at))
    chosen: list[int] = []
    for at in ranked[:_CONSIDERED]:
        trial = sorted([*chosen, at])
        if fits([items[one] for one in trial]):
            chosen = trial
    return tuple(items[at] for at in chosen)


def cut_note(lines: int, buttons: int, more: str = "") -> str:
    """Say what was left out, and by `more` where it can be read; empty when nothing was."""
    notes: list[str] = []
    if lines:
        where = f": {more}" if more else " that do not fit here" if lines > 1 else _ONE
        notes.append(f"and {count(lines, 'more line')}{where}")
    if buttons:
        notes.append(f"{count(buttons, 'button')} left out")
    return ", ".join(notes)
