"""The lead asks somebody to take over: they get the brief and one click, and lead once they
accept. Nothing changes before."""

from opsbot.core import entry as e
from opsbot.core.card import line
from opsbot.core.entry import Mode, Role
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.parameter import Kind, Parameter, PersonRef
from opsbot.core.permission import Denied, may
from opsbot.core.private_words import guide_lines
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse

LONGEST = 1_200


def run(scene: Scene, values: Values) -> Reply:
    """Offer the lead, or answer an offer."""
    if values.get("accept") or values.get("decline"):
        return _answered(scene, values, accepted=bool(values.get("accept")))
    incident, person, me = scene.here, values.get("person"), scene.me
    if not isinstance(person, PersonRef):
        return _standing(scene)
    if not person.slack_id:
        return refuse(f"I do not know who {inert(person.name, 60)} is; type @ and pick the person.")
    name, lead = inert(person.name or person.slack_id, 80), incident.lead
    if lead is None:
        return refuse(f"Nobody leads INC-{incident.number}, so there is nothing to hand over: "
                      "lead @name gives it to somebody at once.")  # fmt: skip
    if lead.slack_id != me.slack_id:
        return refuse(f"{inert(lead.name, 60)} leads, and only they hand it over. When they cannot "
                      "any more, lead @name gives it to somebody at once.")  # fmt: skip
    if person.slack_id == me.slack_id:
        return Reply(card=answer(f"You lead INC-{incident.number} already."))
    said = inert(str(values.get("said", "")).strip(), LONGEST)
    offer = incident.living.offer
    if offer and (offer.to_slack_id, offer.said) == (person.slack_id, said):
        return Reply(card=answer(f"{name} has been asked, and has not answered yet."))
    body = e.HandoverOffered(to_slack_id=person.slack_id, to_name=name, said=said)
    told = ", and gets the brief in private" if incident.mode is Mode.LIVE else ""
    card = answer(
        line(f"{name} is asked to take over INC-{incident.number}{told}."),
        line("You lead until they accept." if told else "In shadow mode nobody is told: they type "
             f"handover --accept INC-{incident.number}. You lead until then."),
    )  # fmt: skip
    return Reply(card=card, facts=(Fact(body=body),), undo=True)


def _standing(scene: Scene) -> Reply:
    """What becomes of the offer that stands, for those who ask without naming anybody."""
    offer = scene.here.living.offer
    if offer is None:
        return refuse("Say to whom: handover @name.")
    name = inert(offer.to_name, 60)
    return Reply(card=answer(f"{name} has been asked to take over, and has not answered yet."))


def _answered(scene: Scene, values: Values, *, accepted: bool) -> Reply:
    incident, me, named = scene.here, scene.me, values.get("offer")
    offer = incident.living.offer
    if offer is None or (isinstance(named, int) and named != offer.seq):
        lead = incident.lead
        leads = f"{inert(lead.name, 60)} leads" if lead else "nobody leads"
        if not isinstance(named, int):
            return refuse(f"Nothing was done: nobody is asked to take over just now; {leads}.")
        return refuse(f"Nothing was done: this offer does not stand any more; {leads}.")
    if offer.to_slack_id != me.slack_id:
        return refuse(f"{inert(offer.to_name, 60)} was asked, and only they can answer.")
    answered = Fact(body=e.HandoverAnswered(offer=offer.seq, accepted=accepted))
    if not accepted:
        return Reply(card=answer("You declined; the lead stays where it is."), facts=(answered,))
    rules = scene.rules
    match may("lead", me, incident, rules.permissions, guests=rules.guests):
        case Denied() as denied:
            return refuse(f"You may not lead here. {denied.sentence}")
        case _:
            pass
    lead = Fact(body=e.RoleAssigned(role=Role.LEAD, slack_id=me.slack_id, name=me.name))
    card = answer(f"You lead INC-{incident.number} now.", *guide_lines(Role.LEAD))
    return Reply(card=card, facts=(answered, lead))


def form(scene: Scene, values: Values) -> Form:
    """To whom, and what they should know."""
    return Form(
        verb="handover", title="Hand over the lead", submit="Ask", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro="They get the brief in private, and lead once they accept. Until then you lead.",
        fields=(
            Field(name="person", label="To", kind=FieldKind.PERSON, required=True,
                  value=given(values, "person")),
            Field(name="said", label="What they should know", kind=FieldKind.LONG_TEXT,
                  value=given(values, "said"), limit=LONGEST,
                  placeholder="The rollback runs; wait for the error share before you resolve."),
        ),
    )  # fmt: skip


VERB = Verb(
    name="handover",
    aliases=("hand-over",),
    summary="ask somebody to take over the lead",
    usage='@name ["what they should know"]',
    parameters=(
        Parameter(name="person", kind=Kind.PERSON, label="person"),
        Parameter(name="said", kind=Kind.TEXT, label="what they should know"),
        Parameter(name="offer", kind=Kind.ENTRY, label="offer"),
        Parameter(name="accept", kind=Kind.FLAG, label="accept"),
        Parameter(name="decline", kind=Kind.FLAG, label="decline"),
    ),
    changes=True,
    when_over=False,
    form=form,
    form_first=True,
    run=run,
)
