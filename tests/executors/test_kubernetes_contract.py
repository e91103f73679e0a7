"""The kubernetes executor keeps the contract of all executors, in real time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from opsbot.app.clock import SystemClock
from opsbot.executors import Tools
from opsbot.executors.kubernetes import EXECUTOR
from opsbot.http_client import AiohttpClient
from opsbot.ports import Executor
from opsbot.sandbox.clock import SystemClock as SandboxClock
from opsbot.sandbox.kubernetes import KubernetesServer, Rights
from opsbot.sandbox.kubernetes_cluster import Cluster
from opsbot.sandbox.world import API_TOKEN
from tests.executors.contract import Call, HangingContract
from tests.executors.kubernetes_rig import CART, VALIDATION
from tests.executors.stage import StageSecret
from tests.sandbox.world_rig import loaded

UNPULLABLE = "registry.example.com/acorn-rye/session-validation:v2.14"


class TestKubernetes(HangingContract):
    """Its good call reads: of calls that change one Deployment, only one at a time succeeds."""

    name = "kubernetes"
    acts_outside = False
    examples = 40
    server: KubernetesServer

    @asynccontextmanager
    async def executor(self) -> AsyncGenerator[Executor]:
        clock, http = SandboxClock(), AiohttpClient(environ={})
        began = datetime.now(UTC).timestamp()
        cluster = Cluster(loaded("memory-limit"), began, clock, rollout_seconds=0.3)
        cluster.unpullable.add(UNPULLABLE)
        self.server = KubernetesServer(cluster, clock, tokens={API_TOKEN: Rights()})
        url = await self.server.start()
        settings: dict[str, Any] = {
            "api_url": url, "namespaces": ["identity", "checkout"], "poll_seconds": 0.05,
        }  # fmt: skip
        tools = Tools(
            http=http, clock=SystemClock(), secrets={"token": StageSecret(API_TOKEN)}
        )  # fmt: skip
        try:
            yield EXECUTOR.make(EXECUTOR.settings.model_validate(settings), tools)
        finally:
            await http.close()
            await self.server.stop()

    def good(self) -> Call:
        return {"status": CART}

    def never(self) -> Sequence[Call]:
        return [
            {}, {"delete": CART}, {"undo": CART, "restart": CART}, {"scale": CART},
            {"restart": {**CART, "namespace": "../kube-system"}},
            {"undo": {**CART, "to_revision": "$(id)"}},
        ]  # fmt: skip

    def effects(self) -> int:
        return sum(
            one.method == "PATCH" and one.status == 200 and "dryRun" not in one.query
            for one in self.server.seen
        )

    def half_done(self) -> Call:
        """The number stands, and the pods do not come up."""
        return {"scale": {**VALIDATION, "replicas": 4}}

    def hanging(self) -> Call:
        """Its new pods never come up, and the cluster waits ten minutes before it says so."""
        return {"restart": VALIDATION}
