"""One repository at GitHub, as far as documents need it: branches, files and pull requests."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from opsbot.integrations._backend import Backend, LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text, whole

LONGEST_BODY = 65_536  # characters of a pull request's description


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One pull request and what became of it."""

    number: int
    url: str
    branch: str
    body: str
    open: bool
    merged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a branch: git's name of its content, and the content."""

    sha: str
    data: bytes


def blob_sha(data: bytes) -> str:
    """The name that git gives to a content (git-hash-object)."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Every call raises LookUpFailed when GitHub refuses or does not answer."""

    backend: Backend
    full_name: str
    deadline: float  # seconds for one call

    @property
    def owner(self) -> str:
        return self.full_name.partition("/")[0]

    async def about(self) -> Mapping[str, Any]:
        """What GitHub tells of it: rights, default branch, whether it is archived or private."""
        return mapping(await self._get(""))

    async def head(self, branch: str) -> str:
        """The newest commit of a branch (git/refs)."""
        found = mapping(await self._get(f"/git/ref/heads/{quote(branch)}"))
        return text(mapping(found.get("object")).get("sha"))

    async def create_branch(self, branch: str, sha: str) -> None:
        """Begin a branch at a commit; one that is there stays as it is."""
        try:
            await self._act("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": sha})
        except LookUpFailed as failed:
            if not says(failed, "already exists"):
                raise

    async def sha(self, branch: str, path: str) -> str:
        """Git's name of a file's content; empty when the branch has no such file."""
        found = await self._contents(branch, path)
        return text(found.get("sha")) if found else ""

    async def file(self, branch: str, path: str) -> File | None:
        """A file of a branch; None when it, or the branch, is not there."""
        found = await self._contents(branch, path)
        if found is None:
            return None
        sha = text(found.get("sha"))
        if found.get("encoding") != "base64":  # too large to come with the answer
            found = mapping(await self._get(f"/git/blobs/{sha}"))
        try:
            return File(sha=sha, data=base64.b64decode(text(found.get("content"))))
        except (binascii.Error, ValueError):
            raise LookUpFailed(f"GitHub sent {path} in a form nobody can read") from None

    async def put(self, branch: str, path: str, data: bytes, message: str, sha: str) -> None:
        """Commit one file. GitHub refuses with 409 or 422 unless `sha` is what stands there."""
        body = {
            "message": message, "branch": branch, "content": base64.b64encode(data).decode(),
            **({"sha": sha} if sha else {}),
        }  # fmt: skip
        await self._act("PUT", f"/contents/{quote(path)}", body)

    async def pulls(self, branch: str) -> Sequence[Pull]:
        """The pull requests that ask for a branch, open or not, the newest first."""
        params = [("head", f"{self.owner}:{branch}"), ("state", "all"), ("per_page", "100")]
        found = await self._get("/pulls", params)
        return [_pull(one) for one in objects(found)]

    async def open_pull(self, title: str, body: str, branch: str, base: str) -> Pull:
        """Ask for a branch to be merged; when that is asked for already, the pull request that
        does."""
        asked = {"title": title[:256], "body": body[:LONGEST_BODY], "head": branch, "base": base}
        try:
            return _pull(mapping(await self._act("POST", "/pulls", asked)))
        except LookUpFailed as failed:
            if not says(failed, "already exists"):
                raise
            held = [pull for pull in await self.pulls(branch) if pull.open]
            if not held:
                raise
            return held[0]

    async def _contents(self, branch: str, path: str) -> dict[str, Any] | None:
        try:
            return mapping(await self._get(f"/contents/{quote(path)}", [("ref", branch)]))
        except LookUpFailed as failed:
            if failed.status == 404:
                return None
            raise

    async def _get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
        return await self.backend.get(self._path(path), params, timeout=self.deadline)

    async def _act(self, method: str, path: str, body: Mapping[str, str]) -> Any:
        return await self.backend.act(
            self._path(path), body, headers={}, timeout=self.deadline, method=method
        )

    def _path(self, path: str) -> str:
        return f"/repos/{quote(self.full_name)}{path}"


def says(failed: LookUpFailed, words: str) -> bool:
    """Whether a refusal of what was sent (422) says these words; GitHub has no codes for them."""
    if failed.status != 422 or failed.answer is None:
        return False
    return words in failed.answer.body.decode("utf-8", "replace")


def _pull(body: Mapping[str, Any]) -> Pull:
    number = whole(text(body.get("number")) or str(body.get("number", "")))
    head = mapping(body.get("head"))
    if number is None:
        raise LookUpFailed("GitHub sent a pull request without a number")
    return Pull(
        number=number, url=text(body.get("html_url")), branch=text(head.get("ref")),
        body=text(body.get("body")), open=text(body.get("state")) == "open",
        merged=bool(body.get("merged_at")),
    )  # fmt: skip
