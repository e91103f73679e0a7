"""All five adapters against the sandbox's servers: what each scenario must and must not show.

The adapters know nothing of the scenarios. What is checked here is that the general rules see
what a responder would have to see, and stay quiet where there is nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import pytest

from opsbot.core.evidence import EvidenceAsk, Finding, FindingKind, Health, SourceReport, Subject
from opsbot.core.people import Person
from opsbot.core.service import Catalogue, Service
from opsbot.http_client import AiohttpClient
from opsbot.integrations import github, loki, pagerduty, prometheus, tempo
from opsbot.ports import Done
from opsbot.sandbox.clock import ManualClock
from opsbot.sandbox.scenario import Scenario
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.world import API_TOKEN, World, WorldUrls, catalogue
from tests.integrations.stage import NOW, StageClock, ago, ask, outgoing, source_of, wiring

Reports = Mapping[str, SourceReport]


def subjects(scenario: Scenario) -> tuple[Subject, ...]:
    """The paged service and what it depends on, as the catalogue gives them."""
    services = tuple(
        Service(
            name=entry.name,
            repository=entry.repository,
            environment=entry.environment,
            depends_on=entry.dependencies,
            selectors=(("pagerduty", entry.pagerduty_id),),
        )
        for entry in catalogue(scenario)
    )
    around = Catalogue(services=services).around(scenario.page.service)
    return tuple(service.subject() for service in around)


async def look(urls: WorldUrls, http: AiohttpClient, asked: EvidenceAsk) -> Reports:
    """Ask every source at once, as an incident does."""
    open_doors = wiring(http, clock=StageClock(NOW))
    with_key = wiring(http, {"token": [API_TOKEN], "api_token": [API_TOKEN]}, clock=StageClock(NOW))
    sources = [
        source_of(prometheus.INTEGRATION, {"url": urls.prometheus}, open_doors),
        source_of(loki.INTEGRATION, {"url": urls.loki}, open_doors),
        source_of(tempo.INTEGRATION, {"url": urls.tempo}, open_doors),
        source_of(github.INTEGRATION, {"api_url": urls.github}, with_key),
        source_of(pagerduty.INTEGRATION, {"api_url": urls.pagerduty}, with_key),
    ]
    found = await asyncio.gather(*(source.collect(asked) for source in sources))
    return {report.source: report for report in found}


async def paged(name: str) -> Reports:
    """A scenario at the moment of its page, and what the sources say."""
    scenario = load_scenario(name)
    world = World(scenario, clock=ManualClock(NOW), anchor=NOW)
    urls = await world.start()
    try:
        incident = await world.pagerduty.trigger()
        asked = ask(*subjects(scenario), alert_ids=(incident.id,))
        async with outgoing() as http:
            return await look(urls, http, asked)
    finally:
        await world.stop()


@pytest.fixture(scope="module")
def memory_limit() -> Reports:
    return asyncio.run(paged("memory-limit"))


@pytest.fixture(scope="module")
def connection_pool() -> Reports:
    return asyncio.run(paged("connection-pool"))


@pytest.fixture(scope="module")
def no_culprit() -> Reports:
    return asyncio.run(paged("no-culprit"))


def only(report: SourceReport, kind: FindingKind, service: str) -> Finding:
    found = [one for one in report.findings if (one.kind, one.service) == (kind, service)]
    assert len(found) == 1, (kind, service, report)
    return found[0]


def near(at: datetime, minutes: float, *, within: float = 45) -> bool:
    return abs((at - ago(minutes)).total_seconds()) <= within


@pytest.mark.parametrize("name", ["memory_limit", "connection_pool", "no_culprit"])
def test_every_source_answers_without_a_part_missing(
    name: str, request: pytest.FixtureRequest
) -> None:
    """No query is refused, nothing is out of reach, and each look-up is on the record."""
    reports: Reports = request.getfixturevalue(name)
    assert set(reports) == {"prometheus", "loki", "tempo", "github", "pagerduty"}
    for report in reports.values():
        assert not [gap for gap in report.gaps if gap.health is Health.UNREACHABLE], report
        assert report.query


def test_memory_is_at_its_limit_since_the_limit_was_lowered(memory_limit: Reports) -> None:
    """Saturation and the step of the limit, each dated by its own first sample."""
    report = memory_limit["prometheus"]
    saturation = only(report, FindingKind.SATURATION, "session-validation")
    assert saturation.value is not None
    assert saturation.before is not None
    assert saturation.value > 0.97
    assert saturation.before < 0.7
    limit = only(report, FindingKind.LIMIT, "session-validation")
    assert "lowered from 512 to 256 MiB" in limit.summary
    assert near(limit.at, 11.5)
    assert near(saturation.at, 11.5, within=60)


def test_callers_notice_what_the_culprit_does_not_answer(memory_limit: Reports) -> None:
    """A third of its calls stay unanswered, and the paging service's errors come later."""
    report = memory_limit["prometheus"]
    unanswered = only(report, FindingKind.UNANSWERED, "session-validation")
    assert unanswered.value == pytest.approx(0.31, abs=0.03)
    errors = only(report, FindingKind.ERRORS, "checkout-api")
    assert errors.at > unanswered.at
    assert not [f for f in report.findings if f.kind is FindingKind.RESTARTS]


