"""The arguments of one call, however they were sent: query, form, multipart or JSON body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from opsbot.sandbox.slack.errors import SlackError, invalid_arguments
from opsbot.sandbox.slack.foreign_json import as_list, as_object

_NAME = re.compile(r"\w{1,64}")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_TS = re.compile(r"\d{10,}\.\d{6}")


def is_ts(value: str) -> bool:
    """Whether a string has the form of a message timestamp."""
    return _TS.fullmatch(value) is not None


class Arguments:
    """Typed access to the arguments; a wrong type raises `invalid_arguments`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        """Return a string; numbers in JSON become strings, as Slack does."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        raise invalid_arguments(f"must provide a string [json-pointer:/{name}]")

    def word(self, name: str) -> str:
        """Return a string, empty when absent."""
        return self.text(name) or ""

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean sent as true, "true" or "1"."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        return str(value).casefold() in ("true", "1")

    def whole(self, name: str, *, error: str = "invalid_arguments") -> int | None:
        """Return a whole number; raises SlackError(error) for anything else."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(str(value))
        except ValueError:
            raise SlackError(error) from None

    def names(self, name: str) -> list[str]:
        """Return a list sent comma-separated or as a JSON array."""
        value = self.values.get(name)
        items = as_list(value)
        if items is None:
            items = str(value or "").split(",")
        return [str(item).strip() for item in items if str(item).strip()]

    def structure(self, name: str, *, error: str) -> Any:
        """Return JSON sent as such or encoded in a string; raises SlackError(error) if neither."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None


class Sent:
    """What a request carried: its arguments, the token, and whether the body was JSON."""

    def __init__(self) -> None:
        self.query: dict[str, Any] = {}
        self.body: dict[str, Any] = {}
        self.token: str | None = None
        self.as_json = False

    def arguments(self, *, takes_json: bool) -> Arguments:
        """Merge query and body; a method that takes no JSON never sees a JSON body."""
        body = {} if self.as_json and not takes_json else self.body
        values = {**self.query, **body}
        for name in values:
            if not _NAME.fullmatch(name):
                raise SlackError("invalid_arg_name")
        return Arguments(values)


async def read(request: web.Request) -> Sent:
    """Read a request; raises SlackError for a body Slack would not read.

    The token is taken from the Authorization header or a form field. In a query string it counts
    for nothing (Slack changelog 2020-11, apps created since February 2021), nor in a JSON body.
    """
    sent = Sent()
    sent.query = dict(request.query)
    sent.query.pop("token", None)
    if request.method == "POST" and request.body_exists:
        await _read_body(request, sent)
    form_token = sent.body.pop("token", None)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer" and bearer.strip():
        sent.token = bearer.strip()
    elif isinstance(form_token, str) and not sent.as_json:
        sent.token = form_token
    return sent


async def _read_body(request: web.Request, sent: Sent) -> None:
    if request.content_type in _FORMS:
        try:
            sent.body = dict(await request.post())
        except ValueError:
            raise SlackError("invalid_form_data") from None
        return
    raw = await request.read()
    if not raw:
        return
    if request.content_type != "application/json":
        named = "Content-Type" in request.headers
        raise SlackError("invalid_post_type" if named else "missing_post_type")
    sent.as_json = True
    try:
        decoded = json.loads(raw)
    except ValueError:
        raise SlackError("invalid_json") from None
    found = as_object(decoded)
    if found is None:
        raise SlackError("json_not_object")
    sent.body = found
