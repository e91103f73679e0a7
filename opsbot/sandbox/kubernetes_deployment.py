"""One Deployment of the sandbox cluster, with its revisions, its pods, and its controller.

Nothing runs in the background: a change is scheduled as births and deaths of pods, and what stands
at any moment is counted from them.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from opsbot.sandbox.noise import seed_of

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
POD_HASH = "pod-template-hash"
_NOT_COPIED = (
    REVISION, HISTORY, "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas",
)  # fmt: skip
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_KEPT_EVENTS = 200
LAG = 0.1
"""The part of a rollout's time after which the controller has seen a change."""


@dataclass(slots=True, kw_only=True)
class ReplicaSet:
    """One revision; times are seconds since 1970."""

    name: str
    uid: str
    number: int
    template: dict[str, Any]
    created_at: float
    annotations: dict[str, str]
    earlier: list[int] = field(default_factory=list[int])
    """The numbers it had before a rollback brought it to the front."""


@dataclass(slots=True, kw_only=True)
class Pod:
    """One pod from its birth to its end."""

    name: str
    uid: str
    replica_set: str
    node: str
    template: dict[str, Any]
    born: float
    ready: float
    gone: float = math.inf
    waits: str = ""
    """Why it will never be ready."""
    restarts: int = 0
    ended: dict[str, Any] | None = None
    """How its container ended last, as `lastState.terminated`."""

    def lives(self, now: float) -> bool:
        """Whether the pod exists."""
        return self.born <= now < self.gone

    def is_ready(self, now: float) -> bool:
        """Whether it answers its readiness probe."""
        return self.lives(now) and self.ready <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event about an object, at seconds since 1970."""

    at: float
    kind: str
    name: str
    type: str
    reason: str
    message: str


@dataclass(slots=True, kw_only=True)
class Deployment:
    """One Deployment. `rollout_seconds` is how long a change takes from patch to done."""

    namespace: str
    name: str
    uid: str
    created_at: float
    labels: dict[str, str]
    annotations: dict[str, str]
    spec: dict[str, Any]
    rollout_seconds: float
    version: int
    """Its resourceVersion at the last write; transitions since then are counted on top."""
    nodes: tuple[str, ...]
    generation: int = 1
    observed: int = 1
    changed_at: float = -math.inf
    done_at: float = -math.inf
    """When the change that is under way will be rolled out; never, when its pods cannot start."""
    current: str = ""
    """The name of the ReplicaSet its controller is bringing up."""
    sets: list[ReplicaSet] = field(default_factory=list[ReplicaSet])
    pods: list[Pod] = field(default_factory=list[Pod])
    happened: list[Happened] = field(default_factory=list[Happened])

    @property
    def replicas(self) -> int:
        """The number of pods that is asked for."""
        return int(self.spec.get("replicas", 1))

    @property
    def paused(self) -> bool:
        """Whether changes of the template wait."""
        return self.spec.get("paused") is True

    def current_set(self) -> ReplicaSet | None:
        """The revision that is being brought up."""
        return next((one for one in self.sets if one.name == self.current), None)

    def change(
        self, *, labels: dict[str, str], annotations: dict[str, str], spec: dict[str, Any],
        version: int, now: float,
    ) -> None:  # fmt: skip
        """Take a written object; its controller sees it a moment later."""
        if spec != self.spec:
            self.generation += 1
            self.changed_at = now
        self.labels, self.annotations, self.spec = labels, annotations, spec
        self.version = version

    def resource_version(self, now: float) -> int:
        """The version of the object: it grows with every write and every change of its status."""
        moments = {
            at
            for pod in self.pods
            for at in (pod.born, pod.ready, pod.gone)
            if self.changed_at < at <= now
        }
        return self.version + len(moments) + (self.observed == self.generation)

    def observed_at(self) -> float:
        """When the controller sees the last change."""
        return self.changed_at + LAG * self.rollout_seconds

    def settle(self, now: float, unpullable: frozenset[str]) -> None:
        """Let the controller do what it has seen by now."""
        if self.observed == self.generation or now < self.observed_at():
            return
        at = self.observed_at()
        self.observed = self.generation
        if not self.paused:
            self.current = self._brought_up(at).name
        self._schedule(at, unpullable)

    def stuck(self, now: float) -> bool:
        """Whether a rollout has made no progress within its deadline."""
        deadline = float(self.spec.get("progressDeadlineSeconds", 600))
        return (
            self.observed == self.generation
            and math.isinf(self.done_at)
            and self.done_at > 0
            and now - self.changed_at > deadline
        )

    def alive(self, now: float) -> list[Pod]:
        """The pods that exist."""
        return [pod for pod in self.pods if pod.lives(now)]

    def _brought_up(self, at: float) -> ReplicaSet:
        """The ReplicaSet of the current template: an old one comes back under a new number."""
        wanted = bare(self.spec["template"])
        newest = max((one.number for one in self.sets), default=0)
        found = next((one for one in self.sets if bare(one.template) == wanted), None)
        if found is None:
            found = self._new_set(at, newest + 1)
        elif found.number < newest:
            found.earlier.append(found.number)
            found.number = newest + 1
        found.annotations = {
            key: value for key, value in self.annotations.items() if key not in _NOT_COPIED
        }
        self.annotations = {**self.annotations, REVISION: str(found.number)}
        self._forget_old(at)
        return found

    def _new_set(self, at: float, number: int) -> ReplicaSet:
        template = copy.deepcopy(self.spec["template"])
        digest = letters(10, self.uid, json.dumps(bare(template), sort_keys=True))
        meta = template.setdefault("metadata", {})
        meta["labels"] = {**(meta.get("labels") or {}), POD_HASH: digest}
        made = ReplicaSet(
            name=f"{self.name}-{digest}", uid=uid_of(self.uid, digest), number=number,
            template=template, created_at=at, annotations={},
        )  # fmt: skip
        self.sets.append(made)
        return made

    def _forget_old(self, at: float) -> None:
        limit = int(self.spec.get("revisionHistoryLimit", 10))
        used = {pod.replica_set for pod in self.alive(at)} | {self.current}
        idle = [one for one in self.sets if one.name not in used]
        idle.sort(key=lambda one: one.number, reverse=True)
        for one in idle[limit:]:
            self.sets.remove(one)

    def _schedule(self, at: float, unpullable: frozenset[str]) -> None:
        """Replace pods one after the other until as many as wanted run the current template."""
        self.pods = [pod for pod in self.pods if pod.born <= at and pod.gone > self.changed_at]
        alive = self.alive(at)
        for pod in alive:
            pod.gone = math.inf
        held = self.current_set()
        if held is None:
            return
        fresh = [pod for pod in alive if pod.replica_set == held.name]
        old = [pod for pod in alive if pod.replica_set != held.name]
        births = max(self.replicas - len(fresh), 0)
        deaths = [*old, *fresh[self.replicas :]]
        waits = "ImagePullBackOff" if images(held.template) & unpullable else ""
        if waits and births:  # one too many, and the old ones stay
            births, deaths = 1, []
        steps = max(births, len(deaths), 1)
        length = (1.0 - LAG) * self.rollout_seconds / steps
        self.done_at = math.inf if waits else at + steps * length
        for index in range(steps):
            start, end = at + index * length, at + (index + 1) * length
            if index < births:
                self.pods.append(self._pod(held, start, math.inf if waits else end, waits))
                self._scaled(held, start, "up", len(fresh) + index, len(fresh) + index + 1)
            if index < len(deaths):
                self._ends(deaths, index, end)

    def _pod(self, held: ReplicaSet, born: float, ready: float, waits: str) -> Pod:
        identity = (self.uid, held.name, len(self.pods), self.generation, born)
        return Pod(
            name=f"{held.name}-{letters(5, *identity)}", uid=uid_of(*identity),
            replica_set=held.name, node=self.nodes[seed_of(*identity) % len(self.nodes)],
            template=held.template, born=born, ready=ready, waits=waits,
        )  # fmt: skip

    def _ends(self, deaths: list[Pod], index: int, at: float) -> None:
        pod = deaths[index]
        pod.gone = at
        held = next((one for one in self.sets if one.name == pod.replica_set), None)
        if held is not None:
            left = sum(one.replica_set == held.name and one.gone > at for one in self.pods)
            self._scaled(held, at, "down", left + 1, left)

    def _scaled(self, held: ReplicaSet, at: float, way: str, before: int, after: int) -> None:
        message = f"Scaled {way} replica set {held.name} from {before} to {after}"
        self.note(at, "Deployment", self.name, "Normal", "ScalingReplicaSet", message)

    def note(
        self, at: float, kind: str, name: str, type_: str, reason: str, message: str
    ) -> None:  # fmt: skip
        """Remember an event."""
        self.happened.append(
            Happened(at=at, kind=kind, name=name, type=type_, reason=reason, message=message)
        )
        del self.happened[:-_KEPT_EVENTS]

    def begin(self, template_sets: Iterator[tuple[int, float, dict[str, Any], str]]) -> None:
        """Lay out the revisions and running pods a world begins with: number, time since 1970,
        template and change cause of each, the oldest first."""
        for number, at, template, cause in template_sets:
            self.spec["template"] = template
            made = self._new_set(at, number)
            made.annotations = {"kubernetes.io/change-cause": cause} if cause else {}
            self.current = made.name
            self.changed_at = self.done_at = at
        held = self.current_set()
        if held is None:
            raise ValueError(f"{self.name} begins without a revision: give it at least one")
        self.annotations = {**self.annotations, **held.annotations, REVISION: str(held.number)}
        self.generation = self.observed = held.number
        at = held.created_at
        self.pods = [
            self._pod(held, at + index, at + index + 20.0, "") for index in range(self.replicas)
        ]


def bare(template: dict[str, Any]) -> dict[str, Any]:
    """A template without what its ReplicaSet adds, to compare it with a Deployment's."""
    plain = copy.deepcopy(template)
    meta: dict[str, Any] = plain.get("metadata") or {}
    labels: dict[str, str] = dict(meta.get("labels") or {})
    labels.pop(POD_HASH, None)
    plain["metadata"] = {"labels": labels, "annotations": meta.get("annotations") or {}}
    return plain


def images(template: dict[str, Any]) -> set[str]:
    """The images of a template's containers."""
    return {one["image"] for one in template["spec"]["containers"]}


def letters(count: int, *parts: object) -> str:
    """The sort of letters Kubernetes makes names of, always the same for the same parts."""
    seed = seed_of("letters", *parts)
    found = ""
    for _ in range(count):
        seed, index = divmod(seed, len(_LETTERS))
        found += _LETTERS[index]
    return found


def uid_of(*parts: object) -> str:
    """A made-up uid that is always the same for the same parts."""
    high, low = seed_of("uid", *parts), seed_of("uid low", *parts)
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"
