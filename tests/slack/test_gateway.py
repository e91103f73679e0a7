"""One meaning for every answer Slack, a proxy or a broken wire can give."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest

from opsbot.http_client import proxy_for
from opsbot.ports import Done, Refused, Unsure
from opsbot.slack.gateway import Gateway
from opsbot.slack.judgement import Answer
from opsbot.slack.turns import Priority
from tests.slack.clocks import HastyClock
from tests.slack.odd_slack import Odd, OddSlack

WRITE, READ, CREATE = "chat.postMessage", "conversations.history", "conversations.create"


async def call(gateway: Gateway, method: str = WRITE, **arguments: Any) -> Answer:
    return await gateway.call(method, arguments, priority=Priority.ROOM, channel="C1")


async def test_arguments_travel_in_the_form_each_method_takes(
    odd: OddSlack, gateway: Gateway
) -> None:
    """Reads in the query, small writes as a form, messages as JSON; the token in the header."""
    await call(gateway, READ, channel="C1", include_all_metadata=True, limit=200)
    await call(gateway, CREATE, name="inc-1", is_private=False)
    await call(gateway, WRITE, text="x", blocks=[{"type": "divider"}], mrkdwn=False)
    read, create, write = odd.seen
    assert (read.verb, read.query["include_all_metadata"], read.query["limit"]) == (
        "GET",
        "true",
        "200",
    )
    assert (create.query, create.form) == ({}, {"name": "inc-1", "is_private": "false"})
    assert write.json == {"text": "x", "blocks": [{"type": "divider"}], "mrkdwn": False}
    assert {request.authorization for request in odd.seen} == {"Bearer xoxb-odd"}


async def test_ok_is_done_with_what_slack_said(odd: OddSlack, gateway: Gateway) -> None:
    """The whole answer, and the moment Slack last worked for us."""
    odd.tell(WRITE, Odd(json={"ok": True, "ts": "1.2"}, headers={"x-oauth-scopes": "a:b, c:d"}))
    answer = await call(gateway)
    assert isinstance(answer, Done)
    assert answer.value["ts"] == "1.2"
    assert gateway.last_ok_at is not None
    assert gateway.granted_scopes == {"a:b", "c:d"}


@pytest.mark.parametrize(
    ("odd_answer", "reason"),
    [
        (Odd(status=500, body=b"<html>oops"), "Slack answered 500"),
        (
            Odd(status=503, json={"ok": False, "error": "service_unavailable"}),
            "service_unavailable",
        ),
        (Odd(json={"ok": False, "error": "internal_error"}), "internal_error"),
        (Odd(json={"ok": False, "error": "fatal_error"}), "fatal_error"),
        (Odd(json={"ok": False, "error": "request_timeout"}), "request_timeout"),
        (Odd(status=408, body=b""), "Slack answered 408"),
        (Odd(body=b"<html>login</html>", content_type="text/html"), "not Slack's JSON"),
        (Odd(body=b'{"ok": tr'), "not Slack's JSON"),
        (Odd(body=b"\xff\xfe{", content_type="application/json"), "UnicodeDecodeError"),
        (Odd(body=b"ok", content_type="text/plain"), "AttributeError"),
        (Odd(body=b"[1]"), "AttributeError"),
        (Odd(body=b"{}"), "not Slack's JSON"),
        (Odd(body=b'{"ok": true', promise=500), "ClientPayloadError"),
        (Odd(drop=True), "ServerDisconnectedError"),
        (Odd(silent=True), "no answer in time"),
    ],
)
async def test_a_write_without_a_clear_answer_is_unsure_and_sent_once(
    odd: OddSlack, gateway: Gateway, odd_answer: Odd, reason: str
) -> None:
    """It may have happened: the caller looks before doing it again."""
    odd.tell(WRITE, odd_answer)
    async with asyncio.timeout(3):  # the gateway's own is 0.3 s
        answer = await call(gateway)
    assert isinstance(answer, Unsure)
    assert reason in answer.reason
    assert odd.calls(WRITE) == 1


@pytest.mark.parametrize(
    "odd_answer",
    [
        Odd(status=502),
        Odd(body=b'{"ok": tr'),
        Odd(json={"ok": False, "error": "internal_error"}),
    ],
)
async def test_a_read_without_an_answer_is_tried_once_more(
    odd: OddSlack, gateway: Gateway, odd_answer: Odd
) -> None:
    """Reading twice does no harm; three times would only add to somebody's trouble."""
    odd.tell(READ, odd_answer)
    assert isinstance(await call(gateway, READ), Done)
    odd.tell(READ, odd_answer, odd_answer)
    answer = await call(gateway, READ)
    assert isinstance(answer, Refused)
    assert answer.retry_after is not None
    assert odd.calls(READ) == 4


