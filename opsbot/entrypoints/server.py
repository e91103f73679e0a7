"""The HTTP server: routes to handlers, and an orderly stop that lets requests finish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from aiohttp import web

from opsbot.entrypoints.health import Health


class Handler(Protocol):
    """What answers the requests at one path."""

    async def __call__(self, request: web.Request) -> web.Response: ...


def build_app(doors: Mapping[str, Handler], health: Health) -> web.Application:
    """The application: one POST route per door, and health beside them."""
    app = web.Application(client_max_size=64 * 1024**2)  # each door holds its own, smaller bound
    for path, handler in doors.items():
        app.router.add_post(path, handler.__call__)
    app.router.add_get("/healthz", health.healthz)
    app.router.add_get("/readyz", health.readyz)
    app.router.add_get("/metrics", health.metrics)
    return app


class Server:
    """Listens on one address. `port` is the real one, also when 0 was asked for."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=5.0,
            lingering_time=2.0,  # for the rest of a body that was refused
        )  # fmt: skip
        self._host, self._wanted = host, port
        self.port = port

    async def start(self) -> None:
        """Open the port."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._wanted)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port; requests in flight have five seconds to finish."""
        await self._runner.cleanup()
