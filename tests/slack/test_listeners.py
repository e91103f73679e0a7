"""Bolt as a router: what was stored is read however late, and whatever fails reaches the caller."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.core.invocation import Invocation
from opsbot.ports import Delivery
from opsbot.slack.listeners import Listeners
from opsbot.slack.payloads import Kind, canonical_body, person_event
from opsbot.slack.payloads_claims import Ourselves
from opsbot.slack.signature import RequestRefused
from tests.slack import told
from tests.slack.clocks import NOON
from tests.slack.test_payloads import SOUND, broken, json_values

OURSELVES = Ourselves(bot_user_id=told.BOT, bot_id="B1", team_id=told.TEAM)


@pytest.fixture
def listeners() -> Listeners:
    return Listeners(lambda: OURSELVES)


def stored(kind: Kind, payload: dict[str, Any]) -> Delivery:
    return Delivery(
        door=kind.door,
        key="1",
        received_at=NOON,
        body=canonical_body(payload),
        headers={},
        lane="person",
    )


@pytest.mark.parametrize(
    ("kind", "payload"),
    [(kind, payload) for kind, payloads in SOUND.items() for payload in payloads],
)
async def test_bolt_hands_each_delivery_to_its_reader(
    listeners: Listeners, kind: Kind, payload: dict[str, Any]
) -> None:
    """The door and the dispatcher read the same."""
    found = await listeners.read(kind, payload, NOON)
    assert found == person_event(kind, payload, NOON, OURSELVES)
    assert found is not None or payload["type"] == "block_suggestion"


async def test_a_delivery_that_waited_six_minutes_is_still_read(listeners: Listeners) -> None:
    """Bolt's own signature check refuses anything older than five."""
    late = stored(Kind.COMMANDS, told.command())
    late = Delivery(
        door=late.door, key=late.key, received_at=NOON - timedelta(minutes=6),
        body=late.body, headers={},
    )  # fmt: skip
    found = await listeners.read_stored(late)
    assert isinstance(found, Invocation)
    assert found.line == "sev1 checkout is down"


@pytest.mark.parametrize(
    "subtype", ["file_share", "message_changed", "bot_message", "channel_topic", "brand_new"]
)
async def test_a_message_of_any_subtype_is_heard(listeners: Listeners, subtype: str) -> None:
    """Bolt answers 404 for those that nobody listens to, and Slack counts them as failures."""
    payload = told.mention(type="message", channel_type="im", subtype=subtype)
    found = await listeners.read(Kind.EVENTS, payload, NOON)
    assert (found is not None) == (subtype == "file_share")


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.EVENTS, told.event({"type": "team_join", "user": {"id": "U1"}})),
        (Kind.EVENTS, {"type": "app_rate_limited"}),
        (Kind.EVENTS, {}),
        (Kind.COMMANDS, {"command": "no slash"}),
        (Kind.INTERACTIONS, told.click(told.action(action_id="other:ack"))),
        (Kind.INTERACTIONS, {"type": "view_closed", "view": {"callback_id": "opsbot:note"}}),
        (Kind.INTERACTIONS, {"type": "dialog_submission", "callback_id": "x"}),
        (Kind.INTERACTIONS, told.mention(user=told.BOT)),
    ],
)
async def test_what_nobody_listens_to_is_nothing_and_quiet(
    listeners: Listeners, kind: Kind, payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Bolt would print the whole body as a warning."""
    caplog.set_level(logging.DEBUG)
    assert await listeners.read(kind, payload, NOON) is None
    assert not caplog.records


async def test_what_a_reader_raises_reaches_the_caller() -> None:
    """Bolt logs it and answers 200 or 500; the delivery would be gone."""

    def forgetful() -> Ourselves:
        if reading:
            raise LookupError("who are we?")
        return OURSELVES

    reading = False
    listeners = Listeners(forgetful)
    assert await listeners.read(Kind.EVENTS, told.mention(), NOON) is not None
    reading = True
    with pytest.raises(LookupError, match="who are we"):
        await listeners.read(Kind.EVENTS, told.mention(), NOON)


async def test_a_stored_body_that_is_no_json_is_refused(listeners: Listeners) -> None:
    """The dispatcher puts it aside."""
    with pytest.raises(RequestRefused):
        await listeners.read_stored(
            Delivery(door="slack.events", key="1", received_at=NOON, body=b"{", headers={})
        )
    with pytest.raises(LookupError):
        await listeners.read_stored(
            Delivery(door="pagerduty", key="1", received_at=NOON, body=b"{}", headers={})
        )


async def test_nothing_in_the_environment_changes_how_it_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bolt takes tokens from there, and switches to OAuth and its own store when it finds more."""
    for name in ("BOT_TOKEN", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"SLACK_{name}", "x")
    listeners = Listeners(lambda: Ourselves())
    for kind in (Kind.COMMANDS, Kind.EVENTS):
        for payload in SOUND[kind]:
            assert await listeners.read(kind, payload, NOON) is not None


async def test_other_loggers_keep_their_levels() -> None:
    """Bolt sets the level of the logger that is named like the app."""
    ours = logging.getLogger("opsbot")
    before = ours.level
    await Listeners(lambda: OURSELVES).read(Kind.COMMANDS, told.command(), NOON)
    assert ours.level == before


@settings(max_examples=60, deadline=None)
@given(broken() | st.tuples(st.sampled_from(list(Kind)), st.dictionaries(st.text(), json_values)))
async def test_any_json_is_read_as_at_the_door(told_us: tuple[Kind, dict[str, Any]]) -> None:
    """Bolt's own context builders raise on many of these."""
    kind, payload = told_us
    found = await Listeners(lambda: OURSELVES).read(kind, payload, NOON)
    assert found == person_event(kind, payload, NOON, OURSELVES)
