"""A door: verify the raw bytes, make them durable, acknowledge. Nothing else happens in a request.

What is refused is counted and answered with one line that holds nothing of the body; every 4xx is
also said in the ops channel with its cure, because a pager that is refused thrice goes silent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from opsbot.entrypoints.body import WITHIN, BodyTooLarge, BodyTooSlow, read_capped
from opsbot.ports import Clock, Delivery, Inbox, InboxFull, InboxUnavailable

log = logging.getLogger(__name__)
RETRY_AFTER = "5"  # seconds; the backlog drains faster than senders give up


class Refusal(Exception):
    """Why a delivery is not accepted: HTTP status, a short reason word, and the operator's cure."""

    def __init__(self, status: int, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.cure = status, reason, cure


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How one kind of delivery is let in. `admit` verifies the raw bytes and answers the dedupe
    key; it raises Refusal. The headers it is given are found in any case."""

    name: str
    admit: Callable[[bytes, Mapping[str, str]], str]
    max_bytes: int
    lane: str = "machine"
    accepted: int = 202


class Watcher(Protocol):
    """Who is told what happened at a door."""

    def answered(self, door: str, status: int, reason: str) -> None: ...
    def refused(self, door: str, refusal: Refusal) -> None: ...


class DoorHandler:
    """The aiohttp handler of one door; `within` is how many seconds a body may take."""

    def __init__(
        self, door: Door, inbox: Inbox, clock: Clock, watcher: Watcher, *,
        within: float = WITHIN,
    ) -> None:  # fmt: skip
        self._door, self._inbox, self._clock, self._watcher = door, inbox, clock, watcher
        self._within = within

    async def __call__(self, request: web.Request) -> web.Response:
        """Answer one delivery; whatever goes wrong inside is a 5xx, so that senders try again."""
        try:
            news = await self._let_in(request)
        except Refusal as refusal:
            return self._refuse(refusal)
        except InboxFull:
            return self._later("backlog full")
        except InboxUnavailable:
            return self._later("inbox unavailable")
        except ConnectionError:
            raise
        except Exception:
            log.exception("door %s failed", self._door.name)
            return self._later("internal error")
        self._watcher.answered(
            self._door.name, self._door.accepted, "accepted" if news else "duplicate"
        )
        return web.Response(status=self._door.accepted)

    async def _let_in(self, request: web.Request) -> bool:
        received_at = self._clock.now()
        body = await whole_body(request, self._door.max_bytes, within=self._within)
        key = self._door.admit(body, request.headers)
        return await self._inbox.put(
            Delivery(
                door=self._door.name,
                key=key,
                received_at=received_at,
                body=body,
                headers={},
                lane=self._door.lane,
            )
        )

    def _refuse(self, refusal: Refusal) -> web.Response:
        log.warning("door %s: %s %s", self._door.name, refusal.status, refusal.reason)
        self._watcher.answered(self._door.name, refusal.status, refusal.reason)
        self._watcher.refused(self._door.name, refusal)
        return refused(refusal)

    def _later(self, reason: str) -> web.Response:
        log.warning("door %s: 503 %s", self._door.name, reason)
        self._watcher.answered(self._door.name, 503, reason)
        return later(reason)


async def whole_body(request: web.Request, max_bytes: int, *, within: float) -> bytes:
    """The raw body. Raises Refusal: 413 when it is too large, 408 when it comes too slowly."""
    try:
        return await read_capped(request, max_bytes, within=within)
    except BodyTooLarge:
        raise Refusal(
            413, "body too large",
            f"a delivery was over {max_bytes // 1024} KiB; see `limits.body` in opsbot.yaml",
        ) from None  # fmt: skip
    except BodyTooSlow:
        raise Refusal(
            408, "body too slow",
            f"a delivery was not here within {within:.0f} s; look at the proxy in front of "
            "opsbot, or at who keeps connections open",
        ) from None  # fmt: skip


def refused(refusal: Refusal) -> web.Response:
    """The answer to what is not let in: one line that holds nothing of the body."""
    response = web.Response(status=refusal.status, text=f"{refusal.reason}\n")
    if refusal.status >= 500:
        response.headers["Retry-After"] = RETRY_AFTER
    if refusal.status in (408, 413):
        response.force_close()  # the rest of the body is not read
    return response


def later(reason: str) -> web.Response:
    """The answer that makes senders try again."""
    headers = {"Retry-After": RETRY_AFTER}
    return web.Response(status=503, text=f"{reason}\n", headers=headers)
