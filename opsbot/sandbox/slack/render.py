"""How channels, people, messages and files look in Slack's JSON answers."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opsbot.sandbox.slack.model import (
    Bookmark,
    Channel,
    Json,
    Message,
    Note,
    StoredFile,
    User,
    Usergroup,
)
from opsbot.sandbox.slack.state import State
from opsbot.sandbox.slack.visible_text import TOMBSTONE

_BEGINNINGS = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "gif": b"GIF8"}
MIMETYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "text": "text/plain",
    "binary": "application/octet-stream",
}


def note(value: Note) -> Json:
    """Return a topic or purpose."""
    return {"value": value.value, "creator": value.creator, "last_set": value.last_set}


def channel(state: State, found: Channel, viewer: str) -> Json:
    """Return a conversation object as one person sees it."""
    if found.kind == "im":
        other = next((m for m in found.members if m != viewer), viewer)
        return {
            "id": found.id,
            "created": found.created,
            "is_im": True,
            "is_org_shared": False,
            "user": other,
            "is_open": True,
            "is_archived": False,
        }
    return {
        "id": found.id,
        "name": found.name,
        "name_normalized": found.name,
        "is_channel": found.kind == "public",
        "is_group": found.kind == "private",
        "is_im": False,
        "is_mpim": found.kind == "mpim",
        "is_private": found.is_private,
        "is_general": found.is_general,
        "is_archived": found.archived,
        "is_member": viewer in found.members,
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "created": found.created,
        "creator": found.creator,
        "context_team_id": state.team_id,
        "shared_team_ids": [state.team_id],
        "topic": note(found.topic),
        "purpose": note(found.purpose),
        "previous_names": found.previous_names,
    }


def user(state: State, found: User, *, with_email: bool) -> Json:
    """Return a user object; the address only for apps with users:read.email."""
    team = found.team_id or state.team_id
    profile: Json = {
        "real_name": found.real_name,
        "display_name": found.name,
        "real_name_normalized": found.real_name,
        "display_name_normalized": found.name,
        "team": team,
    }
    if with_email and found.email:
        profile["email"] = found.email
    shown: Json = {
        "id": found.id,
        "team_id": team,
        "name": found.name,
        "deleted": found.deleted,
        "is_bot": found.is_bot,
        "is_app_user": False,
        "is_stranger": found.is_stranger,
        "profile": profile,
    }
    if not found.deleted:
        shown |= {
            "real_name": found.real_name,
            "tz": found.tz,
            "tz_label": found.tz,
            "tz_offset": _offset(state, found.tz),
            "is_admin": found.is_admin,
            "is_restricted": found.is_restricted,
            "is_ultra_restricted": found.is_ultra_restricted,
        }
    return shown


def _offset(state: State, zone: str) -> int:
    """Return the seconds a zone is ahead of UTC now; 0 for a zone nobody knows."""
    try:
        local = datetime.fromtimestamp(state.clock.wall(), UTC).astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return 0
    offset = local.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def message(state: State, found: Message, *, with_metadata: bool = True) -> Json:
    """Return a message object; a deleted parent shows as a tombstone."""
    author = state.users.get(found.user)
    team = (author.team_id if author is not None else "") or state.team_id
    shown: Json = {"type": "message", "ts": found.ts, "user": found.user, "team": team}
    if found.deleted:
        shown |= {"subtype": "tombstone", "hidden": True, "user": "USLACKBOT", "text": TOMBSTONE}
    else:
        shown |= {"text": found.text, **found.extra, **_written(state, found)}
        if with_metadata and found.metadata is not None:
            shown["metadata"] = found.metadata
    if found.thread_ts is not None:
        shown |= _thread(state, found)
    return shown


def _written(state: State, found: Message) -> Json:
    shown: Json = {}
    if found.subtype:
        shown["subtype"] = found.subtype
    author = state.users.get(found.user)
    if author is not None and author.is_bot and not found.subtype:
        shown |= {"bot_id": state.bot_id, "app_id": state.app_id}
    if found.blocks:
        shown["blocks"] = found.blocks
    if found.attachments:
        shown["attachments"] = found.attachments
    if found.edited_ts is not None:
        shown["edited"] = {"user": found.user, "ts": found.edited_ts}
    if found.reactions:
        shown["reactions"] = reactions(found)
    if found.files:
        shown["files"] = [file(state, state.files[name]) for name in found.files]
    return shown


def _thread(state: State, found: Message) -> Json:
    shown: Json = {"thread_ts": found.thread_ts}
    if found.thread_ts == found.ts:
        below = state.channels[found.channel].replies(found.ts)
        shown |= {
            "reply_count": len(below),
            "reply_users_count": len({reply.user for reply in below}),
            "reply_users": list(dict.fromkeys(reply.user for reply in below)),
            "latest_reply": below[-1].ts if below else found.ts,
        }
    elif found.thread_ts in state.channels[found.channel].messages:
        shown["parent_user_id"] = state.channels[found.channel].messages[found.thread_ts].user
    return shown


def reactions(found: Message) -> list[Json]:
    """Return a message's reactions."""
    return [
        {"name": name, "users": users, "count": len(users)}
        for name, users in found.reactions.items()
    ]


