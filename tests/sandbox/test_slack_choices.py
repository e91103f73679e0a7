"""Menus, pickers and buttons beyond the plain click: in messages, modals and the Home tab."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from opsbot.sandbox.slack.cannot import CannotAct
from tests.sandbox.slack_app import App, answering
from tests.sandbox.slack_forms import acting, asking, button, element, form, opened, options
from tests.sandbox.slack_world import SlackWorld

Json = dict[str, Any]


async def test_an_option_chosen_in_a_message_is_told_and_stays(slack: SlackWorld, app: App) -> None:
    """The action carries the option; a later button's state carries it too."""
    room = slack.room()
    ada = slack.person("ada", room)
    row = acting(
        "row",
        element("static_select", action_id="sev", options=options("sev1", "sev2")),
        button("go"),
    )
    ts = await slack.posted(room, blocks=[row])
    people = slack.sandbox.people
    await people.choose(ada, room.id, ts, "sev", "sev2")
    await people.click(ada, room.id, ts, "go")
    chosen, clicked = app.payloads
    (action,) = chosen["actions"]
    assert (action["type"], action["selected_option"]) == ("static_select", options("sev2")[0])
    values = clicked["state"]["values"]
    assert values["row"]["sev"]["selected_option"]["value"] == "sev2"
    assert clicked["actions"][0]["type"] == "button"


async def test_an_overflow_menu_holds_nothing(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    more = element("overflow", action_id="more", options=options("mute", "close"))
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "accessory": more}
    ts = await slack.posted(room, blocks=[section])
    await slack.sandbox.people.choose(ada, room.id, ts, "more", "close")
    (payload,) = app.payloads
    assert payload["actions"][0]["selected_option"]["value"] == "close"
    assert payload["state"]["values"] == {}


