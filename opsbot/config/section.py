"""The plain sections of the file: where to listen, store, speak and look, and the limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from opsbot.config.problem import wrong
from opsbot.config.scalar import ChannelId, Duration, Size, Texts, duration, web_url
from opsbot.core.entry import Severity, Visibility

KIB, MIB = 1024, 1024**2


class Section(BaseModel):
    """A mapping of the file: unknown keys are refused, and an empty value is as if not written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, data: Any) -> Any:
        return without_empty(cls, data)


def without_empty(model: type[BaseModel], data: Any) -> Any:
    """`data` without the known keys that have no value; an absent section has no keys."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        return data
    written = cast("dict[Any, Any]", data)
    known = {info.alias or name for name, info in model.model_fields.items()}
    return {key: value for key, value in written.items() if value is not None or key not in known}


class Listen(Section):
    """Where the doors are: webhooks, health and metrics."""

    host: str = Field(
        default="0.0.0.0",  # noqa: S104 - a pager has to reach the door; every door verifies
        description="Address to listen on; 127.0.0.1 when a reverse proxy stands in front.",
    )
    port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        description="Port to listen on; PORT in the environment wins; 0 takes any free port.",
    )


class Database(Section):
    """The record's database."""

    url: str = Field(
        default="",
        description="PostgreSQL URL without a password; empty is SQLite in data_dir. "
        "DATABASE_URL in the environment wins.",
    )
    url_file: str = Field(
        default="", description="File that holds the PostgreSQL URL with its password."
    )


class Limits(Section):
    """Bounds that keep a flood outside."""

    backlog: int = Field(
        default=10_000,
        ge=10,
        le=1_000_000,
        description="Deliveries waiting in the inbox before the doors answer 503.",
    )
    body: Size = Field(
        default=2 * MIB,
        ge=64 * KIB,
        le=32 * MIB,
        description="Largest request body a door reads; larger ones are answered with 413.",
    )


class Http(Section):
    """How outgoing calls leave this network; what is not written comes from the environment."""

    ca_bundle: str = Field(
        default="",
        description="PEM file of the authorities to trust (default: SSL_CERT_FILE, then the "
        "system's).",
    )
    proxy: str = Field(
        default="",
        description="Proxy for every outgoing call, http://host:port (default: HTTPS_PROXY and "
        "HTTP_PROXY).",
    )
    no_proxy: Texts = Field(
        default=(),
        description="Hosts, domains or networks to call without the proxy (default: NO_PROXY).",
    )


def _prefix(value: Any) -> Any:
    legal = set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    if isinstance(value, str) and (not value or set(value) - legal or len(value) > 20):
        fix = "Use 1 to 20 lower-case letters, digits, - or _, such as inc-"
        raise wrong("Slack does not allow this in a channel name", fix)
    return value


def _slack_api(value: Any) -> str:
    url = web_url(value)
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise wrong("the bot token would travel in the clear", "Write it with https://")
    return url


SlackUserId = Annotated[
    str, Field(pattern=r"^[UW][A-Z0-9]{6,20}$", description="A Slack user id, such as U012AB3CD.")
]


SlashCommand = Annotated[
    str,
    Field(
        pattern=r"^/[a-z0-9][a-z0-9_-]{0,30}$",
        description="A slash command in lower case, such as /incident.",
    ),
]


class Slack(Section):
    """The Slack workspace; its secrets come from the environment or from files."""

    bot_token_file: str = Field(
        default="", description="File that holds the bot token; SLACK_BOT_TOKEN also gives it."
    )
    signing_secret_file: str = Field(
        default="",
        description="File that holds the signing secret; SLACK_SIGNING_SECRET also gives it.",
    )
    digest_channel: ChannelId = Field(
        default="", description="Channel id of the digest: one card per incident."
    )
    ops_channel: ChannelId = Field(
        default="", description="Channel id where opsbot speaks of its own trouble."
    )
    shadow_channel: ChannelId = Field(
        default="", description="Private channel id that takes everything in shadow mode."
    )
    channel_prefix: Annotated[str, BeforeValidator(_prefix)] = Field(
        default="inc-", description="What the names of incident channels start with."
    )
    visibility: Visibility = Field(
        default=Visibility.PUBLIC, description="Whether incident channels are public or private."
    )
    app_token_file: str = Field(
        default="",
        description="File that holds the app-level token; SLACK_APP_TOKEN also gives it.",
    )
    receive: Literal["auto", "socket", "http"] = Field(
        default="auto",
        description="How Slack reaches opsbot: socket (Socket Mode, no public address), http "
        "(signed requests), or auto: socket when there is an app-level token.",
    )
    commands: tuple[SlashCommand, ...] = Field(
        default=("/incident", "/inc"),
        min_length=1,
        max_length=5,
        description="The slash command and its aliases, as the Slack app declares them.",
    )
    pin_emoji: tuple[str, ...] = Field(
        default=("pushpin", "round_pushpin"),
        description="Reactions that put a message on the timeline, without colons.",
    )
    guests: Literal["refuse", "allow"] = Field(
        default="refuse",
        description="Whether guests of the workspace may use opsbot; people from outside never.",
    )
    people: dict[str, SlackUserId] = Field(
        default={},
        description="Slack user ids of people whose pager address is not their Slack address, by "
        "e-mail address or by the pager's own id.",
    )
    api_url: Annotated[str, BeforeValidator(_slack_api)] = Field(
        default="https://slack.com/api/", description="Slack's Web API; change it for tests only."
    )


class SeverityMap(Section):
    """Which severity a page starts with; a priority says more than an urgency."""

    priority: dict[str, Severity] = Field(
        default={
            "P1": Severity.SEV1,
            "P2": Severity.SEV2,
            "P3": Severity.SEV3,
            "P4": Severity.SEV4,
            "P5": Severity.SEV5,
        },
        description="Severity by the pager's priority name.",
    )
    urgency: dict[Literal["high", "low"], Severity] = Field(
        default={},
        description="Severity by urgency, for pages without a known priority.",
    )


class Evidence(Section):
    """How far back evidence is asked for."""

    window: Duration = Field(
        default=duration("30m"), description="How much time before the page is looked at."
    )
    horizon: Duration = Field(
        default=duration("24h"),
        description="How far back sources may look to tell since when they are silent.",
    )
