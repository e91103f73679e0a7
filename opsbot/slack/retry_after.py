"""Reading `Retry-After`: whole seconds from Slack, anything at all from a proxy in between."""

from __future__ import annotations

import math
from datetime import datetime
from email.utils import parsedate_to_datetime

_UNSAID = 10.0  # seconds, when a limit comes without a usable wait
_LONGEST = 3600.0  # a mistyped wait must not silence opsbot for a day


def seconds_of(header: str | None, now: datetime) -> float:
    """How long to hold back: at least a second, at most an hour, whatever the header says."""
    text = (header or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, now)
    if math.isnan(seconds):
        return _UNSAID
    return min(max(seconds, 1.0), _LONGEST)


def _until(text: str, now: datetime) -> float:
    """Seconds until an HTTP date; NaN when it is none."""
    try:
        return (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return math.nan
