"""GitHub: the contract, what a deployment comes to, and rate limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import pytest
from aiohttp import web

from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    FindingKind,
    Health,
    SourceReport,
    Subject,
)
from opsbot.integrations import Integration
from opsbot.integrations._change_details import hints
from opsbot.integrations.github import INTEGRATION
from tests.integrations.contract import SourceContract
from tests.integrations.stage import (
    NOW,
    StageClock,
    ago,
    ask,
    outgoing,
    playing,
    source_of,
    wiring,
)

SHA = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def deployment(number: int, minutes: float, **more: Any) -> dict[str, Any]:
    """A deployment, constructed after octokit's payload example."""
    given: dict[str, Any] = {
        "id": number,
        "sha": SHA,
        "ref": "v2.14",
        "task": "deploy",
        "payload": {},
        "environment": "production",
        "description": None,
        "created_at": iso(ago(minutes)),
    }
    return given | more


def status(state: str, minutes: float, **more: Any) -> dict[str, Any]:
    return {"state": state, "created_at": iso(ago(minutes)), "target_url": ""} | more


class GitHub:
    """A small GitHub: deployments by repository, statuses by deployment."""

    def __init__(
        self,
        deployments: Mapping[str, Sequence[dict[str, Any]]],
        statuses: Mapping[int, Sequence[dict[str, Any]]] | None = None,
    ) -> None:
        self.deployments = deployments
        self.statuses = statuses or {}

    async def __call__(self, request: web.Request) -> web.Response:
        _, _, owner, name, *rest = request.path.split("/")
        if len(rest) == 3:
            newest_first = list(reversed(self.statuses.get(int(rest[1]), [])))
            return web.json_response(newest_first)
        if f"{owner}/{name}" not in self.deployments:
            return web.json_response({"message": "Not Found"}, status=404)
        found = self.deployments[f"{owner}/{name}"]
        wanted = request.query.get("environment")
        return web.json_response([d for d in found if wanted in (None, d["environment"])])


AUTH = Subject(service="auth-api", repository="acme/auth", environment="production")


async def look(github: Any, *subjects: Subject, **settings: Any) -> SourceReport:
    async with playing(github) as player, outgoing() as http:
        source = source_of(INTEGRATION, {"api_url": player.url, **settings}, wiring(http))
        return await source.collect(ask(*(subjects or (AUTH,))))


class TestGitHubContract(SourceContract):
    integration: ClassVar[Integration] = INTEGRATION
    kind: ClassVar[EvidenceKind] = EvidenceKind.CHANGES
    health_when_empty: ClassVar[Health] = Health.FRESH
    address: ClassVar[str] = "api_url"

    def ask(self) -> EvidenceAsk:
        return ask(AUTH)

    async def good(self, request: web.Request) -> web.StreamResponse:
        github = GitHub({"acme/auth": [deployment(1, 12)]}, {1: [status("success", 11)]})
        return await github(request)

    async def empty(self, request: web.Request) -> web.StreamResponse:
        return web.json_response([])


async def test_a_deploy_is_dated_by_when_it_began_to_run() -> None:
    """Service, version, place, outcome, description and details make one sentence."""
    payload = {"config_changes": [{"key": "limits.memory", "before": "512Mi", "after": "256Mi"}]}
    given = deployment(1, 13, description="adopt \u202e defaults", payload=payload)
    statuses = [
        status("queued", 13),
        status("in_progress", 12),
        status("success", 11, log_url="https://ci.example/run/1"),
    ]
    (finding,) = (await look(GitHub({"acme/auth": [given]}, {1: statuses}))).findings
    assert (finding.kind, finding.service, finding.at) == (FindingKind.DEPLOY, "auth-api", ago(12))
    assert finding.summary == (
        'auth-api: v2.14 deployed to production: "adopt [U+202E] defaults"'
        " (limits.memory 512Mi -> 256Mi)"
    )
    assert finding.link == "https://ci.example/run/1"
    assert finding.fold_key == "deploy:auth-api:v2.14"


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (["success", "inactive"], "v2.14 deployed to"),  # replaced by a later one
        (["in_progress", "failure"], "v2.14 deploy failed to"),
        (["queued", "in_progress"], "v2.14 deploy in progress to"),
        ([], "v2.14 deploy without a known outcome to"),
    ],
)
async def test_the_outcome_comes_from_the_statuses(states: list[str], words: str) -> None:
    """`inactive` only says that something newer went live."""
    statuses = [status(state, 12 - index) for index, state in enumerate(states)]
    (finding,) = (await look(GitHub({"acme/auth": [deployment(1, 13)]}, {1: statuses}))).findings
    assert words in finding.summary


