"""The change events of the sandbox PagerDuty, and which of them it relates to an incident."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from opsbot.sandbox.pagerduty_incident import Incident
from opsbot.sandbox.pagerduty_shapes import Shapes
from opsbot.sandbox.scenario import Deploy, Scenario, Service

RELATED_WITHIN = timedelta(days=3)


def change_events(
    scenario: Scenario, shapes: Shapes, anchor: datetime, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Give the change events of a stretch of time, newest first."""
    return [
        shapes.change_event(deploy, service, at)
        for at, deploy, service in _changes(scenario, anchor)
        if since <= at < until
    ]


def related_change_events(
    scenario: Scenario, shapes: Shapes, anchor: datetime, incident: Incident
) -> list[dict[str, Any]]:
    """Give the latest change of the incident's service and of each service it depends on."""
    near = _dependencies(scenario, incident.service.name, hops=2)
    found: dict[str, dict[str, Any]] = {}
    for at, deploy, service in _changes(scenario, anchor):
        recent = incident.created_at - RELATED_WITHIN <= at <= incident.created_at
        if not recent or service.name in found:
            continue
        if service.name == incident.service.name:
            reason = "most_recent"
        elif service.name in near:
            reason = "related_service"
        else:
            continue
        event = shapes.change_event(deploy, service, at)
        found[service.name] = {**event, "correlation_reason": {"reason": reason}}
    return list(found.values())


def _changes(scenario: Scenario, anchor: datetime) -> Iterator[tuple[datetime, Deploy, Service]]:
    for deploy in sorted(scenario.deploys, key=lambda one: one.at, reverse=True):
        if deploy.change_event:
            at = anchor + timedelta(seconds=deploy.at)
            yield at, deploy, scenario.service(deploy.service)


def _dependencies(scenario: Scenario, service: str, *, hops: int) -> set[str]:
    reached = {service}
    for _ in range(hops):
        reached |= {
            dependency.service
            for name in reached
            for dependency in scenario.service(name).dependencies
        }
    return reached - {service}
