"""Help knows where you are; unknown words get the nearest verb; nothing at all gets the menu."""

from __future__ import annotations

import pytest

from opsbot.cards.render import render
from opsbot.core.entry import Placement
from opsbot.core.permission import Permission
from opsbot.core.routing import Rule
from tests.commands.office import BEN, TOWN, Office
from tests.core.story import rules

SRE_ONLY = (Permission(verbs=("redact", "resolve"), groups=("S0SRE",), group_names=("@sre",)),)


async def helped(office: Office, line: str = "help", at: str = TOWN, by: str = "U0ANN") -> str:
    told = await office.typed(line, by=by, at=at)
    assert told is not None
    return told.words


async def test_help_lists_what_can_be_done_and_how_it_is_typed() -> None:
    """Every verb but the hidden ones, with what may follow it."""
    office = Office()
    words = await helped(office)
    for verb in office.book:
        assert (f"/incident {verb.name} {verb.usage}".strip() in words) is not verb.hidden


async def test_help_is_about_the_incident_of_this_room() -> None:
    office = Office()
    incident = await office.page()
    assert "What you can do (INC-1)" in await helped(office, at=incident.surface.channel_id)
    assert "no incident is open here" in await helped(office, at=TOWN)


async def test_what_one_may_not_is_named_with_who_can() -> None:
    """In place of its usage: nobody is sent to try what will be refused."""
    office = Office(permissions=SRE_ONLY)
    incident = await office.page()
    words = await helped(office, at=incident.surface.channel_id)
    assert "resolve: `resolve` is limited here. Members of @sre can." in words
    assert "/incident resolve" not in words
    assert "/incident severity" in words


async def test_what_makes_no_sense_any_more_is_said_to_be_over() -> None:
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed("resolve", at=room)
    words = await helped(office, at=room)
    assert "severity: INC-1 is over" in words
    assert "resolve: INC-1 is over" in words
    assert "/incident note" in words


@pytest.mark.parametrize("word", ["sev", "severity", "SEVERITY", " sev "])
async def test_one_verb_is_explained_under_any_of_its_names(word: str) -> None:
    words = await helped(Office(), f"help {word}")
    assert "set how bad it is" in words
    assert "also typed as sev" in words
    assert "/incident declare" not in words


async def test_help_of_no_verb_offers_the_nearest() -> None:
    words = await helped(Office(), "help severty")
    assert "did you mean severity?" in words


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("severty sev1", "severity"), ("statsu", "status"), ("timelnie", "timeline"),
     ("reslove", "resolve"), ("delcare it", "declare"), ("NOET looking", "note"),
     ("helpp", "help"), ("evidnce", "evidence")],
)  # fmt: skip
async def test_a_mistyped_verb_gets_the_nearest(typed: str, meant: str) -> None:
    """And nothing is done before it is typed well."""
    office = Office()
    incident = await office.page()
    before = await office.entries(incident)
    words = await helped(office, typed, at=incident.surface.channel_id)
    assert f"Did you mean /incident {meant}?" in words
    assert await office.entries(incident) == before


async def test_words_that_are_like_no_verb_are_offered_as_a_declaration() -> None:
    office = Office()
    told = await office.typed("everything burns in frankfurt")
    assert told is not None
    assert [action.partition(":")[0] for action in told.actions] == ["declare"]


async def test_words_too_long_for_a_button_are_not_cut_in_half() -> None:
    """Half a title would be another one; help is named instead."""
    told = await Office().typed("everything " + "burns " * 60)
    assert told is not None
    assert told.actions == []
    assert "help" in told.words


async def test_hidden_verbs_are_offered_to_nobody() -> None:
    words = await helped(Office(), "keeep it open")
    assert "keep?" not in words


@pytest.mark.parametrize("line", ["", "   "])
async def test_nothing_but_the_root_opens_the_menu(line: str) -> None:
    """With what can be done here, as buttons."""
    office = Office()
    told = await office.typed(line)
    assert told is not None
    assert told.actions == ["declare", "list", "help"]
    incident = await office.page()
    there = await office.typed(line, at=incident.surface.channel_id)
    assert there is not None
    assert {"severity", "impact", "note", "resolve", "help"} <= set(there.actions)
    assert there.incident_id == incident.id


async def test_a_mention_without_words_is_the_menu_too() -> None:
    told = await Office().mentioned("")
    assert told is not None
    assert "declare" in told.actions


async def test_every_button_of_the_menu_does_something() -> None:
    """Pressed one after the other, none is answered with a refusal or with nothing at all."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    told = await office.typed("", at=room)
    assert told is not None
    for action in told.actions:
        forms = len(office.people.forms)
        answered = await office.press_of(told, action) if action != "lead" else None
        if action == "lead":
            answered = await office.pressed("lead", incident.id, at=room)
        opened = len(office.people.forms) > forms
        assert opened or answered is not None, action


@pytest.mark.parametrize("lines", [(), ("lead",), ("lead", "resolve")])
@pytest.mark.parametrize("placement", [Placement.ROOM, Placement.DIGEST])
async def test_no_button_of_the_menu_is_cut_away(
    placement: Placement, lines: tuple[str, ...]
) -> None:
    """What does not fit would be missing at three in the morning."""
    office = Office(routing=rules(Rule(name="all", then=placement)).routing)
    incident = await office.page()
    for line in lines:
        await office.typed(f"{line} INC-1", at=TOWN)
    for by in ("U0ANN", BEN):
        told = await office.pressed("menu", incident.id, by=by)
        assert told is not None
        assert render(told.card, button_value=incident.id).cut == ""


async def test_the_menu_offers_only_what_may_be_done() -> None:
    office = Office(permissions=SRE_ONLY)
    incident = await office.page()
    told = await office.typed("", at=incident.surface.channel_id)
    assert told is not None
    assert "resolve" not in told.actions
    await office.typed("lead", by=BEN, at=incident.surface.channel_id)
    by_ben = await office.typed("", by=BEN, at=incident.surface.channel_id)
    assert by_ben is not None
    assert "lead:person=me" not in by_ben.actions
    assert "lead" in by_ben.actions


async def test_a_room_is_offered_where_there_is_none() -> None:
    office = Office(routing=rules(Rule(name="all", then=Placement.DIGEST)).routing)
    incident = await office.page()
    told = await office.pressed("menu", incident.id, at=office.digest)
    assert told is not None
    assert "room" in told.actions


async def test_help_shows_the_root_as_it_is_called_here() -> None:
    """Another app may own /incident."""
    words = await helped(Office(commands=("/inc", "/outage")))
    assert "/inc declare" in words
    assert "/incident" not in words


async def test_what_is_missing_is_said_with_an_example() -> None:
    """A verb without a form cannot ask for it otherwise."""
    office = Office()
    incident = await office.page()
    words = await helped(office, "undo", at=incident.surface.channel_id)
    assert "#12" in words
    assert "/incident undo #12" in words


async def test_what_cannot_be_read_is_said_word_for_word() -> None:
    office = Office()
    incident = await office.page()
    before = await office.entries(incident)
    words = await helped(office, "timeline --al", at=incident.surface.channel_id)
    assert "--all" in words
    assert await office.entries(incident) == before
