"""Asking for a run: what the policy is told of it, what it says, and the fact that is recorded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from opsbot.core.entry import RunRequested
from opsbot.core.incident import Incident
from opsbot.core.invocation import How
from opsbot.core.moment import shifted
from opsbot.core.on_call import standing_on_call
from opsbot.core.permission import ROLES, has_role
from opsbot.core.policy import Attempt, Ruling, Verdict
from opsbot.core.policy_decision import decide
from opsbot.core.rules import Rules
from opsbot.core.run_prepared import Prepared
from opsbot.core.runbook.rendered import RenderedRun
from opsbot.core.standing import Standing
from opsbot.core.text import inert
from opsbot.core.verb import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A run that can be decided on: everything about it, and what the policy says."""

    prepared: Prepared
    plan: RenderedRun
    verdict: Verdict
    glass: str = ""


def roles_of(who: Standing, incident: Incident) -> frozenset[str]:
    """Every role somebody holds in the incident, by the words of the settings."""
    held = {role for role in ROLES if has_role(role, who, incident)}
    for role, holders in incident.living.roles.items():
        if any(holder.slack_id == who.slack_id for holder in holders):
            held.add(role.value)
    return frozenset(held)


def environment_of(service: str, rules: Rules) -> str:
    """The environment of a service, as the catalogue says."""
    known = rules.catalogue.named(service)
    return known.environment if known else ""


def attempt_of(scene: Scene, prepared: Prepared, plan: RenderedRun, glass: str) -> Attempt:
    """What the policy decides on. What a guest is to it, `policy_who.asks_as` says."""
    incident, me = scene.here, scene.me
    duty = standing_on_call(prepared.duties, me, scene.rules.accounts)
    return Attempt(
        runbook=prepared.runbook.name, risk=prepared.runbook.risk, service=plan.service,
        environment=environment_of(plan.service, scene.rules), severity=incident.severity,
        requester=me.actor.id, full_member=not me.outsider, groups=me.groups,
        roles=roles_of(me, incident), on_call=duty is not None, break_glass=glass,
        approval=prepared.runbook.approval, recent=scene.recent,
    )  # fmt: skip


def decided(scene: Scene, prepared: Prepared, plan: RenderedRun, glass: str = "") -> Ready:
    """The run with the policy's verdict on it."""
    attempt = attempt_of(scene, prepared, plan, glass)
    verdict = decide(
        attempt, scene.rules.policy, scene.now, scene.rules.zone, target=plan.target,
        cooldown=timedelta(seconds=plan.cooldown_s),
    )  # fmt: skip
    return Ready(prepared=prepared, plan=plan, verdict=verdict, glass=glass)


def run_id_of(scene: Scene, ready: Ready) -> str:
    """The run's id: the same delivery asks for the same run, and so do two presses by one person
    of one message that shows the same hash."""
    asked, digest = scene.asked, ready.plan.digest
    press = f"{asked.place.channel_id}:{asked.place.message_ts}:{scene.me.slack_id}:{digest}"
    pressed = asked.how is How.BUTTON and bool(asked.place.message_ts)
    once = pressed and ready.verdict.ruling is not Ruling.DENIED  # who is denied may try again
    named = f"{scene.here.id}:{press if once else asked.id}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(named).hexdigest()[:10]


def requested(scene: Scene, ready: Ready, *, again: str = "") -> RunRequested:
    """The fact that exactly this run was asked for."""
    verdict = ready.verdict
    waits = verdict.ruling is Ruling.NEEDS_APPROVAL
    return RunRequested(
        run_id=run_id_of(scene, ready), title=ready.prepared.runbook.title,
        risk=ready.prepared.runbook.risk, plan=ready.plan, preview=ready.prepared.preview,
        warnings=ready.prepared.warnings, verdict=verdict,
        expires_at=shifted(scene.now, verdict.expires) if waits else None,
        break_glass=inert(ready.glass, 300), again=again,
    )  # fmt: skip
