"""What the demo prints while the incident unfolds: one line a fact, timed from the page."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.text import Text

from opsbot.core.evidence import SourceReport
from opsbot.sandbox.slack.model import Change
from opsbot.sandbox.slack.workspace import Workspace

_HEALTH_STYLE = {"fresh": "green", "stale": "yellow", "sparse": "yellow", "unreachable": "red"}

_POSTED = {
    "card": "card posted", "digest": "digest line posted", "timeline": "timeline in thread",
    "chart": "picture in thread", "run": "run in the room",
    "output": "output in thread", "postmortem": "postmortem posted",
    "said": "",  # the line of progress about the act says as much
}  # fmt: skip
_CLOCK, _WHAT = 6, 19  # columns
_INDENT = _CLOCK + 2 + _WHAT + 1


def _clock(seconds: float) -> str:
    """The time since the page: milliseconds while these matter."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


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
        lines = self._wrapped(detail, _INDENT)
        text = Text(f"{'' if since is None else _clock(since):>{_CLOCK}}  ", style="dim")
        text.append(f"{what:<{_WHAT}} ", style=style)
        text.append(lines[0])
        self._console.print(text, soft_wrap=True)
        for line in lines[1:]:
            self._console.print(" " * _INDENT + line, markup=False, soft_wrap=True)

    def announce(self, coming: str) -> None:
        """Print what comes next, and how the visitor can do it."""
        for index, line in enumerate(self._wrapped(coming, 4)):
            start = "\n--> " if index == 0 else "    "
            self._console.print(f"{start}{line}", style="cyan", markup=False, soft_wrap=True)

    def _wrapped(self, text: str, indent: int) -> list[str]:
        width = max(self._console.width - indent, 40)
        return textwrap.wrap(
            text, width=width, break_long_words=False, break_on_hyphens=False
        ) or [""]  # fmt: skip

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
        words = _POSTED.get(slot.partition(":")[0], "message posted")
        if words:
            self.say(words, name)

    def report(self, report: SourceReport) -> None:
        """Tell of a source's answer."""
        findings = f"{len(report.findings)} finding{'' if len(report.findings) == 1 else 's'}"
        gaps = f", {len(report.gaps)} gaps" if report.gaps else ""
        detail = f"{report.kind:<8} {report.health:<12} {findings}{gaps} in {report.duration_ms} ms"
        self.say(f"evidence {report.source}", detail, style=_HEALTH_STYLE[report.health])
