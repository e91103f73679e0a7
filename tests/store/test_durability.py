"""What was promised before a `kill -9` stands after it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from opsbot.store.inbox import open_inbox
from opsbot.store.verify import verify
from tests.fakes.clock import ManualClock
from tests.store.conftest import inbox_url, record_at

_CHILD = """
import asyncio, os, signal, sys
from opsbot.store.inbox import open_inbox
from tests.fakes.clock import ManualClock
from tests.store.conftest import record_at
from tests.store.drafts import note
from tests.store.test_inbox_contract import delivery

async def main(record_url, inbox_url):
    clock = ManualClock()
    record = record_at(record_url, clock)
    inbox = await open_inbox(inbox_url, clock=clock)
    for number in range(30):
        await inbox.put(delivery(f"k{number}"))
        async with record.transaction() as transaction:
            await transaction.append("inc-1", [note(f"k{number}")])
        assert await record.claim(f"k{number}", clock.now()) is None
        print(number, flush=True)
        if number == 20:
            unfinished = record.transaction()
            transaction = await unfinished.__aenter__()
            await transaction.append("inc-1", [note("never committed")])
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_everything_promised_before_a_kill_is_there(
    store_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    """Deliveries, entries and claims; and nothing of the transaction that was cut off."""
    where = inbox_url(store_url, tmp_path)
    child = subprocess.run(  # noqa: ASYNC221 - the test waits for our own interpreter
        [sys.executable, "-c", _CHILD, store_url, where],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
    promised = len(child.stdout.split())
    record = record_at(store_url, clock)
    inbox = await open_inbox(where, clock=clock)
    entries = await record.entries("inc-1")
    assert promised == len(entries) == await inbox.backlog() == 21
    assert entries[-1].key == "k20"
    assert await record.claim("k20", clock.now()) is not None
    assert (await verify(record)).ok
    await inbox.close()
    await record.close()
