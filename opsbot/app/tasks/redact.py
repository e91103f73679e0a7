"""`opsbot redact NUMBER ENTRY --reason WHY`: remove one entry's words for good."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace

from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.app.tasks.show import incident_number
from opsbot.config import Settings
from opsbot.core.people import Actor, ActorKind
from opsbot.flows.intake import LOCK, follow
from opsbot.store.redact import NoSuchEntry


def run(arguments: Namespace) -> int:
    """Redact and say so. Answers 1 when there is no such incident or entry."""
    settings = read_settings(arguments)
    number = incident_number(arguments.incident)
    try:
        asyncio.run(_redact(settings, number, arguments.entry, arguments.reason, arguments.by))
    except (NoSuchEntry, LookupError) as missing:
        print(f"opsbot: {missing}", file=sys.stderr)  # noqa: T201 - the command line's own error
        return 1
    print(  # noqa: T201 - the output
        f"entry {arguments.entry} of INC-{number} is redacted; `opsbot verify {number}` still "
        "passes and shows it as redacted. A running opsbot edits its cards within half a minute, "
        "and writes the postmortem anew if there is one. Backups made before still hold the words."
    )
    return 0


async def _redact(settings: Settings, number: int, entry: int, reason: str, by: str) -> None:
    clock = SystemClock()
    async with open_record(settings, clock) as record:
        incident_id = await record.by_number(number)
        if incident_id is None:
            raise LookupError(f"there is no INC-{number} on the record")
        actor = Actor(kind=ActorKind.PERSON, id="cli", name=by)
        async with record.transaction(LOCK) as tx:
            before = await tx.incident(incident_id)
            said = await tx.redact(incident_id, entry, actor, reason)
            # Owes cards, and the postmortem if there is one, together with what was taken out.
            await follow(tx, before, cause=said.key, rules=settings.rules(), now=clock.now())
        await record.scour()
