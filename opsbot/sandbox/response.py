"""The demo's response: one act after the other, each left to the visitor for a moment before
somebody of the cast does it."""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.core.incident import Incident
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.sandbox.acts.act import Act
from opsbot.sandbox.acts.living import (
    FollowUp,
    Mitigate,
    NameTheCause,
    Postmortem,
    Resolve,
    SayTheImpact,
    TakeTheLead,
)
from opsbot.sandbox.acts.running import Approve, AskForTheRun, Follow, OpenTheOffer
from opsbot.sandbox.cast import NeverCame
from opsbot.sandbox.scene import Scene
from opsbot.sandbox.slack.cannot import CannotAct

DRAFTED_WITHIN = 15.0  # seconds from an early end to the draft, for ends that deserve one


class Stopped(Exception):
    """Somebody decided otherwise, so the cast leaves the rest to people; the message says what."""


class Ended(Stopped):
    """The incident was ended before its time."""


class Response:
    """People of the company respond to one incident, `pace` seconds between two acts."""

    def __init__(self, scene: Scene, pace: float) -> None:
        self._scene, self._pace = scene, pace
        self.drafted_within = DRAFTED_WITHIN

    async def play(self) -> None:
        """From the first press to the postmortem. Raises Stopped; NeverCame and CannotAct when
        something is broken."""
        scene = self._scene
        scene.look_for_offers(await scene.incident())
        running = (NameTheCause(), OpenTheOffer(), AskForTheRun(), Approve(), Follow())
        ending = (Mitigate(), FollowUp(), Resolve())
        try:
            await self._play((TakeTheLead(), SayTheImpact()))
            if scene.offered is not None:
                await self._play(running)
            else:
                scene.progress.say("no runbook offered", "nothing fits what the evidence shows")
            await self._play(ending)
        except Ended as early:
            if not await scene.came(lambda i: i.living.draft is not None, self.drafted_within):
                raise
            scene.progress.say("ended early", f"{early}; the cast leaves out the rest")
        await self._act(Postmortem())

    async def _play(self, acts: Sequence[Act]) -> None:
        for act in acts:
            await self._act(act)

    async def _act(self, act: Act) -> None:
        """Announce it, leave room for the visitor, have it done, and tell what came of it."""
        scene = self._scene
        if not await self._is_done(act):
            await self._announce(act)
        if not await self._is_done(act):
            await self._perform(act)
        for what, detail in await act.told(scene, await scene.incident()):
            scene.progress.say(what, detail)

    async def _is_done(self, act: Act) -> bool:
        """Whether nobody has to do it any more. Raises Stopped when nobody can."""
        incident = await self._scene.incident()
        if act.is_done(self._scene, incident):
            return True
        if self._is_hindered(act, incident):
            raise await self._stop(incident)
        return False

    async def _announce(self, act: Act) -> None:
        scene = self._scene
        coming = act.coming(scene, await scene.incident()) if self._pace else None
        if coming is None:
            return
        scene.progress.announce(f"in {self._pace:g} s {coming}" if act.waits else coming)
        if act.waits:
            await scene.came(
                lambda i: act.is_done(scene, i) or self._is_hindered(act, i), self._pace
            )

    async def _perform(self, act: Act) -> None:
        scene = self._scene
        try:
            await act.play(scene, await scene.incident())
            came = await scene.came(
                lambda i: act.is_over(scene, i) or self._is_hindered(act, i), act.within
            )
        except (NeverCame, CannotAct):
            # Two who press the same button at once: the other one was faster, and it is done.
            if not await self._is_done(act):
                raise
            return
        if not await self._is_done(act) and not came:
            raise NeverCame(f"waited {act.within:.0f} s for {act.what}")

    def _is_hindered(self, act: Act, incident: Incident) -> bool:
        """Whether the visitor has decided otherwise."""
        run = self._scene.run(incident)
        failed = run is not None and run.outcome not in (None, RunOutcome.SUCCEEDED)
        return not act.after_the_end and (incident.status.is_over or failed)

    async def _stop(self, incident: Incident) -> Stopped:
        if incident.status.is_over:
            return Ended(await self._scene.ended_by(incident))
        return Stopped(_not_run(self._scene.run_there_is(incident)))


def _not_run(run: Run) -> str:
    """Why the run did not help, as a sentence without its full stop."""
    if run.outcome is RunOutcome.DENIED:
        who = run.denied_by.name if run.denied_by else "a rule"
        return f"{who} denied the run: {run.said}" if run.said else f"{who} denied the run"
    if run.outcome is RunOutcome.WITHDRAWN:
        return f"{run.requester.name} withdrew the run"
    if run.outcome is RunOutcome.EXPIRED:
        return "nobody approved the run in time"
    ended = str(run.outcome).replace("_", " ")
    return f"the run ended as {ended}: {run.said}"
