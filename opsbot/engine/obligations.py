"""Runs what the record owes: each due obligation becomes one short flow.

An obligation stays open until its flow has ended, so a restart, or an engine whose database was
deleted, finds it again. Obligations of one incident and purpose are settled by the newest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from opsbot.core.moment import shifted
from opsbot.engine.plain import PlainSteps
from opsbot.engine.settling import Settling
from opsbot.engine.stopping import Stopping
from opsbot.ports import Clock, Engine, Flow, Obligation, Record

log = logging.getLogger(__name__)

AT_ONCE = 64  # flows running at the same time
LAST_SECONDS = 3.0  # that flows in flight are given at a stop
LONGEST_PAUSE = 300.0  # seconds between two tries of a failing flow
LONG_AT_ONCE = 64  # of flows that may take minutes; they take no place from the others
_LONG = frozenset({"run_step", "verify_run", "share_output"})
_MERGES = frozenset({"converge"})  # one look at the newest state settles all earlier ones


class ObligationRunner:
    """Starts flows for due obligations, settles them, and owes them again when they ask to."""

    def __init__(
        self, *, record: Record, engine: Engine, clock: Clock,
        one_step: Mapping[str, Flow] = MappingProxyType({}),
        observe: Callable[[str, str], None] = lambda purpose, outcome: None,
    ) -> None:  # fmt: skip
        self._record, self._engine, self._clock = record, engine, clock
        self._observe = observe
        self._one_step = dict(one_step)
        self._settling = Settling(record)
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._busy: set[tuple[str, str]] = set()
        self._long = 0  # of those running

    def wake(self) -> None:
        """Look again now: something was owed. Safe to call after every commit."""
        self._wake.set()

    def busy(self) -> bool:
        """Whether any flow is running that is not one of the long ones."""
        return len(self._running) > self._long

    async def run(self, stopping: Stopping) -> None:
        """Run until stopping; flows in flight have a few seconds to end, then the next start
        finds them still owed."""
        while not stopping:
            self._wake.clear()
            try:
                pause = await self._start_due()
            except Exception:
                log.exception("the record could not be read; trying again")
                pause = 1.0
            await stopping.or_wait(self._rest(pause))
        await self._end()

    async def _end(self) -> None:
        running = list(self._running.values())
        if running:
            await asyncio.wait(running, timeout=LAST_SECONDS)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _rest(self, pause: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), pause)
        except TimeoutError:
            return

    async def _start_due(self) -> float:
        """Start what is due; answer how long until something else may be."""
        now = self._clock.now()
        limit = AT_ONCE * 4 + len(self._running)
        due = [o for o in await self._record.due(now, limit) if o.key not in self._running]
        for group in _grouped(due):
            if not self._has_place(group[-1]):
                if group[-1].purpose in _LONG:
                    continue
                return 0.05
            place = (group[-1].incident_id, group[-1].purpose)
            if group[-1].purpose in _MERGES and place in self._busy:
                # Its flow in flight will be followed by the newest; what lies between the oldest
                # and the newest is moot, and must not keep others out of sight.
                if len(group) > 2:
                    await self._settling.done([o.key for o in _between(group)])
                continue
            self._start(group, place)
        following = await self._record.next_due(now)
        wait = (following - now).total_seconds() if following else 30.0
        return min(max(wait, 0.02), 30.0)

    def _has_place(self, owed: Obligation) -> bool:
        long = self._long if owed.purpose in _LONG else len(self._running) - self._long
        return long < (LONG_AT_ONCE if owed.purpose in _LONG else AT_ONCE)

    def _start(self, group: Sequence[Obligation], place: tuple[str, str]) -> None:
        newest = group[-1]
        task = asyncio.create_task(self._settle(group))
        self._running[newest.key] = task
        self._busy.add(place)
        self._long += newest.purpose in _LONG

        def done(_: asyncio.Task[None]) -> None:
            self._running.pop(newest.key, None)
            self._busy.discard(place)
            self._long -= newest.purpose in _LONG
            self.wake()

        task.add_done_callback(done)

    async def _settle(self, group: Sequence[Obligation]) -> None:
        newest = group[-1]
        try:
            again_in = await self._run_flow(newest)
        except asyncio.CancelledError:
            raise
        except Exception:
            self._observe(newest.purpose, "failed")
            log.exception("flow %s of %s failed; it is owed again", newest.purpose, newest.key)
            again_in = min(2.0 ** min(newest.attempt, 16), LONGEST_PAUSE)
        else:
            self._observe(newest.purpose, "done" if again_in is None else "again")
        try:
            await self._close(group, again_in)
        except Exception:
            log.exception("%s could not be settled; it will be found again", newest.key)
            await self._clock.sleep(1.0)

    async def _run_flow(self, owed: Obligation) -> float | None:
        arguments = {**owed.arguments, "incident_id": owed.incident_id, "key": owed.key}
        direct = self._one_step.get(owed.purpose)
        if direct is not None:
            return await direct(PlainSteps(), arguments)
        return await self._engine.run(f"{owed.key}#{owed.attempt}", owed.purpose, arguments)

    async def _close(self, group: Sequence[Obligation], again_in: float | None) -> None:
        if again_in is None:
            await self._settling.done([o.key for o in group])
            return
        # The oldest stays owed, so that how long Slack has been behind can be told.
        oldest = min(group, key=_since)
        if len(group) > 1:
            await self._settling.done([o.key for o in group if o is not oldest])
        later = shifted(self._clock.now(), timedelta(seconds=min(again_in, LONGEST_PAUSE)))
        await self._record.postpone(oldest.key, later)


def _since(owed: Obligation) -> datetime:
    return owed.owed_since or owed.due_at


def _between(group: Sequence[Obligation]) -> list[Obligation]:
    oldest = min(group, key=_since)
    return [o for o in group[:-1] if o is not oldest]


def _grouped(due: Sequence[Obligation]) -> list[list[Obligation]]:
    """Obligations that one flow settles, oldest first; the others each on their own."""
    groups: dict[tuple[str, str], list[Obligation]] = {}
    for obligation in due:
        alone = "" if obligation.purpose in _MERGES else obligation.key
        groups.setdefault((obligation.incident_id, obligation.purpose + alone), []).append(
            obligation
        )
    return list(groups.values())
