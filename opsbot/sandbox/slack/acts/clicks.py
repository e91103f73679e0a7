"""block_actions: buttons pressed and options chosen, in messages, modals and Home tabs."""

from __future__ import annotations

from dataclasses import replace

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.acts.inputs import Input, elements_in, held, state_values
from opsbot.sandbox.slack.acts.scene import Scene, channel_name
from opsbot.sandbox.slack.acts.screen import overlaid, view_on_screen
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.delivery.parcel import Answer
from opsbot.sandbox.slack.model import Channel, Ephemeral, Json, User
from opsbot.sandbox.slack.response_urls import Source
from opsbot.sandbox.slack.views import Typed, Values

_CARRIED = ("text", "value", "style", "url", "placeholder")
_NO_ANSWER = "The app did not answer: it has to within three seconds. Try again."


async def click(
    scene: Scene,
    user_id: str,
    channel_id: str,
    message_ts: str,
    action_id: str,
    chosen: Typed,
    *,
    only: str,
    block_id: str | None,
    copies: int,
) -> Answer:
    """Use an element of a message; `only` is "button" or "choice"."""
    user = scene.person(user_id)
    channel = scene.seen(user, channel_id)
    source = scene.source(user, channel, message_ts)
    one = _element(source.blocks, action_id, block_id, only)
    if one is None:
        what = "button" if only == "button" else "menu or picker"
        raise CannotAct(f"Message {source.ts} has no {what} {action_id!r} now.")
    key = (user.id, channel.id, source.ts)
    typed, offered = scene.chosen.setdefault(key, {}), scene.offered.get(key, {})
    action = _action(scene, one, chosen, typed, offered.get((one.block_id, one.action_id)))
    payload = {
        **scene.interaction(user, "block_actions"),
        **_place(scene, user, channel, source),
        "state": {"values": state_values(source.blocks, typed, offered)},
        "actions": [action],
    }
    answer = await scene.interact(payload, copies=copies, id_=str(action["action_ts"]))
    return _told(scene, user, answer, channel.id)


async def act_in_view(
    scene: Scene,
    user_id: str,
    view_id: str,
    action_id: str,
    chosen: Typed,
    *,
    block_id: str | None,
    values: Values | None,
    copies: int,
) -> Answer:
    """Use an element of a modal or Home tab; see People.act_in_view."""
    user = scene.person(user_id)
    shown = view_on_screen(scene, user, view_id)
    blocks = shown.view["blocks"]
    one = _element(blocks, action_id, block_id, "any")
    if one is None:
        raise CannotAct(f"View {view_id} has nothing {action_id!r} that tells the app when used.")
    overlaid(shown, values or {})
    action = _action(
        scene, one, chosen, shown.typed, shown.offered.get((one.block_id, one.action_id))
    )
    payload = {
        **scene.interaction(user, "block_actions"),
        "container": {"type": "view", "view_id": shown.id},
        "view": scene.views.shown(shown, state_values(blocks, shown.typed, shown.offered)),
        "actions": [action],
    }
    answer = await scene.interact(payload, copies=copies, id_=str(action["action_ts"]))
    return _told(scene, user, answer, "")


def _element(blocks: list[Json], action_id: str, block_id: str | None, only: str) -> Input | None:
    for one in elements_in(blocks):
        if one.action_id != action_id or block_id not in (None, one.block_id):
            continue
        fits = only == "any" or (one.type == "button") == (only == "button")
        if fits and one.dispatches:
            return one
    return None


def _action(
    scene: Scene,
    one: Input,
    chosen: Typed,
    typed: dict[str, dict[str, Typed]],
    offered: list[Json] | None = None,
) -> Json:
    """Return the entry of `actions`, and keep what was chosen where it stays on screen."""
    element = one.element
    action: Json = {name: element[name] for name in _CARRIED if name in element}
    if one.type != "button":
        action |= held(one, chosen, offered)
        typed.setdefault(one.block_id, {})[one.action_id] = chosen
    return action | {
        "type": one.type,
        "action_id": one.action_id,
        "block_id": one.block_id,
        "action_ts": scene.workspace.new_ts(),
    }


def _place(scene: Scene, user: User, channel: Channel, source: Source) -> Json:
    ephemeral = isinstance(source, Ephemeral)
    container: Json = {
        "type": "message",
        "message_ts": source.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if source.thread_ts is not None:
        container["thread_ts"] = source.thread_ts
    place: Json = {
        "container": container,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "response_url": scene.response_urls.new(user.id, channel, source),
    }
    if not isinstance(source, Ephemeral):
        place["message"] = render.message(scene.workspace, source)
    return place


def _told(scene: Scene, user: User, answer: Answer, channel_id: str) -> Answer:
    if answer.ok:
        return answer
    scene.notices.show(user.id, _NO_ANSWER, channel=channel_id)
    return replace(answer, told=_NO_ANSWER)
