"""GitHub: deployments of the services' repositories, dated by their statuses; and pull requests as
a place for postmortems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from opsbot.integrations import Integration, SecretField, Wiring
from opsbot.integrations._backend import Backend, Credentials
from opsbot.integrations._settings import SourceSettings, WebAddress
from opsbot.integrations.github.inspection import inspect
from opsbot.integrations.github.publisher import GitHubPublisher
from opsbot.integrations.github.repository import Repository
from opsbot.integrations.github.source import GitHubSource
from opsbot.ports import EvidenceSource, Inspection, Publisher


class Postmortems(BaseModel):
    """`github: postmortems:` in opsbot.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+)?$",
        description="owner/name of the repository that gets a pull request with each postmortem; "
        "empty for none. The token has to write its contents and pull requests.",
    )
    folder: str = Field(
        default="postmortems",
        pattern=r"^[A-Za-z0-9._/-]*$",
        description="Folder of the repository that holds them.",
    )
    branch_prefix: str = Field(
        default="opsbot/",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        description="What the names of the branches begin with; inc-42 follows.",
    )
    base: str = Field(
        default="main",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        description="Branch that pull requests are to be merged into.",
    )
    private: bool = Field(
        default=False,
        description="Whether postmortems of private incidents may go there, too.",
    )


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
    postmortems: Postmortems = Field(
        default=Postmortems(), description="Pull requests with the postmortems of incidents."
    )


def _web(url: str) -> str:
    if url == "https://api.github.com":
        return "https://github.com"
    return url.removesuffix("/api/v3")


def _backend(settings: Settings, wiring: Wiring) -> Backend:
    return Backend(
        vendor="GitHub",
        http=wiring.http,
        url=settings.api_url,
        headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
        credentials=Credentials(token=wiring.secret("token")),
        cures={
            401: "check GITHUB_TOKEN",
            403: "check what the token may read",
            404: "check the repository's name, and that the token may see it",
        },
    )


def _sources(settings: Settings, wiring: Wiring) -> Sequence[EvidenceSource]:
    return [
        GitHubSource(
            backend=_backend(settings, wiring),
            clock=wiring.clock,
            environment=settings.environment,
            lookback=timedelta(hours=settings.lookback_hours),
            deadline=settings.deadline_seconds,
            web=_web(settings.api_url),
        )
    ]


def _repository(settings: Settings, wiring: Wiring) -> Repository:
    return Repository(
        backend=_backend(settings, wiring),
        full_name=settings.postmortems.repository,
        deadline=settings.deadline_seconds,
    )


def _publisher(settings: Settings, wiring: Wiring) -> Publisher | None:
    chosen = settings.postmortems
    if not chosen.repository:
        return None
    return GitHubPublisher(
        repository=_repository(settings, wiring),
        clock=wiring.clock,
        folder=chosen.folder,
        prefix=chosen.branch_prefix,
        base=chosen.base,
        takes_private=chosen.private,
    )


async def _inspect(settings: Settings, wiring: Wiring) -> Inspection:
    chosen = settings.postmortems
    return await inspect(
        _repository(settings, wiring), chosen.base, takes_private=chosen.private
    )  # fmt: skip


INTEGRATION = Integration(
    name="github",
    settings=Settings,
    secrets=(
        SecretField(
            name="token",
            env="GITHUB_TOKEN",
            why="token that may read deployments; without one only public repositories are seen. "
            "For pull requests with postmortems it has to write that repository",
        ),
    ),
    sources=_sources,
    publisher=_publisher,
    inspect_publisher=_inspect,
)
