"""A person asks for a verb: who they are is looked up, one record transaction decides and appends,
and they alone are answered. Typed, by form or by button, it is this one path."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.act_permission import verbs_of, why_not
from opsbot.core.card import At, Button, Card, Tone, line
from opsbot.core.entry import Body, Draft, Entry, Mode, Placement, Visibility
from opsbot.core.event import DECLARED, Origin
from opsbot.core.incident import REDACTED, TAKEN_BACK, Incident
from opsbot.core.invocation import How, Invocation
from opsbot.core.moment import clock_text, shifted
from opsbot.core.permission import may_see
from opsbot.core.policy import PastRun
from opsbot.core.reading import interpret
from opsbot.core.rules import Rules
from opsbot.core.standing import Standing
from opsbot.core.verb import Fact, Needs, Opening, Reads, Removal, Reply, Scene, Verb, answer
from opsbot.flows.answering import Understood, scene_of, understand
from opsbot.flows.before_runs import needs_fresh_standing
from opsbot.flows.beforehand import Beforehand, look_up, with_names
from opsbot.flows.intake import LOCK, follow
from opsbot.flows.misunderstood import not_understood, which_incident
from opsbot.flows.run_begin import RUNS_LOOK_BACK, runs_of_late
from opsbot.ports import Done, Obligation, PeopleSurface, Ports, Refused, Transaction

WAITS_FOR_SLACK = timedelta(minutes=5)  # for who somebody is; then they are told to try again
ASK_AGAIN = 3.0  # seconds
JUST_OPENED = 12  # the newest open incidents, among which a declaration looks for its twin


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What is said to the caller, and the incident that its buttons are about."""

    card: Card | None
    incident_id: str = ""
    late_form: bool = False  # the card offers the form again, should the door have missed it
    removed: bool = False  # words left the record
    ticked: bool = False  # a pinned message counted: a tick says so where it was pinned


FormOpened = Callable[[str], Awaitable[bool]]


async def act(
    ports: Ports, book: tuple[Verb, ...], asked: Invocation, form_opened: FormOpened
) -> float | None:
    """Do what was asked and answer; seconds to wait when Slack cannot say yet who asks.

    `form_opened` says whether the form of an invocation stands on the screen; it may wait a
    moment for the door, which opens it at the same time.
    """
    people = ports.people
    if people is None or await _is_nobodys_pin(ports, asked):
        return None
    standing = await people.standing(asked.caller, fresh=_looks_anew(ports, book, asked))
    if not isinstance(standing, Done):
        lasting = isinstance(standing, Refused) and standing.retry_after is None
        if not lasting and ports.clock.now() - asked.occurred_at < WAITS_FOR_SLACK:
            return ASK_AGAIN
        await people.answer(asked, answer(
            "Slack does not say right now who you are, so nothing was done. Try again in a minute."
        ))  # fmt: skip
        return None
    if asked.how is How.REACTION:
        pinned = await _with_words(people, asked)
        if pinned is None:
            await people.answer(asked, answer(
                "Slack does not show me that message right now, so it is not on the timeline. "
                "Pin it again in a minute, or note it in your own words."
            ))  # fmt: skip
            return None
        asked = pinned
    asked, known = await look_up(ports, people, book, asked, standing.value)
    async with ports.record.transaction(LOCK) as tx:
        now = ports.clock.now()
        acted = await decide(tx, book, asked, standing.value, ports.rules, now, known)
    if acted.removed:
        await ports.record.scour()
    if not (acted.late_form and await form_opened(asked.id)):
        await _tell(ports, asked, acted)
    return None


def _looks_anew(ports: Ports, book: tuple[Verb, ...], asked: Invocation) -> bool:
    """Whether it matters who the caller is at this very moment."""
    anybody = Standing(slack_id=asked.caller.user_id)
    reading = interpret(asked, book, me=anybody, rules=ports.rules, now=ports.clock.now())
    return needs_fresh_standing(reading)


async def _is_nobodys_pin(ports: Ports, asked: Invocation) -> bool:
    """A pin in a channel of no incident means nothing to us: nobody is looked up or answered."""
    if asked.how is not How.REACTION:
        return False
    return await ports.record.holder_of_channel(asked.place.channel_id) is None


async def _with_words(people: PeopleSurface, asked: Invocation) -> Invocation | None:
    """A reaction carries no words; the message it points at is read. None when it cannot be."""
    if asked.pointed is None:
        return None
    found = await people.message(asked.pointed.channel_id, asked.pointed.ts)
    return replace(asked, pointed=found.value) if isinstance(found, Done) else None


async def _tell(ports: Ports, asked: Invocation, acted: Acted) -> None:
    if ports.people is None:
        return
    if acted.ticked and asked.pointed is not None:
        place = asked.pointed
        await ports.people.react(place.channel_id, place.ts, "white_check_mark")
    if acted.card is not None:
        await ports.people.answer(asked, acted.card, incident_id=acted.incident_id)


