"""What a cluster does to an act: lost answers, stuck rollouts, refusals, other people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from opsbot.ports import Failed, HttpAnswer, HttpFailure, Secret, Succeeded, Unclear
from opsbot.sandbox.faults import DOWN, HUGE, error
from opsbot.sandbox.kubernetes import Rights
from opsbot.sandbox.world import API_TOKEN
from tests.executors.kubernetes_rig import (
    CART,
    STOREFRONT,
    UNDO,
    VALIDATION,
    at_cluster,
    made,
)
from tests.executors.stage import StageSecret


async def test_a_change_whose_answer_is_lost_is_found_by_its_mark() -> None:
    """It was made; the rollout is watched as if the answer had come."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        at.server.lost_answers = 1
        outcome = await at.act(UNDO, plan.binding)
        assert at.image() == "v2.13"
    assert isinstance(outcome, Succeeded), outcome
    assert "it was made" in at.told


async def test_a_change_that_is_not_to_be_seen_is_unclear_and_not_sent_again() -> None:
    """It may still arrive: nobody knows, so nobody tries again by themselves."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        at.server.lost_requests = 5
        outcome = await at.act(UNDO, plan.binding)
        assert at.server.lost_requests == 4
        assert at.image() == "v2.14"
    assert isinstance(outcome, Unclear), outcome
    assert "look before doing it again" in outcome.said


async def test_a_scale_whose_answer_is_lost_is_found_by_its_number() -> None:
    async with at_cluster() as at:
        plan = await at.plan({"scale": {**CART, "replicas": 5}})
        at.server.lost_answers = 1
        outcome = await at.act({"scale": {**CART, "replicas": 5}}, plan.binding)
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.values["replicas"] == 5


async def test_an_error_of_a_proxy_after_the_change_is_no_proof_that_it_failed() -> None:
    """A 502 speaks for what stands in front of the API server."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)

        class Gateway:
            """The way out through a gateway that breaks down behind the change."""

            async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
                answer = await at.http.request(method, url, **named)
                if method != "PATCH":
                    return answer
                return HttpAnswer(status=502, headers={}, body=b"<h1>Bad Gateway</h1>")

        at.executor = made(Gateway(), at.rig.urls.kubernetes, at.rig.clock)
        outcome = await at.act(UNDO, plan.binding)
    assert isinstance(outcome, Succeeded), outcome


async def test_an_image_that_cannot_be_pulled_ends_in_a_failure_with_its_reason() -> None:
    """The cluster gives up after its own deadline, and says what the pods wait for."""
    async with at_cluster(poll_seconds=20) as at:
        image = "registry.example.com/acorn-rye/session-validation:v2.13"
        at.cluster.unpullable.add(image)
        outcome = await at.act(UNDO, timeout_s=900)
    assert isinstance(outcome, Failed), outcome
    assert outcome.said == (
        "the rollout exceeded its progress deadline; its pods wait: ImagePullBackOff"
    )
    assert outcome.acted, "the pods that do not come up are there"


async def test_a_rollout_that_takes_longer_than_the_step_is_unclear() -> None:
    """The change was made and goes on: a person has to look."""
    async with at_cluster() as at:
        at.cluster.unpullable.add("registry.example.com/acorn-rye/session-validation:v2.13")
        outcome = await at.act(UNDO, timeout_s=30)
        assert at.rig.clock.monotonic() < 35
    assert isinstance(outcome, Unclear), outcome
    assert "after 30 s its rollout was not finished (0 of 3 pods" not in outcome.said
    assert "after 30 s its rollout was not finished" in outcome.said


async def test_pods_that_do_not_come_up_are_a_scaling_that_failed() -> None:
    """The number stands and the pods do not: the shipped runbook sets the one from before again,
    which it would not do for an outcome that nobody knows."""
    async with at_cluster() as at:
        at.cluster.unpullable.add("registry.example.com/acorn-rye/session-validation:v2.14")
        outcome = await at.act({"scale": {**VALIDATION, "replicas": 6}}, timeout_s=30)
        assert isinstance(outcome, Failed), outcome
        assert outcome.said == "it asks for 6 pods, but after 30 s 4 of 6 pods updated"
        assert outcome.acted
        back = await at.act({"scale": {**VALIDATION, "replicas": 3}}, {}, step="rollback:0")
    assert isinstance(back, Succeeded), back


