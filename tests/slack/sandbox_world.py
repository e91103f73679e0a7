"""A SlackRoom on the sandbox Slack over real HTTP, on a clock both share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from opsbot.sandbox.slack import faults
from opsbot.sandbox.slack.server import BOT_TOKEN, SlackSandbox
from opsbot.sandbox.slack.visible_text import of_message
from opsbot.sandbox.slack.workspace import Workspace
from opsbot.slack.directory import Directory
from opsbot.slack.gateway import Gateway
from opsbot.slack.room import SlackRoom
from tests.slack.clocks import HastyClock

_METHODS = {
    "open_channel": "conversations.create", "post": "chat.postMessage",
    "upload": "files.completeUploadExternal", "share": "files.completeUploadExternal",
}  # fmt: skip


class SandboxWorld:
    """The sandbox, a gateway and a room; also the World of the contract suite."""

    def __init__(self, sandbox: SlackSandbox, gateway: Gateway, clock: HastyClock) -> None:
        self.sandbox = sandbox
        self.gateway = gateway
        self.clock = clock
        self.directory = Directory(gateway, clock, {"p-mapped": "U0MAPPED"})
        self.room = SlackRoom(gateway, self.directory, clock)

    @property
    def workspace(self) -> Workspace:
        return self.sandbox.workspace

    def now(self) -> datetime:
        return self.clock.now()

    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds

    def add_accounts(self) -> None:
        self.workspace.add_user("ada", email="ada@example.com")
        self.workspace.add_user("gus", email="gus@example.com", is_restricted=True)
        self.workspace.add_user("dee", email="dee@example.com", deleted=True)

    def account(self, name: str) -> str:
        return next(user.id for user in self.workspace.users.values() if user.name == name)

    def hold_name(self, name: str) -> None:
        self.workspace.add_channel(name)

    def lose_answer(self, move: str) -> None:
        self.sandbox.faults.add(_METHODS[move], faults.committed_then_timeout(), times=1)

    def channel_names(self) -> list[str]:
        return [channel.name for channel in self.workspace.channels.values()]

    def words(self, channel_id: str, *, thread_ts: str = "") -> list[str]:
        if not thread_ts:
            return [of_message(message) for message in self.workspace.posts(channel_id)]
        replies = self.workspace.channels[channel_id].replies(thread_ts)
        return [of_message(message) for message in replies]

    def members(self, channel_id: str) -> list[str]:
        return self.workspace.channels[channel_id].members

    def topic(self, channel_id: str) -> str:
        return self.workspace.channels[channel_id].topic.value

    def pins(self, channel_id: str) -> list[str]:
        return [pin.ts for pin in self.workspace.channels[channel_id].pins]

    def bookmarks(self, channel_id: str) -> list[str]:
        return [bookmark.link for bookmark in self.workspace.channels[channel_id].bookmarks]

    def is_private(self, channel_id: str) -> bool:
        return self.workspace.channels[channel_id].is_private

    def is_archived(self, channel_id: str) -> bool:
        return self.workspace.channels[channel_id].archived

    def picture(self, file_id: str) -> bytes:
        return self.workspace.files[file_id].data or b""

    def pictures(self) -> int:
        return len(self.workspace.files)

    def shared(self, channel_id: str, thread_ts: str) -> list[tuple[str, str, bytes]]:
        held = self.workspace.channels[channel_id].messages.values()
        found = [m for m in held if m.files and (m.thread_ts or "") == thread_ts]
        files = (self.workspace.files[one] for message in found for one in message.files)
        return [(file.name, file.title, file.data or b"") for file in files]

    def calls(self, method: str) -> int:
        return sum(entry.method == method for entry in self.sandbox.journal.calls)


@asynccontextmanager
async def sandbox_world(
    token: Callable[[], str] = lambda: BOT_TOKEN, timeout: float = 0.5
) -> AsyncGenerator[SandboxWorld]:
    """Start everything on loopback, and stop it."""
    clock = HastyClock()
    sandbox = SlackSandbox(Workspace(clock=clock), environ={})
    base_url = await sandbox.start()
    gateway = Gateway(token=token, clock=clock, base_url=base_url, timeout=timeout)
    await gateway.start()
    try:
        yield SandboxWorld(sandbox, gateway, clock)
    finally:
        await gateway.close()
        await sandbox.stop()
