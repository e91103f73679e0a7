"""kill -9 where a run waits, watches or goes back: it is still asked for, the deadline still runs,
and the way back is begun once at most."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.sandbox.slack.model import Message
from tests.stories import mark
from tests.stories.theatre import Theatre, both_doors, stored_in, theatre

WITHIN = 30.0  # seconds until something has come about in a process that starts again
NEVER_GOOD = {"query": "max(up)", "below": 0.5, "every": "5s", "within": "10s"}


def settings(folder: Path) -> dict[str, Any]:
    """A runbook whose step and way back leave marks, beside opsbot.yaml; and what allows it."""
    argv = [sys.executable, mark.__file__, str(folder / "marks.txt")]
    book: dict[str, Any] = {
        "title": "Leave marks", "owner": "platform", "risk": "medium",
        "guard": {"target": "the marks"}, "verification": NEVER_GOOD,
        "approval": {"page_after": "10s", "expires": "2m"},
        **{phase: [{"name": phase, "executor": "process", "timeout": "20s",
                    "do": {"argv": [*argv, phase]}}] for phase in ("steps", "rollback")},
    }  # fmt: skip
    (folder / "runbooks").mkdir(parents=True)
    (folder / "runbooks" / "leave-marks.yaml").write_text(yaml.safe_dump(book), "utf-8")
    others = dict.fromkeys(("loki", "tempo", "github"))
    return {
        "executors": {"process": {"programs": [sys.executable]}}, "integrations": others,
        "policy": {"approvers": {"everybody": True}},
    }  # fmt: skip


async def the_run(play: Theatre, holds: Callable[[Run], bool]) -> Run:
    """The one run, once it is so on the record."""
    run: Run | None = None
    for _ in range(int(WITHIN / 0.05)):
        run = next(iter((await play.numbered(1)).runs.values()), None)
        if run is not None and holds(run):
            return run
        await asyncio.sleep(0.05)
    raise AssertionError(f"the run never came to be so: {run}")


async def asked(play: Theatre) -> Message:
    """Jules asks for it; the message with the button, in the room."""
    await play.page()
    room, jules = await play.until_room(), play.as_person("jules")
    preview = await jules.ask("run leave-marks", room.id)
    assert (await jules.press(preview, "run:do-way=ask")).ok
    await play.until(lambda: bool(play.messages("run:")), "the run's message")
    (message,) = play.messages("run:", room.id)
    return message


async def killed(play: Theatre) -> None:
    """End opsbot as a power cut would, and start it again."""
    await play.stage.bot.kill()
    await asyncio.sleep(0.4)  # what it had started runs on, as it would
    await play.stage.bot.start()


def begun(folder: Path) -> Counter[str]:
    """How often each mark was left."""
    file = folder / "marks.txt"
    return Counter(file.read_text("utf-8").splitlines() if file.exists() else [])


WATCHING: Callable[[Run], bool] = lambda run: bool(run.check and run.check.since)  # noqa: E731
GOING_BACK: Callable[[Run], bool] = lambda run: bool(run.rollback)  # noqa: E731


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("moment", "ends"),
    [(WATCHING, RunOutcome.ROLLED_BACK), (GOING_BACK, RunOutcome.UNKNOWN)],
    ids=["while it watches", "while it goes back"],
)
async def test_what_was_done_is_not_done_again_and_the_way_back_is_taken_once(
    database_url: str, tmp_path: Path, moment: Callable[[Run], bool], ends: RunOutcome
) -> None:
    """The verification goes on with its deadline; a way back that was cut asks a person."""
    folder = tmp_path / "s"
    changes, store = settings(folder), stored_in(database_url)
    async with theatre(
        folder, environ=store, by_socket=both_doors(database_url), own_process=True, **changes
    ) as play:
        message = await asked(play)
        assert "Approved" in await play.as_person("noor").presses(message, "approve")
        await the_run(play, moment)
        if moment is GOING_BACK:  # it acts, too: between claim and act is test_run_crashes' moment
            await play.until(lambda: begun(folder)["rollback begun"] == 1, "the way back")
        await killed(play)
        run = await the_run(play, lambda run: run.outcome is not None)
        seen = begun(folder)
        assert seen["steps begun"] == 1
        assert seen["rollback begun"] == 1
        assert run.check is not None
        assert 10 <= run.check.took_s < 20
        assert run.outcome is ends, run.said
        if ends is RunOutcome.UNKNOWN:
            assert "nobody knows what came of the rollback" in run.said


@pytest.mark.timeout(120)
async def test_a_run_that_waits_is_still_asked_for_and_the_next_on_call_is_paged_once(
    database_url: str, tmp_path: Path
) -> None:
    """Neither the question nor its page is lost, and neither comes twice."""
    folder = tmp_path / "s"
    changes, store = settings(folder), stored_in(database_url)
    async with theatre(
        folder, environ=store, by_socket=both_doors(database_url), own_process=True, **changes
    ) as play:
        message = await asked(play)
        await killed(play)
        await play.until(lambda: bool(play.messages("page:")), "somebody is paged", WITHIN)
        await killed(play)
        await play.until(lambda: "paged" in play.messages("page:")[0].text, "who it was")
        assert len(play.messages("page:")) == len(play.messages("run:")) == 1
        (page,) = play.pagerduty.account.incidents.values()
        assert len(page.responders) == 1
        assert not begun(folder)
        assert "Approved" in await play.as_person("noor").presses(message, "approve")
        await the_run(play, lambda run: run.outcome is not None)
        assert begun(folder)["steps begun"] == 1
