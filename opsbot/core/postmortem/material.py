"""What every section is written from: the record as it may be told, its points and measures, and
what only the installation knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Mode
from opsbot.core.evidence import Finding, SourceReport
from opsbot.core.illustration import paged_service
from opsbot.core.incident import Incident
from opsbot.core.measures import Measures, measures
from opsbot.core.points import PointName, Points, entries_of, utc
from opsbot.core.redaction import REDACTED
from opsbot.core.service import Catalogue
from opsbot.core.suspects import Ranking
from opsbot.core.text import inert
from opsbot.core.told import told

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _none_known(service: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What the record itself does not hold. The same record, template and background give the same
    document, byte for byte.

    `head` is the hash of the chain at the last entry given. `blobs` are the kept series by their
    hash, for charts and the back-test. `expressions` gives the PromQL of every signal of one
    service, as metrics are asked for it; where it knows none, no alert rule can be written.
    `drawn` are the slots whose images are at hand.
    """

    head: str = ""
    catalogue: Catalogue = field(default_factory=Catalogue)
    expressions: Callable[[str], Mapping[str, str]] = _none_known
    blobs: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    drawn: frozenset[str] = frozenset()


NO_BACKGROUND = Background()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A finding with the source it came from and the entry that holds it."""

    finding: Finding
    source: str
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a section may look at. `reports` are the newest answers of the incident's own
    look-ups, each with its entry; `findings` those of all of them, each fact once."""

    incident: Incident
    entries: tuple[Entry, ...]
    measures: Measures
    background: Background
    reports: tuple[tuple[SourceReport, int], ...]
    findings: tuple[Seen, ...]
    ranking: Ranking | None
    ranked_in: tuple[int, ...]

    @property
    def points(self) -> Points:
        return self.measures.points

    @property
    def paged(self) -> str:
        """The paged service as evidence knows it; empty when it is known by no name."""
        return paged_service(self.incident)

    def at(self, name: PointName) -> datetime | None:
        """When a point was, if that is known."""
        return self.points[name].at

    def say(self, at: datetime) -> str:
        """A time for a reader: `14:02`, with the day where it is another one than that of the
        detection."""
        began = self.at(PointName.DETECTED) or self.at(PointName.OPENED)
        return clock(at, began.date() if began else None)

    @property
    def suspect(self) -> str:
        """The service that the evidence points at clearly; empty when there is none."""
        ranking = self.ranking
        return ranking.suspects[0].service if ranking and is_clear(ranking) else ""


def material(incident: Incident, entries: Iterable[Entry], background: Background) -> Material:
    """Read a record for its postmortem."""
    record = told(entries)
    own = _own_reports(record)
    ranked = entries_of(record, e.SuspectsRanked)[-1:]
    return Material(
        incident=incident,
        entries=record,
        measures=measures(record),
        background=background,
        reports=tuple({report.source: (report, seq) for report, seq in own}.values()),
        findings=_each_once(own),
        ranking=ranked[0][1].ranking if ranked else None,
        ranked_in=tuple(entry.seq for entry, _ in ranked),
    )


def no_incident(about: Material) -> bool:
    """Whether it was none after all; an incident that opsbot only looked on at was one."""
    return bool(about.measures.excluded) and about.incident.mode is Mode.LIVE


def is_clear(ranking: Ranking) -> bool:
    """Whether one service stands out."""
    return bool(ranking.suspects) and not ranking.verdict


def _own_reports(record: Iterable[Entry]) -> list[tuple[SourceReport, int]]:
    """What sources answered to the incident's own questions, not to somebody's look."""
    looks: set[int] = set()
    found: list[tuple[SourceReport, int]] = []
    for entry in record:
        match entry.body:
            case e.EvidenceAsked(look=True):
                looks.add(entry.seq)
            case e.EvidenceCollected(report=report, asked=asked) if asked not in looks:
                found.append((report, entry.seq))
            case _:
                pass
    return found


def _each_once(own: Iterable[tuple[SourceReport, int]]) -> tuple[Seen, ...]:
    """Every finding in the order in which they began, each fact once."""
    known: dict[tuple[str, ...], Seen] = {}
    for report, seq in own:
        for finding in report.findings:
            same = finding.fold_key or f"{finding.kind}:{finding.peer}"
            key = (finding.service, finding.kind, same)
            seen = Seen(finding=finding, source=report.source, entry=seq)
            known[key] = _folded(known[key], seen) if key in known else seen
    return tuple(
        sorted(known.values(), key=lambda s: (utc(s.finding.at), s.finding.service,
                                              s.finding.kind, s.finding.summary))
    )  # fmt: skip


def _folded(held: Seen, seen: Seen) -> Seen:
    """Of one source the newest telling; of several the fullest, since the earliest of them."""
    if held.source == seen.source:
        return seen
    full = max(held, seen, key=lambda one: len(one.finding.summary))
    at = min(held.finding.at, seen.finding.at, key=utc)
    return replace(full, finding=replace(full.finding, at=at))


def clock(at: datetime, day: date | None) -> str:
    """Hours and minutes in UTC, with the day unless it is `day`."""
    moment = utc(at)
    if moment.date() == day:
        return f"{moment:%H:%M}"
    year = f" {moment.year}" if day is None or moment.year != day.year else ""
    return f"{moment:%H:%M} on {moment.day} {_MONTHS[moment.month - 1]}{year}"


def day_of(at: datetime) -> str:
    """`22 November 2026`."""
    moment = utc(at)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def unless_at_once(length: str, words: str) -> str:
    """The words, or "at once" for a length that shows as no second at all."""
    return "at once" if length.removeprefix("about ") == "0 s" else words


def capital(text: str) -> str:
    """The text as a sentence begins; a name that is written otherwise (`checkout-api`, `iOS`)
    stays as it is."""
    first = text.split(" ", 1)[0].rstrip(",:;.")
    return f"{text[:1].upper()}{text[1:]}" if first.isalpha() and first.islower() else text


def quoted(text: str, limit: int = 300) -> str:
    """Somebody's own words, in quotation marks."""
    return "(redacted)" if text == REDACTED else f"“{inert(text, limit)}”"
