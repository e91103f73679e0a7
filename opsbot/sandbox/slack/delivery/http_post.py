"""Signed posts to the app's own addresses (Slack pages "Verifying requests", "Events API")."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from urllib.parse import urlencode

import aiohttp

from opsbot.sandbox.slack.clock import Clock, within
from opsbot.sandbox.slack.delivery.parcel import Answer, EnvelopeType, Parcel
from opsbot.sandbox.slack.model import Json

# "Up to two redirects are followed" (Events API page); aiohttp counts the one it refuses too.
_REDIRECTS = 3
_FORM = "application/x-www-form-urlencoded"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return Slack's v0 signature of a raw body (Slack page "Verifying requests from Slack")."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def encoded(type_: EnvelopeType, payload: Json) -> tuple[bytes, str]:
    """Return body and content type: JSON for events, a form for commands and interactions."""
    if type_ == "events_api":
        return json.dumps(payload).encode(), "application/json"
    if type_ == "slash_commands":
        return urlencode(payload).encode(), _FORM
    return urlencode({"payload": json.dumps(payload)}).encode(), _FORM


class HttpPost:
    """Posts to the app; `secret` signs."""

    def __init__(self, clock: Clock, secret: str) -> None:
        self._clock, self._secret = clock, secret
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, url: str, parcel: Parcel, *, within_seconds: float, attempt: int = 0, reason: str = ""
    ) -> Answer:
        """Post once and return what came back; `attempt` above 0 marks a retry and its reason."""
        body, content_type = encoded(parcel.type, parcel.payload)
        headers = self._headers(body, content_type)
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        return await self._post(url, body, headers, within_seconds)

    async def _post(
        self, url: str, body: bytes, headers: Mapping[str, str], limit: float
    ) -> Answer:
        try:
            return await within(self._clock, limit, self._exchange(url, body, headers))
        except TimeoutError:
            return Answer(status=0, failure="http_timeout")
        except aiohttp.TooManyRedirects:
            return Answer(status=0, failure="too_many_redirects")
        except (aiohttp.ClientSSLError, ssl.SSLError) as insecure:
            return Answer(status=0, body=type(insecure).__name__, failure="ssl_error")
        except (aiohttp.ClientConnectionError, OSError) as lost:
            return Answer(status=0, body=type(lost).__name__, failure="connection_failed")
        except aiohttp.ClientError as odd:
            return Answer(status=0, body=type(odd).__name__, failure="unknown_error")

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if self._session is None:
            # The deadline is the sandbox clock's, so aiohttp has none of its own.
            timeout = aiohttp.ClientTimeout(total=None)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        async with self._session.post(
            url, data=body, headers=headers, max_redirects=_REDIRECTS
        ) as response:
            text = (await response.read()).decode("utf-8", "replace")
            accepted = 200 <= response.status < 300
            return Answer(
                status=response.status,
                body=text,
                failure="" if accepted else "http_error",
                no_retry=response.headers.get("X-Slack-No-Retry") == "1",
            )

    def _headers(self, body: bytes, content_type: str) -> dict[str, str]:
        timestamp = str(int(self._clock.wall()))
        return {
            "Content-Type": content_type,
            "Accept": "*/*",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }

    async def verify(self, url: str, token: str, challenge: str, *, within_seconds: float) -> bool:
        """Shake hands with an events address: whether it echoes the challenge, plain or as JSON."""
        payload = {"token": token, "challenge": challenge, "type": "url_verification"}
        body, content_type = encoded("events_api", payload)
        answer = await self._post(url, body, self._headers(body, content_type), within_seconds)
        echoed = (answer.object() or {}).get("challenge", answer.body.strip())
        return answer.ok and echoed == challenge

    async def close(self) -> None:
        """Close the connections to the app."""
        if self._session is not None:
            await self._session.close()
            self._session = None
