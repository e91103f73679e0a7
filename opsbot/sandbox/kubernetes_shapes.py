"""The sandbox cluster's objects as the API server writes them.

Shapes follow the published samples and https://kubernetes.io/docs/reference/kubernetes-api/.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from opsbot.sandbox.kubernetes_deployment import (
    HISTORY,
    REVISION,
    Deployment,
    Happened,
    Pod,
    ReplicaSet,
    bare,
    uid_of,
)
from opsbot.sandbox.noise import seed_of


def stamp(at: float) -> str:
    """A moment as metav1.Time writes it: whole seconds."""
    return datetime.fromtimestamp(math.floor(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def deployment_json(held: Deployment, now: float) -> dict[str, Any]:
    """A Deployment with its status."""
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": held.name,
            "namespace": held.namespace,
            "uid": held.uid,
            "resourceVersion": str(held.resource_version(now)),
            "generation": held.generation,
            "creationTimestamp": stamp(held.created_at),
            "labels": dict(held.labels),
            "annotations": dict(held.annotations),
        },
        "spec": held.spec,
        "status": _status(held, now),
    }


def _status(held: Deployment, now: float) -> dict[str, Any]:
    alive = held.alive(now)
    current = held.current_set()
    waiting = held.paused and current is not None and not _is_template(current, held)
    updated = [] if waiting else [pod for pod in alive if pod.replica_set == held.current]
    ready = sum(pod.is_ready(now) for pod in alive)
    status: dict[str, Any] = {"observedGeneration": held.observed}
    counts = {
        "replicas": len(alive), "updatedReplicas": len(updated), "readyReplicas": ready,
        "availableReplicas": ready, "unavailableReplicas": max(held.replicas - ready, 0),
    }  # fmt: skip
    status |= {key: count for key, count in counts.items() if count}  # zeros are left out
    status["conditions"] = [_available(held, ready), _progressing(held, now)]
    return status


def _is_template(current: ReplicaSet, held: Deployment) -> bool:
    return bare(current.template) == bare(held.spec["template"])


def _available(held: Deployment, ready: int) -> dict[str, Any]:
    surplus = math.floor(held.replicas * 0.25)  # maxUnavailable of 25 per cent, rounded down
    enough = ready >= held.replicas - surplus
    since = stamp(held.created_at if enough else held.changed_at)
    words = "has" if enough else "does not have"
    return {
        "type": "Available",
        "status": "True" if enough else "False",
        "lastUpdateTime": since,
        "lastTransitionTime": since,
        "reason": f"MinimumReplicas{'Available' if enough else 'Unavailable'}",
        "message": f"Deployment {words} minimum availability.",
    }


def _progressing(held: Deployment, now: float) -> dict[str, Any]:
    name = f'ReplicaSet "{held.current}"'
    if held.stuck(now):
        reason, words = "ProgressDeadlineExceeded", f"{name} has timed out progressing."
    elif held.done_at <= now and held.observed == held.generation:
        reason, words = "NewReplicaSetAvailable", f"{name} has successfully progressed."
    else:
        reason, words = "ReplicaSetUpdated", f"{name} is progressing."
    changed = held.created_at if math.isinf(held.changed_at) else held.changed_at
    return {
        "type": "Progressing",
        "status": "False" if reason == "ProgressDeadlineExceeded" else "True",
        "lastUpdateTime": stamp(min(max(changed, min(held.done_at, now)), now)),
        "lastTransitionTime": stamp(held.created_at),
        "reason": reason,
        "message": words,
    }


def replica_set_json(held: Deployment, one: ReplicaSet, now: float) -> dict[str, Any]:
    """One revision of a Deployment."""
    pods = [pod for pod in held.alive(now) if pod.replica_set == one.name]
    ready = sum(pod.is_ready(now) for pod in pods)
    history = {HISTORY: ",".join(map(str, one.earlier))} if one.earlier else {}
    labels = dict(one.template["metadata"]["labels"])
    counts = {"readyReplicas": ready, "availableReplicas": ready, "fullyLabeledReplicas": len(pods)}
    return {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": one.name,
            "namespace": held.namespace,
            "uid": one.uid,
            "resourceVersion": str(held.resource_version(now)),
            "generation": 1,
            "creationTimestamp": stamp(one.created_at),
            "labels": labels,
            "annotations": {**one.annotations, REVISION: str(one.number), **history},
            "ownerReferences": [_owner("apps/v1", "Deployment", held.name, held.uid)],
        },
        "spec": {
            "replicas": len(pods),
            "selector": {"matchLabels": labels},
            "template": one.template,
        },
        "status": {
            "replicas": len(pods),
            "observedGeneration": 1,
            **{key: count for key, count in counts.items() if count},
        },
    }


def pod_json(held: Deployment, pod: Pod, now: float) -> dict[str, Any]:
    """One pod with its container's state."""
    owner = next((one for one in held.sets if one.name == pod.replica_set), None)
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": pod.name,
            "generateName": f"{pod.replica_set}-",
            "namespace": held.namespace,
            "uid": pod.uid,
            "resourceVersion": str(held.resource_version(now)),
            "creationTimestamp": stamp(pod.born),
            "labels": dict(pod.template["metadata"]["labels"]),
            "ownerReferences": [
                _owner("apps/v1", "ReplicaSet", pod.replica_set, owner.uid if owner else "")
            ],
        },
        "spec": {**pod.template["spec"], "nodeName": pod.node},
        "status": _pod_status(pod, now),
    }


