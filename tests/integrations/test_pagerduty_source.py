"""PagerDuty as an evidence source: the contract, alerts, notes and related changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from aiohttp import web

from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    FindingKind,
    Health,
    SourceReport,
    Subject,
)
from opsbot.integrations import Integration
from opsbot.integrations.pagerduty import INTEGRATION
from tests.integrations.contract import SourceContract
from tests.integrations.pagerduty_events import reference
from tests.integrations.stage import TOKEN, ago, ask, outgoing, playing, source_of, wiring


def alert(ident: str, **more: Any) -> dict[str, Any]:
    """An alert, constructed after the REST reference."""
    given: dict[str, Any] = {
        "id": ident,
        "type": "alert",
        "summary": "auth-api: error share \u202e above 5 %",
        "created_at": "2026-03-04T14:05:00Z",
        "severity": "critical",
        "html_url": "https://acme.pagerduty.com/alerts/" + ident,
        "service": reference("service", "PAUTH01", "Auth"),
        "body": {"details": {"alertname": "ErrorShareHigh", "firing": "1"}},
    }
    return given | more


class Incident:
    """What PagerDuty knows of one incident."""

    def __init__(self, **lists: Sequence[dict[str, Any]] | int) -> None:
        self.lists = lists

    async def __call__(self, request: web.Request) -> web.Response:
        what = request.path.rsplit("/", 1)[1]
        found = self.lists.get(what, [])
        if isinstance(found, int):
            return web.json_response({"error": {"message": "no"}}, status=found)
        key = "change_events" if what == "related_change_events" else what
        return web.json_response({key: list(found), "more": False})


class TestPagerDutyContract(SourceContract):
    integration: ClassVar[Integration] = INTEGRATION
    kind: ClassVar[EvidenceKind] = EvidenceKind.CHANGES
    secret: ClassVar[str] = "api_token"
    address: ClassVar[str] = "api_url"
    health_when_empty: ClassVar[Health] = Health.FRESH

    def ask(self) -> EvidenceAsk:
        return ask("auth-api", alert_ids=("PINC1",))

    async def good(self, request: web.Request) -> web.StreamResponse:
        return await Incident(alerts=[alert("PALERT1")])(request)

    async def empty(self, request: web.Request) -> web.StreamResponse:
        return await Incident()(request)


async def look(incident: Incident, *alert_ids: str) -> SourceReport:
    auth = Subject(service="auth-api", selectors=(("pagerduty", "PAUTH01"),))
    async with playing(incident) as player, outgoing() as http:
        wired = wiring(http, {"api_token": [TOKEN]})
        source = source_of(INTEGRATION, {"api_url": player.url}, wired)
        return await source.collect(ask(auth, alert_ids=alert_ids or ("PINC1",)))


async def test_an_alert_comes_with_what_the_monitor_sent() -> None:
    """Summary, severity and labels in one inert sentence, under our own service name."""
    (finding,) = (await look(Incident(alerts=[alert("PALERT1")]))).findings
    assert (finding.kind, finding.service, finding.at) == (
        FindingKind.ALERT,
        "auth-api",
        ago(5),
    )
    assert finding.summary == (
        "alert: auth-api: error share [U+202E] above 5 %"
        " (critical; alertname=ErrorShareHigh; firing=1)"
    )


async def test_a_storm_of_alerts_is_cut_and_counted() -> None:
    """A thousand alerts of one incident are not a thousand lines."""
    report = await look(Incident(alerts=[alert(f"P{index}") for index in range(25)]))
    assert len(report.findings) == 10
    assert report.truncated == "15 more alerts"


async def test_a_related_change_with_a_version_is_a_deploy_other_sources_tell_too() -> None:
    """The fold key is the one the deploy has elsewhere; PagerDuty's reason is said."""
    change = {
        "id": "01CHANGE",
        "type": "change_event",
        "timestamp": "2026-03-04T13:58:00Z",
        "summary": "Deployed auth-api",
        "services": [{"id": "PAUTH01", "type": "service_reference"}],
        "custom_details": {"version": "v2.14", "limits.memory": "512Mi -> 256Mi"},
        "links": [{"href": "javascript:alert(1)"}, {"href": "https://ci.example/9"}],
        "correlation_reason": {"reason": "most_recent"},
    }
    (finding,) = (await look(Incident(related_change_events=[change]))).findings
    assert (finding.kind, finding.fold_key) == (FindingKind.DEPLOY, "deploy:auth-api:v2.14")
    assert finding.summary == (
        "auth-api: Deployed auth-api"
        " (limits.memory 512Mi -> 256Mi; version=v2.14; the most recent change)"
    )
    assert finding.link == "https://ci.example/9"


@pytest.mark.parametrize("status", [402, 403, 404])
async def test_a_plan_without_change_correlation_is_no_gap(status: int) -> None:
    """It is an add-on: its absence is not news in an incident."""
    report = await look(Incident(alerts=[alert("P1")], related_change_events=status))
    assert (report.health, report.gaps, report.reason) == (Health.FRESH, (), "")


async def test_log_entries_of_note_are_told_and_routine_ones_are_not() -> None:
    """Notes and escalations that ran out; not every notification that was sent."""
    entries = [
        {
            "id": "R1",
            "type": "annotate_log_entry",
            "created_at": "2026-03-04T14:06:00Z",
            "summary": "Noted by Kim Example.",
            "channel": {"type": "note", "summary": "restarted one pod"},
        },
        {
            "id": "R2",
            "type": "exhaust_escalation_path_log_entry",
            "created_at": "2026-03-04T14:07:00Z",
            "summary": "Nobody left to escalate to.",
        },
        {"id": "R3", "type": "notify_log_entry", "created_at": "2026-03-04T14:06:00Z"},
        {"id": "R4", "type": "annotate_log_entry", "created_at": "garbage"},
    ]
    report = await look(Incident(log_entries=entries))
    assert [finding.summary for finding in report.findings] == [
        'PagerDuty: Noted by Kim Example.: "restarted one pod"',
        "PagerDuty: Nobody left to escalate to.",
    ]


async def test_an_incident_without_a_page_has_nothing_to_ask() -> None:
    """An incident opened by hand is said to be one, not called quiet."""
    async with outgoing() as http:
        source = source_of(INTEGRATION, {}, wiring(http, {"api_token": [TOKEN]}))
        report = await source.collect(ask("auth-api"))
    assert (report.health, report.query) == (Health.SPARSE, "")
    assert "nothing to ask" in report.reason


async def test_without_an_api_token_there_is_no_source() -> None:
    """Webhooks alone are a way to run opsbot."""
    assert INTEGRATION.sources is not None
    async with outgoing() as http:
        assert INTEGRATION.sources(INTEGRATION.settings(), wiring(http)) == []