async def test_a_cluster_that_falls_silent_behind_the_change_leaves_it_unclear() -> None:
    async with at_cluster() as at:
        plan = await at.plan(UNDO)

        class Silent:
            """The way out, closed from the change on."""

            changed = False

            async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
                if self.changed:
                    raise HttpFailure("no connection", sent=False)
                self.changed = method == "PATCH"
                return await at.http.request(method, url, **named)

        at.executor = made(Silent(), at.rig.urls.kubernetes, at.rig.clock)
        outcome = await at.act(UNDO, plan.binding, timeout_s=10)
    assert isinstance(outcome, Unclear), outcome
    assert "nobody could see whether the rollout finished: no connection" in outcome.said


async def test_a_short_silence_while_it_rolls_out_is_waited_through() -> None:
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        seen: list[str] = []

        class Flaky:
            """The way out, on which every second look is lost."""

            async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
                seen.append(method)
                if "PATCH" in seen and method == "GET" and len(seen) % 2:
                    raise HttpFailure("no answer within 5 s", sent=True)
                return await at.http.request(method, url, **named)

        at.executor = made(Flaky(), at.rig.urls.kubernetes, at.rig.clock)
        outcome = await at.act(UNDO, plan.binding)
    assert isinstance(outcome, Succeeded), outcome
    assert "the cluster cannot be asked: no answer within 5 s" in at.told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"spec": {"template": {"metadata": {"annotations": {"synced": "1"}}}}}, "auto-sync"),
        ({"spec": {"paused": True}}, ""),
    ],
)
async def test_somebody_who_changes_the_pods_meanwhile_is_named_as_what_it_is(
    body: dict[str, Any], words: str
) -> None:
    """Success is not claimed for pods that are others than those that were put there."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        looks = 0

        class Overtaken:
            """The way out, on which somebody else changes the Deployment behind our change."""

            async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
                nonlocal looks
                answer = await at.http.request(method, url, **named)
                if method == "PATCH":
                    await at.patch(VALIDATION, body)
                looks += 1
                return answer

        at.executor = made(Overtaken(), at.rig.urls.kubernetes, at.rig.clock)
        outcome = await at.act(UNDO, plan.binding)
    if words:
        assert isinstance(outcome, Failed), outcome
        assert words in outcome.said
        assert outcome.acted
    else:
        assert isinstance(outcome, Unclear), outcome


async def test_an_autoscaler_that_takes_the_number_back_is_told() -> None:
    """Pods that never come up give it the time to."""
    async with at_cluster() as at:
        held = at.cluster.deployment("storefront", "storefront-bff")
        at.cluster.unpullable.add(held.spec["template"]["spec"]["containers"][0]["image"])
        outcome = await at.act({"scale": {**STOREFRONT, "replicas": 6}}, timeout_s=120)
    assert isinstance(outcome, Failed), outcome
    assert "somebody else asks for 3 pods now, perhaps an autoscaler" in outcome.said


async def test_a_deployment_deleted_meanwhile_is_a_failure() -> None:
    async with at_cluster() as at:
        plan = await at.plan(UNDO)

        class Deleting:
            """The way out, on which somebody deletes the Deployment behind our change."""

            async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
                answer = await at.http.request(method, url, **named)
                if method == "PATCH":
                    at.cluster.delete("identity", "session-validation")
                return answer

        at.executor = made(Deleting(), at.rig.urls.kubernetes, at.rig.clock)
        outcome = await at.act(UNDO, plan.binding)
    assert isinstance(outcome, Failed), outcome
    assert "deleted meanwhile" in outcome.said


async def test_what_the_cluster_refuses_was_not_done() -> None:
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        at.cluster.denied["identity"] = "frozen since a minute"
        outcome = await at.act(UNDO, plan.binding)
    assert isinstance(outcome, Failed), outcome
    assert outcome.said.startswith("nothing was changed: the cluster answered 400")
    assert "frozen since a minute" in outcome.said


async def test_a_token_that_is_not_taken_or_not_there_says_where_it_stands() -> None:
    """Neither the token nor a trace of it is repeated."""
    wrong: dict[str, Secret] = {"token": StageSecret("wrong-token-of-somebody")}
    async with at_cluster(secrets=wrong) as at:
        refused = (await at.plan(UNDO)).refused
        outcome = await at.act(UNDO, {"to_revision": 1})
    gone: dict[str, Secret] = {"token": StageSecret(None)}
    async with at_cluster(secrets=gone) as at:
        unreadable = (await at.plan(UNDO)).refused
    assert "401" in refused
    assert all("KUBERNETES_TOKEN" in text for text in (refused, unreadable))
    assert isinstance(outcome, Failed)
    assert "wrong-token" not in refused + outcome.said


async def test_a_token_that_a_server_repeats_is_taken_out() -> None:
    class Parrot:
        """A server that repeats what it was sent."""

        async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
            said = f'{{"message": "bad header {named["headers"]["Authorization"]}"}}'
            return HttpAnswer(status=400, headers={}, body=said.encode())

    async with at_cluster() as at:
        executor = made(Parrot(), at.rig.urls.kubernetes, at.rig.clock)
        refused = (await executor.plan(UNDO)).refused
    assert "Bearer [secret]" in refused
    assert API_TOKEN not in refused


@pytest.mark.parametrize("fault", [DOWN, HUGE, error(500)], ids=lambda one: one.kind)
async def test_a_cluster_in_trouble_is_said_and_nothing_is_done(fault: Any) -> None:
    async with at_cluster(request_seconds=1) as at:
        plan = await at.plan(UNDO)
        await at.rig.world.set_fault("kubernetes", fault)
        again = await at.plan(UNDO)
        outcome = await at.act(UNDO, plan.binding)
        await at.rig.world.set_fault("kubernetes", None)
        assert at.image() == "v2.14"
    assert again.refused
    assert isinstance(outcome, Failed), outcome
    assert outcome.said.startswith("nothing was changed: ")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"<html>", b'{"kind": "Deployment"}', b'{"spec": {"template": 3}}',
        b'{"metadata": {"name": ["x"]}, "spec": {"template": {}}}', b"{" * 50_000,
    ],
)  # fmt: skip
async def test_answers_of_any_shape_end_in_a_sentence(body: bytes) -> None:
    """A proxy's page, half an answer, another API altogether."""

    class Strange:
        """A server that answers everything alike."""

        async def request(self, method: str, url: str, **named: Any) -> HttpAnswer:
            return HttpAnswer(status=200, headers={}, body=body)

    async with at_cluster() as at:
        executor = made(Strange(), at.rig.urls.kubernetes, at.rig.clock)
        for call in (UNDO, {"restart": CART}, {"diagnostics": CART}):
            assert (await executor.plan(call)).refused
            at.executor = executor
            assert isinstance(await at.act(call, {}), Failed)


async def test_two_runs_at_once_do_not_both_succeed() -> None:
    """The second finds a Deployment that is not the one it was planned for."""
    async with at_cluster() as at:
        plan = await at.plan(UNDO)
        outcomes = await asyncio.gather(
            at.act(UNDO, plan.binding), at.act(UNDO, plan.binding), return_exceptions=True
        )
        assert at.changes == 1
    assert sorted(type(one).__name__ for one in outcomes) == ["Failed", "Succeeded"]


async def test_a_role_for_one_namespace_is_enough_for_it_and_no_more() -> None:
    """The right to patch Deployments and their scale, and to read what is asked for."""
    async with at_cluster() as at:
        at.server.tokens[API_TOKEN] = Rights(namespaces=frozenset({"identity"}))
        assert isinstance(await at.act(UNDO), Succeeded)
        assert "403" in (await at.plan({"restart": CART})).refused