async def decide(
    tx: Transaction, book: tuple[Verb, ...], asked: Invocation, me: Standing, rules: Rules,
    now: datetime, known: Beforehand,
) -> Acted:  # fmt: skip
    """Inside the transaction: understand, ask the verb, append what it says."""
    understood = await understand(tx, book, asked, me, rules, now)
    understood = replace(understood, reading=with_names(understood.reading, known, rules))
    if understood.denied is not None:
        return Acted(card=answer(understood.denied.sentence))
    verb, incident = understood.verb, understood.incident
    if incident is not None and understood.too_late:
        state = incident.closure or incident.status
        return Acted(card=answer(f"INC-{incident.number} is over ({state}); nothing was done."))
    if verb is None or (understood.reading.problems and not understood.wants_form):
        return Acted(card=not_understood(understood.reading, rules))
    if verb.needs is Needs.INCIDENT and incident is None:
        if asked.how is How.REACTION:
            return Acted(card=None)
        seen = await _open(tx, me, asked)
        return Acted(card=which_incident(understood.reading, understood.unseen, seen))
    if understood.wants_form:
        return _form_again(understood, verb)
    if verb.opens and (opened := await tx.incident(_declared_id(asked))).seq:
        card = _with_said(_declared(opened, now), understood.reading.said)
        return Acted(card=card, incident_id=opened.id)
    scene = await _scene(tx, understood, verb, book, me, rules, now)
    if Reads.RECENT in verb.reads:
        scene = replace(scene, recent=await _recent(tx, understood, known, now))
    if Reads.OPEN in verb.reads and not verb.opens:
        scene = replace(scene, open=known.open)
    scene = replace(
        scene, pointed_url=known.pointed_url, roster=known.roster, prepared=known.runs.prepared,
        duties=known.runs.duties, lacks=known.lacks,
    )  # fmt: skip
    reply = verb.run(scene, understood.reading.values)
    if limited := _reached_past(scene, verb, reply):
        return Acted(card=answer(f"Nothing was done. {limited}"))
    return await _apply(tx, scene, verb, reply)


def _reached_past(scene: Scene, verb: Verb, reply: Reply) -> str:
    """Why the caller may not do by this verb what another one is limited for."""
    bodies = [fact.body for fact in reply.facts]
    incident = scene.incident
    if incident is None or reply.opening is not None:
        return ""
    verbs = verbs_of(bodies, incident)
    return why_not(verbs, scene.me, incident, scene.rules, asked=verb.name)


async def _open(tx: Transaction, me: Standing, asked: Invocation) -> tuple[Incident, ...]:
    found = [await tx.incident(i) for i in (await tx.open_incidents())[-JUST_OPENED:]]
    return tuple(i for i in found if may_see(me, i, asked.place.channel_id))


def _form_again(understood: Understood, verb: Verb) -> Acted:
    """The form is opened by the door; when that was too late, a button opens it."""
    asked = understood.reading.asked
    again = Button(action=verb.name, label=f"Open the {verb.name} form", primary=True)
    card = answer("The form could not be opened in time.", buttons=(again,))
    incident = understood.incident
    about = incident.id if incident else asked.incident_id
    return Acted(card=card, incident_id=about, late_form=True)


async def _scene(
    tx: Transaction, understood: Understood, verb: Verb, book: tuple[Verb, ...], me: Standing,
    rules: Rules, now: datetime,
) -> Scene:  # fmt: skip
    scene = scene_of(understood, book, me, rules, now)
    if verb.opens:  # under the lock, so that two who declare at once see each other
        scene = replace(scene, open=await _open(tx, me, scene.asked))
    if Reads.ENTRIES in verb.reads and scene.incident is not None:
        scene = replace(scene, entries=tuple(await tx.entries(scene.incident.id)))
    return scene


async def _recent(
    tx: Transaction, understood: Understood, known: Beforehand, now: datetime
) -> tuple[PastRun, ...]:
    prepared, incident = known.runs.prepared, understood.incident
    target = prepared.plan.target if prepared and prepared.plan else ""
    since = shifted(now, -RUNS_LOOK_BACK)
    return await runs_of_late(tx, since, incident.id if incident else "", target)


async def _apply(tx: Transaction, scene: Scene, verb: Verb, reply: Reply) -> Acted:
    incident, card = scene.incident, reply.card
    appended: Sequence[Entry] = []
    if reply.opening is not None:
        incident, appended = await _declare(tx, scene, reply.opening)
        card = card or _declared(incident, scene.now, reply.opening.remark)
    elif reply.removal is not None and incident is not None:
        appended = await _redact(tx, scene, incident, reply.removal)
    elif reply.facts and incident is not None:
        appended = await _append(tx, scene, incident, reply.facts)
        if incident.unsaid.get(appended[0].seq) == REDACTED:
            said = f"Entry #{appended[0].seq} was redacted, so it is not put back."
            return Acted(card=answer(said), incident_id=incident.id)
    for owed in reply.owed:
        home = incident.id if incident else e.OPS
        await tx.owe(
            Obligation(
                key=f"{home}:{owed.key}", incident_id=home, purpose=owed.purpose,
                due_at=owed.due_at, arguments=owed.arguments,
            )
        )  # fmt: skip
    card = _with_said(card, scene.said) if card else None
    mine = bool(appended) and appended[0].actor.id == scene.me.actor.id
    if reply.undo and mine and card is not None:
        undo = Button(action=f"undo:entry={appended[0].seq}", label="Undo")
        card = replace(card, buttons=(*card.buttons, undo))
    ticked = scene.asked.how is How.REACTION and bool(appended)
    about = incident.id if incident else ""
    removed = reply.removal is not None
    return Acted(card=card, incident_id=about, ticked=ticked, removed=removed)


