"""The sandbox cluster's controller: seen late, pod by pod, numbered anew, sometimes stuck."""

from __future__ import annotations

from typing import Any

from opsbot.sandbox.kubernetes_deployment import Deployment
from tests.sandbox.test_kubernetes_api import APPS, JSON_PATCH, MERGE, VALIDATION, get, patch
from tests.sandbox.world_rig import Rig, running

RESTART = {"spec": {"template": {"metadata": {"annotations": {"restartedAt": "now"}}}}}


def image(version: str) -> dict[str, Any]:
    """A strategic merge patch to another image."""
    container = {"name": "app", "image": f"registry.example.com/x:{version}"}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


def held(rig: Rig) -> Deployment:
    return rig.world.cluster.deployment("identity", "session-validation")


async def status(rig: Rig) -> dict[str, Any]:
    return (await get(rig, VALIDATION))[1]["status"]


async def test_the_controller_sees_a_change_a_moment_later() -> None:
    """Until then the status speaks of what was before, under its old generation."""
    async with running(rollout_seconds=10.0) as rig:
        before = await get(rig, VALIDATION)
        _, answer = await patch(rig, RESTART)
        assert answer["metadata"]["generation"] == before[1]["metadata"]["generation"] + 1
        at_once = await status(rig)
        rig.clock.advance(1.5)
        seen = await status(rig)
    assert at_once["observedGeneration"] == answer["metadata"]["generation"] - 1
    assert at_once["updatedReplicas"] == 3
    assert seen["observedGeneration"] == answer["metadata"]["generation"]
    assert seen["updatedReplicas"] == 1


async def test_pods_are_replaced_one_after_the_other() -> None:
    """There is one more than asked for meanwhile, and never too few that are ready."""
    async with running(rollout_seconds=10.0) as rig:
        await patch(rig, RESTART)
        seen: list[tuple[int, int, int]] = []
        for _ in range(14):
            rig.clock.advance(0.8)
            now = await status(rig)
            counts = (now["replicas"], now.get("updatedReplicas", 0), now["readyReplicas"])
            seen += [counts] if not seen or seen[-1] != counts else []
    assert seen[-1] == (3, 3, 3)
    assert max(total for total, _, _ in seen) == 4
    assert min(ready for _, _, ready in seen) == 3
    updated = [one for _, one, _ in seen[1:]]  # the first look is at what was before
    assert updated == [1, 2, 3, 3]


async def test_an_old_template_comes_back_under_a_new_number() -> None:
    """As `kubectl rollout undo` finds out: the revision gone back to is not in the history."""
    async with running() as rig:
        old = sorted(held(rig).sets, key=lambda one: one.number)
        numbers = [one.number for one in old]
        labels = {"app.kubernetes.io/name": "session-validation"}
        template = {**old[1].template, "metadata": {"labels": labels}}
        body = [{"op": "replace", "path": "/spec/template", "value": template}]
        assert (await patch(rig, body, JSON_PATCH))[0] == 200
        rig.clock.advance(5)
        _, sets = await get(rig, f"{APPS}/identity/replicasets",
                            labelSelector="app.kubernetes.io/name=session-validation")  # fmt: skip
        again = {one.name: one.number for one in held(rig).sets}
    assert sorted(again.values()) == [numbers[0], numbers[2], numbers[2] + 1]
    assert again[old[1].name] == numbers[2] + 1
    name = "deployment.kubernetes.io/revision-history"
    history = [one["metadata"]["annotations"].get(name) for one in sets["items"]]
    assert [one for one in history if one] == [str(numbers[1])]


