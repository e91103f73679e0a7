"""A page arrives: one record transaction decides what the event is, appends the facts and the
obligations. Everything after it is owed by the record and happens in other flows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from opsbot.core.consequences import consequences
from opsbot.core.entry import OPS
from opsbot.core.event import MAINTENANCE, AlertEvent
from opsbot.core.incident import Incident, new_incident
from opsbot.core.incident_pages import asked_under, page_of_key
from opsbot.core.intake import Action, arrival, page_of, returns_to
from opsbot.core.moment import shifted
from opsbot.core.people import Actor
from opsbot.core.routing import maintenance_of
from opsbot.core.rules import Rules
from opsbot.core.text import inert
from opsbot.ports import Obligation, Transaction

LOCK = "intake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of an event."""

    action: Action
    incident_id: str
    news: bool  # False when its meaning was already on the record
    reasons: tuple[str, ...]


async def take(tx: Transaction, event: AlertEvent, rules: Rules, now: datetime) -> Taken:
    """Put one event on the record inside `tx`, which holds the intake lock."""
    if event.alert is None:
        return await _note(tx, event, rules, now)
    known_id = await tx.find_origin(event.alert.source, event.alert.id)
    known = await tx.incident(known_id) if known_id else None
    paged = None if known else await _paged_by(tx, event.alert.dedup_key)
    recent = paged or (None if known else await _returns_to(tx, event, rules, now))
    home = known or recent
    number = 0 if home else await tx.next_number()
    decision = arrival(event, known, recent, rules, now, number)
    incident_id = home.id if home else _incident_id(event)
    before = home or new_incident(incident_id)
    entries = await tx.append(incident_id, decision.drafts)
    if not entries or entries[-1].seq <= before.seq:
        reason = "already on the record" if entries else decision.reason
        return Taken(action=decision.action, incident_id=incident_id, news=False, reasons=(reason,))
    fact = entries[-1]
    reasons = await follow(tx, before, cause=fact.key, rules=rules, now=now)
    return Taken(
        action=decision.action,
        incident_id=incident_id,
        news=True,
        reasons=(decision.reason, *reasons),
    )


async def follow(
    tx: Transaction, before: Incident, *, cause: str, rules: Rules, now: datetime,
    by: Actor | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """Append what follows from the entry `cause`, owe the work, and owe one look at Slack."""
    after = await tx.incident(before.id)
    found = consequences(before, after, cause=cause, rules=rules, now=now, by=by)
    if found.drafts:
        await tx.append(before.id, found.drafts)
    for purpose in found.cancelled:
        await tx.cancel(before.id, purpose)
    for owed in found.owed:
        await tx.owe(
            Obligation(
                key=f"{before.id}:{owed.key}",
                incident_id=before.id,
                purpose=owed.purpose,
                due_at=owed.due_at,
                arguments=owed.arguments,
            )
        )
    final = await tx.incident(before.id)
    await tx.owe(converge_soon(final, now))
    return found.reasons


def converge_soon(incident: Incident, now: datetime) -> Obligation:
    """The obligation to bring Slack up to this state of the record."""
    return Obligation(
        key=f"{incident.id}:converge:{incident.seq}",
        incident_id=incident.id,
        purpose="converge",
        due_at=now,
    )


def tell_ops(key: str, text: str, now: datetime) -> Obligation:
    """The obligation to say `text` in the ops channel, once per key."""
    return Obligation(
        key=f"ops:{key}",
        incident_id=OPS,
        purpose="tell_ops",
        due_at=now,
        arguments={"text": text, "said_at": now.isoformat()},
    )


def _incident_id(event: AlertEvent) -> str:
    """Stable for the alert that opens the incident, so that a lost answer cannot double it."""
    alert = event.alert
    named = f"{alert.source}:{alert.id}" if alert else event.id
    return "inc-" + hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:20]


async def _paged_by(tx: Transaction, dedup_key: str) -> Incident | None:
    """The incident whose page made this alert at the pager."""
    asked = asked_under(dedup_key)
    if asked is None:
        return None
    incident = await tx.incident(asked[0])
    return incident if page_of_key(incident, dedup_key) else None


async def _returns_to(
    tx: Transaction, event: AlertEvent, rules: Rules, now: datetime
) -> Incident | None:
    window = maintenance_of(page_of(event, rules, now), rules.maintenance, now)
    if window is not None:
        found = await tx.find_origin(MAINTENANCE, window.origin_id)
        return await tx.incident(found) if found else None
    if event.alert is None or event.details is None:
        return None
    candidate = await tx.find_recent(
        source=event.alert.source,
        dedup_key=event.alert.dedup_key,
        service_id=event.details.service.source_id,
        since=shifted(now, -rules.return_within),
    )
    return returns_to(event, candidate)


async def _note(tx: Transaction, event: AlertEvent, rules: Rules, now: datetime) -> Taken:
    """An event of no alert is kept in the ops record and said in the ops channel."""
    before = await tx.incident(OPS)
    decision = arrival(event, None, None, rules, now, 0)
    entries = await tx.append(OPS, decision.drafts)
    news = entries[-1].seq > before.seq
    if news:
        await tx.owe(tell_ops(f"event:{event.source}:{event.id}", _said(event), now))
    return Taken(action=decision.action, incident_id=OPS, news=news, reasons=(decision.reason,))


def _said(event: AlertEvent) -> str:
    if event.test:
        return f"A test event from {event.source} arrived: {inert(event.summary, 200)}"
    known = "" if event.known else " (an event type this version does not know; it is kept)"
    return f"{event.source}: {inert(event.summary, 200)}{known}"