async def test_a_button_is_pressed_and_a_menu_chosen_from(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    menu = element("users_select", action_id="who")
    ts = await slack.posted(room, blocks=[acting("row", menu, button("go"))])
    people = slack.sandbox.people
    with pytest.raises(CannotAct, match="no button 'who'"):
        await people.click(ada, room.id, ts, "who")
    with pytest.raises(CannotAct, match="no menu or picker 'go'"):
        await people.choose(ada, room.id, ts, "go", "x")
    await people.choose(ada, room.id, ts, "who", ada)
    assert app.payloads[0]["actions"][0]["selected_user"] == ada


async def test_a_button_in_a_modal_names_the_view_and_what_is_typed(
    slack: SlackWorld, app: App
) -> None:
    ada = slack.person("ada")
    view = form(asking("title", "plain_text_input"), acting("row", button("more", value="v1")))
    view_id = await opened(slack, ada, view)
    typed = {"title": {"plain_text_input": "api"}}
    await slack.sandbox.people.act_in_view(ada, view_id, "more", values=typed)
    (payload,) = app.payloads
    assert payload["container"] == {"type": "view", "view_id": view_id}
    assert payload["actions"][0]["value"] == "v1"
    state = payload["view"]["state"]["values"]
    assert state["title"]["plain_text_input"]["value"] == "api"
    assert {"channel", "message", "response_url"}.isdisjoint(payload)


async def test_an_input_tells_the_app_only_when_it_dispatches(slack: SlackWorld, app: App) -> None:
    ada = slack.person("ada")
    quiet = asking("a", "static_select", action_id="quiet", options=options("x"))
    loud = asking("b", "static_select", action_id="loud", options=options("x"))
    view_id = await opened(slack, ada, form(quiet, {**loud, "dispatch_action": True}))
    people = slack.sandbox.people
    with pytest.raises(CannotAct, match="nothing 'quiet'"):
        await people.act_in_view(ada, view_id, "quiet", "x")
    await people.act_in_view(ada, view_id, "loud", "x")
    assert app.payloads[0]["actions"][0]["selected_option"]["value"] == "x"


async def test_the_home_tabs_buttons_work_while_no_modal_covers_it(
    slack: SlackWorld, app: App
) -> None:
    ada = slack.person("ada")
    home = {"type": "home", "blocks": [acting("row", button("open"))]}
    await slack.client.views_publish(user_id=ada, view=home)
    people = slack.sandbox.people
    shown = people.home(ada)
    assert shown is not None
    await people.act_in_view(ada, shown.id, "open")
    assert app.payloads[0]["view"]["type"] == "home"
    await opened(slack, ada, form())
    with pytest.raises(CannotAct, match="does not see"):
        await people.act_in_view(ada, shown.id, "open")
    with pytest.raises(CannotAct, match="does not see"):
        await people.submit(ada, shown.id)


async def test_an_app_that_does_not_take_a_click_leaves_a_notice(
    slack: SlackWorld, app: App
) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    ts = await slack.posted(room, blocks=[acting("row", button("go"))])
    app.answer_after = 30.0
    pressing = asyncio.create_task(slack.sandbox.people.click(ada, room.id, ts, "go"))
    await app.got(1)
    slack.clock.advance(3)
    answer = await pressing
    assert "three seconds" in answer.told
    assert slack.sandbox.people.notices[ada][0].channel == room.id


def searching(**fields: Any) -> Json:
    return asking("service", "external_select", action_id="find", **fields)


async def test_options_are_asked_for_while_a_person_types(slack: SlackWorld, app: App) -> None:
    """block_suggestion with what was typed; an offered option can then be submitted."""
    ada = slack.person("ada")
    people = slack.sandbox.people
    view_id = await opened(slack, ada, form(searching(min_query_length=2)))
    with pytest.raises(CannotAct, match="from 2 typed characters"):
        await people.suggest(ada, view_id, "service", "find", "a")
    app.answer = answering({"options": options("auth-api", "auth-db")})
    offered = await people.suggest(ada, view_id, "service", "find", "au")
    assert [option["value"] for option in offered] == ["auth-api", "auth-db"]
    (asked,) = app.payloads
    assert (asked["type"], asked["value"]) == ("block_suggestion", "au")
    assert (asked["block_id"], asked["action_id"]) == ("service", "find")
    with pytest.raises(CannotAct, match="no option 'other'"):
        await people.submit(ada, view_id, {"service": {"find": "other"}})
    app.answer = lambda payload: web.Response()
    await people.submit(ada, view_id, {"service": {"find": "auth-db"}})
    chosen = app.payloads[1]["view"]["state"]["values"]["service"]["find"]["selected_option"]
    assert chosen == options("auth-db")[0]


@pytest.mark.parametrize(
    "body",
    [
        {"options": options(*(f"o{number}" for number in range(101)))},
        {"options": [{"text": "x", "value": "x"}]},
        {"answers": []},
        [],
    ],
)
async def test_options_slack_would_not_take_are_a_notice(
    slack: SlackWorld, app: App, body: Any
) -> None:
    """At most a hundred, each with text and value."""
    ada = slack.person("ada")
    view_id = await opened(slack, ada, form(searching(min_query_length=0)))
    app.answer = answering(body)
    assert await slack.sandbox.people.suggest(ada, view_id, "service", "find", "") == []
    assert "could not be loaded" in slack.sandbox.people.notices[ada][0].text


async def test_groups_of_options_are_offered_in_messages_too(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    menu = element("external_select", action_id="find", min_query_length=1)
    ts = await slack.posted(room, blocks=[acting("row", menu)])
    label = {"type": "plain_text", "text": "Services"}
    groups = [{"label": label, "options": options("auth-api")}]
    app.answer = answering({"option_groups": groups})
    people = slack.sandbox.people
    assert await people.suggest_in_message(ada, room.id, ts, "row", "find", "a") == groups
    app.answer = lambda payload: web.Response()
    await people.choose(ada, room.id, ts, "find", "auth-api")
    assert app.payloads[0]["container"]["message_ts"] == ts
    assert app.payloads[1]["actions"][0]["selected_option"] == options("auth-api")[0]


async def test_suggestions_may_have_an_address_of_their_own(slack: SlackWorld, app: App) -> None:
    ada = slack.person("ada")
    view_id = await opened(slack, ada, form(searching(min_query_length=0)))
    slack.sandbox.app.options_url = "http://127.0.0.1:9/nobody"
    assert await slack.sandbox.people.suggest(ada, view_id, "service", "find", "") == []
    assert slack.sandbox.deliveries[0].url == "http://127.0.0.1:9/nobody"
