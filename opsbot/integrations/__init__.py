"""One vendor, one file; the configuration key is the file's name.

A file here declares `INTEGRATION`, and being there is registering: `opsbot/catalog` finds it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from opsbot.core.event import AlertEvent
from opsbot.ports import (
    AlertFeed,
    Clock,
    EvidenceSource,
    Gauge,
    Http,
    Inspection,
    Pager,
    Publisher,
    Secret,
    Staffing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What an integration is given: HTTP, time, and its secrets by field name. Relative paths in
    its settings start at `folder`, where opsbot.yaml lies."""

    http: Http
    clock: Clock
    secrets: Mapping[str, Sequence[Secret]]
    folder: Path = Path()

    def secret(self, field: str) -> Secret | None:
        """The first secret configured under `field`, or None when there is none."""
        found = self.secrets.get(field, ())
        return found[0] if found else None


class WebhookRefused(Exception):
    """A delivery that must not be accepted. `status` is the HTTP answer, `reason` one line that
    holds nothing of the body, `cure` what an operator can do about it."""

    def __init__(self, status: int, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.cure = status, reason, cure


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An integration's door: how a delivery is verified, checked, keyed and later parsed.

    `verify`, `check` and `parse` raise WebhookRefused; `verify` may raise SecretUnavailable.
    """

    verify: Callable[[bytes, Mapping[str, str], Sequence[Secret]], None]
    key: Callable[[bytes, Mapping[str, str]], str]
    parse: Callable[[bytes], AlertEvent]
    check: Callable[[bytes], None]  # cheap: is it a body that `parse` can read?
    max_bytes: int = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How an integration is asked for what its webhooks would tell: the feed, whose deliveries
    carry the door `<name>.poll`, and how such a delivery is read. Without the secret `needs`
    nothing can be asked."""

    feed: Callable[[Any, Wiring], AlertFeed]
    parse: Callable[[bytes], AlertEvent]
    needs: str = "api_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretField:
    """A secret an integration takes: `env` is its environment variable, `many` allows two."""

    name: str
    env: str
    why: str
    required: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One vendor: its settings, its secrets, and what it can do. `inspect_publisher` is for the
    doctor: it asks whether documents could be published, and changes nothing."""

    name: str
    settings: type[BaseModel]
    secrets: tuple[SecretField, ...] = ()
    sources: Callable[[Any, Wiring], Sequence[EvidenceSource]] | None = None
    pager: Callable[[Any, Wiring], Pager] | None = None
    webhook: Webhook | None = None
    polled: Polled | None = None
    staffing: Callable[[Any, Wiring], Staffing | None] | None = None  # None without its secret
    publisher: Callable[[Any, Wiring], Publisher | None] | None = None  # None when not set up
    inspect_publisher: Callable[[Any, Wiring], Awaitable[Inspection]] | None = None
    gauge: Callable[[Any, Wiring], Gauge] | None = None
