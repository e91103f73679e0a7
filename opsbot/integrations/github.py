"""GitHub: deployments of the services' repositories, dated by their statuses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import Field

from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    Finding,
    FindingKind,
    Gap,
    Health,
    SourceReport,
    Subject,
)
from opsbot.core.moment import clock_text, from_micros, parse_moment, to_micros
from opsbot.core.text import count, inert, listed
from opsbot.integrations import Integration, SecretField, Wiring
from opsbot.integrations._backend import Backend, Credentials, LookUpFailed
from opsbot.integrations._change_details import deploy_key, hints, version_in
from opsbot.integrations._foreign_json import mapping, objects, text, whole
from opsbot.integrations._look_up import LookUp, reported
from opsbot.integrations._query_text import web_link
from opsbot.integrations._settings import BackendSettings, WebAddress
from opsbot.ports import Clock, EvidenceSource

_PAGE = 100
_MOST_DEPLOYS = 20
# https://docs.github.com/rest/deployments/statuses: what a deployment can come to. `inactive` is
# no outcome: a later success sets it on every earlier deployment of the environment.
_OUTCOMES = {
    "success": "deployed",
    "failure": "deploy failed",
    "error": "deploy failed",
    "in_progress": "deploy in progress",
}


class Settings(BackendSettings):
    """`github:` in opsbot.yaml."""

    url: WebAddress = Field(
        default="https://api.github.com",
        description="API address; on GitHub Enterprise Server https://HOST/api/v3.",
    )
    environment: str = Field(
        default="",
        description="Only deployments of this environment, where the catalogue names none.",
    )
    lookback_hours: float = Field(
        default=6.0, gt=0, le=168, description="How far before the window's end deploys matter."
    )


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
        return next((state for state in reversed(states) if state in _OUTCOMES), "")

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


@dataclass(slots=True, kw_only=True)
class GitHubSource:
    """Changes: what was deployed, when it began, how it ended."""

    backend: Backend
    clock: Clock
    environment: str
    lookback: timedelta
    deadline: float
    web: str
    _blocked_until: datetime | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return "github"

    @property
    def kind(self) -> EvidenceKind:
        return EvidenceKind.CHANGES

    async def collect(self, ask: EvidenceAsk) -> SourceReport:
        """The deploys of the last hours; never raises, never exceeds its deadline."""
        look_up = LookUp(
            source=self.name, kind=self.kind, ask=ask, clock=self.clock, deadline=self.deadline
        )
        return await reported(look_up, self._look)

    async def _look(self, look_up: LookUp) -> SourceReport:
        ask = look_up.ask
        gaps = [_no_repository(subject) for subject in ask.subjects if not subject.repository]
        owners = _owners(ask.subjects)
        if not owners:
            return look_up.report(
                health=Health.SPARSE,
                gaps=gaps,
                reason="no service asked for has a repository; name it in the catalogue",
            )
        listing = await look_up.parts(
            {
                f"deploys of {inert(repository, 80)}": self._deploys(look_up, repository, owner)
                for repository, owner in owners.items()
            }
        )
        if not listing:
            return look_up.unreachable()
        deploys = sorted(
            (one for found in listing.values() for one in found),
            key=lambda deploy: deploy.created_at,
            reverse=True,
        )
        told = await self._told(look_up, [one for one in deploys if self._counts(ask, one)])
        return look_up.report(
            health=Health.FRESH,
            findings=[self._finding(deploy) for deploy in told],
            gaps=gaps,
            newest_at=max((deploy.created_at for deploy in deploys), default=None),
            reason=gaps[0].reason if len(gaps) == 1 else _without_repository(gaps),
        )

    def _counts(self, ask: EvidenceAsk, deploy: Deploy) -> bool:
        since = min(ask.window.start, ask.window.end - self.lookback)
        return since <= deploy.created_at <= ask.window.end

    async def _deploys(
        self, look_up: LookUp, repository: str, owner: Sequence[Subject]
    ) -> list[Deploy]:
        params = [("per_page", str(_PAGE))]
        wanted = {subject.environment or self.environment for subject in owner}
        if len(wanted) == 1 and (environment := wanted.pop()):
            params.append(("environment", environment))
        path = f"/repos/{quote(repository)}/deployments"
        look_up.queries.append(f"GET {path}?{'&'.join('='.join(pair) for pair in params)}")
        body = await self._get(path, params)
        if not isinstance(body, list):
            raise LookUpFailed("GitHub did not answer with deployments; check the url")
        services = tuple(subject.service for subject in owner)
        found = [_deploy(entry, repository, services) for entry in objects(body)]
        deploys = [deploy for deploy in found if deploy is not None]
        oldest = min((deploy.created_at for deploy in deploys), default=look_up.ask.window.end)
        if len(deploys) >= _PAGE and oldest > look_up.ask.window.end - self.lookback:
            look_up.cut_off.append(f"only the newest {_PAGE} deploys of {inert(repository, 80)}")
        return deploys

    async def _told(self, look_up: LookUp, deploys: Sequence[Deploy]) -> list[Deploy]:
        """The deploys with their statuses; where these cannot be had, without."""
        shown = deploys[:_MOST_DEPLOYS]
        if len(deploys) > len(shown):
            look_up.cut_off.append(f"{count(len(deploys) - len(shown), 'older deploy')}")
        answers = await look_up.parts(
            {f"statuses of deploy {deploy.id}": self._statuses(deploy) for deploy in shown}
        )
        return [answers.get(f"statuses of deploy {deploy.id}", deploy) for deploy in shown]

    async def _statuses(self, deploy: Deploy) -> Deploy:
        path = f"/repos/{quote(deploy.repository)}/deployments/{deploy.id}/statuses"
        body = await self._get(path, [("per_page", str(_PAGE))])
        ordered = sorted(objects(body), key=lambda status: text(status.get("created_at")))
        return Deploy(
            **{name: getattr(deploy, name) for name in _OWN_FIELDS}, statuses=tuple(ordered)
        )

    async def _get(self, path: str, params: Sequence[tuple[str, str]]) -> Any:
        now = self.clock.now()
        if self._blocked_until is not None and now < self._blocked_until:
            raise LookUpFailed(f"GitHub's rate limit lasts until {clock_text(self._blocked_until)}")
        try:
            return await self.backend.get(path, params, timeout=self.deadline)
        except LookUpFailed as failed:
            free_at = free_again(failed, now)
            if free_at is None:
                raise
            self._blocked_until = free_at
            reason = f"GitHub is throttling us ({failed.status}) until {clock_text(free_at)}"
            raise LookUpFailed(reason, answer=failed.answer) from failed

    def _finding(self, deploy: Deploy) -> Finding:
        service = deploy.service or deploy.repository
        outcome = _OUTCOMES.get(deploy.outcome, "deploy without a known outcome")
        said = f': "{inert(deploy.description, 120)}"' if deploy.description else ""
        told = hints(deploy.details)
        more = f" ({'; '.join(told)})" if told else ""
        where = f" to {inert(deploy.environment, 40)}" if deploy.environment else ""
        words = f"{inert(deploy.version, 60)} {outcome}{where}{said}{more}"
        return Finding(
            at=deploy.started_at,
            kind=FindingKind.DEPLOY,
            service=deploy.service,
            summary=f"{inert(service, 80)}: {words}",
            link=self._link(deploy),
            fold_key=deploy_key(service, deploy.key),
        )

    def _link(self, deploy: Deploy) -> str:
        for status in reversed(deploy.statuses):
            for name in ("log_url", "target_url"):
                if link := web_link(text(status.get(name))):
                    return link
        return web_link(f"{self.web}/{quote(deploy.repository)}/commit/{quote(deploy.sha)}")


_OWN_FIELDS = tuple(name for name in Deploy.__dataclass_fields__ if name != "statuses")


def _deploy(entry: Mapping[str, Any], repository: str, services: Sequence[str]) -> Deploy | None:
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
    said = {text(mapping(details).get(key)) for key in ("service", "app", "component")}
    said |= {text(entry.get("task")), text(entry.get("environment"))}
    named = [service for service in services if service in said]
    return named[0] if len(named) == 1 else ""


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return parse_moment(text(entry.get("created_at")))
    except ValueError:
        return None


def _owners(subjects: Sequence[Subject]) -> dict[str, list[Subject]]:
    owners: dict[str, list[Subject]] = {}
    for subject in subjects:
        if subject.repository:
            owners.setdefault(subject.repository, []).append(subject)
    return owners


def _no_repository(subject: Subject) -> Gap:
    service = inert(subject.service, 80)
    reason = f"deploys of {service} cannot be seen: the catalogue names no repository for it"
    return Gap(service=subject.service, health=Health.SPARSE, since=None, reason=reason)


def _without_repository(gaps: Sequence[Gap]) -> str:
    services = listed(tuple(inert(gap.service, 80) for gap in gaps))
    return f"no repository in the catalogue for {services}" if gaps else ""


def free_again(failed: LookUpFailed, now: datetime) -> datetime | None:
    """When a rate limit ends, or None when the refusal is none.

    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 or 429 with
    retry-after, or with x-ratelimit-remaining 0 and x-ratelimit-reset; otherwise wait a minute.
    """
    headers = failed.answer.headers if failed.answer else {}
    used_up = headers.get("x-ratelimit-remaining") == "0"
    wait = whole(headers.get("retry-after", ""))
    if failed.status not in (403, 429) or not (used_up or wait or failed.status == 429):
        return None
    reset = whole(headers.get("x-ratelimit-reset", ""))
    if wait is None and used_up and reset is not None:
        wait = reset - to_micros(now) // 1_000_000
    return now + timedelta(seconds=min(max(wait or 60, 1), 3600))


def _web(url: str) -> str:
    if url == "https://api.github.com":
        return "https://github.com"
    return url.removesuffix("/api/v3")


def _sources(settings: Settings, wiring: Wiring) -> Sequence[EvidenceSource]:
    backend = Backend(
        vendor="GitHub",
        http=wiring.http,
        url=settings.url,
        headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
        credentials=Credentials(token=wiring.secret("token")),
    )
    return [
        GitHubSource(
            backend=backend,
            clock=wiring.clock,
            environment=settings.environment,
            lookback=timedelta(hours=settings.lookback_hours),
            deadline=settings.deadline_seconds,
            web=_web(settings.url),
        )
    ]


INTEGRATION = Integration(
    name="github",
    settings=Settings,
    secrets=(
        SecretField(
            name="token",
            env="OPSBOT_GITHUB_TOKEN",
            why="token that may read deployments; without one only public repositories are seen",
        ),
    ),
    sources=_sources,
)
