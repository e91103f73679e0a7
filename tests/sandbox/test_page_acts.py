"""Acting as a person on the sandbox page: each act is what People does, with Slack's own rules."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.slack.installed_app import Shortcut
from opsbot.sandbox.slack.model import User
from tests.sandbox.page_rig import serving
from tests.sandbox.slack_app import App, answering
from tests.sandbox.slack_forms import acting, asking, button, element, form, opened, options
from tests.sandbox.slack_world import SlackWorld


def ada_of(slack: SlackWorld) -> User:
    return slack.workspace.add_user("ada", tz="Europe/Vienna")


async def test_what_is_typed_is_said_as_slacks_client_would(slack: SlackWorld) -> None:
    ada, room = ada_of(slack), slack.workspace.general
    async with serving(slack) as page:
        assert await page.act(ada, "say", channel=room.id, text="@ada <b> & co") == {}
        (first,) = slack.workspace.posts("general")
        await page.act(ada, "say", channel=room.id, text="more", thread=first.ts, broadcast="yes")
    assert first.text == f"<@{ada.id}> &lt;b&gt; &amp; co"
    (reply,) = room.replies(first.ts)
    assert (reply.text, reply.broadcast, reply.user) == ("more", True, ada.id)


async def test_a_line_with_a_slash_is_a_command(slack: SlackWorld, app: App) -> None:
    ada, room = ada_of(slack), slack.workspace.general
    async with serving(slack) as page:
        await page.act(ada, "say", channel=room.id, text="/incident  declare sev1 ")
    (sent,) = app.commands
    assert (sent["command"], sent["text"]) == ("/incident", "declare sev1")
    assert (sent["user_id"], sent["channel_id"]) == (ada.id, room.id)


async def test_what_slack_does_not_allow_comes_back_as_its_sentence(slack: SlackWorld) -> None:
    ada, room = ada_of(slack), slack.workspace.general
    async with serving(slack) as page:
        answer = await page.act(ada, "say", channel=room.id, text="/nope")
    assert answer["refused"] is True
    assert "/nope is not a valid command" in answer["told"]


async def test_an_app_that_does_not_answer_is_told_to_the_person(
    slack: SlackWorld, app: App
) -> None:
    ada, room = ada_of(slack), slack.workspace.general
    slack.sandbox.courier.ack_seconds = 0.0
    async with serving(slack) as page:
        slack.clock.advance(1.0)
        answer = await page.act(ada, "say", channel=room.id, text="/incident status")
    assert answer["told"] == '/incident failed with the error "operation_timeout"'


async def test_a_button_in_a_message_is_pressed(slack: SlackWorld, app: App) -> None:
    ada, room = ada_of(slack), slack.room()
    ts = await slack.posted(room, blocks=[acting("row", button("ack"), button("more"))])
    where = {"channel": room.id, "ts": ts, "block": "row"}
    async with serving(slack) as page:
        await page.act(ada, "act", **where, action="more", kind="button", chosen=None)
    (payload,) = app.payloads
    assert payload["actions"][0]["action_id"] == "more"
    assert payload["user"]["id"] == ada.id


async def test_a_choice_in_a_message_is_made(slack: SlackWorld, app: App) -> None:
    ada, room = ada_of(slack), slack.room()
    menu = element("overflow", action_id="o", options=options("split", "merge"))
    ts = await slack.posted(room, blocks=[acting("row", menu)])
    body = {"channel": room.id, "ts": ts, "block": "row", "action": "o", "kind": "overflow"}
    async with serving(slack) as page:
        await page.act(ada, "act", **body, chosen="merge")
        refused = await page.act(ada, "act", **body, chosen="burn")
    assert app.payloads[0]["actions"][0]["selected_option"]["value"] == "merge"
    assert "no option 'burn'" in refused["told"]


async def test_a_form_is_submitted_with_everything_in_it(slack: SlackWorld, app: App) -> None:
    """A date and time is typed in the person's own zone."""
    ada = ada_of(slack)
    view = await opened(
        slack,
        ada.id,
        form(
            asking("title", "plain_text_input"),
            asking("since", "datetimepicker"),
            asking("who", "multi_users_select", optional=True),
            asking("flag", "checkboxes", optional=True, options=options("drill")),
        ),
    )
    values: list[list[Any]] = [
        ["title", "plain_text_input", "plain_text_input", "Checkout fails"],
        ["since", "datetimepicker", "datetimepicker", "2026-11-23T15:00"],
        ["who", "multi_users_select", "multi_users_select", [ada.id]],
        ["flag", "checkboxes", "checkboxes", []],
    ]
    async with serving(slack) as page:
        assert await page.act(ada, "submit", view=view, values=values) == {"errors": {}}
    held = app.payloads[0]["view"]["state"]["values"]
    assert held["title"]["plain_text_input"]["value"] == "Checkout fails"
    assert held["since"]["datetimepicker"]["selected_date_time"] == 1_795_442_400
    assert held["who"]["multi_users_select"]["selected_users"] == [ada.id]
    assert slack.sandbox.people.modal(ada.id) is None


