"""The sandbox Kubernetes API server: Deployments, their revisions, pods, events and autoscalers.

Answers and refusals follow https://kubernetes.io/docs/reference/using-api/api-concepts/.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import SandboxServer, json_answer
from opsbot.sandbox.kubernetes_access import PATH as REVIEWS
from opsbot.sandbox.kubernetes_access import reviewed
from opsbot.sandbox.kubernetes_cluster import KEEPS_EVENTS, Cluster, Refused
from opsbot.sandbox.kubernetes_patch import LANGUAGES
from opsbot.sandbox.kubernetes_selector import SelectorRefused, fields_match, labels_match
from opsbot.sandbox.kubernetes_shapes import (
    autoscaler_json,
    deployment_json,
    event_json,
    list_json,
    pod_json,
    replica_set_json,
    scale_json,
    status_json,
)

USER = "system:serviceaccount:opsbot:opsbot"
_APPS = "/apis/apps/v1/namespaces/{namespace}"
_CORE = "/api/v1/namespaces/{namespace}"
_AUTOSCALING = "/apis/autoscaling/v2/namespaces/{namespace}"
_REASONS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound",
    405: "MethodNotAllowed", 429: "TooManyRequests", 500: "InternalError",
    503: "ServiceUnavailable", 504: "Timeout",
}  # fmt: skip

_Item = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a token may do; None is everything."""

    namespaces: frozenset[str] | None = None
    resources: frozenset[str] | None = None
    """Such as `deployments` and `deployments/scale`."""
    verbs: frozenset[str] | None = None
    """Of get, list and patch."""

    def allow(self, verb: str, resource: str, namespace: str) -> bool:
        """Whether RBAC would let it through."""
        asked = ((self.namespaces, namespace), (self.resources, resource), (self.verbs, verb))
        return all(held is None or one in held for held, one in asked)


