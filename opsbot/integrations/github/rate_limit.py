"""When GitHub lets us ask again after it has refused because of its rate limit."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbot.core.moment import to_micros
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import whole


def free_again(failed: LookUpFailed, now: datetime) -> datetime | None:
    """When a rate limit ends, or None when the refusal is none.

    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 or 429 with
    retry-after, or with x-ratelimit-remaining 0 and x-ratelimit-reset; otherwise wait a minute.
    """
    if failed.answer is None or failed.status not in (403, 429):
        return None
    headers = failed.answer.headers
    used_up = headers.get("x-ratelimit-remaining") == "0"
    wait = whole(headers.get("retry-after", ""))
    if failed.status == 403 and not used_up and wait is None:
        return None
    reset = whole(headers.get("x-ratelimit-reset", ""))
    if wait is None and used_up and reset is not None:
        wait = reset - to_micros(now) // 1_000_000
    return now + timedelta(seconds=min(max(wait or 60, 1), 3600))
