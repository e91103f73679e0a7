"""One deployment as GitHub tells it: what, when it began to run, how it went."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opsbot.core.moment import parse_moment
from opsbot.integrations._change_details import opened, version_in
from opsbot.integrations._foreign_json import mapping, text

# https://docs.github.com/rest/deployments/statuses: what a deployment can come to. `inactive` is
# no outcome: a later success sets it on every earlier deployment of the environment.
OUTCOMES = {
    "success": "deployed",
    "failure": "deploy failed",
    "error": "deploy failed",
    "in_progress": "deploy in progress",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """One deployment with its statuses, oldest first."""

    id: str
    repository: str
    service: str
    ref: str
    sha: str
    environment: str
    description: str
    details: Any
    created_at: datetime
    statuses: tuple[Mapping[str, Any], ...] = ()

    @property
    def outcome(self) -> str:
        """The newest state that says how it went, `` when no status does."""
        states = [text(status.get("state")) for status in self.statuses]
        return next((state for state in reversed(states) if state in OUTCOMES), "")

    @property
    def started_at(self) -> datetime:
        """When it began to run; the creation where the pipeline does not tell."""
        begun = [_moment(s) for s in self.statuses if text(s.get("state")) == "in_progress"]
        return min((at for at in begun if at is not None), default=self.created_at)

    @property
    def version(self) -> str:
        """What people call it: a tag, or branch and commit."""
        named = version_in(self.details) or self.ref
        if re.search(r"\d", named) and named != self.sha:
            return named
        return f"{named}@{self.sha[:7]}" if named and named != self.sha else self.sha[:7]

    @property
    def key(self) -> str:
        """The ref when it is a version; a branch name is the same for every deploy."""
        return self.ref if re.search(r"\d", self.ref) else self.sha or self.ref


def read_deploy(
    entry: Mapping[str, Any], repository: str, services: Sequence[str]
) -> Deploy | None:
    """The deployment of one list entry; None when it lacks an id or a time.

    `services` are those the catalogue knows to come from the repository.
    """
    created_at = _moment(entry)
    deploy_id = text(entry.get("id"))
    if created_at is None or not deploy_id.isalnum():
        return None
    details = entry.get("payload")
    return Deploy(
        id=deploy_id,
        repository=repository,
        service=_service(entry, details, services),
        ref=text(entry.get("ref")),
        sha=text(entry.get("sha")),
        environment=text(entry.get("environment")),
        description=text(entry.get("description")),
        details=details,
        created_at=created_at,
    )


def _service(entry: Mapping[str, Any], details: Any, services: Sequence[str]) -> str:
    """Which of a repository's services was deployed; empty when several could have been."""
    if len(services) == 1:
        return services[0]
    said = {text(mapping(opened(details)).get(key)) for key in ("service", "app", "component")}
    said |= {text(entry.get("task")), text(entry.get("environment"))}
    named = [service for service in services if service in said]
    return named[0] if len(named) == 1 else ""


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return parse_moment(text(entry.get("created_at")))
    except ValueError:
        return None
