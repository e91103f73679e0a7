"""SelfSubjectAccessReview: what a token may do, asked by the one who holds it.

Kubernetes reference "SelfSubjectAccessReview" (authorization.k8s.io/v1): answered with 201, and
nothing is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from opsbot.sandbox.kubernetes_cluster import Refused

PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_API, _KIND = "authorization.k8s.io/v1", "SelfSubjectAccessReview"


def reviewed(raw: bytes, allow: Callable[[str, str, str], bool]) -> dict[str, Any]:
    """The answer to a review; `allow` says whether verb, resource and namespace are let through.

    Raises Refused for what is no review of a resource.
    """
    try:
        body: Any = json.loads(raw)
    except ValueError as error:
        raise Refused(400, "BadRequest", f"error decoding the review: {error}") from error
    review = _object(body)
    if (review.get("apiVersion"), review.get("kind")) != (_API, _KIND):
        raise Refused(400, "BadRequest", f"the object provided is no {_API}, Kind={_KIND}")
    asked = _object(_object(review.get("spec")).get("resourceAttributes"))
    if not asked:
        raise Refused(422, "Invalid", "exactly one of nonResourceAttributes or resourceAttributes "
                      "must be specified")  # fmt: skip
    part = asked.get("subresource")
    resource = f"{asked.get('resource', '')}{f'/{part}' if part else ''}"
    allowed = allow(str(asked.get("verb", "")), resource, str(asked.get("namespace", "")))
    return {
        "kind": _KIND, "apiVersion": _API, "metadata": {"creationTimestamp": None},
        "spec": {"resourceAttributes": asked},
        "status": {"allowed": allowed, **({"reason": "RBAC: allowed"} if allowed else {})},
    }  # fmt: skip


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
