"""GitHub: deployments of the services' repositories, dated by their statuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field

from opsbot.integrations import Integration, SecretField, Wiring
from opsbot.integrations._backend import Backend, Credentials
from opsbot.integrations._settings import SourceSettings, WebAddress
from opsbot.integrations.github.source import GitHubSource
from opsbot.ports import EvidenceSource


class Settings(SourceSettings):
    """`github:` in opsbot.yaml."""

    api_url: WebAddress = Field(
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


def _web(url: str) -> str:
    if url == "https://api.github.com":
        return "https://github.com"
    return url.removesuffix("/api/v3")


def _sources(settings: Settings, wiring: Wiring) -> Sequence[EvidenceSource]:
    backend = Backend(
        vendor="GitHub",
        http=wiring.http,
        url=settings.api_url,
        headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
        credentials=Credentials(token=wiring.secret("token")),
        cures={
            401: "check GITHUB_TOKEN",
            403: "check what the token may read",
            404: "check the repository in the catalogue, and that the token may see it",
        },
    )
    return [
        GitHubSource(
            backend=backend,
            clock=wiring.clock,
            environment=settings.environment,
            lookback=timedelta(hours=settings.lookback_hours),
            deadline=settings.deadline_seconds,
            web=_web(settings.api_url),
        )
    ]


INTEGRATION = Integration(
    name="github",
    settings=Settings,
    secrets=(
        SecretField(
            name="token",
            env="GITHUB_TOKEN",
            why="token that may read deployments; without one only public repositories are seen",
        ),
    ),
    sources=_sources,
)
