"""What a call would do, read from the cluster: asked with dry runs, changing nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from opsbot.core.runbook import Scalar
from opsbot.core.text import count
from opsbot.executors._call_fields import CallRefused
from opsbot.executors._kubernetes_api import ClusterApi, ClusterFailed, Patch
from opsbot.executors._kubernetes_call import (
    KubernetesCall,
    Target,
    Verb,
    later_fields,
    read_call,
)
from opsbot.executors._kubernetes_objects import Deployment
from opsbot.executors._kubernetes_patch import restart_patch, scale_patch, undo_patch
from opsbot.executors._kubernetes_settings import Settings
from opsbot.executors._kubernetes_template import fingerprint, image_words
from opsbot.executors._kubernetes_undo import (
    ALL_AT_ONCE,
    Back,
    NoWayBack,
    chosen,
    undo_warnings,
    undo_words,
)
from opsbot.ports import Plan

# Who puts a Deployment back to what stands elsewhere, by the marks they leave on it
# (Argo CD, "Resource Tracking"; Flux, "Kustomization" and "HelmRelease" labels).
_SYNCED: Mapping[str, str] = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}
_SAMPLE_TIME = "2000-01-01T00:00:00Z"  # of a dry run; the real one has its own


class PlanRefused(Exception):
    """A call that cannot run: the message says why."""


def outside(settings: Settings, target: Target) -> str:
    """Why the executor stays out of a namespace; empty when it may act there."""
    if target.namespace in settings.namespaces:
        return ""
    return (
        f"the namespace {target.namespace} is not among executors.kubernetes.namespaces: "
        "add it there if runbooks may act in it"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Makes plans for one cluster."""

    api: ClusterApi
    settings: Settings

    async def plan(self, call: Mapping[str, Any]) -> Plan:
        """The plan of a rendered call; whatever stands in its way is `refused`."""
        shown = _plain_words(call)
        try:
            later = later_fields(call)
            if later:
                return self._later(call, later)
            checked = read_call(call)
            shown = f"{self._what(checked.target)}: {checked.verb}"
            if why := outside(self.settings, checked.target):
                raise PlanRefused(why)
            return await self._asked(checked)
        except (CallRefused, PlanRefused, NoWayBack) as refused:
            return Plan(shown=shown, refused=str(refused))
        except ClusterFailed as failed:
            return Plan(shown=shown, refused=failed.said)

    def _what(self, target: Target) -> str:
        return f"deployment {target} in {self.settings.place}"

    def _later(self, call: Mapping[str, Any], later: tuple[str, ...]) -> Plan:
        """A call with values that an earlier step will tell: nothing can be asked yet."""
        ((verb, fields),) = call.items()
        known = {name: 0 if name in later else value for name, value in fields.items()}
        if {"namespace", "deployment"} & set(later):
            return Plan(
                shown=f"{verb} a deployment in {self.settings.place} that an earlier step names"
            )
        target = read_call({verb: known}).target
        if why := outside(self.settings, target):
            raise PlanRefused(why)
        words = {
            Verb.UNDO: "back to the revision that an earlier step tells",
            Verb.SCALE: "to as many pods as an earlier step tells",
        }
        return Plan(shown=f"{self._what(target)}: {words[Verb(verb)]}")

    async def _asked(self, call: KubernetesCall) -> Plan:
        now = await self.api.deployment(call.target, timeout=self.settings.request_seconds)
        what = self._what(call.target)
        match call.verb:
            case Verb.UNDO:
                return await self._undo(call, now, what)
            case Verb.RESTART:
                return await self._restart(now, what)
            case Verb.SCALE:
                return await self._scale(call, now, what)
            case Verb.STATUS:
                return Plan(shown=f"{what}: read how its rollout stands; changes nothing")
            case Verb.DIAGNOSTICS:
                words = "read its revisions, pods and warnings; changes nothing"
                return Plan(shown=f"{what}: {words}")

    async def _undo(self, call: KubernetesCall, now: Deployment, what: str) -> Plan:
        revisions = await self.api.revisions(now, timeout=self.settings.request_seconds)
        back = chosen(now, revisions, call.to_revision)
        warnings = undo_warnings(now, back)
        synced = _synced(now)
        warnings += synced or [
            f"the next deploy brings {_taken_back(now, back)} back unless it is reverted in git as "
            "well"
        ]
        warnings += [*_unsettled(now), *await self._admitted(undo_patch(now, back.then, "dry-run"))]
        binding: dict[str, Scalar] = {
            "uid": now.uid,
            "from_revision": now.revision,
            "to_revision": back.then.number,
            "template": fingerprint(back.then.template),
        }
        return _plan(f"{what}: {undo_words(now, back)}", warnings, binding)

    async def _restart(self, now: Deployment, what: str) -> Plan:
        if now.paused:
            raise PlanRefused("it is paused: resume it first, or nothing would be restarted")
        if now.replicas == 0:
            raise PlanRefused("it has no pods to restart: it is scaled to 0")
        order = "all at once" if now.all_at_once else "a few at a time"
        words = f"restart its {count(now.replicas, 'pod')}, {order}; revision {now.revision}"
        warnings = _unsettled(now)
        if now.all_at_once:
            warnings.append(ALL_AT_ONCE)
        warnings += await self._admitted(restart_patch(now, _SAMPLE_TIME, "dry-run"))
        binding: dict[str, Scalar] = {
            "uid": now.uid,
            "from_revision": now.revision,
            "template": fingerprint(now.template),
        }
        shown = f"{what}: {words} (image {image_words(now.template)}) stays"
        return _plan(shown, warnings, binding)

    async def _scale(self, call: KubernetesCall, now: Deployment, what: str) -> Plan:
        if why := beyond(self.settings, now.replicas, call.replicas):
            raise PlanRefused(why)
        before, after = count(now.replicas, "pod"), count(call.replicas, "pod")
        words = f"stays at {after}" if now.replicas == call.replicas else f"{before} become {after}"
        checks = await asyncio.gather(
            self._autoscaled(now), self._admitted(scale_patch(now, call.replicas))
        )
        warnings = [*_unsettled(now), *_synced(now), *(line for lines in checks for line in lines)]
        binding: dict[str, Scalar] = {"uid": now.uid, "replicas_before": now.replicas}
        return _plan(f"{what}: {words}", warnings, binding)

    async def _autoscaled(self, now: Deployment) -> list[str]:
        try:
            found = await self.api.autoscalers(now, timeout=self.settings.request_seconds)
        except ClusterFailed as failed:
            return [f"whether an autoscaler undoes this could not be read: {failed.said}"]
        return [
            f"the autoscaler {one.name} keeps it between {one.least} and {count(one.most, 'pod')} "
            "and undoes a number set by hand: change its bounds instead"
            for one in found
        ]

    async def _admitted(self, patch: Patch) -> list[str]:
        """Ask for the change with every admission check, but without making it.

        Raises PlanRefused with the cluster's own words; a warning when it cannot be told.
        """
        try:
            await self.api.patch(patch, dry_run=True, timeout=self.settings.request_seconds)
        except ClusterFailed as failed:
            if failed.status == 409:  # it changes right now, as deployments do while they roll out
                return []
            if "does not support dry run" in failed.said:
                return ["an admission webhook takes no dry runs: it may still refuse the change"]
            if failed.status in (0, 429) or failed.status >= 500:  # it has not said what it thinks
                said = f"whether the cluster takes it could not be asked: {failed.said}"
                raise PlanRefused(said) from failed
            raise PlanRefused(f"the cluster would not take it: {failed.said}") from failed
        return []


