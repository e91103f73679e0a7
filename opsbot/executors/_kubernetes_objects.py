"""What is read of the API server's objects: Deployments, their revisions, pods, events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from opsbot.core.text import inert
from opsbot.executors._kubernetes_json import mapping, objects, text, texts, whole

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
# Which step of which run changed the Deployment last, and into which template: `run/step@print`.
OUR_RUN = "opsbot.dev/run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How far a Deployment's controller has come (DeploymentStatus)."""

    observed: int  # the generation it has seen
    total: int
    updated: int
    available: int
    ready: int
    stuck: bool  # Progressing says ProgressDeadlineExceeded
    stuck_at: str  # since when, as the cluster writes it; empty when it is not
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One Deployment as it stands."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int
    revision: int  # 0 before its controller has seen it
    replicas: int  # wanted
    paused: bool
    all_at_once: bool  # strategy Recreate: every pod stops before a new one starts
    owner: str  # the object that controls it, such as an operator's; empty for none
    annotations: Mapping[str, str]
    labels: Mapping[str, str]
    selector: str  # as the API takes it
    template: Mapping[str, Any]
    rollout: Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A ReplicaSet: one pod template a Deployment has had, and how many pods run it."""

    number: int
    name: str
    created_at: str
    replicas: int
    ready: int
    change_cause: str
    template: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaler:
    """A HorizontalPodAutoscaler of the Deployment."""

    name: str
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod: what its containers wait for, and how they ended before."""

    name: str
    phase: str
    node: str
    ready: bool
    restarts: int
    waits: tuple[str, ...]  # "ImagePullBackOff"
    ended: tuple[str, ...]  # "OOMKilled (exit code 137) at 14:02:11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event, `count` times."""

    at: str
    kind: str  # Normal | Warning
    about: str
    reason: str
    message: str
    count: int


def read_deployment(body: Any) -> Deployment | None:
    """The Deployment in an answer; None when it is none."""
    meta, spec = mapping(mapping(body).get("metadata")), mapping(mapping(body).get("spec"))
    if not meta.get("name") or not isinstance(spec.get("template"), dict):
        return None
    annotations = texts(meta.get("annotations"))
    return Deployment(
        namespace=text(meta.get("namespace")), name=text(meta.get("name")),
        uid=text(meta.get("uid")), resource_version=text(meta.get("resourceVersion")),
        generation=whole(meta.get("generation")), revision=whole(annotations.get(REVISION)),
        replicas=whole(spec.get("replicas"), 1), paused=spec.get("paused") is True,
        all_at_once=mapping(spec.get("strategy")).get("type") == "Recreate", owner=_owner(meta),
        annotations=annotations, labels=texts(meta.get("labels")),
        selector=_selector(mapping(spec.get("selector"))), template=mapping(spec["template"]),
        rollout=_rollout(mapping(mapping(body).get("status"))),
    )  # fmt: skip


def _owner(meta: dict[str, Any]) -> str:
    owners = objects(meta.get("ownerReferences"))
    found = [f"{text(one.get('kind'))} {text(one.get('name'))}" for one in owners]
    return inert(found[0], 100) if found else ""


def _rollout(status: dict[str, Any]) -> Rollout:
    conditions = objects(status.get("conditions"))
    stuck = [
        one
        for one in conditions
        if one.get("type") == "Progressing" and one.get("reason") == "ProgressDeadlineExceeded"
    ]
    return Rollout(
        observed=whole(status.get("observedGeneration")),
        total=whole(status.get("replicas")),
        updated=whole(status.get("updatedReplicas")),
        available=whole(status.get("availableReplicas")),
        ready=whole(status.get("readyReplicas")),
        stuck=bool(stuck),
        stuck_at=text(stuck[0].get("lastUpdateTime")) if stuck else "",
        conditions=tuple(_condition(one) for one in conditions),
    )


def _condition(one: dict[str, Any]) -> str:
    said = [text(one.get(key)) for key in ("type", "status", "reason", "message")]
    return inert(f"{said[0]} is {said[1]} ({said[2]}): {said[3]}", 240)


def _selector(selector: dict[str, Any]) -> str:
    parts = [f"{key}={value}" for key, value in texts(selector.get("matchLabels")).items()]
    for one in objects(selector.get("matchExpressions")):
        key, values = text(one.get("key")), ",".join(_strings(one.get("values")))
        match text(one.get("operator")):
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(key)
            case "DoesNotExist":
                parts.append(f"!{key}")
            case _:
                pass
    return ",".join(parts)


