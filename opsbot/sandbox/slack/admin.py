"""The sandbox's own HTTP interface under /sandbox/: state, journal and faults, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast, get_args

from aiohttp import web

from opsbot.sandbox.slack import faults, render
from opsbot.sandbox.slack.admin_acts import AdminActs
from opsbot.sandbox.slack.delivery.courier import Courier
from opsbot.sandbox.slack.faults import Fault, Faults
from opsbot.sandbox.slack.journal import Journal
from opsbot.sandbox.slack.json_body import body_of
from opsbot.sandbox.slack.model import Channel, Json
from opsbot.sandbox.slack.people import People
from opsbot.sandbox.slack.views import ViewStore
from opsbot.sandbox.slack.workspace import Workspace


class Sandbox(Protocol):
    """What the admin interface shows and switches."""

    workspace: Workspace
    journal: Journal
    faults: Faults
    people: People
    courier: Courier
    views: ViewStore


def state_of(workspace: Workspace) -> Json:
    """Return everything in the workspace."""
    bot = workspace.bot_user_id
    return {
        "team": {"id": workspace.team_id, "name": workspace.name},
        "bot_user_id": bot,
        "users": [render.user(workspace, u, with_email=True) for u in workspace.users.values()],
        "channels": [_channel(workspace, channel) for channel in workspace.channels.values()],
        "ephemerals": [
            {"ts": e.ts, "channel": e.channel, "user": e.user, "text": e.text, "blocks": e.blocks}
            for e in workspace.ephemerals
        ],
        "files": [render.file(workspace, f) for f in workspace.files.values() if f.completed],
    }


def _channel(workspace: Workspace, channel: Channel) -> Json:
    return {
        **render.channel(workspace, channel, workspace.bot_user_id),
        "members": channel.members,
        "pins": [pin.ts for pin in channel.pins],
        "bookmarks": [render.bookmark(workspace, channel.id, b) for b in channel.bookmarks],
        "messages": [
            {**render.message(workspace, m), "revisions": len(m.revisions)}
            for m in channel.messages.values()
            if not m.deleted or channel.replies(m.ts)
        ],
        "visible_text": workspace.visible_text(channel.id),
    }


def _screens(sandbox: Sandbox) -> Json:
    """Return what single people see: modals, Home tabs, errors under inputs, Slack's notices."""
    views = sandbox.views
    return {
        "views": [{**views.shown(view), "user": view.user} for view in views.views.values()],
        "stacks": views.stacks,
        "homes": views.homes,
        "errors": views.errors,
        "notices": {
            user: [
                {"at": notice.at, "text": notice.text, "channel": notice.channel} for notice in said
            ]
            for user, said in sandbox.people.notices.items()
        },
    }


def _fault(body: Json) -> Fault:
    kind = body.get("kind")
    if kind not in get_args(faults.Kind):
        raise ValueError(f"kind is one of {', '.join(get_args(faults.Kind))}, not {kind!r}")
    build = cast("Callable[..., Fault]", getattr(faults, str(kind)))
    taken = ("retry_after", "status", "seconds", "name", "after_commit", "in_200")
    return build(**{name: body[name] for name in taken if name in body})


def switch(switched: Faults, body: Json) -> None:
    """Apply one POST /sandbox/faults; raises ValueError or TypeError naming what is wrong.

    `{"clear": true}` or `{"clear": "chat.update"}`; `{"latency": seconds}`;
    `{"down": "closed" | "503" | null}`; `{"method", "kind", "times", ...the kind's own fields}`.
    """
    if "clear" in body:
        switched.clear(body["clear"] if isinstance(body["clear"], str) else None)
    if "latency" in body:
        switched.latency = float(body["latency"])
    if "down" in body:
        if body["down"] not in (*get_args(faults.Down), None):
            raise ValueError(f"down is closed, 503 or null, not {body['down']!r}")
        switched.down = body["down"]
    if "kind" in body:
        switched.add(str(body.get("method", "*")), _fault(body), times=body.get("times"))


class Admin:
    """The handlers of the admin interface."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        """Return what to mount beside the Web API."""
        return [
            web.get("/sandbox/state", self._state),
            web.get("/sandbox/journal", self._journal),
            web.post("/sandbox/journal/reset", self._reset),
            web.post("/sandbox/faults", self._faults),
            *AdminActs(self._sandbox.people, self._sandbox.courier).routes(),
        ]

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response({**state_of(self._sandbox.workspace), **_screens(self._sandbox)})

    async def _journal(self, request: web.Request) -> web.Response:
        journal = self._sandbox.journal
        since = request.query.get("since", "0")
        if not since.isdecimal():
            raise web.HTTPBadRequest(text="since is the seq of the last call already seen.")
        calls = [call.to_json() for call in journal.calls if call.seq > int(since)]
        answer = {"calls": calls, "counts": journal.counts(), "in_flight": journal.in_flight}
        return web.json_response(answer)

    async def _reset(self, request: web.Request) -> web.Response:
        self._sandbox.journal.reset()
        return web.json_response({"ok": True})

    async def _faults(self, request: web.Request) -> web.Response:
        try:
            switch(self._sandbox.faults, await body_of(request))
        except (ValueError, TypeError) as wrong:
            raise web.HTTPBadRequest(text=str(wrong)) from wrong
        return web.json_response({"ok": True})
