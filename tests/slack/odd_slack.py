"""A Web API that answers what a test tells it to, byte for byte."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

OK: Mapping[str, Any] = {"ok": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """One answer: a status with a body, or `drop` the connection, or stay `silent`."""

    status: int = 200
    json: Mapping[str, Any] | None = None
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    drop: bool = False
    silent: bool = False
    promise: int | None = None  # a Content-Length that is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it came."""

    method: str
    verb: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    json: Any
    authorization: str


class OddSlack:
    """Answers by method in the order told, `{"ok": true}` when nothing is left to say."""

    def __init__(self) -> None:
        self.base_url = ""
        self.seen: list[Seen] = []
        self._told: dict[str, deque[Odd]] = {}
        self._closing = asyncio.Event()

    def tell(self, method: str, *answers: Odd) -> None:
        self._told.setdefault(method, deque()).extend(answers)

    def refuse(self, method: str, error: str, **more: Any) -> None:
        self.tell(method, Odd(json={"ok": False, "error": error, **more}))

    def limit(self, method: str, retry_after: str | None = "3", *, in_200: str = "") -> None:
        """Answer with a rate limit; `in_200` is the error word to hide it in a 200 body."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        body = {"ok": False, "error": in_200 or "ratelimited"}
        self.tell(method, Odd(status=200 if in_200 else 429, json=body, headers=headers))

    def calls(self, method: str) -> int:
        return sum(request.method == method for request in self.seen)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        is_json = request.content_type == "application/json"
        form = {} if is_json else {k: str(v) for k, v in (await request.post()).items()}
        self.seen.append(
            Seen(
                method=method,
                verb=request.method,
                query=dict(request.query),
                form=form,
                json=await request.json() if is_json else None,
                authorization=request.headers.get("Authorization", ""),
            )
        )
        told = self._told.get(method)
        return await self._play(request, told.popleft() if told else Odd(json=OK))

    async def _play(self, request: web.Request, odd: Odd) -> web.StreamResponse:
        if odd.silent:
            await self._closing.wait()
        if (odd.drop or odd.silent) and request.transport is not None:
            request.transport.close()
        if odd.promise is not None:
            response = web.StreamResponse(
                status=odd.status,
                headers={"Content-Length": str(odd.promise), "Content-Type": odd.content_type},
            )
            await response.prepare(request)
            await response.write(odd.body)
            if request.transport is not None:
                request.transport.close()
            return response
        if odd.json is not None:
            return web.json_response(odd.json, status=odd.status, headers=odd.headers)
        return web.Response(
            status=odd.status, body=odd.body, content_type=odd.content_type, headers=odd.headers
        )

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[OddSlack]:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        try:
            yield self
        finally:
            self._closing.set()
            await runner.cleanup()
