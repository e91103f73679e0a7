"""A finished document as publishers are given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A postmortem in its three forms. `stem` is its file name without ending, safe anywhere:
    `inc-42-checkout-errors`; `attachments` are the charts, by the relative path the Markdown
    names them by."""

    incident_id: str
    number: int
    stem: str
    title: str
    summary: str  # one sentence, for a commit or a message
    markdown: str
    data: str  # JSON text
    html: str
    attachments: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    private: bool = False  # of a private incident: only for places that its readers alone see
