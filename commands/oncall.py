"""Who is on call, level by level and until when: for a service, a policy, or this incident."""

from dataclasses import replace

from opsbot.core.card import Card, Line, Tone, line
from opsbot.core.on_call import Roster
from opsbot.core.on_call_lines import level_lines
from opsbot.core.page_target import Target, target_of
from opsbot.core.parameter import Kind, Parameter, code
from opsbot.core.text import inert, listed
from opsbot.core.verb import Needs, Reads, Reply, Scene, Values, Verb, answer, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Say what the pager said."""
    if scene.roster is None:
        return refuse("No pager that can be asked is configured, so I do not know who is on call.")
    target = target_of(values, scene.asked.line, scene.incident, scene.rules)
    if target.named > 1:
        return refuse("Name a service or a policy, not both.")
    reply = _told(target, scene.roster)
    if reply.card is None or not scene.roster.on_call or scene.incident is None:
        return reply
    return replace(reply, card=replace(reply.card, footer=_how_to_reach(target, scene.roster)))


def _told(target: Target, roster: Roster) -> Reply:
    named = inert(target.policy or target.service, 80)
    if roster.problem:
        return refuse(f"PagerDuty does not say who is on call: {inert(roster.problem, 300)}")
    if target.policy and len(roster.policies) > 1:
        names = listed(tuple(code(name) for _, name in roster.policies), 6)
        return refuse(f"{code(named)} may be {names}: type more of the name.")
    if target.policy and not roster.policies:
        known = "neither a known service nor an escalation policy at the pager"
        return refuse(f"{code(named)} is {known}.")
    if not roster.on_call:
        return _nobody(target, named)
    policy = roster.on_call[0].policy
    what = f"{named} ({inert(policy, 80)})" if policy and policy != named else named
    header = f"On call for {what or inert(policy, 80)}"
    return Reply(card=Card(header=header, lines=level_lines(roster.on_call)))


def _nobody(target: Target, named: str) -> Reply:
    if target.service_id or target.policy or target.policy_id:
        return Reply(card=answer(f"Nobody is on call for {named or 'it'} at PagerDuty."))
    if target.service and target.named:
        return refuse(f"{named} has no pagerduty_id in the catalogue, so PagerDuty is not asked.")
    return refuse(f"For which service? Type its name, such as {code('oncall auth-api')}.")


def _how_to_reach(target: Target, roster: Roster) -> tuple[Line, ...]:
    """What pages them, where there is an incident to page them about."""
    policy = next((name for _, name in roster.policies), "")
    named = f'policy "{policy}"' if policy else target.service if target.named else ""
    return (line(f"To reach them: {code(f'page {named}')}.", tone=Tone.QUIET),) if named else ()


VERB = Verb(
    name="oncall",
    aliases=("who", "on-call"),
    summary="say who is on call, and until when",
    usage='[auth-api|policy "Database on-call"]',
    parameters=(
        Parameter(name="service", kind=Kind.SERVICE, label="service"),
        Parameter(name="policy", kind=Kind.TEXT, label="policy"),
    ),
    needs=Needs.NOTHING,
    reads=frozenset({Reads.ON_CALL}),
    run=run,
)
