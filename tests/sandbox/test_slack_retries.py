"""Deliveries of the sandbox Slack over HTTP: signatures, retries on a virtual clock, duplicates."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from opsbot.sandbox.slack.delivery.courier import Duplicates
from opsbot.sandbox.slack.model import Channel
from tests.sandbox.slack_app import App, failing
from tests.sandbox.slack_world import SlackWorld


def heard(slack: SlackWorld, app: App) -> tuple[Channel, str]:
    """A room with a person in it, whose messages the app hears."""
    app.hear_events("message.channels")
    room = slack.room()
    return room, slack.person("ada", room)


async def test_an_event_is_retried_at_once_after_a_minute_and_after_five(
    slack: SlackWorld, app: App
) -> None:
    """Slack page "Events API": three retries, the same body, marked with number and reason."""
    room, ada = heard(slack, app)
    app.answer = failing(500)
    await slack.sandbox.people.say(ada, room.id, "hello")
    await slack.attempts(2)
    for wait, tries in ((60, 3), (300, 4)):
        slack.clock.advance(wait - 1)
        await asyncio.sleep(0.01)
        assert len(app.events) == tries - 1
        slack.clock.advance(1)
        await slack.attempts(tries)
    await slack.sandbox.courier.settled()
    assert len(set(app.bodies)) == 1
    marks = [headers.get("x-slack-retry-num") for headers in app.headers]
    reasons = {headers.get("x-slack-retry-reason") for headers in app.headers[1:]}
    assert (marks, reasons) == ([None, "1", "2", "3"], {"http_error"})
    rows = [(one.attempt, one.status, one.kind) for one in slack.sandbox.deliveries]
    assert rows == [(number, 500, "message") for number in range(4)]


async def test_an_event_that_is_taken_is_not_retried(slack: SlackWorld, app: App) -> None:
    room, ada = heard(slack, app)
    app.answer = failing(503)
    await slack.sandbox.people.say(ada, room.id, "hello")
    await slack.attempts(2)
    app.answer = lambda payload: web.Response()
    slack.clock.advance(60)
    await slack.sandbox.courier.settled()
    assert [one.status for one in slack.sandbox.deliveries] == [503, 503, 200]


async def test_no_retry_is_honoured_on_a_refusal_only(slack: SlackWorld, app: App) -> None:
    """`x-slack-no-retry: 1` counts on a non-2xx answer."""
    room, ada = heard(slack, app)
    app.answer = failing(500, X_Slack_No_Retry="1")
    await slack.sandbox.people.say(ada, room.id, "hello")
    await slack.sandbox.courier.settled()
    assert len(app.events) == 1


async def test_an_event_unanswered_for_three_seconds_is_retried_as_a_timeout(
    slack: SlackWorld, app: App
) -> None:
    room, ada = heard(slack, app)
    app.answer_after = 30.0
    await slack.sandbox.people.say(ada, room.id, "hello")
    await app.got(1)
    slack.clock.advance(3)
    await app.got(2)
    assert app.headers[1]["x-slack-retry-reason"] == "http_timeout"
    assert slack.sandbox.deliveries[0].status == 0
    assert slack.sandbox.deliveries[0].duration == pytest.approx(3.0)


async def test_the_schedule_can_be_set_and_reasons_name_the_trouble(
    slack: SlackWorld, app: App
) -> None:
    room, ada = heard(slack, app)
    slack.sandbox.courier.retry_waits = (0.0,)
    slack.sandbox.app.events_url = "http://127.0.0.1:9/nobody"
    await slack.sandbox.people.say(ada, room.id, "one")
    await slack.sandbox.courier.settled()
    slack.sandbox.app.events_url = app.events_url
    app.answer = lambda payload: web.Response(status=307, headers={"Location": app.events_url})
    await slack.sandbox.people.say(ada, room.id, "two")
    await slack.sandbox.courier.settled()
    failures = [one.failure for one in slack.sandbox.deliveries]
    assert failures == ["connection_failed"] * 2 + ["too_many_redirects"] * 2
    assert len(app.events) == 6


async def test_nothing_is_sent_where_nobody_listens(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    await slack.sandbox.people.say(ada, room.id, "hello")
    await slack.sandbox.courier.settled()
    assert slack.sandbox.deliveries == []


async def test_copies_of_an_event_are_the_very_same_bytes(slack: SlackWorld, app: App) -> None:
    room, ada = heard(slack, app)
    await slack.sandbox.people.say(ada, room.id, "hello", copies=3)
    await slack.sandbox.courier.settled()
    assert (len(app.bodies), len(set(app.bodies))) == (3, 1)
    assert [one.copy for one in slack.sandbox.deliveries] == [0, 1, 2]
    await slack.sandbox.people.say(ada, room.id, "once")
    await slack.sandbox.courier.settled()
    assert len(app.bodies) == 4


async def test_the_switch_duplicates_events_commands_and_clicks(
    slack: SlackWorld, app: App
) -> None:
    room, ada = heard(slack, app)
    slack.sandbox.duplicate = 2
    await slack.sandbox.people.say(ada, room.id, "hello")
    await slack.sandbox.people.command(ada, room.id, "/incident")
    await slack.sandbox.people.shortcut(ada, "declare")
    await slack.sandbox.courier.settled()
    assert (len(app.events), len(app.commands), len(app.payloads)) == (3, 3, 3)
    with pytest.raises(ValueError, match="from 0 on"):
        slack.sandbox.duplicate = -1


async def test_duplicates_may_come_late_together_or_marked(slack: SlackWorld, app: App) -> None:
    """Late ones do not hold the person up; marked ones look like Slack's own retries."""
    room, ada = heard(slack, app)
    courier, people = slack.sandbox.courier, slack.sandbox.people
    courier.duplicates = Duplicates(extra=1, delay=120.0, marked=True)
    await people.command(ada, room.id, "/incident")
    await people.say(ada, room.id, "hello")
    await slack.attempts(2)
    assert (len(app.commands), len(app.events)) == (1, 1)
    slack.clock.advance(120)
    await courier.settled()
    assert (len(app.commands), len(app.events)) == (2, 2)
    marks = [headers.get("x-slack-retry-num") for headers in app.headers]
    assert sorted(marks, key=str) == ["1", None, None, None]
    courier.duplicates = Duplicates(extra=4, concurrent=True)
    app.answer_after = 0.02
    await people.command(ada, room.id, "/incident")
    await people.say(ada, room.id, "again")
    await courier.settled()
    assert (len(app.commands), len(app.events)) == (7, 7)


async def test_the_events_address_is_verified_by_a_signed_challenge(
    slack: SlackWorld, app: App
) -> None:
    """Slack page "Events API", the handshake: the challenge comes back, plain or as JSON."""
    verify = slack.sandbox.courier.verify_events_url
    assert await verify() is False
    app.hear_events()
    assert await verify() is False
    app.answer = lambda payload: web.Response(text=payload["challenge"])
    assert await verify() is True
    app.answer = lambda payload: web.json_response({"challenge": payload["challenge"]})
    assert await verify() is True
    app.answer = lambda payload: web.Response(text=payload["challenge"], status=500)
    assert await verify() is False
    assert app.events[0]["type"] == "url_verification"
    assert set(app.events[0]) == {"token", "challenge", "type"}
