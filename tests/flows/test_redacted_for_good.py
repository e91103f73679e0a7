"""A word that stood in every text of a run, in its output, in a picture and in two published
postmortems is nowhere in the store once those entries are redacted and the next version is out."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Draft
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT, Actor, ActorKind
from opsbot.core.series import Series, pack
from opsbot.store.record import SqlRecord
from opsbot.store.verify import verify
from tests.commands.office import replace
from tests.core.spoken import spoken
from tests.fakes.keeping import keep_blob
from tests.flows.desk_of_learning import Desk
from tests.store.conftest import record_at

WORD = "zebraquux"
ABOUT_RUNS: tuple[type[Any], ...] = (
    e.RunRequested, e.RunApproved, e.RunStarted, e.StepStarted, e.StepProgressed, e.StepFinished,
    e.RunVerified, e.RunFinished, e.RunJudged, e.RunDenied, e.RunOutputShared,
)  # fmt: skip
KIM = Actor(kind=ActorKind.PERSON, id="slack:U0KIM", name="Kim")


def desk_on(url: str) -> tuple[Desk, SqlRecord]:
    """A desk whose record lies in a file, and that record."""
    desk = Desk()
    record: Any = record_at(url, desk.clock)
    desk.record = record
    desk.ports = replace(desk.ports, record=record)
    desk.desk._ports = desk.ports  # pyright: ignore[reportPrivateUsage] # its one dependency
    return desk, record


def on_disk(folder: Path) -> bytes:
    """The database with its log; what people typed stands in the inbox, which is no part of it."""
    return b"".join(file.read_bytes() for file in folder.glob("record.db*"))


async def spoken_of(desk: Desk, incident: Incident) -> list[int]:
    """The word is said by a run, its output and a picture; the entries that say it."""
    output = await keep_blob(desk.record, f"line one\n{WORD}\n".encode())
    at = desk.clock.now()
    series = Series(
        service="checkout-api", name=WORD, unit="ratio",
        points=tuple((at + timedelta(minutes=n), 0.5) for n in range(-5, 5)),
    )  # fmt: skip
    picture = e.Illustrated(
        slot="chart:page", blob=await keep_blob(desk.record, pack(series)), file_id="F1",
        title=WORD, alt=WORD,
    )  # fmt: skip
    told = [
        spoken(kind, WORD, **({"output": output} if kind is e.StepFinished else {}))
        for kind in ABOUT_RUNS
    ]
    drafts = [
        Draft(key=f"told:{index}", occurred_at=at, actor=KIM if index else OPSBOT,
              source="opsbot", body=body)
        for index, body in enumerate((*told, picture))
    ]  # fmt: skip
    return [entry.seq for entry in await desk.record.append(incident.id, drafts)]


@pytest.mark.parametrize("seed", range(2))
async def test_the_word_is_in_no_row_and_in_no_blob(
    sqlite_url: str, tmp_path: Path, seed: int
) -> None:
    """In whatever order they are redacted; and the record verifies."""
    desk, record = desk_on(sqlite_url)
    try:
        incident = await desk.page()
        entries = await spoken_of(desk, incident)
        room = incident.surface.channel_id
        await desk.typed("resolve fixed rolled back", at=room)
        incident = await desk.quiet(incident)
        incident = await desk.says(incident, 'followup "alert on memory"')
        assert [len(await desk.published(incident, name)) for name in ("shelf", "wiki")] == [2, 2]
        assert WORD in desk.shelf.only.text.lower()
        assert on_disk(tmp_path).count(WORD.encode()) > 20
        random.Random(seed).shuffle(entries)
        for seq in entries[1:]:
            await record.redact(incident.id, seq, KIM, "a customer")
        await desk.typed(f"redact #{entries[0]} a customer", at=room)
        incident = await desk.quiet(incident)
        assert WORD not in desk.shelf.only.text + desk.wiki.only.document.data
        assert WORD not in repr(incident)
        assert (await verify(record)).ok
        assert WORD.encode() not in on_disk(tmp_path)
    finally:
        await record.close()
