"""What a running step says so far: its newest lines, put on the record at growing distances, so
that a long step is seen to move and its record stays short."""

from __future__ import annotations

import logging
from collections import deque

from opsbot.core.entry import StepProgressed
from opsbot.core.run_entry import Phase
from opsbot.core.text import inert
from opsbot.flows.run_record import record_progress
from opsbot.ports import Ports

log = logging.getLogger(__name__)
TAIL = 8  # lines
LONGEST_LINE = 300
_FIRST, _LONGEST = 1.5, 60.0  # seconds between two entries


class Progress:
    """The lines of one step as they come; `tell` is cheap and never waits."""

    def __init__(
        self, ports: Ports, incident_id: str, run_id: str, phase: Phase, step: int
    ) -> None:
        self._ports, self._incident_id, self._run_id = ports, incident_id, run_id
        self._phase, self._step = phase, step
        self._tail: deque[str] = deque(maxlen=TAIL)
        self.lines = 0

    def tell(self, line: str) -> None:
        """Take one line of output."""
        self.lines += 1
        self._tail.append(inert(line, LONGEST_LINE))

    @property
    def tail(self) -> str:
        """The newest lines, without secrets."""
        return self._ports.record.clean("\n".join(self._tail))

    async def keep_telling(self) -> None:
        """Put the newest lines on the record until cancelled. What could not be put there is told
        the next time; the step goes on meanwhile."""
        pause, told, number, failing = _FIRST, 0, 0, False
        while True:
            await self._ports.clock.sleep(pause)
            lines = self.lines
            if lines == told:
                continue
            number += 1
            try:
                await self._tell_now(number, lines)
            except Exception:
                if not failing:  # a record that is away for an hour fails many times
                    log.exception("how far a step has come could not be put on the record")
                failing = True
            else:
                told, failing = lines, False
            pause = min(pause * 1.7, _LONGEST)

    async def _tell_now(self, number: int, lines: int) -> None:
        body = StepProgressed(
            run_id=self._run_id, phase=self._phase, step=self._step, tail=self.tail, lines=lines
        )
        name = f"{self._phase}:{self._step}:progress:{number}"
        await record_progress(self._ports, self._incident_id, self._run_id, name, body)
