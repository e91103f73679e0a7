"""What the sandbox Prometheus says of its alerting rules, by evaluating them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from opsbot.sandbox.promql import evaluate
from opsbot.sandbox.promql_vector import Column
from opsbot.sandbox.scenario import AlertRule, Scenario
from opsbot.sandbox.series import SCRAPE_SECONDS, Sample, SeriesSource

_LOOK_BACK = 1800.0
"""Seconds of history a rule is evaluated over to learn since when it has been true."""

_LABEL = re.compile(r"\{\{\s*\$labels\.(\w+)\s*\}\}")


def alert_states(rule: AlertRule, source: SeriesSource, now: datetime) -> list[dict[str, Any]]:
    """Give the pending and firing alerts of a rule, as /api/v1/alerts shows them."""
    newest = now.timestamp() // SCRAPE_SECONDS * SCRAPE_SECONDS
    count = int((rule.hold + _LOOK_BACK) // SCRAPE_SECONDS)
    times = [newest - index * SCRAPE_SECONDS for index in range(count, -1, -1)]
    alerts: list[dict[str, Any]] = []
    for column in evaluate(rule.expr, source, times):
        if not isinstance(column, Column):
            continue
        value = column.values[-1]
        active = _active_since(column.values, times)
        if value is not None and active is not None:
            alerts.append(_alert(rule, column.labels, value, active, newest))
    return alerts


def rule_groups(scenario: Scenario, source: SeriesSource, now: datetime) -> dict[str, Any]:
    """Give the answer of /api/v1/rules."""
    rules = [_rule(rule, alert_states(rule, source, now), now) for rule in scenario.alert_rules]
    group = {
        "name": "services",
        "file": "/etc/prometheus/rules/services.yml",
        "interval": SCRAPE_SECONDS,
        "limit": 0,
        "rules": rules,
        "evaluationTime": 0.003,
        "lastEvaluation": now.isoformat(),
    }
    return {"groups": [group]}


def _active_since(values: list[Sample], times: list[float]) -> float | None:
    since: float | None = None
    for time, value in zip(reversed(times), reversed(values), strict=True):
        if value is None:
            break
        since = time
    return since


def _alert(
    rule: AlertRule, labels: dict[str, str], value: float, active: float, newest: float
) -> dict[str, Any]:
    return {
        "labels": {"alertname": rule.name, "severity": rule.severity, **labels},
        "annotations": {"summary": _LABEL.sub(lambda m: labels.get(m[1], ""), rule.summary)},
        "state": "firing" if newest - active >= rule.hold else "pending",
        "activeAt": datetime.fromtimestamp(active, UTC).isoformat().replace("+00:00", "Z"),
        "value": f"{value:e}",
    }


def _rule(rule: AlertRule, alerts: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    states = {alert["state"] for alert in alerts}
    state = "firing" if "firing" in states else "pending" if "pending" in states else "inactive"
    return {
        "state": state,
        "name": rule.name,
        "query": rule.expr,
        "duration": rule.hold,
        "keepFiringFor": 0,
        "labels": {"severity": rule.severity},
        "annotations": {"summary": rule.summary},
        "alerts": alerts,
        "health": "ok",
        "evaluationTime": 0.001,
        "lastEvaluation": now.isoformat(),
        "type": "alerting",
    }
