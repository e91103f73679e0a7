"""What stands in the sandbox Slack for the pages of a run, and what the record says of them."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.core.incident import Incident
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.slack.model import Channel, Message
from opsbot.sandbox.stage import Stage
from opsbot.store.record import SqlRecord


def is_whole(incident: Incident | None) -> bool:
    """Whether the room has all that a page asks for."""
    if incident is None or incident.evidence_complete_at is None:
        return False
    surface = incident.surface
    return bool(
        surface.channel_id
        and {"card", "digest", "timeline"} <= set(surface.messages)
        and {"topic", "pin", "on_call"} <= set(surface.facts)
    )


async def find(record: SqlRecord, page: Page) -> Incident | None:
    """The incident that holds a page."""
    async with record.transaction() as tx:
        found = await tx.find_origin("pagerduty", page.id)
    return await record.incident(found) if found else None


def rooms_of(stage: Stage) -> list[Channel]:
    """The channels that opsbot made."""
    workspace = stage.slack.workspace
    return [c for c in workspace.channels.values() if c.creator == workspace.bot_user_id]


def messages_of(stage: Stage) -> Iterator[tuple[str, str, Message]]:
    """Incident and slot of every message of ours that stands, and the message."""
    for channel in stage.slack.workspace.channels.values():
        for message in channel.messages.values():
            payload = (message.metadata or {}).get("event_payload", {})
            if payload.get("incident") and not message.deleted:
                yield payload["incident"], payload["slot"], message
