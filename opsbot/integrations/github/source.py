"""Lists the deployments of the services' repositories and asks for the statuses of recent ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

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
from opsbot.core.moment import clock_text
from opsbot.core.text import count, inert, listed
from opsbot.integrations._backend import Backend, LookUpFailed
from opsbot.integrations._change_details import deploy_key, hints
from opsbot.integrations._foreign_json import objects, text
from opsbot.integrations._look_up import LookUp, reported
from opsbot.integrations._query_text import web_link
from opsbot.integrations.github.deploy import OUTCOMES, Deploy, read_deploy
from opsbot.integrations.github.rate_limit import free_again
from opsbot.ports import Clock

_PAGE = 100
_MOST_DEPLOYS = 20


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
        found = [read_deploy(entry, repository, services) for entry in objects(body)]
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
        return replace(deploy, statuses=tuple(ordered))

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
        outcome = OUTCOMES.get(deploy.outcome, "deploy without a known outcome")
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
