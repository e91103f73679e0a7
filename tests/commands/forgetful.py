"""Slack and a pager that remember who somebody was, as the real ones do, unless asked anew."""

from __future__ import annotations

from dataclasses import replace

from opsbot.core.invocation import Caller
from opsbot.core.on_call import OnCall
from opsbot.core.standing import Standing
from opsbot.ports import Done, Outcome
from tests.commands.works import Works
from tests.fakes.people import OUR_TEAM, FakePeople
from tests.fakes.staffing import FakeStaffing


class RememberingPeople(FakePeople):
    """Answers what it was first told of somebody, unless it is asked `fresh`."""

    def __init__(self, of: FakePeople) -> None:
        super().__init__()
        vars(self).update(vars(of))
        self.remembered: dict[str, Standing] = dict(self.standings)
        self.asked_fresh: list[str] = []

    async def standing(self, caller: Caller, *, fresh: bool = False) -> Outcome[Standing]:
        held = self.remembered.get(caller.user_id)
        if fresh:
            self.asked_fresh.append(caller.user_id)
        if fresh or held is None or caller.team_id not in ("", OUR_TEAM):
            return await super().standing(caller, fresh=fresh)
        return Done(value=held)

    def change(self, user_id: str, **fields: object) -> None:
        """Slack knows it at once; what we remember stays as it was."""
        self.standings[user_id] = replace(self.standings[user_id], **fields)  # type: ignore[arg-type] # Standing's


class RememberingStaffing(FakeStaffing):
    """Answers who was on call when it was made, unless it is asked `fresh`."""

    def __init__(self, of: FakeStaffing) -> None:
        super().__init__()
        vars(self).update(vars(of))
        self.remembered = {policy: list(duties) for policy, duties in of.duties.items()}
        self.asked_fresh = 0

    async def on_call(
        self, *, service_id: str = "", policy_id: str = "", fresh: bool = False
    ) -> Outcome[tuple[OnCall, ...]]:
        self.asked_fresh += fresh
        if fresh:
            return await super().on_call(service_id=service_id, policy_id=policy_id, fresh=fresh)
        policy = policy_id or self.services.get(service_id, "")
        return Done(value=tuple(self.remembered.get(policy, ())))


def forgetful(office: Works) -> tuple[RememberingPeople, RememberingStaffing]:
    """Let the office remember who people are from now on."""
    people = RememberingPeople(office.people)
    staffing = RememberingStaffing(office.staffing)
    office.people, office.staffing = people, staffing
    office.wire(people=people, staffing=staffing)
    return people, staffing
