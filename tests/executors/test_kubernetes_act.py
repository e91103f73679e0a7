"""Undo, restart and scale: done once, as planned, watched to their end."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.ports import Failed, Succeeded
from tests.executors.kubernetes_rig import (
    CART,
    STOREFRONT,
    UNDO,
    VALIDATION,
    AtCluster,
    at_cluster,
    made,
)


async def revision(at: AtCluster) -> int:
    found = (await at.plan(UNDO)).binding["from_revision"]
    assert isinstance(found, int)
    return found


async def test_an_undo_runs_the_revision_before_and_says_so() -> None:
    """Its values are there for later steps: where it came from above all."""
    async with at_cluster() as at:
        before = await revision(at)
        outcome = await at.act(UNDO)
        assert at.image() == "v2.13"
        assert at.changes == 1
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.values == {
        "revision": before + 1, "from_revision": before, "to_revision": before - 1,
        "image_before": "v2.14", "image_after": "v2.13", "replicas": 3,
    }  # fmt: skip
    assert outcome.said == f"revision {before + 1} (image v2.13) runs on 3 of 3 pods"
    assert at.told[0] == f"putting back the pods of revision {before - 1}"
    assert "1 of 3 pods updated" in at.told
    assert outcome.output.splitlines() == at.told


async def test_it_is_not_done_before_every_pod_is() -> None:
    """Success is not that the API server took the change."""
    async with at_cluster() as at:
        began = at.rig.clock.monotonic()
        await at.act(UNDO)
        assert at.rig.clock.monotonic() - began >= 1.5


async def test_the_change_cause_goes_back_with_its_revision() -> None:
    """As kubectl does, so that `kubectl rollout history` tells the truth."""
    async with at_cluster() as at:
        await at.act(UNDO)
        held = at.cluster.deployment("identity", "session-validation")
        assert held.annotations["kubernetes.io/change-cause"].startswith("v2.13: ")
        assert held.annotations["opsbot.dev/run"].startswith("run-7/steps:0@")
        await at.act({"undo": {**VALIDATION, "to_revision": min(one.number for one in held.sets)}})
        held = at.cluster.deployment("identity", "session-validation")
        assert "kubernetes.io/change-cause" not in held.annotations


async def test_an_undo_can_be_undone_by_the_revision_it_came_from() -> None:
    """The way back of a runbook: nothing of it was planned, but the revision is named."""
    async with at_cluster() as at:
        outcome = await at.act(UNDO)
        assert isinstance(outcome, Succeeded)
        back = {"undo": {**VALIDATION, "to_revision": outcome.values["from_revision"]}}
        again = await at.act(back, {}, step="rollback:0")
        assert isinstance(again, Succeeded), again
        assert at.image() == "v2.14"


async def test_an_undo_that_nobody_planned_does_not_choose_for_itself() -> None:
    """ "The one before" has to have been approved as a number."""
    async with at_cluster() as at:
        outcome = await at.act(UNDO, {})
        assert isinstance(outcome, Failed)
        assert "nobody was told which revision" in outcome.said
        assert at.changes == 0


async def test_a_deploy_between_approval_and_act_stops_it() -> None:
    """What was approved was another step back."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        await at.deploy(VALIDATION, "v2.15")
        changes = at.changes
        outcome = await at.act(UNDO, plan.binding)
        assert at.changes == changes
        assert at.image() == "v2.15"
    assert isinstance(outcome, Failed)
    assert "it has changed meanwhile" in outcome.said


@pytest.mark.parametrize("call", [UNDO, {"restart": VALIDATION}])
async def test_a_deployment_made_anew_is_another_one(call: dict[str, Any]) -> None:
    async with at_cluster() as at:
        plan = await at.plan(call)
        outcome = await at.act(call, {**plan.binding, "uid": "the-first"})
    assert isinstance(outcome, Failed)
    assert "deleted and made anew" in outcome.said


