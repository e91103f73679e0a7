"""The sandbox workspace as a scenario wants it: its people, the digest and the ops channel."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.sandbox.scenario import Person, Scenario
from opsbot.sandbox.slack.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The fixed channels, by id."""

    digest: str
    ops: str
    shadow: str


def seed(workspace: Workspace, scenario: Scenario) -> Places:
    """Add the scenario's people as Slack knows them, and the channels opsbot is configured with."""
    members = [_add(workspace, person) for person in scenario.people if person.slack == "member"]
    for person in scenario.people:
        if person.slack != "member":
            _add(workspace, person)
    bot = workspace.bot_user_id
    present = [bot, *(member for member in members if member)]
    return Places(
        digest=workspace.add_channel("incidents", members=present).id,
        ops=workspace.add_channel("opsbot-ops", members=present[:2]).id,
        shadow=workspace.add_channel("opsbot-shadow", is_private=True, members=present[:2]).id,
    )


def _add(workspace: Workspace, person: Person) -> str:
    if person.slack == "unmatched":
        return ""
    name = person.email.partition("@")[0].lower()
    return workspace.add_user(
        name, real_name=person.name, email=person.email,
        deleted=person.slack == "deactivated",
        is_restricted=person.slack == "guest", is_ultra_restricted=person.slack == "guest",
    ).id  # fmt: skip
