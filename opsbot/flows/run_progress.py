"""What a running step says so far: its newest lines, put on the record at growing distances, so
that a long step is seen to move and its record stays short."""

from __future__ import annotations

from collections import deque
from contextlib import suppress

from opsbot.core.entry import StepProgressed
from opsbot.core.run_entry import Phase
from opsbot.core.text import inert
from opsbot.flows.run_record import record_progress
from opsbot.ports import Ports

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
        """Put the newest lines on the record until cancelled."""
        pause, said, number = _FIRST, 0, 0
        while True:
            await self._ports.clock.sleep(pause)
            if self.lines == said:
                continue
            said, number = self.lines, number + 1
            body = StepProgressed(
                run_id=self._run_id, phase=self._phase, step=self._step, tail=self.tail,
                lines=said,
            )  # fmt: skip
            name = f"{self._phase}:{self._step}:progress:{number}"
            with suppress(Exception):  # the next lines tell it; the step goes on meanwhile
                await record_progress(self._ports, self._incident_id, self._run_id, name, body)
            pause = min(pause * 1.7, _LONGEST)
