"""GitHub's REST objects for a scenario's deploys: deployments, statuses, releases, comparisons."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.scenario import ConfigChange, Deploy, DeployStatus


def sha_of(repository: str, version: str) -> str:
    """Give the commit a version of a repository was built from."""
    return hashlib.sha1(f"{repository}@{version}".encode(), usedforsecurity=False).hexdigest()


def deployment_id(repository: str, deploy: Deploy) -> int:
    """Give the number of a deploy, unique over all repositories."""
    return seed_of(repository, deploy.version, deploy.at) % 2_000_000_000 + 1


def moment_text(moment: datetime) -> str:
    """Write a time as GitHub does, in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(api: str, login: str) -> dict[str, Any]:
    """Write the short form of a user."""
    return {
        "login": login,
        "id": seed_of("github user", login) % 100_000_000,
        "type": "User",
        "site_admin": False,
        "url": f"{api}/users/{login}",
        "html_url": f"https://github.com/{login}",
        "avatar_url": "",
    }


def deployment(api: str, repository: str, deploy: Deploy, anchor: datetime) -> dict[str, Any]:
    """Write a deployment."""
    number = deployment_id(repository, deploy)
    created = anchor + timedelta(seconds=deploy.at)
    updated = created + timedelta(seconds=deploy.statuses[-1].after if deploy.statuses else 0.0)
    url = f"{api}/repos/{repository}/deployments/{number}"
    return {
        "url": url,
        "id": number,
        "node_id": f"DE_{number:x}",
        "task": "deploy",
        "original_environment": deploy.environment,
        "environment": deploy.environment,
        "description": deploy.description,
        "created_at": moment_text(created),
        "updated_at": moment_text(updated),
        "statuses_url": f"{url}/statuses",
        "repository_url": f"{api}/repos/{repository}",
        "creator": user(api, deploy.author),
        "sha": sha_of(repository, deploy.version),
        "ref": deploy.version,
        "payload": {},
        "transient_environment": False,
        "production_environment": deploy.environment == "production",
        "performed_via_github_app": None,
    }


def deployment_status(
    api: str, repository: str, deploy: Deploy, status: DeployStatus, anchor: datetime
) -> dict[str, Any]:
    """Write one status of a deployment."""
    number = deployment_id(repository, deploy)
    own = seed_of(number, status.state, status.after) % 2_000_000_000
    at = moment_text(anchor + timedelta(seconds=deploy.at + status.after))
    deployment_url = f"{api}/repos/{repository}/deployments/{number}"
    return {
        "url": f"{deployment_url}/statuses/{own}",
        "id": own,
        "node_id": f"DES_{own:x}",
        "state": status.state,
        "creator": user(api, deploy.author),
        "description": "",
        "environment": deploy.environment,
        "target_url": "",
        "created_at": at,
        "updated_at": at,
        "deployment_url": deployment_url,
        "repository_url": f"{api}/repos/{repository}",
        "environment_url": "",
        "log_url": "",
        "performed_via_github_app": None,
    }


def release(api: str, repository: str, deploy: Deploy, anchor: datetime) -> dict[str, Any]:
    """Write the release of a version, published ten minutes before it was deployed."""
    number = deployment_id(repository, deploy)
    at = moment_text(anchor + timedelta(seconds=deploy.at - 600.0))
    return {
        "url": f"{api}/repos/{repository}/releases/{number}",
        "html_url": f"https://github.com/{repository}/releases/tag/{deploy.version}",
        "id": number,
        "node_id": f"RE_{number:x}",
        "author": user(api, deploy.author),
        "tag_name": deploy.version,
        "target_commitish": "main",
        "name": deploy.version,
        "draft": False,
        "prerelease": False,
        "created_at": at,
        "published_at": at,
        "assets": [],
        "body": deploy.description,
    }


def comparison(
    api: str, repository: str, base: str, head: str, deploys: Sequence[Deploy], anchor: datetime
) -> dict[str, Any]:
    """Write what lies between two commits, given the deploys that brought it, oldest first."""
    commits = [_commit(api, repository, deploy, anchor) for deploy in deploys]
    files = [file for deploy in deploys for file in _files(repository, deploy)]
    return {
        "url": f"{api}/repos/{repository}/compare/{base}...{head}",
        "html_url": f"https://github.com/{repository}/compare/{base}...{head}",
        "status": "ahead" if commits else "identical",
        "ahead_by": len(commits),
        "behind_by": 0,
        "total_commits": len(commits),
        "base_commit": {"sha": base},
        "merge_base_commit": {"sha": base},
        "commits": commits,
        "files": files,
    }


def _commit(api: str, repository: str, deploy: Deploy, anchor: datetime) -> dict[str, Any]:
    sha = sha_of(repository, deploy.version)
    who = {
        "name": deploy.author,
        "email": f"{deploy.author}@example.com",
        "date": moment_text(anchor + timedelta(seconds=deploy.at - 1800.0)),
    }
    return {
        "sha": sha,
        "url": f"{api}/repos/{repository}/commits/{sha}",
        "html_url": f"https://github.com/{repository}/commit/{sha}",
        "commit": {"message": deploy.description, "author": who, "committer": who},
        "author": user(api, deploy.author),
        "committer": user(api, deploy.author),
        "parents": [{"sha": sha_of(repository, deploy.previous)}],
    }


def _files(repository: str, deploy: Deploy) -> list[dict[str, Any]]:
    changelog = f"@@ -1,2 +1,3 @@\n # Changes\n+- {deploy.description}"
    files = [_file(repository, deploy, "CHANGELOG.md", changelog, added=1, removed=0)]
    files += [
        _file(repository, deploy, change.file, _patch(change), added=1, removed=1)
        for change in deploy.config_changes
    ]
    return files


def _file(
    repository: str, deploy: Deploy, name: str, patch: str, *, added: int, removed: int
) -> dict[str, Any]:
    return {
        "sha": sha_of(repository, f"{deploy.version}:{name}"),
        "filename": name,
        "status": "modified",
        "additions": added,
        "deletions": removed,
        "changes": added + removed,
        "patch": patch,
    }


def _patch(change: ConfigChange) -> str:
    *parents, leaf = change.key.split(".")
    lines = [f" {'  ' * depth}{parent}:" for depth, parent in enumerate(parents)]
    indent = "  " * len(parents)
    lines += [f"-{indent}{leaf}: {change.before}", f"+{indent}{leaf}: {change.after}"]
    size = len(parents) + 1
    return "\n".join([f"@@ -1,{size} +1,{size} @@", *lines])
