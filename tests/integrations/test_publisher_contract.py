"""The contract suite of Publisher on the fake, a folder, GitHub and Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Draft
from opsbot.core.people import OPSBOT
from opsbot.integrations.folder.publisher import FolderPublisher
from opsbot.integrations.github import INTEGRATION as GITHUB
from opsbot.ports import Http, HttpAnswer, HttpFailure, Outcome, Published, Publisher, Unsure
from opsbot.sandbox.github_git import GitRepository
from opsbot.sandbox.world import API_TOKEN
from opsbot.slack.postmortem import SlackPublisher
from opsbot.store.memory import MemoryRecord
from tests.fakes.publisher import FakePublisher
from tests.integrations.publisher_contract import (
    INCIDENT,
    EditablePublisherContract,
    EditableWorld,
    PublisherContract,
    World,
    value,
)
from tests.integrations.stage import outgoing, wiring
from tests.sandbox.world_rig import running
from tests.slack.room_contract import CARD
from tests.slack.sandbox_world import SandboxWorld, sandbox_world

POSTMORTEMS = "acorn-rye/postmortems"


class FakeWorld:
    """A FakePublisher as the contract suite wants it."""

    def __init__(self) -> None:
        self.publisher = FakePublisher()

    def text(self) -> str:
        return self.publisher.only.text

    def count(self) -> int:
        return len(self.publisher.placed)

    def lose_answers(self) -> None:
        self.publisher.lose()

    def edit(self, text: str) -> None:
        self.publisher.only.text = text

    def remove(self) -> None:
        self.publisher.placed.clear()


class TestFakePublisher(EditablePublisherContract):
    @pytest.fixture
    def world(self) -> EditableWorld:
        return FakeWorld()


class _Losing(FolderPublisher):
    """A folder whose writer is killed between the last file and the answer."""

    loses = False

    async def publish(self, document: object, held: Published | None) -> Outcome[Published]:
        done = await super().publish(document, held)  # type: ignore[arg-type] # passed on
        if not self.loses:
            return done
        self.loses = False
        return Unsure(reason="killed")


class FolderWorld:
    """A folder as the contract suite wants it."""

    def __init__(self, root: Path, *, private: bool = False) -> None:
        self.root = root
        self.publisher = _Losing(root=root, takes_private=private)

    @property
    def _files(self) -> list[Path]:
        return sorted(self.root.glob("*.md"))

    def text(self) -> str:
        (file,) = self._files
        return file.read_text("utf-8")

    def count(self) -> int:
        return len(self._files)

    def lose_answers(self) -> None:
        self.publisher.loses = True

    def edit(self, text: str) -> None:
        self._files[0].write_text(text, "utf-8")

    def remove(self) -> None:
        self._files[0].unlink()


class TestFolder(EditablePublisherContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> EditableWorld:
        return FolderWorld(tmp_path / "postmortems")


class TestPrivateFolder(EditablePublisherContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> EditableWorld:
        return FolderWorld(tmp_path / "postmortems", private=True)


class LosingAnswers:
    """An Http whose pull requests are opened, and whose answers to that do not come."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self.loses = False

    async def request(self, method: str, url: str, **given: object) -> HttpAnswer:
        answer = await self._http.request(method, url, **given)  # type: ignore[arg-type] # passed on
        if self.loses and method == "POST" and url.endswith("/pulls"):
            self.loses = False
            raise HttpFailure("no answer in time", sent=True)
        return answer


class GitHubWorld:
    """The sandbox GitHub as the contract suite wants it; what is said of it is the open branch."""

    def __init__(self, http: Http, url: str, git: GitRepository) -> None:
        self.http, self.git = LosingAnswers(http), git
        chosen = {"api_url": url, "postmortems": {"repository": POSTMORTEMS}}
        settings = GITHUB.settings.model_validate(chosen)
        assert GITHUB.publisher is not None
        made = GITHUB.publisher(settings, wiring(self.http, {"token": [API_TOKEN]}))
        assert made is not None
        self.publisher: Publisher = made
        self.branch = "opsbot/inc-42"
        self.path = "postmortems/inc-42-logins-fail.md"

    def text(self) -> str:
        return self.git.file(self.branch, self.path)

    def count(self) -> int:
        return len(self.git.pulls)

    def lose_answers(self) -> None:
        self.http.loses = True

    def edit(self, text: str) -> None:
        self.git.edit(self.branch, self.path, text)

    def remove(self) -> None:
        self.git.remove(self.branch, self.path)


class TestGitHubOnTheSandbox(EditablePublisherContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[EditableWorld]:
        async with running() as rig, outgoing() as http:
            yield GitHubWorld(http, rig.urls.github, rig.world.github.repository(POSTMORTEMS))


class SlackWorld:
    """A room of the sandbox Slack, and the incident whose room it is."""

    def __init__(self, slack: SandboxWorld, record: MemoryRecord, where: tuple[str, str]) -> None:
        self._slack, self._where = slack, where
        self.publisher = SlackPublisher(record, slack.room, slack.clock)

    def text(self) -> str:
        return self._slack.shared(*self._where)[-1][2].decode()

    def count(self) -> int:
        return len({name for name, _, _ in self._slack.shared(*self._where)})

    def lose_answers(self) -> None:
        self._slack.lose_answer("share")


async def slack_room(slack: SandboxWorld) -> tuple[MemoryRecord, tuple[str, str]]:
    """An incident on a record, with its card in a room of its own."""

    async def nobody(channel_id: str) -> bool:
        return False

    opened = await slack.room.open_channel(
        ["inc-42"], private=False, opened_at=slack.now(), look_first=False, taken=nobody
    )
    channel = value(opened).channel_id
    ts = value(await slack.room.post(channel, CARD, slot="card", incident_id=INCIDENT)).ts
    record = MemoryRecord(slack.clock)
    bodies = [
        e.ChannelOpened(channel_id=channel, name="inc-42", adopted=False),
        e.MessageShown(slot="card", channel_id=channel, ts=ts, shown=""),
    ]
    at = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
    drafts = [
        Draft(key=type(body).__name__, occurred_at=at, actor=OPSBOT, source="slack", body=body)
        for body in bodies
    ]
    await record.append(INCIDENT, drafts)
    return record, (channel, ts)


class TestSlackOnTheSandbox(PublisherContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        async with sandbox_world() as slack:
            yield SlackWorld(slack, *await slack_room(slack))
