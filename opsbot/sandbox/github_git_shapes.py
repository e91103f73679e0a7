"""GitHub's REST objects of git: references, file contents, commits and pull requests."""

from __future__ import annotations

import base64
from typing import Any

from opsbot.sandbox.github_git import Commit, GitRepository, Pull, blob_sha
from opsbot.sandbox.github_shapes import moment_text, user
from opsbot.sandbox.noise import seed_of

# https://docs.github.com/rest/repos/contents: larger files come without their content.
LARGEST_INLINE = 1024 * 1024


def repository_body(api: str, repository: GitRepository) -> dict[str, Any]:
    """Write the short form of a repository, with what the one who asks may do there."""
    owner, name = repository.full_name.split("/", 1)
    return {
        "id": seed_of("repository", repository.full_name) % 1_000_000_000,
        "name": name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": user(api, owner),
        "html_url": f"https://github.com/{repository.full_name}",
        "url": f"{api}/repos/{repository.full_name}",
        "default_branch": "main",
        "archived": repository.archived,
        "permissions": {
            "admin": False,
            "maintain": False,
            "push": repository.may_push,
            "triage": repository.may_push,
            "pull": True,
        },
    }


def reference(api: str, repository: GitRepository, branch: str, commit: Commit) -> dict[str, Any]:
    """Write a branch as a reference."""
    base = f"{api}/repos/{repository.full_name}/git"
    return {
        "ref": f"refs/heads/{branch}",
        "node_id": f"REF_{seed_of(repository.full_name, branch):x}",
        "url": f"{base}/refs/heads/{branch}",
        "object": {
            "sha": commit.sha,
            "type": "commit",
            "url": f"{base}/commits/{commit.sha}",
        },
    }


def content(api: str, repository: GitRepository, path: str, ref: str) -> dict[str, Any]:
    """Write one file of a branch; raises KeyError when it is not there."""
    data = repository.branches[ref].files[path]
    sha = blob_sha(data)
    inline = len(data) <= LARGEST_INLINE
    url = f"{api}/repos/{repository.full_name}/contents/{path}?ref={ref}"
    page = f"https://github.com/{repository.full_name}/blob/{ref}/{path}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "size": len(data),
        "url": url,
        "html_url": page,
        "git_url": f"{api}/repos/{repository.full_name}/git/blobs/{sha}",
        "download_url": None,
        "type": "file",
        "content": wrapped(data) if inline else "",
        "encoding": "base64" if inline else "none",
        "_links": {"self": url, "git": "", "html": page},
    }


def blob(api: str, repository: GitRepository, sha: str) -> dict[str, Any]:
    """Write a file's content by its name; raises KeyError when there is none."""
    data = repository.blobs[sha]
    return {
        "sha": sha,
        "node_id": f"B_{sha[:12]}",
        "size": len(data),
        "url": f"{api}/repos/{repository.full_name}/git/blobs/{sha}",
        "content": wrapped(data),
        "encoding": "base64",
    }


def wrapped(data: bytes) -> str:
    """Base64 in lines, as GitHub wraps it."""
    return base64.encodebytes(data).decode()


def commit_body(api: str, repository: GitRepository, commit: Commit) -> dict[str, Any]:
    """Write the commit that a change of a file made."""
    who = {
        "name": commit.author,
        "email": f"{commit.author}@example.com",
        "date": moment_text(commit.at),
    }
    return {
        "sha": commit.sha,
        "url": f"{api}/repos/{repository.full_name}/git/commits/{commit.sha}",
        "html_url": f"https://github.com/{repository.full_name}/commit/{commit.sha}",
        "message": commit.message,
        "author": who,
        "committer": who,
        "parents": [{"sha": commit.parent}] if commit.parent else [],
    }


def pull_body(api: str, repository: GitRepository, pull: Pull) -> dict[str, Any]:
    """Write a pull request."""
    url = f"{api}/repos/{repository.full_name}/pulls/{pull.number}"
    return {
        "url": url,
        "id": seed_of(repository.full_name, "pull", pull.number) % 1_000_000_000,
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "title": pull.title,
        "body": pull.body,
        "user": user(api, pull.author),
        "html_url": f"https://github.com/{repository.full_name}/pull/{pull.number}",
        "created_at": moment_text(pull.created_at),
        "updated_at": moment_text(pull.created_at),
        "closed_at": moment_text(pull.closed_at) if pull.closed_at else None,
        "merged_at": moment_text(pull.merged_at) if pull.merged_at else None,
        "merge_commit_sha": pull.merge_sha or None,
        "draft": False,
        "head": _end(repository, pull.head),
        "base": _end(repository, pull.base),
    }


def _end(repository: GitRepository, branch: str) -> dict[str, Any]:
    held = repository.branches.get(branch)
    return {
        "label": f"{repository.owner}:{branch}",
        "ref": branch,
        "sha": held.sha if held else "",
        "repo": {"full_name": repository.full_name},
    }
