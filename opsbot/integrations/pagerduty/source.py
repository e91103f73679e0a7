"""What PagerDuty itself knows of an incident: alerts, notes and log entries, related changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    Finding,
    FindingKind,
    Health,
    SourceReport,
)
from opsbot.core.moment import parse_moment
from opsbot.core.text import inert
from opsbot.integrations._backend import Backend, LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text
from opsbot.integrations._look_up import LookUp, reported
from opsbot.ports import Clock

NAME = "pagerduty"
_MOST_ALERTS = 100  # one page; more is said as cut off
_PLAN_LACKS_IT = (402, 403)
# Log entries that say more than the webhooks already did.
_TELLING = {
    "exhaust_escalation_path_log_entry": "nobody left to escalate to",
    "reach_ack_limit_log_entry": "the acknowledgement limit was reached",
    "urgency_change_log_entry": "urgency changed",
    "snooze_log_entry": "snoozed",
}


class PagerDutySource:
    """Evidence of kind `changes`: PagerDuty correlates change events with the incident."""

    name = NAME
    kind = EvidenceKind.CHANGES

    def __init__(self, *, backend: Backend, clock: Clock, deadline: float) -> None:
        self._backend, self._clock, self._deadline = backend, clock, deadline

    async def collect(self, ask: EvidenceAsk) -> SourceReport:
        """Ask for the incident's alerts, log entries and related changes at once."""
        look_up = LookUp(
            source=NAME, kind=self.kind, ask=ask, clock=self._clock, deadline=self._deadline
        )

        async def work(look_up: LookUp) -> SourceReport:
            return await self._look(look_up)

        return await reported(look_up, work)

    async def _look(self, look_up: LookUp) -> SourceReport:
        incident_id = next((i for i in look_up.ask.alert_ids if ":" not in i), "")
        if not incident_id:
            return look_up.report(health=Health.SPARSE, reason="no PagerDuty incident to ask for")
        path = f"/incidents/{quote(incident_id, safe='')}"
        paths = {
            "alerts": f"{path}/alerts",
            "log entries": f"{path}/log_entries",
            "related changes": f"{path}/related_change_events",
        }
        look_up.queries += [f"GET {where}" for where in paths.values()]
        answers = await look_up.parts(
            {name: self._read(where, look_up) for name, where in paths.items()}
        )
        if not answers:
            return look_up.unreachable()
        findings = [
            *_alerts(answers.get("alerts", {})),
            *_log_entries(answers.get("log entries", {})),
            *_changes(answers.get("related changes", {}), look_up.ask),
        ]
        if mapping(answers.get("alerts")).get("more") is True:
            look_up.cut_off.append(f"more than {_MOST_ALERTS} alerts; the first are shown")
        newest = max((finding.at for finding in findings), default=None)
        return look_up.report(health=Health.FRESH, findings=findings, newest_at=newest)

    async def _read(self, path: str, look_up: LookUp) -> dict[str, Any]:
        params = (("limit", str(_MOST_ALERTS)),)
        try:
            return mapping(await self._backend.get(path, params, timeout=look_up.left))
        except LookUpFailed as failed:
            if failed.status in _PLAN_LACKS_IT and path.endswith("related_change_events"):
                return {}  # the account's plan has no related changes: nothing is missing
            raise


def _at(value: Any) -> datetime | None:
    try:
        return parse_moment(text(value))
    except ValueError:
        return None


def _web(value: Any) -> str:
    url = text(value)
    return url if url.startswith("https://") and len(url) <= 2_000 else ""


def _alerts(answer: dict[str, Any]) -> list[Finding]:
    found: list[Finding] = []
    for alert in objects(answer.get("alerts")):
        at = _at(alert.get("created_at"))
        if at is None:
            continue
        service = inert(text(mapping(alert.get("service")).get("summary")), 80)
        words = inert(text(alert.get("summary")), 160)
        severity = inert(text(alert.get("severity")), 20)
        said = f"alert{f' ({severity})' if severity else ''}: {words}{_labels(alert)}"
        found.append(
            Finding(
                at=at,
                kind=FindingKind.ALERT,
                service=service,
                summary=said,
                link=_web(alert.get("html_url")),
                fold_key=f"alert:{text(alert.get('id'))[:100]}",
            )
        )
    return found


def _labels(alert: dict[str, Any]) -> str:
    """A few of the facts the monitor sent along; text and numbers only."""
    body = mapping(alert.get("body"))
    details = mapping(body.get("cef_details")) or mapping(body.get("details"))
    told = [
        f"{inert(key, 30)}={inert(words, 60)}"
        for key, value in details.items()
        if (words := text(value))
    ]
    return f" [{', '.join(told[:4])}]" if told else ""


def _log_entries(answer: dict[str, Any]) -> list[Finding]:
    found: list[Finding] = []
    for entry in objects(answer.get("log_entries")):
        at, words = _at(entry.get("created_at")), _TELLING.get(text(entry.get("type")))
        if at is None or words is None:
            continue
        summary = f"PagerDuty: {words}: {inert(text(entry.get('summary')), 160)}"
        found.append(
            Finding(at=at, kind=FindingKind.ALERT, service="", summary=summary,
                    link=_web(entry.get("html_url")),
                    fold_key=f"log:{text(entry.get('id'))[:100]}")
        )  # fmt: skip
    return found


def _changes(answer: dict[str, Any], ask: EvidenceAsk) -> list[Finding]:
    found: list[Finding] = []
    for change in objects(answer.get("change_events")):
        at = _at(change.get("timestamp"))
        if at is None or not ask.window.end - ask.horizon <= at <= ask.window.end:
            continue
        reason = text(mapping(change.get("correlation_reason")).get("reason")).replace("_", " ")
        why = f" (PagerDuty: {inert(reason, 40)})" if reason else ""
        custom = mapping(change.get("custom_details"))
        service, version = text(custom.get("service")), text(custom.get("version"))
        links = objects(change.get("links"))
        found.append(
            Finding(
                at=at, kind=FindingKind.DEPLOY if version else FindingKind.CHANGE,
                service=inert(service, 80),
                summary=f"{inert(text(change.get('summary')), 200)}{why}",
                link=_web(links[0].get("href")) if links else "",
                fold_key=f"deploy:{inert(service, 80)}:{inert(version, 80)}"
                if service and version else f"change:{text(change.get('id'))[:100]}",
            )
        )  # fmt: skip
    return found