async def test_a_branch_deploy_is_told_apart_by_its_commit() -> None:
    """`main` is the same for every deploy; without a log there is the commit to link to."""
    github = GitHub({"acme/auth": [deployment(1, 13, ref="main")]})
    (finding,) = (await look(github)).findings
    assert finding.summary.startswith("auth-api: main@f95f852 ")
    assert finding.fold_key == f"deploy:auth-api:{SHA}"
    assert finding.link.endswith(f"/acme/auth/commit/{SHA}")


async def test_only_recent_deploys_of_the_environment_count() -> None:
    """Older ones tell how new the source's data is, and staging is another place."""
    given = [
        deployment(1, 5, environment="staging"),
        deployment(2, 300),
        deployment(3, 400),
    ]
    report = await look(GitHub({"acme/auth": given}))
    assert [finding.at for finding in report.findings] == [ago(300)]
    assert "environment=production" in report.query
    assert (await look(GitHub({"acme/auth": given}), lookback_hours=7)).findings[0].at == ago(400)


async def test_a_service_without_repository_is_a_gap() -> None:
    """Its deploys cannot be seen, which is not the same as none."""
    report = await look(GitHub({"acme/auth": []}), AUTH, Subject(service="legacy"))
    (gap,) = report.gaps
    assert (report.health, gap.service) == (Health.FRESH, "legacy")
    assert "names no repository" in gap.reason
    nowhere = await look(GitHub({}), Subject(service="legacy"))
    assert (nowhere.health, nowhere.findings) == (Health.SPARSE, ())


async def test_an_unknown_repository_is_a_gap_beside_the_others() -> None:
    """GitHub answers 404 for what the token may not see."""
    github = GitHub({"acme/auth": [deployment(1, 12)]})
    hidden = Subject(service="billing", repository="acme/hidden")
    report = await look(github, AUTH, hidden)
    assert len(report.findings) == 1
    assert report.gaps[0].reason.startswith("deploys of acme/hidden: GitHub does not know")
    assert "that the token may see it" in report.gaps[0].reason


async def test_deploys_of_a_shared_repository_go_to_the_service_they_name() -> None:
    """A mono-repo's deployment names its service, or none is blamed."""
    other = Subject(service="billing", repository="acme/auth", environment="production")
    given = [deployment(1, 12, payload='{"service": "billing"}'), deployment(2, 11)]
    report = await look(GitHub({"acme/auth": given}), AUTH, other)
    assert [finding.service for finding in report.findings] == ["billing", ""]


@pytest.mark.parametrize(
    ("code", "headers", "until"),
    [
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{reset}"}, "14:20 UTC"),
        (429, {"retry-after": "120"}, "14:12 UTC"),
        (429, {}, "14:11 UTC"),
    ],
)
async def test_a_rate_limit_is_kept_until_it_ends(
    code: int, headers: dict[str, str], until: str
) -> None:
    """While it lasts nothing is asked, and the report says until when."""
    reset = str(int(NOW.timestamp()) + 600)
    shown = {name: value.replace("{reset}", reset) for name, value in headers.items()}

    async def limited(request: web.Request) -> web.Response:
        return web.json_response({"message": "limit"}, status=code, headers=shown)

    clock = StageClock()
    async with playing(limited) as player, outgoing() as http:
        source = source_of(INTEGRATION, {"api_url": player.url}, wiring(http, clock=clock))
        first = await source.collect(ask(AUTH))
        second = await source.collect(ask(AUTH))
        asked = len(player.seen)
        clock.at = ago(-15)
        await source.collect(ask(AUTH))
    assert f"({code}) until {until}" in first.reason
    assert f"limit lasts until {until}" in second.reason
    assert (asked, len(player.seen)) == (1, 2)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"a": 1, "replicas": {"old": 3, "new": 1}}, ("replicas 3 -> 1", "a=1")),
        ('{"version": "v2"}', ("version=v2",)),
        ({"limits": "512Mi -> 256Mi"}, ("limits 512Mi -> 256Mi",)),
        ({"flag": True, "ratio": 0.5, "none": None}, ("flag=true", "ratio=0.5")),
        ("plain words", ()),
        (None, ()),
        ([[[[[[{"deep": 1}]]]]]], ()),
    ],
)
def test_details_of_any_shape_give_a_few_hints(details: Any, expected: tuple[str, ...]) -> None:
    """Every pipeline writes its own; changed values come first."""
    assert hints(details) == expected
