"""Claims of what cannot be taken back or looked for: sent once, and again only after a refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from opsbot.ports import Ports

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # of a mark that says: no refusal was heard


async def claimed(ports: Ports, base: str) -> str | None:
    """The claim by which something may be sent now: the first one, or another after each that was
    refused. None when one was begun and nobody knows what came of it."""
    for number in count(1):
        claim = base if number == 1 else f"{base}:{number}"
        if await ports.record.claim(claim, ports.clock.now()) is None:
            return claim
        # Asking leaves a mark of its own, so that asking again finds no refusal either.
        if await ports.record.claim(_refusal(claim), _NEVER) in (None, _NEVER):
            return None
    return None


async def refused(ports: Ports, claim: str) -> None:
    """What was claimed was refused, so it did not happen, and may be tried under another claim."""
    await ports.record.claim(_refusal(claim), ports.clock.now())


def _refusal(claim: str) -> str:
    return f"{claim}:refused"
