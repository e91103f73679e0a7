"""What only reads: how a rollout stands, and what a responder would ask kubectl first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from opsbot.core.text import count, inert
from opsbot.executors._kubernetes_api import ClusterApi, ClusterFailed
from opsbot.executors._kubernetes_call import Target
from opsbot.executors._kubernetes_countdown import Countdown
from opsbot.executors._kubernetes_objects import Deployment, Event, Pod, Revision
from opsbot.executors._kubernetes_rollout import stage_of
from opsbot.executors._kubernetes_settings import Settings
from opsbot.executors._kubernetes_template import image_words
from opsbot.ports import Succeeded

T = TypeVar("T")
_MOST_PODS, _MOST_EVENTS = 60, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a Deployment. Raises ClusterFailed when the Deployment itself cannot be read."""

    api: ClusterApi
    settings: Settings
    target: Target
    countdown: Countdown
    tell: Callable[[str], None]

    async def status(self) -> Succeeded:
        """How its rollout stands."""
        now = await self._deployment()
        self._lines(_headline(now, self.target, self.settings))
        return self._succeeded(now)

    async def diagnostics(self) -> Succeeded:
        """Its revisions, its pods and how they ended, and the warnings of the last hour."""
        now = await self._deployment()
        self._lines(_headline(now, self.target, self.settings))
        about = f"involvedObject.kind=Deployment,involvedObject.name={now.name}"
        revisions, pods, own, warnings = await asyncio.gather(
            self._part(self.api.revisions(now, timeout=self._timeout)),
            self._part(self.api.pods(now, timeout=self._timeout)),
            self._part(self.api.events(now.namespace, about, timeout=self._timeout)),
            self._part(self.api.events(now.namespace, "type=Warning", timeout=self._timeout)),
        )
        self._lines(["", "revisions", *_or_why(revisions, _revision_lines)])
        self._lines(["", "pods", *_or_why(pods, _pod_lines)])
        parts = [one for one in (revisions, pods) if not isinstance(one, str)]
        names = {now.name, *(one.name for part in parts for one in part)}
        self._lines(["", "events", *_event_lines(own, warnings, names)])
        return self._succeeded(now, pods)

    async def _deployment(self) -> Deployment:
        return await self.api.deployment(self.target, timeout=self._timeout)

    @property
    def _timeout(self) -> float:
        return self.countdown.within(self.settings.request_seconds)

    async def _part(self, asked: Awaitable[T]) -> T | str:
        """What was asked for, or why it cannot be read: a part that fails leaves the others."""
        try:
            return await asked
        except ClusterFailed as failed:
            return failed.said

    def _lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.tell(line)

    def _succeeded(self, now: Deployment, pods: tuple[Pod, ...] | str = ()) -> Succeeded:
        _, words = stage_of(now)
        image = image_words(now.template)
        said = f"revision {now.revision} (image {image}): {words}"
        ended = {one for pod in pods if isinstance(pod, Pod) for one in pod.ended}
        killed = sum(one.startswith("OOMKilled") for one in ended)
        if killed:
            said += f"; {count(killed, 'container')} ended for lack of memory (OOMKilled)"
        values = {
            "revision": now.revision, "image": image, "replicas": now.replicas,
            "available": now.rollout.available,
        }  # fmt: skip
        return Succeeded(said=said, values=MappingProxyType(values))


def _headline(now: Deployment, target: Target, settings: Settings) -> list[str]:
    _, words = stage_of(now)
    paused = ", paused" if now.paused else ""
    first = f"deployment {target} in {settings.place}: revision {now.revision}{paused}"
    images = f"image {image_words(now.template)}"
    return [f"{first}, {images}", f"  {words}", *(f"  {line}" for line in now.rollout.conditions)]


def _or_why(part: tuple[T, ...] | str, lines: Callable[[Sequence[T]], Iterator[str]]) -> list[str]:
    if isinstance(part, str):
        return [f"  could not be read: {part}"]
    return list(lines(part)) or ["  none"]


def _revision_lines(revisions: Sequence[Revision]) -> Iterator[str]:
    for one in revisions:
        cause = f"  {inert(one.change_cause, 120)}" if one.change_cause else ""
        pods = f"{one.ready}/{one.replicas} pods ready"
        at = inert(one.created_at, 30)
        yield f"  {one.number:>4}  {at}  {pods}  image {image_words(one.template)}{cause}"


def _pod_lines(pods: Sequence[Pod]) -> Iterator[str]:
    """Those in trouble first."""
    ordered = sorted(pods, key=lambda one: (one.ready, -one.restarts, one.name))
    for one in ordered[:_MOST_PODS]:
        ready = "ready" if one.ready else "not ready"
        words = [f"  {one.name}  {one.phase}, {ready}", count(one.restarts, "restart")]
        words += [f"on {one.node}"] if one.node else []
        words += [f"waits: {reason}" for reason in one.waits]
        words += [f"ended: {reason}" for reason in one.ended]
        yield ", ".join(words)
    if len(pods) > _MOST_PODS:
        yield f"  and {count(len(pods) - _MOST_PODS, 'more pod')}"


def _event_lines(
    own: tuple[Event, ...] | str, warnings: tuple[Event, ...] | str, names: set[str]
) -> list[str]:
    told = [part for part in (own, warnings) if isinstance(part, str)]
    found = [one for part in (own, warnings) if not isinstance(part, str) for one in part]
    ours = dict.fromkeys(one for one in found if one.about.partition(" ")[2] in names)
    newest = sorted(ours, key=lambda one: one.at)[-_MOST_EVENTS:]
    lines = [f"  could not be read: {why}" for why in dict.fromkeys(told)]
    for one in newest:
        often = f" ({one.count} times)" if one.count > 1 else ""
        at = inert(one.at, 32)
        lines.append(f"  {at}  {one.kind}  {one.reason}{often}  {one.about}: {one.message}")
    return lines or ["  none in the hour or so that a cluster keeps"]
