"""What the cluster's rollouts do to a scenario: the fault ends when its deploy is taken back.

The past stays as it was, sample by sample; only what comes after a rollout is another story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from opsbot.sandbox.kubernetes_seed import UNDEPLOYED, configured, version_of
from opsbot.sandbox.scenario import Deploy, DeployStatus, Effect, LogTemplate, Scenario

_Happening = TypeVar("_Happening", Effect, LogTemplate)

RECOVERY_SECONDS = 4.0
"""How long signals take to be as usual again once the faulty pods are gone."""

TRACED_AFTER = 30.0
"""Seconds after a deploy at which its version is the one in traces."""


@dataclass(slots=True, kw_only=True)
class _Spell:
    """A stretch of time in which the fault was live, in seconds relative to the page."""

    start: float
    end: float | None = None


def fault_of(scenario: Scenario) -> Deploy | None:
    """The deploy that did it: the culprit's last one before the page. None when nobody did."""
    deploys = [one for one in scenario.deploys if one.service == scenario.culprit and one.at < 0]
    return max(deploys, key=lambda one: one.at, default=None)


def is_faulty(template: Mapping[str, Any], fault: Deploy) -> bool:
    """Whether pods of this template do the harm: they have what the deploy changed."""
    if not fault.config_changes:
        return version_of(template) == fault.version
    return all(configured(template, one.key) == one.after for one in fault.config_changes)


@dataclass(slots=True)
class Course:
    """How a scenario goes on: as written, until pods of another template run."""

    written: Scenario
    _spells: list[_Spell] = field(default_factory=list[_Spell])
    _rollouts: list[Deploy] = field(default_factory=list[Deploy])

    def __post_init__(self) -> None:
        fault = fault_of(self.written)
        if fault is not None:
            self._spells.append(_Spell(start=fault.at))

    @property
    def scenario(self) -> Scenario:
        """The scenario as far as it is known now."""
        if not self._spells:
            return replace(self.written, deploys=(*self.written.deploys, *self._rollouts))
        return replace(
            self.written,
            effects=(*self._others(self.written.effects), *self._of_spells(_effects)),
            log_templates=(*self._others(self.written.log_templates), *self._of_spells(_lines)),
            deploys=(*self.written.deploys, *self._rollouts),
        )

    def rolled_out(
        self, service: str, template: Mapping[str, Any], *, began: float, done: float
    ) -> None:
        """Pods of the service are replaced by those of a template (seconds relative to the page).

        What was to be done only after `began` never came to its end.
        """
        self._rollouts = [
            one
            for one in self._rollouts
            if one.service != service or one.at + TRACED_AFTER <= began
        ]
        version, known = version_of(template), self._version(service)
        if version != known:
            deploy = _as_deploy(self.written, service, version, known, done - TRACED_AFTER)
            self._rollouts.append(deploy)
        fault = fault_of(self.written)
        if fault is not None and service == fault.service:
            self._turned(is_faulty(template, fault), began, done)

    def _version(self, service: str) -> str:
        """The version that runs, as far as it is known."""
        deploys = [*self.written.deploys, *self._rollouts]
        own = [one for one in deploys if one.service == service]
        return max(own, key=lambda one: one.at).version if own else UNDEPLOYED

    def remedied(self, at: float) -> None:
        """The fault ends at this moment, relative to the page, whatever ended it."""
        if self._spells:
            self._turned(False, at, at)

    def _turned(self, faulty: bool, began: float, done: float) -> None:
        self._spells[1:] = [spell for spell in self._spells[1:] if spell.start <= began]
        last = self._spells[-1]
        if last.end is not None and last.end > began:
            last.end = None
        if faulty and last.end is not None:
            self._spells.append(_Spell(start=done))
        elif not faulty and last.end is None:
            last.end = done

    def _others(self, happenings: Iterable[_Happening]) -> Iterator[_Happening]:
        """What began before the faulty deploy is none of its doing."""
        return (one for one in happenings if one.start < self._spells[0].start)

    def _of_spells(
        self, moved: Callable[[Scenario, _Spell, float], Iterator[_Happening]]
    ) -> Iterator[_Happening]:
        first = self._spells[0].start
        for spell in self._spells:
            for one in moved(self.written, spell, first):
                if spell.end is None or one.start < spell.end:
                    yield one


def _effects(scenario: Scenario, spell: _Spell, first: float) -> Iterator[Effect]:
    for one in scenario.effects:
        if one.start >= first:
            shift = spell.start - first
            settle = one.settle if spell.end is None else RECOVERY_SECONDS
            end = _ends(one.end, shift, spell)
            yield replace(one, start=one.start + shift, end=end, settle=settle)


def _lines(scenario: Scenario, spell: _Spell, first: float) -> Iterator[LogTemplate]:
    for one in scenario.log_templates:
        if one.start >= first:
            shift = spell.start - first
            yield replace(one, start=one.start + shift, end=_ends(one.end, shift, spell))


def _ends(end: float | None, shift: float, spell: _Spell) -> float | None:
    own = None if end is None else end + shift
    if spell.end is None:
        return own
    return spell.end if own is None else min(own, spell.end)


def _as_deploy(scenario: Scenario, service: str, version: str, previous: str, at: float) -> Deploy:
    """A rollout as traces know it; GitHub and PagerDuty are not told of what kubectl does."""
    return Deploy(
        service=service, version=version, previous=previous, at=at, description="", author="",
        environment=scenario.environment, statuses=(DeployStatus(state="success", after=0.0),),
        change_event=False,
    )  # fmt: skip
