"""One HTTP backend of an evidence source: address, credentials, and refusals as sentences."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from opsbot.core.text import inert
from opsbot.integrations import Secret, SecretUnavailable
from opsbot.integrations._foreign_json import loads, mapping, text
from opsbot.ports import Http, HttpAnswer, HttpFailure

# Servers and proxies in front of them commonly refuse longer request lines (8 KiB).
_LONGEST_QUERY = 6_000


class LookUpFailed(Exception):
    """A question the backend did not answer; `reason` is for a responder to act on."""

    def __init__(self, reason: str, *, answer: HttpAnswer | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer

    @property
    def status(self) -> int:
        """The HTTP status the backend answered with; 0 when there was no answer."""
        return self.answer.status if self.answer else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How we prove who we are: a bearer token, or a user name with a password, or neither."""

    token: Secret | None = None
    username: str = ""
    password: Secret | None = None
    scheme: str = "Bearer "

    def header(self) -> tuple[str, tuple[str, ...]]:
        """The Authorization header and the secret texts in it; raises SecretUnavailable."""
        if self.token is not None:
            token = self.token.read().strip()
            return f"{self.scheme}{token}", (token,)
        if self.username and self.password is not None:
            password = self.password.read()
            packed = base64.b64encode(f"{self.username}:{password}".encode()).decode()
            return f"Basic {packed}", (password, packed)
        return "", ()


def said_by(body: Mapping[str, Any]) -> str:
    """What an error body says in words, wherever the vendor puts it."""
    error = body.get("error")
    return text(error) or text(mapping(error).get("message")) or text(body.get("message"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A vendor's HTTP API. Every refusal becomes a LookUpFailed whose reason names the cure."""

    vendor: str  # as people spell it: "Prometheus"
    http: Http
    url: str
    credentials: Credentials
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    max_bytes: int = 8_000_000
    said: Callable[[Mapping[str, Any]], str] = said_by

    async def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, timeout: float
    ) -> Any:
        """Ask and give the JSON answer; raises LookUpFailed."""
        return await self._ask("GET", path, params, None, timeout)

    async def query(
        self, path: str, params: Sequence[tuple[str, str]], *, timeout: float
    ) -> dict[str, Any]:
        """Ask by GET, or by a POST form when the query is too long for a request line."""
        form = urlencode(params)
        if len(form) <= _LONGEST_QUERY:
            return mapping(await self._ask("GET", path, params, None, timeout))
        return mapping(await self._ask("POST", path, (), form.encode(), timeout))

    async def _ask(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]],
        form: bytes | None,
        timeout: float,
    ) -> Any:
        try:
            authorization, secrets = self.credentials.header()
        except SecretUnavailable as error:
            raise LookUpFailed(f"our credentials for {self.vendor} cannot be read") from error
        headers = {"Accept": "application/json", **self.headers}
        if authorization:
            headers["Authorization"] = authorization
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            answer = await self.http.request(
                method,
                self.url + path,
                headers=headers,
                params=params,
                body=form,
                timeout=timeout,
                max_bytes=self.max_bytes,
            )
        except HttpFailure as failure:
            raise LookUpFailed(failure.reason) from failure
        return self._opened(answer, secrets)

    def _opened(self, answer: HttpAnswer, secrets: Sequence[str]) -> Any:
        try:
            body = loads(answer.body)
        except ValueError:
            body = None
        if not 200 <= answer.status < 300:
            raise LookUpFailed(self._refusal(answer, body, secrets), answer=answer)
        if body is None:
            raise LookUpFailed(self._unreadable(answer), answer=answer)
        return body

    def _refusal(self, answer: HttpAnswer, body: Any, secrets: Sequence[str]) -> str:
        status = answer.status
        words = redacted(self.said(mapping(body)) or _plain_words(answer, body), secrets)
        said = f": {inert(words, 160)}" if words else ""
        if status in (401, 403):
            return f"{self.vendor} refuses our credentials ({status}){said}; check the secret"
        if status == 404:
            return f"{self.vendor} does not know what we asked for (404){said}; check the url"
        if status == 429:
            return f"{self.vendor} is throttling us (429){_wait(answer)}{said}"
        if 300 <= status < 400:
            return f"{self.vendor} sends us elsewhere ({status}), perhaps to a login; check the url"
        return f"{self.vendor} answered {status}{said}"

    def _unreadable(self, answer: HttpAnswer) -> str:
        if answer.body.lstrip()[:1] == b"<":
            return f"{self.vendor} answered with a web page instead of JSON; check the url"
        return f"{self.vendor} sent an answer that is not whole JSON"


def _plain_words(answer: HttpAnswer, body: Any) -> str:
    """The first line of a refusal that is neither JSON nor a web page (Loki, Tempo, proxies)."""
    if body is not None or answer.body.lstrip()[:1] == b"<":
        return ""
    return answer.body[:400].decode("utf-8", "replace").strip().partition("\n")[0]


def redacted(words: str, secrets: Sequence[str]) -> str:
    """The words without our own secrets, which some servers repeat in their refusals."""
    for secret in secrets:
        if secret:
            words = words.replace(secret, "[secret]")
    return words


def _wait(answer: HttpAnswer) -> str:
    seconds = answer.headers.get("retry-after", "")
    return f", asks us to wait {seconds} s" if seconds.isdecimal() and len(seconds) < 7 else ""
