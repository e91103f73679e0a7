"""Somebody pages a service's on-call from Slack: PagerDuty reaches them, they answer there, and the
room reads all of it in one line. Whatever PagerDuty makes for it belongs to the same incident."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opsbot.core import entry as e
from opsbot.core.living_entry import PageState
from opsbot.sandbox.pagerduty_incident import Incident as Page
from tests.stories.theatre import NO_EVIDENCE, Theatre, both_doors, stored_in, theatre

SAM, JULES = "Sam Standin", "Jules Demo"  # Sam is on call for auth-api


def made(play: Theatre) -> list[Page]:
    """What programs made at PagerDuty."""
    return [one for one in play.pagerduty.account.incidents.values() if one.key[:7] == "opsbot:"]


async def declared(play: Theatre, line: str = '"Logins fail" sev2 auth-api') -> str:
    """INC-1, declared by Jules; its room."""
    await play.as_person("jules").ask(f"declare {line}")
    room = await play.until_room()
    return room.id


async def line_says(play: Theatre, *words: str) -> None:
    """Wait until the room's line of the one page says all of these."""

    def says() -> bool:
        lines = play.messages("page:")
        return len(lines) == 1 and all(word in lines[0].text for word in words)

    await play.until(says, f"a line with {words}")


async def test_a_declared_incident_pages_and_what_pagerduty_makes_of_it_joins(
    database_url: str, tmp_path: Path
):
    """One room, one incident, however the webhook and the answer of the request come."""
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **NO_EVIDENCE) as play:
        room = await declared(play)
        jules = play.as_person("jules")
        told = await jules.ask('page auth-api "nobody can log in"', room)
        assert f"Paging {SAM} (level 1, until " in told
        assert "you will see here when they acknowledge" in told
        await line_says(play, f"{SAM} was paged by Jules Demo (nobody can log in): no answer yet")
        (page,) = made(play)
        assert (page.title, page.service.name) == ("INC-1 Logins fail", "auth-api")
        assert page.log[0].agent.name == "Jules Demo"
        assert "nobody can log in" in page.page.details["details"]
        await play.pagerduty.settled(page)
        sam = play.as_person("sam")
        await play.until(lambda: sam.id in play.rooms()[0].members, "Sam in the room")
        await play.pagerduty.acknowledge(page, SAM)
        await line_says(play, "(nobody can log in): acknowledged ")
        await play.until_card("acknowledged by Sam Standin")
        incident = await play.numbered(1)
        assert incident.alerts[page.id].origin.dedup_key == page.key
        assert [one.state for one in incident.living.pages] == [PageState.SENT]
        assert len([x for x in await play.entries(1) if isinstance(x.body, e.Joined)]) == 1
        assert len(play.rooms()) == len(play.messages("card")) == 1
        assert jules.told[-1] is told  # the room's line is enough


async def test_without_webhooks_the_same_is_found_by_asking(tmp_path: Path):
    poll: dict[str, Any] = {**NO_EVIDENCE, "intake": "poll", "poll_every": "1s"}
    no_secret = {"PAGERDUTY_WEBHOOK_SECRET": ""}
    async with theatre(tmp_path, environ=no_secret, by_socket=True, **poll) as play:
        play.pagerduty.drop_webhooks()
        room = await declared(play)
        await play.as_person("jules").ask("page auth-api help", room)
        await line_says(play, "no answer yet")
        (page,) = made(play)
        await play.pagerduty.acknowledge(page, SAM)
        await line_says(play, "acknowledged ")
        assert len(play.rooms()) == 1


async def test_on_call_is_asked_to_join_what_pages_already_and_answers_there(
    database_url: str, tmp_path: Path
):
    """Accepted by one, declined by another; the record has both as their own acts."""
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **NO_EVIDENCE) as play:
        page = await play.page()
        room = (await play.until_room()).id
        await play.as_person("jules").ask('page auth-api "logins fail too"', room)
        await line_says(play, f"{SAM} was paged by {JULES} (logins fail too): no answer yet")
        (asked,) = page.responders
        assert (asked.person.name, asked.requester.name) == (SAM, JULES)
        assert asked.message.startswith(f"[opsbot] {JULES} asks for you in Slack: INC-1 ")
        await play.pagerduty.reply(page, SAM, accepted=False)
        await line_says(play, "(logins fail too): declined ")
        await play.pagerduty.reply(page, SAM)
        await line_says(play, "(logins fail too): acknowledged ")
        await play.pagerduty.settled(page)
        answers = [x for x in await play.entries(1) if isinstance(x.body, e.PageAnswered)]
        assert [x.body.accepted for x in answers if isinstance(x.body, e.PageAnswered)] == [
            False, True,
        ]  # fmt: skip
        assert {x.actor.name for x in answers} == {SAM}
        assert made(play) == []
        assert "[opsbot]" not in play.said(room)


async def test_an_answer_that_no_webhook_tells_is_found_by_asking(tmp_path: Path):
    """The log has none; the incident itself says who joined."""
    poll: dict[str, Any] = {**NO_EVIDENCE, "intake": "poll", "poll_every": "1s"}
    async with theatre(tmp_path, environ={"PAGERDUTY_WEBHOOK_SECRET": ""}, **poll) as play:
        play.pagerduty.drop_webhooks()
        page = await play.page()
        room = (await play.until_room()).id
        await play.as_person("jules").ask("page auth-api", room)
        await line_says(play, "no answer yet")
        await play.pagerduty.reply(page, SAM)
        await line_says(play, f"{SAM} was paged by {JULES}: acknowledged ")


async def test_who_is_on_call_is_told_with_until_when(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        kim = play.as_person("kim")
        told = await kim.ask("oncall auth-api")
        assert "On call for auth-api (identity on call)" in told
        assert "Sam Standin, until " in told
        assert "Eli Dummy, always" in told
        told = await kim.ask('who policy "identity"')
        assert "Sam Standin, until " in told
        assert made(play) == []


async def test_of_a_private_incident_pagerduty_learns_nothing(tmp_path: Path):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        jules = play.as_person("jules")
        await jules.ask('declare "Quux was breached" sev1 auth-api --private')
        await play.until(lambda: bool(play.messages("card")), "a card")
        (room,) = play.rooms()
        told = await jules.ask('page auth-api "Quux lost its keys"', room.id)
        assert "the pager is told who asks" in told
        await line_says(play, f"{SAM} was paged by Jules Demo")
        (page,) = made(play)
        assert page.title == "opsbot INC-1 (private)"
        assert "Quux" not in str(page)
        await play.pagerduty.settled(page)
        assert len(play.rooms()) == 1


async def test_nobody_is_paged_in_shadow_mode(tmp_path: Path):
    async with theatre(tmp_path, mode="shadow", **NO_EVIDENCE) as play:
        page = await play.page()
        await play.until(lambda: bool(play.messages("card")), "a card")
        told = await play.as_person("kim").ask("page INC-1 auth-api")
        assert "shadow mode, so it pages nobody" in told
        assert page.responders == []
