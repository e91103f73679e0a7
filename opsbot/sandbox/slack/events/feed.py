"""The event feed: hears every change of the workspace and tells the app what it subscribed to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager

from opsbot.sandbox.slack.delivery.courier import Courier
from opsbot.sandbox.slack.events import of_app, of_channels, of_marks, of_messages
from opsbot.sandbox.slack.events.envelope import enveloped
from opsbot.sandbox.slack.events.happening import Happening
from opsbot.sandbox.slack.events.subscriptions import SCOPES
from opsbot.sandbox.slack.installed_app import InstalledApp
from opsbot.sandbox.slack.model import Change, Json
from opsbot.sandbox.slack.workspace import Workspace

Translate = Callable[[Workspace, Change], Iterable[Happening]]

_TRANSLATIONS: Mapping[str, Translate] = {
    "app_uninstalled": of_app.uninstalled,
    "channel_archived": of_channels.archived,
    "channel_created": of_channels.created,
    "channel_deleted": of_channels.deleted,
    "channel_moved": of_channels.moved,
    "channel_renamed": of_channels.renamed,
    "channel_unarchived": of_channels.unarchived,
    "file_shared": of_marks.file_shared,
    "home_opened": of_app.home_opened,
    "member_joined": of_channels.joined,
    "member_left": of_channels.left,
    "message_changed": of_messages.changed,
    "message_deleted": of_messages.deleted,
    "message_posted": of_messages.posted,
    "pin_added": of_marks.pin,
    "pin_removed": of_marks.pin,
    "reaction_added": of_marks.reaction,
    "reaction_removed": of_marks.reaction,
}


class EventFeed:
    """Publishes events while it is open.

    `withheld` counts the events that happened and were not told, by event type and why:
    `not subscribed`, `no scope`, `not a member`.
    """

    def __init__(
        self,
        workspace: Workspace,
        app: InstalledApp,
        courier: Courier,
        scopes: Callable[[], frozenset[str]],
    ) -> None:
        self._workspace, self._app, self._courier, self._scopes = workspace, app, courier, scopes
        self._leave: Callable[[], None] | None = None
        self._copies = 1
        self.withheld: Counter[tuple[str, str]] = Counter()

    def open(self) -> None:
        """Listen to the workspace from now on; needs a running event loop."""
        if self._leave is None:
            self._leave = self._workspace.subscribe(self._hear)

    def close(self) -> None:
        """Stop listening."""
        if self._leave is not None:
            self._leave()
            self._leave = None

    @contextmanager
    def copying(self, copies: int) -> Generator[None]:
        """Deliver every event of the changes made inside that many times."""
        self._copies = max(1, copies)
        try:
            yield
        finally:
            self._copies = 1

    def emit(self, subscription: str, event: Json, *, author: str = "") -> None:
        """Tell the app of an event this workspace cannot bring about by itself."""
        self._tell(Happening(subscription=subscription, event=event, author=author))

    def _hear(self, change: Change) -> None:
        translate = _TRANSLATIONS.get(change.kind)
        if translate is None or self._workspace.seeding:
            return
        for happening in translate(self._workspace, change):
            self._tell(happening)

    def _tell(self, happening: Happening) -> None:
        obstacle = self._obstacle(happening)
        if obstacle:
            self.withheld[happening.subscription, obstacle] += 1
            return
        self._courier.publish(enveloped(self._workspace, happening), copies=self._copies)

    def _obstacle(self, happening: Happening) -> str:
        if happening.subscription not in self._app.subscribed:
            return "not subscribed"
        needed = SCOPES.get(happening.subscription, ())
        if needed and not self._scopes().intersection(needed):
            return "no scope"
        if happening.seen_by is not None and self._workspace.bot_user_id not in happening.seen_by:
            return "not a member"
        return ""
