"""Between the sandbox Slack and opsbot, in a process of its own: hands over, keeps pace, times.

    python -m benchmarks.slack_relay

Started by benchmarks.ack. What people do is handed to opsbot at an even pace, whatever the sandbox
is busy with meanwhile, and to the floor at the same moment; how long each takes to acknowledge is
measured here, and so is how long people wait for an answer, which comes back this way as well.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import aiohttp
from aiohttp import WSMsgType, web

from benchmarks.stopwatch import Stopwatch, Timing
from opsbot.entrypoints.server import Server

_OWN = ("host", "content-length", "transfer-encoding", "connection")
LONGEST_HOLD = 1.0  # seconds
_LARGEST = 64 * 1024**2
Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


class Pace:
    """Lets one through every `interval` seconds, and holds nobody longer than a second: triggers
    live three."""

    def __init__(self) -> None:
        self.interval = 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next beat; whoever comes late goes at once."""
        now = asyncio.get_running_loop().time()
        mine = min(max(now, self._next), now + LONGEST_HOLD)
        self._next = mine + self.interval
        await asyncio.sleep(mine - now)


class Relay:
    """Addresses are told at /relay once they are known; `flowing` is cleared to let everything
    hang that opsbot asks of Slack."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._sandbox = self._bot = self._floor = ""
        self._pace, self._watch = Pace(), Stopwatch()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._floor_socket: web.WebSocketResponse | None = None
        self._unacknowledged: dict[str, Timing] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def app(self) -> web.Application:
        """Slack's side at /slack/, opsbot's anywhere else."""
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_put("/relay", self._switch)
        app.router.add_get("/relay", self._told)
        app.router.add_get("/relay/open", self._still_open)
        app.router.add_get("/relay/floor", self._hold_floor)
        app.router.add_post("/slack/{kind}", self._deliver)
        app.router.add_get("/link/", self._link)
        app.router.add_route("*", "/{rest:.*}", self._pass)
        return app

    async def _switch(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        self._sandbox = wanted.get("sandbox", self._sandbox)
        self._bot = wanted.get("bot", self._bot)
        self._floor = wanted.get("floor", self._floor)
        self._pace.interval = wanted.get("interval", self._pace.interval)
        if "hang" in wanted:
            self._flowing.clear() if wanted["hang"] else self._flowing.set()
        return web.Response()

    async def _told(self, request: web.Request) -> web.Response:
        return web.json_response(self._watch.take())

    async def _still_open(self, request: web.Request) -> web.Response:
        return web.json_response(self._watch.open)

    # --- from Slack, over HTTP ------------------------------------------------------------------

    async def _deliver(self, request: web.Request) -> web.Response:
        kind, body = request.match_info["kind"], await request.read()
        headers = _passed(request.headers)
        url = f"{self._bot}/slack/{kind}"
        if kind == "events":
            return await self._answer_of(url, body, headers)
        timing = self._watch.note(kind, _payload(body))
        await self._pace.turn()
        timing.sent_at = asyncio.get_running_loop().time()
        answer, _ = await asyncio.gather(
            self._timed(url, body, headers, timing), self._at_floor(body, headers, timing)
        )
        return answer

    async def _timed(
        self, url: str, body: bytes, headers: Mapping[str, str], timing: Timing
    ) -> web.Response:
        answer = await self._answer_of(url, body, headers)
        timing.ack_ms, timing.status = timing.since(), answer.status
        return answer

    async def _at_floor(self, body: bytes, headers: Mapping[str, str], timing: Timing) -> None:
        await self._answer_of(self._floor, body, headers)
        timing.floor_ms = timing.since()

    async def _answer_of(
        self, url: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> web.Response:
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return web.Response(
                    status=answer.status, body=await answer.read(), headers=_passed(answer.headers)
                )
        except aiohttp.ClientError as error:
            return web.Response(status=502, text=type(error).__name__)

    # --- from Slack, on a websocket -------------------------------------------------------------

    async def _hold_floor(self, request: web.Request) -> web.WebSocketResponse:
        self._floor_socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            timing = self._unacknowledged.get(json.loads(message.data)["envelope_id"])
            if timing is not None:
                timing.floor_ms = timing.since()
        return socket

    async def _link(self, request: web.Request) -> web.StreamResponse:
        try:
            ahead = await self._session.ws_connect(
                f"{self._sandbox}{request.path_qs}", autoping=False, max_msg_size=_LARGEST
            )
        except aiohttp.WSServerHandshakeError as refused:
            return web.Response(status=refused.status)
        socket = web.WebSocketResponse(autoping=False, max_msg_size=_LARGEST)
        await socket.prepare(request)
        await asyncio.gather(self._from_slack(ahead, socket), self._from_bot(socket, ahead))
        return socket

    async def _from_slack(self, slack: Socket, bot: Socket) -> None:
        async for message in slack:
            text = message.data if message.type is WSMsgType.TEXT else "{}"
            frame: dict[str, Any] = json.loads(text)
            if frame.get("type") in ("slash_commands", "interactive"):
                self._start(self._hand_over(frame, message.data, bot))
            else:
                await _send(bot, message)
        await bot.close()

    async def _hand_over(self, frame: Mapping[str, Any], data: str, bot: Socket) -> None:
        timing = self._watch.note(frame["type"], frame["payload"])
        self._unacknowledged[frame["envelope_id"]] = timing
        await self._pace.turn()
        timing.sent_at = asyncio.get_running_loop().time()
        await bot.send_str(data)
        if self._floor_socket is not None:
            await self._floor_socket.send_str(data)

    async def _from_bot(self, bot: Socket, slack: Socket) -> None:
        async for message in bot:
            if message.type is WSMsgType.TEXT:
                timing = self._unacknowledged.get(json.loads(message.data).get("envelope_id"))
                if timing is not None:
                    timing.ack_ms, timing.status = timing.since(), 200
            await _send(slack, message)
        await slack.close()

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- from opsbot ----------------------------------------------------------------------------

    async def _pass(self, request: web.Request) -> web.Response:
        body = await request.read()
        await self._flowing.wait()
        came_at = asyncio.get_running_loop().time()
        answer = await self._answer_of(
            f"{self._sandbox}{request.path_qs}", body, _passed(request.headers), request.method
        )
        if answer.status == 200:
            self._look_for_answers(request.path, body, answer, came_at)
        return answer

    def _look_for_answers(
        self, path: str, body: bytes, answer: web.Response, came_at: float
    ) -> None:
        """An answer counts from when it came here, but only if Slack took it."""
        if path.startswith("/actions/"):
            self._watch.answered(path, came_at)
        elif path == "/api/views.open" and _is_ok(answer):
            self._watch.answered(str(json.loads(body).get("trigger_id")), came_at)


def _is_ok(answer: web.Response) -> bool:
    return isinstance(answer.body, bytes) and json.loads(answer.body).get("ok") is True


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OWN}


def _payload(body: bytes) -> Mapping[str, Any]:
    """What a command or an interaction says, from the form it comes in."""
    fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    return json.loads(fields["payload"]) if "payload" in fields else fields


async def _send(socket: Socket, message: aiohttp.WSMessage) -> None:
    match message.type:
        case WSMsgType.TEXT:
            await socket.send_str(message.data)
        case WSMsgType.PING:
            await socket.ping(message.data)
        case WSMsgType.PONG:
            await socket.pong(message.data)
        case _:
            pass


async def serve() -> None:
    """Relay until killed; print the port when ready."""
    connector, no_limit = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        trust_env=False, connector=connector, timeout=no_limit, auto_decompress=False
    ) as session:
        server = Server(Relay(session).app(), "127.0.0.1", 0)
        await server.start()
        print(json.dumps({"port": server.port}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
