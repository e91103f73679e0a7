"""The charts of a postmortem, drawn anew from what was kept: those that the room was shown."""

from __future__ import annotations

from dataclasses import replace

from opsbot.core import entry as e
from opsbot.core.alt_text import alt_text
from opsbot.core.illustration import pictures
from opsbot.core.picture import Chart, MarkKind, Picture
from opsbot.core.points import entries_of
from opsbot.core.postmortem import Figure
from opsbot.core.postmortem.kept_series import kept_exhibits
from opsbot.core.postmortem.material import Material
from opsbot.core.redaction import REDACTED
from opsbot.core.text import inert


def pictures_of(about: Material) -> dict[str, Picture]:
    """What to draw, by slot; nothing of slots that the room was not shown, or that were redacted.
    What was "now" then is no mark any more."""
    shown = {body.slot for _, body in _illustrated(about)}
    exhibits = [exhibit for exhibit, _ in kept_exhibits(about)]
    return {
        slot: _settled(picture)
        for slot, picture in pictures(about.incident, exhibits)
        if slot in shown
    }


def _settled(picture: Picture) -> Picture:
    if isinstance(picture, Chart):
        marks = tuple(mark for mark in picture.marks if mark.kind is not MarkKind.NOW)
        return replace(picture, marks=marks)
    return picture


def figures(about: Material, stem: str) -> tuple[Figure, ...]:
    """Every picture that the room was shown, with its words; `path` where an image is at hand."""
    drawn = pictures_of(about)
    newest = {body.slot: (entry.seq, body) for entry, body in _illustrated(about)}
    return tuple(
        Figure(
            slot=slot,
            title=inert(body.title, 200),
            alt=alt_text(drawn[slot]) if slot in drawn else inert(body.alt, 2_000),
            path=f"{stem}/{file_of(slot)}" if slot in about.background.drawn else "",
            because=(seq,),
        )
        for slot, (seq, body) in sorted(newest.items())
    )  # fmt: skip


def _illustrated(about: Material) -> list[tuple[e.Entry, e.Illustrated]]:
    found = entries_of(about.entries, e.Illustrated)
    return [(entry, body) for entry, body in found if body.title != REDACTED]


def file_of(slot: str) -> str:
    """`chart:page` is kept as `chart-page.png`."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in slot) + ".png"
