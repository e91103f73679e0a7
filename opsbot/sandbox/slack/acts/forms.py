"""Modals sent and closed: view_submission, view_closed, and what the app's answer does.

From the Slack pages "Modals" and "View interactions payload".
"""

from __future__ import annotations

from dataclasses import replace

from opsbot.sandbox.slack.acts.inputs import inputs_in, state_values
from opsbot.sandbox.slack.acts.refusals import refusals
from opsbot.sandbox.slack.acts.scene import Scene
from opsbot.sandbox.slack.acts.screen import modal_on_screen, overlaid
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.delivery.parcel import Answer
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.foreign_json import as_object
from opsbot.sandbox.slack.model import Json, User
from opsbot.sandbox.slack.views import OpenView, Values

TROUBLE = "We had some trouble connecting. Try again?"


async def submit(
    scene: Scene, user_id: str, view_id: str, values: Values, *, copies: int
) -> Answer:
    """Submit a modal; see People.submit."""
    user = scene.person(user_id)
    shown = modal_on_screen(scene, user, view_id)
    if "submit" not in shown.view:
        raise CannotAct(f"View {view_id} has no submit button.")
    overlaid(shown, values)
    blocks = shown.view["blocks"]
    wrong = refusals(scene.workspace, blocks, shown.typed)
    scene.views.refuse(shown, wrong)
    if wrong:
        return Answer(status=0, failure="refused", told=next(iter(wrong.values())))
    payload = {
        **scene.interaction(user, "view_submission"),
        "view": scene.views.shown(shown, state_values(blocks, shown.typed, shown.offered)),
        "response_urls": _response_urls(scene, user, shown),
    }
    answer = await scene.interact(payload, copies=copies)
    # The person may have closed the form while the app was busy with it.
    gone = view_id not in scene.views.views
    if answer.ok and (gone or _answered(scene, user, shown, answer)):
        return answer
    scene.notices.show(user.id, TROUBLE)
    return replace(answer, failure=answer.failure or "bad_answer", told=TROUBLE)


async def close_view(
    scene: Scene, user_id: str, view_id: str, *, whole_stack: bool
) -> Answer | None:
    """Close a modal, or all of them; see People.close_view."""
    user = scene.person(user_id)
    shown = modal_on_screen(scene, user, view_id)
    cleared = whole_stack or shown.view.get("clear_on_close") is True
    stack = list(reversed(scene.views.stacks[user.id])) if cleared else [view_id]
    told = [
        {
            **scene.interaction(user, "view_closed", triggers=False),
            "view": scene.views.shown(
                view, state_values(view.view["blocks"], view.typed, view.offered)
            ),
            "is_cleared": cleared,
        }
        for view in (scene.views.views[name] for name in stack)
        if view.view.get("notify_on_close") is True
    ]
    if cleared:
        scene.views.close(user.id)
    else:
        scene.views.pop(user.id)
    answer: Answer | None = None
    for payload in told:
        answer = await scene.interact(payload, copies=1, id_=view_id)
    return answer


def _answered(scene: Scene, user: User, shown: OpenView, answer: Answer) -> bool:
    """Do what the app answered; False when Slack would not understand it."""
    body = answer.object() if answer.body.strip() else {}
    if body == {}:
        top = scene.views.top(user.id)
        if top is not None and top.id == shown.id:
            scene.views.pop(user.id)
        return True
    if body is None:
        return False
    try:
        return _act(scene, user, shown, str(body.get("response_action")), body)
    except SlackError:
        return False


def _act(scene: Scene, user: User, shown: OpenView, action: str, body: Json) -> bool:
    if action == "clear":
        scene.views.close(user.id)
        return True
    if action == "errors":
        return _errors(scene, shown, body)
    if action in ("update", "push"):
        view = scene.views.check(body.get("view"), kind="modal")
        if action == "push":
            scene.views.push(user.id, view)
        else:
            scene.views.replace(shown, view, None)
        return True
    return False


def _errors(scene: Scene, shown: OpenView, body: Json) -> bool:
    """Put the app's sentences under its inputs; a block that is no input is not understood."""
    errors = as_object(body.get("errors")) or {}
    blocks = {one.block_id for one in inputs_in(shown.view["blocks"]) if one.in_input_block}
    good = all(isinstance(text, str) and block in blocks for block, text in errors.items())
    if not errors or not good:
        return False
    scene.views.refuse(shown, errors)
    return True


def _response_urls(scene: Scene, user: User, shown: OpenView) -> list[Json]:
    """Return an address for every chosen conversation the app asked one for."""
    found: list[Json] = []
    for one in inputs_in(shown.view["blocks"]):
        chosen = shown.typed.get(one.block_id, {}).get(one.action_id)
        if one.element.get("response_url_enabled") is True and isinstance(chosen, str):
            channel = scene.seen(user, chosen)
            found.append(
                {
                    "block_id": one.block_id,
                    "action_id": one.action_id,
                    "channel_id": channel.id,
                    "response_url": scene.response_urls.new(user.id, channel),
                }
            )
    return found
