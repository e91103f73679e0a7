"""Page somebody: a service's or a policy's on-call, or a person, through the pager."""

from opsbot.core import entry as e
from opsbot.core.card import Button, Line, line
from opsbot.core.entry import Mode, Placement, Visibility
from opsbot.core.event import NO_ALERT
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.incident import Incident
from opsbot.core.on_call import Roster
from opsbot.core.on_call_lines import first_reached
from opsbot.core.page_target import Target, target_of
from opsbot.core.parameter import Kind, Parameter, PersonRef, code
from opsbot.core.text import cut, inert, listed
from opsbot.core.verb import Fact, Reads, Reply, Scene, Values, Verb, answer, given, refuse

LONGEST_REASON = 500
CHOOSE = Button(action="page", label="Choose whom to page", primary=True)


def run(scene: Scene, values: Values) -> Reply:
    """Ask for the page; a flow sends it, and the room is told what came of it."""
    if why := _nobody_can_be(scene):
        return refuse(why)
    roster = scene.roster or Roster()
    target = target_of(values, scene.asked.line, scene.here, scene.rules)
    if target.named > 1:
        return refuse("Name one of service, policy and person; put quotes around the reason.")
    if target.person is not None:
        return _page_person(scene, target, target.person, roster)
    if target.policy:
        return _page_policy(scene, target, roster)
    if target.named:
        return _page_service(scene, target, roster)
    return refuse(
        f"Whom? Type a service, a policy or a person, such as {code('page auth-api')}.",
        buttons=(CHOOSE,),
    )


def _nobody_can_be(scene: Scene) -> str:
    if scene.here.mode is Mode.SHADOW:
        return "opsbot runs in shadow mode, so it pages nobody; page them at the pager itself."
    if not scene.rules.tells_pager:
        return "opsbot is set to do nothing at the pager (tell_pager: false); page them there."
    if scene.roster is None:
        return "No pager that can be asked is configured, so nobody can be paged from here."
    return ""


def _page_service(scene: Scene, target: Target, roster: Roster) -> Reply:
    named = inert(target.service, 80)
    if not target.service_id:
        return refuse(f"{named} has no pagerduty_id in the catalogue; page a policy instead.")
    if not roster.on_call and not roster.problem:
        return refuse(f"Nobody is on call for {named} at the pager; page a policy or a person.")
    policy_id = roster.on_call[0].policy_id if roster.on_call else ""
    body = e.PageAsked(
        what=named, reason=_reason(target), policy_id=policy_id, service_id=target.service_id
    )
    return _asked(scene, body, _reaching(scene, roster, named))


def _page_policy(scene: Scene, target: Target, roster: Roster) -> Reply:
    typed = code(target.policy)
    if roster.problem and not roster.policies:
        return refuse(f"Nobody was paged: {inert(roster.problem, 300)}")
    if not roster.policies:
        return refuse(f"{typed} is neither a known service nor an escalation policy at the pager.")
    (policy_id, name), *others = roster.policies
    if others:
        names = listed(tuple(code(name) for _, name in roster.policies), 6)
        return refuse(f"{typed} may be {names}: type more of the name.")
    if no_place := _no_place(scene.here, target):
        return refuse(no_place)
    if not roster.on_call and not roster.problem:
        return refuse(f"Nobody is on call for {inert(name, 80)} at the pager.")
    body = e.PageAsked(what=inert(name, 120), reason=_reason(target), policy_id=policy_id)
    return _asked(scene, body, _reaching(scene, roster, inert(name, 80)))


def _page_person(scene: Scene, target: Target, person: PersonRef, roster: Roster) -> Reply:
    name = inert(person.name or person.slack_id, 60)
    if not person.slack_id:
        return refuse(f"I do not know who {name} is; type @ and pick the person.")
    known = roster.people.get(person.slack_id)
    if known is None:
        why = inert(roster.problem, 300) or "the pager knows no user with their e-mail address"
        return refuse(f"{name} was not paged: {why}.")
    if no_place := _no_place(scene.here, target):
        return refuse(no_place)
    body = e.PageAsked(what=name, reason=_reason(target), user_ids=(known.id,))
    return _asked(scene, body, line(f"Paging {name} {_seen(scene.here)}"))


def _no_place(incident: Incident, target: Target) -> str:
    """Why there is no incident of the pager to join, and none can be made."""
    alerts = incident.alerts.values()
    if target.service_id or any(a.firing and a.origin.source not in NO_ALERT for a in alerts):
        return ""
    return (
        f"INC-{incident.number} has neither an alert nor a service that the pager knows, and the "
        "pager needs one of them: page a service instead."
    )


def _reaching(scene: Scene, roster: Roster, named: str) -> Line:
    seen = _seen(scene.here)
    if roster.on_call:
        return line("Paging ", *first_reached(roster.on_call), f" {seen}")
    why = inert(roster.problem, 200)
    return line(f"Paging whoever is on call for {named} {seen} (Who that is: {why})")


def _seen(incident: Incident) -> str:
    """Where it is told that they acknowledge: one that has no room has its timeline."""
    if incident.placement in (Placement.ROOM, Placement.THREAD):
        return "through PagerDuty: you will see here when they acknowledge."
    return f"through PagerDuty: the timeline of INC-{incident.number} says when they acknowledge."


def _reason(target: Target) -> str:
    return cut(inert(target.why, 2 * LONGEST_REASON), LONGEST_REASON)


def _asked(scene: Scene, body: e.PageAsked, said: Line) -> Reply:
    more: tuple[str, ...] = ()
    if scene.here.visibility is Visibility.PRIVATE:
        more = ("It is private, so the pager is told who asks, and not what it is about.",)
    return Reply(card=answer(said, *more), facts=(Fact(body=body),))


def form(scene: Scene, values: Values) -> Form:
    """Whom, and why."""
    return Form(
        verb="page", title="Page somebody", submit="Page", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro="Name one of the three; whoever is on call is paged through the pager.",
        fields=(
            Field(name="service", label="Service", kind=FieldKind.SERVICE,
                  value=given(values, "service")),
            Field(name="policy", label="Or an escalation policy", value=given(values, "policy"),
                  placeholder="Database on-call", limit=120),
            Field(name="person", label="Or a person", kind=FieldKind.PERSON,
                  value=given(values, "person")),
            Field(name="why", label="Why", kind=FieldKind.LONG_TEXT, value=given(values, "why"),
                  limit=LONGEST_REASON, placeholder="What they should look at"),
        ),
    )  # fmt: skip


VERB = Verb(
    name="page",
    summary="page whoever is on call for a service or a policy, or a person",
    usage='auth-api|policy "Database on-call"|@name ["why"]',
    parameters=(
        Parameter(name="service", kind=Kind.SERVICE, label="service"),
        Parameter(name="person", kind=Kind.PERSON, label="person"),
        Parameter(name="why", kind=Kind.TEXT, label="reason"),
        Parameter(name="policy", kind=Kind.TEXT, label="policy"),
    ),
    reads=frozenset({Reads.ON_CALL}),
    changes=True,
    when_over=False,
    form=form,
    form_first=True,
    run=run,
)
