"""Modals and Home tabs: what Slack takes, triggers that live three seconds, and the open stack."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opsbot.sandbox.slack.blocks import problems_in, with_ids
from opsbot.sandbox.slack.composition import plain_text
from opsbot.sandbox.slack.errors import SlackError, invalid_arguments
from opsbot.sandbox.slack.facts import BLOCK_LIMITS as LIMIT
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.shapes import Check, Problems, anything, flag, record, text
from opsbot.sandbox.slack.slack_files import slack_file_problems
from opsbot.sandbox.slack.workspace import Workspace

Typed = str | Sequence[str] | None
"""What stands in one input: a text, a date, an option's value, an id; several; or nothing."""

Values = Mapping[str, Mapping[str, Typed]]
"""What stands in a form: block id -> action id -> what was typed or chosen."""

_SHARED: Mapping[str, Check] = {
    "type": anything,
    "blocks": anything,
    "private_metadata": text(LIMIT["view.private_metadata"]),
    "callback_id": text(LIMIT["view.callback_id"]),
    "external_id": text(LIMIT["view.callback_id"]),
}
_HOME = record(_SHARED, required=("blocks",))
_MODAL = record(
    {
        **_SHARED,
        "title": plain_text(LIMIT["view.title"]),
        "submit": plain_text(LIMIT["view.submit"]),
        "close": plain_text(LIMIT["view.close"]),
        "clear_on_close": flag,
        "notify_on_close": flag,
    },
    required=("title", "blocks"),
)


@dataclass(slots=True)
class Trigger:
    """A `trigger_id`: whose it is, until when (monotonic seconds), and whether it was used."""

    user: str
    expires_at: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class OpenView:
    """A view on somebody's screen.

    `typed` is what stands in its inputs by block and action id, as far as it differs from how they
    were shown. `offered` are the options an external_select was given, by block and action id.
    """

    id: str
    user: str
    view: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    typed: dict[str, dict[str, Typed]] = field(default_factory=dict[str, dict[str, Typed]])
    offered: dict[tuple[str, str], list[Json]] = field(
        default_factory=dict[tuple[str, str], list[Json]]
    )


def check_view(value: Any, *, kind: str) -> Json:
    """Return a view Slack would take; raises SlackError naming everything wrong with it."""
    view = as_object(value)
    if view is None:
        raise invalid_arguments("must provide an object [json-pointer:/view]")
    if len(json.dumps(view).encode()) > LIMITS["view_bytes"]:
        raise SlackError("view_too_large")
    problems = Problems()
    if view.get("type") != kind:
        problems.add(f"unsupported type: {view.get('type')}", "/view/type")
    (_MODAL if kind == "modal" else _HOME)(view, "/view", problems)
    problems.found += problems_in(
        view.get("blocks", []), most=LIMIT["view.blocks.items"], pointer="/view/blocks"
    )
    if kind == "modal" and "submit" not in view and _asks_for_input(view):
        problems.add("missing required field: submit", "/view")
    if problems.found:
        raise invalid_arguments(*problems.found)
    return {**view, "blocks": with_ids(view["blocks"])}


def _asks_for_input(view: Json) -> bool:
    blocks = (as_object(block) or {} for block in as_list(view.get("blocks")) or [])
    return any(block.get("type") == "input" for block in blocks)


