"""A first step that changes a cluster and then fails is taken back: the real executor, against the
sandbox's cluster, in a run that somebody asked for in Slack."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from opsbot.core.policy import Policy, PolicyRule, Ruling
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome, StepOutcome
from opsbot.core.runbook import Step
from tests.commands.works import Works, runbook
from tests.executors.kubernetes_rig import VALIDATION, AtCluster, at_cluster

FREE = Policy(rules=(PolicyRule(name="free", ruling=Ruling.ALLOWED),))
IMAGE = "registry.example.com/acorn-rye/session-validation:"


def step(name: str, do: dict[str, Any], minutes: float = 15) -> Step:
    return Step(name=name, executor="kubernetes", call=do, timeout=timedelta(minutes=minutes))


async def ran(at: AtCluster, act: Step, back: Step) -> Run:
    """The run of a runbook of one step and one way back, after its end."""
    book = runbook(verification=None, steps=(act,), rollback=(back,))
    office = Works(book, policy=FREE)
    office.wire(executors={"kubernetes": at.executor})
    incident = await office.paged()
    await office.asked_for(incident)
    return await office.newest(incident)


def oldest(at: AtCluster) -> int:
    """The first revision of the Deployment that the cluster keeps."""
    held = at.cluster.deployment(VALIDATION["namespace"], VALIDATION["deployment"])
    return min(one.number for one in held.sets)


@pytest.mark.parametrize(
    ("verb", "stuck", "back"),
    [
        ({"restart": VALIDATION}, "v2.14", {"undo": VALIDATION}),
        ({"undo": VALIDATION}, "v2.13", {"undo": {**VALIDATION, "to_revision": 0}}),
        ({"scale": {**VALIDATION, "replicas": 6}}, "v2.14",
         {"scale": {**VALIDATION, "replicas": 3}}),
    ],
    ids=["restart", "undo", "scale"],
)  # fmt: skip
async def test_a_rollout_that_stays_stuck_is_rolled_back(
    verb: dict[str, Any], stuck: str, back: dict[str, Any]
) -> None:
    """The pods that do not come up are there: the cluster took the change before it failed."""
    async with at_cluster(poll_seconds=20) as at:
        at.cluster.unpullable.add(f"{IMAGE}{stuck}")
        if "to_revision" in back.get("undo", {}):
            back = {"undo": {**VALIDATION, "to_revision": oldest(at)}}
        run = await ran(at, step("act", verb), step("back", back))
        held = at.cluster.deployment(VALIDATION["namespace"], VALIDATION["deployment"])
        asked = (int(held.spec["replicas"]), at.image())
    assert run.steps[0].outcome is StepOutcome.FAILED
    assert run.steps[0].acted
    assert [one.outcome for one in run.rollback] == [StepOutcome.SUCCEEDED], run.rollback[0].said
    assert run.outcome is RunOutcome.ROLLED_BACK
    assert "it was rolled back" in run.said
    assert asked == (3, "v2.14") if "scale" in verb else asked[1] != stuck


async def test_a_change_that_the_cluster_refuses_has_nothing_to_take_back() -> None:
    """The way back would otherwise change what nobody had touched."""
    async with at_cluster() as at:
        plan = await at.plan({"restart": VALIDATION})
        assert not plan.refused
        executor = at.executor

        class Frozen:
            """The executor, whose cluster is frozen between the last look and the act."""

            name = "kubernetes"

            def __getattr__(self, name: str) -> Any:
                return getattr(executor, name)

            async def act(self, *given: Any) -> Any:
                at.cluster.denied["identity"] = "frozen since a minute"
                return await executor.act(*given)

        at.executor = Frozen()  # pyright: ignore[reportAttributeAccessIssue] # the rest is its own
        run = await ran(
            at, step("act", {"restart": VALIDATION}), step("back", {"undo": VALIDATION})
        )
        assert at.changes == 0
    assert run.outcome is RunOutcome.FAILED
    assert not run.steps[0].acted
    assert run.rollback == ()
