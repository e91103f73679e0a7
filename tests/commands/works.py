"""An office in which runbooks can be run: a scripted executor, a metric, people on call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from opsbot.core import entry as e
from opsbot.core.entry import Body, Draft, Entry
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT, Actor
from opsbot.core.policy import Policy
from opsbot.core.run import Run
from opsbot.core.runbook import (
    Guard,
    Offered,
    OfferedWhen,
    ParameterKind,
    Risk,
    Runbook,
    RunParameter,
    Step,
    Verification,
)
from opsbot.flows import flows_for
from opsbot.flows.intake import LOCK, follow
from tests.commands.office import ANN, Office, replace
from tests.fakes.executor import FakeExecutor
from tests.fakes.gauge import FakeGauge
from tests.fakes.people import Answered

SERVICE = RunParameter(name="service", kind=ParameterKind.SERVICE, label="Service")


def runbook(name: str = "restart", **changes: Any) -> Runbook:
    """A runbook of one step that restarts a service, and its verification."""
    base: dict[str, Any] = {
        "name": name, "title": name.replace("-", " ").capitalize(), "owner": "platform",
        "version": f"version-of-{name}", "risk": Risk.MEDIUM, "parameters": (SERVICE,),
        "steps": (
            Step(name="restart", executor="fake", call={"do": "restart", "of": "${service}"}),
        ),
        "verification": Verification(
            signal="error_share", below=0.05, unit="share", every=timedelta(seconds=5),
            within=timedelta(seconds=60),
        ),
        "guard": Guard(target="${service}"), "origin": f"{name}.yaml",
        "offered": Offered(when=OfferedWhen.NEVER),
    }  # fmt: skip
    return Runbook(**{**base, **changes})


class Works(Office):
    """An office with runbooks; `shelf` are those there are."""

    def __init__(self, *shelf: Runbook, policy: Policy | None = None, **changes: Any) -> None:
        super().__init__(runbooks=shelf or (runbook(),), policy=policy or Policy(), **changes)
        self.executor, self.gauge = FakeExecutor(), FakeGauge()
        self.wire(
            boot="boot-1", executors={"fake": self.executor}, gauges={"prometheus": self.gauge}
        )
        self.gauge.says(0.31, 0.002)

    def wire(self, **parts: Any) -> None:
        """Give the ports more, for the desk and for flows alike."""
        self.ports = replace(self.ports, **parts)
        self.desk._ports = self.ports  # pyright: ignore[reportPrivateUsage] # its one dependency

    def edit(self, *shelf: Runbook) -> None:
        """Somebody edits the files, and opsbot starts again with them."""
        self.rules = replace(self.rules, runbooks=shelf)
        self.wire(rules=self.rules)

    async def paged(self) -> Incident:
        """An incident in its room, a minute old."""
        incident = await self.page()
        self.clock.advance(minutes=1)
        return incident

    async def previewed(
        self, incident: Incident, line: str = "run restart service=checkout-api", by: str = ANN
    ) -> Answered:
        """What somebody is shown who types the line in the room."""
        shown = await self.typed(line, by=by, at=incident.surface.channel_id)
        assert shown is not None
        return shown

    async def asked_for(
        self, incident: Incident, line: str = "run restart service=checkout-api", by: str = ANN
    ) -> Run:
        """A run that somebody previewed and then asked for."""
        shown = await self.previewed(incident, line, by)
        await self.press_in(shown, "run:do-way=ask")
        return await self.newest(incident)

    async def press_in(self, shown: Answered, begins: str) -> Answered | None:
        """Somebody presses a button of what they alone were shown."""
        (button,) = (b for b in shown.card.buttons if b.action.startswith(begins))
        return await self.pressed(
            button.action, shown.incident_id, shown.to, shown.asked.place.channel_id,
            ephemeral=True, carries=button.carries,
        )  # fmt: skip

    async def newest(self, incident: Incident) -> Run:
        """The run that was asked for last."""
        runs = (await self.incident(incident)).runs
        return max(runs.values(), key=lambda run: run.seq)

    async def press_run(
        self, incident: Incident, run: Run, begins: str, by: str, **more: Any
    ) -> Answered | None:
        """Somebody presses a button of the run's message in the room."""
        channel, message = self.message_of(incident, run)
        (button,) = (b for b in message.card.buttons if b.action.startswith(begins))
        return await self.pressed(
            button.action, incident.id, by, channel, carries=button.carries, **more
        )

    def message_of(self, incident: Incident, run: Run) -> tuple[str, Any]:
        """The run's message as it stands, and the channel it stands in."""
        channel = incident.surface.channel_id
        found = [m for m in self.room.channels[channel].messages if m.slot == f"run:{run.run_id}"]
        assert len(found) == 1, f"{len(found)} messages of one run"
        return channel, found[0]

    async def run_entries(self, incident: Incident) -> list[Entry]:
        """Everything on the record about runs."""
        kinds = ("Run", "Step")
        return [e for e in await self.entries(incident) if type(e.body).__name__.startswith(kinds)]

    async def approve_quietly(self, incident: Incident, run: Run, by: str) -> None:
        """An approval on the record whose consequences nobody has carried out yet."""
        body = e.RunApproved(run_id=run.run_id, digest=run.plan.digest, standing="a test")
        actor = self.people.standings[by].actor
        await self._append(incident, [body], actor)

    async def append(self, incident: Incident, *bodies: Body) -> None:
        """Facts that an earlier process put on the record."""
        await self._append(incident, bodies, OPSBOT)

    async def _append(self, incident: Incident, bodies: Sequence[Body], actor: Actor) -> None:
        now = self.clock.now()
        drafts = [
            Draft(key=f"test:{actor.id}:{index}", occurred_at=now, actor=actor, source="opsbot",
                  body=body)
            for index, body in enumerate(bodies)
        ]  # fmt: skip
        async with self.record.transaction(LOCK) as tx:
            before = await tx.incident(incident.id)
            entries = await tx.append(incident.id, drafts)
            await follow(tx, before, cause=entries[-1].key, rules=self.rules, now=now)

    def flows(self) -> Any:
        """The flows as they stand."""
        return flows_for(self.ports)

    async def settle_only(self, purpose: str) -> None:
        """Do what is owed of one kind, and leave the rest."""
        for owed in await self.record.due(self.clock.now()):
            if owed.purpose == purpose:
                await self.do(owed, self.flows())
