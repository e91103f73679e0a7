"""Liveness, readiness and metrics.

`/readyz` says whether deliveries are accepted: store and inbox only, because a Slack outage must
not turn the intake off. `/readyz?for=people` says whether people are being reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

CHECK_WITHIN = 2.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold; answers why it does not, or an empty text."""

    name: str
    ask: Callable[[], Awaitable[str]]


class Health:
    """The handlers of `/healthz`, `/readyz` and `/metrics`."""

    def __init__(
        self, *, intake: tuple[Check, ...], people: tuple[Check, ...],
        metrics: Callable[[], bytes],
    ) -> None:  # fmt: skip
        self._intake, self._people, self._metrics = intake, people, metrics

    async def healthz(self, request: web.Request) -> web.Response:
        """The process is alive and its loop turns."""
        return web.Response(text="ok\n")

    async def readyz(self, request: web.Request) -> web.Response:
        """200 when every check holds, 503 with the reasons otherwise."""
        checks = self._people if request.query.get("for") == "people" else self._intake
        answers = await asyncio.gather(*(_answer(check) for check in checks))
        ready = all(not why for _, why in answers)
        text = "".join(f"{name}: {why or 'ok'}\n" for name, why in answers)
        return web.Response(status=200 if ready else 503, text=text)

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus' text format; no titles or names in any label."""
        return web.Response(
            body=self._metrics(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def problems(self, *, people: bool) -> tuple[str, ...]:
        """The checks that do not hold, for the heartbeat."""
        checks = (*self._intake, *self._people) if people else self._intake
        answers = await asyncio.gather(*(_answer(check) for check in checks))
        return tuple(f"{name}: {why}" for name, why in answers if why)


async def _answer(check: Check) -> tuple[str, str]:
    asking = asyncio.ensure_future(check.ask())
    asking.add_done_callback(_heard)
    try:
        # Not wait_for: a write that waits for a lock takes long even to be cancelled.
        await asyncio.wait([asking], timeout=CHECK_WITHIN)
        if not asking.done():
            return check.name, f"no answer within {CHECK_WITHIN:.0f} s"
        return check.name, asking.result()
    except Exception as error:  # noqa: BLE001 - a probe must answer whatever broke
        return check.name, type(error).__name__
    finally:
        asking.cancel()


def _heard(asking: asyncio.Future[str]) -> None:
    """What comes after the answer was given is nobody's to hear, and no error of the loop."""
    if not asking.cancelled():
        asking.exception()
