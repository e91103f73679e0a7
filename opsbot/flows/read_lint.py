"""What a postmortem lacks, found before the record is locked and beside the event loop: a long
record takes a while to read, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.lint import lint
from opsbot.core.postmortem.material import Background
from opsbot.core.reading import Reading
from opsbot.core.service import Catalogue
from opsbot.core.standing import Standing
from opsbot.core.verb import Reads, Verb
from opsbot.flows.answering import understand
from opsbot.ports import Ports


async def read_lint(
    ports: Ports, book: tuple[Verb, ...], reading: Reading, me: Standing
) -> tuple[str, ...] | None:
    """What the lint says of the incident; None where nobody asks for it, or may."""
    verb = reading.verb
    if verb is None or Reads.LINT not in verb.reads or reading.values.get("do") != "lint":
        return None
    rules, now = ports.rules, ports.clock.now()
    understood = await understand(ports.record, book, reading.asked, me, rules, now)
    incident = understood.incident
    if understood.denied is not None or incident is None:
        return None
    entries = await ports.record.entries(incident.id)
    return await asyncio.to_thread(_lint, incident, entries, rules.catalogue)


def _lint(incident: Incident, entries: Sequence[Entry], catalogue: Catalogue) -> tuple[str, ...]:
    document = postmortem(incident, entries, Background(catalogue=catalogue))
    return tuple(problem.text for problem in lint(document))
