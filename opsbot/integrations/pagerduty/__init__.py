"""PagerDuty: the pages (webhooks V3), the people behind them, and its own evidence (REST v2)."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from opsbot.integrations import Integration, SecretField, Webhook, Wiring
from opsbot.integrations._backend import Backend, Credentials
from opsbot.integrations._settings import WebAddress
from opsbot.integrations.pagerduty.events import parse
from opsbot.integrations.pagerduty.pager import PagerDutyPager
from opsbot.integrations.pagerduty.source import PagerDutySource
from opsbot.integrations.pagerduty.webhook import check, delivery_key, verify
from opsbot.ports import EvidenceSource, Pager

# Version 2 of the REST API (https://developer.pagerduty.com/docs/versioning).
_HEADERS = {
    "Accept": "application/vnd.pagerduty+json;version=2",
    "Content-Type": "application/json",
}


class Settings(BaseModel):
    """`pagerduty:` in opsbot.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_url: WebAddress = Field(
        default="https://api.pagerduty.com",
        description="REST API; accounts in the EU write https://api.eu.pagerduty.com.",
    )
    from_email: str = Field(
        default="",
        description="Login address notes are written as; an account-level key needs one.",
    )
    deadline_seconds: float = Field(
        default=8.0, gt=0, le=60, description="How long one look-up may take in all."
    )


def _backend(settings: Settings, wiring: Wiring) -> Backend:
    headers = {**_HEADERS, **({"From": settings.from_email} if settings.from_email else {})}
    return Backend(
        vendor="PagerDuty", http=wiring.http, url=settings.api_url, headers=headers,
        credentials=Credentials(token=wiring.secret("api_token"), scheme="Token token="),
    )  # fmt: skip


def _sources(settings: Settings, wiring: Wiring) -> Sequence[EvidenceSource]:
    if wiring.secret("api_token") is None:
        return []  # without a key nothing can be asked; `opsbot check` says so
    backend = _backend(settings, wiring)
    return [
        PagerDutySource(backend=backend, clock=wiring.clock, deadline=settings.deadline_seconds)
    ]


def _pager(settings: Settings, wiring: Wiring) -> Pager:
    return PagerDutyPager(_backend(settings, wiring), wiring.clock)


INTEGRATION = Integration(
    name="pagerduty",
    settings=Settings,
    secrets=(
        SecretField(
            name="webhook_secret", env="PAGERDUTY_WEBHOOK_SECRET", required=True, many=True,
            why="it proves that a page comes from PagerDuty; two at once let one be rotated",
        ),
        SecretField(
            name="api_token", env="PAGERDUTY_API_TOKEN",
            why="with it responders are found by e-mail, and notes, alerts and changes are read",
        ),
    ),
    sources=_sources,
    pager=_pager,
    webhook=Webhook(verify=verify, key=delivery_key, parse=parse, check=check),
)  # fmt: skip