class KubernetesServer(SandboxServer):
    """GET and PATCH of what opsbot's executor needs, with bearer tokens, dry runs, and reviews of
    what a token may do."""

    name = "kubernetes"

    def __init__(self, cluster: Cluster, clock: Clock, *, tokens: Mapping[str, Rights]) -> None:
        super().__init__(clock)
        self.cluster = cluster
        self.tokens = dict(tokens)
        self.lost_answers = 0
        """How many changes will be made and their answers lost on the way."""
        self.lost_requests = 0
        """How many changes will be lost on the way, without having been made."""

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the API's routes."""
        one = f"{_APPS}/deployments/{{name}}"
        yield web.get("/version", self._version)
        yield web.post(REVIEWS, self._reviewed)
        yield web.get(f"{_APPS}/deployments", self._listing("deployments", self._deployments))
        yield web.get(one, self._handler("get", "deployments", self._deployment))
        yield web.patch(one, self._handler("patch", "deployments", self._patch))
        yield web.get(f"{one}/scale", self._handler("get", "deployments/scale", self._scale))
        yield web.patch(f"{one}/scale", self._handler("patch", "deployments/scale", self._rescale))
        yield web.get(f"{_APPS}/replicasets", self._listing("replicasets", self._replica_sets))
        yield web.get(f"{_CORE}/pods", self._listing("pods", self._pods))
        yield web.get(f"{_CORE}/events", self._listing("events", self._events))
        yield web.get(
            f"{_AUTOSCALING}/horizontalpodautoscalers",
            self._listing("horizontalpodautoscalers", self._autoscalers),
        )

    def error_answer(self, status: int, message: str) -> web.Response:
        """Build a metav1.Status; an unknown path gets Go's plain 404."""
        if status == 404:
            return web.Response(text="404 page not found\n", status=404)
        return json_answer(
            status_json(status, _REASONS.get(status, "Unknown"), message), status=status
        )

    def emptied(self, body: Any) -> Any:
        """Take the items out of a list."""
        return {**body, "items": []} if "items" in body else body

    def _handler(
        self, verb: str, resource: str,
        answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:  # fmt: skip
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                self._authorize(request, verb, resource)
                return await answer(request)
            except Refused as refused:
                return _refusal(refused)
            except SelectorRefused as refused:
                return json_answer(status_json(400, "BadRequest", str(refused)), status=400)

        return handle

    def _authorize(self, request: web.Request, verb: str, resource: str) -> None:
        rights = self._rights(request)
        namespace = request.match_info["namespace"]
        if not rights.allow(verb, resource, namespace):
            group = request.path.split("/")[2] if request.path.startswith("/apis/") else ""
            kind, _, name = resource.partition("/")[0], "", request.match_info.get("name", "")
            what = f"{kind}{'.' + group if group else ''}{f' {json.dumps(name)}' if name else ''}"
            raise Refused(
                403, "Forbidden",
                f'{what} is forbidden: User "{USER}" cannot {verb} resource "{resource}" in API '
                f'group "{group}" in the namespace "{namespace}"',
            )  # fmt: skip

    def _rights(self, request: web.Request) -> Rights:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        rights = self.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if rights is None:
            raise Refused(401, "Unauthorized", "Unauthorized")
        return rights

    async def _reviewed(self, request: web.Request) -> web.StreamResponse:
        """Everybody with a token may ask what it may do (`system:basic-user`)."""
        try:
            allow = self._rights(request).allow
            return json_answer(reviewed(await request.read(), allow), status=201)
        except Refused as refused:
            return _refusal(refused)

    async def _version(self, _request: web.Request) -> web.StreamResponse:
        return json_answer({"major": "1", "minor": "34", "gitVersion": "v1.34.1"})

    async def _deployment(self, request: web.Request) -> web.StreamResponse:
        held = self.cluster.deployment(*_named(request))
        return json_answer(deployment_json(held, self.cluster.now))

    async def _scale(self, request: web.Request) -> web.StreamResponse:
        return json_answer(scale_json(self.cluster.deployment(*_named(request)), self.cluster.now))

    async def _patch(self, request: web.Request) -> web.StreamResponse:
        return await self._changed(request, scale=False)

    async def _rescale(self, request: web.Request) -> web.StreamResponse:
        return await self._changed(request, scale=True)

    async def _changed(self, request: web.Request, *, scale: bool) -> web.StreamResponse:
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind not in LANGUAGES:
            raise Refused(
                415, "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types "
                f"include: {', '.join(LANGUAGES)}",
            )  # fmt: skip
        try:
            patch = json.loads(await request.read())
        except ValueError as error:
            raise Refused(400, "BadRequest", f"error decoding patch: {error}") from error
        dry_run = _dry_run(request)
        if self.lost_requests and not dry_run:
            self.lost_requests -= 1
            return _hung_up(request)
        changed = self.cluster.change(
            *_named(request), kind, patch, scale=scale, dry_run=dry_run
        )  # fmt: skip
        if self.lost_answers and not dry_run:
            self.lost_answers -= 1
            return _hung_up(request)
        return json_answer(changed)

    def _listing(
        self, resource: str, items: Callable[[str], tuple[str, str, list[_Item]]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A list's handler. `items` gives kind, API version and everything in a namespace."""

        async def listed(request: web.Request) -> web.StreamResponse:
            kind, api, found = items(request.match_info["namespace"])
            labels = request.query.get("labelSelector", "")
            fields = request.query.get("fieldSelector", "")
            if fields and resource != "events":
                raise SelectorRefused(f"field label not supported: {fields}")
            chosen = [
                one
                for one in found
                if labels_match(labels, one["metadata"].get("labels") or {})
                and fields_match(fields, one)
            ]
            page, more = _page(request, chosen)
            return json_answer(list_json(kind, api, page, more))

        return self._handler("list", resource, listed)

    def _deployments(self, namespace: str) -> tuple[str, str, list[_Item]]:
        now = self.cluster.now
        found = [deployment_json(one, now) for one in self.cluster.deployments(namespace)]
        return "Deployment", "apps/v1", found

    def _replica_sets(self, namespace: str) -> tuple[str, str, list[_Item]]:
        now = self.cluster.now
        found = [
            replica_set_json(held, one, now)
            for held in self.cluster.deployments(namespace)
            for one in held.sets
        ]
        return "ReplicaSet", "apps/v1", found

    def _pods(self, namespace: str) -> tuple[str, str, list[_Item]]:
        now = self.cluster.now
        found = [
            pod_json(held, pod, now)
            for held in self.cluster.deployments(namespace)
            for pod in held.alive(now)
        ]
        return "Pod", "v1", found

    def _events(self, namespace: str) -> tuple[str, str, list[_Item]]:
        now = self.cluster.now
        found = [
            event_json(held, one)
            for held in self.cluster.deployments(namespace)
            for one in held.happened
            if now - KEEPS_EVENTS < one.at <= now
        ]
        return "Event", "v1", found

    def _autoscalers(self, namespace: str) -> tuple[str, str, list[_Item]]:
        found = [
            autoscaler_json(held, least, most)
            for held, least, most in self.cluster.autoscalers(namespace)
        ]
        return "HorizontalPodAutoscaler", "autoscaling/v2", found


def _named(request: web.Request) -> tuple[str, str]:
    return request.match_info["namespace"], request.match_info["name"]


def _dry_run(request: web.Request) -> bool:
    values = request.query.getall("dryRun", [])
    for value in values:
        if value != "All":
            words = f'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "{value}"'
            raise Refused(422, "Invalid", words)
    return bool(values)


def _page(request: web.Request, found: list[_Item]) -> tuple[list[_Item], str]:
    limit, more = request.query.get("limit", "0"), request.query.get("continue", "")
    try:
        size, start = int(limit), int(base64.b64decode(more) or b"0")
    except ValueError as error:
        raise Refused(400, "BadRequest", f"limit or continue is invalid: {error}") from error
    if size <= 0 or start + size >= len(found):
        return found[start:], ""
    return found[start : start + size], base64.b64encode(str(start + size).encode()).decode()


def _refusal(refused: Refused) -> web.Response:
    body = status_json(refused.status, refused.reason, str(refused))
    return json_answer(body, status=refused.status)


def _hung_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)
