"""The sandbox cluster: every Deployment of the company, and what may be written to them.

What a cluster refuses is refused here: stale versions, changed selectors, pods without an image,
and whatever an admission webhook has been told to deny.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, cast

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.kubernetes_deployment import (
    Deployment,
    Pod,
    bare,
    images,
    uid_of,
)
from opsbot.sandbox.kubernetes_patch import PatchRefused, patched
from opsbot.sandbox.kubernetes_seed import (
    autoscaled,
    marks,
    namespace_of,
    namespaces,
    seeded_revisions,
)
from opsbot.sandbox.kubernetes_shapes import deployment_json, scale_json, stamp
from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.scenario import Scenario, Service

ROLLOUT_SECONDS = 1.5
AUTOSCALER_SECONDS = 15.0
"""How long an autoscaler leaves a number that was set by hand."""

KEEPS_EVENTS = 3600.0
_NODES = tuple(f"node-{number}" for number in range(1, 9))
_A_WRITE = 1000  # distance of resourceVersions of two writes: transitions in between are counted

RolledOut = Callable[[str, dict[str, Any], float, float], None]
"""Told a service, the pod template that is rolled out, when that began and when it will be done
(seconds since 1970)."""


class Refused(Exception):
    """A request the API server turns down, with its Status."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


class Cluster:
    """The objects of one cluster; times come from the clock it is given."""

    def __init__(
        self,
        scenario: Scenario,
        anchor: float,
        clock: Clock,
        *,
        rollout_seconds: float = ROLLOUT_SECONDS,
        rolled_out: RolledOut | None = None,
    ) -> None:
        self._clock = clock
        self._rolled_out = rolled_out
        self._seconds = rollout_seconds
        self._version = 4_000_000
        self.namespaces = namespaces(scenario)
        self.unpullable: set[str] = set()
        """Images that no node can pull."""
        self.denied: dict[str, str] = {}
        """By namespace, what an admission webhook says when it denies a change."""
        self._deployments: dict[tuple[str, str], Deployment] = {}
        self._services: dict[str, Service] = {}
        self._heading: dict[str, dict[str, Any]] = {}
        for service in scenario.services:
            made = self._seeded(scenario, service, anchor)
            self._deployments[made.namespace, made.name] = made
            self._services[made.uid] = service
            self._heading[made.uid] = bare(made.spec["template"])

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock.now().timestamp()

    def deployment(self, namespace: str, name: str) -> Deployment:
        """The Deployment as its controller has left it by now; raises Refused."""
        held = self._deployments.get((namespace, name))
        if held is None:
            raise Refused(404, "NotFound", f'deployments.apps "{name}" not found')
        self._settle(held)
        return held

    def deployments(self, namespace: str) -> Iterator[Deployment]:
        """Every Deployment of a namespace, by name."""
        for place, name in sorted(self._deployments):
            if place == namespace:
                yield self.deployment(place, name)

    def autoscalers(self, namespace: str) -> Iterator[tuple[Deployment, int, int]]:
        """The Deployments that are scaled by themselves, with the fewest and the most pods."""
        for held in self.deployments(namespace):
            service = self._services[held.uid]
            if autoscaled(service):
                yield held, service.pods, service.pods * 3

    def change(
        self, namespace: str, name: str, kind: str, patch: Any, *, scale: bool, dry_run: bool
    ) -> dict[str, Any]:
        """Patch a Deployment, or its scale, and give it as it stands then; raises Refused."""
        held, now = self.deployment(namespace, name), self.now
        shown = scale_json(held, now) if scale else deployment_json(held, now)
        try:
            wanted = patched(kind, shown, patch)
        except PatchRefused as refused:
            reason = "BadRequest" if refused.status == 400 else "Invalid"
            raise Refused(refused.status, reason, str(refused)) from refused
        self._check(held, shown, wanted)
        self._admit(namespace)
        spec = _object(wanted.get("spec"))
        if scale:
            replicas = _object(wanted.get("spec")).get("replicas", held.replicas)
            spec = {**copy.deepcopy(held.spec), "replicas": replicas}
        written = copy.deepcopy(held) if dry_run else held
        meta = wanted["metadata"] if not scale else deployment_json(held, now)["metadata"]
        self._write(written, meta, spec, now)
        if not dry_run:
            self._told(held, now)
        return scale_json(written, now) if scale else deployment_json(written, now)

    def kill(self, pod: Pod, reason: str = "OOMKilled", code: int = 137) -> None:
        """End a pod's container, which is started again."""
        now = self.now
        pod.restarts += 1
        pod.ended = {
            "exitCode": code, "reason": reason, "startedAt": stamp(pod.born),
            "finishedAt": stamp(now), "containerID": "",
        }  # fmt: skip
        for held in self._deployments.values():
            if pod in held.pods:
                words = "Back-off restarting failed container"
                held.note(now, "Pod", pod.name, "Warning", "BackOff", words)

    def delete(self, namespace: str, name: str) -> None:
        """Take a Deployment away, as `kubectl delete` does."""
        self._deployments.pop((namespace, name), None)

    def _write(
        self, held: Deployment, meta: dict[str, Any], spec: dict[str, Any], now: float
    ) -> None:
        self._version += _A_WRITE
        held.change(
            labels=dict(meta.get("labels") or {}), annotations=dict(meta.get("annotations") or {}),
            spec=copy.deepcopy(spec), version=self._version, now=now,
        )  # fmt: skip

    def _settle(self, held: Deployment) -> None:
        now = self.now
        held.settle(now, frozenset(self.unpullable))
        service = self._services[held.uid]
        back_at = held.changed_at + AUTOSCALER_SECONDS
        if autoscaled(service) and held.replicas != service.pods and now >= back_at:
            spec = {**copy.deepcopy(held.spec), "replicas": service.pods}
            meta = {"labels": held.labels, "annotations": held.annotations}
            self._write(held, meta, spec, back_at)
            held.settle(now, frozenset(self.unpullable))

    def _told(self, held: Deployment, now: float) -> None:
        """Tell who listens when another template will run everywhere."""
        template = held.spec["template"]
        blocked = held.paused or images(template) & self.unpullable
        if blocked or bare(template) == self._heading[held.uid]:
            return
        self._heading[held.uid] = bare(template)
        if self._rolled_out is not None:
            self._rolled_out(held.name, copy.deepcopy(template), now, now + self._seconds)

    def _admit(self, namespace: str) -> None:
        why = self.denied.get(namespace)
        if why:
            words = f'admission webhook "policy.example.com" denied the request: {why}'
            raise Refused(400, "BadRequest", words)

    def _check(self, held: Deployment, shown: dict[str, Any], wanted: dict[str, Any]) -> None:
        what = f'deployments.apps "{held.name}"'
        meta, was = _object(wanted.get("metadata")), shown["metadata"]
        if meta.get("resourceVersion") not in (None, was["resourceVersion"]):
            words = "the object has been modified; please apply your changes to the latest version"
            said = f"Operation cannot be fulfilled on {what}: {words} and try again"
            raise Refused(409, "Conflict", said)
        if (meta.get("name"), meta.get("namespace")) != (held.name, held.namespace):
            raise Refused(400, "BadRequest", "the name of the object does not match the URL")
        for problem in _problems(_object(wanted.get("spec")), held, shown["kind"] == "Scale"):
            raise Refused(422, "Invalid", f'Deployment.apps "{held.name}" is invalid: {problem}')

    def _seeded(self, scenario: Scenario, service: Service, anchor: float) -> Deployment:
        namespace = namespace_of(service)
        labels, annotations = marks(service)
        made = Deployment(
            namespace=namespace, name=service.name, uid=uid_of(namespace, service.name),
            created_at=anchor - (200 + seed_of(service.name) % 400) * 86_400.0, labels=labels,
            annotations=annotations, spec=_spec(service), rollout_seconds=self._seconds,
            version=self._version, nodes=_NODES,
        )  # fmt: skip
        made.begin(
            (one.number, anchor + one.at, one.template, one.cause)
            for one in seeded_revisions(scenario, service)
        )
        for index, pod in enumerate(made.pods):
            # The same few containers that have a restart behind them in Prometheus.
            if seed_of(scenario.seed, f"{service.name}-{index}") % 7 == 0:
                pod.restarts = 1
                began = max(pod.born, anchor - 15 * 86_400.0)
                pod.ended = {
                    "exitCode": 1, "reason": "Error", "startedAt": stamp(pod.born),
                    "finishedAt": stamp(began + 60.0), "containerID": "",
                }  # fmt: skip
        return made