def _taken_back(now: Deployment, back: Back) -> str:
    """What an undo takes away: the image by its name where that is what changes."""
    before, after = image_words(now.template), image_words(back.then.template)
    return "what runs now" if before == after else before


def beyond(settings: Settings, now: int, wanted: int) -> str:
    """Why so many pods are not asked for; empty when the caps allow them."""
    where = "executors.kubernetes"
    if wanted > settings.max_replicas:
        return f"{wanted} pods are more than the {settings.max_replicas} of {where}.max_replicas"
    if wanted < settings.min_replicas:
        return f"{wanted} pods are fewer than the {settings.min_replicas} of {where}.min_replicas"
    if abs(wanted - now) > settings.max_step:
        return (
            f"from {now} to {wanted} pods is more than the {settings.max_step} at once of "
            f"{where}.max_step"
        )
    return ""


def _plan(shown: str, warnings: list[str], binding: dict[str, Scalar]) -> Plan:
    return Plan(shown=shown, warnings=tuple(warnings), binding=MappingProxyType(binding))


def _plain_words(call: Mapping[str, Any]) -> str:
    verbs = [str(verb) for verb in call if verb in tuple(Verb)]
    return f"kubernetes {verbs[0]}" if verbs else "kubernetes"


def _synced(now: Deployment) -> list[str]:
    """Who would put it back, as far as its labels and annotations tell."""
    marks = {**now.labels, **now.annotations}
    said = {
        tool: f"{tool} manages it ({mark}): where auto-sync is on, it undoes this within minutes; "
        "revert in git as well"
        for mark, tool in _SYNCED.items()
        if mark in marks
    }
    if now.owner:
        said["owner"] = f"it belongs to {now.owner}, whose controller may undo this"
    return list(said.values())


def _unsettled(now: Deployment) -> list[str]:
    state = now.rollout
    if state.observed < now.generation or state.updated < now.replicas or state.stuck:
        done = f"{state.updated} of {count(now.replicas, 'pod')} updated"
        return [f"a rollout is not finished: {done}" + (", and it is stuck" if state.stuck else "")]
    if state.available < now.replicas:
        return [f"{state.available} of its {count(now.replicas, 'pod')} are available now"]
    return []
