"""The whole file: every top-level key of `opsbot.yaml`, with its default and its meaning."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from opsbot.config.permission_section import PermissionRow
from opsbot.config.policy_section import PolicySection
from opsbot.config.postmortem_section import PostmortemSection
from opsbot.config.routing_section import MaintenanceWindow, RoutingRule
from opsbot.config.scalar import Duration, TimeZone, WebUrl, duration
from opsbot.config.section import (
    Database,
    Evidence,
    Http,
    Limits,
    Listen,
    Section,
    SeverityMap,
    Slack,
)
from opsbot.config.service_section import Link, ServiceSection
from opsbot.core.entry import Mode, Severity


class ConfigFile(Section):
    """`opsbot.yaml` as it is written."""

    mode: Mode = Field(
        default=Mode.LIVE,
        description="live, or shadow: everything in one private channel, nothing elsewhere.",
    )
    timezone: TimeZone = Field(
        default="UTC", description="Zone of `hours`, `days`, freezes and maintenance times."
    )
    intake: Literal["webhook", "poll"] = Field(
        default="webhook",
        description="How pages arrive: the pager calls opsbot (webhook), or opsbot asks it "
        "(poll), which needs no public address.",
    )
    poll_every: Duration = Field(
        default=duration("15s"), description="How often opsbot asks the pager with `intake: poll`."
    )
    tell_pager: bool = Field(
        default=True,
        description="Whether what people do in Slack (acknowledge, resolve, severity, notes) is "
        "done at the pager as well, in their name.",
    )
    listen: Listen = Field(default=Listen(), description="Where the doors are.")
    database: Database = Field(default=Database(), description="The record's database.")
    data_dir: str = Field(
        default="./data",
        description="Folder of the SQLite files; OPSBOT_DATA_DIR in the environment wins.",
    )
    ephemeral_disk: Literal["refuse", "allow"] = Field(
        default="refuse",
        description="Whether SQLite may run on a disk that is emptied at the next restart.",
    )
    heartbeat_url: WebUrl = Field(
        default="",
        description="Called only while intake, store and Slack work; HEARTBEAT_URL also gives it.",
    )
    heartbeat_url_file: str = Field(default="", description="File that holds heartbeat_url.")
    delivery_stuck_after: Duration = Field(
        default=duration("5m"),
        description="When Slack takes nothing for this long, the pager's incident gets a note.",
    )
    limits: Limits = Field(default=Limits(), description="Bounds that keep a flood outside.")
    http: Http = Field(default=Http(), description="How outgoing calls leave this network.")
    slack: Slack = Field(default=Slack(), description="The Slack workspace.")
    permissions: tuple[PermissionRow, ...] = Field(
        default=(), description="Verbs that only some may use; all others are for every member."
    )
    policy: PolicySection = Field(
        default=PolicySection(), description="Which runs of runbooks may be done, and by whom."
    )
    routing: tuple[RoutingRule, ...] | None = Field(
        default=None, description="Rules, first match wins; without any: high urgency opens a room."
    )
    maintenance: tuple[MaintenanceWindow, ...] = Field(
        default=(), description="Announced work whose pages open nothing."
    )
    severity: SeverityMap = Field(
        default=SeverityMap(), description="Which severity a page starts with."
    )
    return_within: Duration = Field(
        default=duration("30m"),
        description="A new page this soon after the end returns to the same room.",
    )
    archive_after: Duration = Field(
        default=duration("1d"), description="When the room of a finished incident is archived."
    )
    cadence: dict[Severity, Duration] = Field(
        default={Severity.SEV1: duration("30m"), Severity.SEV2: duration("1h")},
        description="How often an incident of a severity wants an update; its lead is reminded.",
    )
    evidence: Evidence = Field(default=Evidence(), description="How far back evidence is asked.")
    postmortem: PostmortemSection = Field(
        default=PostmortemSection(), description="What is written once an incident is over."
    )
    integrations: dict[str, Any] = Field(
        default={}, description="One key per vendor; an absent one is simply not used."
    )
    executors: dict[str, Any] = Field(
        default={},
        description="One key per way of acting that runbooks may use; an absent one is not there.",
    )
    links: tuple[Link, ...] = Field(default=(), description="Deep links of every service.")
    services: dict[str, ServiceSection] = Field(
        default={}, description="The service catalogue, by name."
    )
