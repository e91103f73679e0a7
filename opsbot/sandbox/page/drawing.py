"""The page as HTML: everything a template needs for one look, and the templates themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from opsbot.sandbox.page import emoji
from opsbot.sandbox.page.asked import Asked, app_direct
from opsbot.sandbox.page.conversation import SHOWN, ChannelView, Conversation, ThreadView
from opsbot.sandbox.page.modal import home, modals
from opsbot.sandbox.page.panel import Panel
from opsbot.sandbox.page.sidebar import ReadMarks, build_sidebar
from opsbot.sandbox.page.words import Words, initials, tint
from opsbot.sandbox.slack.model import Change
from opsbot.sandbox.slack.server import SlackSandbox

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(_TEMPLATES)
    return Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )


class Drawing:
    """Draws looks at one sandbox; reading a channel is noted unless the tab is away."""

    def __init__(self, slack: SlackSandbox, panel: Panel) -> None:
        self._slack, self._panel = slack, panel
        self._templates = _environment()
        self.marks = ReadMarks()
        self.version = 0

    def note(self, _change: Change) -> None:
        """Count a change; a tab that was drawn before it learns so when its stream begins."""
        self.version += 1

    def page(self, asked: Asked) -> str:
        """Return the whole page."""
        return self._templates.get_template("page.html").render(self._context(asked))

    def regions(self, asked: Asked) -> str:
        """Return only the regions asked for."""
        return self._templates.get_template("regions.html").render(self._context(asked))

    def _context(self, asked: Asked) -> dict[str, Any]:
        viewer, workspace = asked.viewer, self._slack.workspace
        words = Words(viewer)
        channel, thread = self._conversation(words, asked)
        if channel is not None and asked.channel is not None and not asked.away:
            self.marks.read(viewer.id, asked.channel)
        app = workspace.bot_user_id
        return {
            "regions": asked.regions,
            "version": self.version,
            "viewer": viewer,
            "words": words,
            "my_initials": initials(viewer.user.real_name),
            "my_tint": tint(viewer.id),
            "app_name": viewer.name(app),
            "app_tint": tint(app),
            "app_unread": self._app_unread(asked),
            "sidebar": build_sidebar(viewer, self.marks),
            "channel": channel,
            "thread": thread,
            "is_app_direct": asked.channel is not None and asked.channel == app_direct(viewer),
            "home": home(words, self._slack.people) if asked.place == "home" else None,
            "modals": modals(words, self._slack.views, self._slack.people),
            "panel_open": viewer.panel_open,
            "panel": self._panel.view(viewer) if viewer.panel_open else None,
            **_frame(asked, channel),
            **self._menus(asked),
        }

    def _conversation(
        self, words: Words, asked: Asked
    ) -> tuple[ChannelView | None, ThreadView | None]:
        if asked.channel is None:
            return None, None
        conversation = Conversation(words, asked.channel)
        thread = conversation.thread(asked.thread) if asked.thread else None
        # Every tab draws its sidebar at every message anywhere: that must not cost a whole channel.
        shown = asked.shown if "main" in asked.regions else 0
        return conversation.view(shown=shown), thread

    def _app_unread(self, asked: Asked) -> bool:
        direct = app_direct(asked.viewer)
        return direct is not None and bool(self.marks.unread(asked.viewer.id, direct))

    def _menus(self, asked: Asked) -> Mapping[str, Any]:
        app = self._slack.app
        commands = ", ".join(app.commands)
        shortcuts = [one for one in (app.shortcuts or {}).values() if one.type == "message"]
        return {
            "quick_reactions": [(name, emoji.CHARACTERS[name]) for name in emoji.QUICK_REACTIONS],
            "emoji_names": tuple(emoji.CHARACTERS),
            "shortcuts": shortcuts,
            "everybody": [
                user for user in self._slack.workspace.users.values() if not user.deleted
            ],
            "command_hint": f"Enter sends. Commands: {commands}" if commands else "Enter sends.",
        }


def _frame(asked: Asked, channel: ChannelView | None) -> dict[str, Any]:
    """Return the addresses and words around the conversation."""
    viewer = asked.viewer
    here = viewer.address(asked.path, **asked.here)
    flip = {**asked.here, "panel": "" if viewer.panel_open else "open"}
    named = channel.title if channel is not None else asked.place
    return {
        "title": f"{named} - {viewer.user.real_name} - {viewer.workspace.name}",
        "place": asked.place,
        "screen": _screen(asked),
        "back_address": here,
        "list_address": viewer.address(asked.path, **asked.here, list="open"),
        "panel_toggle": viewer.address(asked.path, **flip),
        "earlier_address": viewer.address(asked.path, shown=str(asked.shown + 2 * SHOWN)),
        "same_place_as": partial(_as, asked),
        "missing_title": "Not here",
        "missing_words": Markup("There is no such channel, or you may not see it."),
    }


def _as(asked: Asked, person: str) -> str:
    return asked.viewer.address(asked.path, **{"as": person, **asked.here})


def _screen(asked: Asked) -> str:
    """Return what a narrow screen shows, one thing at a time."""
    if asked.viewer.panel_open:
        return "panel"
    if asked.list_open:
        return "list"
    return "thread" if asked.thread else "main"
