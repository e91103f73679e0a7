"""What every act works with, and the look-ups that say what a person may see and touch."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.delivery.courier import Courier
from opsbot.sandbox.slack.delivery.parcel import Answer, Parcel
from opsbot.sandbox.slack.events.envelope import VERIFICATION_TOKEN
from opsbot.sandbox.slack.events.feed import EventFeed
from opsbot.sandbox.slack.installed_app import InstalledApp
from opsbot.sandbox.slack.model import Channel, Json, Message, User
from opsbot.sandbox.slack.notices import Notices
from opsbot.sandbox.slack.response_urls import ResponseUrls, Source
from opsbot.sandbox.slack.views import Typed, ViewStore
from opsbot.sandbox.slack.workspace import Workspace


@dataclass(slots=True, kw_only=True)
class Scene:
    """The workspace and the app a person acts between; look-ups raise CannotAct."""

    workspace: Workspace
    views: ViewStore
    app: InstalledApp
    courier: Courier
    feed: EventFeed
    response_urls: ResponseUrls
    notices: Notices
    # What each person has chosen in the menus of a message, by user, channel and ts.
    chosen: dict[tuple[str, str, str], dict[str, dict[str, Typed]]] = field(
        default_factory=dict[tuple[str, str, str], dict[str, dict[str, Typed]]]
    )
    # The options an app offered in the external menus of a message, by the same key.
    offered: dict[tuple[str, str, str], dict[tuple[str, str], list[Json]]] = field(
        default_factory=dict[tuple[str, str, str], dict[tuple[str, str], list[Json]]]
    )

    def person(self, user_id: str) -> User:
        """Return an active person."""
        user = self.workspace.users.get(user_id)
        if user is None or user.deleted:
            raise CannotAct(f"The workspace has no active user {user_id}.")
        return user

    def seen(self, user: User, channel_id: str) -> Channel:
        """Return a channel the person finds."""
        channel = self.workspace.channels.get(channel_id)
        if channel is None or not self.workspace.can_see(user.id, channel):
            raise CannotAct(f"{user.id} sees no channel {channel_id}.")
        return channel

    def writable(self, user: User, channel_id: str) -> Channel:
        """Return a channel the person is in and that is not archived."""
        channel = self.seen(user, channel_id)
        if user.id not in channel.members:
            raise CannotAct(f"{user.id} only looks at #{channel.name}: join it first.")
        if channel.archived:
            raise CannotAct(f"#{channel.name} is archived: nothing can be written there.")
        return channel

    def message(self, channel: Channel, ts: str) -> Message:
        """Return a message that is still there."""
        found = self.workspace.message(channel.id, ts)
        if found is None:
            raise CannotAct(f"There is no message {ts} in {channel.id}.")
        return found

    def source(self, user: User, channel: Channel, ts: str) -> Source:
        """Return a message the person sees, ephemeral ones included."""
        message = self.workspace.message(channel.id, ts)
        if message is not None:
            return message
        for shown in self.workspace.ephemerals:
            if (shown.channel, shown.ts, shown.user) == (channel.id, ts, user.id):
                return shown
        raise CannotAct(f"{user.id} sees no message {ts} in {channel.id}.")

    def new_trigger(self, user: User) -> str:
        """Return a trigger for whatever this person just did."""
        return self.views.new_trigger(user.id)

    def interaction(self, user: User, kind: str, *, triggers: bool = True) -> Json:
        """Return the fields every interaction payload begins with; most may open a modal."""
        workspace = self.workspace
        payload: Json = {
            "type": kind,
            "user": {
                "id": user.id,
                "username": user.name,
                "name": user.name,
                "team_id": user.team_id or workspace.team_id,
            },
            "api_app_id": workspace.app_id,
            "token": VERIFICATION_TOKEN,
            "team": {"id": workspace.team_id, "domain": workspace.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }
        if triggers:
            payload["trigger_id"] = self.new_trigger(user)
        return payload

    async def interact(self, payload: Json, *, copies: int, id_: str = "") -> Answer:
        """Bring an interaction to the app; raises CannotAct when it listens nowhere."""
        parcel = Parcel(
            type="interactive",
            kind=str(payload["type"]),
            id=id_ or str(payload.get("trigger_id", "")),
            payload=payload,
        )
        return await self.ask(parcel, copies=copies)

    async def ask(self, parcel: Parcel, *, copies: int) -> Answer:
        """Bring a parcel to the app; raises CannotAct when it listens nowhere."""
        if not self.courier.listens(parcel):
            raise CannotAct(
                f"The sandbox has no address and no socket to send {parcel.kind} to: set "
                "interactivity_url or commands_url, or let the app connect by Socket Mode."
            )
        return await self.courier.ask(parcel, copies=copies)

    @contextmanager
    def happening(self, copies: int) -> Generator[Workspace]:
        """Change the workspace as a person, each event delivered `copies` times."""
        with self.feed.copying(copies):
            yield self.workspace


def channel_name(channel: Channel) -> str:
    """Return a channel's name as commands and interactions carry it: private ones have none."""
    if channel.kind == "im":
        return "directmessage"
    return "privategroup" if channel.kind == "private" else channel.name
