"""The sandbox cluster answers and refuses what a Kubernetes API server does."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from opsbot.sandbox.faults import DOWN, EMPTY, error
from opsbot.sandbox.kubernetes import Rights
from opsbot.sandbox.kubernetes_seed import namespaces
from opsbot.sandbox.world import API_TOKEN
from tests.sandbox.world_rig import Rig, running

BEARER = {"Authorization": f"Bearer {API_TOKEN}"}
STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPS = "/apis/apps/v1/namespaces"
VALIDATION = f"{APPS}/identity/deployments/session-validation"


async def get(rig: Rig, path: str, **params: str) -> tuple[int, Any]:
    return await rig.get(rig.urls.kubernetes + path, BEARER, **params)


async def patch(
    rig: Rig, body: Any, kind: str = STRATEGIC, path: str = VALIDATION, query: str = ""
) -> tuple[int, Any]:
    """Status and answer of a PATCH."""
    headers = {**BEARER, "Content-Type": kind}
    return await rig.send("PATCH", f"{rig.urls.kubernetes}{path}{query}", body, headers)


def refused(answer: Any, code: int, reason: str) -> str:
    """What a refusal says, if it is a Status of this code and reason."""
    assert (answer["kind"], answer["status"], answer["code"]) == ("Status", "Failure", code)
    assert answer["reason"] == reason
    return str(answer["message"])


async def test_every_service_is_a_deployment_in_its_teams_namespace() -> None:
    async with running() as rig:
        found = {
            item["metadata"]["name"]: item
            for namespace in namespaces(rig.world.scenario)
            for item in (await get(rig, f"{APPS}/{namespace}/deployments"))[1]["items"]
        }
    assert set(found) == {service.name for service in rig.world.scenario.services}
    for service in rig.world.scenario.services:
        status = found[service.name]["status"]
        assert status["readyReplicas"] == status["updatedReplicas"] == service.pods
        assert status["observedGeneration"] == found[service.name]["metadata"]["generation"]


async def test_a_deploy_of_the_scenario_is_a_revision_with_what_it_changed() -> None:
    """v2.14 halved its memory limit; the two versions before are kept."""
    async with running() as rig:
        _, deployment = await get(rig, VALIDATION)
        _, sets = await get(
            rig, f"{APPS}/identity/replicasets",
            labelSelector="app.kubernetes.io/name=session-validation",
        )  # fmt: skip
    revisions = sorted(
        (
            int(one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]),
            one["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2],
            one["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"],
            one["spec"]["replicas"],
        )
        for one in sets["items"]
    )
    newest = int(deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"])
    assert revisions == [
        (newest - 2, "v2.12", "512Mi", 0), (newest - 1, "v2.13", "512Mi", 0),
        (newest, "v2.14", "256Mi", 3),
    ]  # fmt: skip
    assert all(one["metadata"]["ownerReferences"][0]["uid"] == deployment["metadata"]["uid"]
               for one in sets["items"])  # fmt: skip


@pytest.mark.parametrize("scenario", ["memory-limit", "connection-pool", "no-culprit"])
async def test_every_service_has_an_earlier_revision_to_go_back_to(scenario: str) -> None:
    async with running(scenario) as rig:
        for namespace in rig.world.cluster.namespaces:
            for held in rig.world.cluster.deployments(namespace):
                assert len(held.sets) >= 2, held.name
                assert len({one.number for one in held.sets}) == len(held.sets)


@pytest.mark.parametrize("header", ["", "Bearer wrong", API_TOKEN, f"Basic {API_TOKEN}"])
async def test_without_a_known_token_nothing_is_told(header: str) -> None:
    async with running() as rig:
        headers = {"Authorization": header} if header else {}
        status, answer = await rig.get(rig.urls.kubernetes + VALIDATION, headers)
    assert status == 401
    assert refused(answer, 401, "Unauthorized") == "Unauthorized"


async def test_a_token_without_a_right_is_told_which_one() -> None:
    async with running() as rig:
        rig.world.kubernetes.tokens[API_TOKEN] = Rights(verbs=frozenset({"get", "list"}))
        assert (await get(rig, VALIDATION))[0] == 200
        status, answer = await patch(rig, {"spec": {"replicas": 1}})
    assert status == 403
    assert refused(answer, 403, "Forbidden") == (
        'deployments.apps "session-validation" is forbidden: User '
        '"system:serviceaccount:opsbot:opsbot" cannot patch resource "deployments" in API group '
        '"apps" in the namespace "identity"'
    )


async def test_what_is_not_there_is_a_404_of_the_right_kind() -> None:
    """A Status for an object, Go's plain text for a path."""
    async with running() as rig:
        status, answer = await get(rig, f"{APPS}/identity/deployments/nobody")
        assert (status, refused(answer, 404, "NotFound")) == (
            404, 'deployments.apps "nobody" not found',
        )  # fmt: skip
        assert await get(rig, "/apis/apps/v2") == (404, "404 page not found\n")
        status, answer = await rig.send("DELETE", rig.urls.kubernetes + VALIDATION, None, BEARER)
        assert (status, answer["reason"]) == (405, "MethodNotAllowed")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
