"""What Slack's own form refuses before the app hears of it: empty, too short, too long, no such
person. The sentences are the ones under the input."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from opsbot.sandbox.slack.acts.inputs import Input, inputs_in, now_in
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.views import Typed, Values
from opsbot.sandbox.slack.workspace import Workspace

REQUIRED = "This is a required field"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"https?://\S+")


def refusals(workspace: Workspace, blocks: list[Json], typed: Values) -> dict[str, str]:
    """Return what is wrong by block id; empty when the form may be sent."""
    found: dict[str, str] = {}
    for one in inputs_in(blocks):
        problem = _problem(workspace, one, now_in(one, typed))
        if problem and one.in_input_block:
            found.setdefault(one.block_id, problem)
    return found


def _problem(workspace: Workspace, one: Input, value: Typed) -> str:
    if value is None or not value or (isinstance(value, str) and not value.strip()):
        return REQUIRED if one.required else ""
    if isinstance(value, str):
        return _wrong_text(workspace, one, value)
    most = one.element.get("max_selected_items")
    if isinstance(most, int) and len(value) > most:
        return f"Choose at most {most}."
    if one.type == "multi_users_select":
        return "" if all(_is_active(workspace, name) for name in value) else "No such person."
    return ""


def _wrong_text(workspace: Workspace, one: Input, value: str) -> str:
    element, kind = one.element, one.type
    if kind == "plain_text_input":
        return _wrong_length(element, value)
    if kind == "email_text_input":
        return "" if _EMAIL.fullmatch(value) else "Enter an e-mail address."
    if kind == "url_text_input":
        return "" if _URL.fullmatch(value) else "Enter a web address."
    if kind == "number_input":
        return _wrong_number(element, value)
    if kind == "datepicker":
        return "" if _is_moment(value, "%Y-%m-%d") else "Enter a date as YYYY-MM-DD."
    if kind == "timepicker":
        return "" if _is_moment(value, "%H:%M") else "Enter a time as HH:MM."
    if kind == "users_select":
        return "" if _is_active(workspace, value) else "No such person."
    if kind in ("channels_select", "conversations_select"):
        return "" if value in workspace.channels else "No such channel."
    return ""


def _wrong_length(element: Json, value: str) -> str:
    most, least = element.get("max_length", 3000), element.get("min_length", 0)
    if len(value) > most:
        return f"Enter at most {most} characters."
    if len(value) < least:
        return f"Enter at least {least} characters."
    return ""


def _wrong_number(element: Json, value: str) -> str:
    try:
        number = Decimal(value)
        least = Decimal(str(element.get("min_value", "-Infinity")))
        most = Decimal(str(element.get("max_value", "Infinity")))
    except InvalidOperation:
        return "Enter a number."
    if not number.is_finite() or (
        element.get("is_decimal_allowed") is not True and number != number.to_integral_value()
    ):
        return "Enter a whole number."
    return "" if least <= number <= most else f"Enter a number from {least} to {most}."


def _is_moment(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)  # noqa: DTZ007 - a date or a time of day, no moment
    except ValueError:
        return False
    return True


def _is_active(workspace: Workspace, user_id: str) -> bool:
    user = workspace.users.get(user_id)
    return user is not None and not user.deleted
