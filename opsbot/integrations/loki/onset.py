"""Since when a service logs more error lines than usual, from counts by the minute.

When there are too many lines to fetch, the fetched ones are the newest and say nothing of when
it began; the counts do.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from datetime import datetime, timedelta

from opsbot.core.evidence import Window
from opsbot.core.moment import from_micros, to_micros

MINUTE = timedelta(minutes=1)
TIMES_MORE = 3.0
LEAST_LINES = 3.0


def onsets(
    counts: Mapping[str, Mapping[int, float]], *, before: Window, window: Window
) -> dict[str, datetime]:
    """The beginning of each service's present stretch of minutes with three times the lines.

    `counts` are by the second at which each minute ends, without empty minutes. One calm minute
    does not end a stretch. Services without such a stretch at the window's end are left out.
    """
    found = {
        service: _onset(minutes, before=before, window=window)
        for service, minutes in counts.items()
    }
    return {service: at for service, at in found.items() if at is not None}


def _onset(minutes: Mapping[int, float], *, before: Window, window: Window) -> datetime | None:
    last, size = _seconds(window.end), int(window.length / MINUTE)
    usual = statistics.median(
        minutes.get(_seconds(before.end) - 60 * back, 0.0)
        for back in range(max(int(before.length / MINUTE), 1))
    )
    least = max(LEAST_LINES, TIMES_MORE * usual)
    onset, calm = None, 0
    for back in range(size):
        end = last - 60 * back
        if minutes.get(end, 0.0) >= least:
            onset, calm = end - 60, 0
        else:
            calm += 1
        if calm > 1 and back > 1:  # the newest minutes may not be complete yet
            break
    return from_micros(onset * 1_000_000) if onset is not None else None


def _seconds(at: datetime) -> int:
    return to_micros(at) // 1_000_000
