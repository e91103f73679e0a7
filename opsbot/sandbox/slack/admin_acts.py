"""People's acts and the delivery switches as JSON under /sandbox/, for other processes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, cast

from aiohttp import web

from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.delivery.courier import Courier, read_duplicates
from opsbot.sandbox.slack.delivery.parcel import Answer
from opsbot.sandbox.slack.json_body import body_of
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.people import People

# Act -> its arguments in order as the body names them, and those it also takes by name.
ACTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "click": (("user", "channel", "ts", "action_id"), ("block_id", "copies")),
    "choose": (("user", "channel", "ts", "action_id", "chosen"), ("block_id", "copies")),
    "command": (("user", "channel", "command"), ("text", "thread_ts", "copies")),
    "act_in_view": (
        ("user", "view", "action_id"),
        ("chosen", "block_id", "values", "copies"),
    ),
    "submit": (("user", "view"), ("values", "copies")),
    "close_view": (("user", "view"), ("whole_stack",)),
    "suggest": (("user", "view", "block_id", "action_id", "typed"), ()),
    "shortcut": (("user", "callback_id"), ("channel_id", "message_ts", "copies")),
    "open_home": (("user",), ("tab", "copies")),
    "say": (("user", "channel", "text"), ("thread_ts", "broadcast", "copies")),
    "edit": (("user", "channel", "ts", "text"), ("copies",)),
    "delete": (("user", "channel", "ts"), ("copies",)),
    "react": (("user", "channel", "ts", "name"), ("copies",)),
    "unreact": (("user", "channel", "ts", "name"), ("copies",)),
    "pin": (("user", "channel", "ts"), ("copies",)),
    "unpin": (("user", "channel", "ts"), ("copies",)),
    "create_channel": (("user", "name"), ("is_private", "copies")),
    "open_direct": (("user",), ("others",)),
    "join": (("user", "channel"), ("copies",)),
    "leave": (("user", "channel"), ("copies",)),
    "invite": (("user", "channel", "invited"), ("copies",)),
    "rename": (("user", "channel", "name"), ("copies",)),
    "set_topic": (("user", "channel", "topic"), ("copies",)),
    "archive": (("user", "channel"), ("copies",)),
    "unarchive": (("user", "channel"), ("copies",)),
    "delete_channel": (("user", "channel"), ("copies",)),
}
_WORDS = {"channel_id": "channel", "message_ts": "ts"}


class AdminActs:
    """The handlers of `POST /sandbox/<act>`, `/sandbox/duplicates` and `/sandbox/deliveries`."""

    def __init__(self, people: People, courier: Courier) -> None:
        self._people, self._courier = people, courier

    def routes(self) -> list[web.RouteDef]:
        """Return what to mount beside the rest of the admin interface."""
        return [
            *(web.post(f"/sandbox/{act}", self._handler(act)) for act in ACTS),
            web.post("/sandbox/duplicates", self._duplicates),
            web.get("/sandbox/deliveries", self._deliveries),
        ]

    def _handler(self, act: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await self._act(act, await body_of(request))

        return handle

    async def _act(self, act: str, body: Json) -> web.Response:
        needed, more = ACTS[act]
        missing = [name for name in needed if name not in body]
        if missing:
            raise web.HTTPBadRequest(text=f"{act} also needs {', '.join(missing)}.")
        named = {name: body[_word(name, body)] for name in more if _word(name, body) in body}
        if not isinstance(named.get("copies", 1), int):
            raise web.HTTPBadRequest(text="copies is a whole number.")
        do = cast("Callable[..., Awaitable[Any]]", getattr(self._people, act))
        try:
            answer = await do(*(body[name] for name in needed), **named)
        except CannotAct as impossible:
            raise web.HTTPConflict(text=str(impossible)) from impossible
        return web.json_response(_shown(answer))

    async def _duplicates(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        try:
            self._courier.duplicates = read_duplicates(body)
        except ValueError as wrong:
            raise web.HTTPBadRequest(text=str(wrong)) from wrong
        return web.json_response(asdict(self._courier.duplicates))

    async def _deliveries(self, request: web.Request) -> web.Response:
        rows = [asdict(delivery) for delivery in self._courier.deliveries]
        return web.json_response({"deliveries": rows, "on_their_way": self._courier.on_their_way})


def _word(name: str, body: Json) -> str:
    """Return how the body calls an optional argument: `channel` for `channel_id` and the like."""
    return name if name in body else _WORDS.get(name, name)


def _shown(answer: object) -> Json:
    if isinstance(answer, Answer):
        return {"status": answer.status, "body": answer.body, "told": answer.told}
    return {"result": answer}
