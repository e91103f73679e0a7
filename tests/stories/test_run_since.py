"""What changed since a run was asked for, on the disk and in Slack itself: a runbook's file that is
edited before opsbot starts again, a group that somebody leaves, accounts that never may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsbot.core.run import Run
from opsbot.sandbox.slack.model import Message
from tests.stories.actor import Actor, until
from tests.stories.theatre import NO_EVIDENCE, Theatre, both_doors, stored_in, theatre

ANYBODY: Mapping[str, Any] = {**NO_EVIDENCE, "policy": {"approvers": {"everybody": True}}}
Edit = Callable[[Path], None]


def write(folder: Path, say: str = "the first words", **by: Any) -> Path:
    """A runbook that only says something, and asks for somebody else's yes."""
    book = {
        "title": "Say it", "owner": "platform", "risk": "medium",
        "guard": {"target": "the audience"}, "approval": {"by": by},
        "steps": [{"name": "say", "executor": "noop", "do": {"say": say}}],
    }  # fmt: skip
    (folder / "runbooks").mkdir(parents=True, exist_ok=True)
    path = folder / "runbooks" / "say-it.yaml"
    path.write_text(yaml.safe_dump(book), "utf-8")
    return path


async def asked(play: Theatre) -> tuple[Actor, Message]:
    """Jules asks for it; the message with the button, in the room."""
    await play.page()
    room, jules = await play.until_room(), play.as_person("jules")
    preview = await jules.ask("run say-it", room.id)
    assert (await jules.press(preview, "run:do-way=ask")).ok
    await play.until(lambda: bool(play.messages("run:")), "the run's message")
    (message,) = play.messages("run:", room.id)
    return jules, message


async def newest(play: Theatre) -> Run:
    """The run that was asked for last."""
    return max((await play.numbered(1)).runs.values(), key=lambda run: run.seq)


def other_words(path: Path) -> None:
    """Somebody edits the file in place."""
    path.write_text(path.read_text("utf-8").replace("the first words", "other words"), "utf-8")


@pytest.mark.parametrize("edit", [other_words, Path.unlink], ids=["edited", "removed"])
async def test_a_file_that_was_edited_since_is_not_what_was_asked_for(
    database_url: str, tmp_path: Path, edit: Edit
) -> None:
    """opsbot starts again with it between the card and the click: the click is told so."""
    path = write(tmp_path / "s")
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **NO_EVIDENCE) as play:
        _, message = await asked(play)
        await play.restart(meanwhile=lambda: edit(path))
        if by_socket:
            await play.until(lambda: play.stage.slack.sockets.connected, "a socket")
        told = await play.as_person("noor").presses(message, "approve")
        assert "edited" in told
        run = await newest(play)
        assert (run.waits, run.steps) == (True, ())


async def test_whoever_left_the_group_in_slack_cannot_approve(tmp_path: Path) -> None:
    """Slack is asked at the click; whoever is in it now can."""
    async with theatre(tmp_path / "s", **NO_EVIDENCE) as play:
        noor, sam = play.as_person("noor"), play.as_person("sam")
        group = play.workspace.add_usergroup("sre", [noor.id, sam.id])
        write(tmp_path / "s", groups={"sre": group.id})
        await play.restart()
        _, message = await asked(play)
        group.users.remove(noor.id)
        told = await noor.presses(message, "approve")
        assert "You cannot approve this one" in told
        assert (await newest(play)).waits
        assert "Approved" in await sam.presses(message, "approve")
        run = await newest(play)
        assert [one.standing for one in run.approvals] == ["member of sre"]


@pytest.mark.parametrize("account", ["guest", "bot", "stranger"])
async def test_such_an_account_cannot_approve(tmp_path: Path, account: str) -> None:
    """With everybody allowed to: that is every full member of the workspace."""
    kinds = {"guest": "is_restricted", "bot": "is_bot", "stranger": "is_stranger"}
    write(tmp_path / "s")
    async with theatre(tmp_path / "s", slack={"guests": "allow"}, **ANYBODY) as play:
        _, message = await asked(play)
        user = play.workspace.add_user("outsider", email="o@example.com")
        setattr(user, kinds[account], True)
        play.rooms()[0].members.append(user.id)
        outsider = Actor(play.stage.slack, user, message.channel)
        handled = play.handled
        assert (await outsider.press(message, "approve")).ok
        await until(lambda: play.handled > handled, "the press is worked on")
        run = await newest(play)
        assert (run.waits, run.approvals, run.outcome) == (True, (), None)
        assert "Approved" in await play.as_person("noor").presses(message, "approve")
