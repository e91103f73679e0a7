"""Questions about incidents over REST: which are open or were lately resolved, and for one of
them its log and its notes. Lists come in pages, and every one of them has a bound.

After PagerDuty's API reference: without `since` a list covers a month, and at most six.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from opsbot.core.moment import shifted
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text
from opsbot.integrations.pagerduty.api import PagerDutyApi
from opsbot.integrations.pagerduty.log_lines import Json, changed_at
from opsbot.ports import Clock

_PAGE = 100
_MOST_PAGES = 20  # 2,000 incidents, the newest first; PagerDuty itself ends at 10,000
_MOST_LOG_PAGES = 10
_LONGEST_RANGE = timedelta(days=179)
_AHEAD = timedelta(days=1)  # our clock may be behind PagerDuty's
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """Look-ups in one account. All raise LookUpFailed."""

    api: PagerDutyApi
    clock: Clock
    deadline: float

    async def listed(self, since: datetime) -> dict[str, Json]:
        """Every open incident, and those resolved since then, by id. `since` is a time of our
        clock; lists go by PagerDuty's."""
        open_ones = [
            ("statuses[]", "triggered"), ("statuses[]", "acknowledged"),
            ("sort_by", "created_at:desc"),
        ]  # fmt: skip
        assumed = self._now()
        found = await self._paged([*self._span(), *open_ones])
        if self._now() - assumed > _AHEAD / 2:  # the range may have ended before the newest
            found = await self._paged([*self._span(), *open_ones])
        resolved = [("statuses[]", "resolved"), ("sort_by", "resolved_at:desc")]
        theirs = shifted(since, -self.api.ahead)
        found += await self._paged([*self._span(), *resolved], theirs)
        return {text(one.get("id")): one for one in found if text(one.get("id"))}

    async def one(self, alert_id: str) -> Json:
        """An incident as it is now."""
        answer = await self.api.get(_path(alert_id), timeout=self.deadline)
        return mapping(answer.get("incident"))

    async def log_entries(self, alert_id: str, since: datetime) -> list[Json]:
        """An incident's log since then, a time of PagerDuty's, the newest first."""
        oldest = max(since, shifted(self._now(), -_LONGEST_RANGE))
        params = [("is_overview", "false"), ("since", _text(oldest))]
        found: list[Json] = []
        for page in range(_MOST_LOG_PAGES):
            path = f"{_path(alert_id)}/log_entries"
            answer = await self._page(path, params, page, key="log_entries")
            found += objects(answer["log_entries"])
            if answer.get("more") is not True:
                return found
        _log.warning(
            "pagerduty: the log of incident %s is longer than %d entries; older ones are not told",
            alert_id, _MOST_LOG_PAGES * _PAGE,
        )  # fmt: skip
        return found

    async def notes(self, alert_id: str) -> list[Json]:
        """An incident's notes, all of them: they come without pages."""
        answer = await self.api.get(f"{_path(alert_id)}/notes", timeout=self.deadline)
        return [*objects(answer.get("notes"))]

    def _now(self) -> datetime:
        """The time at PagerDuty, as far as its answers have told it."""
        return shifted(self.clock.now(), -self.api.ahead)

    def _span(self) -> list[tuple[str, str]]:
        until = shifted(self._now(), _AHEAD)
        return [("since", _text(shifted(until, -_LONGEST_RANGE))), ("until", _text(until))]

    async def _paged(
        self, params: Sequence[tuple[str, str]], since: datetime | None = None
    ) -> list[Json]:
        """The incidents of a list; with `since` only up to the first page without a later one."""
        found: list[Json] = []
        for page in range(_MOST_PAGES):
            answer = await self._page("/incidents", params, page, key="incidents")
            kept = [
                one
                for one in objects(answer["incidents"])
                if since is None or changed_at(one) >= since
            ]
            found += kept
            if answer.get("more") is not True or (since is not None and not kept):
                return found
        _log.info(
            "pagerduty: more than %d incidents in one list; older ones are asked for only when"
            " an incident here holds them", _MOST_PAGES * _PAGE,
        )  # fmt: skip
        return found

    async def _page(
        self, path: str, params: Sequence[tuple[str, str]], page: int, *, key: str
    ) -> Mapping[str, Any]:
        window = [("limit", str(_PAGE)), ("offset", str(page * _PAGE))]
        answer = await self.api.get(path, [*params, *window], timeout=self.deadline)
        if key not in answer:
            raise LookUpFailed(f"PagerDuty did not answer with {key}", "check api_url")
        return answer


def _path(alert_id: str) -> str:
    return f"/incidents/{quote(alert_id, safe='')}"


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
