"""The sandbox cluster says what a token may do, as a SelfSubjectAccessReview does."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.kubernetes import Rights
from opsbot.sandbox.kubernetes_access import PATH
from opsbot.sandbox.world import API_TOKEN
from tests.sandbox.world_rig import Rig, running

SCALE = {"namespace": "identity", "verb": "patch", "group": "apps", "resource": "deployments",
         "subresource": "scale"}  # fmt: skip


async def asked(rig: Rig, attributes: Any, *, token: str = API_TOKEN, kind: str = "") -> Any:
    """Status and body of a review."""
    review = {
        "apiVersion": "authorization.k8s.io/v1", "kind": kind or "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{rig.urls.kubernetes}{PATH}"
    async with rig.http.post(url, json=review, headers=headers) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("held", ["deployments", "deployments/scale"])
async def test_a_part_of_a_resource_is_a_right_of_its_own(held: str) -> None:
    async with running("memory-limit") as rig:
        rig.world.kubernetes.tokens[API_TOKEN] = Rights(resources=frozenset({held}))
        status, body = await asked(rig, SCALE)
    assert (status, body["status"]["allowed"]) == (201, held == "deployments/scale")
    assert body["spec"]["resourceAttributes"] == SCALE


@pytest.mark.parametrize(
    ("given", "status"),
    [({"token": "another"}, 401), ({"kind": "TokenReview"}, 400), ({"attributes": {}}, 422)],
)
async def test_what_is_no_review_is_refused(given: dict[str, Any], status: int) -> None:
    async with running("memory-limit") as rig:
        attributes = given.pop("attributes", SCALE)
        answered, body = await asked(rig, attributes, **given)
    assert (answered, body["kind"], body["status"]) == (status, "Status", "Failure")
