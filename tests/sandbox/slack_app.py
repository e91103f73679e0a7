"""An app under test: listens for events, commands and interactions, and checks every signature."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from opsbot.sandbox.slack.server import SIGNING_SECRET
from tests.sandbox.slack_world import SlackWorld

Json = dict[str, Any]


class App:
    """Keeps what it was sent, by address; `answer` decides what it says, `answer_after` when."""

    def __init__(self, slack: SlackWorld) -> None:
        class SandboxTime(SignatureClock):
            def now(self) -> float:
                return slack.clock.wall()

        self._slack = slack
        self._verifier = SignatureVerifier(SIGNING_SECRET, clock=SandboxTime())
        self._arrived = asyncio.Event()
        self.payloads: list[Json] = []
        self.events: list[Json] = []
        self.commands: list[Json] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answer_after = 0.0
        self.events_url = ""
        self.answer: Callable[[Json], web.Response] = lambda payload: web.Response()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/slack/events", self._event),
            web.post("/slack/commands", self._command),
            web.post("/slack/interactions", self._interaction),
        ]

    def hear_events(self, *subscriptions: str) -> None:
        """Have events sent here; only these, when any are named."""
        settings = self._slack.sandbox.app
        settings.events_url = self.events_url
        if subscriptions:
            settings.subscribed = set(subscriptions)

    async def got(self, number: int) -> None:
        """Wait until so many requests have arrived."""
        async with asyncio.timeout(5):
            while len(self.bodies) < number:
                self._arrived.clear()
                await self._arrived.wait()

    async def _event(self, request: web.Request) -> web.Response:
        body = await request.read()
        payload: Json = json.loads(body)
        return await self._take(request, body, payload, self.events)

    async def _command(self, request: web.Request) -> web.Response:
        body = await request.read()
        payload = {name: values[0] for name, values in _form(body).items()}
        return await self._take(request, body, payload, self.commands)

    async def _interaction(self, request: web.Request) -> web.Response:
        body = await request.read()
        payload: Json = json.loads(_form(body)["payload"][0])
        return await self._take(request, body, payload, self.payloads)

    async def _take(
        self, request: web.Request, body: bytes, payload: Json, kept: list[Json]
    ) -> web.Response:
        if not self._verifier.is_valid_request(body, dict(request.headers)):
            return web.Response(status=401)
        self.bodies.append(body)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        kept.append(payload)
        self._arrived.set()
        await asyncio.sleep(self.answer_after)
        return self.answer(payload)


def _form(body: bytes) -> dict[str, list[str]]:
    return parse_qs(body.decode(), keep_blank_values=True)


def answering(body: Any, status: int = 200) -> Callable[[Json], web.Response]:
    """Answer everything with one JSON body."""
    return lambda payload: web.json_response(body, status=status)


def failing(status: int, **headers: str) -> Callable[[Json], web.Response]:
    """Answer everything with an HTTP status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda payload: web.Response(status=status, headers=named)
