"""PagerDuty's REST API v2: one place for its address, key, rate limits and error words."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from opsbot.core.moment import clock_text
from opsbot.integrations._backend import Backend, Credentials, LookUpFailed
from opsbot.integrations._foreign_json import items, loads, mapping, text, whole
from opsbot.integrations.pagerduty.their_time import TheirTime
from opsbot.ports import Clock, Http, HttpAnswer, Secret

ALREADY_RESOLVED = frozenset({1001, 2018})
"""Error codes that say an incident is resolved: already, or so that the key sees it no longer."""

_CURES: Mapping[int, str] = {
    401: "check PAGERDUTY_API_TOKEN, and the region: EU accounts need api_url"
    " https://api.eu.pagerduty.com",
    402: "the account's plan does not include this",
    403: "the API key may not do this",
    404: "the incident may belong to another account or region",
}


class Throttled(LookUpFailed):
    """PagerDuty's rate limit; `wait` is how long it lasts."""

    def __init__(
        self,
        error: str,
        wait: timedelta,
        cure: str = "",
        *,
        answer: HttpAnswer | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(error, cure, answer=answer, sent=sent)
        self.wait = wait


def code_of(failed: LookUpFailed) -> int:
    """PagerDuty's own number for the reason of a refusal; 0 when it gave none."""
    if failed.answer is None:
        return 0
    try:
        body = mapping(loads(failed.answer.body))
    except ValueError:
        return 0
    return whole(mapping(body.get("error")).get("code")) or 0


def _said(body: Mapping[str, Any]) -> str:
    """`{error: {message, code, errors}}` in one line."""
    error = mapping(body.get("error"))
    details = [text(one) for one in items(error.get("errors")) if text(one)]
    return ", ".join(part for part in (text(error.get("message")), *details[:3]) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RestV2(Backend):
    """The backend with the one verb more that PagerDuty changes incidents with, and an eye on
    PagerDuty's clock."""

    times: TheirTime

    def _opened(self, answer: HttpAnswer, secrets: Sequence[str]) -> Any:
        self.times.note(answer)
        return Backend._opened(self, answer, secrets)

    async def change(
        self, path: str, body: Any, *, headers: Mapping[str, str], timeout: float
    ) -> Any:
        """PUT a JSON body, once; raises LookUpFailed like `act`."""
        packed = json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        return await self._ask("PUT", path, body=packed, headers=sent, timeout=timeout)


@dataclass(slots=True)
class PagerDutyApi:
    """Calls to one account. After a 429 nothing of its kind is asked until the limit has passed.

    Writes have a lower limit of their own, so a 429 to a write leaves reading free.
    """

    backend: _RestV2
    clock: Clock
    _blocked: dict[bool, datetime] = field(default_factory=dict[bool, datetime], init=False)

    @property
    def ahead(self) -> timedelta:
        """How far our clock is ahead of PagerDuty's, by its last answer; negative when behind."""
        return self.backend.times.ahead

    async def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, timeout: float
    ) -> dict[str, Any]:
        """Ask; raises LookUpFailed."""
        self._refuse_while_blocked(writing=False)
        return await self._answered(self.backend.get(path, params, timeout=timeout), writing=False)

    async def act(
        self, path: str, body: Any, *, headers: Mapping[str, str], timeout: float
    ) -> dict[str, Any]:
        """POST, once; raises LookUpFailed."""
        self._refuse_while_blocked(writing=True)
        call = self.backend.act(path, body, headers=headers, timeout=timeout)
        return await self._answered(call, writing=True)

    async def change(
        self, path: str, body: Any, *, headers: Mapping[str, str], timeout: float
    ) -> dict[str, Any]:
        """PUT, once; raises LookUpFailed."""
        self._refuse_while_blocked(writing=True)
        call = self.backend.change(path, body, headers=headers, timeout=timeout)
        return await self._answered(call, writing=True)

    async def _answered(self, call: Awaitable[Any], *, writing: bool) -> dict[str, Any]:
        try:
            return mapping(await call)
        except LookUpFailed as failed:
            raise self._noted(failed, writing=writing) from failed

    def _refuse_while_blocked(self, *, writing: bool) -> None:
        for kind in (False, True) if writing else (False,):
            until = self._blocked.get(kind)
            if until is not None and until > self.clock.now():
                words = f"PagerDuty's rate limit (429) lasts until {clock_text(until)}"
                raise Throttled(words, until - self.clock.now(), sent=False)

    def _noted(self, failed: LookUpFailed, *, writing: bool) -> LookUpFailed:
        """Remember a rate limit. `ratelimit-reset` is in seconds, and not every 429 has it."""
        if failed.answer is None or failed.status != 429:
            return failed
        reset = whole(failed.answer.headers.get("ratelimit-reset", ""))
        wait = timedelta(seconds=min(max(reset if reset is not None else 30, 1), 600))
        self._blocked[writing] = self.clock.now() + wait
        return Throttled(failed.error, wait, failed.cure, answer=failed.answer)


def api_of(http: Http, clock: Clock, url: str, token: Secret | None) -> PagerDutyApi:
    """The API of the account the token belongs to."""
    backend = _RestV2(
        vendor="PagerDuty",
        http=http,
        url=url,
        headers={"Accept": "application/vnd.pagerduty+json;version=2"},
        credentials=Credentials(token=token, scheme="Token token="),
        said=_said,
        cures=_CURES,
        times=TheirTime(clock),
    )
    return PagerDutyApi(backend, clock)
