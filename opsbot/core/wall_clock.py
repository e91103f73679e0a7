"""What a clock on the wall showed: a day and a time in some zone as a moment, both clock changes
understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from opsbot.core.moment import EPOCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The moment, and what has to be said about how it was chosen (usually nothing)."""

    at: datetime  # aware, UTC
    remark: str = ""


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, or None when this machine does not know it."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # unknown; no name at all; a folder of names
        return None


def shown_on(day: date, clock: time, zone: tzinfo, latest: datetime) -> Shown | None:
    """When the clocks of `zone` showed `clock` on `day`; None when that was after `latest`.

    Of an hour that came twice the later one not after `latest` is meant, and for a time that
    never came the moment at which the clocks jumped over it (PEP 495 on folds and gaps).
    """
    naive, told = datetime.combine(day, clock), _told(clock)
    early, late = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) != naive:
        # In a gap the first reading lies after the jump, and the second before it.
        jump = _jump(late, early, zone)
        remark = (
            f"{told} never came that day, because the clocks jumped over it: the moment of the "
            f"jump, {jump.astimezone(zone):%H:%M}, was taken"
        )
        return Shown(at=jump, remark=remark) if jump <= latest else None
    if late > early and late <= latest:
        return Shown(at=late, remark=f"{told} came twice that day: the later one was taken")
    if early > latest:
        return None
    remark = f"{told} comes twice that day: the earlier one was taken" if late > early else ""
    return Shown(at=early, remark=remark)


def _told(clock: time) -> str:
    return f"{clock:%H:%M:%S}" if clock.second else f"{clock:%H:%M}"


def _jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The second at which the zone's offset changed, between two UTC times on its two sides."""
    low, high = int((before - EPOCH).total_seconds()), int((after - EPOCH).total_seconds()) + 1

    def offset(second: int) -> timedelta | None:
        return (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()

    changed = offset(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if offset(middle) == changed else (middle, high)
    return EPOCH + timedelta(seconds=high)
