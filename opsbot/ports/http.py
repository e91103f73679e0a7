"""The way out over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole answer; `body` is at most the cap that was asked for."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class HttpFailure(Exception):
    """No usable answer from the other side: no connection, too slow, or too large."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent  # whether the other side may have acted on it


class Http(Protocol):
    """One outgoing call. Honours proxy, no-proxy and CA settings; never follows a redirect to
    another host. Raises HttpFailure; any status code is an answer."""

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
    ) -> HttpAnswer: ...