async def test_a_patch_of_no_known_language_is_a_415(kind: str) -> None:
    async with running() as rig:
        status, answer = await patch(rig, {"spec": {"replicas": 1}}, kind)
    assert status == 415
    assert "accepted media types include: application/json-patch+json" in answer["message"]


async def test_a_stale_resource_version_is_a_conflict_in_every_language() -> None:
    async with running() as rig:
        stale = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 4}}
        replace = [{"op": "replace", "path": "/metadata/resourceVersion", "value": "1"}]
        for kind, body in ((STRATEGIC, stale), (MERGE, stale), (JSON_PATCH, replace)):
            status, answer = await patch(rig, body, kind)
            assert status == 409
            assert "the object has been modified" in refused(answer, 409, "Conflict")
        status, answer = await patch(rig, stale, MERGE, f"{VALIDATION}/scale")
        assert status == 409
        assert (await get(rig, VALIDATION))[1]["spec"]["replicas"] == 3


async def test_a_version_is_current_until_anything_changes() -> None:
    """A write, and the pods coming and going after it: each is another version."""
    async with running() as rig:
        versions: list[int] = []
        for _ in range(2):
            versions.append(int((await get(rig, VALIDATION))[1]["metadata"]["resourceVersion"]))
            rig.clock.advance(60)
        version = str(versions[-1])
        body = {"metadata": {"resourceVersion": version}, "spec": {"replicas": 5}}
        assert (await patch(rig, body))[0] == 200
        for _ in range(6):
            versions.append(int((await get(rig, VALIDATION))[1]["metadata"]["resourceVersion"]))
            rig.clock.advance(0.4)
        assert (await patch(rig, body))[0] == 409
    assert versions[0] == versions[1]
    assert versions[1:] == sorted(versions[1:])
    assert len(set(versions)) >= 4


async def test_a_dry_run_answers_as_if_and_changes_nothing() -> None:
    async with running() as rig:
        before = (await get(rig, VALIDATION))[1]
        body = {"spec": {"template": {"metadata": {"annotations": {"x": "1"}}}}}
        status, answer = await patch(rig, body, query="?dryRun=All")
        assert status == 200
        assert answer["spec"]["template"]["metadata"]["annotations"] == {"x": "1"}
        assert answer["metadata"]["generation"] == before["metadata"]["generation"] + 1
        rig.clock.advance(10)
        assert (await get(rig, VALIDATION))[1]["spec"] == before["spec"]
        status, answer = await patch(rig, body, query="?dryRun=Some")
        assert (status, answer["reason"]) == (422, "Invalid")
        status, answer = await patch(rig, {"spec": {"replicas": -1}}, query="?dryRun=All")
        assert (status, answer["reason"]) == (422, "Invalid")


