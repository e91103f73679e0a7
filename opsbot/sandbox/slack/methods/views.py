"""views.*: opening, stacking, changing modals and publishing Home tabs."""

from __future__ import annotations

from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import invalid_arguments
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.views import OpenView


def _view(call: ApiCall, kind: str) -> Json:
    return call.views.check(call.args.structure("view", error="invalid_arguments"), kind=kind)


def _answer(call: ApiCall, opened: OpenView) -> Json:
    return {"view": call.views.shown(opened)}


def open_first(call: ApiCall) -> Json:
    """Open a modal for whoever the trigger belongs to."""
    view = _view(call, "modal")
    user = call.views.exchange(call.args.word("trigger_id"))
    return _answer(call, call.views.open(user, view))


def push(call: ApiCall) -> Json:
    """Open a modal on top of the others."""
    view = _view(call, "modal")
    user = call.views.exchange(call.args.word("trigger_id"))
    return _answer(call, call.views.push(user, view))


def update(call: ApiCall) -> Json:
    """Change a modal on screen."""
    args = call.args
    view_id, external_id = args.word("view_id"), args.word("external_id")
    if view_id and external_id:
        raise invalid_arguments("Cannot provide both `view_id` and `external_id`")
    shown = call.views.find(view_id=view_id, external_id=external_id)
    kind = str(shown.view["type"])
    return _answer(call, call.views.replace(shown, _view(call, kind), args.text("hash")))


def publish(call: ApiCall) -> Json:
    """Replace somebody's Home tab."""
    user = call.args.word("user_id")
    if user not in call.workspace.users:
        raise invalid_arguments("invalid `user_id` [json-pointer:/user_id]")
    return _answer(call, call.views.publish(user, _view(call, "home"), call.args.text("hash")))


HANDLERS: dict[str, Handler] = {
    "views.open": open_first,
    "views.push": push,
    "views.update": update,
    "views.publish": publish,
}
