"""What the room and the digest are told of an incident's postmortem: where it is, and what people
should look at."""

from __future__ import annotations

from opsbot.core.card import Button, Card, Line, Link, Piece, Room, Tone, line
from opsbot.core.incident import Incident
from opsbot.core.living import Living, Publication
from opsbot.core.text import count, inert

SLOT = "postmortem"


def postmortem_posts(incident: Incident) -> tuple[tuple[str, Card], ...]:
    """The room's one message about the document, kept current: (slot, card); none before."""
    living = incident.living
    if living.draft is None:
        return ()
    lines = (line(*places(living), label="Postmortem"), *to_do(living), *trouble(living))
    buttons = (
        Button(action="postmortem", label="Show"),
        Button(action="postmortem:do=lint", label="Lint"),
    )
    return ((SLOT, Card(header="", lines=lines, buttons=buttons)),)


def postmortem_line(incident: Incident) -> tuple[Line, ...]:
    """The digest's line once it stands somewhere; nothing before."""
    links = _links(incident.living)
    if not links:
        surface = incident.surface
        if not _shared(incident.living) or not surface.channel_id or surface.abandoned:
            return ()
        room = Room(channel_id=surface.channel_id, name=surface.channel_name)
        links = ["a file in ", room]
    return (line(*links, label="Postmortem"),)


def places(living: Living) -> list[Piece]:
    """Where the draft is, with what can be opened first."""
    places = _links(living)
    for one in _standing(living):
        if one.url and not _is_link(one):
            places += [", " if places else "", f"{one.publisher}: {inert(one.url, 300)}"]
    if _shared(living):
        places += [", " if places else "", "a file in the thread of the card"]
    return ["draft: ", *places] if places else ["draft, not published yet"]


def _links(living: Living) -> list[Piece]:
    found: list[Piece] = []
    for one in _standing(living):
        if _is_link(one):
            found += [", " if found else "", Link(label=one.publisher, url=one.url)]
    return found


def _standing(living: Living) -> list[Publication]:
    return [one for _, one in sorted(living.publications.items()) if one.ref]


def _is_link(one: Publication) -> bool:
    return one.url.startswith(("https://", "http://"))


def _shared(living: Living) -> bool:
    return any(one.ref and not one.url for one in living.publications.values())


def to_do(living: Living) -> tuple[Line, ...]:
    """What is left for people, in one line; nothing when nothing is."""
    draft, found = living.draft, list[str]()
    if draft is not None and draft.problems:
        found.append(f"{count(draft.problems, 'thing')} to look at")
    waiting = [one for one in living.follow_ups if not one.done and not one.dropped]
    if ownerless := sum(not one.owner_slack_id and not one.owner for one in waiting):
        found.append(f"{count(ownerless, 'follow-up')} without an owner")
    if disputed := sum(one.conflicts for one in _standing(living)):
        sections = count(disputed, "section")
        found.append(f"{sections} in which people and the record disagree: choose there")
    return (line("; ".join(found), tone=Tone.QUIET),) if found else ()


def trouble(living: Living) -> tuple[Line, ...]:
    """Where it could not be put, and what a person can do."""
    return tuple(
        line(f"{one.publisher}: {inert(one.cure, 300)}", label="Trouble", tone=Tone.LOUD)
        for _, one in sorted(living.publications.items())
        if one.cure
    )
