"""PagerDuty's REST API v2: one place for its address, key, rate limit and error words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from opsbot.core.moment import clock_text
from opsbot.integrations import Secret
from opsbot.integrations._backend import Backend, Credentials, LookUpFailed
from opsbot.integrations._foreign_json import items, mapping, text, whole
from opsbot.ports import Clock, Http

_CURES: Mapping[int, str] = {
    400: "check from_email: it must be a user's login e-mail",
    401: "check PAGERDUTY_API_TOKEN, and the region: EU accounts need api_url"
    " https://api.eu.pagerduty.com",
    402: "the account's plan does not include this",
    403: "the API key may not do this",
    404: "the incident may belong to another account or region",
}


def _said(body: Mapping[str, Any]) -> str:
    """`{error: {message, code, errors}}` in one line."""
    error = mapping(body.get("error"))
    details = [text(one) for one in items(error.get("errors")) if text(one)]
    return ", ".join(part for part in (text(error.get("message")), *details[:3]) if part)


@dataclass(slots=True)
class PagerDutyApi:
    """Calls to one account. After a 429 nothing is asked until the limit has passed."""

    backend: Backend
    clock: Clock
    _blocked_until: datetime | None = field(default=None, init=False)

    async def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, timeout: float
    ) -> dict[str, Any]:
        """Ask; raises LookUpFailed."""
        self._refuse_while_blocked()
        try:
            return mapping(await self.backend.get(path, params, timeout=timeout))
        except LookUpFailed as failed:
            raise self._noted(failed) from failed

    async def act(
        self, path: str, body: Any, *, headers: Mapping[str, str], timeout: float
    ) -> dict[str, Any]:
        """Write, once; raises LookUpFailed."""
        self._refuse_while_blocked()
        try:
            return mapping(await self.backend.act(path, body, headers=headers, timeout=timeout))
        except LookUpFailed as failed:
            raise self._noted(failed) from failed

    def blocked_for(self) -> timedelta:
        """How long the rate limit still lasts."""
        if self._blocked_until is None:
            return timedelta(0)
        return max(self._blocked_until - self.clock.now(), timedelta(0))

    def _refuse_while_blocked(self) -> None:
        if self._blocked_until is not None and self.blocked_for() > timedelta(0):
            until = clock_text(self._blocked_until)
            raise LookUpFailed(f"PagerDuty's rate limit (429) lasts until {until}", sent=False)

    def _noted(self, failed: LookUpFailed) -> LookUpFailed:
        """Remember a rate limit. `ratelimit-reset` is in seconds, and not every 429 has it."""
        if failed.answer is not None and failed.status == 429:
            reset = whole(failed.answer.headers.get("ratelimit-reset", ""))
            seconds = min(max(reset if reset is not None else 30, 1), 600)
            self._blocked_until = self.clock.now() + timedelta(seconds=seconds)
        return failed


def api_of(http: Http, clock: Clock, url: str, token: Secret | None) -> PagerDutyApi:
    """The API of the account the token belongs to."""
    backend = Backend(
        vendor="PagerDuty",
        http=http,
        url=url,
        headers={"Accept": "application/vnd.pagerduty+json;version=2"},
        credentials=Credentials(token=token, scheme="Token token="),
        said=_said,
        cures=_CURES,
    )
    return PagerDutyApi(backend, clock)
