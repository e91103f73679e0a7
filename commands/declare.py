"""Declare an incident: opens its room at once."""

from datetime import timedelta
from urllib.parse import urlencode

from opsbot.core.card import At, Button, line
from opsbot.core.entry import Severity, Visibility
from opsbot.core.event import NO_SERVICE, ServiceRef
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.incident import Incident
from opsbot.core.incident_card import headline
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.permission import DECLARER, Denied, may
from opsbot.core.pointed import words_of
from opsbot.core.text import cut, inert
from opsbot.core.verb import Needs, Opening, Reads, Reply, Scene, Values, Verb, answer, given
from opsbot.core.when import Moment

JUST_NOW = timedelta(minutes=10)
LONGEST_TITLE = 150
MOST_IN_A_BUTTON = 200  # characters of an action id that a button can carry


def run(scene: Scene, values: Values) -> Reply:
    """Open it, unless somebody just declared what may be the same."""
    title = inert(str(values.get("title", "")), LONGEST_TITLE)
    service = values.get("service")
    named = service if isinstance(service, str) else ""
    twin = None if values.get("anyway") else _twin(scene, title, named)
    if twin is not None:
        return _shown_first(twin, title, values)
    severity, since = values.get("severity"), values.get("since")
    private, refused = bool(values.get("private")), _may_not_lead(scene)
    opening = Opening(
        title=title,
        service=_service(scene, named),
        severity=severity if isinstance(severity, Severity) else Severity.UNSET,
        visibility=Visibility.PRIVATE if private else scene.rules.visibility,
        lead=bool(values.get("lead")) and not refused,
        remark=f"You do not lead it. {refused}" if values.get("lead") and refused else "",
        url=scene.pointed_url,
        at=since.at if isinstance(since, Moment) else None,
    )
    return Reply(opening=opening)


def _may_not_lead(scene: Scene) -> str:
    """Why who declares it does not lead it at once; empty when they may. Whoever declares has that
    role in it."""
    rules = scene.rules
    if any("lead" in row.verbs and DECLARER in row.roles for row in rules.permissions):
        return ""
    match may("lead", scene.me, None, rules.permissions, guests=rules.guests):
        case Denied() as denied:
            return denied.sentence
        case _:
            return ""


def _service(scene: Scene, name: str) -> ServiceRef:
    found = scene.rules.catalogue.named(name) if name else None
    if found is None:
        return NO_SERVICE
    return ServiceRef(name=found.name, key=found.name, source_id=found.pagerduty_id)


def _twin(scene: Scene, title: str, service: str) -> Incident | None:
    """An incident that was opened a moment ago and may be the same."""
    for incident in reversed(scene.open):
        opened_at = incident.opened_at
        recent = opened_at is not None and scene.now - opened_at < JUST_NOW
        same_service = bool(service) and incident.service.key == service
        if recent and (same_service or incident.title.casefold() == title.casefold()):
            return incident
    return None


def _shown_first(twin: Incident, title: str, values: Values) -> Reply:
    said = {"title": title, "anyway": "yes"}
    kept = ("severity", "service", "private", "lead", "since")
    said |= {name: value for name in kept if (value := given(values, name))}
    action = "declare:" + urlencode(said)
    anyway = Button(action=action, label="Declare anyway")
    lines = [
        line(f"INC-{twin.number} was opened a moment ago: ", headline(twin)),
        line("Nothing was declared: is it the same?"),
    ]
    if twin.opened_at:
        lines.append(line("opened ", At(moment=twin.opened_at)))
    fits = len(action) <= MOST_IN_A_BUTTON
    return Reply(card=answer(*lines, buttons=(anyway,) if fits else ()), refused=True)


def form(scene: Scene, values: Values) -> Form:
    """Title and severity first; the rest is optional."""
    pointed = scene.asked.pointed
    title = given(values, "title") or (words_of(pointed) if pointed else "")
    severities = tuple(Choice(value=s, label=s) for s in Severity if s is not Severity.UNSET)
    since = Field(name="since", label="Since", value=given(values, "since"))
    return Form(
        verb="declare", title="Declare an incident", submit="Declare",
        channel_id=scene.asked.place.channel_id,
        pointed=f"{pointed.channel_id}:{pointed.ts}" if pointed else "",
        fields=(
            Field(name="title", label="What is wrong", required=True, limit=LONGEST_TITLE,
                  value=cut(title, LONGEST_TITLE), placeholder="Checkout answers with errors"),
            Field(name="severity", label="Severity", kind=FieldKind.CHOICE, choices=severities,
                  value=given(values, "severity"), hint="When unsure, take the worse one."),
            Field(name="service", label="Service", kind=FieldKind.SERVICE,
                  value=given(values, "service")),
            Field(name="private", label="Private", kind=FieldKind.FLAG,
                  choices=(Choice(value="yes", label="Keep it private: a neutral name, a private "
                                  "room, nothing in the digest"),),
                  value=given(values, "private")),
            Field(name="lead", label="Lead", kind=FieldKind.FLAG, value="yes",
                  choices=(Choice(value="yes", label="I take the lead"),)),
            *((since,) if since.value else ()),
        ),
    )  # fmt: skip


VERB = Verb(
    name="declare",
    aliases=("new", "open"),
    summary="open an incident and its room",
    usage='"what is wrong" [sev2] [service] [since 13:58] [--private] [--lead]',
    parameters=(
        Parameter(name="title", kind=Kind.TEXT, label="what is wrong", required=True),
        Parameter(name="severity", kind=Kind.SEVERITY, label="severity"),
        Parameter(name="service", kind=Kind.SERVICE, label="service", kept=True),
        Parameter(name="since", kind=Kind.MOMENT, label="since"),
        Parameter(name="private", kind=Kind.FLAG, label="private"),
        Parameter(name="lead", kind=Kind.FLAG, label="take the lead"),
        Parameter(name="anyway", kind=Kind.FLAG, label="declare anyway"),
    ),
    needs=Needs.NOTHING,
    reads=frozenset({Reads.OPEN}),
    changes=True,
    opens=True,
    form=form,
    form_first=True,
    run=run,
)
