"""Who leads: takes the lead, hands it over, and acknowledges the page with it."""

from opsbot.core import entry as e
from opsbot.core.card import Button, line
from opsbot.core.entry import Mode, PagerAct, Role
from opsbot.core.event import Transition
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.incident import Incident
from opsbot.core.incident_card import firing_alerts
from opsbot.core.parameter import Kind, Parameter, PersonRef
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Give the lead to somebody; without a name, to the caller, unless somebody else has it."""
    incident, me = scene.here, scene.me
    if values.get("nobody"):
        return _give_up(scene)
    person = values.get("person")
    if isinstance(person, PersonRef) and not person.slack_id:
        return refuse(f"I do not know who {inert(person.name, 60)} is; type @ and pick the person.")
    named = person if isinstance(person, PersonRef) else None
    lead = incident.lead
    if named is None and lead is not None and lead.slack_id != me.slack_id:
        return _held(incident)
    wanted = named or PersonRef(slack_id=me.slack_id, name=me.name)
    name = me.name if wanted.slack_id == me.slack_id else wanted.name or wanted.slack_id
    acks = _acknowledgements(scene) if values.get("ack") else ()
    if lead is not None and lead.slack_id == wanted.slack_id:
        if acks:
            return Reply(card=answer("Acknowledging at the pager; you lead already."), facts=acks)
        leads = "You lead" if lead.slack_id == me.slack_id else f"{inert(lead.name, 60)} leads"
        return Reply(card=answer(f"{leads} INC-{incident.number} already."))
    role = e.RoleAssigned(role=Role.LEAD, slack_id=wanted.slack_id, name=inert(name, 80))
    yours = wanted.slack_id == me.slack_id
    said = "You lead" if yours else f"{inert(name, 60)} leads"
    more = (" The page is being acknowledged in your name.",) if acks else ()
    card = answer(line(f"{said} INC-{incident.number}.", *more))
    return Reply(card=card, facts=(Fact(body=role), *acks), undo=True)


def _give_up(scene: Scene) -> Reply:
    lead = scene.here.lead
    if lead is None:
        return Reply(card=answer(f"Nobody leads INC-{scene.here.number}."))
    if lead.slack_id != scene.me.slack_id:
        return refuse(f"{inert(lead.name, 60)} leads; only they can give it up, or you take it.")
    fact = Fact(body=e.RoleAssigned(role=Role.LEAD, slack_id="", name=""))
    card = answer(f"Nobody leads INC-{scene.here.number} now.")
    return Reply(card=card, facts=(fact,), undo=True)


def _held(incident: Incident) -> Reply:
    name = inert(incident.lead.name, 60) if incident.lead else "somebody"
    take = Button(action="lead:person=me", label="Take over")
    return Reply(card=answer(f"{name} leads INC-{incident.number}.", buttons=(take,)))


def _acknowledgements(scene: Scene) -> tuple[Fact, ...]:
    """Acknowledge what still pages; nothing is written anywhere in shadow mode."""
    incident = scene.here
    if not scene.rules.tells_pager or incident.mode is not Mode.LIVE:
        return ()
    paging = [a for a in firing_alerts(incident) if a.status is Transition.TRIGGERED]
    return tuple(
        Fact(body=e.PagerAsked(act=PagerAct.ACKNOWLEDGE, origin_id=a.origin.id)) for a in paging
    )


def form(scene: Scene, values: Values) -> Form:
    """Choose who leads."""
    lead = scene.here.lead
    return Form(
        verb="lead", title="Who leads", submit="Set", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        fields=(
            Field(name="person", label="Lead", kind=FieldKind.PERSON, required=True,
                  value=given(values, "person") or (lead.slack_id if lead else scene.me.slack_id)),
            Field(name="ack", label="Pager", kind=FieldKind.FLAG, value="yes",
                  choices=(Choice(value="yes", label="Acknowledge the page in my name"),)),
        ),
    )  # fmt: skip


VERB = Verb(
    name="lead",
    aliases=("ic", "commander", "captain"),
    summary="take the lead, or give it to somebody",
    usage="[@name]",
    parameters=(
        Parameter(name="person", kind=Kind.PERSON, label="person"),
        Parameter(name="ack", kind=Kind.FLAG, label="acknowledge the page"),
        Parameter(name="nobody", kind=Kind.FLAG, label="give it up"),
    ),
    changes=True,
    when_over=False,
    form=form,
    form_first=True,
    run=run,
)
