"""The sandbox GitHub over HTTP: deployments, statuses, paging, comparisons, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.world import API_TOKEN
from tests.sandbox.world_rig import Rig, running

BEARER = {"Authorization": f"Bearer {API_TOKEN}"}


def repo(rig: Rig, name: str) -> str:
    """The address of a repository."""
    return f"{rig.urls.github}/repos/acorn-rye/{name}"


async def test_a_deployment_that_has_not_happened_is_not_listed() -> None:
    """Ten minutes before the page only the first of the two exists."""
    async with running(seconds_after=-780) as rig:
        _, deployments = await rig.get(f"{repo(rig, 'session-validation')}/deployments", BEARER)
        _, statuses = await rig.get(deployments[0]["statuses_url"], BEARER)
    assert [one["ref"] for one in deployments] == ["v2.13"]
    assert statuses[0]["state"] == "success"


async def test_pages_are_linked_and_newest_first() -> None:
    """Link has next and last on the first page, prev on the last."""
    async with running() as rig:
        url = f"{repo(rig, 'session-validation')}/deployments"
        async with rig.http.get(url, params={"per_page": 1}, headers=BEARER) as response:
            first, link = await response.json(), response.links
        async with rig.http.get(link["next"]["url"], headers=BEARER) as response:
            second, back = await response.json(), response.links
    assert [one["ref"] for one in first + second] == ["v2.14", "v2.13"]
    assert set(link) == {"next", "last"}
    assert set(back) == {"prev"}


@pytest.mark.parametrize(
    ("params", "refs"),
    [
        ({"environment": "production"}, ["v2.14", "v2.13"]),
        ({"environment": "staging"}, []),
        ({"ref": "v2.13"}, ["v2.13"]),
        ({"task": "deploy:migrations"}, []),
        ({"page": "3"}, []),
    ],
)
async def test_deployments_can_be_narrowed(params: dict[str, str], refs: list[str]) -> None:
    """By environment, ref, sha and task."""
    async with running() as rig:
        _, found = await rig.get(f"{repo(rig, 'session-validation')}/deployments", BEARER, **params)
    assert [one["ref"] for one in found] == refs


async def test_a_later_success_makes_the_former_deploy_inactive() -> None:
    """At the moment of that success."""
    async with running() as rig:
        _, found = await rig.get(f"{repo(rig, 'session-validation')}/deployments", BEARER)
        _, newer = await rig.get(found[0]["statuses_url"], BEARER)
        _, older = await rig.get(found[1]["statuses_url"], BEARER)
    assert older[0]["state"] == "inactive"
    assert older[0]["created_at"] == newer[0]["created_at"] == "2026-11-22T13:52:53Z"


async def test_a_comparison_lists_commits_and_files() -> None:
    """Tags and shas both name a commit; equal ones are identical."""
    async with running("connection-pool") as rig:
        _, diff = await rig.get(f"{repo(rig, 'catalog-db-proxy')}/compare/v3.8.0...v3.8.1", BEARER)
        sha = diff["commits"][0]["sha"]
        _, same = await rig.get(f"{repo(rig, 'catalog-db-proxy')}/compare/{sha}...v3.8.1", BEARER)
        missing, _ = await rig.get(f"{repo(rig, 'catalog-db-proxy')}/compare/v1...v3.8.1", BEARER)
        _, releases = await rig.get(f"{repo(rig, 'catalog-db-proxy')}/releases", BEARER)
    assert (diff["status"], diff["ahead_by"], diff["total_commits"]) == ("ahead", 1, 1)
    assert "-  maxConnections: 120\n+  maxConnections: 12" in diff["files"][1]["patch"]
    assert same["status"] == "identical"
    assert missing == 404
    assert [one["tag_name"] for one in releases] == ["v3.8.1", "v3.8.0"]


@pytest.mark.parametrize(
    ("path", "headers", "status", "message"),
    [
        (
            "/repos/acorn-rye/auth-api/deployments",
            {"Authorization": "Bearer x"},
            401,
            "Bad credentials",
        ),
        ("/repos/acorn-rye/auth-api/deployments", {}, 404, "Not Found"),  # private
        ("/repos/acorn-rye/nothing/deployments", BEARER, 404, "Not Found"),
        ("/repos/acorn-rye/auth-api/deployments/1/statuses", BEARER, 404, "Not Found"),
        ("/repos/acorn-rye/auth-api/stargazers", BEARER, 404, "Not Found"),
    ],
)
async def test_refusals_have_githubs_shape(
    path: str, headers: dict[str, str], status: int, message: str
) -> None:
    """message, documentation_url, status."""
    async with running() as rig:
        found, body = await rig.get(rig.urls.github + path, headers)
    assert (found, body["message"], body["status"]) == (status, message, str(status))
    assert body["documentation_url"].startswith("https://docs.github.com")


async def test_the_hourly_limit_counts_down_to_a_403() -> None:
    """Without a token there are only 60; headers tell."""
    async with running() as rig:
        answers: list[tuple[int, str]] = []
        for _ in range(61):
            async with rig.http.get(f"{rig.urls.github}/rate_limit") as response:
                answers.append((response.status, response.headers["X-RateLimit-Remaining"]))
    assert answers[0] == (200, "59")
    assert answers[59] == (200, "0")
    assert answers[60] == (403, "0")


async def test_an_unchanged_answer_is_a_304() -> None:
    """By ETag."""
    async with running() as rig:
        url = f"{repo(rig, 'auth-api')}/deployments"
        async with rig.http.get(url, headers=BEARER) as response:
            tag = response.headers["ETag"]
        headers: dict[str, Any] = {**BEARER, "If-None-Match": tag}
        async with rig.http.get(url, headers=headers) as response:
            assert response.status == 304