INVALID: list[tuple[Any, str, str]] = [
    ({"spec": {"replicas": -1}}, MERGE, "must be greater than or equal to 0"),
    ({"spec": {"replicas": "3"}}, MERGE, "spec.replicas"),
    ({"spec": {"selector": {"matchLabels": {"a": "b"}}}}, MERGE, "field is immutable"),
    ({"spec": {"template": {"metadata": {"labels": None}}}}, MERGE, "`selector` does not match"),
    ({"spec": {"template": {"spec": {"containers": []}}}}, MERGE, "Required value"),
    ({"spec": {"template": {"spec": {"containers": [{"name": "app"}]}}}}, MERGE, "image: Required"),
    ([{"op": "test", "path": "/spec/replicas", "value": 9}], JSON_PATCH, "test failed"),
    ([{"op": "replace", "path": "/spec/nothing/x", "value": 9}], JSON_PATCH, "missing path"),
    ([{"op": "remove", "path": "/metadata/annotations/none"}], JSON_PATCH, "missing path"),
]


@pytest.mark.parametrize(("body", "kind", "words"), INVALID)
async def test_what_would_be_no_deployment_is_a_422(body: Any, kind: str, words: str) -> None:
    async with running() as rig:
        status, answer = await patch(rig, body, kind)
    assert (status, answer["reason"]) == (422, "Invalid")
    assert words in answer["message"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [([], STRATEGIC), ({}, JSON_PATCH), ({"metadata": {"name": "other"}}, MERGE),
     ({"metadata": None}, MERGE), ([3], JSON_PATCH)],
)  # fmt: skip
async def test_what_is_no_patch_is_a_400(body: Any, kind: str) -> None:
    async with running() as rig:
        status, answer = await patch(rig, body, kind)
    assert (status, answer["reason"]) == (400, "BadRequest")


async def test_a_webhook_that_denies_says_so_in_a_dry_run_as_well() -> None:
    async with running() as rig:
        rig.world.cluster.denied["identity"] = "freeze"
        for query in ("", "?dryRun=All"):
            status, answer = await patch(rig, {"spec": {"replicas": 1}}, query=query)
            assert status == 400
            assert "denied the request: freeze" in answer["message"]


async def test_lists_are_chosen_by_labels_and_come_in_pages() -> None:
    async with running() as rig:
        path = "/api/v1/namespaces/identity/pods"
        _, everything = await get(rig, path)
        _, first = await get(rig, path, limit="2")
        _, rest = await get(rig, path, limit="500", continue_=first["metadata"]["continue"])
        chosen = "app.kubernetes.io/name in (mfa-service, token-store)"
        _, two = await get(rig, path, labelSelector=chosen)
        status, answer = await get(rig, path, labelSelector="a in b")
    assert first["items"] + rest["items"] == everything["items"]
    assert (len(first["items"]), "continue" in rest["metadata"]) == (2, False)
    assert {one["metadata"]["labels"]["app.kubernetes.io/name"] for one in two["items"]} == {
        "mfa-service", "token-store",
    }  # fmt: skip
    assert (status, answer["reason"]) == (400, "BadRequest")


async def test_autoscalers_keep_the_busiest_services() -> None:
    async with running() as rig:
        path = "/apis/autoscaling/v2/namespaces/storefront/horizontalpodautoscalers"
        _, found = await get(rig, path)
        _, none = await get(rig, path.replace("storefront", "identity"))
    names = {one["spec"]["scaleTargetRef"]["name"] for one in found["items"]}
    assert {"storefront-bff", "mobile-bff"} <= names
    assert none["items"] == []


async def test_it_can_be_down_empty_and_wrong_like_the_others() -> None:
    async with running() as rig:
        await rig.world.set_fault("kubernetes", error(503))
        assert refused((await get(rig, VALIDATION))[1], 503, "ServiceUnavailable")
        await rig.world.set_fault("kubernetes", EMPTY)
        assert (await get(rig, "/api/v1/namespaces/identity/pods"))[1]["items"] == []
        await rig.world.set_fault("kubernetes", DOWN)
        with pytest.raises(aiohttp.ClientConnectionError):
            await get(rig, VALIDATION)
        await rig.world.set_fault("kubernetes", None)
        assert (await get(rig, VALIDATION))[0] == 200
