"""The demo's report: what happened, measured from the first byte of the first webhook.

Its schema is docs/report.schema.json; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsbot.sandbox.slack.journal import Call

_ROOM = {
    "conversations.create", "conversations.invite", "conversations.setTopic", "users.lookupByEmail",
    "pins.add", "bookmarks.add", "bookmarks.list", "chat.postMessage", "users.conversations",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Moments of one run, in seconds of the shared monotonic clock; None: it never happened."""

    first_byte: float
    acknowledged: float | None
    evidence_complete: float | None


def build_report(
    *, scenario: str, shown: dict[str, Any], calls: list[Call], marks: Marks, verified: bool
) -> dict[str, Any]:
    """Join the incident as the record tells it with what the sandbox Slack saw."""
    incident = {
        key: shown["incident"][key]
        for key in (
            "key",
            "number",
            "title",
            "severity",
            "status",
            "room",
            "responders",
            "not_here",
        )
    }
    return {
        "schema_version": 1,
        "scenario": scenario,
        "incident": incident,
        "timings_ms": timings(calls, marks),
        "slack_calls": slack_calls(calls, marks),
        "timeline": shown["timeline"],
        "evidence": [_evidence(report) for report in shown["evidence"]],
        "card_text": shown["card_text"],
        "record_verified": verified,
    }


def timings(calls: list[Call], marks: Marks) -> dict[str, float | None]:
    """Milliseconds from the first byte; a room is created when Slack has answered."""
    return {
        "webhook_ack": _ms(marks.acknowledged, marks),
        "room_created": _ms(_answered(calls, "conversations.create", marks), marks),
        "card_posted": _ms(_answered(calls, "chat.postMessage", marks), marks),
        "responders_invited": _ms(_answered(calls, "conversations.invite", marks), marks),
        "evidence_complete": _ms(marks.evidence_complete, marks),
    }


def slack_calls(calls: list[Call], marks: Marks) -> list[dict[str, Any]]:
    """Every call with its phase: boot, room, or later."""
    told: list[dict[str, Any]] = []
    for call in calls:
        at_ms = round((call.at - marks.first_byte) * 1000, 1)
        told.append(
            {
                "method": call.method, "at_ms": at_ms, "ok": call.ok is True,
                "error": call.error or "", "phase": _phase(call, marks),
            }
        )  # fmt: skip
    return told


def _phase(call: Call, marks: Marks) -> str:
    if call.at < marks.first_byte:
        return "boot"
    threaded = bool(call.arguments.get("thread_ts"))
    return "room" if call.method in _ROOM and not threaded else "later"


def _answered(calls: list[Call], method: str, marks: Marks) -> float | None:
    """When the first call of `method` after the page was answered well."""
    for call in calls:
        if call.method == method and call.at >= marks.first_byte and call.ok and call.duration:
            return call.at + call.duration
    return None


def _ms(moment: float | None, marks: Marks) -> float | None:
    return None if moment is None else round((moment - marks.first_byte) * 1000, 1)


def _evidence(report: dict[str, Any]) -> dict[str, Any]:
    kept = (
        "source", "kind", "health", "query", "window", "duration_ms", "reason", "newest_at", "link",
        "truncated",
    )  # fmt: skip
    findings = [
        {
            k: found[k]
            for k in ("at", "kind", "service", "summary", "value", "before", "unit", "link")
        }
        for found in report["findings"]
    ]
    gaps = [{k: gap[k] for k in ("service", "health", "since", "reason")} for gap in report["gaps"]]
    return {**{key: report[key] for key in kept}, "findings": findings, "gaps": gaps}
