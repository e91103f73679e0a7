"""What Slack has to tell before the record is locked: the address of a message that is pointed at,
who is named, and what the channel is that is to become a room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from opsbot.core.incident import Incident
from opsbot.core.invocation import Caller, Invocation
from opsbot.core.on_call import Roster
from opsbot.core.parameter import PersonRef, Problem
from opsbot.core.permission import Allowed, Denied, may, may_see
from opsbot.core.reading import Reading, interpret
from opsbot.core.rules import Rules
from opsbot.core.standing import Standing
from opsbot.core.text import inert
from opsbot.core.verb import Reads, Verb
from opsbot.flows.before_runs import NO_RUNS, BeforeRuns, read_runs
from opsbot.flows.read_lint import read_lint
from opsbot.flows.read_roster import read_roster
from opsbot.ports import Done, PeopleSurface, Ports

MOST_LISTED = 200  # open incidents that a list looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Beforehand:
    """What was learnt. `named` are the accounts that the invocation names, as Slack knows them."""

    pointed_url: str = ""
    open: tuple[Incident, ...] = ()  # read outside the lock, for verbs that only list
    named: Mapping[str, Standing] = field(default_factory=lambda: MappingProxyType({}))
    roster: Roster | None = None  # who is on call, for verbs that read it
    runs: BeforeRuns = NO_RUNS
    lacks: tuple[str, ...] | None = None  # what the lint says of the postmortem


async def look_up(
    ports: Ports, people: PeopleSurface, book: tuple[Verb, ...], asked: Invocation, me: Standing
) -> tuple[Invocation, Beforehand]:
    """Ask Slack, and give the invocation with what its channel is; nothing for who may nothing."""
    rules = ports.rules
    if isinstance(may("", me, None, (), guests=rules.guests), Denied):
        return asked, Beforehand()
    reading = interpret(asked, book, me=me, rules=rules, now=ports.clock.now())
    url = ""
    if asked.pointed is not None:
        url = await people.permalink(asked.pointed.channel_id, asked.pointed.ts)
    named: dict[str, Standing] = {}
    for person in _named(reading):
        found = await people.standing(replace(asked.caller, user_id=person.slack_id, team_id=""))
        if isinstance(found, Done):
            named[person.slack_id] = found.value
    asked = await _entered(rules, people, reading, me)
    seen = await _open(ports, me, asked, reading.verb)
    roster = await read_roster(ports, book, reading, me, named)
    runs = await read_runs(ports, book, reading, me)
    lacks = await read_lint(ports, book, reading, me)
    known = Beforehand(
        pointed_url=url, named=named, open=seen, roster=roster, runs=runs, lacks=lacks
    )
    return await _with_author(people, asked), known


async def _open(
    ports: Ports, me: Standing, asked: Invocation, verb: Verb | None
) -> tuple[Incident, ...]:
    if verb is None or Reads.OPEN not in verb.reads or verb.opens:
        return ()
    ids = (await ports.record.open_incidents())[-MOST_LISTED:]
    found = [await ports.record.incident(incident_id) for incident_id in ids]
    return tuple(i for i in found if may_see(me, i, asked.place.channel_id))


async def _with_author(people: PeopleSurface, asked: Invocation) -> Invocation:
    """Whose words a message holds: never those of whoever points at it."""
    pointed = asked.pointed
    if pointed is None or pointed.author_id in ("", asked.caller.user_id):
        return replace(asked, pointed=pointed and replace(pointed, author_id=""))
    found = await people.standing(Caller(user_id=pointed.author_id))
    author = found.value.name if isinstance(found, Done) else ""
    return replace(asked, pointed=replace(pointed, author=author))


async def _entered(
    rules: Rules, people: PeopleSurface, reading: Reading, me: Standing
) -> Invocation:
    asked, verb = reading.asked, reading.verb
    place = asked.place
    if verb is None or not verb.enters or not place.channel_id or place.is_direct:
        return asked
    if not isinstance(may(verb.name, me, None, rules.permissions, guests=rules.guests), Allowed):
        return asked
    match await people.enter(place.channel_id):
        case Done(value=found):
            name = inert(found.name, 80)
            place = replace(place, channel_name=name, inside=True, private=found.private)
            return replace(asked, place=place)
        case _:
            return asked


def _named(reading: Reading) -> Iterator[PersonRef]:
    for value in reading.values.values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, PersonRef) and one.slack_id:
                yield one


def with_names(reading: Reading, known: Beforehand, rules: Rules) -> Reading:
    """The reading with people's own names; somebody who may nothing here cannot be named."""
    problems = list(reading.problems)
    values = dict(reading.values)
    for name, value in reading.values.items():
        if not isinstance(value, PersonRef) or value.slack_id not in known.named:
            continue
        standing = known.named[value.slack_id]
        values[name] = replace(value, name=standing.name or value.name)
        match may("", standing, None, (), guests=rules.guests):
            case Denied(why=why):
                said = f"{inert(standing.name, 60)} cannot be named: {why[:1].lower()}{why[1:]}."
                problems.append(Problem(parameter=name, sentence=said))
            case _:
                pass
    return replace(reading, values=MappingProxyType(values), problems=tuple(problems))
