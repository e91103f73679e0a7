"""`/incident doctor`: the same checks as `opsbot doctor`, answered to the one who asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsbot.app.doctor import Finding, Verdict, examine, open_means, plan
from opsbot.config import Settings
from opsbot.core.card import Card, Line, Tone, line
from opsbot.core.invocation import Caller, How, Invocation, Place
from opsbot.ports import Flow, Ports, Steps

PURPOSE = "doctor"
_MARKS = {Verdict.OK: "ok", Verdict.WARN: "look", Verdict.BAD: "mend", Verdict.SKIPPED: "not asked"}


def doctor_flow(settings: Settings, ports: Ports) -> Mapping[str, Flow]:
    """The flow by its purpose; it changes nothing anywhere."""

    async def doctor(steps: Steps, arguments: Mapping[str, str]) -> float | None:
        async def step() -> None:
            await _tell(settings, ports, arguments)

        await steps.run("doctor", step)
        return None

    return {PURPOSE: doctor}


async def _tell(settings: Settings, ports: Ports, arguments: Mapping[str, str]) -> None:
    if ports.people is None:
        return
    async with open_means(settings, ports.clock) as means:
        order = [check.name for check in plan(means)]
        found = [finding async for finding in examine(means)]
    found.sort(key=lambda finding: order.index(finding.name))
    asked = Invocation(
        id="doctor", occurred_at=ports.clock.now(), how=How.TYPED,
        caller=Caller(user_id=arguments["user"]),
        place=Place(channel_id=arguments.get("channel", "")), verb="doctor",
    )  # fmt: skip
    await ports.people.answer(asked, _card(found))


def _card(found: Sequence[Finding]) -> Card:
    """What needs somebody first; what is well is only counted."""
    wanting = [f for f in found if f.verdict in (Verdict.BAD, Verdict.WARN)]
    lines = [_line(finding) for finding in wanting]
    well = sum(f.verdict is Verdict.OK for f in found)
    skipped = tuple(f.name for f in found if f.verdict is Verdict.SKIPPED)
    rest = f"{well} of {len(found)} checks are well"
    lines.append(line(f"{rest}; not asked: {', '.join(skipped)}" if skipped else rest,
                      tone=Tone.QUIET))  # fmt: skip
    return Card(header="Doctor", lines=tuple(lines))


def _line(finding: Finding) -> Line:
    tone = Tone.LOUD if finding.verdict is Verdict.BAD else Tone.PLAIN
    words = f"{_MARKS[finding.verdict]}: {finding.said}"
    return line(words, f" - {finding.fix}" if finding.fix else "", label=finding.name, tone=tone)
