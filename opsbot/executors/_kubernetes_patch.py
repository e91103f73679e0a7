"""The patches that change a Deployment, and the mark they leave: whose change it was.

Each carries the resourceVersion it was made for. In a patch that is a condition: the API server
answers 409 when the object is another by now (https://kubernetes.io/docs/reference/using-api/).
"""

from __future__ import annotations

import json
from typing import Any

from opsbot.core.text import inert
from opsbot.executors._kubernetes_api import JSON_PATCH, MERGE, STRATEGIC, Patch, deployment_path
from opsbot.executors._kubernetes_call import Target
from opsbot.executors._kubernetes_objects import CHANGE_CAUSE, OUR_RUN, Deployment, Revision
from opsbot.executors._kubernetes_template import RESTARTED_AT, fingerprint, without_hash


def undo_patch(now: Deployment, then: Revision, mark: str) -> Patch:
    """The revision's template in place of the current one, if nobody changes it meanwhile.

    As kubectl does, its change cause comes back with it.
    """
    operations: list[dict[str, Any]] = [
        _replaced("/metadata/resourceVersion", now.resource_version),
        _replaced("/spec/template", without_hash(then.template)),
    ]
    marks = {OUR_RUN: mark}
    if then.change_cause:
        marks[CHANGE_CAUSE] = then.change_cause
    elif CHANGE_CAUSE in now.annotations:
        operations.append({"op": "remove", "path": _annotation(CHANGE_CAUSE)})
    if now.annotations:
        operations += [
            {"op": "add", "path": _annotation(name), "value": value}
            for name, value in marks.items()
        ]
    else:
        operations.append({"op": "add", "path": "/metadata/annotations", "value": marks})
    return Patch(path=deployment_path(_target(now)), kind=JSON_PATCH, body=operations)


def restart_patch(now: Deployment, at: str, mark: str) -> Patch:
    """What `kubectl rollout restart` changes, if nobody changes the Deployment meanwhile."""
    body = {
        "metadata": {"resourceVersion": now.resource_version, "annotations": {OUR_RUN: mark}},
        "spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: at}}}},
    }
    return Patch(path=deployment_path(_target(now)), kind=STRATEGIC, body=body)


def _target(now: Deployment) -> Target:
    return Target(namespace=now.namespace, deployment=now.name)


def _replaced(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def _annotation(name: str) -> str:
    """RFC 6901: a slash within a name is written ~1."""
    return f"/metadata/annotations/{name.replace('~', '~0').replace('/', '~1')}"


def mark_of(run_id: str, step: str, template: str) -> str:
    """What a change is marked with: whose it was, and the template it led to."""
    return inert(f"{run_id}/{step}@{template}", 300)


def made_by(now: Deployment, run_id: str) -> bool:
    """Whether this run made the Deployment what it is now, and nobody changed it since."""
    whose, _, template = now.annotations.get(OUR_RUN, "").rpartition("@")
    return whose.startswith(f"{run_id}/") and template == fingerprint(now.template)


def restarted(now: Deployment, at: str) -> str:
    """The fingerprint of the template that a restart at this time leads to."""
    template: dict[str, Any] = json.loads(json.dumps(now.template))
    meta = template.setdefault("metadata", {})
    meta["annotations"] = {**(meta.get("annotations") or {}), RESTARTED_AT: at}
    return fingerprint(template)


def scale_patch(now: Deployment, replicas: int) -> Patch:
    """The number of pods, by the scale subresource: it needs no right to change anything else."""
    body = {
        "metadata": {"resourceVersion": now.resource_version},
        "spec": {"replicas": replicas},
    }
    return Patch(path=deployment_path(_target(now), "scale"), kind=MERGE, body=body)
