"""Slack over HTTP: signed or refused, read by its kind, answered within the rules of its kind."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from opsbot.entrypoints.people_pipeline import Hooks, PeoplePipeline
from opsbot.entrypoints.slack_doors import LARGEST, SlackDoor, slack_doors
from opsbot.ports import SecretUnavailable
from opsbot.slack.payloads import Kind
from tests.entrypoints.slow import half_a_request
from tests.entrypoints.watching import Watching
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox
from tests.slack import told


class Kept:
    """A secret that may be out of reach."""

    name = "signing_secret"

    def __init__(self) -> None:
        self.away = False

    def read(self) -> str:
        if self.away:
            raise SecretUnavailable("no such file")
        return told.SECRET


class Slack:
    """Sends signed requests to three doors, and shows what came of them."""

    def __init__(self, base: str, session: ClientSession) -> None:
        self.base, self.session = base, session
        self.inbox, self.watching, self.clock = MemoryInbox(), Watching(), ManualClock()
        self.secret = Kept()
        self.pipeline = PeoplePipeline(self.inbox, self.clock, self.watching, Hooks())

    async def send(self, kind: str, body: bytes, **headers: str) -> tuple[int, str, str | None]:
        """Status, body and Retry-After; `headers` replace Slack's own."""
        stamp = str(int(self.clock.now().timestamp()))
        sent = told.signed(body, stamp) | {k.replace("_", "-"): v for k, v in headers.items()}
        url = f"{self.base}/slack/{kind}"
        async with self.session.post(url, data=BytesIO(body), headers=sent) as answer:
            return answer.status, await answer.text(), answer.headers.get("Retry-After")


@pytest.fixture
async def slack() -> AsyncGenerator[Slack]:
    async with ClientSession() as session:
        slack = Slack("", session)
        app = web.Application()
        doors = slack_doors(slack.pipeline, [slack.secret], slack.clock, slack.watching)
        for path, door in doors.items():
            app.router.add_post(path, door.__call__)
        hasty = SlackDoor(Kind.EVENTS, slack.pipeline, [slack.secret], slack.clock,
                          slack.watching, within=0.2)  # fmt: skip
        app.router.add_post("/hasty", hasty.__call__)
        async with TestServer(app) as server:
            slack.base = str(server.make_url("/")).rstrip("/")
            yield slack
        await slack.pipeline.close()


BODIES = [
    ("events", json.dumps(told.mention()).encode()),
    ("commands", urlencode(told.command()).encode()),
    ("interactions", told.form(told.click())),
]


@pytest.mark.parametrize(("kind", "body"), BODIES)
async def test_a_signed_request_is_stored_and_acknowledged_empty(
    slack: Slack, kind: str, body: bytes
) -> None:
    """200, because Slack knows no 202."""
    assert await slack.send(kind, body) == (200, "", None)
    assert [row.delivery.door for row in slack.inbox.rows.values()] == [f"slack.{kind}"]


@pytest.mark.parametrize("retry", [{}, {"x_slack_retry_num": "3"}])
async def test_a_retry_is_taken_like_a_first_try(slack: Slack, retry: dict[str, str]) -> None:
    """When the first copy was lost, it is the only one."""
    assert (await slack.send("events", BODIES[0][1], **retry))[0] == 200
    assert len(slack.inbox.rows) == 1


@pytest.mark.parametrize(("kind", "body"), BODIES)
async def test_an_unsigned_request_is_401_and_said(
    slack: Slack, kind: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of the body is in the log."""
    caplog.set_level(logging.DEBUG, "opsbot")
    status, text, _ = await slack.send(kind, body, X_Slack_Signature="v0=" + "0" * 64)
    assert (status, text) == (401, "the signature does not match the signing secret\n")
    assert not slack.inbox.rows
    assert "signing secret" in slack.watching.refusals[0].cure
    assert "checkout" not in caplog.text


async def test_a_late_request_is_401(slack: Slack) -> None:
    """A replay ends after five minutes; what we have stored ourselves may wait longer."""
    body = BODIES[0][1]
    headers = told.signed(body, str(int(slack.clock.now().timestamp())))
    slack.clock.advance(minutes=6)
    async with slack.session.post(f"{slack.base}/slack/events", data=body, headers=headers) as no:
        assert no.status == 401


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("events", b"\xff\xfe"),
        ("events", b"[]"),
        ("commands", b"text=%ff"),
        ("interactions", b"payload={"),
        ("interactions", b"nothing=1"),
    ],
)
async def test_a_signed_body_of_another_form_is_400(slack: Slack, kind: str, body: bytes) -> None:
    """Bolt answers some of these with a 500 and a traceback."""
    assert (await slack.send(kind, body))[0] == 400
    assert [refusal.status for refusal in slack.watching.refusals] == [400]


async def test_a_secret_out_of_reach_is_503(slack: Slack) -> None:
    """It is our own fault, so Slack shall try again."""
    slack.secret.away = True
    assert await slack.send("events", BODIES[0][1]) == (503, "own secret unavailable\n", "5")


async def test_an_inbox_that_is_away_is_503_for_events_and_words_for_commands(
    slack: Slack,
) -> None:
    """Slack sends events again, and shows words to whoever typed."""
    slack.inbox.away = True
    assert (await slack.send("events", BODIES[0][1]))[::2] == (503, "5")
    status, text, _ = await slack.send("commands", BODIES[1][1])
    assert (status, json.loads(text)["response_type"]) == (200, "ephemeral")


async def test_a_body_over_four_mebibytes_is_413(slack: Slack) -> None:
    """aiohttp's own bound is one, which a long message may reach."""
    under = json.dumps(told.mention(text="x" * (LARGEST - 2_000))).encode()
    assert (await slack.send("events", under))[0] == 200
    try:
        assert (await slack.send("events", b"x" * (LARGEST + 1)))[0] == 413
    except (ConnectionError, OSError):
        assert slack.watching.answers[-1] == (413, "body too large")


async def test_a_body_that_comes_too_slowly_is_408(slack: Slack) -> None:
    """Ten seconds in real life."""
    assert (await half_a_request(f"{slack.base}/hasty")).startswith(b"HTTP/1.1 408")


async def test_the_address_is_proved_by_its_challenge(slack: Slack) -> None:
    """Signed like everything else."""
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    status, text, _ = await slack.send("events", body)
    assert (status, json.loads(text)) == (200, {"challenge": "abc"})
    assert (await slack.send("commands", b"ssl_check=1&token=x"))[:2] == (200, "")


async def test_a_form_is_closed_by_its_answer(slack: Slack) -> None:
    """All of a stack of forms."""
    payload: dict[str, Any] = told.submission()
    status, text, _ = await slack.send("interactions", told.form(payload))
    assert (status, json.loads(text)) == (200, {"response_action": "clear"})
