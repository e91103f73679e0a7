"""What a runbook may look up besides its arguments: the incident, and the service acted on.

Only what opsbot or the catalogue says: a title or an alert's text is foreign, and no look-up
brings it into a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from opsbot.core.incident import Incident
from opsbot.core.parameter import Problem, code
from opsbot.core.rules import Rules
from opsbot.core.runbook import ParameterKind, Runbook, Scalar
from opsbot.core.runbook.rendered import Surroundings
from opsbot.core.service import Service

SELECTOR = "service.selectors."
KNOWN = (
    "incident.id", "incident.number", "incident.severity", "incident.service",
    "service.name", "service.environment", "service.owner", "service.repository", "service.tier",
)  # fmt: skip


def surroundings(
    incident: Incident, rules: Rules, runbook: Runbook, arguments: Mapping[str, Scalar]
) -> Surroundings:
    """Every value by its dotted name; what a service lacks is not there.

    `incident.service` is where it hurts: the service that paged, or else the one acted on.
    """
    about = rules.catalogue.named(acted_on(incident, rules, runbook, arguments))
    hurt = rules.catalogue.find(incident.service) or about
    values: dict[str, Scalar] = {
        "incident.id": incident.id,
        "incident.number": incident.number,
        "incident.severity": incident.severity.value,
        **({"incident.service": hurt.name} if hurt else {}),
        **(_of_service(about) if about else {}),
    }
    return Surroundings(incident_id=incident.id, values=MappingProxyType(values))


def acted_on(
    incident: Incident, rules: Rules, runbook: Runbook, arguments: Mapping[str, Scalar]
) -> str:
    """The catalogue's name of the service a run acts on: the one among its arguments, else the
    incident's own; empty when neither is known."""
    named = service_argument(runbook, arguments)
    if named:
        return named
    own = rules.catalogue.find(incident.service)
    return own.name if own else ""


def service_argument(runbook: Runbook, arguments: Mapping[str, Scalar]) -> str:
    """The service among the arguments: the one called `service`, else the first."""
    names = [p.name for p in runbook.parameters if p.kind is ParameterKind.SERVICE]
    names.sort(key=lambda name: name != "service")
    return next((str(arguments[name]) for name in names if name in arguments), "")


def _of_service(service: Service) -> dict[str, Scalar]:
    told = {
        "service.name": service.name,
        "service.environment": service.environment,
        "service.owner": service.owner,
        "service.repository": service.repository,
        "service.tier": service.tier,
        **{f"{SELECTOR}{name}": value for name, value in service.selectors},
    }
    return {name: value for name, value in told.items() if value}


def lacking(name: str, service: str) -> Problem:
    """That a look-up has no value here, and which setting gives it one."""
    if not service:
        said = f"{code('${' + name + '}')} needs a service, and this incident has none that the "
        cure = "catalogue knows. Add it under `services:` in opsbot.yaml."
        return Problem(parameter="", sentence=said + cure)
    if name.startswith(SELECTOR):
        key, place = name.removeprefix(SELECTOR), f"services: {service}: selectors"
    else:
        key, place = name.rpartition(".")[2], f"services: {service}"
    return Problem(
        parameter="",
        sentence=f"The catalogue says no {code(key)} of {code(service)}. Add it under "
        f"{code(place)} in opsbot.yaml.",
    )
