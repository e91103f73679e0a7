"""Typed, by button, by form, by mention, from a message: one code path, the same record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Body, Entry
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.people import Actor
from opsbot.core.routing import Rule
from tests.commands.office import ANN, BEN, START, TOWN, Office, action
from tests.commands.test_states import OF_RUNS
from tests.core.story import event, rules

Told = tuple[Body, Actor, datetime, str]
Prepare = Callable[[Office], Awaitable[Incident]]


async def _paged(office: Office) -> Incident:
    return await office.page()


async def _noted(office: Office) -> Incident:
    """INC-1 with a note that Ann typed."""
    incident = await office.page()
    await office.typed("note looking at the pool", at=incident.surface.channel_id)
    return incident


async def _cleared(office: Office) -> Incident:
    """INC-1 was worked on and its alert cleared: the room is asked whether it is over."""
    await _noted(office)
    return await office.hear(event(Transition.RESOLVED, 1))


async def _led(office: Office) -> Incident:
    """Ann leads INC-1."""
    incident = await office.page()
    await office.typed("lead", at=incident.surface.channel_id)
    return incident


async def _offered(office: Office) -> Incident:
    """Ben leads INC-1, and asks Ann to take over."""
    incident = await office.page()
    await office.typed("lead", by=BEN, at=incident.surface.channel_id)
    await office.typed("handover <@U0ANN>", by=BEN, at=incident.surface.channel_id)
    return incident


async def _resolved(office: Office) -> Incident:
    incident = await office.page()
    await office.typed("resolve", by=BEN, at=incident.surface.channel_id)
    return incident


async def _to_do(office: Office) -> Incident:
    incident = await office.page()
    await office.typed("followup alert on memory", by=BEN, at=incident.surface.channel_id)
    return incident


async def _nothing(office: Office) -> Incident:
    return await office.record.incident("inc-none")


async def _in_the_digest(office: Office) -> Incident:
    return await office.page()


@dataclass(frozen=True, kw_only=True)
class Way:
    """One verb, asked for alike: what is typed, what a button or a form says."""

    verb: str
    typed: str
    values: dict[str, str]
    form: bool = True  # whether it has one
    before: Prepare = _paged
    entry: str = ""  # the parameter that takes the number of Ann's note


WAYS = (
    Way(verb="declare", typed='"Search is slow" sev2 checkout-api --private --lead',
        before=_nothing, values={"title": "Search is slow", "severity": "SEV2",
                                 "service": "checkout-api", "private": "yes", "lead": "yes"}),
    Way(verb="severity", typed='sev1 "all regions"',
        values={"severity": "SEV1", "reason": "all regions"}),
    Way(verb="lead", typed="@me --ack", values={"person": ANN, "ack": "yes"}),
    Way(verb="lead", typed="<@U0BEN|ben.the.builder>", values={"person": "U0BEN", "ack": ""}),
    Way(verb="impact", typed='"31 % of logins fail" since -20m',
        values={"text": "31 % of logins fail", "since": "-20m"}),
    Way(verb="note", typed='"rolled back v2.14" -20m',
        values={"text": "rolled back v2.14", "at": "-20m"}),
    Way(verb="page", typed='auth-api "logins fail"',
        values={"service": "auth-api", "why": "logins fail"}),
    Way(verb="page", typed='policy "Database on-call" "locks"',
        values={"policy": "database on-call", "why": "locks"}),
    Way(verb="resolve", typed='self-recovered "the cache warmed up"',
        values={"closure": "self-recovered", "reason": "the cache warmed up"}),
    Way(verb="redact", typed='#{entry} "a password"', values={"reason": "a password"},
        before=_noted, entry="entry"),
    Way(verb="status", typed='identified "the pool is full"', form=False,
        values={"status": "identified", "reason": "the pool is full"}),
    Way(verb="status", typed='closed "all is well"', form=False, before=_resolved,
        values={"status": "closed", "reason": "all is well"}),
    Way(verb="role", typed="scribe <@U0BEN|ben>", values={"role": "scribe", "person": "U0BEN"}),
    Way(verb="role", typed="tech lead @me", values={"role": "tech-lead", "person": ANN}),
    Way(verb="mitigate", typed='-10m "rolled back v2.14"',
        values={"at": "-10m", "what": "rolled back v2.14"}),
    Way(verb="onset", typed='-40m "the first failed login"',
        values={"at": "-40m", "why": "the first failed login"}),
    Way(verb="update", typed='"we roll back v2.14" "we work on it" next 30m',
        values={"text": "we roll back v2.14", "external": "we work on it", "next": "30m"}),
    Way(verb="handover", typed='<@U0BEN|ben> "the rollback runs"', before=_led,
        values={"person": "U0BEN", "said": "the rollback runs"}),
    Way(verb="handover", typed="--accept", form=False, before=_offered,
        values={"accept": "yes"}),
    Way(verb="followup", typed='"alert on memory" <@U0BEN|ben> by 2026-12-01',
        values={"text": "alert on memory", "owner": "U0BEN", "due": "2026-12-01"}),
    Way(verb="followup", typed="1 done", form=False, before=_to_do,
        values={"item": "1", "done": "yes"}),
    Way(verb="reopen", typed='"it is back"', before=_resolved, values={"reason": "it is back"}),
    Way(verb="cancel", typed='"a load test"', values={"reason": "a load test"}),
    Way(verb="snooze", typed="45m", form=False, values={"length": "45m"}),
    Way(verb="undo", typed="#{entry}", values={}, form=False, before=_noted, entry="entry"),
    Way(verb="keep", typed="", values={}, form=False, before=_cleared),
    Way(verb="room", typed="INC-1", values={}, form=False, before=_in_the_digest),
    Way(verb="here", typed='"Search is slow"', values={"title": "Search is slow"}, form=False,
        before=_nothing),
    *(Way(verb=verb, typed="auth-api since -20m", form=False,
          values={"service": "auth-api", "since": "-20m"})
      for verb in ("evidence", "logs", "metrics", "traces", "changes")),
)  # fmt: skip
IDS = [f"{way.verb}-{number}" for number, way in enumerate(WAYS)]


async def staged(way: Way) -> tuple[Office, Incident, str]:
    """An office, its incident, and the number of Ann's note in it."""
    digest = rules(Rule(name="all", then=e.Placement.DIGEST)).routing
    office = Office(routing=digest) if way.before is _in_the_digest else Office()
    prepared = await way.before(office)
    notes = [x.seq for x in await office.entries(prepared) if isinstance(x.body, e.NoteAdded)]
    office.clock.advance(minutes=30)
    return office, await office.incident(prepared), str(notes[-1]) if notes else ""


