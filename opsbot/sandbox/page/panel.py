"""The sandbox panel as a viewer sees it: PagerDuty's incidents, the faults, the journal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from opsbot.sandbox.page.journal import JournalLine, journal
from opsbot.sandbox.page.switches import Source, Switch, Switches
from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.pagerduty_account import Incident
from opsbot.sandbox.scenario import Person, Scenario
from opsbot.sandbox.slack.server import SlackSandbox
from opsbot.sandbox.world import World

_INCIDENTS = 4  # the newest; a flood of pages must not bury the switches
_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyIncident:
    """One incident at PagerDuty, and what its person could do there now: name and label."""

    id: str
    number: int
    title: str
    status: str
    service: str
    urgency: str
    priority: str
    level: int
    assignees: str
    notes: int
    latest_note: str
    acts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyView:
    """The scenario's page, the account's incidents, and as whom one acts there."""

    title: str
    service: str
    example: str
    services: tuple[str, ...]
    incidents: tuple[PagerDutyIncident, ...]
    earlier: int
    """How many older incidents are not shown."""
    switches: tuple[Switch, ...]
    me: str
    stand_in: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """Everything in the panel; PagerDuty and the backends only where there is a world."""

    pagerduty: PagerDutyView | None
    slack: tuple[Switch, ...]
    sources: tuple[Source, ...]
    telemetry: tuple[Switch, ...]
    journal: tuple[JournalLine, ...]


class Panel:
    """Reads the sandbox for the panel; `version` changes whenever the panel would."""

    def __init__(self, slack: SlackSandbox, world: World | None, switches: Switches) -> None:
        self._slack, self._world, self._switches = slack, world, switches

    def view(self, viewer: Viewer) -> PanelView:
        """Return the panel."""
        return PanelView(
            pagerduty=None if self._world is None else self._pagerduty(self._world, viewer),
            slack=self._switches.of_slack(),
            sources=self._switches.sources(),
            telemetry=self._switches.of_telemetry(),
            journal=tuple(islice(journal(self._slack, self._world, viewer), _LINES)),
        )

    def version(self) -> tuple[object, ...]:
        """Return a value that differs once anything in the panel has changed."""
        calls = self._slack.journal.calls
        seen: list[object] = [len(calls), self._slack.journal.in_flight]
        seen += [len(self._slack.courier.deliveries), self._switches.version()]
        if self._world is not None:
            pagerduty = self._world.pagerduty
            seen.append([len(one.attempts) for one in pagerduty.deliveries[-_LINES:]])
            seen += [(one.id, one.updated_at) for one in pagerduty.account.incidents.values()]
        return tuple(map(repr, seen))

    def _pagerduty(self, world: World, viewer: Viewer) -> PagerDutyView:
        page = world.scenario.page
        services = [service.name for service in world.scenario.services]
        services.sort(key=lambda name: name != page.service)
        incidents = world.pagerduty.account.incidents
        newest = islice(reversed(incidents.values()), _INCIDENTS)
        me = person_of(world.scenario, viewer)
        return PagerDutyView(
            title=page.title,
            service=page.service,
            example=f"{services[min(1, len(services) - 1)]}: error rate above 5 %",
            services=tuple(services),
            incidents=tuple(_incident(one) for one in newest),
            earlier=max(0, len(incidents) - _INCIDENTS),
            switches=self._switches.of_pagerduty(),
            me=me.name if me is not None else "",
            stand_in=stand_in(world.scenario).name,
        )


def person_of(scenario: Scenario, viewer: Viewer) -> Person | None:
    """Return who the viewer is at PagerDuty, by e-mail address."""
    wanted = viewer.user.email.casefold()
    return next((one for one in scenario.people if wanted == one.email.casefold()), None)


def stand_in(scenario: Scenario) -> Person:
    """Return who acts at PagerDuty for somebody it does not know: the first on call."""
    team = scenario.team(scenario.service(scenario.page.service).team)
    return scenario.person(team.levels[0][0])


def _incident(found: Incident) -> PagerDutyIncident:
    return PagerDutyIncident(
        id=found.id,
        number=found.number,
        title=found.title,
        status=found.status,
        service=found.service.name,
        urgency=found.urgency,
        priority=found.priority or "",
        level=found.level,
        assignees=", ".join(person.name for person in found.assignees),
        notes=len(found.notes),
        latest_note=found.notes[-1].content if found.notes else "",
        acts=tuple(_acts(found)),
    )


def _acts(found: Incident) -> list[tuple[str, str]]:
    if found.status == "resolved":
        return [("reopen", "Reopen")]
    acts = [("acknowledge", "Acknowledge")]
    if found.status == "acknowledged":
        acts = [("unacknowledge", "Let the acknowledgement lapse")]
    acts.append(("resolve", "Resolve"))
    if found.level < len(found.team.levels):
        acts.append(("escalate", "Escalate"))
    if any(one.state == "pending" for one in found.responders):
        acts += [("accept", "Accept the request to join"), ("decline", "Decline it")]
    return acts