async def test_reading_from_a_slack_that_hangs_up_ends(odd: OddSlack, gateway: Gateway) -> None:
    """aiohttp repeats a dropped GET once by itself; ours comes on top, and then it is enough."""
    odd.tell(READ, *[Odd(drop=True)] * 10)
    assert isinstance(await call(gateway, READ), Refused)
    assert odd.calls(READ) <= 4


async def test_a_write_that_never_left_is_refused_for_now(odd: OddSlack) -> None:
    """No connection means nothing happened, which is more than Unsure can say."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/api/"
        gateway = Gateway(token=lambda: "xoxb-1", clock=HastyClock(), base_url=url)
        await gateway.start()
        answer = await call(gateway)
        await gateway.close()
    assert isinstance(answer, Refused)
    assert (answer.error, answer.retry_after) == ("unreachable", timedelta(seconds=10))
    assert "127.0.0.1" in answer.cure


@pytest.mark.parametrize("status", [302, 403, 407])
async def test_a_proxy_that_speaks_up_is_named(
    odd: OddSlack, gateway: Gateway, status: int
) -> None:
    """What is not Slack's is said to be somebody else's, and tried again later."""
    odd.tell(WRITE, Odd(status=status, body=b"<html>blocked", content_type="text/html"))
    answer = await call(gateway)
    assert isinstance(answer, Refused)
    assert (answer.error, answer.retry_after is not None) == (f"http_{status}", True)


@pytest.mark.parametrize(
    ("error", "comes_back"),
    [
        ("channel_not_found", False),
        ("restricted_action", False),
        ("missing_scope", False),
        ("invalid_blocks", False),
        ("brand_new_error", False),
        ("invalid_auth", True),  # the token may be replaced, and then the rooms are caught up
        ("token_expired", True),
        ("team_added_to_org", True),
    ],
)
async def test_a_refusal_says_whether_to_come_back(
    odd: OddSlack, gateway: Gateway, error: str, comes_back: bool
) -> None:
    """Nothing is asked again that only a person can change; such a call has a cure instead."""
    odd.refuse(WRITE, error, needed="chat:write")
    answer = await call(gateway)
    assert isinstance(answer, Refused)
    assert (answer.error, answer.retry_after is not None) == (error, comes_back)
    assert answer.cure.endswith(".")


async def test_a_missing_scope_names_the_scope(odd: OddSlack, gateway: Gateway) -> None:
    """The cure is what somebody can do in the app's settings."""
    odd.refuse("pins.add", "missing_scope", needed="pins:write", provided="chat:write")
    answer = await call(gateway, "pins.add")
    assert isinstance(answer, Refused)
    assert "pins:write" in answer.cure


async def test_a_benign_refusal_is_success(odd: OddSlack, gateway: Gateway) -> None:
    """It stands already as asked for."""
    odd.refuse("pins.add", "already_pinned")
    assert isinstance(await call(gateway, "pins.add"), Done)


