"""How the sandbox PagerDuty counts requests and pages through lists."""

from __future__ import annotations

import math
from typing import Any

from multidict import MultiMapping

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.pagerduty_incident import AccountError

REQUESTS_A_MINUTE = 960
WRITES_A_MINUTE = 300
"""Changes to incidents; that they have a lower limit is documented, how low is not."""
DEFAULT_PAGE = 25
LARGEST_PAGE = 100
FURTHEST = 10_000


class RequestBudget:
    """A minute's requests for each key, told in ratelimit-* headers."""

    def __init__(self, clock: Clock, *, a_minute: int = REQUESTS_A_MINUTE) -> None:
        self._clock = clock
        self.most = a_minute
        self._used: dict[str, tuple[float, int]] = {}

    def take(self, key: str) -> tuple[bool, dict[str, str]]:
        """Count one request; give whether it is within the limit, and the headers to answer."""
        now = self._clock.monotonic()
        began, used = self._used.get(key, (now, 0))
        if now - began >= 60.0:
            began, used = now, 0
        self._used[key] = (began, used + 1)
        headers = {
            "ratelimit-limit": str(self.most),
            "ratelimit-remaining": str(max(0, self.most - used - 1)),
            "ratelimit-reset": str(max(1, math.ceil(began + 60.0 - now))),
        }
        return used < self.most, headers


def page_of(name: str, items: list[dict[str, Any]], query: MultiMapping[str]) -> dict[str, Any]:
    """Give one page of a list; raises AccountError beyond 10,000 entries or for a bad number."""
    limit = min(LARGEST_PAGE, _number(query, "limit", DEFAULT_PAGE, least=1))
    offset = _number(query, "offset", 0, least=0)
    if offset + limit > FURTHEST:
        raise AccountError(
            "Invalid Input Provided", 2001, f"Offset and limit must not exceed {FURTHEST} together."
        )
    return {
        name: items[offset : offset + limit],
        "limit": limit,
        "offset": offset,
        "total": len(items) if query.get("total") == "true" else None,
        "more": offset + limit < len(items),
    }


def _number(query: MultiMapping[str], name: str, default: int, *, least: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit() or int(text) < least:
        raise AccountError(
            "Invalid Input Provided", 2001, f"{name} must be a number from {least} on"
        )
    return int(text)