def _strings(value: Any) -> list[str]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]


def read_revisions(bodies: list[dict[str, Any]], deployment: Deployment) -> tuple[Revision, ...]:
    """The Deployment's own ReplicaSets, the newest revision first."""
    found = [_revision(body) for body in bodies if owned_by(body, deployment.uid)]
    return tuple(sorted(found, key=lambda one: one.number, reverse=True))


def owned_by(body: dict[str, Any], uid: str) -> bool:
    """Whether an object's controller has this uid."""
    owners = objects(mapping(body.get("metadata")).get("ownerReferences"))
    return any(one.get("uid") == uid for one in owners if one.get("controller") is not False)


def _revision(body: dict[str, Any]) -> Revision:
    meta, spec = mapping(body.get("metadata")), mapping(body.get("spec"))
    annotations = texts(meta.get("annotations"))
    return Revision(
        number=whole(annotations.get(REVISION)), name=text(meta.get("name")),
        created_at=text(meta.get("creationTimestamp")), replicas=whole(spec.get("replicas")),
        ready=whole(mapping(body.get("status")).get("readyReplicas")),
        change_cause=annotations.get(CHANGE_CAUSE, ""), template=mapping(spec.get("template")),
    )  # fmt: skip


def read_autoscalers(bodies: list[dict[str, Any]], deployment: str) -> tuple[Autoscaler, ...]:
    """The autoscalers that have this Deployment as their target (autoscaling/v2)."""
    return tuple(_autoscalers(bodies, deployment))


def _autoscalers(bodies: list[dict[str, Any]], deployment: str) -> Iterator[Autoscaler]:
    for body in bodies:
        spec = mapping(body.get("spec"))
        target = mapping(spec.get("scaleTargetRef"))
        if target.get("kind") == "Deployment" and target.get("name") == deployment:
            yield Autoscaler(
                name=inert(text(mapping(body.get("metadata")).get("name")), 80),
                least=whole(spec.get("minReplicas"), 1), most=whole(spec.get("maxReplicas")),
            )  # fmt: skip


def read_pod(body: dict[str, Any]) -> Pod:
    """One pod."""
    meta, spec = mapping(body.get("metadata")), mapping(body.get("spec"))
    status = mapping(body.get("status"))
    containers = objects(status.get("initContainerStatuses"))
    containers += objects(status.get("containerStatuses"))
    ready = {text(one.get("type")): one.get("status") for one in objects(status.get("conditions"))}
    leaving = " (terminating)" if meta.get("deletionTimestamp") else ""
    return Pod(
        name=inert(text(meta.get("name")), 100),
        phase=inert(text(status.get("phase")) + leaving, 60),
        node=inert(text(spec.get("nodeName")), 80), ready=ready.get("Ready") == "True",
        restarts=sum(whole(one.get("restartCount")) for one in containers),
        waits=tuple(_waits(containers)), ended=tuple(_ended(containers)),
    )  # fmt: skip


def _waits(containers: list[dict[str, Any]]) -> Iterator[str]:
    for one in containers:
        reason = text(mapping(mapping(one.get("state")).get("waiting")).get("reason"))
        if reason and reason != "PodInitializing":
            yield inert(reason, 80)


def _ended(containers: list[dict[str, Any]]) -> Iterator[str]:
    for one in containers:
        for state in ("state", "lastState"):
            over = mapping(mapping(one.get(state)).get("terminated"))
            if over and (state == "lastState" or over.get("exitCode") != 0):
                reason, code = text(over.get("reason")), whole(over.get("exitCode"))
                at = text(over.get("finishedAt"))
                yield inert(f"{reason or 'ended'} (exit code {code}) at {at}", 120)


def read_event(body: dict[str, Any]) -> Event:
    """One core/v1 event. Its time is the first of the four that it has."""
    series = mapping(body.get("series"))
    times = [body.get("eventTime"), body.get("lastTimestamp"), series.get("lastObservedTime")]
    times += [body.get("deprecatedLastTimestamp"), body.get("firstTimestamp")]
    about = mapping(body.get("involvedObject"))
    return Event(
        at=next((one for one in times if isinstance(one, str) and one), ""),
        kind=inert(text(body.get("type")), 20),
        about=inert(f"{text(about.get('kind'))} {text(about.get('name'))}", 120),
        reason=inert(text(body.get("reason")), 60),
        message=inert(text(body.get("message")), 240),
        count=max(whole(body.get("count"), 1), whole(series.get("count"), 1)),
    )  # fmt: skip
