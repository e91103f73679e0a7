"""Opening a Socket Mode connection: a single-use address from `apps.connections.open`, the
websocket, and Slack's hello.

slack_sdk's client is not used: it waits for ever on a token that Slack refuses, tries a
single-use address again, closes the old socket before it has a new one, and puts deliveries into
a queue of its own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp

from opsbot.ports import Clock, Done, Outcome, Refused, Unsure
from opsbot.slack.errors import RATE_LIMITED
from opsbot.slack.foreign_json import text_at
from opsbot.slack.retry_after import seconds_of
from opsbot.slack.socket_frames import Ending
from opsbot.slack.socket_line import Line, Pace, Receive
from opsbot.slack.wire import NoReply, NoToken, Reply, Wire

METHOD = "apps.connections.open"
_LARGEST_FRAME = 8 * 1024**2  # bytes
_FRESH = 20.0  # seconds for which an address that was asked for ahead is used
_LATER = timedelta(seconds=30)

_TOKEN = (
    "Slack refuses opsbot's app-level token ({error}): make one with the scope connections:write "  # noqa: S105 - a sentence
    "on the app's page under 'Basic Information', 'App-Level Tokens', and put it where opsbot's "
    "settings say."
)
_CURES = {
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "missing_args", "account_inactive", "token_revoked",
         "token_expired", "not_allowed_token_type", "missing_scope"),
        _TOKEN,
    ),
    "forbidden_team": "Slack does not let this workspace use Socket Mode ({error}): ask an admin "
    "of the organisation, or give opsbot a public address instead.",
}  # fmt: skip
_UNKNOWN = (
    "Slack does not open a Socket Mode connection ({error}): look whether 'Socket Mode' is "
    "switched on on the app's page; opsbot tries again by itself."
)
DISABLED = (
    "Socket Mode is switched off for opsbot's Slack app, so nothing that people do reaches it: "
    "switch it on on the app's page under 'Socket Mode'; opsbot tries again by itself."
)
CROWDED = (
    "Slack allows ten Socket Mode connections for an app and they are taken: stop the other "
    "processes that run with this app-level token."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLine:
    """There is no connection: why, in a sentence, and the least seconds to wait before trying."""

    reason: str
    rest: float = 0.0


class Dialer:
    """Opens connections with one app-level token. Start it before, close it after."""

    def __init__(
        self, *, wire: Wire, receive: Receive, clock: Clock, pace: Pace,
        proxy_for: Callable[[str], str | None], tls: ssl.SSLContext | None, plain: bool,
        counts: Counter[str], changed: Callable[[], None],
    ) -> None:  # fmt: skip
        self._wire, self._receive, self._clock, self._pace = wire, receive, clock, pace
        self._proxy_for, self._tls, self._plain = proxy_for, tls, plain
        self._counts, self._changed = counts, changed
        self._session: aiohttp.ClientSession | None = None
        self._held: tuple[str, float] | None = None

    async def start(self) -> None:
        """Open the sessions."""
        await self._wire.start()
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._pace.connect),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )

    async def close(self) -> None:
        """Close the sessions; lines are closed by who holds them."""
        await self._wire.close()
        if self._session is not None:
            await self._session.close()

    async def ask_ahead(self) -> Outcome[None]:
        """Ask for an address and keep it for the next `dial`. Refused without a time to come
        back means that the token is no good."""
        met = await self._address()
        if not isinstance(met, Done):
            return met
        self._held = (met.value, self._clock.monotonic())
        return Done(value=None)

    async def dial(self) -> Line | NoLine:
        """A connection on which Slack has said hello. Never raises for anything outside."""
        match await self._address_at_hand():
            case Done(value=url):
                return await self._connect(url)
            case Refused(cure=cure, retry_after=after):
                rest = after.total_seconds() if after else self._pace.blocked_rest
                return NoLine(reason=cure, rest=rest)
            case Unsure(reason=reason):
                return NoLine(reason=f"opsbot cannot reach Slack ({reason}); it tries again.")

    async def _address_at_hand(self) -> Outcome[str]:
        held, self._held = self._held, None
        if held is not None and self._clock.monotonic() - held[1] < _FRESH:
            return Done(value=held[0])
        return await self._address()

    async def _address(self) -> Outcome[str]:
        try:
            reply = await self._wire.exchange(METHOD, {})
        except NoToken as error:
            cure = f"opsbot cannot read its Slack app-level token ({error}): check the secret."
            return Refused(error="token_unreadable", cure=cure, retry_after=_LATER)
        except NoReply as error:
            return Unsure(reason=error.reason)
        return self._judged(reply)

    def _judged(self, reply: Reply) -> Outcome[str]:
        body = reply.body or {}
        error, url = text_at(body, "error"), text_at(body, "url")
        if reply.status == 429 or error in RATE_LIMITED:
            wait = timedelta(seconds=seconds_of(reply.retry_after, self._clock.now()))
            cure = "Slack limits how often opsbot may connect: it goes on by itself."
            return Refused(error="ratelimited", cure=cure, retry_after=wait)
        if body.get("ok") is True and urlsplit(url).scheme in self._schemes():
            return Done(value=url)
        if not error:
            return Unsure(reason=f"the answer ({reply.status}) is not Slack's")
        cure = _CURES.get(error, _UNKNOWN).format(error=error)
        return Refused(error=error, cure=cure, retry_after=None if error in _CURES else _LATER)

    def _schemes(self) -> tuple[str, ...]:
        """Unencrypted only where the Web API is, too: a sandbox on this machine."""
        return ("wss", "ws") if self._plain else ("wss",)

    async def _connect(self, url: str) -> Line | NoLine:
        """Words about a failure hold nothing of the address, which is a secret."""
        if self._session is None or self._session.closed:
            return NoLine(reason="opsbot is shutting down.")
        try:
            async with asyncio.timeout(self._pace.connect):
                socket = await self._session.ws_connect(
                    url,
                    autoping=False,  # pings and pongs are signs of life, so we look at them
                    autoclose=False,  # acknowledgements in work go out before our goodbye
                    max_msg_size=_LARGEST_FRAME,
                    proxy=self._proxy_for("http" + url.removeprefix("ws")),
                    ssl=self._tls or True,
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError too
            name = type(error).__name__
            return NoLine(
                reason=f"opsbot cannot connect to Slack's socket ({name}); it tries again."
            )
        return await self._greeted(
            Line(socket, self._receive, self._clock, self._pace,
                 counts=self._counts, changed=self._changed)
        )  # fmt: skip

    async def _greeted(self, line: Line) -> Line | NoLine:
        line.start()
        waits = [asyncio.create_task(event.wait()) for event in (line.greeted, line.ended)]
        greeted = False
        try:
            await asyncio.wait(waits, timeout=self._pace.hello, return_when=asyncio.FIRST_COMPLETED)
            greeted = line.greeted.is_set()
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
            if not greeted:
                await line.close()
        return line if greeted else self._turned_away(line)

    def _turned_away(self, line: Line) -> NoLine:
        if line.ended.is_set() and line.ending is Ending.CROWDED:
            return NoLine(reason=CROWDED, rest=self._pace.crowded_rest)
        if line.ended.is_set() and line.ending is Ending.DISABLED:
            return NoLine(reason=DISABLED, rest=self._pace.blocked_rest)
        return NoLine(reason="Slack said no hello on a new socket; opsbot tries again.")
