"""The sandbox GitHub when it is written to: references, contents, pull requests and refusals."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from opsbot.sandbox.github_git import NotThere
from tests.sandbox.test_world_github import BEARER
from tests.sandbox.world_rig import Rig, running

REPO = "acorn-rye/postmortems"


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Hub:
    """One repository over HTTP."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.git = rig.world.github.repository(REPO)
        self.url = f"{rig.urls.github}/repos/{REPO}"

    async def get(self, path: str, **params: str) -> tuple[int, Any]:
        return await self.rig.get(f"{self.url}{path}", BEARER, **params)

    async def send(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        return await self.rig.send(method, f"{self.url}{path}", body, BEARER)

    async def branched(self, name: str = "opsbot/inc-1") -> str:
        """A branch with one file more; the file's sha."""
        _, main = await self.get("/git/ref/heads/main")
        made = await self.send(
            "POST", "/git/refs", ref=f"refs/heads/{name}", sha=main["object"]["sha"]
        )
        assert made[0] == 201
        status, answer = await self.put(name, "a b.md", "one")
        assert status == 201
        return str(answer["content"]["sha"])

    async def put(self, branch: str, path: str, text: str, **more: str) -> tuple[int, Any]:
        return await self.send(
            "PUT", f"/contents/{path}", message="m", branch=branch, content=packed(text), **more
        )


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with running() as rig:
        yield Hub(rig)


async def test_a_branch_begins_at_a_commit_and_once(hub: Hub) -> None:
    await hub.branched()
    _, main = await hub.get("/git/ref/heads/main")
    sha = main["object"]["sha"]
    assert (await hub.get("/git/ref/heads/opsbot/inc-1"))[1]["ref"] == "refs/heads/opsbot/inc-1"
    cases = [
        ("refs/heads/opsbot/inc-1", sha, 422, "Reference already exists"),
        ("refs/heads/x", "0" * 40, 422, "Object does not exist"),
    ]
    for ref, at, status, message in cases:
        found, body = await hub.send("POST", "/git/refs", ref=ref, sha=at)
        assert (found, body["message"]) == (status, message)
    assert (await hub.send("POST", "/git/refs", ref="x", sha=sha))[0] == 422
    assert (await hub.get("/git/ref/heads/nothing"))[0] == 404


async def test_a_file_is_replaced_by_who_knows_what_stands_there(hub: Hub) -> None:
    """Otherwise 422 without its sha and 409 with another one (page "Repository contents")."""
    sha = await hub.branched()
    status, body = await hub.put("opsbot/inc-1", "a b.md", "two")
    assert (status, '"sha" wasn\'t supplied' in body["message"]) == (422, True)
    status, body = await hub.put("opsbot/inc-1", "a b.md", "two", sha="0" * 40)
    assert (status, "does not match" in body["message"]) == (409, True)
    status, body = await hub.put("opsbot/inc-1", "a b.md", "two", sha=sha)
    assert (status, body["commit"]["message"]) == (200, "m")
    _, held = await hub.get("/contents/a b.md", ref="opsbot/inc-1")
    assert base64.b64decode(held["content"]) == b"two"
    assert (await hub.get("/contents/a b.md"))[0] == 404, "main has no such file"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message": "m", "branch": "main"}, 422),
        ({"content": "aGk=", "branch": "main"}, 422),
        ({"message": "m", "content": "not base64!", "branch": "main"}, 422),
        ({"message": 3, "content": "aGk="}, 422),
        ({"message": "m", "content": "aGk=", "branch": "nothing"}, 404),
    ],
)
async def test_a_change_that_is_none_is_refused(
    hub: Hub, body: dict[str, Any], status: int
) -> None:
    assert (await hub.send("PUT", "/contents/x.md", **body))[0] == status
    with pytest.raises(NotThere):
        hub.git.file("main", "x.md")


