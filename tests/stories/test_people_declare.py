"""Declaring an incident: five ways to ask, one room each, and one shape of record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from opsbot.core import entry as e
from opsbot.core.entry import Body
from opsbot.core.event import NO_SERVICE
from opsbot.slack.manifest import DECLARE_FROM_MESSAGE
from tests.stories.actor import Actor
from tests.stories.theatre import NO_EVIDENCE, Theatre, theatre


async def _typed(play: Theatre, who: Actor) -> None:
    await who.ask('declare "Checkout answers with errors" sev2 checkout-api --lead')


async def _by_form(play: Theatre, who: Actor) -> None:
    """A bare `declare` opens the form; Slack itself does not send it without a title."""
    assert (await who.types("declare")).ok
    await who.form("Declare")
    assert (await who.submit(title="")).status == 0
    assert who.wrong == {"title": "This is a required field"}
    await _fill_in(play, who, service="search-api", title="Search is slow")


async def _by_button(play: Theatre, who: Actor) -> None:
    """From the small menu behind a bare `/incident`."""
    await who.press(await who.ask(), "declare")
    await who.form("Declare")
    await _fill_in(play, who, service="notification-api", title="Mail is late")


async def _by_shortcut(play: Theatre, who: Actor) -> None:
    """The message's words are the draft of a title; the record links back to the message."""
    digest = play.stage.places.digest
    ts = await who.say("Images are broken & <b>", digest)
    assert (await who.shortcut(DECLARE_FROM_MESSAGE, digest, ts)).ok
    form = await who.form("Declare")
    assert "Images are broken" in str(form.view["blocks"][0])
    await _fill_in(play, who, service="content-api")


async def _by_mention(play: Theatre, who: Actor) -> None:
    before = len(who.told)
    await who.say('@opsbot declare "Payments fail" sev2 payment-api --lead',
                  play.stage.places.digest)  # fmt: skip
    await who.hears(after=before)


async def _fill_in(play: Theatre, who: Actor, *, service: str, title: str | None = None) -> None:
    view = await who.form("Declare")
    people = play.stage.slack.people
    offered = await people.suggest(who.id, view.id, "service", "value", service[:6].upper())
    assert service in [option["value"] for option in offered]
    before = len(who.told)
    typed = {} if title is None else {"title": title}
    answer = await who.submit({**typed, "severity": "SEV2", "service": service})
    assert answer.ok, answer
    await who.hears(after=before)


WAYS = {
    "Checkout answers with errors": _typed,
    "Search is slow": _by_form,
    "Mail is late": _by_button,
    "Images are broken & <b>": _by_shortcut,
    "Payments fail": _by_mention,
}


async def test_every_way_to_declare_gives_one_room_and_the_same_record(tmp_path: Path):
    # Slack takes one message a second in a channel, so five lines in a digest would be waited for.
    changes: dict[str, Any] = {**NO_EVIDENCE, "slack": {"digest_channel": None}}
    async with theatre(tmp_path, by_socket=True, **changes) as play:
        robin = play.as_person("robin")
        for way in WAYS.values():
            await way(play, robin)
        await play.until(lambda: len(play.messages("card")) == len(WAYS), "a card each")
        records = [await play.entries(number) for number in range(1, len(WAYS) + 1)]
        by_robin = [[x.body for x in record if x.actor.id == f"slack:{robin.id}"]
                    for record in records]  # fmt: skip
        assert [_title(bodies[0]) for bodies in by_robin] == list(WAYS)
        assert {_shape(bodies) for bodies in by_robin} == {_shape(by_robin[0])}
        assert [type(body) for body in by_robin[0]] == [e.Opened, e.Routed, e.RoleAssigned]
        assert sorted(room.name for room in play.rooms())[0] == "inc-1-checkout-answers-with-errors"
        await play.until(
            lambda: all(robin.id in room.members for room in play.rooms()), "the declarer inside"
        )
        opened = by_robin[3][0]
        assert isinstance(opened, e.Opened)
        assert "/archives/" in opened.origin.url, "the message it was declared from"


def _title(body: Body) -> str:
    assert isinstance(body, e.Opened)
    return body.title


def _shape(bodies: list[Body]) -> tuple[Body, ...]:
    """What was appended, without what is each incident's own."""
    opened = bodies[0]
    assert isinstance(opened, e.Opened)
    assert opened.service.key == opened.service.name != ""
    alike = replace(opened.origin, id="", url="")
    bare = replace(opened, number=0, title="", origin=alike, service=NO_SERVICE)
    return (bare, *bodies[1:])


async def test_what_was_just_declared_is_shown_first_and_declared_anyway_on_request(
    tmp_path: Path,
):
    """Two people who see the same trouble do not open two rooms for it by accident."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        robin, kim = play.as_person("robin"), play.as_person("kim")
        assert "INC-1 is open" in await robin.ask('declare "Search is slow"')
        shown = await kim.ask('declare "search is slow" sev3')
        assert "INC-1 was opened a moment ago" in shown
        assert "INC-2 is open" in await kim.presses(shown, "declare:")
        assert (await play.numbered(2)).severity == "SEV3"
        assert (await play.numbered(2)).declared_by == f"slack:{kim.id}"


async def test_one_form_delivered_five_times_is_one_incident(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        robin = play.as_person("robin")
        await robin.types("declare", copies=5)
        await robin.form("Declare")
        assert (await robin.submit(title="Search is slow", copies=5)).ok
        assert "INC-1 is open" in await robin.hears()
        await robin.types('declare "Mail is late"', copies=5)
        assert "INC-2 is open" in await robin.hears()
        await play.until(lambda: len(play.messages("card")) == 2, "two cards")
        assert len(play.rooms()) == 2
        assert len(robin.told) == 2


async def test_this_channel_becomes_the_room_and_keeps_its_own_topic(tmp_path: Path):
    """`here` adopts a channel that people opened; it is theirs, so its topic is not touched."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        robin = play.as_person("robin")
        people = play.stage.slack.people
        channel = await people.create_channel(robin.id, "search-trouble")
        await people.invite(robin.id, channel, [play.workspace.bot_user_id])
        await people.set_topic(robin.id, channel, "searching for search")
        assert "This channel is the incident's room now" in await robin.ask(
            'here "Search is slow"', channel
        )
        await play.until(lambda: bool(play.messages("card", channel)), "the card in it")
        assert play.workspace.channels[channel].topic.value == "searching for search"
        assert play.rooms() == []
        assert "the room of INC-1 already" in await robin.ask("here", channel)
