"""What stands in the way of a run at the moment it would begin: another run on the same target,
or one that ended too short a time ago. Asked under the record's lock: of two only one begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from opsbot.core.moment import clock_text, shifted
from opsbot.core.policy import PastRun
from opsbot.core.text import inert


def in_the_way(
    run_id: str, target: str, cooldown: timedelta, recent: Sequence[PastRun], now: datetime
) -> str:
    """Why it cannot begin now, in a sentence; empty when it can."""
    same = [one for one in recent if one.target == target and one.run_id != run_id and target]
    running = [one for one in same if one.started_at and not one.finished_at]
    if running:
        what = inert(running[0].runbook, 60)
        return f"{what} is running on {inert(target, 80)} right now; wait for its end"
    ended = [one.finished_at for one in same if one.started_at and one.finished_at]
    free_at = shifted(max(ended), cooldown) if ended else None
    if free_at is not None and now < free_at:
        return (
            f"a run on {inert(target, 80)} ended at {clock_text(max(ended))}; the next may begin "
            f"at {clock_text(free_at)}"
        )
    return ""
