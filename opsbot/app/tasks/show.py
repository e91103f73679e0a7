"""`opsbot show NUMBER`: an incident as its record tells it, for terminals and for machines."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from typing import Any

from pydantic_core import to_jsonable_python
from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.paper import say
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.cards.plain import as_text
from opsbot.config import Settings
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.incident_card import incident_card
from opsbot.core.timeline import TimelineEntry, build_timeline


def run(arguments: Namespace) -> int:
    """Print the incident. Answers 1 when there is none of this number."""
    number = incident_number(arguments.incident)
    settings = read_settings(arguments)
    found = asyncio.run(_read(settings, number))
    if found is None:
        print(f"opsbot: there is no INC-{number} on the record", file=sys.stderr)  # noqa: T201 - the command line's own error
        return 1
    incident, entries = found
    if arguments.json:
        print(json.dumps(as_data(settings, incident, entries), indent=2))  # noqa: T201 - the output
    else:
        _print(settings, incident, build_timeline(entries))
    return 0


def incident_number(text: str) -> int:
    """Read `42`, `#42` or `INC-42`; exits with a sentence otherwise."""
    digits = text.lower().removeprefix("inc-").removeprefix("#")
    if not digits.isdigit():
        raise SystemExit(f"opsbot: {text!r} is no incident number; write 42 or INC-42")
    return int(digits)


async def _read(settings: Settings, number: int) -> tuple[Incident, tuple[Entry, ...]] | None:
    async with open_record(settings, SystemClock()) as record:
        incident_id = await record.by_number(number)
        if incident_id is None:
            return None
        return await record.incident(incident_id), tuple(await record.entries(incident_id))


def as_data(settings: Settings, incident: Incident, entries: tuple[Entry, ...]) -> dict[str, Any]:
    """The incident as plain JSON values: itself, timeline, evidence and card text."""
    surface = incident.surface
    return {
        "incident": {
            "key": incident.id, "number": incident.number, "title": incident.title,
            "severity": str(incident.severity), "status": str(incident.status),
            "closure": incident.closure, "placement": str(incident.placement),
            "room": {"channel_id": surface.channel_id, "name": surface.channel_name},
            "responders": [p.name for p in surface.invited],
            "not_here": [{"name": p.name, "reason": p.reason} for p in surface.missing],
            "evidence_complete": incident.evidence_complete_at is not None,
        },
        "timeline": [
            {
                "at": line.at.isoformat(), "text": line.text, "source": line.source,
                "also": list(line.also), "entry": line.seq, "late": line.late, "gap": line.gap,
                "link": line.link,
            }
            for line in build_timeline(entries)
        ],
        "evidence": [to_jsonable_python(report) for report in incident.reports.values()],
        "card_text": as_text(incident_card(incident, settings.rules())),
    }  # fmt: skip


def _print(settings: Settings, incident: Incident, timeline: tuple[TimelineEntry, ...]) -> None:
    console = Console(highlight=False)
    say(console, as_text(incident_card(incident, settings.rules())), hang=14)
    console.print("\nTimeline", style="bold")
    for line in timeline:
        mark = "! " if line.gap else "  "
        source = ", ".join((line.source, *line.also))
        say(console, f"{mark}{line.at:%Y-%m-%d %H:%M:%S}  {line.text}  ({source})", hang=23)
