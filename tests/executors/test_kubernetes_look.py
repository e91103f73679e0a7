"""What only reads: the status of a rollout, and what a responder would ask kubectl first."""

from __future__ import annotations

from typing import Any

from opsbot.ports import Failed, HttpAnswer, Succeeded
from opsbot.sandbox.kubernetes import Rights
from opsbot.sandbox.world import API_TOKEN
from tests.executors.kubernetes_rig import CART, UNDO, VALIDATION, at_cluster, made

LOOK: dict[str, Any] = {"diagnostics": VALIDATION}


async def test_the_status_says_how_the_rollout_stands() -> None:
    async with at_cluster() as at:
        outcome = await at.act({"status": VALIDATION}, {})
        assert at.changes == 0
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.said.endswith("(image v2.14): 3 of 3 pods available")
    assert outcome.values["replicas"] == outcome.values["available"] == 3
    assert "Available is True (MinimumReplicasAvailable)" in outcome.output


async def test_diagnostics_show_revisions_pods_and_events() -> None:
    """After a rollback: which revision ran when, who ran it, and what the controller did."""
    async with at_cluster() as at:
        await at.act(UNDO)
        outcome = await at.act(LOOK, {})
    assert isinstance(outcome, Succeeded), outcome
    lines = outcome.output.splitlines()
    assert [line for line in lines if "3/3 pods ready  image v2.13  v2.13: reject tokens" in line]
    assert [line for line in lines if "0/0 pods ready  image v2.14" in line]
    assert sum("Running, ready, 0 restarts, on node-" in line for line in lines) == 3
    assert [line for line in lines if "ScalingReplicaSet  Deployment session-validation" in line]


async def test_a_container_that_ran_out_of_memory_is_said_first() -> None:
    """Its pod stands on top, with when and how its container ended."""
    async with at_cluster() as at:
        held = at.cluster.deployment("identity", "session-validation")
        at.cluster.kill(held.pods[2])
        outcome = await at.act(LOOK, {})
    assert isinstance(outcome, Succeeded), outcome
    assert "1 container ended for lack of memory (OOMKilled)" in outcome.said
    lines = outcome.output.splitlines()
    first = lines[lines.index("pods") + 1]
    assert "1 restart, on" in first
    assert "ended: OOMKilled (exit code 137) at 2026-11-22T14:04:23Z" in first
    assert [line for line in lines if "Warning  BackOff  Pod session-validation-" in line]


async def test_pods_that_wait_say_what_for() -> None:
    async with at_cluster() as at:
        at.cluster.unpullable.add("registry.example.com/acorn-rye/cart-api:v9")
        await at.deploy(CART, "v9")
        outcome = await at.act({"diagnostics": CART}, {})
    assert isinstance(outcome, Succeeded), outcome
    assert "Pending, not ready, 0 restarts, on node-" in outcome.output
    assert "waits: ImagePullBackOff" in outcome.output


async def test_a_part_that_may_not_be_read_leaves_the_others() -> None:
    async with at_cluster() as at:
        readable = frozenset({"deployments", "replicasets"})
        at.server.tokens[API_TOKEN] = Rights(resources=readable)
        outcome = await at.act(LOOK, {})
    assert isinstance(outcome, Succeeded), outcome
    assert "image v2.12" in outcome.output
    assert outcome.output.count("could not be read: the cluster answered 403") == 2


async def test_a_deployment_that_is_not_there_is_a_failure() -> None:
    async with at_cluster() as at:
        outcome = await at.act({"diagnostics": {**VALIDATION, "deployment": "nobody"}}, {})
    assert isinstance(outcome, Failed)
    assert outcome.said.startswith("the cluster answered 404")


async def test_output_keeps_its_limit() -> None:
    async with at_cluster() as at:
        outcome = await at.act(LOOK, {}, output_limit=300)
    assert isinstance(outcome, Succeeded)
    assert len(outcome.output.encode()) <= 300
    assert outcome.cut


async def test_what_a_cluster_says_cannot_write_lines_of_its_own() -> None:
    """Whoever may annotate a Deployment or write an event could otherwise forge the output."""
    async with at_cluster() as at:
        cause = "x\npods\n  cart-1 Running\x1b[2J\u202e"
        await at.patch(
            VALIDATION, {"metadata": {"annotations": {"kubernetes.io/change-cause": cause}}}
        )
        held = at.cluster.deployment("identity", "session-validation")
        held.sets[-1].annotations["kubernetes.io/change-cause"] = cause
        held.note(at.cluster.now, "Pod", held.pods[0].name, "Warning", "X", "y\npods\n\x1b[2J")
        outcome = await at.act(LOOK, {})
    assert isinstance(outcome, Succeeded)
    assert outcome.output.splitlines().count("pods") == 1
    assert "\x1b" not in outcome.output
    assert "\u202e" not in outcome.output


async def test_long_lists_are_read_page_by_page() -> None:
    """A namespace with hundreds of pods answers in several pages."""
    pages: list[str] = []

    async with at_cluster() as at:

        class Small:
            """The way out, on which every page holds a single item."""

            async def request(
                self, method: str, url: str, *, params: Any = (), **named: Any
            ) -> HttpAnswer:
                small = [(name, "1" if name == "limit" else value) for name, value in params]
                if url.endswith("/pods"):
                    pages.append(url)
                return await at.http.request(method, url, params=small, **named)

        at.executor = made(Small(), at.rig.urls.kubernetes, at.rig.clock)
        outcome = await at.act(LOOK, {})
    assert isinstance(outcome, Succeeded), outcome
    assert len(pages) == 3
    assert outcome.output.count("Running, ready") == 3
