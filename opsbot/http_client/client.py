"""The Http port on aiohttp.

Retries: a GET is sent once more when the connection failed before anything was sent, or when the
server hangs up without an answer (a kept-alive connection that was dead). Nothing else is repeated
here: whether an act may be done twice is known to its caller only.
"""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import aiohttp
from yarl import URL

from opsbot import __version__
from opsbot.http_client.failure import reason_of
from opsbot.http_client.proxy import proxy_for
from opsbot.http_client.tls import trust
from opsbot.ports import HttpAnswer, HttpFailure

_READS = frozenset({"GET", "HEAD"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_CHUNK = 64 * 1024


@dataclass(slots=True, kw_only=True)
class _Call:
    """One call on its way; `sent` turns true with the first byte of the request."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes | None
    max_bytes: int
    started: bool = False
    sent: bool = False


@dataclass(slots=True)
class AiohttpClient:
    """Every outgoing call of the process but Slack's. Close it when the process ends.

    `environ` gives the proxy settings (see `proxy_for`), `ca_bundle` a PEM file that replaces the
    system's authorities, `per_host` the calls in flight to one host at a time.
    """

    environ: Mapping[str, str]
    ca_bundle: str | Path | None = None
    per_host: int = 8
    connect_timeout: float = 3.0
    _session: aiohttp.ClientSession | None = field(default=None, init=False, repr=False)
    _tls: ssl.SSLContext | None = field(default=None, init=False, repr=False)
    _gates: dict[str, asyncio.Semaphore] = field(
        default_factory=dict[str, asyncio.Semaphore], init=False, repr=False
    )
    _closed: bool = field(default=False, init=False)

    async def start(self) -> None:
        """Read the CA bundle and open the session; raises ValueError for an unusable bundle."""
        self._trust()
        self._opened()

    async def close(self) -> None:
        """Close every connection; later requests fail."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        timeout: float = 8.0,
        max_bytes: int = 8_000_000,
    ) -> HttpAnswer:
        """Send one request and read the whole answer, within `timeout` seconds in all.

        Follows up to three redirects of a GET on the same host; any other redirect is the answer.
        Raises HttpFailure when there is no answer, or one larger than `max_bytes`.
        """
        try:
            target = URL(url).extend_query(list(params))
        except ValueError:
            reason = "the address is no http:// or https:// address; check the url setting"
            raise HttpFailure(reason, sent=False) from None
        call = _Call(
            method=method.upper(), url=target, headers=headers or {}, body=body, max_bytes=max_bytes
        )
        try:
            async with asyncio.timeout(timeout), self._gate(target):
                call.started = True
                return await self._followed(call)
        except TimeoutError:
            waited = f"{timeout:g} s"
            if call.started:
                raise HttpFailure(f"no answer within {waited}", sent=call.sent) from None
            raise HttpFailure(
                f"{self.per_host} calls to {_place(target)} were ahead for {waited}", sent=False
            ) from None

    def _gate(self, url: URL) -> asyncio.Semaphore:
        return self._gates.setdefault(_place(url), asyncio.Semaphore(self.per_host))

    async def _followed(self, call: _Call) -> HttpAnswer:
        answer = await self._tried(call)
        for _ in range(_MOST_REDIRECTS):
            target = _next(call, answer)
            if target is None:
                break
            call.url = target
            answer = await self._tried(call)
        return answer

    async def _tried(self, call: _Call) -> HttpAnswer:
        try:
            return await self._once(call)
        except HttpFailure as failure:
            if not _may_repeat(call, failure):
                raise
        return await self._once(call)

    async def _once(self, call: _Call) -> HttpAnswer:
        try:
            return await self._exchange(call)
        except (aiohttp.ClientError, ValueError) as error:
            raise HttpFailure(reason_of(error, _place(call.url)), sent=call.sent) from error

    async def _exchange(self, call: _Call) -> HttpAnswer:
        session, proxy = self._opened(), self._proxy(call.url)
        speaks_tls = call.url.scheme == "https" or (proxy or "").startswith("https:")
        async with session.request(
            call.method,
            call.url,
            headers=call.headers,
            data=_in_pieces(call.body),
            proxy=proxy,
            ssl=self._trust() if speaks_tls else True,
            allow_redirects=False,
            trace_request_ctx=call,
        ) as response:
            body = await _read(response, call)
            return HttpAnswer(status=response.status, headers=_flat(response), body=body)

    def _proxy(self, url: URL) -> str | None:
        try:
            return proxy_for(str(url), self.environ)
        except ValueError as error:
            raise HttpFailure(str(error), sent=False) from error

    def _trust(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = trust(self.ca_bundle, self.environ)
        return self._tls

    def _opened(self) -> aiohttp.ClientSession:
        if self._closed:
            raise HttpFailure("opsbot is shutting down", sent=False)
        if self._session is None:
            self._session = _session(self.connect_timeout)
        return self._session


def _session(connect_timeout: float) -> aiohttp.ClientSession:
    watch = aiohttp.TraceConfig()
    watch.on_request_headers_sent.append(_note_sent)
    session = aiohttp.ClientSession(
        # Total time is kept by `request`, so that waiting for a turn counts as well.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"opsbot/{__version__}"},
        trust_env=False,
        trace_configs=[watch],
    )
    # aiohttp repeats PUT and DELETE by itself when the other side hangs up, and has no option for
    # it. What is repeated is decided here (`_may_repeat`), and an act never is.
    session._retry_connection = False  # pyright: ignore[reportPrivateUsage]
    return session


async def _note_sent(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: object
) -> None:
    context.trace_request_ctx.sent = True


def _in_pieces(body: bytes | None) -> bytes | aiohttp.BytesIOPayload | None:
    """A large body is written piece by piece, so that other work goes on in between."""
    if body is None or len(body) <= _CHUNK:
        return body
    return aiohttp.BytesIOPayload(io.BytesIO(body))


async def _read(response: aiohttp.ClientResponse, call: _Call) -> bytes:
    too_large = HttpFailure(f"answer larger than {call.max_bytes:,} bytes", sent=True)
    if (response.content_length or 0) > call.max_bytes and call.method != "HEAD":
        response.close()
        raise too_large
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > call.max_bytes:
            response.close()
            raise too_large
    return bytes(body)


def _flat(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    flat: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        flat[key] = f"{flat[key]}, {value}" if key in flat else value
    return flat


def _next(call: _Call, answer: HttpAnswer) -> URL | None:
    """Where a redirect leads, when it may be followed: a read that stays on its host."""
    location = answer.headers.get("location", "")
    if answer.status not in _REDIRECTS or call.method not in _READS or not location:
        return None
    try:
        target = call.url.join(URL(location))
    except ValueError:
        return None
    upgraded = call.url.with_scheme("https") if call.url.scheme == "http" else call.url
    origins = {call.url.origin()}
    if call.url.is_default_port():
        origins.add(upgraded.with_port(None).origin())
    same_host = target.scheme in ("http", "https") and target.origin() in origins
    return target if same_host else None


def _may_repeat(call: _Call, failure: HttpFailure) -> bool:
    """Whether the call is a read, and a second try could end better: nothing was sent, or a
    connection that was kept open had been closed meanwhile."""
    refused_for_good = (
        aiohttp.ConnectionTimeoutError
        | aiohttp.ClientConnectorCertificateError
        | aiohttp.ClientConnectorSSLError
    )
    error = failure.__cause__
    lost = isinstance(error, aiohttp.ClientConnectionError)
    hung_up = isinstance(error, aiohttp.ServerDisconnectedError)
    again = lost and not isinstance(error, refused_for_good) and (hung_up or not call.sent)
    return again and call.method in _READS


def _place(url: URL) -> str:
    return f"{url.host}:{url.port}" if url.port else str(url.host)
