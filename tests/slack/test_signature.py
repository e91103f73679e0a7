"""Slack's signature: signed requests are let in, anything else is refused quietly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.slack.signature import RequestRefused, verify
from tests.slack import told
from tests.slack.clocks import NOON

SECRET = told.SECRET
STAMP = str(int(NOON.timestamp()))


def signed(body: bytes, stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    return told.signed(body, stamp, secret)


def status_of(headers: dict[str, str], body: bytes = b"x", **options: Any) -> int:
    """The status a request is refused with, 0 when it is let in."""
    options = {"secrets": [SECRET], "now": NOON, **options}
    try:
        verify(headers, body, **options)
    except RequestRefused as refusal:
        return refusal.status
    return 0


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
