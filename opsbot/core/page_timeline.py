"""What a human reads of pages that people asked for."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.living_entry import PageState
from opsbot.core.text import cut, inert, listed


def page_line(entry: Entry) -> tuple[str, int] | None:
    """The words of an entry and their weight (see `timeline.TimelineEntry`); None for others."""
    who = inert(entry.actor.name or entry.actor.id, 80)
    match entry.body:
        case e.PageAsked(what=what, reason=reason):
            why = f": “{cut(inert(reason, 400), 300)}”" if reason else ""
            return f"{who} asked for a page of {inert(what, 120)}{why}", 2
        case e.PageActed() as body:
            return _acted(body), 2
        case e.PageAnswered(name=name, accepted=accepted):
            word = "acknowledged" if accepted else "declined"
            return f"{inert(name, 80)} {word} the page", 2
        case _:
            return None


def _acted(body: e.PageActed) -> str:
    said = inert(body.said, 300)
    match body.state:
        case PageState.SENT:
            names = listed(tuple(inert(name, 80) for name in body.names)) or "nobody by name"
            return f"the pager paged {names}" + (f" ({said})" if said else "")
        case PageState.FAILED:
            return f"nobody was paged: {said}"
        case PageState.UNSURE:
            return f"whether anybody was paged is not known: {said}"
