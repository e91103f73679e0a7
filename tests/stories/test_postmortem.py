"""What was learnt: an incident is resolved, its postmortem lies in a folder, people edit it, and a
follow-up is written into what they made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from opsbot.core import entry as e
from opsbot.sandbox.slack.model import Channel, StoredFile
from tests.stories.theatre import NO_EVIDENCE, Theatre, both_doors, stored_in, theatre

OWN = "\n<!-- opsbot:section luck -->\n## Where we were lucky\n\nRobin was awake.\n"


def settings(folder: Path, **integrations: Any) -> dict[str, Any]:
    """A second after the end, into this folder."""
    placed = {**integrations, "folder": {"path": str(folder)}}
    return {"postmortem": {"delay": "1s"}, "integrations": placed}


def files(play: Theatre, room: Channel) -> list[StoredFile]:
    """The files that were shared into the room, whoever reads its threads."""
    return [play.workspace.files[one] for m in room.messages.values() for one in m.files]


async def test_it_writes_itself_and_keeps_what_people_wrote(
    database_url: str, tmp_path: Path
) -> None:
    """From the resolution to the second version: files, room, digest, thread."""
    store, by_socket = stored_in(database_url), both_doors(database_url)
    folder = tmp_path / "postmortems"
    chosen = settings(folder, **NO_EVIDENCE["integrations"])
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **chosen) as play:
        await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        await jules.press(play.card, "lead")
        await play.until_card("lead Jules Demo")
        assert "is resolved" in await jules.ask('resolve fixed "rolled back"', room.id)
        await play.until(lambda: len(list(folder.glob("*.html"))) == 1, "the files")
        await play.until(lambda: len(play.messages("postmortem", room.id)) == 1, "the message")
        (shown,) = play.messages("postmortem", room.id)
        await play.until(lambda: "folder: " in shown.text, "where it lies")
        await play.until(lambda: len(files(play, room)) == 1, "the file in the thread")
        (markdown,) = folder.glob("*.md")
        first = markdown.read_text("utf-8")
        assert "Jules Demo" in first
        assert files(play, room)[0].data == first.encode()
        (data,) = folder.glob("*.json")
        assert json.loads(data.read_text("utf-8"))["postmortem"]["number"] == 1
        (digest,) = play.messages("digest")
        await play.until(lambda: "Postmortem" in digest.text, "the digest's line")

        markdown.write_text(first.replace("## Detection\n", "## Detection\n\nA friend called.\n")
                            + OWN, "utf-8")  # fmt: skip
        assert "Follow-up 1 is set" in await jules.ask('followup "alert on memory"', room.id)
        await play.until(
            lambda: "alert on memory" in markdown.read_text("utf-8"), "the follow-up in the file"
        )
        second = markdown.read_text("utf-8")
        assert "A friend called." in second
        assert second.endswith(OWN)
        assert "<<<<<<<" not in second
        (page,) = folder.glob("*.html")
        assert "A friend called." in page.read_text("utf-8")
        await play.until(lambda: "1 follow-up without an owner" in shown.text, "what is left")
        await play.until(lambda: len(files(play, room)) == 2, "the newer file in the thread")
        told = await jules.ask("postmortem", room.id)
        assert str(markdown) in told
        kinds = [type(one.body) for one in await play.entries(1)]
        assert (kinds.count(e.PostmortemDrafted), kinds.count(e.PostmortemFailed)) == (2, 0)


async def test_a_pull_request_holds_it_and_a_broken_place_holds_up_nothing(
    tmp_path: Path,
) -> None:
    """GitHub gets it with its charts; the folder that cannot be written to is said in the room."""
    folder = tmp_path / "postmortems"
    folder.write_text("in the way\n")
    chosen = settings(folder, github={"postmortems": {"repository": "acorn-rye/postmortems"}})
    async with theatre(tmp_path / "s", "memory-limit", **chosen) as play:
        page = await play.page()
        room = await play.until_room()
        await play.until_record(page, lambda incident: "chart:page" in incident.pictures)
        jules = play.as_person("jules")
        assert "is resolved" in await jules.ask("resolve fixed INC-1")
        git = play.stage.world.github.repository("acorn-rye/postmortems")
        await play.until(lambda: len(git.pulls) == 1, "the pull request")
        assert git.pulls[0].title.startswith("INC-1: ")
        files_there = git.branch("opsbot/inc-1").files
        charts = [path for path in files_there if "/chart-page-" in path]
        assert charts
        (written,) = (text for path, text in files_there.items() if path.endswith(".md")
                      and path.startswith("postmortems/"))  # fmt: skip
        assert charts[0].removeprefix("postmortems/").encode() in written
        await play.until(lambda: bool(play.messages("postmortem", room.id)), "the message")
        (shown,) = play.messages("postmortem", room.id)
        (digest,) = play.messages("digest")
        await play.until(lambda: "github" in digest.text, "the digest's link")
        await play.until(lambda: "github" in shown.text, "the room's link")
        assert folder.read_text() == "in the way\n"
