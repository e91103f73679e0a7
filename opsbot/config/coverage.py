"""How much of the catalogue each use of it can rely on: `41 of 63 services have a repository`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from opsbot.config.settings import Settings
from opsbot.core.service import Catalogue, Service
from opsbot.core.text import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """For one use of the catalogue: which services have what it takes."""

    key: str  # the key of a service that gives it
    what: str  # "a repository"
    why: str  # what goes wrong without it
    needed_by: str  # the integration that needs it, empty when opsbot itself does
    services: int
    lacking: tuple[str, ...]

    @property
    def covered(self) -> int:
        return self.services - len(self.lacking)

    def __str__(self) -> str:
        has = "has" if self.services == 1 else "have"
        return f"{self.covered:,} of {count(self.services, 'service')} {has} {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    key: str
    what: str
    why: str
    has: Callable[[Service], bool]
    needed_by: str = ""


_NEEDS = (
    _Need(
        key="owner",
        what="an owner",
        has=lambda s: bool(s.owner),
        why="nobody is named as responsible on the card",
    ),
    _Need(
        key="channel",
        what="a channel",
        has=lambda s: bool(s.channel),
        why="an incident that belongs in a thread goes to the digest instead",
    ),
    _Need(
        key="pagerduty_id",
        what="a PagerDuty id",
        needed_by="pagerduty",
        has=lambda s: bool(s.pagerduty_id),
        why="a page is matched by the service's name only, and is unknown after a renaming",
    ),
    _Need(
        key="repository",
        what="a repository",
        needed_by="github",
        has=lambda s: bool(s.repository),
        why="its deploys are not looked for",
    ),
)


def coverage(settings: Settings) -> tuple[Coverage, ...]:
    """One row per key that gives the catalogue its use; without services there are no rows."""
    catalogue = settings.catalogue
    if not catalogue.services:
        return ()
    names = {known.name for known in settings.integrations}
    rows = [
        _row(catalogue, need) for need in _NEEDS if not need.needed_by or need.needed_by in names
    ]
    return (*rows, _dependencies(catalogue))


def _row(catalogue: Catalogue, need: _Need) -> Coverage:
    return Coverage(
        key=need.key,
        what=need.what,
        why=need.why,
        needed_by=need.needed_by,
        services=len(catalogue.services),
        lacking=tuple(service.name for service in catalogue.services if not need.has(service)),
    )


def _dependencies(catalogue: Catalogue) -> Coverage:
    """A service that nothing calls and that calls nothing stands alone, most likely by mistake."""
    called = {name for service in catalogue.services for name in service.depends_on}
    return Coverage(
        key="depends_on",
        what="a known neighbour",
        needed_by="",
        why="evidence is collected from the paged service alone",
        services=len(catalogue.services),
        lacking=tuple(
            service.name
            for service in catalogue.services
            if not service.depends_on and service.name not in called
        ),
    )
