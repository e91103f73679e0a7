"""One HTTP exchange with Slack's Web API through slack_sdk, with its surprises taken out.

slack_sdk is used without its retries (by default it sends a write again after a dropped
connection), with one shared session (its own timeout only applies to sessions it makes itself),
and with its proxy set by us (its own look-up ignores NO_PROXY).
"""

from __future__ import annotations

import io
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from opsbot.slack.foreign_json import as_object
from opsbot.slack.methods import method_named

_SDK_LOG = logging.getLogger("opsbot.slack.sdk")
_SDK_LOG.setLevel(logging.WARNING)  # at DEBUG it would log every message's text
_LARGE = 64 * 1024  # bytes

# Raised before the request went out, so the other side cannot have acted on it.
_NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP answer; `body` is None when it is not the JSON object Slack documents."""

    status: int
    body: Mapping[str, Any] | None
    retry_after: str | None = None
    scopes: str | None = None


class NoReply(Exception):
    """No usable answer came; `sent` says whether Slack may have acted on the call."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class NoToken(Exception):
    """The bot token cannot be read just now."""


def direct(url: str) -> str | None:
    """The proxy setting of a machine without one."""
    return None


class Wire:
    """Slack's Web API at `base_url`.

    `token` is called for every exchange, so a rotated token is used at once. `proxy_for` gives
    the proxy for an address, None for none. `timeout` is in seconds for a whole exchange.
    """

    def __init__(
        self,
        *,
        token: Callable[[], str],
        base_url: str,
        proxy_for: Callable[[str], str | None] = direct,
        tls: ssl.SSLContext | None = None,
        timeout: float = 10.0,
    ) -> None:
        self._token = token
        self._timeout = timeout
        self._proxy_for, self._tls = proxy_for, tls
        # Any: slack_sdk's annotations leave out what its dictionaries and answers hold.
        self._client: Any = AsyncWebClient(
            base_url=base_url, ssl=tls, logger=_SDK_LOG, retry_handlers=[]
        )
        # Set afterwards: an empty argument would make slack_sdk look into the environment.
        self._client.proxy = proxy_for(self._client.base_url)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session."""
        if self._session is None:
            self._session = self._client.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=self._timeout / 2),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )

    async def close(self) -> None:
        """Close every connection; later exchanges fail unsent."""
        if self._session is not None:
            await self._session.close()

    async def exchange(self, method: str, arguments: Mapping[str, Any]) -> Reply:
        """Send one call. Raises NoToken before and NoReply after trying."""
        headers = {"Authorization": f"Bearer {self._read_token()}"}
        if self._session is None or self._session.closed:
            raise NoReply("opsbot is shutting down", sent=False)
        try:
            answer = await self._send(method, arguments, headers)
        except SlackApiError as refusal:
            answer = cast("Any", refusal).response
        except _NEVER_SENT as error:
            raise NoReply(_reason(error), sent=False) from error
        except Exception as error:  # slack_sdk lets any error of a broken body out
            raise NoReply(_reason(error), sent=True) from error
        return _reply(answer)

    async def post(self, url: str, body: bytes, content_type: str) -> int:
        """Send bytes to an address that Slack gave us, without our token; the answer's status.

        For answers to a person and for uploads. Raises NoReply.
        """
        if self._session is None or self._session.closed:
            raise NoReply("opsbot is shutting down", sent=False)
        headers = {"Content-Type": content_type}
        proxy = self._proxy_for(url)
        try:
            async with self._session.post(
                url, data=_in_pieces(body), headers=headers, proxy=proxy, ssl=self._tls or True,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                await answer.read()
                return answer.status
        except _NEVER_SENT as error:
            raise NoReply(_reason(error), sent=False) from error
        except Exception as error:  # as for calls: a broken body raises anything
            raise NoReply(_reason(error), sent=True) from error

    async def _send(
        self, method: str, arguments: Mapping[str, Any], headers: dict[str, str]
    ) -> Any:
        row = method_named(method)
        if row.takes_json:
            return await self._client.api_call(method, json=dict(arguments), headers=headers)
        fields = {name: _field(value) for name, value in arguments.items()}
        if row.reads:
            return await self._client.api_call(
                method, http_verb="GET", params=fields, headers=headers
            )
        return await self._client.api_call(method, data=fields, headers=headers)

    def _read_token(self) -> str:
        try:
            token = self._token().strip()
        except Exception as error:  # noqa: BLE001 - whatever a secret's source raises, it is not there
            raise NoToken(type(error).__name__) from None
        if not token or not token.isascii() or not token.isprintable():
            raise NoToken("empty" if not token else "not a token")
        return token


def _in_pieces(body: bytes) -> bytes | aiohttp.BytesIOPayload:
    """A large body is written piece by piece, so that other work goes on in between."""
    return body if len(body) <= _LARGE else aiohttp.BytesIOPayload(io.BytesIO(body))


def _field(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _reply(answer: Any) -> Reply:
    """slack_sdk answers with its own response, or with aiohttp's when the body is no JSON."""
    body: Mapping[str, Any] | None = None
    if isinstance(answer, aiohttp.ClientResponse):
        status, headers = answer.status, answer.headers
    else:
        status, headers = int(answer.status_code), cast("Mapping[str, str]", answer.headers)
        data = as_object(answer.data)
        body = data if "ok" in data else None
    return Reply(
        status=status,
        body=body,
        retry_after=headers.get("Retry-After"),
        scopes=headers.get("x-oauth-scopes"),
    )


def _reason(error: Exception) -> str:
    """Why there is no answer, in words that hold nothing of the call."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "no connection in time"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered {error.status}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection to {error.host}"
    return type(error).__name__
