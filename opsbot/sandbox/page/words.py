"""What templates ask for: any text, image, option or id of Block Kit, drawn for one viewer."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from opsbot.sandbox.page import markdown, rich_text
from opsbot.sandbox.page.inline import Inline, is_safe_address
from opsbot.sandbox.page.mrkdwn import Mrkdwn, decoded
from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.model import Bookmark, Json, StoredFile

_CODE = re.compile(r":([a-z0-9_+'-]{1,60}):")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image: where the page has it, or the host it would have to be fetched from."""

    alt: str
    src: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line of a menu; `chosen` when it is chosen from the start."""

    label: Markup
    value: str
    description: Markup = field(default_factory=Markup)
    url: str = ""
    chosen: bool = False


def picture_type(stored: StoredFile) -> str | None:
    """Return the media type of an upload that is a picture by its first bytes, else None."""
    data = stored.data or b""
    return next((kind for start, kind in _PICTURES.items() if data.startswith(start)), None)


def initials(name: str) -> str:
    """Return one or two letters for somebody's avatar."""
    parts = [part for part in re.split(r"[\s._-]+", name) if part]
    return "".join(part[0] for part in parts[:2]).upper() or "?"


def tint(key: str) -> int:
    """Return one of eight colours for a person, always the same one."""
    return hashlib.blake2s(key.encode(), digest_size=1).digest()[0] % 8


class Words:
    """Draws what stands in blocks; everything foreign is escaped or inert."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.inline = Inline(viewer)

    def mrkdwn(self, text: str, *, verbatim: bool = False) -> Markup:
        """Draw mrkdwn."""
        return Mrkdwn(self.inline, verbatim=verbatim).draw(text)

    def plain(self, text: str, *, emoji: bool = True) -> Markup:
        """Draw plain_text: entities are read, emoji codes too unless switched off."""
        said = decoded(text)
        if not emoji:
            return escape(said)
        parts = _CODE.split(said)
        drawn = (
            self.inline.emoji(part) if number % 2 else escape(part)
            for number, part in enumerate(parts)
        )
        return Markup("").join(drawn)

    def text(self, value: Any) -> Markup:
        """Draw a text object of either kind, nothing for none."""
        found = as_object(value) or {}
        said = str(found.get("text", ""))
        if found.get("type") == "mrkdwn":
            return self.mrkdwn(said, verbatim=found.get("verbatim") is True)
        return self.plain(said, emoji=found.get("emoji") is not False)

    def bare(self, value: Any) -> str:
        """Return the characters of a plain_text object, for attributes and options."""
        return self.text(value).striptags() if value else ""

    def rich(self, block: Json) -> Markup:
        """Draw a rich_text block."""
        return rich_text.draw(block, self.inline)

    def markdown(self, text: str) -> Markup:
        """Draw a markdown block."""
        return markdown.draw(text, self.inline)

    def picture(self, found: Json) -> Picture:
        """Find an image element or block: only uploads are shown, nothing is fetched elsewhere."""
        alt = str(found.get("alt_text", ""))
        named = as_object(found.get("slack_file")) or {}
        url = str(found.get("image_url") or named.get("url") or "")
        file_id = str(named.get("id") or "")
        for stored in self.viewer.workspace.files.values():
            address = f"{self.viewer.workspace.url}files/{stored.id}/"
            if stored.id == file_id or (url and url.startswith(address)):
                return Picture(alt=alt, src=self.file_address(stored))
        return Picture(alt=alt, host=_host(url) or "no file")

    def file_address(self, stored: StoredFile) -> str:
        """Return where the page serves an upload."""
        return self.viewer.address(f"/files/{stored.id}")

    def choices(self, element: Json) -> list[Choice]:
        """Return the options of a menu, checkboxes or radio buttons (groups: see `groups`)."""
        return [self._choice(one, element) for one in _objects(element.get("options"))]

    def groups(self, element: Json) -> list[tuple[str, list[Choice]]]:
        """Return the option groups of a menu: label and options."""
        return [
            (
                self.bare(group.get("label")),
                [self._choice(one, element) for one in _objects(group.get("options"))],
            )
            for group in _objects(element.get("option_groups"))
        ]

    def initial_choices(self, element: Json) -> list[Choice]:
        """Return what an external menu holds from the start."""
        held = _objects(element.get("initial_options"))
        one = as_object(element.get("initial_option"))
        return [self._choice(found, element) for found in ([one] if one else held)]

    def people(self, element: Json) -> list[Choice]:
        """Return the people one can choose."""
        held = _initial(element, "initial_user")
        return [
            Choice(label=escape(user.real_name), value=user.id, chosen=user.id in held)
            for user in self.viewer.workspace.users.values()
            if not user.deleted
        ]

    def conversations(self, element: Json) -> list[Choice]:
        """Return the channels one can choose: those the viewer sees, archived ones left out."""
        public = str(element.get("type", "")).endswith("channels_select")
        held = _initial(element, "initial_channel") | _initial(element, "initial_conversation")
        return [
            Choice(label=escape(f"#{found.name}"), value=found.id, chosen=found.id in held)
            for found in self.viewer.workspace.channels.values()
            if self.viewer.sees(found)
            and not found.archived
            and found.kind in ("public", "private")
            if not (public and found.is_private)
        ]

    def every_choice(self, element: Json) -> list[Choice]:
        """Return the options of a menu, those in groups included."""
        grouped = (choice for _, choices in self.groups(element) for choice in choices)
        return [*self.choices(element), *grouped]

    def bookmark(self, found: Bookmark) -> Markup:
        """Draw a link of a channel's header bar; its title is plain, its emoji has a name."""
        name = found.emoji.strip(":")
        mark = Markup("{} ").format(self.inline.emoji(name)) if name else ""
        return self.inline.link(found.link, Markup("{}{}").format(mark, found.title))

    def colour(self, value: Any) -> str:
        """Return the colour of an attachment's bar, empty for none Slack knows."""
        named = {"good": "#2eb67d", "warning": "#ecb22e", "danger": "#e01e5a"}
        said = str(value or "")
        hexadecimal = said if said.startswith("#") else f"#{said}"
        return named.get(said) or (hexadecimal if _COLOUR.fullmatch(hexadecimal) else "")

    def is_safe(self, url: Any) -> bool:
        """Whether an address may stand behind a link."""
        return isinstance(url, str) and is_safe_address(url)

    def local_moment(self, seconds: Any) -> str:
        """Return a moment (Unix seconds) as a datetime-local input takes it, empty for none."""
        if not isinstance(seconds, int):
            return ""
        return f"{self.viewer.moment(seconds):%Y-%m-%dT%H:%M}"

    def dom_id(self, *parts: object) -> str:
        """Return an element id that stays the same while view, block and action do."""
        key = "\x1f".join(map(str, parts))
        return "f" + hashlib.blake2s(key.encode(), digest_size=6).hexdigest()

    def _choice(self, option: Json, element: Json) -> Choice:
        value = str(option.get("value", ""))
        initial = [as_object(element.get("initial_option"))]
        held = [
            found.get("value")
            for found in [*initial, *_objects(element.get("initial_options"))]
            if found
        ]
        return Choice(
            label=self.text(option.get("text")),
            value=value,
            description=self.text(option.get("description")),
            url=str(option.get("url", "")),
            chosen=value in held,
        )


def _initial(element: Json, key: str) -> set[str]:
    several = as_list(element.get(f"{key}s")) or []
    return {str(found) for found in [element.get(key), *several] if found}


def _objects(value: Any) -> list[Json]:
    return [found for found in map(as_object, as_list(value) or []) if found is not None]


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""
