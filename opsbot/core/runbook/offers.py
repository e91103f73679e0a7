"""Runbooks that the card offers by itself, each with the reason: what the evidence shows fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from opsbot.core.evidence import Finding, FindingKind
from opsbot.core.incident import Incident
from opsbot.core.moment import clock_text
from opsbot.core.rules import Rules
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import OfferedWhen, Runbook, Scalar
from opsbot.core.runbook.argument import text_of
from opsbot.core.runbook.arguments import read_arguments, typed
from opsbot.core.runbook.lookups import Unresolved, fill
from opsbot.core.runbook.offered import SERVICE, VERSION
from opsbot.core.runbook.surroundings import surroundings
from opsbot.core.suspects import Suspect
from opsbot.core.suspects.changes import CLOCK_SKEW, shown_version, version_of
from opsbot.core.text import cut, inert

MOST = 2
_SUSPECTS = 2  # of the ranking, the first ones
_IN_VAIN = (RunOutcome.DENIED, RunOutcome.EXPIRED, RunOutcome.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A runbook with arguments filled in. `why` holds no time: it is read `why`, `at`; it is empty
    for a runbook that every incident is offered."""

    runbook: Runbook
    arguments: Mapping[str, str]  # as typed; a required one that is missing is asked for
    why: str
    at: datetime | None = None

    @property
    def sentence(self) -> str:
        """The offer where no reader's own time zone is known."""
        if not self.why:
            return f"{self.runbook.name}: {self.runbook.title}"
        when = f" at {clock_text(self.at)}" if self.at else ""
        return f"{self.runbook.name} fits: {self.why}{when}"


def offers(incident: Incident, rules: Rules, now: datetime) -> tuple[Offer, ...]:
    """At most two offers, the most specific first; none once the incident is over.

    Not offered: what cannot be run here, what waits, runs or has succeeded already with the same
    arguments, and deploys after `now` or after the first sign of trouble.
    """
    if incident.status.is_over:
        return ()
    found: list[Offer] = []
    for when in _SPECIFIC_FIRST:
        for runbook in rules.runbooks:
            if runbook.offered.when is when and not runbook.unavailable:
                found += _Fitting(incident, rules, runbook, now).offers()
    return tuple(found[:MOST])


_SPECIFIC_FIRST = (
    OfferedWhen.DEPLOY_OF_SUSPECT, OfferedWhen.SUSPECT, OfferedWhen.FIRING, OfferedWhen.ALWAYS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Fitting:
    """One runbook against one incident."""

    incident: Incident
    rules: Rules
    runbook: Runbook
    now: datetime

    def offers(self) -> list[Offer]:
        """The first thing that fits, as an offer."""
        for service, version, why, at in self._reasons():
            only = self.runbook.offered.services
            if only and service not in only:
                continue
            given = self._arguments(service, version)
            if given is not None and not self._done_already(given):
                return [Offer(runbook=self.runbook, arguments=given, why=why, at=at)]
        return []

    def _reasons(self) -> Iterator[tuple[str, str, str, datetime | None]]:
        """Each service it may be about, with the version, the reason and its time."""
        own = self.rules.catalogue.find(self.incident.service)
        name = own.name if own else ""
        match self.runbook.offered.when:
            case OfferedWhen.DEPLOY_OF_SUSPECT:
                for suspect in self._suspects():
                    yield from self._deploys(suspect)
            case OfferedWhen.SUSPECT:
                for suspect in self._suspects():
                    yield suspect.service, "", _suspected(suspect), None
            case OfferedWhen.FIRING if self.incident.firing:
                yield name, "", f"the alert of {name or 'this incident'} fires", None
            case OfferedWhen.ALWAYS:
                yield name, "", "", None
            case _:
                return

    def _suspects(self) -> tuple[Suspect, ...]:
        ranking = self.incident.ranking
        return ranking.suspects[:_SUSPECTS] if ranking else ()

    def _deploys(self, suspect: Suspect) -> Iterator[tuple[str, str, str, datetime]]:
        """The newest deploy of a suspect that stands in the window."""
        fitting = [one for one in self._findings(suspect.service) if self._is_in_time(one)]
        if not fitting:
            return
        newest = max(fitting, key=lambda one: one.at)
        version = version_of(newest)
        what = f"{inert(suspect.service, 80)} {inert(shown_version(version), 60)}".strip()
        yield suspect.service, version, f"{what} was deployed", newest.at

    def _findings(self, service: str) -> Iterator[Finding]:
        for report in self.incident.reports.values():
            for finding in report.findings:
                if finding.kind is FindingKind.DEPLOY and finding.service == service:
                    yield finding

    def _is_in_time(self, deploy: Finding) -> bool:
        window, ranking = self.incident.window, self.incident.ranking
        if window is None or not window.start <= deploy.at <= min(window.end, self.now):
            return False
        onset = ranking.onset if ranking else None
        return onset is None or deploy.at - onset <= CLOCK_SKEW

    def _arguments(self, service: str, version: str) -> Mapping[str, str] | None:
        """What the offer fills in; None when that would be refused."""
        about = {SERVICE: service, VERSION: version}
        known = surroundings(self.incident, self.rules, self.runbook, {}).values
        values: dict[str, Scalar] = {**known, **{k: v for k, v in about.items() if v}}
        given: dict[str, str] = {}
        for name, template in self.runbook.offered.arguments.items():
            try:
                given[name] = text_of(fill(template, values))
            except Unresolved:
                return None
        services = [one.name for one in self.rules.catalogue.services]
        _, problems = read_arguments(self.runbook, given, services)
        return given if all(problem.missing for problem in problems) else None

    def _done_already(self, given: Mapping[str, str]) -> bool:
        """Whether a run with these arguments waits, runs, or has come to an end of its own."""
        for run in self.incident.runs.values():
            if run.plan.runbook != self.runbook.name or run.outcome in _IN_VAIN:
                continue
            before = typed(self.runbook, run.plan.arguments)
            if all(before.get(name) == text for name, text in given.items()):
                return True
        return False


def _suspected(suspect: Suspect) -> str:
    named = f"{inert(suspect.service, 80)} is a {suspect.confidence} suspect"
    return f"{named}: {cut(suspect.reasons[0].text, 160)}" if suspect.reasons else named
