"""What a preview says before anybody approves: exactly what will run, and what to know."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.ports import Plan
from opsbot.sandbox.kubernetes import Rights
from opsbot.sandbox.kubernetes_seed import MEMORY_LIMIT, configured
from opsbot.sandbox.world import API_TOKEN
from tests.executors.kubernetes_rig import CART, STOREFRONT, UNDO, VALIDATION, at_cluster


def warned(plan: Plan, words: str) -> bool:
    return any(words in warning for warning in plan.warnings)


async def test_an_undo_says_both_revisions_and_what_else_goes_back() -> None:
    """The wrong memory limit came with the image, and goes back with it."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        held = at.cluster.deployment("identity", "session-validation")
        revision = max(one.number for one in held.sets)
    assert plan.refused == ""
    assert plan.shown == (
        f"deployment identity/session-validation in cluster acorn: revision {revision} "
        f"(image v2.14) back to revision {revision - 1} (image v2.13)"
    )
    assert warned(plan, "the memory limit of app goes back too: 256Mi becomes 512Mi")
    assert warned(plan, "the next deploy brings v2.14 back unless it is reverted in git as well")
    assert (plan.binding["from_revision"], plan.binding["to_revision"]) == (revision, revision - 1)


async def test_asking_changes_nothing_and_always_says_the_same() -> None:
    """What is approved is the plan's hash: it may not change by itself."""
    async with at_cluster() as at:
        calls: list[dict[str, Any]] = [
            UNDO, {"restart": CART}, {"scale": {**CART, "replicas": 4}}, {"status": CART},
        ]  # fmt: skip
        first = [await at.plan(call) for call in calls]
        at.rig.clock.advance(3600)
        assert [await at.plan(call) for call in calls] == first
        assert at.changes == 0
        assert at.image() == "v2.14"
        dry = [one for one in at.server.seen if one.method == "PATCH"]
    assert len(dry) == 6
    assert all("dryRun=All" in one.query for one in dry)


async def test_a_named_revision_says_what_lies_in_between() -> None:
    async with at_cluster() as at:
        now = (await at.plan(UNDO)).binding["from_revision"]
        assert isinstance(now, int)
        plan = await at.plan({"undo": {**VALIDATION, "to_revision": now - 2}})
    assert "(image v2.12)" in plan.shown
    assert warned(plan, f"the changes of revision {now - 1} in between go back, too")


