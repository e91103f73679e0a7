"""What PagerDuty itself knows of an incident: its alerts, notes, and changes it relates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from opsbot.core.intake import OWN_NOTE
from opsbot.core.moment import parse_moment, shifted
from opsbot.core.text import count, inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._change_details import deploy_key, hints, version_in
from opsbot.integrations._foreign_json import mapping, objects, text
from opsbot.integrations._look_up import LookUp, names_in, reported
from opsbot.integrations._query_text import web_link
from opsbot.integrations.pagerduty.api import PagerDutyApi
from opsbot.ports import Clock

_MOST_INCIDENTS = 3
_MOST_ALERTS = 10
_PAGE = 100
# Log entries that tell a responder something the webhooks have not told already.
_OF_NOTE = frozenset(
    {
        "annotate_log_entry",
        "snooze_log_entry",
        "urgency_change_log_entry",
        "reach_ack_limit_log_entry",
        "exhaust_escalation_path_log_entry",
    }
)
_CORRELATIONS = {
    "most_recent": "the most recent change",
    "related_service": "a change of a related service",
    "intelligent": "a change PagerDuty relates",
}
_NOT_IN_PLAN = (402, 403, 404)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutySource:
    """Alerts with what the monitor sent, notes people wrote, and change events."""

    api: PagerDutyApi
    clock: Clock
    deadline: float

    @property
    def name(self) -> str:
        return "pagerduty"

    @property
    def kind(self) -> EvidenceKind:
        return EvidenceKind.CHANGES

    async def collect(self, ask: EvidenceAsk) -> SourceReport:
        """What PagerDuty knows; never raises, never exceeds its deadline."""
        look_up = LookUp(
            source=self.name, kind=self.kind, ask=ask, clock=self.clock, deadline=self.deadline
        )
        return await reported(look_up, self._look)

    async def _look(self, look_up: LookUp) -> SourceReport:
        ids = look_up.ask.alert_ids[:_MOST_INCIDENTS]
        if not ids:
            reason = "no PagerDuty incident belongs to this one: there is nothing to ask"
            return look_up.report(health=Health.SPARSE, reason=reason)
        names = names_in(self.name, look_up.ask)
        answers = await look_up.parts(
            {
                f"{what} of {inert(alert_id, 60)}": part(look_up, alert_id, names)
                for alert_id in ids
                for what, part in (
                    ("alerts", self._alerts),
                    ("log entries", self._log_entries),
                    ("related changes", self._changes),
                )
            }
        )
        if not any(name.startswith("alerts ") for name in answers):
            return look_up.unreachable()
        found = {finding.fold_key: finding for part in answers.values() for finding in part}
        return look_up.report(
            health=Health.FRESH,
            findings=tuple(found.values()),
            newest_at=max((finding.at for finding in found.values()), default=None),
        )

    async def _list(
        self, look_up: LookUp, alert_id: str, what: str, params: Sequence[tuple[str, str]] = ()
    ) -> list[dict[str, Any]]:
        path = f"/incidents/{quote(alert_id, safe='')}/{what}"
        look_up.queries.append(f"GET {path}")
        body = await self.api.get(path, params, timeout=self.deadline)
        key = "change_events" if what == "related_change_events" else what
        if key not in body:
            raise LookUpFailed(f"PagerDuty did not answer with {key}", "check api_url")
        if body.get("more") is True:
            look_up.cut_off.append(f"only the first {_PAGE} {what.replace('_', ' ')}")
        return objects(body[key])

    async def _alerts(
        self, look_up: LookUp, alert_id: str, names: Mapping[str, str]
    ) -> list[Finding]:
        entries = await self._list(look_up, alert_id, "alerts", [("limit", str(_PAGE))])
        if len(entries) > _MOST_ALERTS:
            look_up.cut_off.append(f"{count(len(entries) - _MOST_ALERTS, 'more alert')}")
        return _dated(_alert(entry, names) for entry in entries[:_MOST_ALERTS])

    async def _log_entries(
        self, look_up: LookUp, alert_id: str, names: Mapping[str, str]
    ) -> list[Finding]:
        params = [("limit", str(_PAGE)), ("include[]", "channels")]
        entries = await self._list(look_up, alert_id, "log_entries", params)
        return _dated(_log_entry(one) for one in entries if text(one.get("type")) in _OF_NOTE)

    async def _changes(
        self, look_up: LookUp, alert_id: str, names: Mapping[str, str]
    ) -> list[Finding]:
        try:
            entries = await self._list(look_up, alert_id, "related_change_events")
        except LookUpFailed as failed:
            if failed.status in _NOT_IN_PLAN:
                return []  # change correlation is an add-on: not having it is no gap
            raise
        # The most recent change of a quiet service can be weeks old.
        oldest = shifted(look_up.ask.window.end, -look_up.ask.horizon)
        found = _dated(_change(entry, names) for entry in entries)
        return [finding for finding in found if finding.at >= oldest]


def _dated(findings: Iterable[Finding | None]) -> list[Finding]:
    return [finding for finding in findings if finding is not None]


def _moment(entry: Mapping[str, Any], key: str) -> datetime | None:
    try:
        return parse_moment(text(entry.get(key)))
    except ValueError:
        return None


def _service(entry: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Our name for the first service an entry refers to that the ask knows, by id or by name."""
    for reference in (mapping(entry.get("service")), *objects(entry.get("services"))):
        for known in (text(reference.get("id")), text(reference.get("summary"))):
            if known in names:
                return names[known]
    return ""


