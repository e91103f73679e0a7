"""Since when a service logs more error lines than usual, from counts by the minute.

When there are too many lines to fetch, the fetched ones are the newest and say nothing of when
it began; the counts do.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from datetime import datetime, timedelta

from opsbot.core.evidence import Window
from opsbot.core.moment import shifted, to_micros

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
    last = to_micros(window.end) // 1_000_000
    found = {
        service: _onset(
            {round((last - end) / 60): lines for end, lines in minutes.items()},
            before=before,
            window=window,
        )
        for service, minutes in counts.items()
    }
    return {service: at for service, at in found.items() if at is not None}


def _onset(lines: Mapping[int, float], *, before: Window, window: Window) -> datetime | None:
    """The onset from lines by minutes back from the window's end (0 is the last minute)."""
    nearest = round((window.end - before.end) / MINUTE)
    size = max(round(before.length / MINUTE), 1)
    usual = statistics.median(lines.get(nearest + back, 0.0) for back in range(size))
    least = max(LEAST_LINES, TIMES_MORE * usual)
    onset, calm = -1, 0
    for back in range(round(window.length / MINUTE)):
        if lines.get(back, 0.0) >= least:
            onset, calm = back, 0
        else:
            calm += 1
        if calm > 1 and back > 1:  # the newest minutes may not be complete yet
            break
    return None if onset < 0 else shifted(window.end, -(onset + 1) * MINUTE)