def _drafts(scene: Scene, facts: Sequence[Fact], first: int = 0) -> list[Draft]:
    return [
        Draft(
            key=fact.key or f"{scene.asked.id}:{number}",
            occurred_at=fact.at or scene.now,
            actor=scene.me.actor,
            source="slack",
            body=fact.body,
        )
        for number, fact in enumerate(facts, start=first)
    ]


async def _append(
    tx: Transaction, scene: Scene, incident: Incident, facts: Sequence[Fact]
) -> Sequence[Entry]:
    """Append in the caller's name, with all that follows; a repeat appends nothing."""
    entries = [await _once(tx, incident, draft) for draft in _drafts(scene, facts)]
    if entries[-1].seq > incident.seq:
        await follow(
            tx, incident, cause=entries[-1].key, rules=scene.rules, now=scene.now,
            by=scene.me.actor,
        )  # fmt: skip
    return entries


async def _once(tx: Transaction, incident: Incident, draft: Draft) -> Entry:
    """Append what counts once in the incident; what was taken back may be said again."""
    (entry,) = await tx.append(incident.id, [draft])
    while incident.unsaid.get(entry.seq) == TAKEN_BACK:
        again = replace(draft, key=f"{draft.key}:after:{entry.seq}")
        (entry,) = await tx.append(incident.id, [again])
    return entry


async def _redact(
    tx: Transaction, scene: Scene, incident: Incident, removal: Removal
) -> Sequence[Entry]:
    said = await tx.redact(incident.id, removal.seq, scene.me.actor, removal.reason)
    await follow(tx, incident, cause=said.key, rules=scene.rules, now=scene.now)
    return (said,)


async def _declare(
    tx: Transaction, scene: Scene, opening: Opening
) -> tuple[Incident, Sequence[Entry]]:
    """Open an incident in the caller's name. Its id comes from the delivery, so that the same
    form submitted twice is one incident."""
    before = await tx.incident(_declared_id(scene.asked))
    if before.seq:
        return before, ()
    opened = await tx.append(before.id, _opening_drafts(scene, opening, await tx.next_number()))
    await follow(
        tx, before, cause=opened[-1].key, rules=scene.rules, now=scene.now, by=scene.me.actor
    )
    return await tx.incident(before.id), opened


def _declared_id(asked: Invocation) -> str:
    named = hashlib.sha256(asked.id.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return f"inc-{named}"


def _opening_drafts(scene: Scene, opening: Opening, number: int) -> list[Draft]:
    reason = "a person declared it"
    opened = e.Opened(
        number=number, title=opening.title,
        origin=Origin(source=DECLARED, id=scene.asked.id, url=opening.url),
        service=opening.service, severity=opening.severity, urgency="", priority="", teams=(),
        mode=scene.rules.mode, visibility=opening.visibility, reason=reason,
    )  # fmt: skip
    routed = e.Routed(placement=Placement.ROOM, rule=DECLARED, reason=reason)
    bodies: list[Body] = [opened, routed]
    if opening.lead:
        me = scene.me
        bodies.append(e.RoleAssigned(role=e.Role.LEAD, slack_id=me.slack_id, name=me.name))
    at = opening.at or scene.now
    facts = [Fact(body=body, at=at if body is opened else None) for body in bodies]
    drafts = _drafts(scene, [*facts, *opening.facts])
    return [replace(drafts[0], key="opened"), *drafts[1:]]


def _declared(incident: Incident, now: datetime, remark: str = "") -> Card:
    private = incident.visibility is Visibility.PRIVATE
    where = f"{'a private' if private else 'a'} room for it is on its way."
    if incident.mode is Mode.SHADOW:
        where = "in shadow mode it is shown in the shadow channel alone."
    lines = [line(f"INC-{incident.number} is open; {where}")]
    began = incident.opened_at
    if began is not None and now - began >= timedelta(minutes=1):
        lines.append(line("Since ", At(moment=began, style="date_time"), f", {clock_text(began)}."))
    return answer(*lines, *((remark,) if remark else ()))


def _with_said(card: Card, said: tuple[str, ...]) -> Card:
    """The card, and how what was typed was understood, where it does not say so itself."""
    words = "".join(p for one in card.lines for p in one.pieces if isinstance(p, str))
    unsaid = tuple(line(one, tone=Tone.QUIET) for one in said if one not in words)
    return replace(card, lines=(*card.lines, *unsaid))