def _alert(entry: Mapping[str, Any], names: Mapping[str, str]) -> Finding | None:
    at = _moment(entry, "created_at")
    if at is None:
        return None
    body = mapping(entry.get("body"))
    severity = inert(text(entry.get("severity")), 30)
    told = [
        one for one in (severity, *hints(body.get("details") or body.get("cef_details"))) if one
    ]
    more = f" ({'; '.join(told)})" if told else ""
    return Finding(
        at=at,
        kind=FindingKind.ALERT,
        service=_service(entry, names),
        summary=f"alert: {inert(text(entry.get('summary')), 160) or 'without a text'}{more}",
        link=web_link(text(entry.get("html_url"))),
        fold_key=f"alert:{inert(text(entry.get('id')), 60)}",
    )


def _log_entry(entry: Mapping[str, Any]) -> Finding | None:
    at = _moment(entry, "created_at")
    channel = mapping(entry.get("channel"))
    note = next(
        (text(channel[key]) for key in ("content", "summary") if text(channel.get(key))), ""
    )
    # What opsbot left there is on the record already, unless it was taken back since.
    if at is None or note.startswith(OWN_NOTE):
        return None
    words = inert(text(entry.get("summary")), 120) or "an entry without a text"
    more = f': "{inert(note, 200)}"' if note and note not in text(entry.get("summary")) else ""
    return Finding(
        at=at,
        kind=FindingKind.ALERT,
        service="",
        summary=f"PagerDuty: {words}{more}",
        link=web_link(text(entry.get("html_url"))),
        fold_key=f"log entry:{inert(text(entry.get('id')), 60)}",
    )


def _change(entry: Mapping[str, Any], names: Mapping[str, str]) -> Finding | None:
    at = _moment(entry, "timestamp")
    if at is None:
        return None
    service = _service(entry, names)
    details = entry.get("custom_details")
    version = version_in(details)
    correlation = text(mapping(entry.get("correlation_reason")).get("reason"))
    told = [*hints(details), _CORRELATIONS.get(correlation, "")]
    more = "; ".join(one for one in told if one)
    words = inert(text(entry.get("summary")), 160) or "a change without a text"
    links = [web_link(text(link.get("href"))) for link in objects(entry.get("links"))]
    return Finding(
        at=at,
        kind=FindingKind.DEPLOY if version else FindingKind.CHANGE,
        service=service,
        summary=f"{service + ': ' if service else ''}{words}{f' ({more})' if more else ''}",
        link=next((link for link in links if link), ""),
        fold_key=deploy_key(service, version)
        if service and version
        else f"change:{inert(text(entry.get('id')), 60)}",
    )