def told(entries: Sequence[Entry], after: int) -> list[Told]:
    """What was written, without the ids that each delivery has for itself."""
    return [
        (_same(one.body), one.actor, one.occurred_at, one.source)
        for one in entries
        if one.seq > after and not isinstance(one.body, e.MessageShown | e.SurfaceChanged)
    ]


def _same(body: Body) -> Body:
    if isinstance(body, e.Opened):
        return replace(body, origin=replace(body.origin, id="declared"))
    return body


async def record_of(office: Office, incident: Incident) -> list[Told]:
    """What was added to the incident, or the record of the one that was opened."""
    if incident.seq:
        return told(await office.entries(incident), incident.seq)
    (opened,) = await office.record.open_incidents()
    return told(await office.record.entries(opened), 0)


async def by_typing(way: Way) -> list[Told]:
    office, incident, entry = await staged(way)
    line = f"{way.verb} {way.typed}".format(entry=entry)
    await office.typed(line, at=incident.surface.channel_id or TOWN)
    return await record_of(office, incident)


async def by_button(way: Way) -> list[Told]:
    office, incident, entry = await staged(way)
    values = {**way.values, **({way.entry: entry} if way.entry else {})}
    given = {name: value for name, value in values.items() if value}
    at = incident.surface.channel_id or TOWN
    await office.pressed(action(way.verb, **given), incident.id if incident.seq else "", at=at)
    return await record_of(office, incident)


async def by_form(way: Way) -> list[Told]:
    office, incident, entry = await staged(way)
    at = incident.surface.channel_id or TOWN
    await office.pressed(way.verb, incident.id if incident.seq else "", at=at)
    values = {**way.values, **({way.entry: entry} if way.entry else {})}
    await office.submitted(**values)
    return await record_of(office, incident)


