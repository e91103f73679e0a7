"""Where a call goes: one of the configured addresses, or a path below it, and nowhere else.

Paths are compared as a server may understand them, percent-decoded as often as it takes, and what
would be another path after decoding is refused rather than mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, unquote, urlencode

from opsbot.executors._call_fields import (
    LOOK_UP,
    is_scalar,
    quoted,
    shown_unresolved,
    text_of,
    unresolved,
)
from opsbot.executors._http_settings import Address, HttpSettings, Unusable, address_of

_LONGEST_SEGMENT, _LONGEST_QUERY = 1_000, 8_000
_DECODINGS = 4  # nobody decodes more often, and what is still encoded then is nobody's path


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A whole address: `url` without what `query` adds."""

    address: Address
    url: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The whole address on one line."""
        if not self.query:
            return self.url
        mark = "&" if self.address.query else "?"
        return f"{self.url}{mark}{urlencode(self.query, quote_via=quote)}"


def target_of(
    call: Mapping[str, Any], settings: HttpSettings, problems: list[str]
) -> Target | None:
    """Where the call goes; None, with the reasons added to `problems`, when it may not."""
    written = call.get("url")
    segments = _segments(call.get("path"), problems)
    query = _query(call.get("query"), problems)
    if not isinstance(written, str) or LOOK_UP in written:
        problems.append(
            "url: write the address out; what varies goes into `path:`, a list of segments, and "
            "`query:`"
        )
        return None
    try:
        address = address_of(written)
    except Unusable as why:
        problems.append(f"url {why}")
        return None
    path = address.path
    if segments:
        path = "/".join([path.rstrip("/"), *(quote(segment, safe="") for segment in segments)])
    if trouble := _trouble(path):
        problems.append(f"the path {trouble}")
        return None
    if not any(_is_below(address, path, base) for base in settings.bases):
        problems.append(_not_allowed(address, settings))
        return None
    question = f"?{address.query}" if address.query else ""
    return Target(address=address, url=f"{address.origin}{path}{question}", query=query)


def _not_allowed(address: Address, settings: HttpSettings) -> str:
    add = "add it to executors.http.hosts in opsbot.yaml to allow it"
    if not settings.hosts:
        return f"no address is allowed yet, so {quoted(address.origin)} is not; {add}"
    where = f"{address.origin}{address.path}"
    return f"{quoted(where, 120)} is below none of the allowed addresses; {add}"


def _is_below(address: Address, path: str, base: Address) -> bool:
    if (address.scheme, address.host, address.port) != (base.scheme, base.host, base.port):
        return False
    folder = base.path.rstrip("/") + "/"
    return f"{unquote(path).rstrip('/')}/".startswith(folder)


def _trouble(path: str) -> str:
    """Why a path could be understood as another one; empty when it could not."""
    read = path
    for _ in range(_DECODINGS):
        if read != path and read.count("/") != path.count("/"):
            return "holds an encoded slash"
        if "\\" in read or any(ord(char) < 32 or ord(char) == 127 for char in read):
            return "holds a backslash or a control character"
        if "//" in read or any(part.partition(";")[0] in (".", "..") for part in read.split("/")):
            return "holds an empty segment, `.` or `..`"
        if (decoded := unquote(read)) == read:
            break
        read = decoded
    return ""


def _segments(value: Any, problems: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    items = cast("Sequence[Any]", value) if isinstance(value, list | tuple) else (value,)
    found: list[str] = []
    for number, item in enumerate(items):
        text = _text(f"path[{number}]", item, problems, _LONGEST_SEGMENT)
        if not text or "/" in text:
            problems.append(f"path[{number}]: write one segment, not empty and without a slash")
        found.append(text)
    return tuple(found)


def _query(value: Any, problems: list[str]) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        problems.append("query: write `name: value` lines below it")
        return ()
    found: list[tuple[str, str]] = []
    for name, item in cast("Mapping[Any, Any]", value).items():
        many = cast("Sequence[Any]", item) if isinstance(item, list | tuple) else (item,)
        key = _text("query", str(name), problems, _LONGEST_SEGMENT)
        where = f"query.{quoted(name)[1:-1]}"
        found += [(key, _text(where, one, problems, _LONGEST_QUERY)) for one in many]
    if sum(len(key) + len(text) for key, text in found) > _LONGEST_QUERY:
        problems.append(f"query: longer than {_LONGEST_QUERY:,} characters")
    return tuple(found)


def _text(where: str, value: Any, problems: list[str], longest: int) -> str:
    if unresolved(value):
        return shown_unresolved(value)
    if not is_scalar(value):
        problems.append(f"{where}: write a text or a number")
        return ""
    text = text_of(value)
    if any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000
           for char in text):  # fmt: skip
        problems.append(f"{where} holds a control character")
    elif len(text) > longest:
        problems.append(f"{where} is longer than {longest:,} characters")
    else:
        return text
    return ""