async def test_a_revision_whose_template_is_another_one_is_not_taken() -> None:
    """A number alone is not what people approved."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        outcome = await at.act(UNDO, {**plan.binding, "template": "0" * 16})
        assert at.changes == 0
    assert isinstance(outcome, Failed)
    assert "is not what it was" in outcome.said


async def test_a_revision_that_was_cleaned_up_meanwhile_is_not_replaced_by_another() -> None:
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        held = at.cluster.deployment("identity", "session-validation")
        held.sets = [one for one in held.sets if one.number != plan.binding["to_revision"]]
        outcome = await at.act(UNDO, plan.binding)
    assert isinstance(outcome, Failed)
    assert "is not kept" in outcome.said


async def test_a_restart_replaces_every_pod_and_keeps_the_image() -> None:
    async with at_cluster() as at:
        before = {pod.name for pod in at.cluster.deployment("checkout", "cart-api").pods}
        outcome = await at.act({"restart": CART})
        held = at.cluster.deployment("checkout", "cart-api")
        after = {pod.name for pod in held.alive(at.cluster.now)}
        annotations = held.spec["template"]["metadata"]["annotations"]
    assert isinstance(outcome, Succeeded), outcome
    assert len(after) == 3
    assert not before & after
    assert list(annotations) == ["kubectl.kubernetes.io/restartedAt"]
    assert outcome.values["image_before"] == outcome.values["image_after"]


async def test_a_restart_after_an_undo_in_the_same_run_is_no_surprise() -> None:
    """Both were planned before the first was done; the run itself changed the revision."""
    async with at_cluster() as at:
        restart = await at.plan({"restart": VALIDATION})
        assert isinstance(await at.act(UNDO), Succeeded)
        second = await at.act({"restart": VALIDATION}, restart.binding, step="steps:1")
        assert isinstance(second, Succeeded), second
        await at.deploy(VALIDATION, "v2.15")
        third = await at.act({"restart": VALIDATION}, restart.binding, step="steps:2")
    assert isinstance(third, Failed)
    assert "it has changed meanwhile" in third.said


async def test_scaling_up_and_down_waits_for_the_pods() -> None:
    async with at_cluster() as at:
        up = await at.act({"scale": {**CART, "replicas": 6}})
        assert len(at.cluster.deployment("checkout", "cart-api").alive(at.cluster.now)) == 6
        down = await at.act({"scale": {**CART, "replicas": 2}})
        assert len(at.cluster.deployment("checkout", "cart-api").alive(at.cluster.now)) == 2
        scaled = [one.path for one in at.server.seen if one.method == "PATCH"]
    assert isinstance(up, Succeeded), up
    assert isinstance(down, Succeeded), down
    assert (up.values["replicas_before"], up.values["replicas"]) == (3, 6)
    assert (down.values["replicas_before"], down.values["replicas"]) == (6, 2)
    assert all(path.endswith("/cart-api/scale") for path in scaled)


async def test_caps_hold_for_a_number_that_only_an_earlier_step_tells() -> None:
    """Nothing was planned of it, so acting asks them again."""
    async with at_cluster() as at:
        outcome = await at.act({"scale": {**CART, "replicas": 50}}, {})
        assert at.changes == 0
    assert isinstance(outcome, Failed)
    assert "max_replicas" in outcome.said


async def test_another_number_of_pods_than_planned_stops_a_scale() -> None:
    async with at_cluster() as at:
        plan = await at.plan({"scale": {**CART, "replicas": 6}})
        await at.act({"scale": {**CART, "replicas": 4}})
        outcome = await at.act({"scale": {**CART, "replicas": 6}}, plan.binding)
    assert isinstance(outcome, Failed)
    assert "3 pods when this was planned and 4 now" in outcome.said


async def test_a_change_in_the_same_moment_is_seen_and_not_overwritten() -> None:
    """Somebody's deploy lands between our look and our change: 409, another look, and no."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)

        class Meddling:
            """The way out, on which somebody else deploys just before our change."""

            async def request(self, method: str, url: str, **named: Any) -> Any:
                if method == "PATCH":
                    await at.deploy(VALIDATION, "v2.15")
                return await at.http.request(method, url, **named)

        at.executor = made(Meddling(), at.rig.urls.kubernetes, at.rig.clock)
        outcome = await at.act(UNDO, plan.binding)
        assert at.image() == "v2.15"
    assert isinstance(outcome, Failed)
    assert "it has changed meanwhile" in outcome.said
    assert "the deployment moved on in between; looking again" in at.told


async def test_changes_of_status_in_between_are_no_reason_to_give_up() -> None:
    """A pod that becomes ready makes a new resourceVersion, and nothing else."""
    async with at_cluster() as at:
        await at.patch(VALIDATION, {"spec": {"replicas": 4}})
        at.rig.clock.advance(0.5)
        outcome = await at.act(UNDO)
        assert isinstance(outcome, Succeeded), outcome
        assert outcome.values["replicas"] == 4


async def test_a_namespace_outside_the_settings_is_not_acted_in() -> None:
    """Even where nobody asked for a plan."""
    async with at_cluster(namespaces=["checkout"]) as at:
        outcome = await at.act({"restart": STOREFRONT}, {})
        assert isinstance(outcome, Failed)
        assert "not among executors.kubernetes.namespaces" in outcome.said
        assert len(at.server.seen) == 0
