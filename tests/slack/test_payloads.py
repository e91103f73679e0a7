"""Slack's payloads: commands, keys, bodies; and that any JSON at all is read or is nothing."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.core.form import Choice
from opsbot.core.invocation import Caller, How, Invocation, Place
from opsbot.slack.payloads import (
    Kind,
    canonical_body,
    command_in,
    delivery_key,
    json_in,
    payload_in,
    person_event,
)
from opsbot.slack.payloads_answer import field_errors, options
from opsbot.slack.payloads_claims import workspaces_in
from opsbot.slack.signature import RequestRefused
from tests.slack import told
from tests.slack.clocks import NOON


def test_a_command_is_a_line_to_be_read() -> None:
    """As it was typed, by whichever of our commands."""
    assert command_in(told.command(), NOON) == Invocation(
        id="command:1.2.abc",
        occurred_at=NOON,
        how=How.TYPED,
        caller=Caller(user_id="U1", name="ada", team_id="T1"),
        place=Place(channel_id="C1", channel_name="inc-1"),
        line="sev1 checkout is down",
        trigger_id="1.2.abc",
        response_url="https://hooks.slack.com/commands/T1/1/x",
        command="/inc",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"command": "inc"},
        {"command": None},
        {"trigger_id": ""},
        {"user_id": ["U1"]},
        {"channel_id": "C\u202e1"},
        {"team_id": "T" * 300},
    ],
)
def test_a_command_that_claims_the_impossible_is_nothing(changes: dict[str, Any]) -> None:
    """Without a trigger it could not be told from its copy."""
    assert command_in(told.command(**changes), NOON) is None


@pytest.mark.parametrize(
    ("kind", "payload", "key"),
    [
        (Kind.EVENTS, told.mention(), f"mention:C1:{told.SAID_AT}"),
        (
            Kind.EVENTS,
            told.mention(type="message", channel_type="channel") | {"event_id": "Ev2"},
            f"mention:C1:{told.SAID_AT}",
        ),
        (Kind.EVENTS, told.reaction(), "event:Ev1"),
        (Kind.COMMANDS, told.command(), "command:1.2.abc"),
        (
            Kind.INTERACTIONS,
            told.click(),
            f"click:{told.SAID_AT}:opsbot:ack:U1:{told.CLICKED_AT}",
        ),
        (Kind.INTERACTIONS, told.submission(), "submit:V1:123.abc:a4a66d12e9f0"),
        (Kind.INTERACTIONS, told.shortcut(), "shortcut:1.2.abc"),
    ],
)
def test_all_copies_of_a_delivery_share_a_key(
    kind: Kind, payload: dict[str, Any], key: str
) -> None:
    """Over whichever transport, with or without marks of a retry."""
    event = person_event(kind, payload, NOON)
    assert event is not None
    assert delivery_key(kind, payload, event) == key


def test_a_body_is_kept_in_one_form_and_without_slacks_old_token() -> None:
    """What is read back is what was stored."""
    payload = told.mention(text="\ud83d <é>")
    kept = canonical_body(payload)
    assert kept == canonical_body(dict(reversed(payload.items())))
    assert json_in(kept) == {name: v for name, v in payload.items() if name != "token"}
    assert b"worthless" not in kept


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        (Kind.EVENTS, b'{"type":"x"}', {"type": "x"}),
        (Kind.EVENTS, b"{}", {}),
        (Kind.COMMANDS, b"command=%2Finc&text=&user_id=U1",
         {"command": "/inc", "text": "", "user_id": "U1"}),
        (Kind.COMMANDS, urlencode({"text": "é & <x>"}).encode(), {"text": "é & <x>"}),
        (Kind.INTERACTIONS, told.form({"type": "shortcut"}), {"type": "shortcut"}),
        (Kind.INTERACTIONS, b"ssl_check=1&token=x", {"ssl_check": "1", "token": "x"}),
    ],
)  # fmt: skip
def test_each_kind_has_its_own_body(kind: Kind, body: bytes, found: dict[str, Any]) -> None:
    """JSON, a form, and JSON in a form."""
    assert payload_in(kind, body) == found


DEEP = b"[" * 100_000
ODD_BODIES = [b"", b"\xff\xfe", b"{", b"[]", b"5", b"null", DEEP, '{"a":1}'.encode("utf-16")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *((Kind.EVENTS, body) for body in ODD_BODIES),
        (Kind.EVENTS, b'{"a":' + b"9" * 5_000 + b"}"),
        *((Kind.INTERACTIONS, b"payload=" + body) for body in (b"", b"{", b"%ff", b"[]", DEEP)),
        (Kind.INTERACTIONS, b"other=1"),
        (Kind.COMMANDS, b"text=%ff"),
        (Kind.COMMANDS, b"\xff"),
        (Kind.COMMANDS, b"&".join(b"a=1" for _ in range(61))),
    ],
)
def test_a_body_of_another_form_is_refused(kind: Kind, body: bytes) -> None:
    """400 and one line, never a traceback."""
    with pytest.raises(RequestRefused) as caught:
        payload_in(kind, body)
    assert caught.value.status == 400


def test_errors_stand_at_their_fields_or_at_the_first() -> None:
    """Slack takes errors for blocks of the form only."""
    view = told.submission()["view"]
    ack = field_errors(view, {"severity": "Say 1 to 5.", "else": "Too late.", "title": "Short."})
    assert ack is not None
    assert ack.payload == {
        "response_action": "errors",
        "errors": {"severity": "Say 1 to 5.", "title": "Too late. Short."},
    }
    assert field_errors(told.view(), {"title": "Short."}) is None


def test_choices_fit_into_slacks_bounds() -> None:
    """A hundred of them; one whose value would be cut is none."""
    choices = [Choice(value=str(n), label="<x>" * 40) for n in range(120)]
    payload = options([Choice(value="v" * 151, label="long"), *choices]).payload
    assert payload is not None
    assert len(payload["options"]) == 100
    assert payload["options"][0]["value"] == "0"
    assert len(payload["options"][0]["text"]["text"]) <= 75


def test_an_event_is_for_every_workspace_it_names() -> None:
    """An organisation counts only where the app is installed in all of it."""
    payload = told.mention(team="T5") | {"enterprise_id": "E1", "context_team_id": "T4"}
    assert workspaces_in(payload) == {"T1", "T4", "T5"}
    installed = [{"enterprise_id": "E1", "team_id": None, "is_enterprise_install": True}]
    assert workspaces_in({"authorizations": installed}) == {"E1"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=6,
)
SOUND = {
    Kind.EVENTS: [told.mention(), told.reaction(),
                  told.event({"type": "channel_rename", "channel": {"id": "C", "name": "n"}}),
                  told.event({"type": "app_home_opened", "user": "U", "tab": "home"})],
    Kind.COMMANDS: [told.command()],
    Kind.INTERACTIONS: [told.click(), told.submission(), told.shortcut(), told.suggestion(),
                        told.click(view=told.view())],
}  # fmt: skip


@st.composite
def broken(draw: st.DrawFn) -> tuple[Kind, dict[str, Any]]:
    """A sound payload in which one value, somewhere inside, is any JSON at all."""
    kind = draw(st.sampled_from(list(Kind)))
    payload: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(SOUND[kind]))))
    place: Any = payload
    while place:
        keys: list[Any] = list(place) if hasattr(place, "keys") else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or draw(st.booleans()):
            place[key] = draw(json_values)
            break
        place = place[key]
    return kind, payload


@settings(max_examples=120, deadline=None)
@given(broken() | st.tuples(st.sampled_from(list(Kind)), st.dictionaries(st.text(), json_values)))
def test_any_json_is_read_or_is_nothing(told_us: tuple[Kind, dict[str, Any]]) -> None:
    """The signature says that Slack sent it, not that it looks as we think."""
    kind, payload = told_us
    event = person_event(kind, payload, NOON)
    if event is not None:
        assert event.id
        assert delivery_key(kind, payload, event)
        assert person_event(kind, json_in(canonical_body(payload)), NOON) == event
    workspaces_in(payload)
