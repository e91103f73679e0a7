"""Roles: given, listed, taken away; whoever gets one is told in private what it asks of them."""

from __future__ import annotations

import pytest

from opsbot.core.entry import Mode, Role
from opsbot.core.incident import Incident
from opsbot.core.permission import Permission
from opsbot.core.role_guide import GUIDE
from opsbot.core.rules import Channels
from tests.commands.office import ADA, ANN, BEN, TOWN, Office


async def paged(**rules: object) -> tuple[Office, Incident, str]:
    office = Office(**rules)
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def said(office: Office, line: str, at: str, by: str = ANN) -> str:
    told = await office.typed(line, at=at, by=by)
    assert told is not None
    return told.words


async def test_giving_a_role_is_said_publicly_and_stands_on_the_card() -> None:
    office, incident, room = await paged()
    answered = await said(office, "role scribe <@U0BEN>", room)
    assert "Ben is the scribe of INC-1 now" in answered
    assert office.lines(incident, "said:") == ["Ann made Ben the scribe"]
    assert "Roles scribe Ben" in office.card(incident)
    assert BEN in office.room.channels[room].members


async def test_whoever_is_given_a_role_is_told_what_it_asks_of_them() -> None:
    """Alone, in a direct message, by whom, and with a way on."""
    office, incident, room = await paged()
    await said(office, "assign scribe <@U0BEN>", room)
    (told,) = office.people.whispered(BEN)
    assert "Ann made you the scribe of INC-1." in told.words
    assert GUIDE[Role.SCRIBE][0] in told.words
    assert (told.channel_id, told.incident_id, told.actions) == ("", incident.id, ["menu"])
    assert office.people.whispered(ANN) == []


async def test_who_takes_a_role_reads_it_in_the_answer() -> None:
    office, incident, room = await paged()
    answered = await said(office, "role scribe @me", room)
    assert GUIDE[Role.SCRIBE][0] in answered
    assert office.people.whispers == []
    assert office.lines(incident, "said:") == ["Ann is the scribe now"]


async def test_the_lead_is_told_in_private_too_however_they_came_by_it() -> None:
    office, _, room = await paged()
    await said(office, "lead <@U0BEN>", room)
    await said(office, "role lead <@U0ADA>", room)
    (first,), (second,) = office.people.whispered(BEN), office.people.whispered(ADA)
    assert "Ann made you the lead of INC-1." in first.words
    assert "Ann made you the lead of INC-1." in second.words


@pytest.mark.parametrize(
    ("word", "role"),
    [("comms", Role.COMMUNICATIONS), ("liaison", Role.COMMUNICATIONS),
     ("tech lead", Role.TECH_LEAD), ("tech-lead", Role.TECH_LEAD), ("ops", Role.TECH_LEAD),
     ("sme", Role.EXPERT), ("deputy", Role.DEPUTY), ("Scribe", Role.SCRIBE)],
)  # fmt: skip
async def test_roles_are_known_by_the_names_in_use(word: str, role: Role) -> None:
    office, incident, room = await paged()
    await said(office, f"role {word} <@U0BEN>", room)
    (holder,) = (await office.incident(incident)).living.roles[role]
    assert holder.slack_id == BEN


async def test_there_may_be_many_experts_and_each_leaves_alone() -> None:
    office, incident, room = await paged()
    for name in ("<@U0BEN>", "<@U0ADA>"):
        await said(office, f"role expert {name}", room)
    assert "experts; say whom" in await said(office, "role expert --gone", room)
    assert "Ben is no longer an expert" in await said(office, "role expert <@U0BEN> --gone", room)
    held = (await office.incident(incident)).living.roles[Role.EXPERT]
    assert [one.slack_id for one in held] == [ADA]
    assert "Ann says that Ben is no longer an expert" in office.lines(incident, "said:")


async def test_the_list_says_who_has_which_and_who_has_none() -> None:
    office, _, room = await paged()
    await said(office, "lead", room, by=BEN)
    await said(office, "role deputy @me", room)
    words = " ".join((await said(office, "roles", room)).split())
    assert "Roles in INC-1" in words
    for line in ("Lead Ben", "Deputy Ann", "Scribe nobody"):
        assert line in words


async def test_a_role_without_a_name_is_explained_and_offered() -> None:
    """Nobody is deposed by asking; taking it is one press."""
    office, incident, room = await paged()
    told = await office.typed("role scribe", at=room)
    assert told is not None
    assert "Nobody has the role of scribe" in told.words
    await office.press_of(told, "role:")
    assert "scribe Ann" in office.card(incident)


async def test_the_same_again_and_what_nobody_has_change_nothing() -> None:
    office, incident, room = await paged()
    await said(office, "role scribe <@U0BEN>", room)
    seq = (await office.incident(incident)).seq
    assert "is the scribe of INC-1 already" in await said(office, "role scribe <@U0BEN>", room)
    assert "Nobody is the deputy" in await said(office, "role deputy --gone", room)
    assert "Ada is not the scribe" in await said(office, "role scribe <@U0ADA> --gone", room)
    assert "Say which role" in await said(office, "role <@U0ADA>", room)
    assert "do not know who" in await said(office, "role scribe @somebody", room)
    assert (await office.incident(incident)).seq == seq


async def test_who_may_not_lead_does_not_come_by_it_as_a_role() -> None:
    sre = Permission(verbs=("lead",), groups=("S0SRE",), group_names=("@sre",))
    office, incident, room = await paged(permissions=(sre,))
    assert "`lead` is limited here" in await said(office, "role lead @me", room)
    assert (await office.incident(incident)).lead is None
    assert "You are the scribe" in await said(office, "role scribe @me", room)


async def test_only_the_lead_gives_the_lead_up() -> None:
    office, _, room = await paged()
    await said(office, "lead", room, by=BEN)
    assert "only they can give it up" in await said(office, "role lead --gone", room)
    assert "You are no longer the lead" in await said(office, "role lead --gone", room, by=BEN)


async def test_in_shadow_mode_nobody_is_told_anything() -> None:
    office = Office(mode=Mode.SHADOW, channels=Channels(shadow="C0SHADOW", digest="C0D"))
    office.room.lend("C0SHADOW", "shadow")
    await office.page()
    assert "in private" not in await said(office, "role scribe <@U0BEN> INC-1", TOWN)
    await said(office, "lead INC-1", TOWN)
    words = await said(office, "handover <@U0BEN> INC-1", TOWN)
    assert "they type handover --accept INC-1" in words
    assert office.people.whispers == []


async def test_a_role_in_a_private_incident_lets_its_holder_know_of_it() -> None:
    """Somebody who may know gave it to them."""
    office = Office()
    incident = await office.declared('"Zebra-Quux leaks" --private')
    assert "There is no INC-1" in await said(office, "status INC-1", TOWN, by=BEN)
    await said(office, "role scribe <@U0BEN>", incident.surface.channel_id)
    assert "Zebra-Quux" in await said(office, "status INC-1", TOWN, by=BEN)
    assert "There is no INC-1" in await said(office, "status INC-1", TOWN, by=ADA)
