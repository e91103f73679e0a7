"""Pages that people asked for, as the incident holds them: whom they reached, who answered; and the
key by which the pager's own incident of a page is known again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.event import Reply, Transition
from opsbot.core.incident_state import Incident
from opsbot.core.living import Living, Page, PageReply
from opsbot.core.living_entry import PageState
from opsbot.core.people import Actor, Person

PAGES_KEPT = 40
_KEY = re.compile(r"opsbot:([A-Za-z0-9_-]{1,64}):page:([1-9][0-9]{0,8})")


def page_key(incident_id: str, seq: int) -> str:
    """The deduplication key of the pager's incident that page `seq` makes."""
    return f"opsbot:{incident_id}:page:{seq}"


def asked_under(dedup_key: str) -> tuple[str, int] | None:
    """The incident and the entry whose page has this key; None for anybody else's key."""
    found = _KEY.fullmatch(dedup_key)
    return (found[1], int(found[2])) if found else None


def page_of_key(incident: Incident, dedup_key: str) -> Page | None:
    """The incident's page that made the pager's incident of this key. The key alone proves
    nothing, for anybody may write one: the page has to be on the record."""
    found = asked_under(dedup_key)
    if found is None or found[0] != incident.id:
        return None
    return next((page for page in incident.living.pages if page.seq == found[1]), None)


def answered_pages(incident: Incident, reply: Reply) -> tuple[int, ...]:
    """The pages that somebody's reply at the pager is news to, by their numbers: those that
    reached them, and those of the policy that has come to them since."""
    return tuple(
        page.seq
        for page in incident.living.pages
        if (_may_answer(page, reply.user_id) or _has_come_to(page, reply))
        and page.answers.get(reply.user_id) is not reply.accepted
    )


def apply_pages(living: Living, entry: Entry) -> Living:
    """The state after an entry about a page; others change nothing."""
    match entry.body:
        case e.PageAsked() as body:
            page = Page(
                seq=entry.seq, what=body.what, reason=body.reason, by=entry.actor,
                at=entry.occurred_at, policy_id=body.policy_id, asked_ids=body.user_ids,
                because=body.because, service_id=body.service_id,
            )  # fmt: skip
            return replace(living, pages=(*living.pages, page)[-PAGES_KEPT:])
        case e.PageActed() as body:
            return _with(living, tuple(_acted(page, body) for page in living.pages))
        case e.PageAnswered(user_id=user_id, name=name, accepted=accepted, asked=asked):
            reply = PageReply(name=name, accepted=accepted, at=entry.occurred_at)
            pages = (
                _replied(page, user_id, reply) if _is_answered(page, asked, user_id) else page
                for page in living.pages
            )
            return _with(living, tuple(pages))
        case _:
            return living


def acknowledged(state: Incident, entry: Entry, body: e.AlertChanged) -> Incident:
    """Whoever acknowledges the pager's incident of a page has answered it: anybody, where it was
    made for the page, else one of those who were paged."""
    if body.transition is not Transition.ACKNOWLEDGED:
        return state
    return _answered_by(state, body.origin_id, entry.actor, entry.occurred_at)


def caught_up(state: Incident, body: e.PageActed) -> Incident:
    """The same of a page whose incident was acknowledged before we knew which one it is."""
    alert = state.alerts.get(body.origin_id)
    if alert is None or alert.by is None or alert.status is not Transition.ACKNOWLEDGED:
        return state
    return _answered_by(state, body.origin_id, alert.by, alert.changed_at)


def reached(body: e.PageActed) -> tuple[Person, ...]:
    """Whoever was paged belongs into the room, as those do whom the alert paged."""
    names = body.names if len(body.names) == len(body.user_ids) else ("",) * len(body.user_ids)
    pairs = zip(body.user_ids, names, strict=True)
    return tuple(Person(id=user_id, name=name) for user_id, name in pairs)


def _answered_by(state: Incident, origin_id: str, by: Actor, at: datetime) -> Incident:
    if not by.is_person:
        return state
    user_id, reply = _at_pager(by), PageReply(name=by.name, accepted=True, at=at)
    pages = tuple(
        _replied(page, user_id, reply) if _is_of(page, origin_id, user_id, at) else page
        for page in state.living.pages
    )
    living = _with(state.living, pages)
    return state if living is state.living else replace(state, living=living)


def _with(living: Living, pages: tuple[Page, ...]) -> Living:
    return living if pages == living.pages else replace(living, pages=pages)


def _acted(page: Page, body: e.PageActed) -> Page:
    if page.seq != body.asked:
        return page
    return replace(
        page, state=body.state, names=body.names, user_ids=body.user_ids, said=body.said,
        origin_id=body.origin_id, made=body.made,
    )  # fmt: skip


def _may_answer(page: Page, user_id: str) -> bool:
    """Whether it reached them; until the pager has said whom it reached, it may have, unless
    others were asked for by name."""
    if page.state is PageState.FAILED:
        return False
    reached = page.user_ids or page.asked_ids
    return user_id in reached or not reached


def _has_come_to(page: Page, reply: Reply) -> bool:
    """Whether the page went through the policy by which they were asked: nobody on its first
    level answered, and the next one was asked."""
    sent = page.state is PageState.SENT and not page.asked_ids
    return sent and bool(page.policy_id) and page.policy_id == reply.policy_id


def _is_answered(page: Page, asked: int, user_id: str) -> bool:
    return page.seq == asked if asked else _may_answer(page, user_id)


def _is_of(page: Page, origin_id: str, user_id: str, at: datetime) -> bool:
    if not page.origin_id or page.origin_id != origin_id:
        return False
    return page.made or (user_id in page.user_ids and at >= page.at)


def _replied(page: Page, user_id: str, reply: PageReply) -> Page:
    """The newest word counts, whatever order they are heard in."""
    held = page.replies.get(user_id)
    if held is not None and held.at > reply.at:
        return page
    return replace(
        page,
        answers=MappingProxyType({**page.answers, user_id: reply.accepted}),
        replies=MappingProxyType({**page.replies, user_id: reply}),
    )


def _at_pager(actor: Actor) -> str:
    """The pager's own id of somebody; of somebody known by their Slack account, that one's."""
    source, _, ident = actor.id.partition(":")
    return actor.id if source == "slack" else ident
