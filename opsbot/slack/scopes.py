"""The bot scopes and events opsbot asks for, each with what it is for and what is lost without it.

`opsbot manifest` prints them, `opsbot doctor` holds them against what was granted, and a test
holds them against the methods opsbot calls. Sources: Slack's method, event and scope pages.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One bot scope. `why` says what opsbot does with it, `without` what is lost without it.

    `vital` means that opsbot cannot do its work without; `optional` that the installer may
    refuse it, because not every plan has what it reads.
    """

    why: str
    without: str
    vital: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event to be told of, and the scope that Slack asks for it; "" when it asks for none."""

    why: str
    scope: str = ""


SCOPES: dict[str, Scope] = {
    "app_mentions:read": Scope(
        why="hear `@opsbot status` and the other verbs said by mention",
        without="mentions are not heard; slash commands still are",
    ),
    "bookmarks:read": Scope(
        why="see whether the link to the page stands already",
        without="no bookmark is set, because it could be set twice",
    ),
    "bookmarks:write": Scope(
        why="link the room to the page that opened it", without="no bookmark in the room"
    ),
    "channels:history": Scope(
        why="find our own message again when Slack did not answer; read the message somebody "
        "marks with a pushpin",
        without="a card may be posted twice, and pushpins add nothing to the timeline",
    ),
    "channels:join": Scope(
        why="enter the digest and ops channels when nobody invited the bot",
        without="somebody has to invite opsbot to both channels",
    ),
    "channels:manage": Scope(
        why="create rooms, set topics, invite responders, archive",
        without="no room is opened; incidents go to the team's thread or the digest",
        vital=True,
    ),
    "channels:read": Scope(
        why="find our own room again when Slack did not answer; hear that a room was renamed, "
        "archived or joined",
        without="a room whose creation went unanswered is not found again",
        vital=True,
    ),
    "chat:write": Scope(
        why="post and edit cards, answer people", without="nothing works", vital=True
    ),
    "commands": Scope(
        why="be there as a slash command and in the menu of every message",
        without="no slash command and no message shortcut; only buttons and mentions",
        vital=True,
    ),
    "files:write": Scope(
        why="put charts and traces into the thread as images, outputs of runs and postmortems as "
        "files",
        without="no images and files; findings stay on the card in words, and of an output its "
        "last lines",
    ),
    "groups:history": Scope(
        why="as channels:history, in private rooms",
        without="in private rooms a card may be posted twice, and pushpins add nothing",
    ),
    "groups:read": Scope(
        why="as channels:read, in private rooms; Slack lists both kinds in one call",
        without="a room whose creation went unanswered is not found again",
        vital=True,
    ),
    "groups:write": Scope(
        why="as channels:manage, for private rooms",
        without="no private room; private incidents cannot have one",
    ),
    "im:history": Scope(
        why="read the verbs people send to opsbot in a direct message",
        without="direct messages to opsbot are not heard",
    ),
    "pins:write": Scope(why="pin the card", without="the card is not pinned"),
    "reactions:read": Scope(
        why="hear of a pushpin put on a message, which adds it to the timeline",
        without="pushpins add nothing to the timeline; the message shortcut still does",
    ),
    "reactions:write": Scope(
        why="tick the message that a pushpin put on the timeline",
        without="nothing shows that a pushpin counted",
    ),
    "usergroups:read": Scope(
        why="see who is in the user groups that permissions and policy name in opsbot.yaml",
        without="nobody is let in by a user group; small plans have none anyway",
        optional=True,
    ),
    "users:read": Scope(
        why="see who asks: a member, a guest or somebody from outside; goes with users:read.email",
        without="nobody can be told from a guest, so acting is refused",
        vital=True,
    ),
    "users:read.email": Scope(
        why="find responders by the address the pager knows",
        without="nobody is invited, and the card says so",
        vital=True,
    ),
}

NEEDED_SCOPES: dict[str, str] = {name: scope.why for name, scope in SCOPES.items()}

EVENTS: dict[str, Event] = {
    "app_home_opened": Event(why="draw the Home tab when somebody looks at it"),
    "app_mention": Event(why="the verbs, said by mention", scope="app_mentions:read"),
    "app_uninstalled": Event(why="say why everything fell silent"),
    "channel_archive": Event(why="leave alone what somebody archived", scope="channels:read"),
    "channel_deleted": Event(why="go on elsewhere when a room is gone", scope="channels:read"),
    "channel_id_changed": Event(why="follow a room that Slack moved", scope="channels:read"),
    "channel_rename": Event(why="call a room by its new name", scope="channels:read"),
    "channel_unarchive": Event(why="come back to a room", scope="channels:read"),
    "group_archive": Event(why="as channel_archive, private rooms", scope="groups:read"),
    "group_rename": Event(why="as channel_rename, private rooms", scope="groups:read"),
    "group_unarchive": Event(why="as channel_unarchive, private rooms", scope="groups:read"),
    "member_joined_channel": Event(
        why="tell who comes into a room what happened so far", scope="channels:read"
    ),
    "message.im": Event(why="the verbs, in a direct message", scope="im:history"),
    "reaction_added": Event(why="a pushpin adds a message to the timeline", scope="reactions:read"),
    "tokens_revoked": Event(why="say why everything fell silent"),
}
