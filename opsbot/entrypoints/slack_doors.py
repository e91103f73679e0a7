"""Slack's three HTTP doors: the raw bytes are verified, then they go the way of people."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from opsbot.entrypoints.body import WITHIN
from opsbot.entrypoints.doors import Refusal, Watcher, later, refused, whole_body
from opsbot.entrypoints.people_pipeline import PeoplePipeline
from opsbot.ports import Clock, Secret, SecretUnavailable
from opsbot.slack.manifest import COMMANDS_PATH, EVENTS_PATH, INTERACTIONS_PATH
from opsbot.slack.payloads import Kind, payload_in
from opsbot.slack.payloads_answer import Ack
from opsbot.slack.signature import RequestRefused, verify

log = logging.getLogger(__name__)
LARGEST = 4 * 1024**2  # bytes
PATHS = {
    EVENTS_PATH: Kind.EVENTS,
    COMMANDS_PATH: Kind.COMMANDS,
    INTERACTIONS_PATH: Kind.INTERACTIONS,
}
_UNSIGNED = "check the signing secret of the Slack app against opsbot's, and the clock"
_UNREADABLE = "this came signed by Slack, but not in the form Slack documents: update opsbot"
_OWN_FAULT = (
    "opsbot cannot read its own Slack signing secret: check the environment or the secret file "
    "of the running process"
)


class SlackDoor:
    """The aiohttp handler of one kind; `within` is how many seconds a body may take."""

    def __init__(
        self, kind: Kind, pipeline: PeoplePipeline, secrets: Sequence[Secret], clock: Clock,
        watcher: Watcher, *, within: float = WITHIN,
    ) -> None:  # fmt: skip
        self._kind, self._pipeline, self._secrets = kind, pipeline, secrets
        self._clock, self._watcher, self._within = clock, watcher, within

    async def __call__(self, request: web.Request) -> web.Response:
        """Answer one request; whatever goes wrong inside is a 5xx, so that Slack tries again."""
        try:
            payload = await self._let_in(request)
        except Refusal as refusal:
            return self._refuse(refusal)
        except ConnectionError:
            raise
        except Exception:
            log.exception("door %s failed", self._kind.door)
            self._watcher.answered(self._kind.door, 503, "internal error")
            return later("internal error")
        return _response(await self._pipeline.receive(self._kind, payload))

    async def _let_in(self, request: web.Request) -> Mapping[str, Any]:
        body = await whole_body(request, LARGEST, within=self._within)
        cure = _UNSIGNED
        try:
            secrets = [secret.read() for secret in self._secrets]
            verify(request.headers, body, secrets=secrets, now=self._clock.now())
            cure = _UNREADABLE
            return payload_in(self._kind, body)
        except SecretUnavailable:
            raise Refusal(503, "own secret unavailable", _OWN_FAULT) from None
        except RequestRefused as no:
            told = _OWN_FAULT if no.status >= 500 else cure
            raise Refusal(no.status, no.reason, told) from None

    def _refuse(self, refusal: Refusal) -> web.Response:
        log.warning("door %s: %s %s", self._kind.door, refusal.status, refusal.reason)
        self._watcher.answered(self._kind.door, refusal.status, refusal.reason)
        self._watcher.refused(self._kind.door, refusal)
        return refused(refusal)


def slack_doors(
    pipeline: PeoplePipeline, secrets: Sequence[Secret], clock: Clock, watcher: Watcher
) -> dict[str, SlackDoor]:
    """The handlers by path, as the app's manifest names them."""
    return {
        path: SlackDoor(kind, pipeline, secrets, clock, watcher) for path, kind in PATHS.items()
    }


def _response(ack: Ack) -> web.Response:
    if not ack.taken:
        return later("not now")
    if ack.payload is None:
        return web.Response(status=ack.status)
    return web.json_response(ack.payload, status=ack.status)
