"""Who is on call, in words: level by level, and whom a page reaches first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from opsbot.core.card import At, Line, Piece, line
from opsbot.core.on_call import OnCall
from opsbot.core.text import inert, listed

_NAMED = 6


def level_lines(duties: Sequence[OnCall]) -> tuple[Line, ...]:
    """One line for each person, nearest level first, with until when and by which schedule."""
    ordered = sorted(duties, key=lambda duty: duty.level)
    return tuple(line(*_person(duty), label=f"Level {duty.level}") for duty in ordered)


def first_reached(duties: Sequence[OnCall]) -> tuple[Piece, ...]:
    """The people of the nearest level: `Robin Vale (level 1, until 18:00)`."""
    ordered = sorted(duties, key=lambda duty: duty.level)
    level, group = next(groupby(ordered, key=lambda duty: duty.level))
    nearest = tuple(group)
    names = listed(tuple(inert(duty.person.name, 60) for duty in nearest), _NAMED)
    ends = [duty.until for duty in nearest if duty.until is not None]
    until: tuple[Piece, ...] = (", until ", At(moment=min(ends), style="date_time")) if ends else ()
    return (f"{names} (level {level}", *until, ")")


def _person(duty: OnCall) -> tuple[Piece, ...]:
    pieces: list[Piece] = [inert(duty.person.name or duty.person.id, 80)]
    if duty.until is None:
        pieces.append(", always")
    else:
        pieces += [", until ", At(moment=duty.until, style="date_time")]
    if duty.schedule:
        pieces.append(f" ({inert(duty.schedule, 80)})")
    return tuple(pieces)
