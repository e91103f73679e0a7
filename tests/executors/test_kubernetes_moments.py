"""The moments between: a deploy that its controller has not seen yet, a rollback after a rollback,
an old verdict that still stands after the change."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from opsbot.executors._kubernetes_api import ClusterApi
from opsbot.executors._kubernetes_countdown import Countdown
from opsbot.executors._kubernetes_objects import Deployment, read_deployment
from opsbot.executors._kubernetes_rollout import NotDone, Watch
from opsbot.executors._kubernetes_settings import Settings
from opsbot.ports import Failed, HttpAnswer
from opsbot.sandbox.clock import ManualClock
from tests.executors.kubernetes_rig import UNDO, VALIDATION, AtCluster, OneClock, at_cluster, made

NEW_IMAGE = "registry.example.com/acorn-rye/session-validation:v2.15"


async def deployed_just_now(at: AtCluster) -> None:
    """A deploy whose revision nobody has numbered yet."""
    container = {"name": "app", "image": NEW_IMAGE}
    await at.patch(VALIDATION, {"spec": {"template": {"spec": {"containers": [container]}}}})


async def test_a_deploy_that_has_no_number_yet_is_not_taken_for_the_one_before_it() -> None:
    """The Deployment still says revision 13, and 12 is not what ran before the new image."""
    async with at_cluster() as at:
        await deployed_just_now(at)
        plan = await at.plan(UNDO)
        assert "has not numbered that revision yet; try again in a moment" in plan.refused
        at.rig.clock.advance(5)
        assert "(image v2.15) back to revision 13 (image v2.14)" in (await at.plan(UNDO)).shown


async def test_a_deploy_a_moment_before_the_act_is_not_rolled_back_unseen() -> None:
    """Approved was to take v2.14 back; v2.15 is asked for by now, under the same number."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        await deployed_just_now(at)
        changes = at.changes
        outcome = await at.act(UNDO, plan.binding)
        assert (at.changes, at.image()) == (changes, "v2.15")
    assert isinstance(outcome, Failed)


async def test_a_second_undo_does_not_bring_back_what_the_first_took_away() -> None:
    """To kubectl "the one before" is the bad revision then. By its number it can be had."""
    async with at_cluster() as at:
        await at.act(UNDO)
        at.rig.clock.advance(60)
        plan = await at.plan(UNDO)
        assert plan.refused == (
            "what runs was put back already, and the revision before it (13, image v2.14) is the "
            "newer one that was taken away: name the revision you mean, of 11 and 13"
        )
        named = await at.plan({"undo": {**VALIDATION, "to_revision": 13}})
        assert any("brings back what was taken away" in warning for warning in named.warnings)
        older = await at.plan({"undo": {**VALIDATION, "to_revision": 11}})
        assert not any("taken away" in warning for warning in older.warnings)


async def test_an_undo_of_a_recreate_strategy_says_that_all_pods_stop_first() -> None:
    """It is an outage of its own, as a restart is."""
    async with at_cluster() as at:
        body = {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}
        await at.patch(VALIDATION, body)
        at.rig.clock.advance(5)
        plan = await at.plan(UNDO)
    assert any("every pod stops before a new one starts" in warning for warning in plan.warnings)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_dry_run_that_got_no_opinion_is_not_told_as_a_refusal(status: int) -> None:
    async with at_cluster() as at:

        class Busy:
            """A cluster that answers reads."""

            async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
                if method == "PATCH":
                    return HttpAnswer(status=status, headers={}, body=b"{}")
                return await at.http.request(method, url, **named)

        at.executor = made(Busy(), at.rig.urls.kubernetes, at.rig.clock)
        plan = await at.plan(UNDO)
    assert plan.refused.startswith(
        f"whether the cluster takes it could not be asked: the cluster answered {status}"
    )


# --- an old verdict ------------------------------------------------------------------------------


def stands(
    *, stuck_at: str = "", updated: int = 3, total: int = 3, seen: int = 2
) -> dict[str, Any]:
    """A Deployment of three pods, which its controller has called stuck at some time."""
    reason = "ProgressDeadlineExceeded" if stuck_at else "ReplicaSetUpdated"
    condition = {"type": "Progressing", "reason": reason, "lastUpdateTime": stuck_at}
    return {
        "metadata": {"name": "cart", "namespace": "shop", "generation": seen},
        "spec": {"template": {}, "replicas": 3},
        "status": {
            "observedGeneration": seen, "replicas": total, "updatedReplicas": updated,
            "availableReplicas": 3, "conditions": [condition],
        },
    }  # fmt: skip


@dataclass(slots=True)
class Scripted:
    """Answers one object after the other, the last one for ever."""

    bodies: list[dict[str, Any]]
    asked: list[str] = field(default_factory=list[str])

    async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
        self.asked.append(url)
        found = self.bodies[0] if len(self.bodies) == 1 else self.bodies.pop(0)
        return HttpAnswer(status=200, headers={}, body=json.dumps(found).encode())


async def watched(before: dict[str, Any], *later: dict[str, Any]) -> Deployment:
    clock, told = OneClock(ManualClock(datetime(2026, 11, 23, 14, tzinfo=UTC))), list[str]()
    changed = read_deployment(before)
    assert changed is not None
    watch = Watch(
        api=ClusterApi(http=Scripted([*later]), url="http://127.0.0.1", token=lambda: "t"),
        settings=Settings(namespaces=("shop",)), clock=clock, countdown=Countdown(clock, 60.0),
        tell=told.append,
    )  # fmt: skip
    return await watch.until_done(changed, lambda now: "")


NINE, TEN = "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"


async def test_a_rollout_that_was_stuck_before_is_not_a_rollback_that_failed() -> None:
    """Taking back a stuck deploy is what rollbacks are for. The controller's first look counts the
    change as seen and keeps the old verdict until the first pod is gone."""
    before = stands(stuck_at=NINE, updated=1, total=4, seen=1)
    done = await watched(before, stands(stuck_at=NINE, total=4), stands(total=4), stands())
    assert done.rollout.updated == 3


async def test_a_rollback_that_gets_stuck_itself_is_told() -> None:
    before = stands(stuck_at=NINE, updated=1, total=4, seen=1)
    with pytest.raises(NotDone, match="progress deadline"):
        await watched(before, stands(stuck_at=NINE, total=4), stands(stuck_at=TEN, total=4))
    with pytest.raises(NotDone, match="progress deadline"):
        await watched(before, stands(total=4), stands(stuck_at=NINE, total=4))
