"""The catalogue's first draft: PagerDuty's services joined to what traces, metrics and logs call
them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from opsbot.app.draft.matching import Names
from opsbot.integrations.pagerduty.account import PagedService

# Whose word for a service counts first: traces carry the OpenTelemetry service.name itself.
_NAMING = ("tempo", "prometheus")
_FOLLOWING = "loki"


@dataclass(slots=True, kw_only=True)
class Drafted:
    """A service as it will be written; `doubts` holds, by key, why it is not sure."""

    name: str
    owner: str = ""
    pagerduty_id: str = ""
    selectors: dict[str, str] = field(default_factory=dict[str, str])
    depends_on: list[str] = field(default_factory=list[str])
    doubts: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def unsure(self) -> bool:
        """Whether a person has to look at it."""
        return bool(self.doubts)


def drafted_services(
    paged: Sequence[PagedService],
    seen: Mapping[str, Sequence[str]],
    calls: Iterable[tuple[str, str]] = (),
) -> tuple[Drafted, ...]:
    """Join PagerDuty's services to the names each source has `seen`, by the source's name.

    Names come from traces and metrics; what only logs know is no service of its own, unless
    there are neither. `calls` are pairs of caller and callee, as metrics name them.
    """
    found: dict[str, Drafted] = {}
    for source in _NAMING:
        _name_by(found, source, seen.get(source, ()))
    if found:
        _follow(found, _FOLLOWING, seen.get(_FOLLOWING, ()))
    else:
        _name_by(found, _FOLLOWING, seen.get(_FOLLOWING, ()))
    _depend(found, calls)
    _page(found, paged)
    return tuple(sorted(found.values(), key=lambda service: service.name.lower()))


def _name_by(found: dict[str, Drafted], source: str, names: Iterable[str]) -> None:
    """Add what this source alone knows, and note what it calls the others."""
    unknown = _follow(found, source, names)
    for name in unknown:
        found[name] = Drafted(name=name)


def _follow(found: dict[str, Drafted], source: str, names: Iterable[str]) -> list[str]:
    """Note what a source calls the services that are known; answer the names that are none.

    A service that the source knows by its own name needs no other.
    """
    known, unknown = Names(found), list[str]()
    its_own = set(names) & found.keys()
    for name in names:
        match = known.match(name)
        served = match is not None and (
            match.name in its_own or source in found[match.name].selectors
        )
        if match is None or (served and not match.sure):
            unknown.append(name)
        elif not served:
            found[match.name].selectors[source] = name
            if not match.sure:
                found[match.name].doubts[source] = "the names are only alike"
    return unknown


def _depend(found: dict[str, Drafted], calls: Iterable[tuple[str, str]]) -> None:
    """Note who calls whom, between services that are known."""
    named = {name: name for name in found}
    named |= {
        other: service.name
        for service in found.values()
        for other in service.selectors.values()
        if other not in found
    }
    for caller, callee in sorted(set(calls)):
        mine, theirs = named.get(caller), named.get(callee)
        if mine and theirs and mine != theirs and theirs not in found[mine].depends_on:
            found[mine].depends_on.append(theirs)


def _page(found: dict[str, Drafted], paged: Sequence[PagedService]) -> None:
    """Give each paged service its entry; sure matches choose first."""
    known = Names(found)
    matches = [(one, known.match(one.name)) for one in paged]
    for one, match in sorted(matches, key=lambda pair: not (pair[1] and pair[1].sure)):
        service = found.get(match.name) if match else None
        if match is not None and service is not None and not service.pagerduty_id:
            service.pagerduty_id, service.owner = one.id, one.team
            if not match.sure:
                service.doubts["pagerduty_id"] = f"PagerDuty calls it {one.name!r}"
        else:
            _stand_alone(found, one, service)


def _stand_alone(found: dict[str, Drafted], one: PagedService, taken: Drafted | None) -> None:
    why = "no trace or metric carries this name"
    if taken is not None:
        why = f"{taken.name} is like it, and belongs to another service of PagerDuty"
    name = one.name if one.name not in found else f"{one.name} ({one.id})"
    found[name] = Drafted(name=name, owner=one.team, pagerduty_id=one.id, doubts={"name": why})
