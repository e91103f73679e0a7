"""What time it is at PagerDuty, by the Date header of its answers: our own clock may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from opsbot.ports import Clock, HttpAnswer

_FURTHEST = timedelta(days=7)  # a Date that is further off is a broken proxy's


@dataclass(slots=True)
class TheirTime:
    """`ahead` is how far our clock is ahead of PagerDuty's; zero until an answer had a date."""

    clock: Clock
    ahead: timedelta = timedelta(0)

    def note(self, answer: HttpAnswer) -> None:
        """Compare the clocks at an answer that has just come."""
        said = _dated(answer)
        if said is None:
            return
        ahead = self.clock.now() - said
        if abs(ahead) <= _FURTHEST:
            self.ahead = ahead


def _dated(answer: HttpAnswer) -> datetime | None:
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
    age = answer.headers.get("age", "")  # seconds a cache has kept the answer
    kept = int(age) if age.isascii() and age.isdecimal() and len(age) < 7 else 0
    return said.astimezone(UTC) + timedelta(seconds=kept) if 1970 < said.year < 9000 else None
