"""Modals sent and closed in the sandbox Slack, and what the app's answers do to them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from opsbot.sandbox.slack.acts.forms import TROUBLE
from opsbot.sandbox.slack.cannot import CannotAct
from tests.sandbox.slack_app import App, answering, failing
from tests.sandbox.slack_forms import asking, form, modal, opened, options, plain
from tests.sandbox.slack_world import SlackWorld, error_of

Json = dict[str, Any]


async def test_a_submission_carries_the_whole_state(slack: SlackWorld, app: App) -> None:
    """block id -> action id -> value, null for what is empty, initial values as shown."""
    ada = slack.person("ada")
    view = form(
        asking("title", "plain_text_input", max_length=80),
        asking("note", "plain_text_input", optional=True),
        asking("severity", "static_select", options=options("sev1", "sev2")),
        asking("lead", "users_select", initial_user=ada),
        asking("what", "checkboxes", optional=True, options=options("page", "post")),
        asking(
            "where", "radio_buttons", options=options("eu", "us"), initial_option=options("us")[0]
        ),
        asking("day", "datepicker", initial_date="2026-11-22"),
        asking("time", "timepicker", optional=True),
        callback_id="declare",
        private_metadata="opaque",
    )
    view_id = await opened(slack, ada, view)
    answer = await slack.sandbox.people.submit(
        ada,
        view_id,
        {
            "title": {"plain_text_input": "api down\n"},
            "severity": {"static_select": "sev2"},
            "what": {"checkboxes": ["post", "page"]},
        },
    )
    assert (answer.status, slack.sandbox.people.modal(ada)) == (200, None)
    (payload,) = app.payloads
    sent = payload["view"]
    assert (payload["type"], sent["callback_id"]) == ("view_submission", "declare")
    assert (sent["private_metadata"], payload["response_urls"]) == ("opaque", [])
    assert sent["state"]["values"] == {
        "title": {"plain_text_input": {"type": "plain_text_input", "value": "api down"}},
        "note": {"plain_text_input": {"type": "plain_text_input", "value": None}},
        "severity": {
            "static_select": {"type": "static_select", "selected_option": options("sev2")[0]}
        },
        "lead": {"users_select": {"type": "users_select", "selected_user": ada}},
        "what": {"checkboxes": {"type": "checkboxes", "selected_options": options("post", "page")}},
        "where": {"radio_buttons": {"type": "radio_buttons", "selected_option": options("us")[0]}},
        "day": {"datepicker": {"type": "datepicker", "selected_date": "2026-11-22"}},
        "time": {"timepicker": {"type": "timepicker", "selected_time": None}},
    }


@pytest.mark.parametrize(
    ("kind", "fields", "typed", "sentence"),
    [
        ("plain_text_input", {}, "  ", "This is a required field"),
        ("plain_text_input", {}, None, "This is a required field"),
        ("plain_text_input", {"min_length": 3}, "ab", "Enter at least 3 characters."),
        ("plain_text_input", {"max_length": 3}, "abcd", "Enter at most 3 characters."),
        ("static_select", {"options": options("a")}, None, "This is a required field"),
        ("checkboxes", {"options": options("a")}, [], "This is a required field"),
        ("users_select", {}, "U404", "No such person."),
        ("channels_select", {}, "C404", "No such channel."),
        ("datepicker", {}, "2026-02-30", "Enter a date as YYYY-MM-DD."),
        ("timepicker", {}, "25:00", "Enter a time as HH:MM."),
        ("email_text_input", {}, "ada", "Enter an e-mail address."),
        ("url_text_input", {}, "example", "Enter a web address."),
        ("number_input", {"is_decimal_allowed": False}, "1.5", "Enter a whole number."),
        ("number_input", {"is_decimal_allowed": True}, "one", "Enter a number."),
        (
            "number_input",
            {"is_decimal_allowed": True, "min_value": "1", "max_value": "5"},
            "6",
            "Enter a number from 1 to 5.",
        ),
        ("multi_users_select", {"max_selected_items": 1}, ["U1", "U2"], "Choose at most 1."),
    ],
)
async def test_slack_refuses_what_its_form_forbids_without_telling_the_app(
    slack: SlackWorld, app: App, kind: str, fields: Json, typed: Any, sentence: str
) -> None:
    ada = slack.person("ada")
    view_id = await opened(slack, ada, form(asking("ask", kind, **fields)))
    people = slack.sandbox.people
    answer = await people.submit(ada, view_id, {"ask": {kind: typed}})
    assert (answer.status, answer.told) == (0, sentence)
    assert people.errors(view_id) == {"ask": sentence}
    assert (app.payloads, slack.sandbox.deliveries) == ([], [])
    await people.close_view(ada, view_id)
    assert slack.sandbox.views.errors == {}


async def test_an_optional_input_may_stay_empty(slack: SlackWorld, app: App) -> None:
    ada = slack.person("ada")
    view = form(asking("note", "plain_text_input", optional=True, min_length=3))
    view_id = await opened(slack, ada, view)
    assert (await slack.sandbox.people.submit(ada, view_id)).ok
    assert len(app.payloads) == 1


async def test_the_apps_errors_stand_under_the_inputs_until_the_next_try(
    slack: SlackWorld, app: App
) -> None:
    """Kept by view and block, readable for a page; the form keeps what was typed."""
    ada = slack.person("ada")
    view_id = await opened(slack, ada, form(asking("title", "plain_text_input")))
    app.answer = answering({"response_action": "errors", "errors": {"title": "Say more."}})
    people = slack.sandbox.people
    await people.submit(ada, view_id, {"title": {"plain_text_input": "x"}})
    assert slack.sandbox.views.errors[view_id] == {"title": "Say more."}
    shown = people.modal(ada)
    assert shown is not None
    assert shown.typed == {"title": {"plain_text_input": "x"}}
    app.answer = lambda payload: web.Response()
    await people.submit(ada, view_id)
    assert app.payloads[1]["view"]["state"]["values"]["title"]["plain_text_input"]["value"] == "x"
    assert (people.errors(view_id), people.modal(ada)) == ({}, None)


async def test_update_and_push_and_clear_do_what_they_say(slack: SlackWorld, app: App) -> None:
    ada = slack.person("ada")
    people, views = slack.sandbox.people, slack.sandbox.views
    first = await opened(slack, ada, form(asking("a", "plain_text_input", optional=True)))
    before = views.views[first].hash
    app.answer = answering({"response_action": "update", "view": form(callback_id="second")})
    await people.submit(ada, first)
    assert views.views[first].view["callback_id"] == "second"
    assert views.views[first].hash != before
    app.answer = answering({"response_action": "push", "view": form(callback_id="third")})
    await people.submit(ada, first)
    top = people.modal(ada)
    assert top is not None
    assert (top.root_id, top.previous_id, top.view["callback_id"]) == (first, first, "third")
    with pytest.raises(CannotAct, match="does not see"):
        await people.submit(ada, first)
    app.answer = lambda payload: web.Response()
    await people.submit(ada, top.id)
    below = people.modal(ada)
    assert below is not None
    assert below.id == first
    app.answer = answering({"response_action": "clear"})
    await people.submit(ada, first)
    assert (people.modal(ada), views.views) == (None, {})


@pytest.mark.parametrize(
    "body",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"a": 5}},
        {"response_action": "update", "view": {"type": "home", "blocks": []}},
        {"response_action": "update"},
        {"response_action": "dance"},
        {"text": "thanks"},
        ["clear"],
    ],
)
async def test_an_answer_slack_does_not_understand_is_trouble_connecting(
    slack: SlackWorld, app: App, body: Any
) -> None:
    ada = slack.person("ada")
    view_id = await opened(slack, ada, form(asking("a", "plain_text_input", optional=True)))
    app.answer = answering(body)
    answer = await slack.sandbox.people.submit(ada, view_id)
    assert answer.told == TROUBLE
    assert slack.sandbox.people.notices[ada][0].text == TROUBLE
    assert view_id in slack.sandbox.views.views


async def test_a_submission_nobody_takes_keeps_the_form_open(slack: SlackWorld, app: App) -> None:
    ada = slack.person("ada")
    view_id = await opened(slack, ada, form(asking("a", "plain_text_input", optional=True)))
    app.answer = failing(500)
    assert (await slack.sandbox.people.submit(ada, view_id)).told == TROUBLE
    app.answer_after = 30.0
    sending = asyncio.create_task(slack.sandbox.people.submit(ada, view_id))
    await app.got(2)
    slack.clock.advance(3)
    assert (await sending).told == TROUBLE
    assert len(app.payloads) == 2


async def test_an_answer_to_a_form_the_person_closed_meanwhile_changes_nothing(
    slack: SlackWorld, app: App
) -> None:
    ada = slack.person("ada")
    people = slack.sandbox.people
    view_id = await opened(slack, ada, form(asking("a", "plain_text_input", optional=True)))
    app.answer = answering({"response_action": "push", "view": modal()})
    app.answer_after = 0.02
    sending = asyncio.create_task(people.submit(ada, view_id))
    await app.got(1)
    await people.close_view(ada, view_id)
    assert (await sending).told == ""
    assert people.modal(ada) is None


async def test_copies_of_a_submission_have_one_effect_on_the_screen(
    slack: SlackWorld, app: App
) -> None:
    ada = slack.person("ada")
    first = await opened(slack, ada, form())
    app.answer = answering({"response_action": "push", "view": modal()})
    await slack.sandbox.people.submit(ada, first, copies=3)
    assert len({payload["trigger_id"] for payload in app.payloads}) == 1
    assert (len(app.payloads), len(slack.sandbox.views.stacks[ada])) == (3, 2)


async def test_a_closed_view_tells_the_app_only_when_it_asked(slack: SlackWorld, app: App) -> None:
    """view_closed, with is_cleared for a whole stack."""
    ada = slack.person("ada")
    people = slack.sandbox.people
    quiet = await opened(slack, ada, modal())
    assert await people.close_view(ada, quiet) is None
    await opened(slack, ada, form(notify_on_close=True, callback_id="root"))
    trigger = slack.sandbox.views.new_trigger(ada)
    pushed = await slack.client.views_push(trigger_id=trigger, view=modal(notify_on_close=True))
    await people.close_view(ada, pushed["view"]["id"])
    root = people.modal(ada)
    assert root is not None
    await people.close_view(ada, root.id, whole_stack=True)
    one, other = app.payloads
    assert (one["type"], one["is_cleared"]) == ("view_closed", False)
    assert "trigger_id" not in one
    assert (other["view"]["callback_id"], other["is_cleared"]) == ("root", True)
    assert people.modal(ada) is None


async def test_what_is_not_on_screen_cannot_be_sent(slack: SlackWorld, app: App) -> None:
    ada, bob = slack.person("ada"), slack.person("bob")
    people = slack.sandbox.people
    view_id = await opened(slack, ada, form(asking("a", "static_select", options=options("x"))))
    with pytest.raises(CannotAct, match="does not see"):
        await people.submit(bob, view_id)
    with pytest.raises(CannotAct, match="no input 'b'"):
        await people.submit(ada, view_id, {"b": {"static_select": "x"}})
    with pytest.raises(CannotAct, match="no option 'y'"):
        await people.submit(ada, view_id, {"a": {"static_select": "y"}})
    with pytest.raises(CannotAct, match="one value"):
        await people.submit(ada, view_id, {"a": {"static_select": ["x"]}})
    read_only = await opened(slack, bob, modal())
    with pytest.raises(CannotAct, match="no submit button"):
        await people.submit(bob, read_only)
    assert app.payloads == []


async def test_a_submissions_trigger_opens_another_view(slack: SlackWorld, app: App) -> None:
    ada = slack.person("ada")
    view_id = await opened(slack, ada, form())
    await slack.sandbox.people.submit(ada, view_id)
    await slack.client.views_open(trigger_id=app.payloads[0]["trigger_id"], view=modal())
    assert slack.sandbox.people.modal(ada) is not None


async def test_the_app_may_change_a_form_while_it_is_filled_in(slack: SlackWorld, app: App) -> None:
    """Typed values stay where block and action ids stay; chosen options go with their options."""
    ada = slack.person("ada")
    people = slack.sandbox.people
    title = asking("title", "plain_text_input", optional=True)

    def view(*values: str) -> Json:
        menu = asking("sev", "static_select", optional=True, options=options(*values))
        return form(title, menu)

    view_id = await opened(slack, ada, view("sev1", "sev2"))
    app.answer = answering({"response_action": "update", "view": view("sev3")})
    typed = {"title": {"plain_text_input": "api"}, "sev": {"static_select": "sev1"}}
    await people.submit(ada, view_id, typed)
    await people.submit(ada, view_id)
    values = app.payloads[1]["view"]["state"]["values"]
    assert values["title"]["plain_text_input"]["value"] == "api"
    assert values["sev"]["static_select"]["selected_option"] is None


async def test_a_conversation_menu_may_give_an_address_to_answer(
    slack: SlackWorld, app: App
) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    ask = asking("where", "conversations_select", response_url_enabled=True)
    view_id = await opened(slack, ada, form(ask))
    await slack.sandbox.people.submit(ada, view_id, {"where": {"conversations_select": room.id}})
    (url,) = app.payloads[0]["response_urls"]
    body = {"text": "declared", "response_type": "in_channel"}
    async with slack.session.post(url["response_url"], json=body) as response:
        assert response.status == 200
    assert (url["channel_id"], slack.workspace.visible_text(room.id)) == (room.id, "declared")


async def test_opening_a_first_modal_closes_what_was_open(slack: SlackWorld) -> None:
    ada = slack.person("ada")
    first = await opened(slack, ada, modal())
    second = await opened(slack, ada, modal(title=plain("Other")))
    assert set(slack.sandbox.views.views) == {second}
    update = slack.client.views_update(view_id=first, view=modal())
    assert await error_of(update) == "not_found"