class ViewStore:
    """Who has which views open, and which triggers may open more.

    `errors` is what stands under the inputs of a form, by view and block id.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._state = workspace
        self._triggers: dict[str, Trigger] = {}
        self.views: dict[str, OpenView] = {}
        self.stacks: dict[str, list[str]] = {}
        self.homes: dict[str, str] = {}
        self.errors: dict[str, dict[str, str]] = {}

    def check(self, value: Any, *, kind: str) -> Json:
        """Return a view Slack would take, its files looked at too; raises SlackError."""
        view = check_view(value, kind=kind)
        problems = slack_file_problems(self._state, view["blocks"], pointer="/view/blocks")
        if problems:
            raise invalid_arguments(*problems)
        return view

    def new_trigger(self, user: str) -> str:
        """Return a trigger id for an interaction of this person, good for three seconds."""
        number = self._state.new_id("").lstrip("0")
        trigger_id = f"{number}.{self._state.now()}.{number.zfill(8)}abcdef"
        expires_at = self._state.clock.monotonic() + LIMITS["trigger_seconds"]
        self._triggers[trigger_id] = Trigger(user, expires_at)
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """Use up a trigger and return whose it was; raises SlackError in Slack's three ways."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._state.clock.monotonic() > trigger.expires_at:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def open(self, user: str, view: Json) -> OpenView:
        """Show a first modal to somebody, in place of what they had open."""
        before = self.stacks.pop(user, [])
        try:
            opened = self.push(user, view)
        except SlackError:
            self.stacks[user] = before
            raise
        for view_id in before:
            self._forget(user, view_id)
        return opened

    def push(self, user: str, view: Json) -> OpenView:
        """Show a modal on top of what somebody has open; the stack holds three."""
        stack = self.stacks.setdefault(user, [])
        if len(stack) >= LIMITS["view_stack"]:
            raise SlackError("push_limit_reached")
        root = stack[0] if stack else ""
        opened = self._store(user, view, root=root, previous=stack[-1] if stack else None)
        stack.append(opened.id)
        return opened

    def publish(self, user: str, view: Json, expected_hash: str | None) -> OpenView:
        """Replace somebody's Home tab."""
        if user in self.homes:
            return self.replace(self.views[self.homes[user]], view, expected_hash)
        opened = self._store(user, view, root="", previous=None)
        self.homes[user] = opened.id
        return opened

    def replace(self, shown: OpenView, view: Json, expected_hash: str | None) -> OpenView:
        """Change a view on screen; raises `hash_conflict` when it changed in between."""
        if expected_hash and expected_hash != shown.hash:
            raise SlackError("hash_conflict")
        self._refuse_taken(view, but=shown.id)
        shown.view, shown.hash = view, self._new_hash()
        self.errors.pop(shown.id, None)
        self._state.notify("view_changed", user=shown.user, view=shown.id)
        return shown

    def find(self, *, view_id: str, external_id: str) -> OpenView:
        """Return an open view by either id; raises SlackError `not_found`."""
        for shown in self.views.values():
            if view_id and shown.id == view_id:
                return shown
            if not view_id and external_id and shown.view.get("external_id") == external_id:
                return shown
        raise SlackError("not_found")

    def top(self, user: str) -> OpenView | None:
        """Return the modal somebody sees, the topmost of theirs."""
        stack = self.stacks.get(user, [])
        return self.views[stack[-1]] if stack else None

    def refuse(self, shown: OpenView, errors: Mapping[str, str]) -> None:
        """Put sentences under the inputs of a form; none takes them away."""
        if errors:
            self.errors[shown.id] = dict(errors)
        else:
            self.errors.pop(shown.id, None)
        self._state.notify("view_refused", user=shown.user, view=shown.id, errors=dict(errors))

    def pop(self, user: str) -> None:
        """Close the topmost modal; the one below is seen again."""
        stack = self.stacks.get(user, [])
        if stack:
            self._forget(user, stack.pop())
        if not stack:
            self.stacks.pop(user, None)

    def close(self, user: str) -> None:
        """Close every modal somebody has open."""
        while user in self.stacks:
            self.pop(user)

    def shown(self, found: OpenView, values: Json | None = None) -> Json:
        """Return a view as Slack answers it, with what stands in its inputs."""
        return {
            "id": found.id,
            "team_id": self._state.team_id,
            "app_id": self._state.app_id,
            "bot_id": self._state.bot_id,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            **found.view,
            "hash": found.hash,
            "root_view_id": found.root_id,
            "previous_view_id": found.previous_id,
            "app_installed_team_id": self._state.team_id,
            "state": {"values": values or {}},
        }

    def _forget(self, user: str, view_id: str) -> None:
        del self.views[view_id]
        self.errors.pop(view_id, None)
        self._state.notify("view_closed", user=user, view=view_id)

    def _store(self, user: str, view: Json, *, root: str, previous: str | None) -> OpenView:
        self._refuse_taken(view)
        view_id = self._state.new_id("V")
        opened = OpenView(
            id=view_id,
            user=user,
            view=view,
            hash=self._new_hash(),
            root_id=root or view_id,
            previous_id=previous,
        )
        self.views[view_id] = opened
        self._state.notify("view_opened", user=user, view=view_id)
        return opened

    def _refuse_taken(self, view: Json, *, but: str = "") -> None:
        wanted = view.get("external_id")
        others = (shown for shown in self.views.values() if shown.id != but)
        if wanted and any(shown.view.get("external_id") == wanted for shown in others):
            raise SlackError("duplicate_external_id")

    def _new_hash(self) -> str:
        return f"{self._state.now()}.{self._state.new_id('h')[-8:]}"
