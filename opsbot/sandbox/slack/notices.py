"""What Slack itself tells one person when an app does not answer; no history holds it."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.sandbox.slack.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sentence shown to one person; `at` is Unix seconds, `channel` empty when in no channel."""

    at: float
    text: str
    channel: str = ""


class Notices(dict[str, list[Notice]]):
    """The notices of each person by user id, oldest first."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    def show(self, user: str, text: str, *, channel: str = "") -> None:
        """Show a person a sentence; subscribers hear `notice_shown`."""
        notice = Notice(at=self._state.clock.wall(), text=text, channel=channel)
        self.setdefault(user, []).append(notice)
        self._state.notify("notice_shown", channel, user=user, text=text)
