"""What one verb is limited for is not reached by another: impact, role, hand-over, undo, here, and
verbs that a team made itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Role
from opsbot.core.incident import Incident
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.permission import Permission
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer
from tests.commands.office import ANN, BEN, TOWN, Office, replace

SHOWN: dict[str, Callable[[Incident], Any]] = {
    "onset": lambda i: i.living.onset and i.living.onset.at,
    "lead": lambda i: i.lead and i.lead.slack_id,
    "role": lambda i: i.living.roles,
    "mitigate": lambda i: i.living.mitigated and i.living.mitigated.at,
    "severity": lambda i: i.severity,
    "impact": lambda i: i.impact and i.impact.text,
    "update": lambda i: i.living.update and i.living.update.text,
    "followup": lambda i: [(one.text, one.is_open) for one in i.living.follow_ups],
    "handover": lambda i: i.living.offer and i.living.offer.to_slack_id,
    "note": lambda i: i.unsaid,
    "resolve": lambda i: i.status,
    "cancel": lambda i: i.status,
    "reopen": lambda i: i.status,
    "status": lambda i: i.status,
    "snooze": lambda i: i.living.snoozed_until,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Ann does `before` while she may, then tries `tries` while the verb is limited. `reaches`
    says that it does the verb's act where that is not limited."""

    verb: str
    tries: str
    before: tuple[str, ...] = ()
    reaches: bool = True
    says: str = "is limited here"

    @property
    def name(self) -> str:
        return f"{self.verb} by {self.tries}"


def undone(verb: str, *lines: str, reaches: bool = True) -> Way:
    """What Ann did last is taken back."""
    return Way(verb=verb, before=lines, tries="undo", reaches=reaches)


WAYS = (
    Way(verb="onset", tries='impact "logins fail" since 13:58Z'),
    Way(verb="lead", tries="role lead @me"),
    Way(verb="lead", tries="role lead --gone", before=("lead",)),
    Way(verb="lead", tries="relay <@U0ANN>"),
    # Another verb asks what it has to know, so status is no way to it, limited or not.
    *(Way(verb=verb, tries=f"status {status}", reaches=False, says=f"use {verb}")
      for verb, status in (("resolve", "resolved"), ("cancel", "cancelled"))),
    Way(verb="reopen", tries="status investigating", before=("resolve",), reaches=False,
        says="reopen opens it again"),
    Way(verb="mitigate", tries="status mitigated", reaches=False, says="mitigate says since when"),
    undone("lead", "lead"), undone("role", "role scribe @me"), undone("onset", "onset 13:58Z"),
    undone("onset", 'impact "logins fail" since 13:58Z'), undone("mitigate", "mitigate"),
    undone("impact", 'impact "logins fail"'), undone("severity", "severity sev1"),
    undone("update", "update we know more"), undone("followup", 'followup "alert on memory"'),
    undone("followup", 'followup "alert"', "followup 1 done"),
    undone("handover", "lead", "handover <@U0BEN>"), undone("note", "note looking"),
    undone("status", "status identified"), undone("resolve", "resolve"),
    undone("cancel", 'cancel "a load test"'), undone("reopen", "resolve"),
    undone("reopen", 'cancel "a load test"'), undone("status", "resolve", "status closed"),
)  # fmt: skip


def relay(scene: Scene, values: Values) -> Reply:
    """A verb of a team that gives the lead away at once."""
    lead = e.RoleAssigned(role=Role.LEAD, slack_id=ANN, name="Ann")
    return Reply(card=answer("Relayed."), facts=(Fact(body=lead),))


RELAY = Verb(
    name="relay", summary="give the lead away", run=relay, changes=True,
    parameters=(Parameter(name="person", kind=Kind.PERSON, label="person"),),
)  # fmt: skip


def limit(office: Office, verb: str) -> None:
    """From now on the verb is for a group that Ann is not in."""
    row = Permission(verbs=(verb,), groups=("S0SRE",), group_names=("@sre",))
    office.rules = replace(office.rules, permissions=(row,))
    office.ports = replace(office.ports, rules=office.rules)
    office.desk._ports = office.ports  # pyright: ignore[reportPrivateUsage] # its one dependency