async def by_mention(way: Way) -> list[Told]:
    office, incident, entry = await staged(way)
    line = f"{way.verb} {way.typed}".format(entry=entry)
    await office.mentioned(line, at=incident.surface.channel_id or TOWN)
    return await record_of(office, incident)


def test_every_verb_that_changes_something_is_among_them() -> None:
    """A new verb has to be asked for here by every way; those of runs, which need a runbook and
    somebody else's approval, are in test_run_ways.py."""
    changing = {verb.name for verb in Office().book if verb.changes} - OF_RUNS
    assert {way.verb for way in WAYS} == changing


def test_every_form_is_among_them() -> None:
    forms = {verb.name for verb in Office().book if verb.form} - OF_RUNS
    assert {way.verb for way in WAYS if way.form} == forms


@pytest.mark.parametrize("way", WAYS, ids=IDS)
async def test_a_button_writes_what_typing_writes(way: Way) -> None:
    typed = await by_typing(way)
    assert typed, "nothing was written"
    assert await by_button(way) == typed


@pytest.mark.parametrize("way", [one for one in WAYS if one.form], ids=lambda way: way.verb)
async def test_a_form_writes_what_typing_writes(way: Way) -> None:
    assert await by_form(way) == await by_typing(way)


@pytest.mark.parametrize("way", WAYS, ids=IDS)
async def test_a_mention_writes_what_typing_writes(way: Way) -> None:
    assert await by_mention(way) == await by_typing(way)


@pytest.mark.parametrize("way", WAYS, ids=IDS)
async def test_what_a_person_does_is_written_in_their_name(way: Way) -> None:
    """The first entry is theirs, and came from Slack; a redaction is opsbot's own entry."""
    (_, actor, _, source), *_ = await by_typing(way)
    assert (actor.id, actor.name, actor.is_person) == (f"slack:{ANN}", "Ann", True)
    assert source == ("opsbot" if way.verb == "redact" else "slack")


async def test_times_are_read_in_the_typists_own_zone_by_every_way() -> None:
    """14:02 in Berlin is 13:02 UTC, typed or filled in."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    office.clock.advance(minutes=10)
    await office.typed('note 14:02 "one"', at=room)
    await office.pressed(action("note", text="one", at="14:02"), incident.id, at=room)
    await office.pressed("note", incident.id, at=room)
    await office.submitted(text="one", at="14:02")
    entries = await office.entries(incident)
    notes = [entry for entry in entries if isinstance(entry.body, e.NoteAdded)]
    assert [note.occurred_at for note in notes] == [START - timedelta(minutes=58)] * 3


async def test_a_message_pinned_or_chosen_from_its_menu_is_the_same_note() -> None:
    """Its author's words, at the time they were written, once."""
    offices = [Office(), Office()]
    found: list[list[Told]] = []
    for office in offices:
        incident = await office.page()
        said = office.said(incident.surface.channel_id, "rolled back &amp; restarted <@U0ANN>")
        office.clock.advance(minutes=5)
        await (office.pinned(said) if office is offices[0] else office.chose_note(said))
        notes = await record_of(office, incident)
        found.append([one for one in notes if isinstance(one[0], e.NoteAdded)])
    assert found[0] == found[1]
    ((body, actor, at, _),) = found[0]
    assert isinstance(body, e.NoteAdded)
    assert body.text == "rolled back & restarted @U0ANN"
    assert (body.author_id, actor.id) == ("U0BEN", f"slack:{ANN}")
    assert START <= at < START + timedelta(seconds=1)


async def test_answering_the_question_is_the_same_from_home_and_room() -> None:
    """Resolving answers it, by whichever button."""
    closures: list[list[Told]] = []
    for at in ("room", "home"):
        office, incident, _ = await staged(WAYS[[w.verb for w in WAYS].index("keep")])
        place = incident.surface.channel_id if at == "room" else ""
        assert incident.questions[ALERT_CLEARED].answer == ""
        await office.pressed("resolve:closure=fixed", incident.id, at=place)
        closures.append(await record_of(office, incident))
        assert (await office.incident(incident)).questions[ALERT_CLEARED].answer == "resolve"
    assert closures[0] == closures[1]
