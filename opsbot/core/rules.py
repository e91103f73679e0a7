"""The settings that pure decisions are made from, free of any file format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from opsbot.core.entry import Mode, Severity, Visibility
from opsbot.core.permission import Permission
from opsbot.core.policy import Policy
from opsbot.core.postmortem_rule import PostmortemRule
from opsbot.core.routing import DEFAULT_RULES, Maintenance, Rule
from opsbot.core.runbook import Runbook
from opsbot.core.service import Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The fixed Slack channels, by id; empty when not configured."""

    digest: str = ""
    ops: str = ""
    shadow: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How this installation decides: routing, severities, windows, the catalogue."""

    routing: tuple[Rule, ...] = DEFAULT_RULES
    maintenance: tuple[Maintenance, ...] = ()
    catalogue: Catalogue = field(default_factory=Catalogue)
    mode: Mode = Mode.LIVE
    zone: str = "UTC"
    severity_by_priority: tuple[tuple[str, Severity], ...] = ()
    severity_by_urgency: tuple[tuple[str, Severity], ...] = ()
    return_within: timedelta = timedelta(minutes=30)
    archive_after: timedelta = timedelta(days=1)
    evidence_sources: tuple[str, ...] = ()
    evidence_window: timedelta = timedelta(minutes=30)
    evidence_horizon: timedelta = timedelta(hours=24)
    channel_prefix: str = "inc-"
    visibility: Visibility = Visibility.PUBLIC
    channels: Channels = field(default_factory=Channels)
    commands: tuple[str, ...] = ("/incident", "/inc")  # the root first, then its aliases
    pin_emoji: tuple[str, ...] = ("pushpin", "round_pushpin")
    permissions: tuple[Permission, ...] = ()
    accounts: Mapping[str, str] = field(  # Slack ids by the pager's address or id
        default_factory=lambda: MappingProxyType({})
    )
    guests: bool = False  # whether guests of the workspace may use opsbot
    evidence_kinds: tuple[tuple[str, str], ...] = ()  # (source, kind) of `evidence_sources`
    runbooks: tuple[Runbook, ...] = ()
    policy: Policy = field(default_factory=Policy)
    # How often an incident of a severity wants an update; without a row nobody is reminded.
    cadence: tuple[tuple[Severity, timedelta], ...] = ()
    tells_pager: bool = True  # whether acts in Slack are done at the pager as well
    postmortem: PostmortemRule = field(default_factory=PostmortemRule)

    def runbook(self, name: str) -> Runbook | None:
        """The runbook of that name."""
        return next((one for one in self.runbooks if one.name == name), None)
