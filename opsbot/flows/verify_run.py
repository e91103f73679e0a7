"""Watch the metric after the steps of a run: it helped when the metric comes to where it should in
time and stays there; else it did not, or nobody can say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.moment import lasting
from opsbot.core.run import Run
from opsbot.core.run_approval import is_whole
from opsbot.core.run_entry import CheckOutcome, Phase
from opsbot.core.run_moves import Verify, next_move
from opsbot.core.run_preview import bound, reading, seconds
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.core.text import inert
from opsbot.flows.run_record import record_progress, record_run
from opsbot.ports import Done, Gauge, Outcome, Ports, Refused, Steps, Unsure

log = logging.getLogger(__name__)
TOLD_EVERY = 5  # readings between two entries that say how far it has come
READ_WITHIN = 20.0  # seconds for one reading: a source that hangs keeps no target to itself
SILENCED = "what it is verified by was redacted, so nothing could be verified"


async def verify_run(
    ports: Ports, steps: Steps, arguments: Mapping[str, str], *, read_within: float = READ_WITHIN
) -> float | None:
    """Answer None once the verdict is on the record. After a restart the deadline still runs from
    when the watching began."""
    incident_id, run_id = arguments["incident_id"], arguments["run"]

    async def step() -> None:
        run = (await ports.record.incident(incident_id)).runs.get(run_id)
        if run is None or not isinstance(next_move(run), Verify) or run.plan.check is None:
            return
        gauge = ports.gauges.get(run.plan.check.source)
        if not is_whole(run.plan):  # what is left of the query asks about something else
            verdict = _verdict(run, CheckOutcome.UNREADABLE, SILENCED, None, 0.0)
        elif gauge is None:
            said = f"{run.plan.check.source} is not configured, so nothing could be verified"
            verdict = _verdict(run, CheckOutcome.UNREADABLE, said, None, 0.0)
        else:
            watch = _Watch(ports, incident_id, run, run.plan.check, gauge, read_within)
            verdict = await watch.until_decided()
        await record_run(ports, incident_id, run_id, ("verified", verdict))

    await steps.run("verify run", step)
    return None


class _Watch:
    """One watching, from its first reading to its verdict."""

    def __init__(
        self, ports: Ports, incident_id: str, run: Run, check: RenderedCheck, gauge: Gauge,
        read_within: float,
    ) -> None:  # fmt: skip
        self._ports, self._incident_id, self._run = ports, incident_id, run
        self._check, self._gauge, self._read_within = check, gauge, read_within
        self._here_since = ports.clock.now()  # later than the beginning after a restart
        self._good_since: datetime | None = None
        self._value: float | None = None
        self._trouble = ""
        self._readings = 0

    async def until_decided(self) -> e.RunVerified:
        """Read until the metric has held, or until the deadline."""
        check, clock = self._check, self._ports.clock
        began = await self._begun()
        while True:
            now = clock.now()
            await self._read()
            gone = (clock.now() - began).total_seconds()
            if await self._is_silenced():
                return _verdict(self._run, CheckOutcome.UNREADABLE, SILENCED, None, gone)
            if self._held(now):
                return self._passed((now - began).total_seconds())
            if gone >= check.within_s:
                return self._missed(gone)
            await self._tell()
            await clock.sleep(max(min(check.every_s, check.within_s - gone), 0.1))

    async def _begun(self) -> datetime:
        if self._run.check and self._run.check.since:
            return self._run.check.since
        now = self._ports.clock.now()
        await self._say("watching the metric")
        return now

    async def _is_silenced(self) -> bool:
        """Whether the request was redacted meanwhile: what is watched must not be named again."""
        held = (await self._ports.record.incident(self._incident_id)).runs.get(self._run.run_id)
        return held is None or not is_whole(held.plan)

    async def _read(self) -> None:
        self._readings += 1
        match await self._reading():
            case Done(value=value):
                self._value, self._trouble = value, ""
            case Refused(error=error, cure=cure):
                self._trouble = f"{error}; {cure}" if cure else error
            case Unsure(reason=reason):
                self._trouble = reason

    async def _reading(self) -> Outcome[float | None]:
        try:
            # wait_for can lose a cancellation before Python 3.12, and a stop would wait for it.
            async with asyncio.timeout(self._read_within):
                return await self._gauge.read(self._check)
        except TimeoutError:
            return Unsure(reason=f"no answer within {self._read_within:g} s")
        except Exception as error:  # a run that never ends would keep its target to itself
            log.exception("the gauge %s raised", self._check.source)
            return Unsure(reason=f"{self._check.source} failed ({type(error).__name__})")

    def _held(self, now: datetime) -> bool:
        if self._trouble or self._value is None or not _good(self._check, self._value):
            self._good_since = None
            return False
        self._good_since = self._good_since or now
        return (now - self._good_since).total_seconds() >= self._check.holds_s

    def _passed(self, took_s: float) -> e.RunVerified:
        now = reading(self._value, self._check.unit)
        before = self._run.before
        was = f" (was {reading(before, self._check.unit)})" if before is not None else ""
        said = f"{self._what} {now}{was} after {_words(took_s)}"
        return _verdict(self._run, CheckOutcome.PASSED, said, self._value, took_s)

    def _missed(self, took_s: float) -> e.RunVerified:
        after = _words(took_s)
        if self._trouble:
            said = f"{self._what} could not be read: {inert(self._trouble, 300)}"
            return _verdict(self._run, CheckOutcome.UNREADABLE, said, None, took_s)
        if self._value is None:
            said = f"there is no {self._what} after {after}: no data is not a good sign"
            return _verdict(self._run, CheckOutcome.UNREADABLE, said, None, took_s)
        now = reading(self._value, self._check.unit)
        if self._good_since is not None:
            return self._not_held(f"{self._what} {now} after {after}", took_s)
        said = f"{self._what} still {now} after {after}; it should be {bound(self._check)}"
        return _verdict(self._run, CheckOutcome.FAILED, said, self._value, took_s)

    def _not_held(self, now: str, took_s: float) -> e.RunVerified:
        """It is good by now, and was not for long enough; or nobody watched it for so long."""
        wanted = f"{bound(self._check)} for {seconds(self._check.holds_s)}"
        watched = (self._ports.clock.now() - self._here_since).total_seconds()
        if watched < min(self._check.holds_s, took_s):
            said = f"{now}, but opsbot was away: nobody knows whether it was {wanted}"
            return _verdict(self._run, CheckOutcome.UNREADABLE, said, self._value, took_s)
        said = f"{now}, but it was not {wanted}"
        return _verdict(self._run, CheckOutcome.FAILED, said, self._value, took_s)

    @property
    def _what(self) -> str:
        check = self._check
        name = inert(check.signal.replace("_", " ") or check.query, 160)
        return f"{name} of {check.service}" if check.signal and check.service else name

    async def _tell(self) -> None:
        if self._readings % TOLD_EVERY == 1:
            trouble = f"cannot be read: {inert(self._trouble, 200)}"
            now = trouble if self._trouble else reading(self._value, self._check.unit)
            await self._say(f"{self._what} {now}; it should be {bound(self._check)}")

    async def _say(self, words: str) -> None:
        said = self._ports.record.clean(words)
        body = e.StepProgressed(run_id=self._run.run_id, phase=Phase.STEPS, step=-1, tail=said)
        name = f"verify:{self._readings}"
        await record_progress(self._ports, self._incident_id, self._run.run_id, name, body)


def _good(check: RenderedCheck, value: float) -> bool:
    low = check.above is None or value > check.above
    return low and (check.below is None or value < check.below)


def _words(seconds: float) -> str:
    return lasting(timedelta(seconds=seconds))


def _verdict(
    run: Run, outcome: CheckOutcome, said: str, after: float | None, took_s: float
) -> e.RunVerified:
    return e.RunVerified(
        run_id=run.run_id, outcome=outcome, said=said, before=run.before, after=after,
        took_s=round(took_s, 1),
    )  # fmt: skip
