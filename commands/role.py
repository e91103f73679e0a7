"""Who does what in an incident: gives roles, and lists who has which."""

from opsbot.core import entry as e
from opsbot.core.card import Button, Line, Piece, Who, line
from opsbot.core.entry import Mode, Role
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.incident_parts import Holder
from opsbot.core.parameter import Kind, Parameter, PersonRef
from opsbot.core.permission import Denied, may
from opsbot.core.private_words import guide_lines
from opsbot.core.role_guide import GUIDE, ROLE_NAME
from opsbot.core.telling import holders
from opsbot.core.text import inert, listed
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse

CALLED = {
    "lead": Role.LEAD, "ic": Role.LEAD, "commander": Role.LEAD, "captain": Role.LEAD,
    "deputy": Role.DEPUTY,
    "communications": Role.COMMUNICATIONS, "comms": Role.COMMUNICATIONS,
    "liaison": Role.COMMUNICATIONS, "scribe": Role.SCRIBE, "tech-lead": Role.TECH_LEAD,
    "operations": Role.TECH_LEAD, "ops": Role.TECH_LEAD, "expert": Role.EXPERT,
    "sme": Role.EXPERT,
}  # fmt: skip


def run(scene: Scene, values: Values) -> Reply:
    """Give the role, take it away, or list who has which."""
    role, person = values.get("role"), values.get("person")
    if not isinstance(role, str):
        if person is not None:
            return refuse("Say which role: role scribe @name.")
        return _listed(scene)
    wanted = Role(role)
    if isinstance(person, PersonRef) and not person.slack_id:
        return refuse(f"I do not know who {inert(person.name, 60)} is; type @ and pick the person.")
    whom = person if isinstance(person, PersonRef) else None
    changes = whom is not None or bool(values.get("gone"))
    if changes and wanted is Role.LEAD and (denied := _may_not_lead(scene)):
        return refuse(denied)
    if values.get("gone"):
        return _taken(scene, wanted, whom)
    return _held(scene, wanted) if whom is None else _given(scene, wanted, whom)


def _may_not_lead(scene: Scene) -> str:
    """Who may not use `lead` does not come by it another way."""
    rules = scene.rules
    match may("lead", scene.me, scene.incident, rules.permissions, guests=rules.guests):
        case Denied() as denied:
            return denied.sentence
        case _:
            return ""


def _given(scene: Scene, role: Role, person: PersonRef) -> Reply:
    mine = person.slack_id == scene.me.slack_id
    name = inert(scene.me.name if mine else person.name or person.slack_id, 80)
    held = holders(scene.here).get(role, ())
    if any(one.slack_id == person.slack_id for one in held):
        are = "You are" if mine else f"{name} is"
        return Reply(card=answer(f"{are} {ROLE_NAME[role]} of INC-{scene.here.number} already."))
    fact = Fact(body=e.RoleAssigned(role=role, slack_id=person.slack_id, name=name))
    are = "You are" if mine else f"{name} is"
    said = f"{are} {ROLE_NAME[role]} of INC-{scene.here.number} now."
    told: tuple[Line, ...] = guide_lines(role) if mine else ()
    if not mine and scene.here.mode is Mode.LIVE:
        told = (line("They are told in private."),)
    return Reply(card=answer(said, *told), facts=(fact,), undo=True)


def _taken(scene: Scene, role: Role, person: PersonRef | None) -> Reply:
    held: list[Holder] = [*holders(scene.here).get(role, ())]
    what = ROLE_NAME[role]
    whom = next((one for one in held if person and one.slack_id == person.slack_id), None)
    if not held:
        return Reply(card=answer(f"Nobody is {what} of INC-{scene.here.number}."))
    if person is not None and whom is None:
        name = inert(person.name or person.slack_id, 60)
        return Reply(card=answer(f"{name} is not {what} of INC-{scene.here.number}."))
    if role is Role.LEAD and held[0].slack_id != scene.me.slack_id:
        name = inert(held[0].name, 60)
        return refuse(f"{name} leads; only they can give it up, or you take it.")
    if role is Role.EXPERT and whom is None and len(held) > 1:
        return refuse("There are several experts; say whom: role expert @name --gone.")
    one = whom or held[0]
    if role is Role.EXPERT:
        body = e.RoleAssigned(role=role, slack_id=one.slack_id, name=one.name, gone=True)
    else:
        body = e.RoleAssigned(role=role, slack_id="", name="")
    mine = one.slack_id == scene.me.slack_id
    said = f"{'You are' if mine else f'{inert(one.name, 60)} is'} no longer {what}."
    return Reply(card=answer(said), facts=(Fact(body=body),), undo=True)


def _held(scene: Scene, role: Role) -> Reply:
    """Who has one role; taking it oneself is one press."""
    held = holders(scene.here).get(role, ())
    names = listed(tuple(inert(one.name, 60) for one in held), 6)
    mine = any(one.slack_id == scene.me.slack_id for one in held)
    said = f"{names} {'has' if len(held) == 1 else 'have'}" if held else "Nobody has"
    take = Button(action=f"role:role={role.replace(' ', '-')}&person=me", label="Take it")
    card = answer(f"{said} the role of {role}.", *guide_lines(role),
                  buttons=() if mine else (take,))  # fmt: skip
    return Reply(card=card)


def _listed(scene: Scene) -> Reply:
    held = holders(scene.here)
    lines: list[Line] = []
    for role in Role:
        people: list[Piece] = []
        for one in held.get(role, ()):
            people += [", " if people else "",
                       Who(name=inert(one.name, 60), slack_id=one.slack_id)]  # fmt: skip
        lines.append(line(*(people or ["nobody"]), label=role.capitalize()))
    give = Button(action="role", label="Give a role...", primary=True)
    header = f"Roles in INC-{scene.here.number}"
    return Reply(card=answer(*lines, header=header, buttons=(give,)))


def form(scene: Scene, values: Values) -> Form:
    """Choose a role and who has it."""
    choices = tuple(
        Choice(value=role.replace(" ", "-"), label=role.capitalize(), description=GUIDE[role][0])
        for role in Role
    )
    return Form(
        verb="role", title="Give a role", submit="Give", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro="Whoever gets it is told in private what it asks of them.",
        fields=(
            Field(name="role", label="Role", kind=FieldKind.CHOICE, choices=choices, required=True,
                  value=given(values, "role").replace(" ", "-")),
            Field(name="person", label="Who", kind=FieldKind.PERSON, required=True,
                  value=given(values, "person")),
        ),
    )  # fmt: skip


VERB = Verb(
    name="role",
    aliases=("assign", "roles"),
    summary="give somebody a role, or list who has which",
    usage="[scribe @name [--gone]]",
    parameters=(
        Parameter(name="role", kind=Kind.CHOICE, label="role",
                  choices=tuple(f"{word}={role}" for word, role in CALLED.items())),
        Parameter(name="person", kind=Kind.PERSON, label="person"),
        Parameter(name="gone", kind=Kind.FLAG, label="take it away"),
    ),
    changes=True,
    when_over=False,
    form=form,
    form_first=True,
    run=run,
)  # fmt: skip
