"""The Deployments of a scenario's company: a namespace a team, a revision a deploy.

What a deploy changed in its values file stands in the pod template: a memory limit as a resource,
anything else as an environment variable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.scenario import Deploy, Scenario, Service

CONTAINER = "app"
MEMORY_LIMIT = "resources.limits.memory"
REGISTRY = "registry.example.com"

_DAY = 86_400.0
_FIRST_LETTERS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
UNDEPLOYED = "v1.0.0"
"""The version of a service that was not deployed lately, in traces as well."""

_BEFORE = "v0.9.4"
_AUTOSCALED_RATE = 300.0  # requests a second above which a team scales by itself
_SYNCED_TEAMS = {"storefront": "argocd", "platform": "flux"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededRevision:
    """A revision that exists when the world begins; `at` is seconds relative to the page."""

    number: int
    at: float
    template: dict[str, Any]
    cause: str


def namespace_of(service: Service) -> str:
    """The namespace a service runs in: its team's."""
    return re.sub(r"[^a-z0-9-]+", "-", service.team.lower()).strip("-")


def namespaces(scenario: Scenario) -> tuple[str, ...]:
    """Every namespace of the company, sorted."""
    return tuple(sorted({namespace_of(service) for service in scenario.services}))


def seeded_revisions(scenario: Scenario, service: Service) -> tuple[SeededRevision, ...]:
    """The revisions of a service, the oldest first: at least two, the last one runs."""
    seed = seed_of(scenario.seed, "kubernetes", service.name)
    deploys = sorted(
        (one for one in scenario.deploys if one.service == service.name and one.at < 0),
        key=lambda one: one.at,
    )
    first = 3 + seed % 20
    return tuple(
        SeededRevision(
            number=first + index,
            at=at,
            template=_template(scenario, service, version, values),
            cause=cause,
        )
        for index, (version, at, values, cause) in enumerate(_versions(service, deploys, seed))
    )


def _versions(
    service: Service, deploys: list[Deploy], seed: int
) -> Iterator[tuple[str, float, Mapping[str, str], str]]:
    """Version, time, configuration and cause of each revision."""
    long_ago = -(40 + seed % 90) * _DAY
    if not deploys:
        yield _BEFORE, long_ago - 21 * _DAY, {}, ""
        yield UNDEPLOYED, long_ago, {}, ""
        return
    values: dict[str, str] = {}
    for deploy in reversed(deploys):
        values |= {change.key: change.before for change in deploy.config_changes}
    yield deploys[0].previous, long_ago, dict(values), ""
    for deploy in deploys:
        values |= {change.key: change.after for change in deploy.config_changes}
        yield deploy.version, deploy.at + 5.0, dict(values), deploy.description


def _template(
    scenario: Scenario, service: Service, version: str, values: Mapping[str, str]
) -> dict[str, Any]:
    limit = f"{service.memory_limit_mib:g}Mi"
    others = {key: value for key, value in values.items() if key != MEMORY_LIMIT}
    container = {
        "name": CONTAINER,
        "image": f"{REGISTRY}/{scenario.organisation}/{service.name}:{version}",
        "imagePullPolicy": "IfNotPresent",
        "env": [
            {"name": "ENVIRONMENT", "value": scenario.environment},
            *({"name": variable_of(key), "value": value} for key, value in others.items()),
        ],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "readinessProbe": {
            "httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"},
            "timeoutSeconds": 1, "periodSeconds": 5, "successThreshold": 1, "failureThreshold": 3,
        },
        "resources": {
            "limits": {"memory": values.get(MEMORY_LIMIT, limit)},
            "requests": {"cpu": "100m", "memory": f"{service.memory_limit_mib / 4:g}Mi"},
        },
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }  # fmt: skip
    return {
        "metadata": {"labels": {"app.kubernetes.io/name": service.name}},
        "spec": {
            "containers": [container],
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
    }


def variable_of(key: str) -> str:
    """The environment variable a key of a values file is handed on as: POOL_MAX_CONNECTIONS."""
    return _FIRST_LETTERS.sub("_", key).replace(".", "_").replace("-", "_").upper()


def configured(template: Mapping[str, Any], key: str) -> str:
    """What a pod template says for a key of a values file; empty when it says nothing."""
    for container in _objects(_object(template.get("spec")).get("containers")):
        if container.get("name") != CONTAINER:
            continue
        if key == MEMORY_LIMIT:
            limits = _object(_object(container.get("resources")).get("limits"))
            return str(limits.get("memory", ""))
        for variable in _objects(container.get("env")):
            if variable.get("name") == variable_of(key):
                return str(variable.get("value", ""))
    return ""


def version_of(template: Mapping[str, Any]) -> str:
    """The tag of the application's image; empty when there is none."""
    for container in _objects(_object(template.get("spec")).get("containers")):
        if container.get("name") == CONTAINER:
            return str(container.get("image", "")).rpartition("/")[2].partition(":")[2]
    return ""


def marks(service: Service) -> tuple[dict[str, str], dict[str, str]]:
    """Labels and annotations of a Deployment: some teams have it kept by Argo CD or Flux."""
    labels = {
        "app.kubernetes.io/name": service.name,
        "app.kubernetes.io/part-of": service.team,
    }
    tool = _SYNCED_TEAMS.get(service.team)
    if tool == "argocd":
        identity = f"{service.team}:apps/Deployment:{namespace_of(service)}/{service.name}"
        return labels, {"argocd.argoproj.io/tracking-id": identity}
    if tool == "flux":
        labels |= {
            "kustomize.toolkit.fluxcd.io/name": service.team,
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        }
    return labels, {}


def autoscaled(service: Service) -> bool:
    """Whether a HorizontalPodAutoscaler keeps the number of its pods."""
    return service.rate >= _AUTOSCALED_RATE


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    found = cast("list[Any]", value) if isinstance(value, list) else []
    return [_object(one) for one in found]
