"""The kubernetes executor at the sandbox cluster, with one clock for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opsbot.core.runbook import Scalar
from opsbot.executors import Tools
from opsbot.executors.kubernetes import EXECUTOR
from opsbot.http_client import AiohttpClient
from opsbot.ports import CallOutcome, Executor, Http, Plan, Secret
from opsbot.sandbox.clock import ManualClock
from opsbot.sandbox.kubernetes import KubernetesServer
from opsbot.sandbox.kubernetes_cluster import Cluster
from opsbot.sandbox.world import API_TOKEN
from tests.executors.stage import StageSecret, ticket
from tests.sandbox.world_rig import Rig, running

VALIDATION = {"namespace": "identity", "deployment": "session-validation"}
STOREFRONT = {"namespace": "storefront", "deployment": "storefront-bff"}
CART = {"namespace": "checkout", "deployment": "cart-api"}
UNDO = {"undo": VALIDATION}


@dataclass(slots=True)
class OneClock:
    """The sandbox's clock as the executor is given it: sleeping winds it."""

    clock: ManualClock

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)


@dataclass(slots=True)
class AtCluster:
    """A world, the executor at its cluster, and what an act told."""

    rig: Rig
    executor: Executor
    http: Http
    told: list[str] = field(default_factory=list[str])

    @property
    def cluster(self) -> Cluster:
        return self.rig.world.cluster

    @property
    def server(self) -> KubernetesServer:
        return self.rig.world.kubernetes

    @property
    def changes(self) -> int:
        """How often something was changed: dry runs do not count."""
        return sum(
            one.method == "PATCH" and one.status == 200 and "dryRun" not in one.query
            for one in self.server.seen
        )

    def image(self, service: Mapping[str, str] = VALIDATION) -> str:
        """The image that the Deployment asks for."""
        held = self.cluster.deployment(service["namespace"], service["deployment"])
        return str(held.spec["template"]["spec"]["containers"][0]["image"]).rpartition(":")[2]

    async def plan(self, call: Mapping[str, Any]) -> Plan:
        return await self.executor.plan(call)

    async def act(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar] | None = None, **bounds: Any
    ) -> CallOutcome:
        """Act as a run would: with what the plan binds, unless given."""
        if binding is None:
            binding = (await self.plan(call)).binding
        given = ticket(timeout_s=bounds.pop("timeout_s", 60.0), **bounds)
        return await self.executor.act(call, binding, given, self.told.append)

    async def patch(
        self, service: Mapping[str, str], body: Any, kind: str = "strategic-merge-patch+json"
    ) -> tuple[int, Any]:
        """Somebody else's change."""
        path = f"/apis/apps/v1/namespaces/{service['namespace']}/deployments"
        headers = {"Authorization": f"Bearer {API_TOKEN}", "Content-Type": f"application/{kind}"}
        async with self.rig.http.patch(
            f"{self.server.url}{path}/{service['deployment']}", json=body, headers=headers
        ) as response:
            return response.status, await response.json()

    async def deploy(self, service: Mapping[str, str], version: str) -> None:
        """Somebody else's deploy, and the time it takes."""
        held = self.cluster.deployment(service["namespace"], service["deployment"])
        image = str(held.spec["template"]["spec"]["containers"][0]["image"]).rpartition(":")[0]
        container = {"name": "app", "image": f"{image}:{version}"}
        body = {"spec": {"template": {"spec": {"containers": [container]}}}}
        status, answer = await self.patch(service, body)
        assert status == 200, answer
        self.rig.clock.advance(5)


def made(
    http: Http, url: str, clock: ManualClock, secrets: Mapping[str, Secret] | None = None,
    **settings: Any,
) -> Executor:  # fmt: skip
    """The executor with settings that suit a test."""
    chosen = {
        "api_url": url, "cluster": "acorn", "namespaces": ["identity", "checkout", "storefront"],
        "poll_seconds": 0.25, **settings,
    }  # fmt: skip
    tools = Tools(
        http=http, clock=OneClock(clock),
        secrets={"token": StageSecret(API_TOKEN)} if secrets is None else secrets,
    )  # fmt: skip
    return EXECUTOR.make(EXECUTOR.settings.model_validate(chosen), tools)


@asynccontextmanager
async def at_cluster(
    scenario: str = "memory-limit", secrets: Mapping[str, Secret] | None = None, **settings: Any
) -> AsyncGenerator[AtCluster]:
    """The executor at the cluster of a scenario's world."""
    http = AiohttpClient(environ={})
    try:
        async with running(scenario) as rig:
            executor = made(http, rig.urls.kubernetes, rig.clock, secrets, **settings)
            yield AtCluster(rig, executor, http)
    finally:
        await http.close()