async def tried(way: Way, *, limited: bool) -> tuple[str, bool]:
    """What Ann was told, and whether what the verb is about has changed."""
    office = Office()
    office.book = office.desk._book = (*office.book, RELAY)  # pyright: ignore[reportPrivateUsage] # a team's verb
    incident = await office.page()
    room = incident.surface.channel_id
    seq = 0
    for line in way.before:
        seq = (await office.incident(incident)).seq
        await office.typed(line, by=ANN, at=room)
    if limited:
        limit(office, way.verb)
    mine = [x.seq for x in await office.entries(incident) if x.actor.id == f"slack:{ANN}"]
    newest = next((one for one in mine if one > seq), 0)  # what follows from it comes behind
    line = f"undo #{newest}" if way.tries == "undo" else way.tries
    shown = SHOWN[way.verb]
    was = shown(await office.incident(incident))
    told = await office.typed(line, by=ANN, at=room)
    assert told is not None
    return told.words, shown(await office.incident(incident)) != was


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
async def test_a_limited_act_is_reached_by_no_other_way(way: Way) -> None:
    """And whoever tries hears which verb it is, and who can."""
    words, changed = await tried(way, limited=True)
    assert not changed
    assert way.says in words
    assert not way.reaches or (f"`{way.verb}`" in words and "Members of @sre can." in words)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
async def test_each_of_these_ways_is_open_where_nothing_is_limited(way: Way) -> None:
    """Else the table above would prove nothing."""
    words, changed = await tried(way, limited=False)
    assert changed is way.reaches, words


async def test_the_impact_is_set_all_the_same_without_the_time() -> None:
    """What users notice is theirs to say; only when it began is not."""
    office = Office()
    incident = await office.page()
    limit(office, "onset")
    room = incident.surface.channel_id
    told = await office.typed('impact "logins fail" since 13:58Z', at=room)
    assert told is not None
    assert "The impact of INC-1 is set." in told.words
    assert "When it began was not set. `onset` is limited here." in told.words
    impact = (await office.incident(incident)).impact
    assert impact is not None
    assert (impact.text, impact.since) == ("logins fail", None)


async def test_a_time_alone_is_refused_where_onset_is_limited() -> None:
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed('impact "logins fail"', at=room)
    limit(office, "onset")
    seq = (await office.incident(incident)).seq
    await office.typed('impact "logins fail" since 13:58Z', at=room)
    assert (await office.incident(incident)).seq == seq


async def test_the_form_that_shows_the_beginning_does_not_move_it() -> None:
    """It shows whole minutes; a beginning with seconds stays as it is, for whoever submits."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    office.clock.advance(seconds=40)
    await office.typed("onset -5m", by=BEN, at=room)
    began = SHOWN["onset"](await office.incident(incident))
    limit(office, "onset")
    await office.pressed("impact", incident.id, at=room)
    shown = {field.name: field.value for field in office.form_of().fields}
    told = await office.submitted(**{**shown, "text": "logins fail"})
    assert told is not None
    assert "limited" not in told.words
    assert SHOWN["onset"](await office.incident(incident)) == began
    assert SHOWN["impact"](await office.incident(incident)) == "logins fail"


async def test_making_a_channel_a_room_is_no_way_to_declare() -> None:
    office = Office()
    limit(office, "declare")
    told = await office.typed('here "search is slow"', at=TOWN)
    assert told is not None
    assert "`declare` is limited here." in told.words
    assert await office.numbers() == []


async def test_who_has_the_lead_may_be_looked_at_where_it_is_limited() -> None:
    office = Office()
    incident = await office.page()
    await office.typed("lead", by=BEN, at=incident.surface.channel_id)
    limit(office, "lead")
    told = await office.typed("role lead", at=incident.surface.channel_id)
    assert told is not None
    assert "Ben has the role of lead." in told.words
