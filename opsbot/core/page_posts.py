"""What a room shows of each page that somebody asked for: one line, edited as people answer."""

from __future__ import annotations

from opsbot.core.announcement import who
from opsbot.core.card import At, Card, Line, Piece, Tone, line
from opsbot.core.incident import Incident
from opsbot.core.living import Page, PageReply
from opsbot.core.living_entry import PageState
from opsbot.core.text import cut, inert, listed

PAGE = "page:"  # slot of the line about page N
_NAMED = 6  # people whose answers are told one by one
_ON_THE_CARD = 2  # of the newest pages


def page_posts(incident: Incident) -> tuple[tuple[str, Card], ...]:
    """The line of each page, kept current: (slot, card). One asked for before the room stood is
    told there while it waits for an answer."""
    return tuple(
        (f"{PAGE}{page.seq}", _card(page, hidden=page.seq in incident.unsaid))
        for page in incident.living.pages
        if page.seq > incident.housed_since or _waits(page) or _stands(incident, page)
    )


def _waits(page: Page) -> bool:
    return page.state in (None, PageState.SENT) and not page.replies


def _stands(incident: Incident, page: Page) -> bool:
    return f"{PAGE}{page.seq}" in incident.surface.messages


def page_reported(page: Page, *, hidden: bool = False) -> tuple[Piece, ...]:
    """Who was paged by whom, why, and whether they acknowledged; `hidden` when its words were
    redacted since."""
    by, what = who(page.by), inert(page.what, 120)
    why = cut(inert(page.reason, 400), 200)
    reason = f" ({why})" if why and not hidden else ""
    match page.state:
        case None:
            return (by, f" is paging {what}{reason} ...")
        case PageState.FAILED:
            return (f"{what} was not paged, which ", by, f" asked for: {inert(page.said, 300)}")
        case PageState.UNSURE:
            asked = f"Whether {what} was paged is not known, which "
            return (asked, by, f" asked for: {inert(page.said, 300)}")
        case PageState.SENT:
            return (_paged(page), by, f"{reason}: ", *_answers(page))


def page_lines(incident: Incident) -> tuple[Line, ...]:
    """For the card: whom the newest pages reached and whether they acknowledged."""
    shown = incident.living.pages[-_ON_THE_CARD:]
    return tuple(
        line(*page_reported(page, hidden=page.seq in incident.unsaid), label=label, tone=tone)
        for page in shown
        for label, tone in (_mark(page),)
    )


def _mark(page: Page) -> tuple[str, Tone]:
    trouble = page.state in (PageState.FAILED, PageState.UNSURE)
    return ("Trouble", Tone.LOUD) if trouble else ("Paged", Tone.PLAIN)


def _card(page: Page, *, hidden: bool) -> Card:
    _, tone = _mark(page)
    return Card(header="", lines=(line(*page_reported(page, hidden=hidden), tone=tone),))


def _paged(page: Page) -> str:
    names = listed(tuple(inert(name, 60) for name in page.names), _NAMED)
    verb = "were" if len(page.names) > 1 else "was"
    return f"{names or inert(page.what, 120)} {verb} paged by "


def _answers(page: Page) -> tuple[Piece, ...]:
    """Who answered what, in the order in which they did; alone, the name says itself."""
    replies = sorted(page.replies.values(), key=lambda reply: reply.at)[:_NAMED]
    if not replies:
        return ("no answer yet",)
    alone = len(page.names) == 1 and [reply.name for reply in replies] == [*page.names]
    pieces: list[Piece] = []
    for reply in replies:
        pieces += [", " if pieces else "", *_answer(reply, named=not alone)]
    return tuple(piece for piece in pieces if piece)


def _answer(reply: PageReply, *, named: bool) -> tuple[Piece, ...]:
    word = "acknowledged" if reply.accepted else "declined"
    name = f"{inert(reply.name, 60)} " if named else ""
    return (f"{name}{word} ", At(moment=reply.at))
