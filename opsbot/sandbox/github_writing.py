"""The part of the sandbox GitHub that is written to: references, file contents, pull requests.

Answers and refusals follow https://docs.github.com/rest (git/refs, repos/contents, pulls).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from typing import Any, cast

from aiohttp import web

from opsbot.sandbox import github_git_shapes as shapes
from opsbot.sandbox.github_git import GitRepository, NotThere, Pull, blob_sha
from opsbot.sandbox.github_refusal import Refusal
from opsbot.sandbox.http_server import json_answer

LONGEST_BODY = 65_536
AUTHOR = "opsbot-sandbox"
Json = dict[str, Any]
Find = Callable[[web.Request], GitRepository]


class GitHubWriting:
    """Handlers by method and path below /repos/{owner}/{repo}. `find` gives the repository of a
    request or raises Refusal; `api` is the base address, known once the server listens."""

    def __init__(self, find: Find, api: Callable[[], str]) -> None:
        self._find = find
        self._api = api

    def reads(self) -> Iterable[tuple[str, Callable[[web.Request], web.Response]]]:
        """What is asked for, by path."""
        yield "/git/ref/{ref:.+}", self._reference
        yield "/git/blobs/{sha}", self._blob
        yield "/contents/{path:.*}", self._contents
        yield "/pulls", self._pulls
        yield "/pulls/{number}", self._pull

    def writes(self) -> Iterable[tuple[str, str, Callable[[web.Request, Json], web.Response]]]:
        """What is done, by method and path."""
        yield "POST", "/git/refs", self._create_reference
        yield "PUT", "/contents/{path:.+}", self._put_contents
        yield "POST", "/pulls", self._create_pull

    def _reference(self, request: web.Request) -> web.Response:
        repository = self._find(request)
        kind, _, branch = request.match_info["ref"].partition("/")
        if kind != "heads" or branch not in repository.branches:
            raise Refusal(404, "Not Found")
        commit = repository.branches[branch]
        return json_answer(shapes.reference(self._api(), repository, branch, commit))

    def _create_reference(self, request: web.Request, body: Json) -> web.Response:
        repository = self._find(request)
        ref, sha = _text(body, "ref"), _text(body, "sha")
        branch = ref.removeprefix("refs/heads/")
        if branch == ref or not branch:
            raise Refusal(422, "Reference name is not valid: it must start with 'refs/heads/'")
        if branch in repository.branches:
            raise Refusal(422, "Reference already exists")
        try:
            commit = repository.create_branch(branch, sha)
        except NotThere:
            raise Refusal(422, "Object does not exist") from None
        made = shapes.reference(self._api(), repository, branch, commit)
        return json_answer(made, status=201)

    def _contents(self, request: web.Request) -> web.Response:
        repository, path = self._find(request), request.match_info["path"].strip("/")
        ref = request.query.get("ref", "main")
        if ref not in repository.branches:
            raise Refusal(404, f"No commit found for the ref {ref}")
        files = repository.branches[ref].files
        if path in files:
            return json_answer(shapes.content(self._api(), repository, path, ref))
        inside = [name for name in sorted(files) if name.startswith(f"{path}/" if path else "")]
        if not inside:
            raise Refusal(404, "Not Found")
        here = [name for name in inside if "/" not in name[len(path) + 1 :]]
        listed = [shapes.content(self._api(), repository, name, ref) for name in here]
        return json_answer([{**one, "content": None, "encoding": None} for one in listed])

    def _blob(self, request: web.Request) -> web.Response:
        repository, sha = self._find(request), request.match_info["sha"]
        if sha not in repository.blobs:
            raise Refusal(404, "Not Found")
        return json_answer(shapes.blob(self._api(), repository, sha))

    def _put_contents(self, request: web.Request, body: Json) -> web.Response:
        repository, path = self._find(request), request.match_info["path"]
        branch = _text(body, "branch") or "main"
        if branch not in repository.branches:
            raise Refusal(404, f"Branch {branch} not found")
        if not _text(body, "message"):
            raise Refusal(422, 'Invalid request.\n\n"message" wasn\'t supplied.')
        data = _decoded(body)
        held = repository.branches[branch].files.get(path)
        sha = _text(body, "sha")
        if held is not None and not sha:
            raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        if sha and (held is None or blob_sha(held) != sha):
            raise Refusal(409, f"{path} does not match {sha}")
        commit = repository.put(branch, path, data, _text(body, "message"), AUTHOR)
        answer = {
            "content": shapes.content(self._api(), repository, path, branch),
            "commit": shapes.commit_body(self._api(), repository, commit),
        }
        return json_answer(answer, status=201 if held is None else 200)

    def _pulls(self, request: web.Request) -> web.Response:
        repository, query = self._find(request), request.query
        state, head, base = (query.get(key, "") for key in ("state", "head", "base"))
        found = [
            pull
            for pull in reversed(repository.pulls)
            if (state or "open") in ("all", pull.state)
            and head in ("", f"{repository.owner}:{pull.head}")
            and base in ("", pull.base)
        ]
        return json_answer([shapes.pull_body(self._api(), repository, pull) for pull in found])

    def _pull(self, request: web.Request) -> web.Response:
        repository = self._find(request)
        return json_answer(self._whole(repository, _pull_of(repository, request)))

    def _create_pull(self, request: web.Request, body: Json) -> web.Response:
        repository = self._find(request)
        head, base = _text(body, "head").rpartition(":")[2], _text(body, "base")
        for field, branch in (("head", head), ("base", base)):
            if branch not in repository.branches:
                raise _invalid(field=field, code="invalid")
        if repository.branches[head].sha == repository.branches[base].sha:
            raise _invalid(message=f"No commits between {base} and {head}", code="custom")
        if any((p.head, p.base, p.state) == (head, base, "open") for p in repository.pulls):
            said = f"A pull request already exists for {repository.owner}:{head}."
            raise _invalid(message=said, code="custom")
        pull = repository.open_pull(
            title=_title(body), body=_body(body), head=head, base=base, author=AUTHOR
        )
        return json_answer(self._whole(repository, pull), status=201)

    def _whole(self, repository: GitRepository, pull: Pull) -> Json:
        """A pull request asked for by itself says whether it was merged; a list does not."""
        merged = {"merged": pull.merged_at is not None, "mergeable": None, "commits": 1}
        return {**shapes.pull_body(self._api(), repository, pull), **merged}


def _pull_of(repository: GitRepository, request: web.Request) -> Pull:
    number = request.match_info["number"]
    try:
        return repository.pull(int(number) if number.isdecimal() else 0)
    except NotThere:
        raise Refusal(404, "Not Found") from None


def _invalid(**error: str) -> Refusal:
    return Refusal(422, "Validation Failed", errors=[{"resource": "PullRequest", **error}])


def _title(body: Json) -> str:
    title = _text(body, "title")
    if not title:
        raise _invalid(field="title", code="missing_field")
    return title


def _body(body: Json) -> str:
    text = _text(body, "body")
    if len(text) > LONGEST_BODY:
        said = f"body is too long (maximum is {LONGEST_BODY} characters)"
        raise _invalid(field="body", code="custom", message=said)
    return text


def _text(body: Json, key: str) -> str:
    value: object = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refusal(422, f"Invalid request.\n\nFor 'properties/{key}', it is not a string.")
    return value


def _decoded(body: Json) -> bytes:
    if "content" not in body:
        raise Refusal(422, 'Invalid request.\n\n"content" wasn\'t supplied.')
    packed = _text(body, "content").replace("\n", "")
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(422, "content is not valid Base64") from None


def json_body(raw: bytes) -> Json:
    """The JSON object of a request; an empty one for no body. Raises Refusal."""
    try:
        found: object = json.loads(raw) if raw else {}
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(found, dict):
        raise Refusal(400, "Body should be a JSON object")
    return cast("Json", found)
