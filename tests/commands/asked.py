"""What people do in Slack, as the payloads Slack sends of it, read by the real readers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from opsbot.cards.form import render_form
from opsbot.cards.render import ACTION_PREFIX, carried_by
from opsbot.core.card import Button
from opsbot.core.form import FieldKind, Form
from opsbot.core.invocation import Invocation, PersonEvent, Pointed
from opsbot.ports import Clock
from opsbot.slack.payloads import Kind, canonical_body, json_in, person_event
from opsbot.slack.payloads_claims import Ourselves
from tests.fakes.people import OUR_TEAM

BOT = "U0BOT"
OURSELVES = Ourselves(bot_user_id=BOT, team_id=OUR_TEAM)


class Slack:
    """Makes payloads with ids that Slack never gives twice, and reads them as they arrive."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)

    def typed(self, line: str, user: str, channel: str, *, trigger: str, team: str = "") -> Any:
        """A slash command."""
        return self._read(Kind.COMMANDS, {
            "command": "/incident", "text": line, "user_id": user, "user_name": user.lower(),
            "channel_id": channel, "channel_name": channel.lower(), "trigger_id": trigger,
            "team_id": team or OUR_TEAM, "response_url": "https://hooks.slack.com/commands/T/1/x",
        })  # fmt: skip

    def pressed(
        self, action: str, incident_id: str, user: str, channel: str, *, trigger: str,
        ephemeral: bool = False, team: str = "", carries: tuple[tuple[str, str], ...] = (),
    ) -> Any:  # fmt: skip
        """A button of a message, by the action and the values that its card gave it."""
        ts = self.ts()
        value = carried_by(Button(action=action, label="-", carries=carries), incident_id)
        element = {"type": "button", "action_id": ACTION_PREFIX + action, "value": value,
                   "action_ts": self.ts()}  # fmt: skip
        container = {"type": "message", "message_ts": ts, "channel_id": channel,
                     "is_ephemeral": ephemeral}  # fmt: skip
        return self._read(Kind.INTERACTIONS, {
            "type": "block_actions", "user": self._user(user, team), "container": container,
            "channel": {"id": channel, "name": channel.lower()}, "message": {"ts": ts},
            "trigger_id": trigger, "actions": [element],
            "response_url": "https://hooks.slack.com/actions/T/1/x",
        })  # fmt: skip

    def submitted(
        self, form: Form, values: Mapping[str, str], user: str, *, trigger: str, team: str = ""
    ) -> Any:
        """A form as it was drawn, with what was filled in; the rest as it stood there."""
        drawn = json.loads(json.dumps(render_form(form)))
        number = next(self._numbers)
        state = {
            field.name: {"value": _input(field.kind, values.get(field.name, field.value))}
            for field in form.fields
        }
        view = {**drawn, "id": f"V{number}", "hash": f"h{number}", "state": {"values": state}}
        return self._read(Kind.INTERACTIONS, {
            "type": "view_submission", "user": self._user(user, team), "trigger_id": trigger,
            "view": view,
        })  # fmt: skip

    def mentioned(self, line: str, user: str, channel: str, *, team: str = "") -> Any:
        """`@opsbot` with words."""
        ts = self.ts()
        return self._event({
            "type": "app_mention", "user": user, "team": team or OUR_TEAM, "channel": channel,
            "text": f"<@{BOT}> {line}", "ts": ts, "event_ts": ts,
        })  # fmt: skip

    def chosen(
        self, callback: str, pointed: Pointed, user: str, *, trigger: str, team: str = ""
    ) -> Any:
        """An entry of a message's menu."""
        files: list[dict[str, Any]] = [{}] * pointed.files
        said = {"user": pointed.author_id, "ts": pointed.ts, "text": pointed.text}
        message: dict[str, Any] = {**said, "files": files}
        return self._read(Kind.INTERACTIONS, {
            "type": "message_action", "callback_id": callback, "trigger_id": trigger,
            "action_ts": self.ts(), "user": self._user(user, team), "message": message,
            "channel": {"id": pointed.channel_id, "name": pointed.channel_id.lower()},
            "message_ts": pointed.ts, "response_url": "https://hooks.slack.com/app/T/1/x",
        })  # fmt: skip

    def reacted(
        self, pointed: Pointed, user: str, *, emoji: str = "pushpin", team: str = ""
    ) -> Any:
        """A reaction to a message."""
        item = {"type": "message", "channel": pointed.channel_id, "ts": pointed.ts}
        return self._event({
            "type": "reaction_added", "user": user, "reaction": emoji, "item": item,
            "item_user": pointed.author_id, "event_ts": self.ts(), "user_team": team or OUR_TEAM,
        })  # fmt: skip

    def opened_home(self, user: str, *, team: str = "") -> Any:
        """Somebody looks at the Home tab."""
        return self._event({
            "type": "app_home_opened", "user": user, "tab": "home", "channel": "D1",
            "event_ts": self.ts(), "user_team": team or OUR_TEAM,
        })  # fmt: skip

    def ts(self) -> str:
        """A message's id at this moment, which sorts by time."""
        return f"{self._clock.now().timestamp():.0f}.{next(self._numbers):06d}"

    def _event(self, inner: dict[str, Any]) -> PersonEvent:
        event: PersonEvent = self._read(Kind.EVENTS, {
            "type": "event_callback", "event_id": f"Ev{next(self._numbers)}", "event": inner,
            "team_id": OUR_TEAM,
        })  # fmt: skip
        return event

    def _user(self, user: str, team: str) -> dict[str, str]:
        return {"id": user, "username": user.lower(), "team_id": team or OUR_TEAM}

    def _read(self, kind: Kind, payload: dict[str, Any]) -> Any:
        stored = json_in(canonical_body(payload))
        event = person_event(kind, stored, self._clock.now(), OURSELVES)
        assert event is not None, f"nobody would hear of {payload}"
        return event


def _input(kind: FieldKind, value: str) -> dict[str, Any]:
    match kind:
        case FieldKind.TEXT | FieldKind.LONG_TEXT:
            return {"type": "plain_text_input", "value": value or None}
        case FieldKind.PERSON:
            return {"type": "users_select", "selected_user": value or None}
        case FieldKind.FLAG:
            ticked = [{"value": value}] if value else []
            return {"type": "checkboxes", "selected_options": ticked}
        case FieldKind.CHOICE | FieldKind.SERVICE:
            chosen = {"value": value} if value else None
            return {"type": "static_select", "selected_option": chosen}


def action(verb: str, **values: str) -> str:
    """A button's action that says everything, as cards write it."""
    return f"{verb}:{urlencode(values)}" if values else verb


__all__ = ["BOT", "OURSELVES", "Invocation", "Slack", "action"]
