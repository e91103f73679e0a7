"""The Kubernetes API over the Http port: reads, pages and patches, refusals as sentences.

Paths, patch types and Status objects: https://kubernetes.io/docs/reference/using-api/api-concepts/.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from opsbot.core.text import inert
from opsbot.executors._kubernetes_call import Target
from opsbot.executors._kubernetes_json import loads, mapping, objects, text
from opsbot.executors._kubernetes_objects import (
    Autoscaler,
    Deployment,
    Event,
    Pod,
    Revision,
    read_autoscalers,
    read_deployment,
    read_event,
    read_pod,
    read_revisions,
)
from opsbot.ports import Http, HttpAnswer, HttpFailure, SecretUnavailable

STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

_PAGE, _MOST_PAGES = 500, 10
_MAX_BYTES = 8_000_000
_FIELD_MANAGER = "opsbot"

CURES: Mapping[int, str] = {
    401: "check KUBERNETES_TOKEN or executors.kubernetes.token_file",
    403: "grant it to opsbot's service account (docs/executors.md has the Role)",
    404: "check the namespace and the name",
}


class ClusterFailed(Exception):
    """The cluster did not do what was asked. `lost` says that it may have done it all the same."""

    def __init__(self, said: str, *, status: int = 0, lost: bool = False) -> None:
        super().__init__(said)
        self.said, self.status, self.lost = said, status, lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A change of one object, in one of the patch languages."""

    path: str
    kind: str  # the content type
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What a token may be allowed in a namespace: a verb on a resource, or on a part of it."""

    verb: str
    group: str
    resource: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{f'/{self.part}' if self.part else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterApi:
    """One cluster. Everything raises ClusterFailed; `timeout` is seconds for one answer."""

    http: Http
    url: str
    token: Callable[[], str]  # raises SecretUnavailable

    async def deployment(self, target: Target, *, timeout: float) -> Deployment:
        """The Deployment as it stands."""
        found = read_deployment(await self.get(deployment_path(target), timeout=timeout))
        if found is None or (found.namespace, found.name) != (target.namespace, target.deployment):
            raise ClusterFailed("the cluster answered with something that is not the Deployment")
        return found

    async def revisions(self, of: Deployment, *, timeout: float) -> tuple[Revision, ...]:
        """Its revisions that are kept (`revisionHistoryLimit`), the newest first."""
        path = f"/apis/apps/v1/namespaces/{_part(of.namespace)}/replicasets"
        return read_revisions(await self.listed(path, _matching(of), timeout=timeout), of)

    async def pods(self, of: Deployment, *, timeout: float) -> tuple[Pod, ...]:
        """The pods its selector matches: no other Deployment's, as Kubernetes asks of selectors."""
        path = f"/api/v1/namespaces/{_part(of.namespace)}/pods"
        found = await self.listed(path, _matching(of), timeout=timeout)
        return tuple(read_pod(one) for one in found)

    async def events(self, namespace: str, chosen: str, *, timeout: float) -> tuple[Event, ...]:
        """The events of a namespace that a field selector chooses; a cluster keeps an hour."""
        path = f"/api/v1/namespaces/{_part(namespace)}/events"
        found = await self.listed(path, [("fieldSelector", chosen)], timeout=timeout)
        return tuple(read_event(one) for one in found)

    async def autoscalers(self, of: Deployment, *, timeout: float) -> tuple[Autoscaler, ...]:
        """The HorizontalPodAutoscalers that keep its number of pods."""
        path = f"/apis/autoscaling/v2/namespaces/{_part(of.namespace)}/horizontalpodautoscalers"
        return read_autoscalers(await self.listed(path, (), timeout=timeout), of.name)

    async def get(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, timeout: float
    ) -> dict[str, Any]:
        """One object or one page."""
        return await self._ask("GET", path, params, timeout=timeout)

    async def listed(
        self, path: str, params: Sequence[tuple[str, str]], *, timeout: float
    ) -> list[dict[str, Any]]:
        """Every item of a list, page after page, up to 5,000."""
        found: list[dict[str, Any]] = []
        more = ""
        for _ in range(_MOST_PAGES):
            page = [*params, ("limit", str(_PAGE)), *([("continue", more)] if more else ())]
            body = await self.get(path, page, timeout=timeout)
            found += objects(body.get("items"))
            more = text(mapping(body.get("metadata")).get("continue"))
            if not more:
                break
        return found

    async def may(self, right: Right, namespace: str, *, timeout: float) -> bool:
        """Whether our own token is allowed something (SelfSubjectAccessReview); nothing is done."""
        attributes = {
            "namespace": namespace, "verb": right.verb, "group": right.group,
            "resource": right.resource, **({"subresource": right.part} if right.part else {}),
        }  # fmt: skip
        review = {
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }  # fmt: skip
        answer = await self._ask(
            "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", (),
            body=json.dumps(review).encode(), kind="application/json", timeout=timeout,
        )  # fmt: skip
        return mapping(answer.get("status")).get("allowed") is True

    async def patch(self, patch: Patch, *, dry_run: bool = False, timeout: float) -> dict[str, Any]:
        """Change an object; with `dry_run` every admission check is asked, and nothing changed."""
        params = [("fieldManager", _FIELD_MANAGER), *([("dryRun", "All")] if dry_run else ())]
        body = json.dumps(patch.body).encode()
        return await self._ask(
            "PATCH", patch.path, params, body=body, kind=patch.kind, timeout=timeout
        )

    async def _ask(
        self, method: str, path: str, params: Sequence[tuple[str, str]], *,
        body: bytes | None = None, kind: str = "", timeout: float,
    ) -> dict[str, Any]:  # fmt: skip
        try:
            token = self.token().strip()
        except SecretUnavailable as missing:
            said = f"our token for the cluster cannot be read ({missing}); {CURES[401]}"
            raise ClusterFailed(said) from missing
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        headers |= {"Content-Type": kind} if kind else {}
        try:
            answer = await self.http.request(
                method, self.url + path, headers=headers, params=params, body=body,
                timeout=timeout, max_bytes=_MAX_BYTES,
            )  # fmt: skip
        except HttpFailure as failure:
            raise ClusterFailed(failure.reason, lost=failure.sent) from failure
        return _opened(answer, token)


