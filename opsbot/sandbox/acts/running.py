"""The acts around a run: its form and preview, the request, a second person's yes, the watching."""

from __future__ import annotations

from opsbot.core.incident import Incident
from opsbot.core.run_entry import RunOutcome
from opsbot.sandbox.acts.act import Act, Told
from opsbot.sandbox.cast import NeverCame, label_of, said
from opsbot.sandbox.scene import Scene

RUN_WITHIN = 240.0  # seconds from the approval to the verdict of the verification
ASK = "run:do-way=ask"


class OpenTheOffer(Act):
    """What the card offers: its form, and the preview of exactly what would run."""

    what = "a preview"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        return scene.run(incident) is not None

    def is_over(self, scene: Scene, incident: Incident) -> bool:
        return scene.preview is not None

    def coming(self, scene: Scene, incident: Incident) -> str | None:
        name, button = scene.lead(incident).name, label_of(scene.card(incident), "run")
        return (
            f"{name} presses “{button}” on the card and sends its form; do it yourself to be "
            "the one who asks"
        )

    async def play(self, scene: Scene, incident: Incident) -> None:
        lead = scene.lead(incident)
        heard = len(lead.heard)
        await lead.sends(await lead.opens(scene.card(incident), "run"))
        scene.preview = (lead, await lead.hears(heard, ASK))

    async def told(self, scene: Scene, incident: Incident) -> Told:
        if scene.preview is None:
            return []
        shown = dict.fromkeys(said(scene.preview[1]).splitlines())
        return [("preview", line) for line in shown if line[:2].strip(".").isdigit()]


class AskForTheRun(Act):
    """Yes to exactly what the preview says."""

    what = "the request on the record"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        return scene.run(incident) is not None

    def coming(self, scene: Scene, incident: Incident) -> str | None:
        if scene.preview is None:
            return None
        asker, shown = scene.preview
        return (
            f"{asker.name} presses “{label_of(shown, ASK)}” below this preview, which only they "
            "see; or ask for the run yourself"
        )

    async def play(self, scene: Scene, incident: Incident) -> None:
        if scene.preview is not None:
            asker, shown = scene.preview
            await asker.presses(shown, ASK)

    async def told(self, scene: Scene, incident: Incident) -> Told:
        run = scene.run_there_is(incident)
        return [
            ("run asked for", f"{run.title}, by {run.requester.name}"),
            (str(run.verdict.ruling), run.verdict.reason),
        ]


class Approve(Act):
    """Somebody else, who is on call for the service that is acted on."""

    what = "an approval by anybody who may"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        run = scene.run(incident)
        return run is not None and (run.approved or run.started_at is not None)

    def coming(self, scene: Scene, incident: Incident) -> str | None:
        run = scene.run_there_is(incident)
        names = [one.name for one in scene.approvers(run)]
        if not names:
            return None
        return (
            f"{names[0]}, on call for {run.plan.service}, presses “Approve”; approve or deny it "
            f"yourself as {' or '.join(names)}, but not as {run.requester.name}, who asked"
        )

    async def play(self, scene: Scene, incident: Incident) -> None:
        run = scene.run_there_is(incident)
        message = await scene.run_message(incident, run)
        for one in scene.approvers(run):
            heard = len(one.heard)
            await one.presses(message, "approve")
            if await scene.came(lambda i: not i.runs[run.run_id].waits, 5.0):
                return
            told = said(one.heard[heard]) if len(one.heard) > heard else "no answer"
            why = f"{one.name}: {told.splitlines()[0]}"
            scene.progress.say("not approved", why, style="yellow")
        raise NeverCame(self.what)

    async def told(self, scene: Scene, incident: Incident) -> Told:
        return [
            ("approved", f"by {one.by.name} ({one.standing})")
            for one in scene.run_there_is(incident).approvals
        ]


class Follow(Act):
    """opsbot runs it and watches the metric; nobody has to do anything."""

    what, within, waits = "the end of the run", RUN_WITHIN, False

    def __init__(self) -> None:
        self._told: set[str] = set()

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        run = scene.run(incident)
        return run is not None and run.outcome is RunOutcome.SUCCEEDED

    def is_over(self, scene: Scene, incident: Incident) -> bool:
        run = scene.run_there_is(incident)
        for step in run.steps:
            if step.outcome:
                self._say(scene, f"step {step.name}", f"{step.outcome}: {step.said}")
        if run.check and run.check.said and run.outcome is None and not run.check.outcome:
            self._say(scene, "watching", run.check.said.removeprefix("watching "))
        return run.outcome is not None

    def _say(self, scene: Scene, what: str, detail: str) -> None:
        if detail not in self._told:
            self._told.add(detail)
            scene.progress.say(what, detail, style="")

    def coming(self, scene: Scene, incident: Incident) -> str | None:
        check = scene.run_there_is(incident).plan.check
        watched = f", then watches until it helped for {check.holds_s:.0f} s" if check else ""
        return f"now opsbot runs it{watched}; nobody has to do anything"

    async def play(self, scene: Scene, incident: Incident) -> None:
        return None

    async def told(self, scene: Scene, incident: Incident) -> Told:
        return [("run succeeded", scene.run_there_is(incident).said)]
