"""The charts of a postmortem, drawn anew from what was kept: those that the room was shown."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from opsbot.core import entry as e
from opsbot.core.alt_text import alt_text
from opsbot.core.ending_marks import has_recovered
from opsbot.core.illustration import pictures
from opsbot.core.picture import Chart, MarkKind, Picture
from opsbot.core.points import PointName, entries_of, utc
from opsbot.core.postmortem import Figure
from opsbot.core.postmortem.kept_series import newest_exhibits
from opsbot.core.postmortem.material import Material
from opsbot.core.redaction import REDACTED
from opsbot.core.series import LEAST_HOLE
from opsbot.core.text import inert


def pictures_of(about: Material) -> dict[str, Picture]:
    """What to draw, by slot; nothing of slots that the room was not shown, or that were redacted.
    What was "now" then is no mark any more."""
    shown = {body.slot for _, body in _illustrated(about)}
    drawn = pictures(about.incident, newest_exhibits(about))
    return {slot: _settled(picture) for slot, picture in drawn if slot in shown}


def _settled(picture: Picture) -> Picture:
    if isinstance(picture, Chart):
        marks = tuple(mark for mark in picture.marks if mark.kind is not MarkKind.NOW)
        return replace(picture, marks=marks)
    return picture


def figures(about: Material, stem: str) -> tuple[Figure, ...]:
    """Every picture that the room was shown, with its words; `path` where an image is at hand."""
    drawn, at_hand = pictures_of(about), about.background.drawn
    newest = {body.slot: (entry.seq, body) for entry, body in _illustrated(about)}
    return tuple(
        Figure(
            slot=slot,
            title=inert(body.title, 200),
            alt=_words(about, drawn.get(slot), body),
            path=f"{stem}/{file_of(slot, about.incident.id)}" if slot in at_hand else "",
            because=(seq,),
        )
        for slot, (seq, body) in sorted(newest.items())
    )  # fmt: skip


def _words(about: Material, picture: Picture | None, body: e.Illustrated) -> str:
    """What it shows, and that it does not show the end where what was kept ends before that."""
    if picture is None:
        return inert(body.alt, 2_000)
    said, resolved = alt_text(picture), about.at(PointName.RESOLVED)
    if not isinstance(picture, Chart) or resolved is None or not has_recovered(about.incident):
        return said
    last = max((utc(at) for one in picture.series for at, _ in one.points), default=resolved)
    if last + LEAST_HOLE >= resolved:
        return said
    until = f"The data kept for this chart ends at {about.say(last)}"
    return f"{said} {until}, so it does not show how it recovered by {about.say(resolved)}."


def _illustrated(about: Material) -> list[tuple[e.Entry, e.Illustrated]]:
    found = entries_of(about.entries, e.Illustrated)
    return [(entry, body) for entry, body in found if body.title != REDACTED]


def file_of(slot: str, incident_id: str) -> str:
    """`chart:page` is kept as `chart-page-4f1d2a.png`. The end stands for the incident: where a
    database is begun anew, numbers repeat, and titles do, and no document shows another's chart."""
    whose = hashlib.sha256(incident_id.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    named = "".join(c if c.isascii() and c.isalnum() else "-" for c in slot)
    return f"{named}-{whose}.png"