async def test_a_mere_restart_is_not_what_an_undo_goes_back_to() -> None:
    """After `kubectl rollout restart` the revision before runs the same faulty image."""
    async with at_cluster() as at:
        assert (await at.act({"restart": VALIDATION})).said
        plan = await at.plan(UNDO)
    assert "back to" in plan.shown
    assert "(image v2.13)" in plan.shown
    assert warned(plan, "in between differs by a restart only and is passed over")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"undo": {**CART, "deployment": "no-such"}}, "not found"),
    ({"undo": {**VALIDATION, "to_revision": 999}}, "revision 999 is not kept; kept are"),
    ({"scale": {**CART, "replicas": 21}}, "more than the 20 of executors.kubernetes.max_replicas"),
    ({"scale": {**CART, "replicas": 0}}, "fewer than the 1 of executors.kubernetes.min_replicas"),
    ({"scale": {**CART, "replicas": 14}}, "more than the 10 at once"),
    ({"restart": {"namespace": "platform", "deployment": "x"}}, "not among executors.kubernetes"),
    ({"status": {"namespace": "kube-system", "deployment": "x"}}, "not among"),
    ({"restart": {"namespace": "${x}", "deployment": "y"}}, "not known yet"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
async def test_what_cannot_run_is_refused_beforehand(call: dict[str, Any], words: str) -> None:
    """Nobody is asked to approve what would fail."""
    async with at_cluster() as at:
        plan = await at.plan(call)
        assert at.changes == 0
    assert words in plan.refused


async def test_the_same_number_of_pods_is_said_to_be_no_change() -> None:
    async with at_cluster() as at:
        plan = await at.plan({"scale": {**CART, "replicas": 3}})
        assert plan.shown.endswith(": stays at 3 pods")


async def test_a_paused_deployment_is_neither_undone_nor_restarted() -> None:
    """kubectl refuses it as well: the change would lie there until somebody resumes it."""
    async with at_cluster() as at:
        assert (await at.patch(VALIDATION, {"spec": {"paused": True}}))[0] == 200
        for call in (UNDO, {"restart": VALIDATION}):
            assert "it is paused: resume it first" in (await at.plan(call)).refused


async def test_a_deployment_without_an_earlier_revision_has_no_way_back() -> None:
    async with at_cluster() as at:
        held = at.cluster.deployment("identity", "session-validation")
        held.sets = [one for one in held.sets if one.name == held.current]
        assert "there is no earlier revision" in (await at.plan(UNDO)).refused


async def test_earlier_revisions_that_are_all_the_same_are_no_way_back() -> None:
    async with at_cluster() as at:
        held = at.cluster.deployment("identity", "session-validation")
        held.sets = [one for one in held.sets if one.name == held.current]
        await at.act({"restart": VALIDATION})
        assert "differs by a restart only" in (await at.plan(UNDO)).refused


async def test_nothing_is_restarted_where_nothing_runs() -> None:
    async with at_cluster(min_replicas=0) as at:
        await at.act({"scale": {**CART, "replicas": 0}})
        assert "it is scaled to 0" in (await at.plan({"restart": CART})).refused


async def test_auto_sync_is_told_where_its_marks_are() -> None:
    """A rollback that Argo CD takes back within minutes is worse than none."""
    async with at_cluster(namespaces=["storefront", "platform"]) as at:
        argo = await at.plan({"undo": STOREFRONT})
        platform = {"namespace": "platform", "deployment": "admin-console"}
        flux = await at.plan({"scale": {**platform, "replicas": 3}})
        restart = await at.plan({"restart": STOREFRONT})
    assert warned(argo, "Argo CD manages it (argocd.argoproj.io/tracking-id)")
    assert warned(argo, "revert in git as well")
    assert not warned(argo, "the next deploy brings")
    assert warned(flux, "Flux manages it (kustomize.toolkit.fluxcd.io/name)")
    assert restart.warnings == ()


async def test_an_autoscaler_is_told_where_it_undoes_a_number() -> None:
    async with at_cluster() as at:
        plan = await at.plan({"scale": {**STOREFRONT, "replicas": 5}})
        cart = await at.plan({"scale": {**CART, "replicas": 5}})
    assert warned(plan, "the autoscaler storefront-bff keeps it between 3 and 9 pods")
    assert not warned(cart, "autoscaler")


async def test_autoscalers_that_cannot_be_read_are_said_not_assumed_away() -> None:
    """A Role may well forget them; the number may then still be undone."""
    async with at_cluster() as at:
        readable = frozenset({"deployments", "deployments/scale", "replicasets"})
        at.server.tokens[API_TOKEN] = Rights(resources=readable)
        plan = await at.plan({"scale": {**CART, "replicas": 5}})
    assert plan.refused == ""
    assert warned(plan, "whether an autoscaler undoes this could not be read: the cluster answered")


@pytest.mark.parametrize(
    ("call", "resource"),
    [(UNDO, "deployments"), ({"scale": {**CART, "replicas": 5}}, "deployments/scale")],
)
async def test_a_missing_right_is_found_by_the_dry_run(call: dict[str, Any], resource: str) -> None:
    """Before anybody approves, not after."""
    async with at_cluster() as at:
        at.server.tokens[API_TOKEN] = Rights(verbs=frozenset({"get", "list"}))
        plan = await at.plan(call)
    assert "the cluster would not take it" in plan.refused
    assert f'cannot patch resource "{resource}"' in plan.refused
    assert "docs/executors.md" in plan.refused


async def test_an_admission_webhook_says_no_in_the_preview() -> None:
    async with at_cluster() as at:
        at.cluster.denied["identity"] = "no changes in the freeze"
        assert "no changes in the freeze" in (await at.plan(UNDO)).refused


async def test_a_webhook_that_takes_no_dry_runs_leaves_it_open() -> None:
    """Such a webhook refuses every dry run, whatever it would say to the change."""
    async with at_cluster() as at:
        at.cluster.denied["identity"] = 'webhook "x" does not support dry run'
        plan = await at.plan(UNDO)
    assert plan.refused == ""
    assert warned(plan, "it may still refuse the change")


async def test_a_rollout_under_way_is_said() -> None:
    async with at_cluster() as at:
        patch = {"spec": {"template": {"metadata": {"annotations": {"x": "1"}}}}}
        await at.patch(VALIDATION, patch)
        at.rig.clock.advance(0.7)
        plan = await at.plan({"restart": VALIDATION})
    assert warned(plan, "a rollout is not finished")


async def test_recreate_means_that_all_pods_stop_first() -> None:
    async with at_cluster() as at:
        await at.patch(CART, {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}})
        at.rig.clock.advance(5)
        plan = await at.plan({"restart": CART})
    assert "all at once" in plan.shown
    assert warned(plan, "every pod stops before a new one starts")


async def test_what_an_earlier_step_tells_is_planned_as_far_as_it_is_known() -> None:
    """The way back after a failed verification names a revision nobody knows yet."""
    async with at_cluster() as at:
        later = {"$from": "undo.from_revision"}
        back = await at.plan({"undo": {**VALIDATION, "to_revision": later}})
        scale = await at.plan({"scale": {**CART, "replicas": later}})
        name = await at.plan({"restart": {"namespace": "checkout", "deployment": later}})
        away = await at.plan({"undo": {"namespace": "x", "deployment": "y", "to_revision": later}})
        assert len(at.server.seen) == 0
    assert back.shown.endswith(
        "session-validation in cluster acorn: back to the revision that an earlier step tells"
    )
    assert scale.shown.endswith("to as many pods as an earlier step tells")
    assert "that an earlier step names" in name.shown
    assert (back.refused, dict(back.binding), "not among" in away.refused) == ("", {}, True)


async def test_a_configuration_deploy_goes_back_in_the_other_story_as_well() -> None:
    """There it is an environment variable; its value stays unsaid."""
    async with at_cluster("connection-pool", namespaces=["catalog"]) as at:
        proxy = {"namespace": "catalog", "deployment": "catalog-db-proxy"}
        plan = await at.plan({"undo": proxy})
        held = at.cluster.deployment("catalog", "catalog-db-proxy")
        assert configured(held.spec["template"], "pool.maxConnections") == "12"
        assert configured(held.spec["template"], MEMORY_LIMIT)
    assert warned(plan, "environment variable POOL_MAX_CONNECTIONS of app changes")
    assert not any("120" in text for text in (plan.shown, *plan.warnings))
