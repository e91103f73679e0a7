"""What the sandbox's HTTP servers share: a loopback port, a log of requests, faults on demand."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDict

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.faults import HUGE_BYTES, Fault

_LOOPBACK = ("127.0.0.1", "::1")
_REMEMBERED_REQUESTS = 2000
_CHUNK = b"x" * 65536


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request a server answered; `began` is on the clock's monotonic scale, in seconds."""

    method: str
    path: str
    query: str
    status: int
    began: float
    seconds: float


class SandboxServer(ABC):
    """One vendor's HTTP API on its own loopback port."""

    name: str

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._fault: Fault | None = None
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._host = _LOOPBACK[0]
        self._port = 0
        self.seen: deque[SeenRequest] = deque(maxlen=_REMEMBERED_REQUESTS)

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """Give the API's routes."""

    @abstractmethod
    def error_answer(self, status: int, message: str) -> web.Response:
        """Build an error in the vendor's shape."""

    @abstractmethod
    def emptied(self, body: Any) -> Any:
        """Give a successful JSON answer with everything it found taken out."""

    @property
    def url(self) -> str:
        """Give the base address, without a slash at the end; valid once started."""
        return f"http://{self._host}:{self._port}"

    @property
    def fault(self) -> Fault | None:
        """Give the fault in force, if any."""
        return self._fault

    async def start(self, *, host: str = _LOOPBACK[0], port: int = 0) -> str:
        """Listen and give the address; raises ValueError for any host but loopback."""
        if host not in _LOOPBACK:
            raise ValueError(
                f"the sandbox listens on loopback only, not on {host!r}: use {_LOOPBACK[0]}"
            )
        app = web.Application(middlewares=[self._middleware], client_max_size=4 * 1024 * 1024)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2
        )
        await self._runner.setup()
        self._host, self._port = host, port
        await self._listen()
        return self.url

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = self._site = None

    async def set_fault(self, fault: Fault | None) -> None:
        """Put a fault in force, or lift it with None."""
        was_down = self._fault is not None and self._fault.kind == "down"
        self._fault = fault
        is_down = fault is not None and fault.kind == "down"
        if is_down and self._site is not None:
            await self._site.stop()
            self._site = None
        if was_down and not is_down:
            await self._listen()

    async def _listen(self) -> None:
        if self._runner is None:
            raise RuntimeError(f"the sandbox {self.name} is not started: await start() first")
        self._site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        await self._site.start()
        if self._port == 0:
            self._port = self._runner.addresses[0][1]

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began = self._clock.monotonic()
        response = await self._answer(request, handler)
        seconds = self._clock.monotonic() - began
        self.seen.append(
            SeenRequest(
                request.method, request.path, request.query_string, response.status, began, seconds
            )
        )
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = self._fault
        if fault is not None:
            if fault.kind == "down":
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=503)
            if fault.kind == "error":
                return self.error_answer(fault.status, "the service is unavailable")
            if fault.kind == "huge":
                return await _huge(request)
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
        try:
            response = await handler(request)
        except web.HTTPException as refused:
            return self.error_answer(refused.status, refused.reason)
        if fault is not None and fault.kind == "empty" and isinstance(response, web.Response):
            return self._without_content(response)
        return response

    def _without_content(self, response: web.Response) -> web.Response:
        if response.status != 200 or response.content_type != "application/json":
            return response
        return json_answer(self.emptied(json.loads(response.text or "null")))


async def _huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"status":"success","data":"')
    for _ in range(HUGE_BYTES // len(_CHUNK)):
        await response.write(_CHUNK)
    await response.write(b'"}')
    return response


async def parameters(request: web.Request) -> MultiDict[str]:
    """Give the parameters of a GET query and, for a POST, of its form, the form first."""
    found: MultiDict[str] = MultiDict()
    if request.method == "POST":
        for name, value in (await request.post()).items():
            if isinstance(value, str):
                found.add(name, value)
    for name, value in request.query.items():
        found.add(name, value)
    return found


def json_answer(
    body: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Build a compact JSON answer."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return web.Response(
        text=text, status=status, content_type="application/json", headers=headers or {}
    )
