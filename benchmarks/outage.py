"""opsbot is down for two hours and PagerDuty drops every webhook: what is found out afterwards.

Part of benchmarks.crash. The truth is the sandbox PagerDuty's own log; the record is held against
it act by act, with actor and time.
"""

from __future__ import annotations

import asyncio
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.pager_story import OUTAGE, STORIES, LateClock, Teller, acts_of
from benchmarks.rooms import find, is_whole, messages_of, record_of, rooms_of, until
from benchmarks.table import Figure
from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.scenario import Person
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.stage import WEBHOOK_SECRET, Stage
from opsbot.sandbox.world import World
from opsbot.store.record import SqlRecord

GIVEN_UP = 150.0  # seconds after the start, for everything to be right
DRILL = '"a drill before the outage"'
POLLING = {"intake": "poll", "poll_every": "1s"}
# The sandbox works telemetry out on this machine's processors, where opsbot is being timed.
TELEMETRY_OFF = dict.fromkeys(("prometheus", "loki", "tempo", "github"))
SHORT = 6  # stories of a short run
SAME_MOMENT = timedelta(seconds=2)  # webhooks carry milliseconds, log entries seconds
TYPES = {
    "trigger": "incident.triggered", "acknowledge": "incident.acknowledged",
    "unacknowledge": "incident.unacknowledged", "resolve": "incident.resolved",
    "reopen": "incident.reopened", "escalate": "incident.escalated",
    "priority_change": "incident.priority_updated", "assign": "incident.reassigned",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened to an incident, as both sides can tell it."""

    what: str  # the event's type; of a note its words
    by: str  # the person's id at the pager; empty for automation
    at: datetime


@dataclass(slots=True, kw_only=True)
class Findings:
    """What is missing on the record or in Slack, and what is there too often. `relieved` counts
    people who were paged for a while only, and of whom the record knows nothing."""

    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    relieved: int = 0


async def measure_outage(
    options: Namespace, folder: Path, environ: dict[str, str], stories: Sequence[str] = STORIES
) -> dict[str, Figure]:
    """Page, kill, two hours without opsbot, start, and look until everything is right."""
    clock = LateClock(OUTAGE + timedelta(minutes=30))
    changes = {"integrations": TELEMETRY_OFF, **(POLLING if options.poll else {})}
    scenario = load_scenario("memory-limit")
    stage = Stage(scenario=scenario, folder=folder, environ=environ, changes=changes)
    try:
        await _open(stage, clock, with_webhooks=not options.poll)
        teller = Teller(stage.world.pagerduty, clock)
        async with record_of(stage) as record:
            acts = acts_of(stories)
            for act in (act for act in acts if act.minute < 0):
                await teller.play(act)
            if options.poll:
                await _declare_and_restart(stage, record)
            await _until_right(stage, record, teller)
            await stage.bot.kill()
            stage.world.pagerduty.drop_webhooks()
            for act in (act for act in acts if act.minute >= 0):
                await teller.play(act)
            clock.behind = timedelta(0)
            stage.world.pagerduty.tick()
            stage.world.pagerduty.drop_webhooks(False)
            return await _come_back(stage, record, teller)
    finally:
        await stage.stop()


async def _open(stage: Stage, clock: LateClock, *, with_webhooks: bool) -> None:
    """Start everything with the vendors' clock behind, and opsbot last."""
    await stage.start(with_bot=False)
    await stage.world.stop()
    stage.world = World(stage.scenario, clock=clock, anchor=clock.now())
    stage.urls = await stage.world.start()
    settings: dict[str, Any] = yaml.safe_load(stage.config.read_text("utf-8"))
    settings["integrations"]["pagerduty"]["api_url"] = stage.urls.pagerduty
    stage.config.write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    if with_webhooks:
        stage.world.pagerduty.subscribe(f"{stage.bot.url}/webhooks/pagerduty", WEBHOOK_SECRET)
    await stage.bot.start()


async def _declare_and_restart(stage: Stage, record: SqlRecord) -> None:
    """Without an incident on the record opsbot is new here, and asks for ten minutes only; what
    was paged above carries an older time."""
    workspace = stage.slack.workspace
    person = next(user for user in workspace.general.members if user != workspace.bot_user_id)
    words = f"declare {DRILL}"
    await stage.slack.people.command(person, workspace.general.id, "/incident", words)

    async def declared() -> bool:
        return await record.by_number(1) is not None

    await until(declared, GIVEN_UP)
    await stage.bot.stop()
    await stage.bot.start()


async def _come_back(stage: Stage, record: SqlRecord, teller: Teller) -> dict[str, Figure]:
    began = time.monotonic()
    await stage.bot.start()
    recorded = await _until_right(stage, record, teller, with_rooms=False) - began
    housed = await _until_right(stage, record, teller) - began
    await asyncio.sleep(2.0)  # what is too much would come now
    found = await examine(stage, record, teller)
    for sentence in (*found.lost, *found.doubled):
        print(sentence, file=sys.stderr)
    acts = sum(len(list(told_by_pager(page))) for page in teller.pages.values())
    return {
        "outage_incidents": len(teller.pages), "outage_acts": acts,
        "outage_lost": len(found.lost), "outage_duplicates": len(found.doubled),
        "outage_relieved_unknown": found.relieved,
        "outage_recover_s": recorded, "outage_rooms_s": housed,
    }  # fmt: skip


async def _until_right(
    stage: Stage, record: SqlRecord, teller: Teller, *, with_rooms: bool = True
) -> float:
    """When nothing is missing any more; given up, and said later, after a while."""
    end = time.monotonic() + GIVEN_UP
    while time.monotonic() < end:
        if not (await examine(stage, record, teller, with_rooms=with_rooms)).lost:
            break
        await asyncio.sleep(0.2)
    return time.monotonic()


async def examine(
    stage: Stage, record: SqlRecord, teller: Teller, *, with_rooms: bool = True
) -> Findings:
    """Hold the record, and Slack, against the pager."""
    findings = Findings()
    held: dict[str, Incident] = {}
    for page in teller.pages.values():
        incident = await find(record, page)
        if incident is None:
            findings.lost.append(f"{page.title}: no incident")
            continue
        held[incident.id] = incident
        entries = await record.entries(incident.id)
        _compare(page, told_by_record(entries), findings)
        _compare_state(page, incident, findings)
        if with_rooms and not incident.status.is_over and not is_whole(incident):
            findings.lost.append(f"{page.title}: no whole room")
    shared = [incident.id for incident in held.values() if len(incident.alerts) > 1]
    findings.lost += [f"an incident of two stories: {incident_id}" for incident_id in shared]
    known = [i async for i in _all_incidents(record)]
    told = {incident.id for incident in known if not incident.declared_by}
    findings.doubled += [f"an incident of no story: {one}" for one in told - set(held)]
    findings.doubled += _too_many(stage, known)
    return findings


async def _all_incidents(record: SqlRecord) -> AsyncIterator[Incident]:
    number = 1
    while found := await record.by_number(number):
        yield await record.incident(found)
        number += 1


def _too_many(stage: Stage, known: Sequence[Incident]) -> Iterator[str]:
    """Rooms that no incident holds, and messages beyond one for each incident and slot."""
    rooms = {incident.surface.channel_id for incident in known}
    for room in rooms_of(stage):
        if room.id not in rooms:
            yield f"nobody's room: #{room.name}"
    stood = Counter((incident, slot) for incident, slot, _ in messages_of(stage))
    for (incident, slot), number in stood.items():
        if number > 1:
            yield f"{incident}: {number} messages for {slot}"


def told_by_pager(page: Page) -> Iterator[Fact]:
    """What PagerDuty's own log says; an escalation is one event, however many it reaches."""
    told: set[Fact] = set()
    for entry in page.log:
        by_person = isinstance(entry.agent, Person)
        kind = TYPES.get(entry.kind.removesuffix("_log_entry"))
        if kind is None or (kind == TYPES["assign"] and not by_person):
            continue
        by = entry.agent.pagerduty_id if isinstance(entry.agent, Person) else ""
        told.add(Fact(what=kind, by=by, at=entry.at.replace(microsecond=0)))
    yield from told
    for note in page.notes:
        by = note.author.pagerduty_id if note.author else ""
        yield Fact(what=note.content, by=by, at=note.at)


def told_by_record(entries: Sequence[Entry]) -> Iterator[Fact]:
    """What the record says happened at the pager."""
    for entry in entries:
        by = entry.actor.id.removeprefix("pagerduty:") if entry.actor.is_person else ""
        match entry.body:
            case e.AlertChanged(event_type=kind) if kind in TYPES.values():
                yield Fact(what=kind, by=by, at=entry.occurred_at)
            case e.NoteAdded(text=text):
                yield Fact(what=text, by=by, at=entry.occurred_at)
            case _:
                pass


def _compare(page: Page, found: Iterator[Fact], findings: Findings) -> None:
    left = list(found)
    for fact in told_by_pager(page):
        twin = next((one for one in left if _same(one, fact)), None)
        if twin is None:
            findings.lost.append(f"{page.title}: {fact.what} at {fact.at:%H:%M:%S} by {fact.by}")
        else:
            left.remove(twin)
    findings.doubled += [
        f"{page.title}: also {fact.what} at {fact.at:%H:%M:%S} by {fact.by}" for fact in left
    ]


def _same(one: Fact, other: Fact) -> bool:
    near = abs(one.at - other.at) <= SAME_MOMENT
    return near and (one.what, one.by) == (other.what, other.by)


def _compare_state(page: Page, incident: Incident, findings: Findings) -> None:
    """Whether the alert stands as at the pager, and the same people are known to be paged."""
    alert = incident.alerts[page.id]
    wanted = {
        "triggered": Transition.TRIGGERED, "acknowledged": Transition.ACKNOWLEDGED,
        "resolved": Transition.RESOLVED,
    }[page.status]  # fmt: skip
    if alert.status is not wanted:
        findings.lost.append(f"{page.title}: is {alert.status} instead of {page.status}")
    assigned = [{p.pagerduty_id for p in entry.assignees} for entry in page.log if entry.assignees]
    paged = assigned[0] | {p.pagerduty_id for p in page.assignees}
    known, ever = {person.id for person in incident.people}, set[str]().union(*assigned)
    if not paged <= known <= ever:
        findings.lost.append(f"{page.title}: known are {known}, and paged are {paged}")
    findings.relieved += len(ever - known)
    untouched = page.status == "resolved" and not _touched(page)
    if incident.status.is_over is not untouched:
        findings.lost.append(f"{page.title}: the incident is {incident.status}")


def _touched(page: Page) -> bool:
    """Whether a person acted since the incident last fired: then only a person ends it."""
    since = page.reopened_at or page.created_at
    return any(fact.by and fact.at >= since.replace(microsecond=0) for fact in told_by_pager(page))