async def test_errors_stand_under_their_fields(slack: SlackWorld, app: App) -> None:
    ada = ada_of(slack)
    view = await opened(slack, ada.id, form(asking("title", "plain_text_input")))
    app.answer = answering({"response_action": "errors", "errors": {"title": "Say <more>."}})
    values = [["title", "plain_text_input", "plain_text_input", "x"]]
    async with serving(slack) as page:
        answer = await page.act(ada, "submit", view=view, values=values)
        found = await page.look(ada, f"/archives/{slack.workspace.general.id}")
    assert answer["errors"] == {"title": "Say <more>."}
    (wrong,) = found.of_class("wrong")
    assert wrong.text.endswith("Say <more>.")
    assert found.one("input", aria_invalid="true")


async def test_a_modal_pushed_on_another_lies_on_top_and_both_are_kept(slack: SlackWorld) -> None:
    ada = ada_of(slack)
    await opened(slack, ada.id, form(asking("title", "plain_text_input")))
    slack.sandbox.views.push(ada.id, form(asking("more", "plain_text_input")))
    async with serving(slack) as page:
        found = await page.look(ada, f"/archives/{slack.workspace.general.id}")
        lower, upper = found.all("dialog", data_testid="modal")
        assert (lower.attributes["data-top"], upper.attributes["data-top"]) == ("false", "true")
        await page.act(ada, "close", view=upper.attributes["data-modal"], all="no")
        top = slack.sandbox.people.modal(ada.id)
        assert top is not None
        await page.act(ada, "close", view=top.id, all="yes")
    assert slack.sandbox.people.modal(ada.id) is None


async def test_a_button_of_a_modal_carries_what_has_been_typed(slack: SlackWorld, app: App) -> None:
    ada = ada_of(slack)
    blocks = [asking("title", "plain_text_input"), acting("row", button("more"))]
    view = await opened(slack, ada.id, form(*blocks))
    values = [["title", "plain_text_input", "plain_text_input", "half a sent"]]
    async with serving(slack) as page:
        await page.act(
            ada, "act", view=view, block="row", action="more", kind="button", values=values
        )
    held = app.payloads[0]["view"]["state"]["values"]
    assert held["title"]["plain_text_input"]["value"] == "half a sent"


async def test_options_are_found_while_typing(slack: SlackWorld, app: App) -> None:
    """Labels come back as characters, groups as a line before their options."""
    ada = ada_of(slack)
    view = await opened(slack, ada.id, form(asking("svc", "external_select", min_query_length=1)))
    group = {"label": {"type": "plain_text", "text": "Mine"}, "options": options("<cart>")}
    app.answer = answering({"option_groups": [group]})
    async with serving(slack) as page:
        body = {"view": view, "block": "svc", "action": "external_select", "typed": "c"}
        answer = await page.act(ada, "suggest", **body)
    assert app.payloads[0]["value"] == "c"
    assert answer["options"] == [
        {"group": "Mine"},
        {"value": "<cart>", "label": "<Cart>", "description": ""},
    ]


async def test_options_of_a_message_are_found_too(slack: SlackWorld, app: App) -> None:
    ada, room = ada_of(slack), slack.room()
    menu = element("external_select", action_id="e", min_query_length=0)
    ts = await slack.posted(room, blocks=[acting("row", menu)])
    app.answer = answering({"options": options("cart")})
    async with serving(slack) as page:
        body = {"channel": room.id, "ts": ts, "block": "row", "action": "e", "typed": ""}
        answer = await page.act(ada, "suggest", **body)
    assert [option["value"] for option in answer["options"]] == ["cart"]


