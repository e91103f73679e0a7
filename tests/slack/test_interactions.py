"""A press of a button as a ClickEvent; how presses are read is tested in test_payloads_*."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core.event import ClickEvent
from opsbot.slack.interactions import click_in, parse_click
from opsbot.slack.signature import RequestRefused
from tests.slack import told
from tests.slack.clocks import NOON


def test_a_click_is_an_event_with_its_claims() -> None:
    """Who pressed what, where, for which incident; all of it looked up before it counts."""
    event = parse_click(told.form(told.click()), received_at=NOON)
    assert event == ClickEvent(
        id=f"{told.SAID_AT}:opsbot:ack:U1:{told.CLICKED_AT}",
        occurred_at=NOON + timedelta(seconds=1.5),
        user_id="U1",
        user_name="ada",
        action="ack",
        incident_id="I-1",
        channel_id="C1",
        message_ts=told.SAID_AT,
        response_url="https://hooks.slack.com/actions/T1/1/x",
    )


def test_a_press_in_the_home_tab_is_no_click_in_a_message() -> None:
    """It has no message, so it has no place in a room."""
    home = told.click(message=None, channel=None, container={"type": "view", "view_id": "V1"})
    assert click_in(home, received_at=NOON) is None


def test_a_body_that_is_no_payload_is_refused() -> None:
    """400 and one line, never a traceback."""
    with pytest.raises(RequestRefused) as caught:
        parse_click(b"other=1", received_at=NOON)
    assert caught.value.status == 400
