"""Requests from Slack: signed or refused quietly, and clicks read as claims."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.core.event import ClickEvent
from opsbot.slack.interactions import click_in, parse_click
from opsbot.slack.signature import RequestRefused, verify
from tests.slack.clocks import NOON

SECRET = "signing-secret"
STAMP = str(int(NOON.timestamp()))


def signed(body: bytes, stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    base = b"v0:" + stamp.encode() + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}


def status_of(headers: dict[str, str], body: bytes = b"x", **options: Any) -> int:
    """The status a request is refused with, 0 when it is let in."""
    options = {"secrets": [SECRET], "now": NOON, **options}
    try:
        verify(headers, body, **options)
    except RequestRefused as refusal:
        return refusal.status
    return 0


def click(**changes: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": "U1", "username": "ada", "name": "ada"},
        "container": {"type": "message", "message_ts": "1793707200.000100", "channel_id": "C1"},
        "channel": {"id": "C1", "name": "inc-1"},
        "message": {"ts": "1793707200.000100"},
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "actions": [
            {
                "type": "button",
                "action_id": "opsbot:ack",
                "block_id": "b",
                "value": "I-1",
                "action_ts": "1793707201.500000",
            }
        ],
    }
    return payload | changes


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def test_a_signed_request_is_let_in_whatever_the_case_of_its_headers() -> None:
    """HMAC-SHA256 over `v0:timestamp:body` (page "Verifying requests from Slack")."""
    headers = signed(b"x")
    assert status_of(headers) == 0
    assert status_of({name.lower(): value for name, value in headers.items()}) == 0
    assert status_of(headers, secrets=["new", SECRET]) == 0


@pytest.mark.parametrize("skew", [-301, -299, 299, 301])
def test_a_request_counts_for_five_minutes_either_way(skew: int) -> None:
    """Replays end there."""
    now = NOON + timedelta(seconds=skew)
    assert status_of(signed(b"x"), now=now) == (401 if abs(skew) > 300 else 0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(b"y"),
        signed(b"x", secret="other"),
        signed(b"x") | {"X-Slack-Signature": "v0="},
        signed(b"x") | {"X-Slack-Signature": "v0=" + "é" * 64},
        signed(b"x") | {"X-Slack-Signature": "v1=" + "0" * 64},
        signed(b"x") | {"X-Slack-Request-Timestamp": "now"},
        signed(b"x") | {"X-Slack-Request-Timestamp": "１７９３７０７２００"},
        signed(b"x") | {"X-Slack-Request-Timestamp": "9" * 400},
        signed(b"x") | {"X-Slack-Request-Timestamp": "-1"},
    ],
)
def test_anything_else_is_refused_quietly(headers: dict[str, str]) -> None:
    """slack_sdk's verifier raises on some of these, and the sender gets a 500."""
    assert status_of(headers) == 401


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_of_our_own_nothing_is_let_in(secrets: list[str]) -> None:
    """An empty secret would sign for everybody; it is our fault, so 503."""
    assert status_of(signed(b"x", secret=""), secrets=secrets) == 503


@given(stamp=st.text(max_size=20), signature=st.text(max_size=80), body=st.binary(max_size=50))
def test_no_header_raises_anything_but_a_refusal(stamp: str, signature: str, body: bytes) -> None:
    """Headers are the sender's to choose."""
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    assert status_of(headers, body) == 401


def test_a_click_is_an_event_with_its_claims() -> None:
    """Who pressed what, where, for which incident; all of it looked up before it counts."""
    event = parse_click(form(click()), received_at=NOON)
    assert event == ClickEvent(
        id="1793707200.000100:opsbot:ack:U1:1793707201.500000",
        occurred_at=NOON + timedelta(seconds=1.5),
        user_id="U1",
        user_name="ada",
        action="ack",
        incident_id="I-1",
        channel_id="C1",
        message_ts="1793707200.000100",
        response_url="https://hooks.slack.com/actions/T1/1/x",
    )


def test_two_presses_are_two_events_and_one_delivered_twice_is_one() -> None:
    """The key is (message ts, action_id, user, action_ts)."""
    again = click(actions=[click()["actions"][0] | {"action_ts": "1793707201.700000"}])
    ids = [click_in(payload, received_at=NOON) for payload in (click(), click(), again)]
    assert len({event.id for event in ids if event}) == 2


def test_a_click_on_a_whisper_is_placed_by_its_container() -> None:
    """An ephemeral message has no message object."""
    payload = click()
    del payload["message"], payload["channel"]
    event = click_in(payload, received_at=NOON)
    assert event is not None
    assert (event.message_ts, event.channel_id) == ("1793707200.000100", "C1")


ACTION = click()["actions"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "view_submission"},
        {"type": None},
        {"actions": []},
        {"actions": None},
        {"actions": "opsbot:ack"},
        {"actions": [ACTION | {"action_id": "other:ack"}]},
        {"actions": [ACTION | {"action_id": 5}]},
        {"actions": [ACTION | {"action_ts": None}]},
        {"actions": [ACTION | {"value": "I-1\n"}]},
        {"actions": [ACTION | {"value": "x" * 256}]},
        {"user": None},
        {"user": {"id": "U1\u202e"}},
        {"message": None, "container": None},
    ],
)
def test_what_is_no_click_of_ours_is_nothing(changes: dict[str, Any]) -> None:
    """Other kinds, other apps' prefixes, and ids that cannot be ids."""
    assert click_in(click(**changes), received_at=NOON) is None


@pytest.mark.parametrize("action_ts", ["nan", "inf", "-1", "0", "soon", "9" * 300])
def test_an_impossible_moment_is_the_one_it_arrived(action_ts: str) -> None:
    """The key keeps it as it came; the time is ours."""
    payload = click(actions=[ACTION | {"action_ts": action_ts}])
    event = click_in(payload, received_at=NOON)
    assert event is None or event.occurred_at == NOON


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"payload=%ff",
        b"payload=",
        b"payload={",
        b"other=1",
        b"payload=" + b"[" * 100_000,
        b"&".join(b"a=1" for _ in range(50)),
    ],
)
def test_a_body_that_is_no_payload_is_refused(body: bytes) -> None:
    """400 and one line, never a traceback."""
    with pytest.raises(RequestRefused) as caught:
        parse_click(body, received_at=NOON)
    assert caught.value.status == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=15,
)


@settings(max_examples=50, deadline=None)
@given(
    changes=st.dictionaries(
        st.sampled_from(["type", "user", "container", "channel", "message", "actions"]), json_values
    ),
    action=st.dictionaries(st.sampled_from(["action_id", "value", "action_ts"]), json_values),
)
def test_any_json_is_a_click_or_nothing(changes: dict[str, Any], action: dict[str, Any]) -> None:
    """The signature says Slack sent it, not that it looks as we think."""
    payload = click(actions=[ACTION | action]) | changes
    event = parse_click(form(payload), received_at=NOON)
    assert event is None or event.id