async def test_an_interrupted_rollout_ends_where_the_last_change_wants_it() -> None:
    async with running(rollout_seconds=10.0) as rig:
        await patch(rig, image("v1"))
        rig.clock.advance(5)
        await patch(rig, image("v2"))
        rig.clock.advance(0.5)
        assert len(held(rig).alive(rig.world.cluster.now)) == 4
        rig.clock.advance(20)
        alive = held(rig).alive(rig.world.cluster.now)
        images = {pod.template["spec"]["containers"][0]["image"] for pod in alive}
        now = await status(rig)
    assert images == {"registry.example.com/x:v2"}
    assert (now["replicas"], now["updatedReplicas"], now["readyReplicas"]) == (3, 3, 3)


async def test_an_image_that_cannot_be_pulled_gets_stuck_and_keeps_the_old_pods() -> None:
    async with running() as rig:
        rig.world.cluster.unpullable.add("registry.example.com/x:none")
        await patch(rig, image("none"))
        rig.clock.advance(300)
        early = await status(rig)
        _, pods = await get(rig, "/api/v1/namespaces/identity/pods",
                            labelSelector="app.kubernetes.io/name=session-validation")  # fmt: skip
        rig.clock.advance(301)
        late = await status(rig)
    reasons = [condition["reason"] for condition in (*early["conditions"], *late["conditions"])]
    assert reasons == [
        "MinimumReplicasAvailable", "ReplicaSetUpdated",
        "MinimumReplicasAvailable", "ProgressDeadlineExceeded",
    ]  # fmt: skip
    states = [pod["status"]["containerStatuses"][0]["state"] for pod in pods["items"]]
    assert sorted(next(iter(state)) for state in states) == ["running"] * 3 + ["waiting"]
    assert {"reason": "ImagePullBackOff"}.items() <= next(
        state["waiting"] for state in states if "waiting" in state
    ).items()


async def test_a_paused_deployment_takes_changes_and_rolls_out_none() -> None:
    async with running() as rig:
        await patch(rig, {"spec": {"paused": True}})
        await patch(rig, image("v9"))
        rig.clock.advance(10)
        revisions = len(held(rig).sets)
        waiting = await status(rig)
        await patch(rig, {"spec": {"paused": None}}, MERGE)
        rig.clock.advance(10)
        after = await status(rig)
        assert len(held(rig).sets) == revisions + 1
    assert (waiting["replicas"], waiting.get("updatedReplicas", 0)) == (3, 0)
    assert after["updatedReplicas"] == 3


async def test_what_the_controller_does_stands_in_the_events_for_an_hour() -> None:
    async with running() as rig:
        await patch(rig, RESTART)
        rig.clock.advance(5)
        path, chosen = "/api/v1/namespaces/identity/events", "involvedObject.kind=Deployment"
        _, fresh = await get(rig, path, fieldSelector=chosen)
        _, none = await get(rig, path, fieldSelector="type=Warning")
        rig.clock.advance(3600)
        _, stale = await get(rig, path, fieldSelector=chosen)
    messages = [event["message"] for event in fresh["items"]]
    assert sum(message.startswith("Scaled up replica set") for message in messages) == 3
    assert sum(message.startswith("Scaled down replica set") for message in messages) == 3
    assert none["items"] == stale["items"] == []


async def test_an_autoscaler_takes_back_a_number_that_was_set_by_hand() -> None:
    async with running() as rig:
        path = f"{APPS}/storefront/deployments/storefront-bff"
        assert (await patch(rig, {"spec": {"replicas": 6}}, MERGE, f"{path}/scale"))[0] == 200
        rig.clock.advance(10)
        assert (await get(rig, path))[1]["status"]["readyReplicas"] == 6
        rig.clock.advance(10)
        assert (await get(rig, f"{path}/scale"))[1]["spec"]["replicas"] == 3
        assert (await get(rig, path))[1]["status"]["readyReplicas"] == 3


async def test_only_so_many_old_revisions_are_kept() -> None:
    async with running() as rig:
        await patch(rig, {"spec": {"revisionHistoryLimit": 2}})
        for number in range(5):
            await patch(rig, image(f"v{number}"))
            rig.clock.advance(5)
        assert len(held(rig).sets) == 3
