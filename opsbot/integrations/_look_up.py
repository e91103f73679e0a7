"""One look-up of an evidence source: its parts under one deadline, and the report in the end.

What answered in time is reported; every part that did not is a gap with its reason.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    Finding,
    Gap,
    Health,
    SourceReport,
    unreachable,
)
from opsbot.core.series import Exhibit
from opsbot.core.text import cut, inert, listed
from opsbot.integrations._backend import LookUpFailed
from opsbot.ports import Clock, HttpFailure

T = TypeVar("T")
_log = logging.getLogger(__name__)
_LONGEST_REASON = 400


@dataclass(slots=True, kw_only=True)
class LookUp:
    """What one `collect` has asked, what failed, and how much time it has left."""

    source: str
    kind: EvidenceKind
    ask: EvidenceAsk
    clock: Clock
    deadline: float  # seconds from the start
    fetched_at: datetime = field(init=False)
    queries: list[str] = field(default_factory=list[str])
    failures: dict[str, str] = field(default_factory=dict[str, str])  # part -> reason
    warnings: list[str] = field(default_factory=list[str])
    cut_off: list[str] = field(default_factory=list[str])
    _started: float = field(init=False)
    _ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.fetched_at = self.clock.now()
        self._started = self.clock.monotonic()
        # Answers come over the network in real time, so the deadline is the event loop's.
        self._ends_at = asyncio.get_running_loop().time() + self.deadline

    @property
    def left(self) -> float:
        """Seconds until the deadline, never less than none."""
        return max(self._ends_at - asyncio.get_running_loop().time(), 0.0)

    async def parts(self, asked: Mapping[str, Coroutine[Any, Any, T]]) -> dict[str, T]:
        """Ask all parts at once and give the answers that came in time, by part.

        A part that failed or was late is remembered in `failures` and left out.
        """
        answers, errors = await in_time(asked, self.left)
        self.failures |= {name: self._why(error) for name, error in errors.items()}
        return answers

    def _why(self, error: BaseException) -> str:
        if isinstance(error, asyncio.CancelledError):
            return f"no answer within {self.deadline:g} s"
        if isinstance(error, LookUpFailed | HttpFailure):
            return error.reason
        return _misunderstood(self.source, error)

    def report(
        self,
        *,
        health: Health,
        findings: Sequence[Finding] = (),
        gaps: Sequence[Gap] = (),
        newest_at: datetime | None = None,
        reason: str = "",
        link: str = "",
    ) -> SourceReport:
        """The report, with a gap for every part that failed; no part left means unreachable."""
        words = [part for part in (reason, *self._said()) if part]
        return SourceReport(
            source=self.source,
            kind=self.kind,
            health=health,
            window=self.ask.window,
            query="\n".join(self.queries),
            fetched_at=self.fetched_at,
            duration_ms=self._duration_ms(),
            findings=tuple(sorted(findings, key=lambda finding: finding.at)),
            gaps=(*gaps, *self._failed_gaps()),
            newest_at=newest_at,
            reason=cut("; ".join(words), _LONGEST_REASON),
            link=link,
            truncated="; ".join(self.cut_off),
        )

    def unreachable(self, reason: str = "") -> SourceReport:
        """The report when nothing answered."""
        reasons = dict.fromkeys(self.failures.values())
        return unreachable(
            self.source,
            self.kind,
            self.ask,
            reason=cut(reason or "; ".join(reasons) or "no answer", _LONGEST_REASON),
            query="\n".join(self.queries),
            fetched_at=self.fetched_at,
            duration_ms=self._duration_ms(),
        )

    def _duration_ms(self) -> int:
        return round((self.clock.monotonic() - self._started) * 1000)

    def _said(self) -> list[str]:
        words = [f"warning: {inert(warning, 160)}" for warning in dict.fromkeys(self.warnings)][:3]
        by_reason: dict[str, list[str]] = {}
        for part, reason in self.failures.items():
            by_reason.setdefault(reason, []).append(part)
        return words + [
            f"no {listed(tuple(parts))} ({reason})" for reason, parts in by_reason.items()
        ]

    def _failed_gaps(self) -> tuple[Gap, ...]:
        return tuple(
            Gap(service="", health=Health.UNREACHABLE, since=None, reason=f"{part}: {reason}")
            for part, reason in self.failures.items()
        )


async def in_time(
    asked: Mapping[str, Coroutine[Any, Any, T]], seconds: float
) -> tuple[dict[str, T], dict[str, BaseException]]:
    """Run all at once and give, by name, what answered within so many seconds and what did not.

    What was late is cancelled, and its error is CancelledError.
    """
    tasks = {name: asyncio.ensure_future(part) for name, part in asked.items()}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=seconds)
    finally:
        for task in tasks.values():
            task.cancel()
    outcomes = await asyncio.gather(*tasks.values(), return_exceptions=True)
    answers: dict[str, T] = {}
    errors: dict[str, BaseException] = {}
    for name, outcome in zip(tasks, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            errors[name] = outcome
        else:
            answers[name] = outcome
    return answers, errors


def names_in(source: str, ask: EvidenceAsk) -> dict[str, str]:
    """The services of the ask as `source` calls them, each with our name; the first one wins."""
    names: dict[str, str] = {}
    for subject in ask.subjects:
        names.setdefault(subject.known_as(source), subject.service)
    return names


async def reported(
    look_up: LookUp, work: Callable[[LookUp], Awaitable[SourceReport]]
) -> SourceReport:
    """Run `work`, turning whatever goes wrong into an `unreachable` report."""
    try:
        return await work(look_up)
    except (LookUpFailed, HttpFailure) as failure:
        return look_up.unreachable(failure.reason)
    except Exception as error:  # noqa: BLE001 - a source always answers with a report
        return look_up.unreachable(_misunderstood(look_up.source, error))


async def shown(
    look_up: LookUp, work: Callable[[LookUp], Awaitable[tuple[Exhibit, ...]]]
) -> tuple[Exhibit, ...]:
    """Run `work`; whatever goes wrong, there is nothing to show, and the reports say why."""
    try:
        return await work(look_up)
    except (LookUpFailed, HttpFailure):
        return ()
    except Exception as error:  # noqa: BLE001 - a picture less is no failure of the look-up
        _misunderstood(look_up.source, error)
        return ()


def _misunderstood(source: str, error: BaseException) -> str:
    """Words for an answer we could not read; the log says where, and neither repeats it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    _log.error("%s: answer not understood, %s at %s", source, type(error).__name__, where)
    return f"the answer could not be understood ({type(error).__name__}); please report this"