def _pod_status(pod: Pod, now: float) -> dict[str, Any]:
    seed, ready = seed_of(pod.uid, "address"), pod.is_ready(now)
    conditions = {
        "PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready,
    }  # fmt: skip
    return {
        "phase": "Pending" if pod.waits or not ready else "Running",
        "conditions": [
            {
                "type": name, "status": str(holds),
                "lastProbeTime": None, "lastTransitionTime": stamp(min(pod.ready, now)),
            }
            for name, holds in conditions.items()
        ],
        "hostIP": f"10.0.{seed % 8}.{seed // 8 % 250 + 2}",
        "podIP": f"10.42.{seed % 8}.{seed // 2000 % 250 + 2}",
        "startTime": stamp(pod.born),
        "containerStatuses": [
            _container_status(pod, container, ready) for container in _containers(pod)
        ],
        "qosClass": "Burstable",
    }  # fmt: skip


def _containers(pod: Pod) -> list[dict[str, Any]]:
    return pod.template["spec"]["containers"]


def _container_status(pod: Pod, container: dict[str, Any], ready: bool) -> dict[str, Any]:
    state: dict[str, Any] = {"running": {"startedAt": stamp(pod.born)}}
    if pod.waits:
        image = container["image"]
        state = {"waiting": {"reason": pod.waits, "message": f'Back-off pulling image "{image}"'}}
    elif not ready:
        state = {"waiting": {"reason": "ContainerCreating"}}
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": ready,
        "started": ready,
        "restartCount": pod.restarts,
        "state": state,
        "lastState": {"terminated": pod.ended} if pod.ended else {},
    }


def event_json(held: Deployment, one: Happened) -> dict[str, Any]:
    """One core/v1 event."""
    name = f"{one.name}.{seed_of(one.at, one.name, one.message):016x}"
    api = "apps/v1" if one.kind in ("Deployment", "ReplicaSet") else "v1"
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "namespace": held.namespace,
            "uid": uid_of(name),
            "creationTimestamp": stamp(one.at),
        },
        "involvedObject": {
            "kind": one.kind,
            "namespace": held.namespace,
            "name": one.name,
            "uid": held.uid if one.kind == "Deployment" else uid_of(one.name),
            "apiVersion": api,
        },
        "reason": one.reason,
        "message": one.message,
        "source": {"component": "deployment-controller" if api == "apps/v1" else "kubelet"},
        "firstTimestamp": stamp(one.at),
        "lastTimestamp": stamp(one.at),
        "count": 1,
        "type": one.type,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    }


def scale_json(held: Deployment, now: float) -> dict[str, Any]:
    """The scale subresource of a Deployment."""
    labels = held.spec["selector"]["matchLabels"]
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": held.name,
            "namespace": held.namespace,
            "uid": held.uid,
            "resourceVersion": str(held.resource_version(now)),
            "creationTimestamp": stamp(held.created_at),
        },
        "spec": {"replicas": held.replicas},
        "status": {
            "replicas": len(held.alive(now)),
            "selector": ",".join(f"{key}={value}" for key, value in labels.items()),
        },
    }


def autoscaler_json(held: Deployment, least: int, most: int) -> dict[str, Any]:
    """A HorizontalPodAutoscaler of the Deployment."""
    return {
        "kind": "HorizontalPodAutoscaler",
        "apiVersion": "autoscaling/v2",
        "metadata": {
            "name": held.name,
            "namespace": held.namespace,
            "uid": uid_of(held.uid, "autoscaler"),
            "resourceVersion": "1",
            "creationTimestamp": stamp(held.created_at),
        },
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": held.name, "apiVersion": "apps/v1"},
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 70},
                    },
                }
            ],
        },
        "status": {"currentReplicas": held.replicas, "desiredReplicas": held.replicas},
    }


def status_json(status: int, reason: str, message: str, **details: str) -> dict[str, Any]:
    """A refusal: metav1.Status."""
    body: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
    }
    if details:
        body["details"] = details
    return {**body, "code": status}


def list_json(kind: str, api: str, items: list[dict[str, Any]], more: str = "") -> dict[str, Any]:
    """A page of a list; its items come without kind and apiVersion, as from the real one."""
    plain = [
        {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}
        for item in items
    ]
    meta = {"resourceVersion": "1", **({"continue": more} if more else {})}
    return {"kind": f"{kind}List", "apiVersion": api, "metadata": meta, "items": plain}


def _owner(api: str, kind: str, name: str, uid: str) -> dict[str, Any]:
    return {
        "apiVersion": api, "kind": kind, "name": name, "uid": uid, "controller": True,
        "blockOwnerDeletion": True,
    }  # fmt: skip
