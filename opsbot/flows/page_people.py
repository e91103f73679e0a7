"""Page whom somebody asked for, once, in their name; what came of it goes on the record, from where
the room's line and whoever asked hear it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Draft, Mode
from opsbot.core.event import Origin
from opsbot.core.incident import Incident
from opsbot.core.incident_pages import page_key
from opsbot.core.incident_parts import Alert
from opsbot.core.invocation import Caller
from opsbot.core.living import Page
from opsbot.core.living_entry import PageState
from opsbot.core.moment import lasting
from opsbot.core.page_acts import joins_alert, made_already, page_message, page_title
from opsbot.core.people import OPSBOT, slack_account
from opsbot.flows.claiming import claimed, refused
from opsbot.flows.intake import LOCK, follow
from opsbot.ports import Done, Outcome, Paged, Paging, Ports, Refused, Staffing, Steps, Unsure

EXPIRES = timedelta(minutes=30)  # after which whoever asked has long found another way
LOOK_AGAIN = 5.0  # seconds until a page that its key makes once is sent again after a lost answer
SOURCE = "pagerduty"


async def page_people(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None when it is settled, else after how many seconds to try again."""
    incident_id, number = arguments["incident_id"], int(arguments["asked"])

    async def step() -> float | None:
        incident = await ports.record.incident(incident_id)
        page = next((one for one in incident.living.pages if one.seq == number), None)
        if page is None or page.state is not None:
            return None
        return await _page(ports, incident, page)

    return await steps.run("page people", step)


async def _page(ports: Ports, incident: Incident, page: Page) -> float | None:
    made = made_already(incident, page)
    if made is not None:  # the pager's webhook was quicker than its answer
        return await _settle(ports, incident, page, _by_alert(page, made))
    staffing = ports.staffing
    if why := _cannot(ports, incident, page):
        return await _settle(ports, incident, page, _failed(page, why))
    if staffing is None:
        why = "no pager with an API token is configured"
        return await _settle(ports, incident, page, _failed(page, why))
    if (wait := await _unreachable(ports, staffing, incident, page)) is not None:
        return wait
    alert = joins_alert(incident, page)
    claim: str | None = ""
    if alert is not None:  # a request to join has no key, so it is claimed before it is sent
        claim = await claimed(ports, f"{incident.id}:page:{page.seq}")
        if claim is None:
            said = "opsbot stopped while paging; look at the pager"
            return await _settle(ports, incident, page, _unsure(page, said))
    paging = _paging(ports, incident, page, alert)
    outcome = await staffing.page(paging, as_email=await _email(ports, page))
    return await _told(ports, incident, page, outcome, claim)


def _cannot(ports: Ports, incident: Incident, page: Page) -> str:
    """Why nobody may be paged, or no longer."""
    if incident.mode is Mode.SHADOW:
        return "in shadow mode nobody is paged"
    if not ports.rules.tells_pager:
        return "opsbot is set to do nothing at the pager (tell_pager: false)"
    if incident.status.is_over:
        return "the incident was over before anybody could be paged"
    late = ports.clock.now() - page.at > EXPIRES
    return f"too late: the pager was away for {lasting(EXPIRES)}; page them there" if late else ""


async def _unreachable(
    ports: Ports, staffing: Staffing, incident: Incident, page: Page
) -> float | None:
    """Seconds to wait while the pager cannot be asked: nothing is claimed before it answers, so
    that a page is tried for as long as anybody expects it."""
    if page.asked_ids:
        return None
    service_id = page.service_id or _service_id(ports, incident)
    if not (page.policy_id or service_id):
        return None
    answer = await staffing.on_call(
        service_id="" if page.policy_id else service_id, policy_id=page.policy_id, fresh=True
    )
    match answer:
        case Refused(retry_after=wait) if wait is not None:
            return max(wait.total_seconds(), 1.0)
        case _:
            return None  # what is refused for good is refused again where it is recorded


def _service_id(ports: Ports, incident: Incident) -> str:
    found = ports.rules.catalogue.find(incident.service)
    return (found.pagerduty_id if found else "") or incident.service.source_id


