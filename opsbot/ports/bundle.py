"""All ports in one value, as flows are given them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from opsbot.core.rules import Rules
from opsbot.ports.acting import Drafter, Executor, Gauge, Publisher
from opsbot.ports.outcome import Clock
from opsbot.ports.outside import EvidenceSource, ExhibitSource, Pager, Painter, Staffing
from opsbot.ports.record import Record
from opsbot.ports.slack import PeopleSurface, RoomSurface


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything a flow may speak to. Absent integrations are None or empty, never stand-ins."""

    record: Record
    clock: Clock
    rules: Rules
    room: RoomSurface | None = None
    sources: Sequence[EvidenceSource] = ()
    exhibits: Sequence[ExhibitSource] = ()
    pager: Pager | None = None
    painter: Painter | None = None
    people: PeopleSurface | None = None
    staffing: Staffing | None = None
    executors: Mapping[str, Executor] = field(default_factory=lambda: MappingProxyType({}))
    gauges: Mapping[str, Gauge] = field(default_factory=lambda: MappingProxyType({}))
    publishers: Sequence[Publisher] = ()
    drafter: Drafter | None = None
    boot: str = ""  # this process, as claims of steps name it
