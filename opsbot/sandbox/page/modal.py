"""The app's views as the page shows them: the stack of modals, and the Home tab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opsbot.sandbox.page.words import Words
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.people import People
from opsbot.sandbox.slack.views import ViewStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalView:
    """A modal on somebody's screen; `submit` is empty for one that asks nothing."""

    id: str
    title: str
    submit: str
    close: str
    blocks: tuple[Json, ...]
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """The Home tab; without an id until the app has published one."""

    id: str
    blocks: tuple[Json, ...]


def modals(words: Words, views: ViewStore, people: People) -> tuple[ModalView, ...]:
    """Return a person's open modals, the topmost last; those below keep what was typed."""
    stack = views.stacks.get(words.viewer.id, [])
    return tuple(_modal(words, views.views[view_id].view, view_id, people) for view_id in stack)


def home(words: Words, people: People) -> HomeView:
    """Return a person's Home tab."""
    shown = people.home(words.viewer.id)
    if shown is None:
        return HomeView(id="", blocks=())
    return HomeView(id=shown.id, blocks=tuple(shown.view.get("blocks", ())))


def _modal(words: Words, view: Json, view_id: str, people: People) -> ModalView:
    blocks: tuple[Json, ...] = tuple(view.get("blocks", ()))
    asks = any(block.get("type") == "input" for block in blocks)
    return ModalView(
        id=view_id,
        title=words.bare(view.get("title")),
        submit=words.bare(view.get("submit")) or ("Submit" if asks else ""),
        close=words.bare(view.get("close"))
        or ("Cancel" if asks or view.get("submit") else "Close"),
        blocks=blocks,
        errors=people.errors(view_id),
    )
