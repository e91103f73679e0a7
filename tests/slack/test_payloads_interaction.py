"""Presses, forms and shortcuts read as what people ask for, every word of it a claim."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from opsbot.cards.form import render_form
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.invocation import Caller, How, Invocation, Place, Pointed
from opsbot.slack.payloads_interaction import (
    Suggestion,
    action_in,
    shortcut_in,
    submission_in,
    suggestion_in,
)
from tests.slack import told
from tests.slack.clocks import NOON

ADA = Caller(user_id="U1", name="ada", team_id="T1")


def asked(payload: dict[str, Any]) -> Invocation:
    found = action_in(payload, NOON)
    assert found is not None
    return found


def test_a_press_asks_for_its_verb_about_the_incident_of_its_button() -> None:
    """Its id is (message ts, action_id, user, action_ts)."""
    assert asked(told.click()) == Invocation(
        id=f"click:{told.SAID_AT}:opsbot:ack:U1:{told.CLICKED_AT}",
        occurred_at=NOON + timedelta(seconds=1.5),
        how=How.BUTTON,
        caller=ADA,
        place=Place(
            channel_id="C1",
            channel_name="inc-1",
            message_ts=told.SAID_AT,
            thread_ts="1793707000.000100",
        ),
        verb="ack",
        incident_id="I-1",
        trigger_id="1.2.abc",
        response_url="https://hooks.slack.com/actions/T1/1/x",
    )


def test_two_presses_are_two_and_one_delivered_twice_is_one() -> None:
    """People press again when nothing seems to happen."""
    again = told.click(told.action(action_ts="1793707201.700000"))
    assert len({asked(payload).id for payload in (told.click(), told.click(), again)}) == 2


@pytest.mark.parametrize(
    ("action_id", "verb", "values"),
    [
        ("opsbot:status", "status", {}),
        ("opsbot:severity:to=sev1", "severity", {"to": "sev1"}),
        ("opsbot:note:text=a%26b&empty=", "note", {"text": "a&b", "empty": ""}),
        ("opsbot:list:page=2&of=mine", "list", {"page": "2", "of": "mine"}),
    ],
)
def test_parameters_travel_in_the_action_id(
    action_id: str, verb: str, values: dict[str, str]
) -> None:
    """URL-encoded behind a colon."""
    found = asked(told.click(told.action(action_id=action_id)))
    assert (found.verb, found.values) == (verb, values)


@pytest.mark.parametrize(
    "held",
    [
        {"type": "static_select", "selected_option": {"value": "sev2"}},
        {"type": "overflow", "selected_option": {"value": "sev2"}},
        {"type": "users_select", "selected_user": "sev2"},
        {"type": "channels_select", "selected_channel": "sev2"},
        {"type": "plain_text_input", "value": "sev2"},
    ],
)
def test_what_was_picked_in_a_menu_is_the_parameter_choice(held: dict[str, Any]) -> None:
    """The value of a menu is no incident."""
    pressed = told.action(action_id="opsbot:severity:why=seen") | {"value": None} | held
    found = asked(told.click(pressed))
    assert found.values == {"why": "seen", "choice": "sev2"}
    assert found.incident_id == ""


def test_a_press_in_the_home_tab_has_no_message() -> None:
    """Its view stands in for one, and its metadata for a place."""
    home = told.click(
        channel=None,
        message=None,
        container={"type": "view", "view_id": "V9"},
        view=told.view(id="V9", type="home", private_metadata='{"c":"C7","i":"I-7"}'),
    )
    found = asked(home | {"actions": [told.action(value="")]})
    assert found.id == f"click:V9:opsbot:ack:U1:{told.CLICKED_AT}"
    assert (found.place, found.incident_id) == (Place(channel_id="C7"), "I-7")


def test_a_press_in_a_form_brings_what_the_fields_hold() -> None:
    """A button inside a form redraws it, and nothing typed may be lost."""
    inside = told.click(
        told.action(action_id="opsbot:declare:more=yes"),
        message=None,
        channel=None,
        container={"type": "view", "view_id": "V1"},
        view=told.submission()["view"],
    )
    found = asked(inside)
    assert found.values["title"] == "Checkout is down\nfor all"
    assert found.values["more"] == "yes"
    assert found.pointed == Pointed(channel_id="C2", ts=told.SAID_AT)


def test_a_press_on_a_whisper_is_placed_by_its_container() -> None:
    """An ephemeral message has no message object."""
    payload = told.click()
    del payload["message"], payload["channel"]
    payload["container"] |= {"is_ephemeral": True, "thread_ts": "1.1"}
    found = asked(payload)
    assert found.place == Place(
        channel_id="C1", message_ts=told.SAID_AT, thread_ts="1.1", ephemeral=True
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "view_submission"},
        {"type": None},
        {"actions": []},
        {"actions": None},
        {"actions": "opsbot:ack"},
        *({"actions": [told.action(**odd)]} for odd in (
            {"action_id": "other:ack"},
            {"action_id": 5},
            {"action_id": "opsbot:"},
            {"action_id": "opsbot:Ack now"},
            {"action_id": "opsbot:ack:nothing"},
            {"action_id": "opsbot:ack:a=%ff"},
            {"action_id": "opsbot:ack:a=1%0A2"},
            {"action_id": "opsbot:ack:" + "&".join(f"a{n}=1" for n in range(21))},
            {"action_id": "opsbot:" + "a" * 250},
            {"action_ts": None},
            {"value": "I-1\n"},
            {"value": "x" * 256},
        )),
        {"user": None},
        {"user": {"id": "U1\u202e"}},
        {"user": {"id": "U1", "team_id": "T" * 300}},
        {"trigger_id": "a\nb"},
        {"message": None, "container": None},
    ],
)  # fmt: skip
def test_what_is_no_press_of_ours_is_nothing(changes: dict[str, Any]) -> None:
    """Other kinds, other apps' prefixes, and ids that cannot be ids."""
    assert action_in(told.click(**changes), NOON) is None


