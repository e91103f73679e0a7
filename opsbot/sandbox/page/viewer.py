"""Who looks at the page: what they may see, in which zone, and the addresses that keep it so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opsbot.sandbox.slack.model import Channel, Ephemeral, Message, User, Usergroup
from opsbot.sandbox.slack.workspace import Workspace

_PERMALINK = re.compile(
    r"(?P<channel>[A-Z0-9]{1,30})/?(?:p(?P<seconds>\d{1,12})(?P<micros>\d{6}))?(?:\?.*)?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """One person in front of one tab. Every address carries the person as `as`, so that two tabs
    can be two people, and `panel` while the sandbox panel is open."""

    workspace: Workspace
    user: User
    now: float
    panel_open: bool = False

    @property
    def id(self) -> str:
        """The person's Slack id."""
        return self.user.id

    @property
    def zone(self) -> tzinfo:
        """The person's own time zone; UTC when the profile names none that exists."""
        try:
            return ZoneInfo(self.user.tz)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC

    def moment(self, seconds: float) -> datetime:
        """Return a moment (Unix seconds) in the person's zone; raises ValueError off the calendar.

        Slack's `ts` becomes one by `float(ts)`, for showing only.
        """
        try:
            return datetime.fromtimestamp(seconds, self.zone)
        except (OverflowError, OSError) as wrong:
            raise ValueError(f"{seconds} is no moment a calendar has") from wrong

    def sees(self, channel: Channel) -> bool:
        """Whether this person finds a channel at all."""
        return self.workspace.can_see(self.user.id, channel)

    def channel(self, channel_id: str) -> Channel | None:
        """Return a channel this person may look into, archived ones included."""
        found = self.workspace.channels.get(channel_id)
        return found if found is not None and self.sees(found) else None

    def person(self, user_id: str) -> User | None:
        """Return a member of the workspace."""
        return self.workspace.users.get(user_id)

    def usergroup(self, group_id: str) -> Usergroup | None:
        """Return a user group."""
        return self.workspace.usergroups.get(group_id)

    def name(self, user_id: str) -> str:
        """Return what to call somebody: the display name, or the id of a stranger."""
        found = self.workspace.users.get(user_id)
        if found is not None:
            return found.name
        return "Slackbot" if user_id == "USLACKBOT" else user_id

    def ephemerals(self, channel_id: str) -> list[Ephemeral]:
        """Return what only this person sees in a channel."""
        mine = (shown for shown in self.workspace.ephemerals if shown.user == self.user.id)
        return [shown for shown in mine if shown.channel == channel_id]

    def address(self, path: str, **query: str) -> str:
        """Return an address of the page as this person; empty parameters are left out."""
        panel = "open" if self.panel_open else ""
        wanted = {"as": self.user.id, "panel": panel, **query}
        return f"{path}?{urlencode({key: value for key, value in wanted.items() if value})}"

    def channel_address(self, channel_id: str, *, thread: str = "") -> str:
        """Return the address of a channel, or of a thread beside it."""
        path = f"/archives/{quote(channel_id, safe='')}"
        # A thread stands where the panel would, so opening one closes the other.
        return self.address(path, thread=thread, panel="") if thread else self.address(path)

    def message_address(self, message: Message) -> str:
        """Return the address at which a message is in sight."""
        anchor = message_anchor(message)
        if message.is_reply and message.thread_ts is not None:
            return f"{self.channel_address(message.channel, thread=message.thread_ts)}#t-{anchor}"
        return f"{self.channel_address(message.channel)}#{anchor}"

    def within(self, url: str) -> str | None:
        """Return the page's own address for a link into the workspace (Slack's permalinks lead to
        the Web API's port, which shows nothing), None for every other link."""
        found = _PERMALINK.fullmatch(url.removeprefix(f"{self.workspace.url}archives/"))
        if found is not None and url.startswith(self.workspace.url):
            channel = self.channel(found["channel"])
            ts = f"{found['seconds']}.{found['micros']}" if found["seconds"] else ""
            message = channel.messages.get(ts) if channel is not None else None
            return self.message_address(message) if message else self.channel_address(found[1])
        if url.startswith(f"{self.workspace.url}files/"):
            return self.address(quote(urlsplit(url).path, safe="/%"))
        return None


def message_anchor(message: Message | Ephemeral) -> str:
    """Return the id of a message's element."""
    return f"m-{message.ts}"