async def test_the_token_is_read_for_every_call(odd: OddSlack) -> None:
    """A rotated token is used at once; one that cannot be read is said so, and not shown."""
    tokens = iter(["xoxb-1\n", "xoxb-2"])
    gateway = Gateway(token=lambda: next(tokens), clock=HastyClock(), base_url=odd.base_url)
    await gateway.start()
    answers = [await call(gateway) for _ in range(3)]
    await gateway.close()
    assert [request.authorization for request in odd.seen] == ["Bearer xoxb-1", "Bearer xoxb-2"]
    assert isinstance(answers[2], Refused)
    assert (answers[2].error, answers[2].retry_after) == ("token_unreadable", timedelta(seconds=30))


@pytest.mark.parametrize("token", ["", "xoxb-1\r\nX-Evil: 1", "xoxb-\u00e9"])
async def test_a_token_that_is_none_is_never_sent(odd: OddSlack, token: str) -> None:
    """A secret file may hold anything; its content stays out of the reason."""
    gateway = Gateway(token=lambda: token, clock=HastyClock(), base_url=odd.base_url)
    await gateway.start()
    answer = await call(gateway)
    await gateway.close()
    assert isinstance(answer, Refused)
    assert "xoxb" not in answer.cure
    assert odd.seen == []


async def test_loopback_is_never_proxied_whatever_the_environment_says(
    odd: OddSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """slack_sdk reads HTTPS_PROXY by itself and ignores NO_PROXY; the choice is ours alone."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    environ = {"http_proxy": "http://127.0.0.1:1"}
    gateway = Gateway(
        token=lambda: "xoxb-1",
        clock=HastyClock(),
        base_url=odd.base_url,
        proxy_for=lambda url: proxy_for(url, environ),
    )
    await gateway.start()
    assert isinstance(await call(gateway), Done)
    await gateway.close()


async def test_a_proxy_is_used_when_there_is_one(odd: OddSlack) -> None:
    """The request goes to the proxy with the whole address; a dead proxy means nothing was sent."""
    proxy = odd.base_url.removesuffix("/api/")
    gateway = Gateway(
        token=lambda: "xoxb-1",
        clock=HastyClock(),
        base_url="http://slack.example/api/",
        proxy_for=lambda url: proxy if "slack.example" in url else None,
    )
    await gateway.start()
    assert isinstance(await call(gateway), Done)
    await gateway.close()
    assert odd.calls(WRITE) == 1


async def test_every_call_is_counted_and_told(odd: OddSlack) -> None:
    """The words metrics are made of; no channel, no title, no name."""
    told: list[tuple[str, str]] = []
    gateway = Gateway(
        token=lambda: "xoxb-1",
        clock=HastyClock(),
        base_url=odd.base_url,
        observe=lambda method, outcome, waited: told.append((method, outcome)),
    )
    await gateway.start()
    odd.tell(
        WRITE,
        Odd(json={"ok": True}),
        Odd(json={"ok": False, "error": "is_archived"}),
        Odd(drop=True),
    )
    for _ in range(3):
        await call(gateway)
    await gateway.close()
    assert told == [(WRITE, "done"), (WRITE, "refused"), (WRITE, "unsure")]
    assert gateway.counts == dict.fromkeys(told, 1)


async def test_a_call_after_closing_is_refused_not_raised(odd: OddSlack) -> None:
    """A flow that is still running at shutdown gets an outcome."""
    gateway = Gateway(token=lambda: "xoxb-1", clock=HastyClock(), base_url=odd.base_url)
    assert isinstance(await call(gateway), Refused)
    await gateway.start()
    await gateway.close()
    assert isinstance(await call(gateway), Refused)
    assert odd.seen == []


async def test_cancelling_a_call_on_its_way_leaves_the_gateway_usable(
    odd: OddSlack, gateway: Gateway
) -> None:
    """A step may be cancelled at its deadline."""
    odd.tell(WRITE, Odd(silent=True))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call(gateway), 0.05)
    assert isinstance(await call(gateway), Done)