@pytest.mark.parametrize("action_ts", ["nan", "inf", "-1", "0", "soon", "9" * 200])
def test_an_impossible_moment_is_the_one_it_arrived(action_ts: str) -> None:
    """The key keeps it as it came; the time is ours."""
    assert asked(told.click(told.action(action_ts=action_ts))).occurred_at == NOON


def test_an_odd_response_url_is_none() -> None:
    """Words are not posted to what is no address."""
    for odd in ("file:///etc/passwd", "https://a\nb", 5, "https://" + "x" * 2_000):
        assert asked(told.click(response_url=odd)).response_url == ""


def test_a_form_reads_like_a_typed_line() -> None:
    """Block ids are parameter names; what was left empty is there, and empty."""
    assert submission_in(told.submission(), NOON) == Invocation(
        id="submit:V1:123.abc:a4a66d12e9f0",  # the last part tells the values
        occurred_at=NOON,
        how=How.FORM,
        caller=ADA,
        place=Place(channel_id="C1"),
        verb="declare",
        values={
            "title": "Checkout is down\nfor all",
            "severity": "sev1",
            "lead": "U2",
            "private": "yes",
            "impact": "",
        },
        incident_id="I-1",
        pointed=Pointed(channel_id="C2", ts=told.SAID_AT),
        trigger_id="1.2.abc",
    )


def test_long_words_are_cut_and_half_characters_replaced() -> None:
    """No database takes a lone surrogate."""
    typed = {"note": {"value": {"type": "plain_text_input", "value": "\ud83d" + "x" * 9_000}}}
    found = submission_in(told.submission(values=typed), NOON)
    assert found is not None
    assert found.values["note"][:2] == "\ufffdx"
    assert len(found.values["note"]) == 4_000


@pytest.mark.parametrize(
    "metadata",
    ["", "{", "[]", "null", '{"i": 5}', '{"i":"I\\u202e"}', "[" * 3_000, '{"p":"C1"}'],
)
def test_a_form_with_odd_metadata_is_about_nothing(metadata: str) -> None:
    """It is a claim that went through a client."""
    payload = told.submission()
    payload["view"]["private_metadata"] = metadata
    found = submission_in(payload, NOON)
    assert found is not None
    assert (found.incident_id, found.pointed) == ("", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "view_closed"},
        {"user": {}},
        {"view": None},
        {"view": told.view(callback_id="other:declare")},
        {"view": told.view(callback_id="opsbot:")},
        {"view": told.view(id="")},
        {"view": told.view(hash=None)},
    ],
)
def test_what_is_no_form_of_ours_is_nothing(changes: dict[str, Any]) -> None:
    """Without view id and hash it could not be told from its copy."""
    assert submission_in(told.submission(**changes), NOON) is None


def test_a_shortcut_points_at_a_message() -> None:
    """With its author's words, because whoever presses may not be the author."""
    found = shortcut_in(told.shortcut(), NOON)
    assert found is not None
    assert (found.id, found.how, found.verb) == ("shortcut:1.2.abc", How.SHORTCUT, "note")
    assert found.pointed == Pointed(
        channel_id="C1", ts=told.SAID_AT, author_id="U2", text="errors since 14:02", files=2
    )
    assert found.place == Place(channel_id="C1", channel_name="general", message_ts=told.SAID_AT)


