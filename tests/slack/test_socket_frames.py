"""Frames of Socket Mode: read for what they are, whatever comes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.slack.payloads import Kind
from opsbot.slack.payloads_answer import Ack
from opsbot.slack.socket_frames import Ending, Envelope, Hello, Leave, ack_frame, frame_in
from tests.slack.socket_server import envelope
from tests.slack.test_payloads import json_values


@pytest.mark.parametrize(
    ("debug", "lasts"),
    [
        ({"approximate_connection_time": 18_060}, 18_060.0),
        ({"approximate_connection_time": True}, 0.0),
        ({"approximate_connection_time": "long"}, 0.0),
        ({"approximate_connection_time": -1}, 0.0),
        ({"approximate_connection_time": 1e300}, 0.0),
        (None, 0.0),
    ],
)
def test_hello_says_how_long_it_lasts(debug: object, lasts: float) -> None:
    """Roughly, and not always."""
    assert frame_in(json.dumps({"type": "hello", "debug_info": debug})) == Hello(lasts=lasts)


@pytest.mark.parametrize(
    ("reason", "ending"),
    [
        ("warning", Ending.REFRESH),
        ("refresh_requested", Ending.REFRESH),
        ("link_disabled", Ending.DISABLED),
        ("too_many_websockets", Ending.CROWDED),
        ("dropped", Ending.REFRESH),
        (None, Ending.REFRESH),
    ],
)
def test_a_disconnect_says_why(reason: str | None, ending: Ending) -> None:
    """A word that nobody knows asks for a fresh connection."""
    assert frame_in(json.dumps({"type": "disconnect", "reason": reason})) == Leave(ending=ending)


def test_an_envelope_is_answered_by_its_id() -> None:
    """With a payload only where it takes one."""
    frame = frame_in(json.dumps(envelope({"command": "/inc"}, retry_attempt=1)))
    assert isinstance(frame, Envelope)
    assert frame == Envelope(
        id="E1", kind=Kind.COMMANDS, payload={"command": "/inc"}, takes_answer=True, again=True
    )
    assert json.loads(ack_frame(frame, Ack(payload={"text": "x"}))) == {
        "envelope_id": "E1",
        "payload": {"text": "x"},
    }
    event = frame_in(json.dumps(envelope({}, "events_api")))
    assert isinstance(event, Envelope)
    assert json.loads(ack_frame(event, Ack(payload={"text": "x"}))) == {"envelope_id": "E1"}


@given(st.text(max_size=50) | json_values.map(json.dumps))
def test_any_text_is_a_frame_or_nothing(text: str) -> None:
    """Deeply nested ones included."""
    frame_in(text)
    assert frame_in("[" * 100_000) is None
