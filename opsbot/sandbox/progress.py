"""What the demo prints while the incident unfolds: one line a fact, timed from the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.text import Text

from opsbot.core.evidence import SourceReport
from opsbot.sandbox.slack.model import Change
from opsbot.sandbox.slack.workspace import Workspace

_HEALTH_STYLE = {"fresh": "green", "stale": "yellow", "sparse": "yellow", "unreachable": "red"}


class Progress:
    """Prints facts as they happen; `since` gives the seconds since the page."""

    def __init__(
        self, console: Console, workspace: Workspace, since: Callable[[], float | None]
    ) -> None:
        self._console, self._workspace, self._since = console, workspace, since
        self._told: set[str] = set()

    def say(self, what: str, detail: str = "", style: str = "bold") -> None:
        """Print one fact."""
        since = self._since()
        clock = "         " if since is None else f"{since * 1000:6.0f} ms"
        text = Text(f"{clock}  ", style="dim")
        text.append(f"{what:<22}", style=style)
        text.append(detail)
        self._console.print(text, soft_wrap=True)

    def change(self, change: Change) -> None:
        """Tell of a change in the workspace, once per kind and place."""
        channel = self._workspace.channels.get(change.channel)
        name = f"#{channel.name}" if channel else ""
        if change.kind == "channel_created":
            self.say("room created", name)
        elif (
            change.kind == "message_posted"
            and channel
            and change.user == self._workspace.bot_user_id
        ):
            self._posted(change, name)
        elif change.kind == "member_joined" and channel and channel.name.startswith("inc-"):
            user = self._workspace.users.get(change.user)
            if user and not user.is_bot:
                self.say("responder invited", f"{user.real_name} to {name}")
        elif change.kind == "topic_changed" and channel:
            self.say("topic set", channel.topic.value, style="")

    def _posted(self, change: Change, name: str) -> None:
        message = self._workspace.message(change.channel, change.ts)
        if message is None or change.detail.get("subtype"):
            return
        metadata: dict[str, Any] = message.metadata or {}
        slot = str(metadata.get("event_payload", {}).get("slot", "message"))
        words = {
            "card": "card posted", "digest": "digest line posted",
            "timeline": "timeline in thread",
        }.get(slot, "posted")  # fmt: skip
        self.say(words, name)

    def report(self, report: SourceReport) -> None:
        """Tell of a source's answer."""
        findings = f"{len(report.findings)} finding{'' if len(report.findings) == 1 else 's'}"
        gaps = f", {len(report.gaps)} gaps" if report.gaps else ""
        detail = f"{report.kind:<8} {report.health:<12} {findings}{gaps} in {report.duration_ms} ms"
        self.say(f"evidence {report.source}", detail, style=_HEALTH_STYLE[report.health])