def test_words_of_an_alert_may_stand_in_its_attachment() -> None:
    """Many apps post no text of their own."""
    message = {"ts": told.SAID_AT, "text": "", "attachments": [{"fallback": "CPU at 99 %"}]}
    found = shortcut_in(told.shortcut(callback_id="declare_from_message", message=message), NOON)
    assert found is not None
    assert found.verb == "declare"
    assert found.pointed is not None
    assert found.pointed.text == "CPU at 99 %"


def test_the_workspaces_shortcut_declares_from_anywhere() -> None:
    """It has no channel and no message."""
    payload = {
        "type": "shortcut",
        "callback_id": "declare",
        "trigger_id": "3.4.def",
        "user": told.person(),
    }
    found = shortcut_in(payload, NOON)
    assert found is not None
    assert (found.verb, found.place, found.pointed) == ("declare", Place(channel_id=""), None)


@pytest.mark.parametrize(
    "changes",
    [
        {"callback_id": "somebody_elses"},
        {"callback_id": "declare"},
        {"type": "shortcut"},
        {"trigger_id": ""},
        {"message_ts": None, "message": None},
        {"channel": None},
        {"user": None},
    ],
)
def test_what_is_no_shortcut_of_ours_is_nothing(changes: dict[str, Any]) -> None:
    """A message's shortcut without a message points at nothing."""
    assert shortcut_in(told.shortcut(**changes), NOON) is None


def test_a_searched_field_says_its_name_and_what_was_typed() -> None:
    """The choices are found by it."""
    assert suggestion_in(told.suggestion()) == Suggestion(
        field="service", typed="check", caller=ADA
    )
    nowhere: list[dict[str, Any]] = [{"view": None}, {"block_id": None}, {"user": {}}]
    for odd in (*nowhere, {"type": "view_closed"}):
        assert suggestion_in(told.suggestion(**odd)) is None


def test_what_a_form_carries_wins_over_a_field_of_the_same_name() -> None:
    """The runbook that was previewed cannot be changed by a field that calls itself so."""
    form = Form(
        verb="run", title="Run", submit="Preview", extra={"runbook": "restart-deployment"},
        fields=(Field(name="runbook", label="Runbook"),),
    )  # fmt: skip
    drawn: dict[str, Any] = json.loads(json.dumps(render_form(form)))
    drawn["state"] = {
        "values": {"runbook": {"value": {"type": "plain_text_input", "value": "another"}}}
    }
    found = submission_in(told.submission() | {"view": drawn | {"id": "V", "hash": "h"}}, NOON)
    assert found is not None
    assert found.values == {"runbook": "restart-deployment"}


@pytest.mark.parametrize(
    ("claimed", "team"),
    [("T9", "T9"), ("", "T1"), ("E1", "T1"), ("E9", "E9")],
)
def test_a_caller_keeps_their_own_workspace(claimed: str, team: str) -> None:
    """In an organisation the user's team_id is the organisation's; ours stands for it, another
    company's stays what it is."""
    user = told.person(team_id=claimed)
    payload = told.click(user=user, enterprise={"id": "E1", "name": "Example"})
    assert asked(payload).caller.team_id == team


def test_metadata_of_the_form_that_we_draw_is_read_back() -> None:
    """`opsbot/cards/form.py` writes what is read here."""
    form = Form(
        verb="note", title="Note", submit="Add", incident_id="I-3", channel_id="C3",
        pointed=f"C4:{told.SAID_AT}", fields=(Field(name="text", label="Text"),
        Field(name="sure", label="Sure", kind=FieldKind.FLAG, value="yes")),
        extra={"runbook": "rollback-deploy", "Not a name": "x"},
    )  # fmt: skip
    drawn: dict[str, Any] = json.loads(json.dumps(render_form(form)))
    state = {
        block["block_id"]: {
            block["element"]["action_id"]: block["element"]
            | {"selected_options": block["element"].get("initial_options"), "value": "words"}
        }
        for block in drawn["blocks"]
    }
    payload = told.submission() | {"view": drawn | {"id": "V", "hash": "h"}}
    payload["view"]["state"] = {"values": state}
    found = submission_in(payload, NOON)
    assert found is not None
    assert (found.verb, found.incident_id, found.place.channel_id) == ("note", "I-3", "C3")
    assert found.values == {"text": "words", "sure": "yes", "runbook": "rollback-deploy"}
    assert found.pointed == Pointed(channel_id="C4", ts=told.SAID_AT)
