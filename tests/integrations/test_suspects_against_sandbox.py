"""The ranking over what the real sources find in each scenario: right without knowing any of them.

The scenario files say who the culprit is; the rule sees only reports and the catalogue.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import pytest

from opsbot.core.evidence import FindingKind, SourceReport
from opsbot.core.service import Catalogue, Service
from opsbot.core.suspects import Confidence, Ranking
from opsbot.core.suspects.ranking import rank
from opsbot.sandbox.clock import ManualClock
from opsbot.sandbox.scenario import Scenario
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.world import World, catalogue
from tests.integrations.stage import NOW, ask, outgoing
from tests.integrations.test_against_sandbox import look, subjects

WITH_CULPRIT = ("memory-limit", "connection-pool")
SEEDS = (None, 101, 102)  # None: the scenario's own
SOURCES = ("prometheus", "loki", "tempo", "github", "pagerduty")


class Heard(NamedTuple):
    """A scenario, its catalogue, and what every source answered at the page."""

    scenario: Scenario
    catalogue: Catalogue
    reports: Mapping[str, SourceReport]

    def ranked(self, *, without: str = "") -> Ranking:
        reports = [report for name, report in self.reports.items() if name != without]
        return rank(reports, self.catalogue, self.scenario.page.service)


async def _listen(scenario: Scenario) -> Mapping[str, SourceReport]:
    world = World(scenario, clock=ManualClock(NOW), anchor=NOW)
    urls = await world.start()
    try:
        incident = await world.pagerduty.trigger()
        async with outgoing() as http:
            return await look(urls, http, ask(*subjects(scenario), alert_ids=(incident.id,)))
    finally:
        await world.stop()


def heard(name: str, seed: int | None = None) -> Heard:
    """What is heard of a scenario, with its own seed unless one is given."""
    return _heard(name, seed)


@cache
def _heard(name: str, seed: int | None) -> Heard:
    """Every source asked once for each scenario and seed, however many tests look at it."""
    scenario = load_scenario(name)
    if seed is not None:
        scenario = replace(scenario, seed=seed)
    services = tuple(
        Service(name=entry.name, depends_on=entry.dependencies) for entry in catalogue(scenario)
    )
    reports = asyncio.run(_listen(scenario))
    return Heard(scenario, Catalogue(services=services), reports)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", WITH_CULPRIT)
def test_the_culprit_is_likely_and_stands_alone(name: str, seed: int | None) -> None:
    """Neither pages, and on one of them the paging service has the newer deploy."""
    one = heard(name, seed)
    ranking = one.ranked()
    assert one.scenario.culprit
    assert [suspect.service for suspect in ranking.suspects] == [one.scenario.culprit]
    assert (ranking.suspects[0].confidence, ranking.verdict) == (Confidence.LIKELY, "")


@pytest.mark.parametrize("seed", SEEDS)
def test_where_there_is_no_culprit_there_is_no_clear_suspect(seed: int | None) -> None:
    """Nothing is made up to have an answer."""
    ranking = heard("no-culprit", seed).ranked()
    assert ranking.verdict.startswith("no clear suspect: ")
    assert Confidence.LIKELY not in {suspect.confidence for suspect in ranking.suspects}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", WITH_CULPRIT)
def test_with_any_source_missing_the_culprit_still_comes_first(
    name: str, seed: int | None, source: str
) -> None:
    """What is missing is told, and never makes the ranking more sure."""
    one = heard(name, seed)
    whole, ranking = one.ranked(), one.ranked(without=source)
    assert ranking.suspects[0].service == one.scenario.culprit
    assert ranking.suspects[0].score <= whole.suspects[0].score + 0.001
    alone = source in ("prometheus", "loki", "tempo")  # changes have two sources
    assert not alone or one.reports[source].kind in ranking.unseen


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("seed", SEEDS)
def test_with_any_source_missing_there_is_still_no_clear_suspect(
    seed: int | None, source: str
) -> None:
    """Less evidence is no reason to name somebody."""
    assert heard("no-culprit", seed).ranked(without=source).verdict


def test_two_kinds_of_evidence_missing_leave_a_possible_suspect() -> None:
    """Logs are silent and metrics are gone: traces and a deploy agree, and that is not enough."""
    ranking = heard("memory-limit").ranked(without="prometheus")
    assert ranking.unseen == ("metrics", "logs")
    assert ranking.suspects[0].confidence is Confidence.POSSIBLE


def test_the_dead_collector_is_no_suspect_and_the_silent_logs_are_unseen() -> None:
    """A collector on the path died hours before; that is a gap and explains nothing."""
    one = heard("memory-limit")
    kinds = {finding.kind for report in one.reports.values() for finding in report.findings}
    assert FindingKind.PIPELINE in kinds
    ranking = one.ranked()
    assert ranking.unseen == ("logs",)
    assert not [r for s in ranking.suspects for r in s.reasons if "collector" in r.text]


def test_reasons_begin_with_what_the_service_shows_itself_and_name_the_change() -> None:
    """Memory first, then the calls nobody answers; the deploy with the value it changed."""
    (suspect,) = heard("memory-limit").ranked().suspects
    texts = [reason.text for reason in suspect.reasons]
    assert texts[0].startswith("memory at 99 % of its limit")
    assert re.match(r"3\d % of calls from auth-api fail or stay unanswered", texts[1])
    assert "memory limit lowered from 512 to 256 MiB" in texts
    assert "deploy v2.14 (resources.limits.memory 512Mi -> 256Mi)" in texts


def test_the_tempting_deploy_after_the_onset_is_less_likely() -> None:
    """The paging service's own deploy came minutes after the slowness had begun there."""
    (reason,) = heard("connection-pool").ranked().less_likely
    assert reason.text.startswith("storefront-bff: deploy v11.4.0 began ")
    assert reason.text.endswith("so it is less likely")


