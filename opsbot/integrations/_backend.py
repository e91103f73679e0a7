"""One HTTP backend of an evidence source: address, credentials, and refusals as sentences."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from opsbot.core.text import inert
from opsbot.integrations._foreign_json import loads, mapping, text
from opsbot.ports import Http, HttpAnswer, HttpFailure, Secret, SecretUnavailable

# Servers and proxies in front of them commonly refuse longer request lines (8 KiB).
_LONGEST_QUERY = 6_000


class LookUpFailed(Exception):
    """A question the backend did not answer: what went wrong, and what a person can do."""

    def __init__(
        self, error: str, cure: str = "", *, answer: HttpAnswer | None = None, sent: bool = True
    ) -> None:
        super().__init__(error)
        self.error, self.cure = error, cure
        self.answer = answer
        self.sent = sent  # whether the other side may have acted on it

    @property
    def reason(self) -> str:
        """Error and cure in one line."""
        return f"{self.error}; {self.cure}" if self.cure else self.error

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


CURES: Mapping[int, str] = {
    401: "check the secret",
    403: "check what the secret may read",
    404: "check the url",
}


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
    cures: Mapping[int, str] = field(default_factory=lambda: CURES)

    async def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, timeout: float
    ) -> Any:
        """Ask and give the JSON answer; raises LookUpFailed."""
        return await self._ask("GET", path, params, timeout=timeout)

    async def query(
        self, path: str, params: Sequence[tuple[str, str]], *, timeout: float
    ) -> dict[str, Any]:
        """Ask by GET, or by a POST form when the query is too long for a request line."""
        form = urlencode(params)
        if len(form) <= _LONGEST_QUERY:
            return mapping(await self._ask("GET", path, params, timeout=timeout))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return mapping(
            await self._ask("POST", path, body=form.encode(), headers=headers, timeout=timeout)
        )

    async def act(
        self, path: str, body: Any, *, headers: Mapping[str, str], timeout: float,
        method: str = "POST",
    ) -> Any:  # fmt: skip
        """Send a JSON body, once; raises LookUpFailed, whose `sent` says whether it may have
        happened all the same."""
        packed = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        return await self._ask(method, path, body=packed, headers=headers, timeout=timeout)

    async def _ask(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float,
    ) -> Any:
        try:
            authorization, secrets = self.credentials.header()
        except SecretUnavailable as error:
            words = f"our credentials for {self.vendor} cannot be read"
            raise LookUpFailed(words, "check the secret's file", sent=False) from error
        sent = {"Accept": "application/json", **self.headers, **(headers or {})}
        if authorization:
            sent["Authorization"] = authorization
        try:
            answer = await self.http.request(
                method,
                self.url + path,
                headers=sent,
                params=params,
                body=body,
                timeout=timeout,
                max_bytes=self.max_bytes,
            )
        except HttpFailure as failure:
            raise LookUpFailed(failure.reason, sent=failure.sent) from failure
        return self._opened(answer, secrets)

    def _opened(self, answer: HttpAnswer, secrets: Sequence[str]) -> Any:
        try:
            body = loads(answer.body)
        except ValueError:
            body = None
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, body, secrets)
        if body is None:
            raise self._unreadable(answer)
        return body

    def _refusal(self, answer: HttpAnswer, body: Any, secrets: Sequence[str]) -> LookUpFailed:
        status = answer.status
        words = redacted(self.said(mapping(body)) or _plain_words(answer, body), secrets)
        said = f": {inert(words, 160)}" if words else ""
        cure = self.cures.get(status, "")
        if status in (401, 403):
            error = f"{self.vendor} refuses our credentials ({status}){said}"
        elif status == 404:
            error = f"{self.vendor} does not know what we asked for (404){said}"
        elif status == 429:
            error = f"{self.vendor} is throttling us (429){_wait(answer)}{said}"
        elif 300 <= status < 400:
            error = f"{self.vendor} sends us elsewhere ({status}), perhaps to a login"
            cure = "check the url"
        else:
            error = f"{self.vendor} answered {status}{said}"
        return LookUpFailed(error, cure, answer=answer)

    def _unreadable(self, answer: HttpAnswer) -> LookUpFailed:
        if answer.body.lstrip()[:1] == b"<":
            error = f"{self.vendor} answered with a web page instead of JSON"
            return LookUpFailed(error, "check the url", answer=answer)
        return LookUpFailed(f"{self.vendor} sent an answer that is not whole JSON", answer=answer)


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
