"""Restart, undo and scale: agree with what was planned, change once, watch it roll out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from opsbot.core.runbook import Scalar
from opsbot.core.text import count
from opsbot.executors._kubernetes_api import ClusterApi, ClusterFailed, Patch
from opsbot.executors._kubernetes_call import KubernetesCall, Verb
from opsbot.executors._kubernetes_countdown import Countdown
from opsbot.executors._kubernetes_objects import OUR_RUN, Deployment, Revision, read_deployment
from opsbot.executors._kubernetes_patch import (
    made_by,
    mark_of,
    restart_patch,
    restarted,
    scale_patch,
    undo_patch,
)
from opsbot.executors._kubernetes_plan import beyond
from opsbot.executors._kubernetes_rollout import NotDone, Unfinished, Unknown, Watch
from opsbot.executors._kubernetes_settings import Settings
from opsbot.executors._kubernetes_template import fingerprint, image_words
from opsbot.executors._kubernetes_undo import NoWayBack, chosen
from opsbot.ports import Clock, Succeeded, Ticket

_TRIES = 5  # of a change that the cluster turned down because the object had moved on
_LOOKS = 4  # for a change whose answer was lost
_ASK_AGAIN = "look at it, and ask for the run again"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One change as it would be made of what stands now."""

    before: Deployment
    patch: Patch
    mark: str  # what tells it apart afterwards; empty where only the number of pods does
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One call being done. Raises NotDone, Unknown or ClusterFailed."""

    api: ClusterApi
    settings: Settings
    clock: Clock
    call: KubernetesCall
    binding: Mapping[str, Scalar]
    ticket: Ticket
    countdown: Countdown
    tell: Callable[[str], None]

    async def run(self) -> Succeeded:
        """Do it, and watch until it is rolled out."""
        match self.call.verb:
            case Verb.UNDO:
                return await self._undo()
            case Verb.RESTART:
                return await self._restart()
            case _:
                return await self._scale()

    async def _undo(self) -> Succeeded:
        then: list[Revision] = []

        async def prepared() -> _Change:
            now = await self._now()
            revisions = await self.api.revisions(now, timeout=self._timeout)
            then[:] = [self._agreed_revision(now, revisions)]
            mark = mark_of(self.ticket.run_id, self.ticket.step, fingerprint(then[0].template))
            told = f"putting back the pods of revision {then[0].number}"
            return _Change(
                before=now, patch=undo_patch(now, then[0], mark), mark=mark, told=told
            )  # fmt: skip

        change, after = await self._changed(prepared)
        done = await self._watched(change, after)
        return self._succeeded(change.before, done, to_revision=then[0].number)

    def _agreed_revision(self, now: Deployment, revisions: tuple[Revision, ...]) -> Revision:
        """The revision that was planned, if it still means what it meant; raises NotDone."""
        planned = self.binding.get("to_revision")
        if planned is None and self.call.to_revision is None:
            raise NotDone("nobody was told which revision this goes back to; " + _ASK_AGAIN)
        self._agreed(now)
        wanted = planned if isinstance(planned, int) else self.call.to_revision
        try:
            then = chosen(now, revisions, wanted).then
        except NoWayBack as why:
            raise NotDone(f"it cannot be undone: {why}") from why
        template = self.binding.get("template", fingerprint(then.template))
        if template != fingerprint(then.template):
            raise NotDone(f"revision {then.number} is not what it was; {_ASK_AGAIN}")
        return then

    async def _restart(self) -> Succeeded:
        # To the millisecond: of two restarts within a second, each is one.
        at = self.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

        async def prepared() -> _Change:
            now = await self._now()
            self._agreed(now, template=True)
            if now.paused:
                raise NotDone("it is paused: nothing would be restarted")
            mark = mark_of(self.ticket.run_id, self.ticket.step, restarted(now, at))
            told = f"restarting {count(now.replicas, 'pod')} of revision {now.revision}"
            return _Change(before=now, patch=restart_patch(now, at, mark), mark=mark, told=told)

        change, after = await self._changed(prepared)
        return self._succeeded(change.before, await self._watched(change, after))

    async def _scale(self) -> Succeeded:
        wanted = self.call.replicas

        async def prepared() -> _Change:
            now = await self._now()
            self._agreed(now)
            planned = self.binding.get("replicas_before", now.replicas)
            # The way back begins from a number that the run's own steps have set.
            if planned != now.replicas and not self.ticket.takes_back:
                was = f"{planned} pods when this was planned and {now.replicas} now"
                raise NotDone(f"it had {was}; {_ASK_AGAIN}")
            if why := beyond(self.settings, now.replicas, wanted):
                raise NotDone(why)
            told = f"asking for {count(wanted, 'pod')} instead of {now.replicas}"
            return _Change(before=now, patch=scale_patch(now, wanted), mark="", told=told)

        change, _ = await self._changed(prepared)

        def moved_away(now: Deployment) -> str:
            if now.replicas == wanted:
                return ""
            return (
                f"somebody else asks for {count(now.replicas, 'pod')} now, perhaps an autoscaler "
                "or auto-sync"
            )

        try:
            done = await self._watch.until_done(change.before, moved_away)
        except Unfinished as late:
            # The number stands, and that too few of them run is seen: no reason to ask a person
            # what happened, and one to set the number from before again.
            said = f"it asks for {count(wanted, 'pod')}, but {late.words}"
            raise NotDone(said, acted=True) from late
        return self._succeeded(change.before, done, replicas_before=change.before.replicas)

    def _agreed(self, now: Deployment, *, template: bool = False) -> None:
        """Raise NotDone when the Deployment is not what was planned; what this run itself has
        made of it is no surprise."""
        if not self.binding or made_by(now, self.ticket.run_id):
            return
        if self.binding.get("uid", now.uid) != now.uid:
            raise NotDone(f"it was deleted and made anew since this was planned; {_ASK_AGAIN}")
        planned = self.binding.get("from_revision", now.revision)
        changed = template and self.binding.get("template") != fingerprint(now.template)
        if planned != now.revision or changed:
            was = f"revision {planned} when this was planned, revision {now.revision} now"
            raise NotDone(f"it has changed meanwhile ({was}); {_ASK_AGAIN}")

    async def _changed(
        self, prepared: Callable[[], Awaitable[_Change]]
    ) -> tuple[_Change, Deployment | None]:
        """Make the change once. A 409 means that nothing was changed: it is looked at anew."""
        for _ in range(_TRIES):
            change = await prepared()
            self.tell(change.told)
            try:
                answer = await self.api.patch(change.patch, timeout=self._timeout)
            except ClusterFailed as failed:
                if failed.lost:
                    return change, await self._looked_for(change, failed)
                if failed.status != 409:
                    raise
                self.tell("the deployment moved on in between; looking again")
                continue
            return change, read_deployment(answer)
        raise NotDone(
            f"the deployment kept changing: {_TRIES} times it was another one before the change "
            "arrived; nothing was done"
        )

    async def _looked_for(self, change: _Change, lost: ClusterFailed) -> Deployment:
        """The Deployment, if the change whose answer was lost is seen on it; raises Unknown."""
        self.tell(f"no answer to the change ({lost.said}); looking whether it was made")
        for look in range(_LOOKS):
            if look:
                await self.clock.sleep(self.countdown.within(self.settings.poll_seconds))
            try:
                now = await self._now()
            except ClusterFailed:
                continue
            seen = (
                now.annotations.get(OUR_RUN) == change.mark
                if change.mark
                else now.replicas == self.call.replicas
            )
            if seen:
                self.tell("it was made")
                return now
        raise Unknown(
            f"no answer came to the change ({lost.said}), and it is not to be seen on the "
            "deployment: it may still arrive; look before doing it again"
        )

    async def _watched(self, change: _Change, after: Deployment | None) -> Deployment:
        expected = fingerprint(after.template) if after else ""

        def moved_away(now: Deployment) -> str:
            if not expected or fingerprint(now.template) == expected:
                return ""
            return (
                f"somebody changed its pods while they were rolled out (image "
                f"{image_words(now.template)} is asked for now): another deploy, or auto-sync"
            )

        return await self._watch.until_done(change.before, moved_away)

    @property
    def _watch(self) -> Watch:
        return Watch(
            api=self.api, settings=self.settings, clock=self.clock, countdown=self.countdown,
            tell=self.tell,
        )  # fmt: skip

    @property
    def _timeout(self) -> float:
        return self.countdown.within(self.settings.request_seconds)

    async def _now(self) -> Deployment:
        return await self.api.deployment(self.call.target, timeout=self._timeout)

    def _succeeded(self, before: Deployment, done: Deployment, **more: int) -> Succeeded:
        image = image_words(done.template)
        values: dict[str, Any] = {
            "revision": done.revision, "from_revision": before.revision, "image_after": image,
            "image_before": image_words(before.template), "replicas": done.replicas, **more,
        }  # fmt: skip
        said = (
            f"revision {done.revision} (image {image}) runs on {done.rollout.available} of "
            f"{count(done.replicas, 'pod')}"
        )
        return Succeeded(said=said, values=MappingProxyType(values))
