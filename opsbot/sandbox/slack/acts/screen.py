"""The view a person looks at, and what they have typed into it."""

from __future__ import annotations

from opsbot.sandbox.slack.acts.inputs import held, inputs_in
from opsbot.sandbox.slack.acts.scene import Scene
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.model import User
from opsbot.sandbox.slack.views import OpenView, Values


def view_on_screen(scene: Scene, user: User, view_id: str) -> OpenView:
    """Return the person's topmost modal or Home tab; raises CannotAct when it is another view."""
    home = scene.views.homes.get(user.id)
    top = scene.views.top(user.id)
    if top is not None and top.id == view_id:
        return top
    if top is None and home is not None and home == view_id:
        return scene.views.views[home]
    raise CannotAct(f"{user.id} does not see view {view_id} now.")


def modal_on_screen(scene: Scene, user: User, view_id: str) -> OpenView:
    """Return the person's topmost modal; raises CannotAct when it is another view."""
    shown = view_on_screen(scene, user, view_id)
    if shown.view["type"] != "modal":
        raise CannotAct(f"View {view_id} is a Home tab: it has nothing to submit or close.")
    return shown


def overlaid(shown: OpenView, values: Values) -> None:
    """Type into a view's inputs; what is not mentioned stays.

    Raises CannotAct, and types nothing, when there is no such input or option.
    """
    inputs = {(one.block_id, one.action_id): one for one in inputs_in(shown.view["blocks"])}
    for block_id, actions in values.items():
        for action_id, value in actions.items():
            one = inputs.get((block_id, action_id))
            if one is None:
                raise CannotAct(f"View {shown.id} has no input {block_id!r} / {action_id!r}.")
            held(one, value, shown.offered.get((block_id, action_id)))
    for block_id, actions in values.items():
        shown.typed.setdefault(block_id, {}).update(actions)
