"""An alert rule for Prometheus as text: what would have told of the likely cause itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta

from opsbot.core.evidence import Finding, FindingKind
from opsbot.core.naming import slug
from opsbot.core.quantity import percent, quantity
from opsbot.core.series import ERROR_SHARE, LATENCY, MEMORY, REQUESTS
from opsbot.core.text import inert

HOLDS = timedelta(minutes=2)
NONE_YET = "none-yet"
FULL = 0.9  # of a limit
MANY_FAIL, SOME_FAIL, TIMES_USUAL = 0.05, 0.01, 3.0
SLOWER, SLOWER_BY = 2.0, 0.1  # times the usual, and seconds above it
LEFT = 0.5  # of the usual traffic
"""The bounds that findings are told by (docs/evidence.md), and 5 % of failures where alert rules
usually begin to page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """When the rule holds. `series` is what the quantity is called among kept series."""

    signal: str  # as metrics are asked for: `Background.expressions`
    series: str
    name: str  # of the alert, behind the service's
    threshold: float
    below: bool  # whether it fires below the threshold
    words: str  # "memory above 90 % of its limit"

    def holds(self, value: float) -> bool:
        """Whether a value is beyond the bound; NaN never is."""
        return value < self.threshold if self.below else value > self.threshold


def bound_for(finding: Finding) -> Bound | None:
    """The bound that tells this finding from the usual; None for what no such rule can watch, and
    where the bound lies beyond what was found."""
    bound = _bound(finding)
    within = bound is None or finding.value is None or bound.holds(finding.value)
    return bound if within else None


def _bound(finding: Finding) -> Bound | None:
    value, usual = finding.value or 0.0, finding.before or 0.0
    match finding.kind:
        case FindingKind.SATURATION:
            words = f"memory above {percent(FULL)} of its limit"
            return _above("memory", MEMORY, "MemoryNearLimit", FULL, words)
        case FindingKind.ERRORS:
            many = value >= 2 * MANY_FAIL
            share = MANY_FAIL if many else _round(max(SOME_FAIL, TIMES_USUAL * usual))
            words = f"more than {percent(share)} of its requests failing"
            return _above("error_share", ERROR_SHARE, "ErrorShareHigh", share, words)
        case FindingKind.LATENCY if usual > 0:
            slow = _round(max(SLOWER * usual, usual + SLOWER_BY))
            words = f"a 95th percentile of latency above {quantity(slow, 's')}"
            return _above("latency", LATENCY, "LatencyHigh", slow, words)
        case FindingKind.RESTARTS:
            words = "more restarts than usual within ten minutes"
            return _above("restarts", "", "Restarting", _round(usual), words)
        case FindingKind.TRAFFIC if usual > 0:
            few = _round(LEFT * usual)
            words = f"fewer than {quantity(few, 'per_s')} requests"
            return replace(_above("request_rate", REQUESTS, "TrafficLow", few, words), below=True)
        case _:
            return None


def _above(signal: str, series: str, name: str, threshold: float, words: str) -> Bound:
    return Bound(signal=signal, series=series, name=name, threshold=threshold, below=False,
                 words=words)  # fmt: skip


def _round(value: float) -> float:
    """Two digits, as a person would write a threshold."""
    return float(f"{value:.2g}")


def rule_text(
    bound: Bound, *, service: str, expression: str, severity: str, owner: str, runbook: str,
    incident: str,
) -> str:  # fmt: skip
    """A rule file of Prometheus with this one rule (Prometheus, "Alerting rules")."""
    sign = "<" if bound.below else ">"
    camel = "".join(word.capitalize() for word in slug(service, 60).split("-"))
    minutes = int(HOLDS.total_seconds() // 60)
    summary = f"{service}: {bound.words} for {minutes} minutes"
    description = f"Proposed after {incident}: this moved first, and no alert watched it."
    lines = [
        "groups:",
        f"  - name: {_text(f'proposed-after-{incident}')}",
        "    rules:",
        f"      - alert: {_text(f'{camel}{bound.name}')}",
        "        expr: |-",
        *_expression(expression, f"{sign} {bound.threshold:g}"),
        f"        for: {minutes}m",
        "        labels:",
        f"          severity: {_text(severity)}",
        f"          owner: {_text(owner or NONE_YET)}",
        f"          runbook: {_text(runbook or NONE_YET)}",
        "        annotations:",
        f"          summary: {_text(summary)}",
        f"          description: {_text(description)}",
    ]
    return "\n".join(lines) + "\n"


def _expression(expression: str, compared: str) -> list[str]:
    """The query in brackets, so that the comparison is of all of it, whatever it is made of."""
    inner = [line.strip() for line in expression.splitlines() if line.strip()]
    if len(inner) == 1:
        return [f"          ({inner[0]}) {compared}"]
    return ["          (", *(f"            {line}" for line in inner), f"          ) {compared}"]


def _text(words: str) -> str:
    """A YAML text. Prometheus reads labels and annotations as templates: braces are kept apart."""
    plain = inert(words, 400).replace("{{", "{ {").replace("}}", "} }")
    return json.dumps(plain, ensure_ascii=False)
