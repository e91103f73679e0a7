"""Settings: everything configured, checked and resolved, as one value that never changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel

from opsbot.config.configured_executor import ConfiguredExecutor
from opsbot.config.environment import HttpSettings, password_in
from opsbot.config.secret import FoundSecrets, readable
from opsbot.core.entry import Mode, Severity, Visibility
from opsbot.core.permission import Permission
from opsbot.core.policy import Policy
from opsbot.core.postmortem_rule import PostmortemRule
from opsbot.core.routing import DEFAULT_RULES, Maintenance, Rule
from opsbot.core.rules import Channels, Rules
from opsbot.core.service import Catalogue
from opsbot.integrations import Integration
from opsbot.ports import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """The Slack workspace, with what was found of its secrets."""

    bot_token: FoundSecrets
    signing_secret: FoundSecrets
    app_token: FoundSecrets
    receive: str = "auto"
    commands: tuple[str, ...] = ("/incident", "/inc")
    pin_emoji: tuple[str, ...] = ("pushpin", "round_pushpin")
    guests: bool = False
    channels: Channels = field(default_factory=Channels)
    channel_prefix: str = "inc-"
    people: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    visibility: Visibility = Visibility.PUBLIC
    api_url: str = "https://slack.com/api/"

    @property
    def by_socket(self) -> bool:
        """Whether what people do comes over Socket Mode rather than HTTP."""
        return self.receive == "socket" or (self.receive == "auto" and bool(self.app_token.secrets))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredIntegration:
    """One vendor of `integrations:`: itself, its checked settings, and its secrets."""

    integration: Integration
    settings: BaseModel
    found: tuple[FoundSecrets, ...] = ()

    @property
    def name(self) -> str:
        return self.integration.name

    @property
    def secrets(self) -> Mapping[str, Sequence[Secret]]:
        """Its secrets by field name, as `Wiring` takes them."""
        return {found.wanted.name: found.secrets for found in self.found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What this installation is told to do. Everything is resolved; nothing is read later but
    secrets, which are read when they are used."""

    file: Path
    mode: Mode = Mode.LIVE
    zone: str = "UTC"
    intake: str = "webhook"
    poll_every: timedelta = timedelta(seconds=15)
    tell_pager: bool = True
    permissions: tuple[Permission, ...] = ()
    policy: Policy = field(default_factory=Policy)
    host: str
    port: int
    database_url: str = field(default="", repr=False)  # empty: SQLite in data_dir
    data_dir: Path
    ephemeral_disk_allowed: bool = False
    heartbeat_url: Secret | None = None
    delivery_stuck_after: timedelta
    backlog_limit: int
    body_limit: int  # bytes
    http: HttpSettings = field(default_factory=HttpSettings)
    slack: SlackSettings
    routing: tuple[Rule, ...] = DEFAULT_RULES
    maintenance: tuple[Maintenance, ...] = ()
    severity_by_priority: tuple[tuple[str, Severity], ...] = ()
    severity_by_urgency: tuple[tuple[str, Severity], ...] = ()
    return_within: timedelta
    archive_after: timedelta
    cadence: tuple[tuple[Severity, timedelta], ...] = ()
    postmortem: PostmortemRule = field(default_factory=PostmortemRule)
    evidence_window: timedelta
    evidence_horizon: timedelta
    catalogue: Catalogue = field(default_factory=Catalogue)
    integrations: tuple[ConfiguredIntegration, ...] = ()
    executors: tuple[ConfiguredExecutor, ...] = ()
    lines: Mapping[str, int] = field(  # by dotted key, for findings that are no mistakes
        default_factory=lambda: MappingProxyType({}), repr=False, compare=False
    )

    def integration(self, name: str) -> ConfiguredIntegration | None:
        """The configured integration of this name, or None when it is absent."""
        return next((known for known in self.integrations if known.name == name), None)

    def executor(self, name: str) -> ConfiguredExecutor | None:
        """The configured executor of this name, or None when it is absent."""
        return next((known for known in self.executors if known.name == name), None)

    def rules(self, evidence_sources: Sequence[str] | None = None) -> Rules:
        """What pure decisions are made from.

        `evidence_sources` are the names of the sources that were built; without it, the names of
        the configured integrations that have any.
        """
        if evidence_sources is None:
            evidence_sources = [
                known.name for known in self.integrations if known.integration.sources
            ]
        return Rules(
            routing=self.routing,
            maintenance=self.maintenance,
            catalogue=self.catalogue,
            mode=self.mode,
            zone=self.zone,
            severity_by_priority=self.severity_by_priority,
            severity_by_urgency=self.severity_by_urgency,
            return_within=self.return_within,
            archive_after=self.archive_after,
            cadence=self.cadence,
            evidence_sources=tuple(evidence_sources),
            evidence_window=self.evidence_window,
            evidence_horizon=self.evidence_horizon,
            channel_prefix=self.slack.channel_prefix,
            visibility=self.slack.visibility,
            channels=self.slack.channels,
            commands=self.slack.commands,
            pin_emoji=self.slack.pin_emoji,
            permissions=self.permissions,
            policy=self.policy,
            guests=self.slack.guests,
            accounts=self.slack.people,
            tells_pager=self.tell_pager,
            postmortem=self.postmortem,
        )

    def found_secrets(self) -> Iterator[tuple[str, FoundSecrets]]:
        """Every secret field with the section it belongs to: `slack`, `integrations.github`."""
        yield "slack", self.slack.bot_token
        yield "slack", self.slack.signing_secret
        yield "slack", self.slack.app_token
        for known in self.integrations:
            for found in known.found:
                yield f"integrations.{known.name}", found
        for executor in self.executors:
            for found in executor.found:
                yield f"executors.{executor.name}", found

    def named_secrets(self) -> Iterator[tuple[str, FoundSecrets]]:
        """Every secret that `executors:` gives a name to, with its key."""
        for executor in self.executors:
            for found in executor.named:
                yield f"executors.{executor.name}.secrets.{found.wanted.name}", found

    def known_secrets(self) -> tuple[str, ...]:
        """The current value of every secret opsbot holds, for the scrubber; unreadable ones are
        left out, so ask again rather than keeping the answer."""
        values: list[str] = []
        for _, found in (*self.found_secrets(), *self.named_secrets()):
            values += readable(found.secrets)
        if self.heartbeat_url is not None:
            values += readable([self.heartbeat_url])
        for url in (self.database_url, self.http.https_proxy, self.http.http_proxy):
            values += [password] if (password := password_in(url)) else []
        return tuple(dict.fromkeys(values))
