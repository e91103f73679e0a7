"""This machine's clock against those of Slack and PagerDuty, told by their Date headers.

Slack's signatures are good for five minutes; a clock that is further off refuses every click.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.means import Means
from opsbot.ports import HttpAnswer, HttpFailure

NOTICED = timedelta(seconds=30)
TOO_FAR = timedelta(seconds=120)
_FIX = "Let this machine keep time by NTP, such as with `timedatectl set-ntp true`"


async def against_slack(means: Means) -> Finding:
    """Slack answers `api.test` to anybody."""
    return await _against(means, "clock.slack", "Slack", f"{means.settings.slack.api_url}api.test")


async def against_pagerduty(means: Means) -> Finding:
    """Any answer has a date, a refusal too."""
    known = means.settings.integration("pagerduty")
    if known is None:
        return skipped("clock.pagerduty", "PagerDuty is not configured")
    vendor: Any = known.settings
    return await _against(means, "clock.pagerduty", "PagerDuty", f"{vendor.api_url}/")


async def _against(means: Means, name: str, whose: str, url: str) -> Finding:
    before = means.clock.now()
    try:
        answer = await means.http.request("GET", url, timeout=10.0, max_bytes=100_000)
    except HttpFailure as failure:
        return skipped(name, f"{whose} was not reached ({failure.reason})")
    ours = before + (means.clock.now() - before) / 2
    theirs = _dated(answer)
    if theirs is None:
        return skipped(name, f"{whose} did not say what time it is")
    off = ours - theirs
    seconds, way = round(abs(off.total_seconds())), "ahead of" if off > timedelta(0) else "behind"
    if abs(off) > TOO_FAR:
        return bad(name, f"this clock is {seconds} s {way} {whose}'s: signatures are refused", _FIX)
    if abs(off) > NOTICED:
        return warn(name, f"this clock is {seconds} s {way} {whose}'s", _FIX)
    # The header tells whole seconds, so a second is as good as none.
    within = "within a second of" if seconds <= 1 else f"{seconds} s {way}"
    return ok(name, f"this clock is {within} {whose}'s")


def _dated(answer: HttpAnswer) -> datetime | None:
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
    age = answer.headers.get("age", "")  # seconds a cache has kept the answer
    return said + timedelta(seconds=int(age)) if age.isdecimal() and len(age) < 7 else said
