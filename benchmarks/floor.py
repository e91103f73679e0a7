"""The least that an app of Slack's can do: read a delivery and acknowledge it.

    python -m benchmarks.floor

Started by benchmarks.ack. Over HTTP the body is read and answered 200. A POST to /connect makes it
hold a websocket as well, and acknowledge every envelope that comes on it.
"""

from __future__ import annotations

import asyncio
import json

import aiohttp
from aiohttp import WSMsgType, web

from opsbot.entrypoints.server import Server


async def take(request: web.Request) -> web.Response:
    """Read and answer."""
    await request.read()
    return web.Response()


async def acknowledge(url: str) -> None:
    """Answer each envelope of a websocket with its own id, for as long as it lasts."""
    async with aiohttp.ClientSession(trust_env=False) as session, session.ws_connect(url) as socket:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                envelope = json.loads(message.data)
                await socket.send_str(json.dumps({"envelope_id": envelope["envelope_id"]}))


async def serve() -> None:
    """Listen until killed; print the port when ready."""
    tasks: set[asyncio.Task[None]] = set()

    async def connect(request: web.Request) -> web.Response:
        tasks.add(asyncio.create_task(acknowledge((await request.json())["url"])))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    app.router.add_post("/connect", connect)
    server = Server(app, "127.0.0.1", 0)
    await server.start()
    print(json.dumps({"port": server.port}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
