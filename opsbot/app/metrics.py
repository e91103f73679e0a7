"""What opsbot counts about itself. Labels hold methods, doors and words of ours: never a title,
a name or an id of an incident."""

from __future__ import annotations

from collections import Counter as Counted
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from opsbot.core.policy import PastRun


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


class Metrics:
    """One registry per application, so that two in one process do not mix."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.deliveries = Counter(
            "opsbot_deliveries_total", "Deliveries at a door, by answer and reason",
            ("door", "status", "reason"), registry=registry,
        )  # fmt: skip
        self.backlog = Gauge(
            "opsbot_inbox_backlog", "Deliveries accepted and not yet handled", registry=registry
        )
        self.handled = Counter(
            "opsbot_deliveries_handled_total", "Deliveries put on the record", registry=registry
        )
        self.aside = Counter(
            "opsbot_deliveries_aside_total", "Deliveries that could not be taken",
            registry=registry,
        )  # fmt: skip
        self.flows = Counter(
            "opsbot_flows_total", "Flows ended, by purpose and outcome", ("purpose", "outcome"),
            registry=registry,
        )  # fmt: skip
        self.slack_calls = Counter(
            "opsbot_slack_calls_total", "Slack Web API calls", ("method", "outcome"),
            registry=registry,
        )  # fmt: skip
        self.slack_waited = Histogram(
            "opsbot_slack_wait_seconds", "How long a call waited for its budget", ("method",),
            buckets=(0.01, 0.1, 0.5, 1, 5, 30, 120), registry=registry,
        )  # fmt: skip
        self.stuck = Gauge(
            "opsbot_slack_stuck_incidents", "Incidents whose room is overdue", registry=registry
        )
        self.sockets = Gauge(
            "opsbot_socket_mode_connections", "Socket Mode connections that are up",
            registry=registry,
        )  # fmt: skip
        self.socket_events = Gauge(
            "opsbot_socket_mode_events", "What happened to connections and envelopes so far",
            ("event",), registry=registry,
        )  # fmt: skip
        self.runs = Gauge(
            "opsbot_runs", "Runs of runbooks asked for in the last 30 days, by how they ended",
            ("outcome", "break_glass"), registry=registry,
        )  # fmt: skip
        self.slack_ok_at = Gauge(
            "opsbot_slack_last_ok_timestamp_seconds", "When Slack last answered a call well",
            registry=registry,
        )  # fmt: skip

    def slack_call(self, method: str, outcome: str, waited_s: float) -> None:
        """Count one Web API call."""
        self.slack_calls.labels(method, outcome).inc()
        self.slack_waited.labels(method).observe(waited_s)

    def dispatched(self, outcome: str, number: int) -> None:
        """Count deliveries that left the inbox's line: handled, or put aside."""
        (self.handled if outcome == "handled" else self.aside).inc(number)

    def flow(self, purpose: str, outcome: str) -> None:
        """Count one flow that ended."""
        self.flows.labels(purpose, outcome).inc()

    def count_runs(self, runs: Iterable[PastRun]) -> None:
        """Tell the runs of late anew; the rate of broken glass is read from it."""
        ends = Counted((run.outcome or "open", _yes(run.break_glass)) for run in runs)
        self.runs.clear()
        for (outcome, glass), number in ends.items():
            self.runs.labels(outcome, glass).set(number)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
