"""What a person typed becomes what Slack sends: tokens for names, entities for `&`, `<` and `>`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.workspace import Workspace

_SPECIAL = re.compile(
    r"(?P<url>https?://[^\s<>|]+)"
    r"|(?<![\w@#])@(?P<name>[\w][\w.-]*)"
    r"|(?<![\w@#&])#(?P<channel>[\w][\w-]*)"
    r"|(?<![\w:]):(?P<emoji>[a-z0-9_+'-]+):(?![\w:])"
)
_BROADCASTS = ("here", "channel", "everyone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of typed text: the token Slack writes for it, and the rich text element."""

    token: str
    element: Json


def message_text(workspace: Workspace, user_id: str, typed: str) -> tuple[str, list[Json]]:
    """Return the `text` of a message and the rich text block that comes with it."""
    pieces = list(_pieces(workspace, user_id, typed, labelled=False))
    section = {"type": "rich_text_section", "elements": [piece.element for piece in pieces]}
    block: Json = {"type": "rich_text", "block_id": "b0", "elements": [section]}
    return "".join(piece.token for piece in pieces), [block]


def command_text(workspace: Workspace, user_id: str, typed: str) -> str:
    """Return a command's text with `should_escape`: names and links as tokens with labels.

    Emoji stay as typed (Slack page "Implementing slash commands", escaping).
    """
    pieces = _pieces(workspace, user_id, typed, labelled=True)
    return "".join(piece.token for piece in pieces)


def escaped(text: str) -> str:
    """Write the three characters Slack escapes as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pieces(workspace: Workspace, user_id: str, typed: str, *, labelled: bool) -> Iterator[Piece]:
    resolve: dict[str, Callable[[str], tuple[Piece, str] | None]] = {
        "url": _link,
        "name": lambda name: _named(workspace, name, labelled=labelled),
        "channel": lambda name: _channel(workspace, user_id, name),
        "emoji": lambda name: (Piece(token=f":{name}:", element=_emoji(name)), ""),
    }
    plain, at = "", 0
    for match in _SPECIAL.finditer(typed):
        found = resolve[match.lastgroup or ""](match[match.lastgroup or ""])
        plain += typed[at : match.start()]
        at = match.end()
        if found is None:
            plain += match[0]
            continue
        if plain:
            yield _plain(plain)
        piece, plain = found
        yield piece
    plain += typed[at:]
    if plain:
        yield _plain(plain)


def _plain(text: str) -> Piece:
    return Piece(token=escaped(text), element={"type": "text", "text": text})


def _emoji(name: str) -> Json:
    return {"type": "emoji", "name": name}


def _link(url: str) -> tuple[Piece, str]:
    """Return the link and the punctuation behind it that is not part of it."""
    bare = url.rstrip(".,;:!?)'\"")
    return Piece(token=f"<{escaped(bare)}>", element={"type": "link", "url": bare}), url[
        len(bare) :
    ]


def _named(workspace: Workspace, name: str, *, labelled: bool) -> tuple[Piece, str] | None:
    """Resolve `@name`: a person, a user group or a broadcast; a full stop may end the sentence."""
    bare = name.rstrip(".-")
    for wanted in (name, bare):
        rest = name[len(wanted) :]
        label = f"|{wanted}" if labelled else ""
        if wanted in _BROADCASTS:
            element: Json = {"type": "broadcast", "range": wanted}
            return Piece(token=f"<!{wanted}>", element=element), rest
        for user in workspace.users.values():
            if user.name == wanted and not user.deleted:
                element = {"type": "user", "user_id": user.id}
                return Piece(token=f"<@{user.id}{label}>", element=element), rest
        for group in workspace.usergroups.values():
            if group.handle == wanted:
                element = {"type": "usergroup", "usergroup_id": group.id}
                label = f"|@{wanted}" if labelled else ""
                return Piece(token=f"<!subteam^{group.id}{label}>", element=element), rest
    return None


def _channel(workspace: Workspace, user_id: str, name: str) -> tuple[Piece, str] | None:
    channel = workspace.channel_named(name)
    if channel is None or not workspace.can_see(user_id, channel):
        return None
    element: Json = {"type": "channel", "channel_id": channel.id}
    return Piece(token=f"<#{channel.id}|{name}>", element=element), ""