async def test_a_folder_is_listed_and_a_branch_has_to_be_there(hub: Hub) -> None:
    hub.git.edit("main", "docs/one.md", "1")
    hub.git.edit("main", "docs/deep/two.md", "2")
    _, listed = await hub.get("/contents/docs")
    assert [one["path"] for one in listed] == ["docs/one.md"]
    status, body = await hub.get("/contents/docs", ref="nothing")
    assert (status, body["message"]) == (404, "No commit found for the ref nothing")


async def test_a_large_file_comes_without_its_content_and_as_a_blob(hub: Hub) -> None:
    hub.git.edit("main", "big.md", "0123456789abcdef" * 70_000)
    _, found = await hub.get("/contents/big.md")
    assert (found["content"], found["encoding"]) == ("", "none")
    _, blob = await hub.get(f"/git/blobs/{found['sha']}")
    assert len(base64.b64decode(blob["content"])) == found["size"]
    assert (await hub.get(f"/git/blobs/{'0' * 40}"))[0] == 404


async def test_a_pull_request_is_opened_once_and_found_by_its_branch(hub: Hub) -> None:
    await hub.branched()
    asked = {"title": "t", "head": "opsbot/inc-1", "base": "main", "body": "b"}
    status, pull = await hub.send("POST", "/pulls", **asked)
    assert (status, pull["number"], pull["merged"]) == (201, 1, False)
    status, body = await hub.send("POST", "/pulls", **asked)
    assert status == 422
    assert body["errors"][0]["message"] == (
        "A pull request already exists for acorn-rye:opsbot/inc-1."
    )
    for params, count in (
        ({"head": "acorn-rye:opsbot/inc-1"}, 1), ({"head": "acorn-rye:other"}, 0),
        ({"state": "closed"}, 0), ({"base": "trunk", "state": "all"}, 0),
    ):  # fmt: skip
        assert len((await hub.get("/pulls", **params))[1]) == count


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"head": "nothing"}, "invalid"),
        ({"base": "nothing"}, "invalid"),
        ({"head": "main"}, "No commits between main and main"),
        ({"title": ""}, "missing_field"),
        ({"body": "x" * 65_537}, "body is too long (maximum is 65536 characters)"),
    ],
)
async def test_a_pull_request_that_is_none_is_refused(
    hub: Hub, changes: dict[str, str], words: str
) -> None:
    await hub.branched()
    asked = {"title": "t", "head": "opsbot/inc-1", "base": "main", **changes}
    status, body = await hub.send("POST", "/pulls", **asked)
    assert (status, body["message"]) == (422, "Validation Failed")
    assert words in str(body["errors"])
    assert hub.git.pulls == []


async def test_what_was_merged_and_what_was_closed_say_so(hub: Hub) -> None:
    await hub.branched()
    await hub.branched("opsbot/inc-2")
    for head in ("opsbot/inc-1", "opsbot/inc-2"):
        assert (await hub.send("POST", "/pulls", title="t", head=head, base="main"))[0] == 201
    hub.git.merge(1, delete_branch=True)
    hub.git.close(2)
    _, merged = await hub.get("/pulls/1")
    _, closed = await hub.get("/pulls/2")
    assert (merged["state"], merged["merged"], bool(merged["merged_at"])) == ("closed", True, True)
    assert (closed["state"], closed["merged"], closed["merged_at"]) == ("closed", False, None)
    assert hub.git.file("main", "a b.md") == "one"
    assert (await hub.get("/pulls/3"))[0] == (await hub.get("/pulls/x"))[0] == 404


async def test_writing_needs_a_token_and_json(hub: Hub) -> None:
    http: aiohttp.ClientSession = hub.rig.http
    async with http.post(f"{hub.url}/pulls", json={}) as response:
        assert response.status == 404, "private: without a token it does not exist"
    wrong = {"Authorization": "Bearer x"}
    async with http.post(f"{hub.url}/pulls", json={}, headers=wrong) as response:
        assert response.status == 401
    for raw in (b"{", b"[]"):
        async with http.put(f"{hub.url}/contents/x", data=raw, headers=BEARER) as response:
            assert response.status == 400
            assert "X-RateLimit-Remaining" in response.headers
