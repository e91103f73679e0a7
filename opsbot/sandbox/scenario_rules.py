"""What a scenario must fulfil as a whole: names that exist, no call cycles, sound effects."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.sandbox.scenario import Scenario, ScenarioError


def check_scenario(scenario: Scenario, file: str) -> None:
    """Raise ScenarioError for the first rule the scenario breaks."""
    for complaint in _complaints(scenario):
        raise ScenarioError(f"{file}: {complaint}")


def call_order(scenario: Scenario) -> tuple[str, ...]:
    """Give the services with every callee before its callers; raises ScenarioError on a cycle."""
    calls = {
        service.name: tuple(dependency.service for dependency in service.dependencies)
        for service in scenario.services
    }
    done: dict[str, None] = {}
    for name in calls:
        _visit(name, calls, done, ())
    return tuple(done)


def _visit(
    name: str, calls: dict[str, tuple[str, ...]], done: dict[str, None], path: tuple[str, ...]
) -> None:
    if name in path:
        circle = " -> ".join((*path, name))
        raise ScenarioError(f"services call each other in a circle: {circle}; remove one call")
    if name in done:
        return
    for callee in calls[name]:
        _visit(callee, calls, done, (*path, name))
    done[name] = None


def _complaints(scenario: Scenario) -> Iterator[str]:
    yield from _service_complaints(scenario)
    yield from _people_complaints(scenario)
    yield from _happening_complaints(scenario)
    yield from _collector_complaints(scenario)
    try:
        call_order(scenario)
    except ScenarioError as error:
        yield str(error)


def _service_complaints(scenario: Scenario) -> Iterator[str]:
    names = {service.name for service in scenario.services}
    teams = {team.name for team in scenario.teams}
    ids = [service.pagerduty_id for service in scenario.services]
    for service in scenario.services:
        if service.team not in teams:
            yield f"services.{service.name}.team: no team {service.team!r}"
        for dependency in service.dependencies:
            if dependency.service not in names:
                yield f"services.{service.name}.calls: no service {dependency.service!r}"
        if service.pods < 1 or service.rate <= 0:
            yield f"services.{service.name}: needs at least one pod and a rate above 0"
        if ids.count(service.pagerduty_id) > 1:
            yield f"services.{service.name}.pagerduty_id: {service.pagerduty_id} is used twice"


def _people_complaints(scenario: Scenario) -> Iterator[str]:
    people = {person.name for person in scenario.people}
    for team in scenario.teams:
        if not team.levels or not team.levels[0]:
            yield f"teams.{team.name}.on_call: needs somebody on the first level"
        for name in (name for level in team.levels for name in level):
            if name not in people:
                yield f"teams.{team.name}.on_call: nobody is called {name!r}"
    for name in scenario.page.assignees:
        if name not in people:
            yield f"page.assignees: nobody is called {name!r}"
    for person in scenario.people:
        if not person.email.endswith("@example.com"):
            yield f"people.{person.name}.email: use an example.com address, people are made up"


def _happening_complaints(scenario: Scenario) -> Iterator[str]:
    names = {service.name for service in scenario.services}
    if scenario.page.service not in names:
        yield f"page.service: no service {scenario.page.service!r}"
    if scenario.culprit is not None and scenario.culprit not in names:
        yield f"culprit: no service {scenario.culprit!r}"
    for deploy in scenario.deploys:
        if deploy.service not in names:
            yield f"deploys: no service {deploy.service!r}"
    yield from _deploy_complaints(scenario)
    for line in scenario.log_templates:
        if line.service not in names:
            yield f"log_lines: no service {line.service!r}"
    for effect in scenario.effects:
        if effect.service not in names:
            yield f"effects: no service {effect.service!r}"
        if (effect.value is None) == (effect.factor is None):
            yield f"effects: {effect.service} {effect.signal}: give either value or factor"
        if effect.end is not None and effect.end < effect.start + effect.ramp:
            yield f"effects: {effect.service} {effect.signal}: ends before its ramp is done"


def _deploy_complaints(scenario: Scenario) -> Iterator[str]:
    """Versions of a service follow each other, or there is nothing to compare between them."""
    live: dict[str, str] = {}
    for deploy in sorted(scenario.deploys, key=lambda one: one.at):
        before = live.get(deploy.service, deploy.previous)
        if deploy.previous != before:
            yield f"deploys: {deploy.service} {deploy.version}: previous must be {before}"
        live[deploy.service] = deploy.version


def _collector_complaints(scenario: Scenario) -> Iterator[str]:
    carried = [name for collector in scenario.collectors for name in collector.services]
    names = {service.name for service in scenario.services}
    for name in carried:
        if name not in names:
            yield f"collectors: no service {name!r}"
        if carried.count(name) > 1:
            yield f"collectors: {name} is carried twice"
    for name in sorted(names - set(carried)):
        yield f"collectors: nobody carries the lines of {name}"
