"""`opsbot replay FILE...`: what would happen for recorded deliveries, and why; nothing is sent.

The very code that takes live pages runs here, on a record in memory.
"""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table

from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.config import Settings
from opsbot.core.event import AlertEvent
from opsbot.core.room import room_plan
from opsbot.flows.intake import LOCK, OPS, take
from opsbot.integrations import Webhook, WebhookRefused
from opsbot.store.memory import MemoryRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One delivery and what it would do."""

    file: str
    event: str
    incident: str
    decision: str
    where: str
    why: str


class _EventClock(SystemClock):
    """Time as the deliveries tell it, so that old recordings are decided as of their own day."""

    def __init__(self) -> None:
        self.at = super().now()

    def now(self) -> datetime:
        return self.at


def run(arguments: Namespace) -> int:
    """Print a decision per delivery. Answers 1 when a file held no delivery that can be read."""
    settings = read_settings(arguments)
    told, problems = asyncio.run(replay(settings, [Path(name) for name in arguments.files]))
    if arguments.json:
        print(json.dumps([asdict(row) for row in told], indent=2))  # noqa: T201 - the output
    else:
        _print(told)
    for problem in problems:
        print(f"opsbot: {problem}", file=sys.stderr)  # noqa: T201 - the command line's own error
    return 1 if problems else 0


def _print(told: list[Told]) -> None:
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("event", "incident", "decision", "where", "why"):
        table.add_column(heading, overflow="fold")
    for row in told:
        table.add_row(row.event, row.incident, row.decision, row.where, row.why)
    Console().print(table)


async def replay(settings: Settings, files: list[Path]) -> tuple[list[Told], list[str]]:
    """Take every delivery of the files in order; answer what happened and what is unreadable."""
    webhook = _webhook(settings)
    rules, clock = settings.rules(), _EventClock()
    record = MemoryRecord(clock)
    told: list[Told] = []
    problems: list[str] = []
    for file in files:
        try:
            bodies = _bodies(file)
        except (OSError, ValueError) as error:
            problems.append(f"{file}: cannot be read as JSON ({error})")
            continue
        for body in bodies:
            try:
                event = webhook.parse(body)
            except WebhookRefused as refused:
                problems.append(f"{file}: {refused.reason}; {refused.cure}")
                continue
            clock.at = event.occurred_at
            async with record.transaction(LOCK) as tx:
                taken = await take(tx, event, rules, clock.at)
            incident = await record.incident(taken.incident_id)
            plan = room_plan(incident, rules, clock.at)
            where = str(plan.where) if taken.incident_id != OPS else "ops channel"
            told.append(_row(file, event, taken.reasons, incident.number, where, taken.action))
    return told, problems


def _row(
    file: Path, event: AlertEvent, reasons: tuple[str, ...], number: int, where: str, action: str
) -> Told:
    return Told(
        file=file.name,
        event=event.type,
        incident=f"INC-{number}" if number else "-",
        decision=action,
        where=where,
        why="; ".join(reasons),
    )


def _webhook(settings: Settings) -> Webhook:
    from opsbot.catalog import find_integration

    known = settings.integration("pagerduty")
    integration = known.integration if known else find_integration("pagerduty")
    if integration is None or integration.webhook is None:
        raise SystemExit("opsbot: this build has no pagerduty integration to read deliveries with")
    return integration.webhook


def _bodies(file: Path) -> list[bytes]:
    """One body, a JSON list of bodies, or one body a line."""
    text = file.read_text("utf-8")
    try:
        held = json.loads(text)
    except ValueError:
        held = [json.loads(line) for line in text.splitlines() if line.strip()]
    rows = cast("list[object]", held) if isinstance(held, list) else [held]
    return [json.dumps(row).encode() for row in rows]