def permalink(state: State, found: Message) -> str:
    """Return the address of a message."""
    address = f"{state.url}archives/{found.channel}/p{found.ts.replace('.', '')}"
    if found.is_reply:
        address += f"?thread_ts={found.thread_ts}&cid={found.channel}"
    return address


def bookmark(state: State, channel_id: str, found: Bookmark) -> Json:
    """Return a bookmark object."""
    return {
        "id": found.id,
        "channel_id": channel_id,
        "title": found.title,
        "link": found.link,
        "emoji": found.emoji,
        "icon_url": "",
        "type": "link",
        "entity_id": None,
        "date_created": found.created,
        "date_updated": found.updated,
        "rank": "g",
        "last_updated_by_user_id": found.user,
        "last_updated_by_team_id": state.team_id,
        "shortcut_id": None,
        "app_id": None,
    }


def usergroup(state: State, found: Usergroup, *, with_users: bool, with_count: bool) -> Json:
    """Return a user group object."""
    shown: Json = {
        "id": found.id,
        "team_id": state.team_id,
        "is_usergroup": True,
        "name": found.name,
        "handle": found.handle,
        "description": "",
        "is_external": False,
        "date_delete": 0,
    }
    if with_users:
        shown["users"] = found.users
    if with_count:
        shown["user_count"] = len(found.users)
    return shown


def file_url(state: State, found: StoredFile) -> str:
    """Return where a file's bytes are."""
    return f"{state.url}files/{found.id}/{quote(found.name, safe='')}"


def filetype(found: StoredFile) -> str:
    """Return Slack's short word for what the bytes are: png, jpg, gif, else text or binary."""
    data = found.data or b""
    for word, beginning in _BEGINNINGS.items():
        if data.startswith(beginning):
            return word
    return "binary" if b"\0" in data else "text"


def file(state: State, found: StoredFile) -> Json:
    """Return a file object; one Slack still works on has no types yet (node-slack-sdk 2170)."""
    address = file_url(state, found)
    ready = state.clock.monotonic() >= found.ready_at
    shown: Json = {
        "id": found.id,
        "created": found.created,
        "timestamp": found.created,
        "name": found.name,
        "title": found.title,
        "mimetype": MIMETYPES[filetype(found)] if ready else "",
        "filetype": filetype(found) if ready else "",
        "user": found.user,
        "size": len(found.data or b""),
        "mode": "hosted",
        "is_external": False,
        "is_public": bool(found.channels),
        "url_private": address,
        "url_private_download": f"{address}?download=1",
        "permalink": address,
        "channels": found.channels,
    }
    if found.alt_text:
        shown["alt_txt"] = found.alt_text
    return shown
