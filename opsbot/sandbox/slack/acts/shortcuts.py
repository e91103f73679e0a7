"""Shortcuts: `message_action` from a message's menu, `shortcut` from anywhere (Slack page
"Implementing shortcuts")."""

from __future__ import annotations

from dataclasses import replace

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.acts.scene import Scene, channel_name
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.delivery.parcel import Answer
from opsbot.sandbox.slack.model import Json, User

_NO_ANSWER = "The shortcut did not work: the app did not answer within three seconds. Try again."


async def shortcut(
    scene: Scene,
    user_id: str,
    callback_id: str,
    channel_id: str | None,
    message_ts: str | None,
    *,
    copies: int,
) -> Answer:
    """Use a shortcut; see People.shortcut."""
    user = scene.person(user_id)
    if (channel_id is None) != (message_ts is None):
        raise CannotAct("A message shortcut needs both the channel and the ts of the message.")
    on_message = channel_id is not None
    _refuse_unknown(scene, callback_id, "message" if on_message else "global")
    if channel_id is not None and message_ts is not None:
        payload = _of_message(scene, user, callback_id, channel_id, message_ts)
    else:
        payload = scene.interaction(user, "shortcut")
    # Shortcuts say less than other interactions: not which app, and one name of the person.
    del payload["api_app_id"]
    del payload["user"]["username" if on_message else "name"]
    payload |= {"callback_id": callback_id, "action_ts": scene.workspace.new_ts()}
    answer = await scene.interact(payload, copies=copies, id_=str(payload["trigger_id"]))
    if answer.ok:
        return answer
    scene.notices.show(user.id, _NO_ANSWER, channel=channel_id or "")
    return replace(answer, told=_NO_ANSWER)


def _of_message(
    scene: Scene, user: User, callback_id: str, channel_id: str, message_ts: str
) -> Json:
    channel = scene.seen(user, channel_id)
    message = scene.message(channel, message_ts)
    if message.subtype:
        raise CannotAct(f"Slack's own line {message_ts} has no shortcuts.")
    return {
        **scene.interaction(user, "message_action"),
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": render.message(scene.workspace, message),
        "response_url": scene.response_urls.new(user.id, channel),
    }


def _refuse_unknown(scene: Scene, callback_id: str, kind: str) -> None:
    known = scene.app.shortcuts
    if known is None:
        return
    if callback_id not in known or known[callback_id].type != kind:
        raise CannotAct(f"The app has no {kind} shortcut {callback_id!r}.")
