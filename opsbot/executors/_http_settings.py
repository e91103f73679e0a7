"""What opsbot.yaml may say about the http executor: the addresses that may be called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from opsbot.executors._call_fields import quoted

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}")
# RFC 3986's characters but for the fragment's; whatever else has to be percent-encoded.
SOUND = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]*")


class Unusable(Exception):
    """Not an address that can be called; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A web address, taken apart; `path` is as written, still percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def origin(self) -> str:
        """`https://ci.example.com`, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            f"{self.scheme}://{host}{'' if self.port == _PORTS[self.scheme] else f':{self.port}'}"
        )

    @property
    def is_open(self) -> bool:
        """Whether others on the way can read what is sent."""
        return self.scheme == "http" and self.host not in _LOOPBACK


def address_of(url: str) -> Address:
    """The address; raises Unusable for anything but a plain http or https address."""
    # Python's parser drops tabs and line ends without a word: looked at before.
    if len(url) > 8_000 or not SOUND.fullmatch(url):
        raise Unusable("holds a character that has to be percent-encoded, or is very long")
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise Unusable("is no web address") from None
    if scheme not in _PORTS or not url.lower().startswith(f"{scheme}://"):
        raise Unusable("has to start with https://")
    if "@" in parts.netloc:
        raise Unusable("holds a user name; secrets go below `secrets:`")
    if not _HOST.fullmatch(host) or port == 0 or parts.netloc.endswith(":"):
        raise Unusable("has no host that could be called")
    return Address(
        scheme=scheme, host=host, port=port or _PORTS[scheme], path=parts.path, query=parts.query
    )  # fmt: skip


class HttpSettings(BaseModel):
    """Which addresses may be called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hosts: tuple[str, ...] = Field(
        default=(),
        description="Addresses that may be called, such as https://ci.example.com, and everything "
        "below them; none without an entry here.",
    )

    @field_validator("hosts", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("hosts")
    @classmethod
    def _addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        urls = tuple(filter(None, urls))  # one that held a password has been taken out
        for url in urls:
            try:
                address = address_of(url)
            except Unusable as why:
                raise ValueError(
                    f"{quoted(url)} {why}; write https://host or a base below it"
                ) from None
            if address.query or "%" in address.path or ".." in address.path or "//" in address.path:
                raise ValueError(f"{quoted(url)}: write a plain base address, without ?, % and ..")
        return urls

    @property
    def bases(self) -> tuple[Address, ...]:
        """The addresses, taken apart."""
        return tuple(map(address_of, self.hosts))
