"""The small live parts of a text as HTML: mentions, channels, links, dates, emoji."""

from __future__ import annotations

from urllib.parse import urlsplit

from markupsafe import Markup, escape

from opsbot.sandbox.page import date_format, emoji
from opsbot.sandbox.page.viewer import Viewer

_OPENS = ("http", "https", "mailto")
_CHIP = Markup('<bdi class="chip{}">{}</bdi>')
_LINK = Markup('<a href="{}"{} class="link">{}</a>')
_OUTSIDE = Markup(' target="_blank" rel="noopener noreferrer nofollow"')


def is_safe_address(url: str) -> bool:
    """Whether an address may stand behind a link: web and mail, nothing that runs."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in _OPENS and bool(parts.netloc or parts.scheme == "mailto")


class Inline:
    """Draws the live parts as one viewer sees them; everything foreign is escaped."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def person(self, user_id: str) -> Markup:
        """Draw a mention of a person; the viewer's own stands out."""
        mine = " chip-me" if user_id == self._viewer.id else ""
        return _CHIP.format(mine, f"@{self._viewer.name(user_id)}")

    def usergroup(self, group_id: str, label: str = "") -> Markup:
        """Draw a mention of a user group."""
        group = self._viewer.usergroup(group_id)
        mine = " chip-me" if group is not None and self._viewer.id in group.users else ""
        handle = group.handle if group is not None else label.lstrip("@") or group_id
        return _CHIP.format(mine, f"@{handle}")

    def broadcast(self, everyone: str) -> Markup:
        """Draw @here, @channel or @everyone."""
        return _CHIP.format(" chip-me", f"@{everyone}")

    def team(self) -> Markup:
        """Draw the workspace's name."""
        return _CHIP.format("", self._viewer.workspace.name)

    def channel(self, channel_id: str) -> Markup:
        """Draw a link to a channel; one that the viewer may not see keeps its name."""
        found = self._viewer.channel(channel_id)
        if found is None or found.kind in ("im", "mpim"):
            return _CHIP.format("", "private channel")
        mark = "🔒" if found.is_private else "#"
        return Markup('<a href="{}" class="chip" data-visit>{}<bdi>{}</bdi></a>').format(
            self._viewer.channel_address(channel_id), mark, found.name
        )

    def link(self, url: str, label: Markup | str) -> Markup:
        """Draw a link; an address that is no web or mail address becomes text beside its label."""
        within = self._viewer.within(url)
        if within is not None:
            return Markup('<a href="{}" class="link" data-visit><bdi>{}</bdi></a>').format(
                within, label
            )
        if not is_safe_address(url):
            same = str(label) == url
            return escape(label) if same else Markup("{} ({})").format(label, url)
        return _LINK.format(url, _OUTSIDE, Markup("<bdi>{}</bdi>").format(label))

    def date(self, timestamp: int, pattern: str, *, fallback: str, url: str = "") -> Markup:
        """Draw a moment in the viewer's zone, or the fallback when there is no such moment."""
        try:
            moment = self._viewer.moment(timestamp)
            now = self._viewer.moment(self._viewer.now)
            said = date_format.formatted(pattern, moment, now)
        except ValueError:
            return escape(fallback)
        ages = Markup(" data-ages") if "{ago}" in pattern or "pretty" in pattern else ""
        drawn = Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
            moment.isoformat(), date_format.full(moment), ages, said
        )
        return self.link(url, drawn) if url else drawn

    def emoji(self, name: str) -> Markup:
        """Draw an emoji by its name; one that is not known keeps its colons."""
        shown = emoji.character(name)
        if shown is None:
            return escape(f":{name}:")
        return Markup(
            '<span class="emoji" role="img" aria-label="{}" title=":{}:">{}</span>'
        ).format(name.replace("_", " "), name, shown)