def test_the_dead_collector_is_dated_hours_ago(memory_limit: Reports) -> None:
    """`up` says since when, to within the coarse step."""
    collector = only(memory_limit["prometheus"], FindingKind.PIPELINE, "")
    assert "fluentd on node-7 is down" in collector.summary
    assert near(collector.at, 180, within=90)


def test_logs_are_silent_since_the_collector_died(memory_limit: Reports) -> None:
    """Silence is a gap of each service with the time of its newest line, not "no errors"."""
    report = memory_limit["loki"]
    silent = {gap.service: gap for gap in report.gaps}
    assert report.health is Health.STALE
    assert {"checkout-api", "auth-api", "session-validation"} <= set(silent)
    for gap in silent.values():
        assert gap.health is Health.STALE
        assert gap.since is not None
        assert near(gap.since, 180, within=60)
        assert gap.reason.startswith("no log line since 11:")
        assert "usually" in gap.reason
    assert "silent since 11:0" in report.reason


def test_failing_traces_show_the_path_to_the_culprit(memory_limit: Reports) -> None:
    """The path is named service by service, to the one that gives no answer."""
    findings = memory_limit["tempo"].findings
    assert findings
    for finding in findings:
        assert finding.service == "session-validation"
        assert "checkout-api > auth-api > session-validation" in finding.summary
        assert "auth-api's call to session-validation got no answer after 2.0 s" in finding.summary
        assert finding.value is not None
        assert finding.before is not None
        assert finding.value >= 30 * max(finding.before, 1)


def test_the_deploy_is_told_by_both_sources_under_one_key(memory_limit: Reports) -> None:
    """GitHub dates it, PagerDuty's change event shows the setting; the key folds them."""
    deploy = only(memory_limit["github"], FindingKind.DEPLOY, "session-validation")
    change = only(memory_limit["pagerduty"], FindingKind.DEPLOY, "session-validation")
    assert deploy.fold_key == change.fold_key == "deploy:session-validation:v2.14"
    assert near(deploy.at, 12)
    assert "resources.limits.memory 512Mi -> 256Mi" in change.summary


def test_another_culprit_is_told_by_its_own_log_lines(connection_pool: Reports) -> None:
    """Here logs are healthy and name the fault; nothing of the first story appears."""
    report = connection_pool["loki"]
    assert (report.health, report.gaps) == (Health.FRESH, ())
    patterns = [f for f in report.findings if f.service == "catalog-db-proxy"]
    assert any("connection pool exhausted" in finding.summary for finding in patterns)
    assert min(finding.at for finding in patterns) < ago(10)
    kinds = {finding.kind for finding in connection_pool["prometheus"].findings}
    assert FindingKind.LATENCY in kinds
    assert not kinds & {FindingKind.SATURATION, FindingKind.LIMIT, FindingKind.PIPELINE}
    assert {f.service for f in connection_pool["tempo"].findings} == {"catalog-db-proxy"}


def test_where_nothing_is_wrong_nothing_is_found(no_culprit: Reports) -> None:
    """Usual errors, usual failing traces and rare loggers are not findings."""
    for name in ("prometheus", "loki", "tempo"):
        report = no_culprit[name]
        assert (report.health, report.findings, report.gaps) == (Health.FRESH, (), ()), report


async def test_the_pager_finds_the_on_calls_and_takes_a_note() -> None:
    """People come with their addresses, by the levels of the policy."""
    scenario = load_scenario("memory-limit")
    world = World(scenario, clock=ManualClock(NOW), anchor=NOW)
    urls = await world.start()
    try:
        incident = await world.pagerduty.trigger()
        team = scenario.team(scenario.service(scenario.page.service).team)
        async with outgoing() as http:
            assert pagerduty.INTEGRATION.pager is not None
            chosen = pagerduty.Settings.model_validate(
                {
                    "api_url": urls.pagerduty,
                    "from_email": scenario.people[0].email,
                    "on_call_levels": 9,
                }
            )
            pager = pagerduty.INTEGRATION.pager(chosen, wiring(http, {"api_token": [API_TOKEN]}))
            people = await pager.people([], team.policy_id)
            note = await pager.add_note(incident.id, "Room: #inc-1")
    finally:
        await world.stop()
    names = [name for level in team.levels for name in level]
    expected = [scenario.person(name) for name in names]
    assert people == Done(
        value=tuple(Person(id=one.pagerduty_id, name=one.name, email=one.email) for one in expected)
    )
    assert note == Done(value=None)
    assert [one.content for one in incident.notes] == ["Room: #inc-1"]


async def test_a_deadline_shorter_than_the_answer_is_a_gap_not_an_error() -> None:
    """All five sources end on time when their backend does not."""
    scenario = load_scenario("no-culprit")
    world = World(scenario, clock=ManualClock(NOW), anchor=NOW)
    urls = await world.start()
    try:
        async with outgoing() as http:
            source = source_of(
                tempo.INTEGRATION,
                {"url": urls.tempo, "deadline_seconds": 0.001},
                wiring(http, clock=StageClock(NOW)),
            )
            report = await source.collect(ask(*subjects(scenario)))
    finally:
        await world.stop()
    assert report.health is Health.UNREACHABLE
