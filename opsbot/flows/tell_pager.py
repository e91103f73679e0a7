"""Do at the pager what a person did in Slack: acknowledge, resolve, set the priority, leave the
note; in their name, once, and what came of it on the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Draft, PagerAct, PagerResult
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.incident_parts import AskOfPager
from opsbot.core.intake import OWN_NOTE
from opsbot.core.invocation import Caller
from opsbot.core.moment import lasting
from opsbot.core.people import OPSBOT
from opsbot.core.text import cut, inert
from opsbot.core.timeline import said_by
from opsbot.flows.intake import LOCK, follow
from opsbot.ports import Acted, Done, Outcome, Pager, Ports, Refused, Steps, Unsure

LOOK_AGAIN = 5.0  # seconds until an act that may be repeated is tried after a lost answer
LONGEST_NOTE = 2_000
EXPIRES = timedelta(minutes=30)  # after which nobody expects the act to happen any more


async def tell_pager(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None when it is settled, else after how many seconds to try again."""
    incident_id, number = arguments["incident_id"], int(arguments["asked"])

    async def step() -> float | None:
        incident = await ports.record.incident(incident_id)
        asked = next((one for one in incident.of_pager if one.seq == number), None)
        if asked is None or asked.result is not None:
            return None
        return await _do(ports, incident, asked)

    return await steps.run("tell pager", step)


async def _do(ports: Ports, incident: Incident, asked: AskOfPager) -> float | None:
    if ports.pager is None:
        cure = "no pager with an API token is configured"
        return await _settle(ports, incident, asked, PagerResult.REFUSED, cure)
    if asked.act is PagerAct.NOTE and int(asked.value or 0) in incident.unsaid:
        said = "nothing was left: the note was taken back"
        return await _settle(ports, incident, asked, PagerResult.ALREADY, said)
    if why := _moot(incident, asked, ports.clock.now()):
        return await _settle(ports, incident, asked, PagerResult.MOOT, why)
    earlier = None
    if asked.act is PagerAct.NOTE:  # a note cannot be taken back, so it is claimed before
        claim = f"{incident.id}:pager:{asked.seq}"
        earlier = await ports.record.claim(claim, ports.clock.now())
    if earlier is not None:
        said = "opsbot stopped while leaving the note; look at the pager"
        return await _settle(ports, incident, asked, PagerResult.UNSURE, said)
    outcome = await _act(ports, ports.pager, incident, asked)
    return await _told(ports, incident, asked, outcome)


def _moot(incident: Incident, asked: AskOfPager, now: datetime) -> str:
    """Why the act would be wrong by now: it waited, and the world went on. An act that comes late
    must not silence a page that nobody has seen."""
    alert = incident.alerts.get(asked.origin_id)
    again = (
        alert is not None and alert.status is Transition.TRIGGERED and alert.changed_seq > asked.seq
    )
    if again and asked.act in (PagerAct.ACKNOWLEDGE, PagerAct.RESOLVE):
        return "not done: the alert fired again meanwhile"
    if asked.act is PagerAct.RESOLVE and not incident.status.is_over:
        return "not done: the incident is open again"
    if asked.act is PagerAct.PRIORITY and any(
        later.seq > asked.seq and (later.act, later.origin_id) == (asked.act, asked.origin_id)
        for later in incident.of_pager
    ):
        return "not done: another priority was asked for since"
    late = now - asked.at > EXPIRES and asked.act is not PagerAct.NOTE
    return f"not done: the pager was away for {lasting(EXPIRES)}; do it there" if late else ""


async def _act(
    ports: Ports, pager: Pager, incident: Incident, asked: AskOfPager
) -> Outcome[Acted] | Outcome[None]:
    email = await _email(ports, asked)
    match asked.act:
        case PagerAct.ACKNOWLEDGE:
            return await pager.acknowledge(asked.origin_id, as_email=email)
        case PagerAct.RESOLVE:
            return await pager.resolve(asked.origin_id, as_email=email)
        case PagerAct.PRIORITY:
            return await pager.set_priority(asked.origin_id, asked.value, as_email=email)
        case PagerAct.NOTE:
            text = await _note(ports, incident, asked)
            if not text:
                return Refused(error="gone", cure="the note was taken back")
            return await pager.add_note(asked.origin_id, text, as_email=email)


async def _email(ports: Ports, asked: AskOfPager) -> str:
    """The address by which the pager knows the person; empty when Slack does not tell."""
    if ports.people is None or not asked.by.id.startswith("slack:"):
        return ""
    caller = Caller(user_id=asked.by.id.removeprefix("slack:"))
    found = await ports.people.standing(caller)
    return found.value.email if isinstance(found, Done) else ""


async def _note(ports: Ports, incident: Incident, asked: AskOfPager) -> str:
    """The note's words as the record has them now; marked as ours, so that it does not return as
    somebody's act."""
    seq = int(asked.value or 0)
    if seq in incident.unsaid:
        return ""
    for entry in await ports.record.entries(incident.id):
        if entry.seq == seq and isinstance(entry.body, e.NoteAdded):
            who = said_by(entry.body, entry.actor.name)
            return cut(f"{OWN_NOTE}{who} in Slack: {inert(entry.body.text, 1_900)}", LONGEST_NOTE)
    return ""


async def _told(
    ports: Ports, incident: Incident, asked: AskOfPager, outcome: Outcome[Acted] | Outcome[None]
) -> float | None:
    match outcome:
        case Done(value=Acted(already=True) as acted):
            return await _settle(ports, incident, asked, PagerResult.ALREADY, "", acted)
        case Done(value=acted):
            return await _settle(ports, incident, asked, PagerResult.DONE, "", acted)
        case Refused(retry_after=wait) if wait is not None and asked.act is not PagerAct.NOTE:
            return max(wait.total_seconds(), 1.0)
        case Refused(error=error, retry_after=wait) if wait is not None:
            said = f"{error}: the note was not left at the pager, and is not tried again"
            return await _settle(ports, incident, asked, PagerResult.REFUSED, said)
        case Refused(error=error, cure=cure):
            said = f"{error}: {cure}"
            return await _settle(ports, incident, asked, PagerResult.REFUSED, said)
        case Unsure() if asked.act is not PagerAct.NOTE:
            return LOOK_AGAIN  # doing it twice does it once
        case Unsure(reason=reason):
            said = f"{reason}; look at the pager"
            return await _settle(ports, incident, asked, PagerResult.UNSURE, said)


async def _settle(
    ports: Ports, incident: Incident, asked: AskOfPager, result: PagerResult, said: str,
    acted: Acted | None = None,
) -> None:  # fmt: skip
    now = ports.clock.now()
    body = e.PagerActed(
        asked=asked.seq, act=asked.act, origin_id=asked.origin_id, result=result, said=said,
        at=acted.at if acted else None, by_id=acted.by_id if acted else "",
    )  # fmt: skip
    draft = Draft(
        key=f"pager:{asked.seq}", occurred_at=now, actor=OPSBOT, source="pagerduty", body=body
    )
    async with ports.record.transaction(LOCK) as tx:
        before = await tx.incident(incident.id)
        (entry,) = await tx.append(incident.id, [draft])
        await follow(tx, before, cause=entry.key, rules=ports.rules, now=now)
