"""What an address asks for: who looks, at what, beside which thread, and which regions anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from opsbot.sandbox.page.conversation import SHOWN
from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.scenario import Scenario
from opsbot.sandbox.slack.model import Channel, User
from opsbot.sandbox.slack.workspace import Workspace

REGIONS = ("where", "sidebar", "main", "thread", "panel", "modals")
Place = Literal["channel", "home", "messages"]
_MOST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One look at the page; `channel` is None for one that is not there for this viewer."""

    viewer: Viewer
    place: Place
    channel: Channel | None = None
    thread: str = ""
    shown: int = SHOWN
    regions: tuple[str, ...] = REGIONS
    list_open: bool = False
    away: bool = False
    path: str = "/"

    @property
    def here(self) -> dict[str, str]:
        """The parameters that lead back to this look."""
        shown = str(self.shown) if self.shown != SHOWN else ""
        return {"thread": self.thread, "shown": shown}


def anybody(workspace: Workspace) -> list[User]:
    """Return whom one can be: active people, bots left out."""
    return [user for user in workspace.users.values() if not (user.is_bot or user.deleted)]


def first_to_be(workspace: Workspace, scenario: Scenario | None) -> str:
    """Return the id of whom a newcomer is at first: the first person who is paged and in Slack,
    without a scenario anybody; empty when nobody is there."""
    people = anybody(workspace)
    paged: list[str] = []
    if scenario is not None:
        team = scenario.team(scenario.service(scenario.page.service).team)
        names = (*scenario.page.assignees, *(name for level in team.levels for name in level))
        paged = [scenario.person(name).email.casefold() for name in names]
    ranked = sorted(people, key=lambda user: _rank(paged, user.email.casefold()))
    return ranked[0].id if ranked else ""


def _rank(paged: list[str], email: str) -> int:
    return paged.index(email) if email in paged else len(paged)


def read_viewer(workspace: Workspace, request: web.Request) -> Viewer:
    """Return who looks: the `as` of the address, else the first person.

    Raises HTTPNotFound for somebody who is not there, or when nobody is.
    """
    wanted = request.query.get("as", "")
    people = anybody(workspace)
    user = next((one for one in people if not wanted or wanted in (one.id, one.name)), None)
    if user is None:
        raise web.HTTPNotFound(text=f"The workspace has no active person {wanted!r}.")
    return Viewer(
        workspace=workspace,
        user=user,
        now=workspace.clock.wall(),
        panel_open=request.query.get("panel") == "open",
    )


def read_asked(workspace: Workspace, request: web.Request, place: Place) -> Asked:
    """Return what the address asks for."""
    viewer = read_viewer(workspace, request)
    shown = request.query.get("shown", "")
    regions = request.query.get("regions", "")
    return Asked(
        viewer=viewer,
        place=place,
        channel=_channel(viewer, request, place),
        thread=request.query.get("thread", "") if place != "home" else "",
        shown=min(int(shown), _MOST) if shown.isascii() and shown.isdigit() else SHOWN,
        regions=tuple(name for name in REGIONS if name in regions.split(",")) or REGIONS,
        list_open=request.query.get("list") == "open",
        away="away" in request.query,
        path=request.path,
    )


def app_direct(viewer: Viewer) -> Channel | None:
    """Return the direct message between a person and the app, None while there is none."""
    wanted = sorted((viewer.id, viewer.workspace.bot_user_id))
    for channel in viewer.workspace.channels.values():
        if channel.kind == "im" and sorted(channel.members) == wanted:
            return channel
    return None


def _channel(viewer: Viewer, request: web.Request, place: Place) -> Channel | None:
    if place == "home":
        return None
    if place == "messages":
        return app_direct(viewer)
    return viewer.channel(request.match_info["channel"])
