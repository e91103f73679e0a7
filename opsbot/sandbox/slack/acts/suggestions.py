"""block_suggestion: options an app offers while a person types into an external_select."""

from __future__ import annotations

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.acts.inputs import Input, elements_in
from opsbot.sandbox.slack.acts.scene import Scene, channel_name
from opsbot.sandbox.slack.acts.screen import view_on_screen
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.composition import OPTION_GROUP, option
from opsbot.sandbox.slack.delivery.parcel import Answer
from opsbot.sandbox.slack.facts import BLOCK_LIMITS
from opsbot.sandbox.slack.foreign_json import as_list
from opsbot.sandbox.slack.model import Ephemeral, Json, User
from opsbot.sandbox.slack.shapes import Problems, array

_NO_OPTIONS = "The options could not be loaded. Try again."
# Slack page "Select menu element", external data source.
_LEAST_TYPED = 3


async def suggest(
    scene: Scene, user_id: str, view_id: str, block_id: str, action_id: str, typed: str
) -> list[Json]:
    """Type into an external_select of a view; see People.suggest."""
    user = scene.person(user_id)
    shown = view_on_screen(scene, user, view_id)
    one = _menu(shown.view["blocks"], block_id, action_id, typed)
    payload = {
        **_asked(scene, user, one, typed),
        "container": {"type": "view", "view_id": shown.id},
        "view": scene.views.shown(shown),
    }
    options, flat = await _offered(scene, user, payload, channel_id="")
    shown.offered.setdefault((block_id, action_id), []).extend(flat)
    return options


async def suggest_in_message(
    scene: Scene,
    user_id: str,
    channel_id: str,
    message_ts: str,
    block_id: str,
    action_id: str,
    typed: str,
) -> list[Json]:
    """Type into an external_select of a message; see People.suggest."""
    user = scene.person(user_id)
    channel = scene.seen(user, channel_id)
    source = scene.source(user, channel, message_ts)
    one = _menu(source.blocks, block_id, action_id, typed)
    payload = {
        **_asked(scene, user, one, typed),
        "container": {
            "type": "message",
            "message_ts": source.ts,
            "channel_id": channel.id,
            "is_ephemeral": isinstance(source, Ephemeral),
        },
        "channel": {"id": channel.id, "name": channel_name(channel)},
    }
    if not isinstance(source, Ephemeral):
        payload["message"] = render.message(scene.workspace, source)
    options, flat = await _offered(scene, user, payload, channel_id=channel.id)
    key = (user.id, channel.id, source.ts)
    scene.offered.setdefault(key, {}).setdefault((block_id, action_id), []).extend(flat)
    return options


def _menu(blocks: list[Json], block_id: str, action_id: str, typed: str) -> Input:
    for one in elements_in(blocks):
        if (one.block_id, one.action_id) == (block_id, action_id):
            if one.type not in ("external_select", "multi_external_select"):
                raise CannotAct(f"{action_id!r} is a {one.type}: it has its options already.")
            least = one.element.get("min_query_length", _LEAST_TYPED)
            if len(typed) < least:
                raise CannotAct(f"Slack asks for options from {least} typed characters on.")
            return one
    raise CannotAct(f"There is no menu {action_id!r} in block {block_id!r}.")


def _asked(scene: Scene, user: User, one: Input, typed: str) -> Json:
    payload = scene.interaction(user, "block_suggestion", triggers=False)
    return payload | {"action_id": one.action_id, "block_id": one.block_id, "value": typed}


async def _offered(
    scene: Scene, user: User, payload: Json, *, channel_id: str
) -> tuple[list[Json], list[Json]]:
    """Return the answer's options or groups, and the bare options among them."""
    id_ = f"{payload['block_id']}/{payload['action_id']}/{payload['value']}"
    answer = await scene.interact(payload, copies=1, id_=id_)
    options = _options(answer)
    if options is None:
        scene.notices.show(user.id, _NO_OPTIONS, channel=channel_id)
        return [], []
    flat = [inner for found in options for inner in as_list(found.get("options")) or [found]]
    return options, flat


def _options(answer: Answer) -> list[Json] | None:
    """Return what the app offered, None when Slack would not take it."""
    body = (answer.object() or {}) if answer.ok else {}
    for name, shape in (("options", option()), ("option_groups", OPTION_GROUP)):
        found = as_list(body.get(name))
        if found is not None:
            problems = Problems()
            most = BLOCK_LIMITS[f"select.{name}.items"]
            array(shape, most=most)(found, f"/{name}", problems)
            return None if problems.found else found
    return None
