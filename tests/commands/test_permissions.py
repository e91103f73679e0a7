"""Who may do what: refused on every surface alike, with why and who can, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.permission import Permission
from opsbot.core.verb import Verb
from tests.commands.office import ADA, ANN, BEN, DEE, GUS, SAM, TOWN, Office, action

SRE = "S0SRE"
VERBS: tuple[Verb, ...] = Office().book
NAMES = [verb.name for verb in VERBS]
OUTSIDERS = {GUS: "Guests cannot", SAM: "People from outside", DEE: "This account is deactivated"}
# What makes each verb do something, by parameter; the rest needs nothing.
GIVEN = {
    "declare": {"title": "Search is slow"}, "severity": {"severity": "SEV1"},
    "note": {"text": "looking"}, "impact": {"text": "logins fail"}, "lead": {"person": ANN},
    "redact": {"entry": "2", "reason": "a password"}, "undo": {"entry": "2"},
    "status": {"status": "identified"}, "resolve": {"closure": "fixed"},
    "page": {"service": "auth-api", "why": "logins fail"}, "evidence": {"again": "yes"},
    "here": {"title": "Search is slow"}, "role": {"role": "scribe", "person": ANN},
    "mitigate": {"what": "rolled back"}, "onset": {"at": "13:58Z"}, "handover": {"person": BEN},
    "update": {"text": "we know more"}, "followup": {"text": "alert on memory"},
    "reopen": {"reason": "it is back"}, "cancel": {"reason": "a load test"},
    "snooze": {"length": "1h"},
}  # fmt: skip


def only(*verbs: str, **given: Any) -> tuple[Permission, ...]:
    return (Permission(verbs=verbs, **given),)


def sre_only(*verbs: str) -> tuple[Permission, ...]:
    return only(*verbs, groups=(SRE,), group_names=("@sre",))


async def staged(permissions: tuple[Permission, ...] = (), **rules: Any) -> tuple[Office, Incident]:
    """Ben is in the group, Ann is not; INC-1 pages Ada."""
    office = Office(permissions=permissions, **rules)
    office.people.add("ben", groups=frozenset({SRE}))
    return office, await office.page()


async def by_every_way(
    office: Office, incident: Incident, verb: str, by: str
) -> list[tuple[str, str]]:
    """(way, what was answered) of each way to ask for the verb."""
    room, values = incident.surface.channel_id, GIVEN.get(verb, {})
    typed = " ".join([verb, *(f'{name}="{value}"' for name, value in values.items())])
    said = office.said(room, "errors since 14:02")
    ways = {
        "typed": lambda: office.typed(typed, by=by, at=room),
        "mention": lambda: office.mentioned(typed, by=by, at=room),
        "button": lambda: office.pressed(action(verb, **values), incident.id, by=by, at=room),
        "bare button": lambda: office.pressed(verb, incident.id, by=by, at=room),
        "menu": lambda: office.chose_note(said, by=by),
        "pin": lambda: office.pinned(said, by=by),
        "declaration": lambda: office.chose_declare(said, by=by),
    }
    also = {"note": ("menu", "pin"), "declare": ("declaration",)}.get(verb, ())
    named = ["typed", "mention", "button", "bare button", *also]
    told = [(way, await ways[way]()) for way in named]
    return [(way, answered.words if answered else "") for way, answered in told]


@pytest.mark.parametrize("verb", NAMES)
@pytest.mark.parametrize("by", OUTSIDERS)
async def test_outsiders_are_refused_by_every_way(by: str, verb: str) -> None:
    """No form opens, nothing is written, and they hear why and who can."""
    office, incident = await staged()
    before = await office.entries(incident)
    for way, words in await by_every_way(office, incident, verb, by):
        assert OUTSIDERS[by] in words, way
        assert "Ask a full member" in words, way
    assert office.people.forms == []
    assert await office.entries(incident) == before
    assert await office.numbers() == [1]
    assert office.pager.acts == []


@pytest.mark.parametrize("by", OUTSIDERS)
async def test_a_form_that_reached_an_outsider_counts_for_nothing(by: str) -> None:
    """Whoever submits is looked up, whoever opened it."""
    office, incident = await staged()
    await office.pressed("severity", incident.id, at=incident.surface.channel_id)
    office.people.forms.append((by, office.form_of(ANN)))
    told = await office.submitted(by, severity="SEV1")
    assert told is not None
    assert OUTSIDERS[by] in told.words
    assert await office.bodies(incident, e.SeverityChanged) == []


@pytest.mark.parametrize("by", OUTSIDERS)
async def test_an_outsiders_home_tab_shows_no_incident(by: str) -> None:
    office, _ = await staged()
    await office.looked_home(by)
    ((card, incident_id),) = office.people.homes[by]
    assert OUTSIDERS[by] in str(card)
    assert (card.buttons, incident_id) == ((), "")
    assert "checkout" not in str(card)


@pytest.mark.parametrize("by", OUTSIDERS)
async def test_help_tells_an_outsider_nothing_of_the_incident(by: str) -> None:
    office, incident = await staged()
    told = await office.typed("help", by=by, at=incident.surface.channel_id)
    assert told is not None
    assert "INC-1" not in told.words
    assert "severity" not in told.words


@pytest.mark.parametrize("by", OUTSIDERS)
async def test_a_pin_in_a_channel_of_no_incident_is_nobodys_business(by: str) -> None:
    """Nobody asked us anything there, so nobody is refused, looked up or answered."""
    office, _ = await staged()
    moves = len(office.people.moves)
    assert await office.pinned(office.said(TOWN, "lunch?"), by=by) is None
    assert await office.pinned(office.said(TOWN, "lunch?"), by=ANN) is None
    assert len(office.people.moves) == moves


async def test_an_outsider_who_types_here_does_not_bring_opsbot_into_the_channel() -> None:
    office, _ = await staged()
    office.people.add_channel("C0CORNER", inside=False)
    await office.typed("here", by=GUS, at="C0CORNER")
    assert not office.people.channels["C0CORNER"].bot_is_in


async def test_guests_may_where_the_settings_let_them() -> None:
    """Guests only: strangers, and accounts that are no more, stay refused."""
    office, incident = await staged(guests=True)
    room = incident.surface.channel_id
    office.people.add("eve", guest=True, deactivated=True)
    office.people.add("pat", guest=True, stranger=True)
    told = await office.typed("note looking", by=GUS, at=room)
    assert told is not None
    assert "Noted" in told.words
    for by in (SAM, DEE, "U0EVE", "U0PAT"):
        refused = await office.typed("note looking", by=by, at=room)
        assert refused is not None
        assert "Ask a full member" in refused.words
    assert len(await office.bodies(incident, e.NoteAdded)) == 1


async def test_a_bot_is_refused_even_where_guests_may() -> None:
    office, incident = await staged(guests=True)
    office.people.add("hal", bot=True, guest=True)
    told = await office.typed("note looking", by="U0HAL", at=incident.surface.channel_id)
    assert told is not None
    assert "Ask a full member" in told.words


@pytest.mark.parametrize("verb", NAMES)
async def test_a_limited_verb_is_refused_by_every_way(verb: str) -> None:
    """Ann hears that it is limited and who can; nothing is written, no form opens."""
    office, incident = await staged(sre_only(verb))
    before = await office.entries(incident)
    for way, words in await by_every_way(office, incident, verb, ANN):
        assert words == f"`{verb}` is limited here. Members of @sre can.", way
    assert office.people.forms == []
    assert await office.entries(incident) == before
    assert await office.numbers() == [1]


@pytest.mark.parametrize("verb", NAMES)
async def test_who_is_in_the_group_is_not_refused(verb: str) -> None:
    office, incident = await staged(sre_only(verb))
    for way, words in await by_every_way(office, incident, verb, BEN):
        assert "limited" not in words, way


async def test_what_no_row_names_is_for_every_member() -> None:
    office, incident = await staged(sre_only("resolve"))
    told = await office.typed("severity sev1", at=incident.surface.channel_id)
    assert told is not None
    assert "is SEV1 now" in told.words


@pytest.mark.parametrize(
    ("role", "able", "unable"),
    [("lead", BEN, ANN), ("responder", ADA, BEN), ("declarer", ANN, BEN)],
)
async def test_a_role_of_the_incident_may(role: str, able: str, unable: str) -> None:
    """Ben leads what Ann declared and what pages Ada."""
    office, _ = await staged(only("severity", roles=(role,)))
    incident = await office.declared() if role == "declarer" else await office.page("PINC2")
    room = incident.surface.channel_id
    if role == "lead":
        await office.typed("lead", by=BEN, at=room)
    refused = await office.typed("severity sev1", by=unable, at=room)
    assert refused is not None
    assert f"the {role}" in refused.words.lower()
    assert await office.bodies(incident, e.SeverityChanged) == []
    await office.typed("severity sev1", by=able, at=room)
    assert len(await office.bodies(incident, e.SeverityChanged)) == 1


async def test_the_refusal_names_the_lead_who_can() -> None:
    office, incident = await staged(only("resolve", roles=("lead",)))
    room = incident.surface.channel_id
    await office.typed("lead", by=BEN, at=room)
    told = await office.typed("resolve", at=room)
    assert told is not None
    assert told.words == "`resolve` is limited here. The lead (Ben) can."


async def test_several_rows_widen_who_may() -> None:
    """Any row that fits will do, and the refusal names all of them."""
    rows = (*sre_only("resolve"), *only("resolve", "redact", roles=("lead",)))
    office, incident = await staged(rows)
    room = incident.surface.channel_id
    refused = await office.typed("resolve", at=room)
    assert refused is not None
    assert "Members of @sre and the lead can" in refused.words
    await office.typed("resolve", by=BEN, at=room)
    assert (await office.incident(incident)).status.is_over


async def test_an_alias_is_limited_like_its_verb() -> None:
    office, incident = await staged(sre_only("severity", "resolve"))
    room = incident.surface.channel_id
    for line in ("sev sev1", "sev1", "fixed"):
        told = await office.typed(line, at=room)
        assert told is not None
        assert "is limited here" in told.words, line


async def test_the_home_tab_can_be_limited_too() -> None:
    office, _ = await staged(sre_only("home"))
    await office.looked_home(ANN)
    assert "Members of @sre can" in str(office.people.homes[ANN])
    await office.looked_home(BEN)
    assert "checkout" in str(office.people.homes[BEN])


async def test_while_slack_does_not_say_who_asks_nothing_is_done() -> None:
    """It is asked again for a while; then the asker is told to try again."""
    office, incident = await staged()
    room = incident.surface.channel_id
    asked = office.slack.typed("severity sev1", ANN, room, trigger="t")
    office.people.break_down("standing")
    assert await office.desk.take(asked) is not None
    assert office.people.answers == []
    office.clock.advance(minutes=6)
    assert await office.desk.take(asked) is None
    assert "who you are" in office.people.answers[-1].words
    assert await office.bodies(incident, e.SeverityChanged) == []
    office.people.mend()
    told = await office.typed("severity sev1", at=room)
    assert told is not None
    assert "is SEV1 now" in told.words


async def test_declaring_is_no_way_to_a_lead_that_is_limited() -> None:
    """The incident opens all the same, and they hear who can lead it."""
    office = Office(permissions=sre_only("lead"))
    await office.pressed("declare")
    told = await office.submitted(title="Search is slow", lead="yes")
    assert told is not None
    assert "You do not lead it. `lead` is limited here." in told.words
    incident = await office.record.incident(told.incident_id)
    assert (incident.seq > 0, incident.lead) == (True, None)


async def test_who_may_lead_what_they_declare_does_so_at_once() -> None:
    office = Office(permissions=(Permission(verbs=("lead",), roles=("declarer",)),))
    incident = await office.declared("--lead search is slow")
    assert incident.lead is not None


async def test_undo_is_no_way_to_reopen_where_that_is_limited() -> None:
    office = Office(permissions=sre_only("reopen"))
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed("resolve", at=room)
    (end,) = [x.seq for x in await office.entries(incident) if isinstance(x.body, e.StatusChanged)]
    told = await office.typed(f"undo #{end}", at=room)
    assert told is not None
    assert "Nothing was undone. `reopen` is limited here." in told.words
    assert (await office.incident(incident)).status.is_over