def _spec(service: Service) -> dict[str, Any]:
    return {
        "replicas": service.pods,
        "selector": {"matchLabels": {"app.kubernetes.io/name": service.name}},
        "template": {},
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
        },
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }


def _problems(spec: dict[str, Any], held: Deployment, scale: bool) -> Iterator[str]:
    replicas = spec.get("replicas", 1)
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
        yield f"spec.replicas: Invalid value: {replicas!r}: must be greater than or equal to 0"
    if scale:
        return
    if spec.get("selector") != held.spec["selector"]:
        yield "spec.selector: Invalid value: field is immutable"
    template = _object(spec.get("template"))
    labels = _object(_object(template.get("metadata")).get("labels"))
    wanted: dict[str, str] = held.spec["selector"]["matchLabels"]
    if any(labels.get(key) != value for key, value in wanted.items()):
        words = "`selector` does not match template `labels`"
        yield f"spec.template.metadata.labels: Invalid value: {words}"
    containers = _object(template.get("spec")).get("containers")
    found = cast("list[Any]", containers) if isinstance(containers, list) else []
    if not found:
        yield "spec.template.spec.containers: Required value"
    for index, one in enumerate(found):
        if not _object(one).get("image") or not _object(one).get("name"):
            yield f"spec.template.spec.containers[{index}].image: Required value"


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
