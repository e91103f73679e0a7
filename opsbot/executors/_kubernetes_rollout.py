"""Watching a rollout: how far it is, when it is done, and when it will not be.

The rules are those of `kubectl rollout status`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from opsbot.core.text import count, listed
from opsbot.executors._kubernetes_api import ClusterApi, ClusterFailed
from opsbot.executors._kubernetes_call import Target
from opsbot.executors._kubernetes_countdown import Countdown
from opsbot.executors._kubernetes_objects import Deployment
from opsbot.executors._kubernetes_settings import Settings
from opsbot.ports import Clock


class Stage(Enum):
    """How a rollout stands."""

    GOES_ON = auto()
    DONE = auto()
    STUCK = auto()


class NotDone(Exception):
    """It was tried, or refused, and did not work; the message is for a responder. `acted` says
    that the cluster had taken the change before."""

    def __init__(self, said: str, *, acted: bool = False) -> None:
        super().__init__(said)
        self.acted = acted


class Unknown(Exception):
    """It may have happened, and nobody could see whether; the message is for a responder."""


class Unfinished(Unknown):
    """The change was seen, and time was up before it was rolled out: `words` say how far it is."""

    def __init__(self, said: str, words: str) -> None:
        super().__init__(said)
        self.words = words


def stage_of(now: Deployment, *, stuck_before: bool = False) -> tuple[Stage, str]:
    """How the rollout of what the Deployment asks for stands, and in words. `stuck_before` says
    that it was stuck already before it was changed: the controller counts the change as seen in
    its first look, and takes the old verdict back with the first progress it makes."""
    state, wanted = now.rollout, now.replicas
    if state.observed < now.generation:
        return Stage.GOES_ON, "the cluster has not begun yet"
    if state.stuck and not stuck_before:
        return Stage.STUCK, "the rollout exceeded its progress deadline"
    if state.updated < wanted:
        return Stage.GOES_ON, f"{state.updated} of {count(wanted, 'pod')} updated"
    if state.total > state.updated or state.total > wanted:
        going = count(state.total - min(wanted, state.updated), "old pod")
        return Stage.GOES_ON, f"{going} still to go"
    if state.available < wanted:
        return Stage.GOES_ON, f"{state.available} of {count(wanted, 'updated pod')} available"
    return Stage.DONE, f"{state.available} of {count(wanted, 'pod')} available"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Looks at a Deployment until its rollout is done, or time is up."""

    api: ClusterApi
    settings: Settings
    clock: Clock
    countdown: Countdown
    tell: Callable[[str], None]

    async def until_done(
        self, before: Deployment, moved_away: Callable[[Deployment], str]
    ) -> Deployment:
        """The Deployment once the change of what it was `before` is rolled out. `moved_away` says
        why what stands there is not what was asked for any more, such as another deploy.

        Raises NotDone when the rollout is stuck or overtaken, Unknown when time is up before. The
        change was made either way: what is watched has been acted on.
        """
        target = Target(namespace=before.namespace, deployment=before.name)
        old_news = before.rollout.stuck
        told = silent = ""
        while True:
            try:
                now = await self._look(target)
            except ClusterFailed as failed:
                if failed.status == 404:
                    raise NotDone("the Deployment was deleted meanwhile", acted=True) from failed
                words, silent = f"the cluster cannot be asked: {failed.said}", failed.said
            else:
                silent = ""
                if why := moved_away(now):
                    raise NotDone(why, acted=True)
                old_news = old_news and now.rollout.stuck_at == before.rollout.stuck_at
                stage, words = stage_of(now, stuck_before=old_news)
                if stage is Stage.STUCK:
                    raise NotDone(words + await self._reasons(now), acted=True)
                if stage is Stage.DONE:
                    self.tell(words)
                    return now
            if words != told:
                self.tell(words)
                told = words
            if self.countdown.left <= 0:
                await self._late(target, words, silent)
            await self.clock.sleep(self.countdown.within(self.settings.poll_seconds))

    async def _look(self, target: Target) -> Deployment:
        timeout = self.countdown.within(self.settings.request_seconds)
        return await self.api.deployment(target, timeout=timeout)

    async def _late(self, target: Target, words: str, silent: str) -> None:
        after = f"after {self.countdown.seconds:g} s"
        if silent:
            raise Unknown(
                f"the change was made, but {after} nobody could see whether the rollout finished: "
                f"{silent}; look at the deployment"
            )
        raise Unfinished(
            f"the change was made, but {after} its rollout was not finished ({words}); the cluster "
            "goes on with it: look at the deployment",
            f"{after} {words}",
        )

    async def _reasons(self, now: Deployment) -> str:
        """What the pods wait for, if they tell."""
        try:
            pods = await self.api.pods(now, timeout=self.settings.request_seconds)
        except ClusterFailed:
            return ""
        reasons = {reason: None for pod in pods for reason in pod.waits}
        return f"; its pods wait: {listed(tuple(reasons))}" if reasons else ""
