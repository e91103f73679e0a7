"""The service catalogue: which services exist, who owns them, and where their evidence lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from opsbot.core.event import ServiceRef
from opsbot.core.evidence import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTemplate:
    """A deep link into any other tool; `url` may hold `{service}`, `{start_ms}` and the like."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of the catalogue. `name` is its OTel `service.name` and our key."""

    name: str
    owner: str = ""  # team
    channel: str = ""  # the team's Slack channel id, for incidents that live in a thread
    pagerduty_id: str = ""
    repository: str = ""
    environment: str = ""
    tier: str = ""
    selectors: tuple[tuple[str, str], ...] = ()
    depends_on: tuple[str, ...] = ()
    links: tuple[LinkTemplate, ...] = ()

    def subject(self) -> Subject:
        """The service as evidence sources are asked for it; the pager knows it by its own id."""
        pager = (("pagerduty", self.pagerduty_id),) if self.pagerduty_id else ()
        return Subject(
            service=self.name,
            repository=self.repository,
            environment=self.environment,
            selectors=(*pager, *self.selectors),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All services, found by our name or by the pager's id."""

    services: tuple[Service, ...] = ()
    _by_name: dict[str, Service] = field(init=False, repr=False, compare=False)
    _by_pager: dict[str, Service] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {s.name: s for s in self.services})
        pagers = {s.pagerduty_id: s for s in self.services if s.pagerduty_id}
        object.__setattr__(self, "_by_pager", pagers)

    def named(self, name: str) -> Service | None:
        return self._by_name.get(name)

    def find(self, ref: ServiceRef) -> Service | None:
        """The service an event speaks of: by its catalogue key, the pager's id, or its name."""
        return (
            self._by_name.get(ref.key)
            or self._by_pager.get(ref.source_id)
            or self._by_name.get(ref.name)
        )

    def around(self, name: str, limit: int = 12) -> tuple[Service, ...]:
        """The service and what it depends on, nearest first, at most `limit` services."""
        found: dict[str, Service] = {}
        ring: Iterable[str] = (name,)
        while ring and len(found) < limit:
            following: list[str] = []
            for key in ring:
                service = self._by_name.get(key)
                if service is None or key in found:
                    continue
                found[key] = service
                following += service.depends_on
            ring = following
        return tuple(found.values())[:limit]
