"""People's acts and the delivery switches over the sandbox Slack's own HTTP interface."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from opsbot.sandbox.slack.admin_acts import ACTS
from opsbot.sandbox.slack.people import People
from tests.sandbox.slack_app import App, answering, failing
from tests.sandbox.slack_forms import acting, asking, button, form, opened
from tests.sandbox.slack_world import SlackWorld

Json = dict[str, Any]


async def post(slack: SlackWorld, path: str, body: Any) -> tuple[int, Json]:
    async with slack.session.post(f"{slack.workspace.url}sandbox/{path}", json=body) as response:
        text = await response.text()
        return response.status, await response.json() if response.ok else {"text": text}


async def get(slack: SlackWorld, path: str) -> Json:
    async with slack.session.get(f"{slack.workspace.url}sandbox/{path}") as response:
        body: Json = await response.json()
        return body


def test_every_act_of_people_can_be_done_from_outside() -> None:
    """But for suggestions in messages, which only a page needs; arguments are the methods' own."""
    methods = dict(inspect.getmembers(People, inspect.iscoroutinefunction))
    assert set(ACTS) == set(methods) - {"suggest_in_message"}
    for act, (needed, more) in ACTS.items():
        parameters = list(inspect.signature(methods[act]).parameters.values())[1:]
        must = [one.name for one in parameters if one.default is inspect.Parameter.empty]
        may = {one.name for one in parameters} - set(must)
        assert (len(needed), set(more)) == (len(must), may), act


async def test_a_command_a_click_and_a_submission_from_outside(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    ts = await slack.posted(room, blocks=[acting("row", button("go"))])
    view = await opened(slack, ada, form(asking("title", "plain_text_input")))
    app.answer = answering({})
    command = {"user": ada, "channel": room.id, "command": "/incident", "text": "list"}
    assert await post(slack, "command", command) == (200, {"status": 200, "body": "{}", "told": ""})
    click = {"user": ada, "channel": room.id, "ts": ts, "action_id": "go", "copies": 2}
    assert (await post(slack, "click", click))[1]["status"] == 200
    empty = {"user": ada, "view": view}
    assert (await post(slack, "submit", empty))[1]["told"] == "This is a required field"
    assert (await get(slack, "state"))["errors"] == {view: {"title": "This is a required field"}}
    full = {**empty, "values": {"title": {"plain_text_input": "x"}}}
    assert (await post(slack, "submit", full))[1]["status"] == 200
    assert (len(app.commands), len(app.payloads)) == (1, 3)


async def test_saying_reacting_and_shortcuts_from_outside(slack: SlackWorld, app: App) -> None:
    app.hear_events("message.channels", "reaction_added")
    room = slack.room()
    ada = slack.person("ada", room)
    said = {"user": ada, "channel": room.id, "text": "hello"}
    _, answer = await post(slack, "say", said)
    mark = {"user": ada, "channel": room.id, "ts": answer["result"]}
    assert (await post(slack, "react", {**mark, "name": "pushpin"}))[0] == 200
    assert (await post(slack, "shortcut", {**mark, "callback_id": "note"}))[1]["status"] == 200
    await slack.sandbox.courier.settled()
    assert sorted(one["event"]["type"] for one in app.events) == ["message", "reaction_added"]
    assert app.payloads[0]["type"] == "message_action"


async def test_what_cannot_be_done_is_a_409_and_what_is_missing_a_400(
    slack: SlackWorld, app: App
) -> None:
    ada = slack.person("ada")
    status, body = await post(slack, "command", {"user": ada, "channel": "C1", "command": "/x"})
    assert (status, body["text"]) == (409, f"{ada} sees no channel C1.")
    assert await post(slack, "say", {"user": ada}) == (
        400,
        {"text": "say also needs channel, text."},
    )
    wrong = {"user": ada, "callback_id": "x", "copies": "many"}
    assert (await post(slack, "shortcut", wrong))[0] == 400


async def test_duplicates_are_switched_from_outside(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    status, switched = await post(slack, "duplicates", {"extra": 2, "concurrent": True})
    assert (status, switched["extra"], switched["concurrent"]) == (200, 2, True)
    await post(slack, "shortcut", {"user": ada, "callback_id": "x"})
    assert len(app.payloads) == 3
    for wrong in ({"extra": -1}, {"extra": "2"}, {"delay": -1}, {"marked": 1}):
        assert (await post(slack, "duplicates", wrong))[0] == 400


async def test_deliveries_and_notices_are_read_from_outside(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    app.answer = failing(500)
    await post(slack, "command", {"user": ada, "channel": room.id, "command": "/incident"})
    (row,) = (await get(slack, "deliveries"))["deliveries"]
    assert (row["kind"], row["transport"], row["status"]) == ("/incident", "http", 500)
    (notice,) = (await get(slack, "state"))["notices"][ada]
    assert notice["text"] == '/incident failed with the error "http_service_error"'


@pytest.mark.parametrize("act", sorted(ACTS))
async def test_any_nonsense_is_answered_with_a_sentence(slack: SlackWorld, act: str) -> None:
    needed, _ = ACTS[act]
    status, body = await post(slack, act, dict.fromkeys(needed, "nonsense"))
    assert status == 409
    assert body["text"]