def _paging(ports: Ports, incident: Incident, page: Page, alert: Alert | None) -> Paging:
    return Paging(
        key=page_key(incident.id, page.seq),
        alert_id=alert.origin.id if alert else "",
        service_id=page.service_id or _service_id(ports, incident),
        policy_id=page.policy_id,
        user_ids=page.asked_ids,
        title=page_title(incident),
        message=page_message(incident, page),
    )


async def _email(ports: Ports, page: Page) -> str:
    """The address by which the pager knows who asks; empty when Slack does not tell."""
    account = slack_account(page.by.id)
    if ports.people is None or not account:
        return ""
    found = await ports.people.standing(Caller(user_id=account))
    return found.value.email if isinstance(found, Done) else ""


async def _told(
    ports: Ports, incident: Incident, page: Page, outcome: Outcome[Paged], claim: str
) -> float | None:
    match outcome:
        case Done(value=paged):
            body, made = _sent(page, paged), _made(incident, page, paged)
            return await _settle(ports, incident, page, body, made)
        case Refused(retry_after=wait) if wait is not None:  # so nobody was paged
            if claim:
                await refused(ports, claim)
            return max(wait.total_seconds(), 1.0)
        case Unsure() if not claim:
            return LOOK_AGAIN  # sending it twice makes it once
        case Refused(error=error, cure=cure):
            return await _settle(ports, incident, page, _failed(page, f"{error}: {cure}"))
        case Unsure(reason=reason):
            said = f"{reason}; look at the pager"
            return await _settle(ports, incident, page, _unsure(page, said))


def _sent(page: Page, paged: Paged) -> e.PageActed:
    return e.PageActed(
        asked=page.seq, state=PageState.SENT, origin_id=paged.alert_id, made=paged.made,
        names=tuple(person.name or person.id for person in paged.people),
        user_ids=tuple(person.id for person in paged.people),
    )  # fmt: skip


def _by_alert(page: Page, made: Alert) -> e.PageActed:
    people = made.details.people if made.details else ()
    return e.PageActed(
        asked=page.seq, state=PageState.SENT, origin_id=made.origin.id, made=True,
        names=tuple(person.name or person.id for person in people),
        user_ids=tuple(person.id for person in people),
    )  # fmt: skip


def _failed(page: Page, said: str) -> e.PageActed:
    return e.PageActed(asked=page.seq, state=PageState.FAILED, said=said)


def _unsure(page: Page, said: str) -> e.PageActed:
    return e.PageActed(asked=page.seq, state=PageState.UNSURE, said=said)


async def _settle(
    ports: Ports, incident: Incident, page: Page, body: e.PageActed, made: Draft | None = None
) -> None:
    """What came of it; an incident that the pager made for it belongs to this one."""
    now = ports.clock.now()
    drafts = [
        Draft(
            key=f"paged:{page.seq}", occurred_at=now, actor=OPSBOT, source=SOURCE, body=body
        )
    ]  # fmt: skip
    drafts += [made] if made else []
    async with ports.record.transaction(LOCK) as tx:
        before = await tx.incident(incident.id)
        entries = await tx.append(incident.id, drafts)
        await follow(tx, before, cause=entries[0].key, rules=ports.rules, now=now)


def _made(incident: Incident, page: Page, paged: Paged) -> Draft | None:
    """The same fact, under the same key, that the pager's own event of the incident makes."""
    if not paged.made:
        return None
    origin = Origin(
        source=SOURCE, id=paged.alert_id, number=paged.number, url=paged.url,
        dedup_key=page_key(incident.id, page.seq),
    )  # fmt: skip
    reason = f"INC-{incident.number} asked for this page"
    joined = e.Joined(origin=origin, title=page_title(incident), reason=reason)
    return Draft(
        key=f"joined:{SOURCE}:{paged.alert_id}", occurred_at=page.at, actor=OPSBOT,
        source="routing", body=joined,
    )  # fmt: skip