async def test_the_message_menu_reacts_pins_edits_deletes_and_has_the_apps_shortcuts(
    slack: SlackWorld, app: App
) -> None:
    ada, room = ada_of(slack), slack.workspace.general
    slack.sandbox.app.shortcuts = {"add": Shortcut(callback_id="add", name="Add to timeline")}
    said = slack.workspace.post(room, user=ada.id, text="hello")
    where = {"channel": room.id, "ts": said.ts}
    async with serving(slack) as page:
        menu = (await page.look(ada, f"/archives/{room.id}")).one(id="message-menu")
        assert "Add to timeline" in menu.text
        await page.act(ada, "shortcut", **where, callback="add")
        await page.act(ada, "react", **where, name="pushpin")
        assert said.reactions == {"pushpin": [ada.id]}
        await page.act(ada, "unreact", **where, name="pushpin")
        await page.act(ada, "pin", **where)
        assert [pin.ts for pin in room.pins] == [said.ts]
        await page.act(ada, "unpin", **where)
        await page.act(ada, "edit", **where, text="hello again")
        assert (said.reactions, room.pins, said.text) == ({}, [], "hello again")
        await page.act(ada, "delete", **where)
    assert said.deleted
    assert app.payloads[0]["type"] == "message_action"


async def test_channels_are_made_and_changed(slack: SlackWorld) -> None:
    ada, bo = ada_of(slack), slack.workspace.add_user("bo")
    async with serving(slack) as page:
        made = await page.act(ada, "new-channel", name="inc-9", private="yes")
        room = slack.workspace.channel_named("inc-9")
        assert room is not None
        assert room.is_private
        assert made["visit"] == f"/archives/{room.id}?as={ada.id}"
        await page.act(ada, "invite", channel=room.id, invited=bo.id)
        await page.act(ada, "topic", channel=room.id, topic="SEV1")
        await page.act(ada, "rename", channel=room.id, name="inc-10")
        await page.act(bo, "leave", channel=room.id)
        assert (room.members, room.topic.value, room.name) == ([ada.id], "SEV1", "inc-10")
        await page.act(ada, "archive", channel=room.id)
        assert room.archived
        found = await page.look(ada, f"/archives/{room.id}")
        assert "archived channel" in found.one(id="composer").text
        await page.act(ada, "unarchive", channel=room.id)
    assert not room.archived


async def test_one_may_look_into_a_public_channel_and_join_it(slack: SlackWorld) -> None:
    ada = ada_of(slack)
    room = slack.workspace.add_channel("inc-1")
    async with serving(slack) as page:
        before = await page.look(ada, f"/archives/{room.id}")
        assert before.all("button", data_do="join")
        assert not before.all(data_testid="composer")
        await page.act(ada, "join", channel=room.id)
        assert (await page.look(ada, f"/archives/{room.id}")).all(data_testid="composer")


async def test_the_apps_home_is_opened_and_read(slack: SlackWorld, app: App) -> None:
    ada = ada_of(slack)
    app.hear_events("app_home_opened")
    async with serving(slack) as page:
        assert "has not published" in (await page.look(ada, "/home")).one("main").text
        await page.act(ada, "home", tab="home")
        await app.got(1)
        view = {"type": "home", "blocks": [acting("row", button("take"))]}
        await slack.client.views_publish(user_id=ada.id, view=view)
        home = (await page.look(ada, "/home")).one(id="home")
        body = {"view": home.attributes["data-view"], "block": "row", "action": "take"}
        await page.act(ada, "act", **body, kind="button", values=[])
    assert app.events[0]["event"]["type"] == "app_home_opened"
    assert app.payloads[0]["container"]["type"] == "view"


async def test_one_writes_to_the_app_in_its_messages_tab(slack: SlackWorld) -> None:
    ada = ada_of(slack)
    async with serving(slack) as page:
        answer = await page.act(ada, "open-direct")
        assert answer["visit"] == f"/messages?as={ada.id}"
        found = await page.look(ada, "/messages")
        channel = found.one("form", id="composer").attributes["data-channel"]
        await page.act(ada, "say", channel=channel, text="help")
        assert "help" in (await page.look(ada, "/messages")).messages[0]


ODD: list[tuple[str, Any, int]] = [
    ("say", {"text": "no channel"}, 400),
    ("say", ["no object"], 400),
    ("submit", {"view": "V1", "values": [["too", "short"]]}, 400),
    ("act", {"action": 7, "block": "b", "kind": "button"}, 400),
    ("fly", {}, 404),
]


@pytest.mark.parametrize(("act", "body", "status"), ODD)
async def test_an_odd_act_is_refused_and_does_nothing(
    slack: SlackWorld, act: str, body: Any, status: int
) -> None:
    ada = ada_of(slack)
    async with serving(slack) as page:
        headers = {"Origin": page.url.rstrip("/")}
        address = f"{page.url}act/{act}?as={ada.id}"
        async with page.http.post(address, json=body, headers=headers) as response:
            assert response.status == status
    assert slack.workspace.posts("general") == []