def deployment_path(target: Target, part: str = "") -> str:
    """The address of a Deployment, or of a part of it such as `scale`."""
    path = f"/apis/apps/v1/namespaces/{_part(target.namespace)}/deployments"
    return f"{path}/{_part(target.deployment)}" + (f"/{part}" if part else "")


def _part(name: str) -> str:
    return quote(name, safe="")


def _matching(of: Deployment) -> list[tuple[str, str]]:
    if not of.selector:  # without one, the API would give everybody's
        raise ClusterFailed("the Deployment has no selector that can be read")
    return [("labelSelector", of.selector)]


def _opened(answer: HttpAnswer, token: str) -> dict[str, Any]:
    try:
        body = loads(answer.body)
    except ValueError:
        body = None
    if not 200 <= answer.status < 300:
        raise _refusal(answer.status, mapping(body), token)
    if not isinstance(body, dict):
        # A proxy's page, or half an answer: a change may have been made behind it.
        said = "the cluster's answer is no JSON object; check executors.kubernetes.api_url"
        raise ClusterFailed(said, status=answer.status, lost=True)
    return mapping(body)


def _refusal(status: int, body: dict[str, Any], token: str) -> ClusterFailed:
    words = text(body.get("message"))
    words = inert(words.replace(token, "[secret]") if token else words, 240)
    cure = CURES.get(status, "")
    said = f"the cluster answered {status}" + (f": {words}" if words else "")
    said += f"; {cure}" if cure else ""
    # A 5xx may come from a proxy in front of a server that went on.
    return ClusterFailed(said, status=status, lost=status >= 500)