def test_no_sentence_says_more_than_was_seen_or_names_an_author() -> None:
    """A machine finds no root cause, clears nobody, and does not point at people."""
    for name in (*WITH_CULPRIT, "no-culprit"):
        one = heard(name)
        ranking = one.ranked()
        reasons = [*ranking.less_likely, *(r for s in ranking.suspects for r in s.reasons)]
        said = " ".join((ranking.verdict, *(reason.text for reason in reasons))).lower()
        people = {part for p in one.scenario.people for part in p.name.lower().split()}
        words = set(re.findall(r"[a-z]+", said))
        assert not words & {"root", "cleared", "culprit", "innocent", "blame", *people}


def test_the_sources_say_who_called() -> None:
    """Which caller got no answer is a field of the finding, not only a part of its sentence."""
    found = [f for report in heard("memory-limit").reports.values() for f in report.findings]
    peers = {(f.kind, f.service): f.peer for f in found if f.peer}
    assert peers == {
        (FindingKind.UNANSWERED, "session-validation"): "auth-api",
        (FindingKind.UNANSWERED, "auth-api"): "checkout-api",
        (FindingKind.FAILING_TRACE, "session-validation"): "auth-api",
    }


def _renaming(names: list[str]) -> Callable[[str], str]:
    """Replaces every service name, so that the new names sort the other way round."""
    new = {name: f"s{len(names) - place:03d}" for place, name in enumerate(sorted(names))}
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")
    return lambda text: pattern.sub(lambda match: new[match[0]], text)


def _renamed(report: SourceReport, rename: Callable[[str], str]) -> SourceReport:
    findings = tuple(
        replace(f, service=rename(f.service), peer=rename(f.peer), summary=rename(f.summary),
                fold_key=rename(f.fold_key))
        for f in report.findings
    )  # fmt: skip
    gaps = tuple(replace(gap, service=rename(gap.service)) for gap in report.gaps)
    return replace(report, findings=findings, gaps=gaps)


def _ranking_renamed(ranking: Ranking, rename: Callable[[str], str]) -> Ranking:
    suspects = tuple(
        replace(s, service=rename(s.service), reasons=tuple(
            replace(r, text=rename(r.text), finding=rename(r.finding)) for r in s.reasons))
        for s in ranking.suspects
    )  # fmt: skip
    less_likely = tuple(
        replace(r, text=rename(r.text), finding=rename(r.finding)) for r in ranking.less_likely
    )
    return replace(ranking, suspects=suspects, less_likely=less_likely)


@pytest.mark.parametrize("without", ["", "prometheus", "tempo"])
@pytest.mark.parametrize("name", [*WITH_CULPRIT, "no-culprit"])
def test_other_names_give_the_same_ranking_under_those_names(name: str, without: str) -> None:
    """Nothing hangs on what a service is called."""
    one = heard(name)
    rename = _renaming([service.name for service in one.catalogue.services])
    services = tuple(
        replace(s, name=rename(s.name), depends_on=tuple(map(rename, s.depends_on)))
        for s in one.catalogue.services
    )
    reports = [_renamed(r, rename) for source, r in one.reports.items() if source != without]
    ranking = rank(reports, Catalogue(services=services), rename(one.scenario.page.service))
    assert ranking == _ranking_renamed(one.ranked(without=without), rename)
    assert not one.scenario.culprit or one.scenario.culprit not in str(ranking)
