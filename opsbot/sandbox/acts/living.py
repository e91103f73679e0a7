"""The acts of living through it: the lead, the impact, the cause, the end, the postmortem."""

from __future__ import annotations

from opsbot.core.entry import Status
from opsbot.core.incident import Incident
from opsbot.sandbox.acts.act import Act, Told
from opsbot.sandbox.cast import label_of
from opsbot.sandbox.scene import Scene

WRITTEN_WITHIN = 60.0  # seconds from the end to the published postmortem
LEAD = "lead:ack=yes"
IMPACT = "many requests fail, and people see errors"
PUBLISHERS = ("slack", "folder")  # on the demo's stage


class TakeTheLead(Act):
    """Somebody presses the card's first button."""

    what = "a lead"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        return incident.lead is not None

    def is_over(self, scene: Scene, incident: Incident) -> bool:
        return bool(incident.lead and incident.acknowledged_by)

    def coming(self, scene: Scene, incident: Incident) -> str | None:
        button = label_of(scene.card(incident), LEAD)
        name = scene.lead(incident).name
        return f"{name} presses “{button}” on the card; press it yourself in the browser to lead"

    async def play(self, scene: Scene, incident: Incident) -> None:
        await scene.lead(incident).presses(scene.card(incident), LEAD)

    async def told(self, scene: Scene, incident: Incident) -> Told:
        acked = "; the page is acknowledged at PagerDuty" if incident.acknowledged_by else ""
        return [("lead", f"{scene.lead(incident).name} leads{acked}")]


class SayTheImpact(Act):
    """What users notice."""

    what = "the impact"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        return incident.impact is not None

    def line(self, scene: Scene, incident: Incident) -> str:
        return f'impact "{IMPACT}"'

    async def told(self, scene: Scene, incident: Incident) -> Told:
        held = incident.impact
        return [("impact", f"{held.text} ({held.by.name})" if held else "")]


class NameTheCause(Act):
    """The status says that the cause is known."""

    what = "the cause to be named"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        return incident.status in (Status.IDENTIFIED, Status.MONITORING)

    def line(self, scene: Scene, incident: Incident) -> str:
        return f'status identified "a deploy of {scene.blamed(incident)}"'

    async def told(self, scene: Scene, incident: Incident) -> Told:
        return await scene.status_told()


class Mitigate(Act):
    """Users no longer notice."""

    what = "the mitigation"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        return incident.living.mitigated is not None

    def line(self, scene: Scene, incident: Incident) -> str:
        return f'mitigate "{_what_helped(scene, incident)}"'

    async def told(self, scene: Scene, incident: Incident) -> Told:
        mark = incident.living.mitigated
        more = f"{mark.said or 'users no longer notice'} ({mark.by.name})" if mark else ""
        return [("mitigated", more)]


class FollowUp(Act):
    """What is left to do, by whom and until when."""

    what = "a follow-up"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        return bool(incident.living.follow_ups)

    def line(self, scene: Scene, incident: Incident) -> str:
        run = scene.run(incident)
        text = f"alert on {run.plan.service} itself" if run else "find out what happened"
        return f'followup "{text}" @{scene.lead(incident).user.name} by friday'

    async def told(self, scene: Scene, incident: Incident) -> Told:
        return [
            ("follow-up", f"{one.text} ({one.owner or 'nobody yet'})")
            for one in incident.living.follow_ups
        ]


class Resolve(Act):
    """It is over, here and at PagerDuty."""

    what = "the end of the incident"

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        return incident.status in (Status.RESOLVED, Status.CLOSED)

    def line(self, scene: Scene, incident: Incident) -> str:
        return f'resolve fixed "{_what_helped(scene, incident)}"'

    async def told(self, scene: Scene, incident: Incident) -> Told:
        return await scene.status_told()


class Postmortem(Act):
    """opsbot writes it and puts it where people read it."""

    what, within, waits, after_the_end = "a published postmortem", WRITTEN_WITHIN, False, True

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        held = incident.living.publications
        return all(one in held and (held[one].ref or held[one].cure) for one in PUBLISHERS)

    def coming(self, scene: Scene, incident: Incident) -> str | None:
        return "now opsbot writes the postmortem from the record; nobody has to do anything"

    async def play(self, scene: Scene, incident: Incident) -> None:
        return None

    async def told(self, scene: Scene, incident: Incident) -> Told:
        room = f"in #{incident.surface.channel_name}: its message, and the file below it"
        return [
            ("postmortem", one.cure or one.url or room)
            for one in incident.living.publications.values()
        ]


def _what_helped(scene: Scene, incident: Incident) -> str:
    """Why users no longer notice, as far as the cast can know."""
    run = scene.run(incident)
    if run is None:
        return "it went away before a cause was found"
    back = run.plan.runbook == "rollback-deploy"
    return "the deploy was taken back" if back else f"{run.title}: it helped"
