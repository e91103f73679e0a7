"""`pagerduty:` in opsbot.yaml, and the secrets PagerDuty takes."""

from __future__ import annotations

from pydantic import Field

from opsbot.integrations import SecretField
from opsbot.integrations._settings import SourceSettings, WebAddress


class Settings(SourceSettings):
    """Where the account's API is, and in whose name opsbot writes and acts there."""

    api_url: WebAddress = Field(
        default="https://api.pagerduty.com",
        description="REST API; accounts in the EU region use https://api.eu.pagerduty.com.",
    )
    from_email: str = Field(
        default="",
        description="Login e-mail of the user in whose name notes are written, and in whose name"
        " people act whom PagerDuty does not know; needed with an account key.",
    )
    on_call_levels: int = Field(
        default=1,
        ge=1,
        description="Bring in the on-calls of the first so many levels of the escalation policy;"
        " 1 is who is paged at once.",
    )


SECRETS = (
    SecretField(
        name="webhook_secret",
        env="PAGERDUTY_WEBHOOK_SECRET",
        why="shown once when the V3 webhook subscription is created; two are allowed while it"
        " changes",
        required=True,
        many=True,
    ),
    SecretField(
        name="api_token",
        env="PAGERDUTY_API_TOKEN",
        why="REST API key: who is paged and on call, notes, alerts and related changes",
    ),
)
