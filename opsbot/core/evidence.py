"""Evidence: dated findings from a source, together with how healthy that source itself was.

A source never answers "nothing found" when it could not look; the four words of `Health` keep
the two apart, and every look-up carries its query, window and duration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class EvidenceKind(StrEnum):
    """What a source tells about."""

    METRICS = "metrics"
    LOGS = "logs"
    TRACES = "traces"
    CHANGES = "changes"


class Health(StrEnum):
    """How far a source can be trusted for one window."""

    FRESH = "fresh"  # newest datum is as new as expected
    STALE = "stale"  # data stopped arriving before the window's end
    SPARSE = "sparse"  # data arrives, but far less than usual, or none was ever seen
    UNREACHABLE = "unreachable"  # no answer within the deadline, or a refusal


class FindingKind(StrEnum):
    """What a finding says; the words are the field's, not a vendor's."""

    ERRORS = "errors"
    LATENCY = "latency"
    TRAFFIC = "traffic"
    SATURATION = "saturation"
    LIMIT = "limit"
    RESTARTS = "restarts"
    UNANSWERED = "unanswered calls"
    FAILING_TRACE = "failing trace"
    LOG_PATTERN = "log pattern"
    DEPLOY = "deploy"
    CHANGE = "change"
    ALERT = "alert"
    PIPELINE = "pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From-to (both inclusive) that evidence is asked for."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One dated fact from a source. `at` is when it began, in event time."""

    at: datetime
    kind: FindingKind
    service: str  # empty when it concerns no service
    summary: str  # one sentence with number, unit and comparison; foreign text already inert
    value: float | None = None
    before: float | None = None  # the usual value it is compared with
    unit: str = ""  # ratio | s | bytes | per_s | count | ""
    link: str = ""
    fold_key: str = ""  # findings with the same key are one fact seen twice
    peer: str = ""  # the caller, when the finding is about calls towards `service`


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a source could not see: which service, since when, and how that was told."""

    service: str  # empty: the whole source
    health: Health
    since: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What one source answered to one look-up, with its own health."""

    source: str
    kind: EvidenceKind
    health: Health
    window: Window
    query: str
    fetched_at: datetime
    duration_ms: int
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    newest_at: datetime | None = None  # the newest datum seen, whatever it said
    reason: str = ""  # why not fresh, in words a responder can act on
    link: str = ""
    truncated: str = ""  # what was cut off, empty when nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A service as evidence sources know it: its name there and where its changes come from."""

    service: str  # OTel service.name
    repository: str = ""  # owner/name
    environment: str = ""
    selectors: tuple[tuple[str, str], ...] = ()  # (source, value) overrides of the service name

    def known_as(self, source: str) -> str:
        """The service's name in `source`, its own name unless the catalogue overrides it."""
        return dict(self.selectors).get(source, self.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAsk:
    """What a source is asked: the paged service first, then what it depends on, and a window.

    `before` is the stretch just ahead of the window that findings are compared with; sources
    may look further back to tell since when they are silent (`horizon`). A picture that is drawn
    once more names its `quantities` (`series.py`): nothing else is asked for then.
    """

    incident_id: str
    subjects: tuple[Subject, ...]
    window: Window
    before: Window
    horizon: timedelta
    alert_ids: tuple[str, ...] = ()  # the pager's own incident ids
    private: bool = False
    quantities: tuple[str, ...] = ()  # of a chart; empty: whatever there is to show

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(subject.service for subject in self.subjects)


def unreachable(
    source: str,
    kind: EvidenceKind,
    ask: EvidenceAsk,
    *,
    reason: str,
    query: str,
    fetched_at: datetime,
    duration_ms: int,
) -> SourceReport:
    """The report of a source that did not answer: a gap for the whole source, and no findings."""
    gap = Gap(service="", health=Health.UNREACHABLE, since=None, reason=reason)
    return SourceReport(
        source=source,
        kind=kind,
        health=Health.UNREACHABLE,
        window=ask.window,
        query=query,
        fetched_at=fetched_at,
        duration_ms=duration_ms,
        gaps=(gap,),
        reason=reason,
    )
