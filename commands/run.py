"""Runs a runbook: shows exactly what it would do, and asks for the approval it needs."""

from opsbot.core.card import Button, Card, Line, line
from opsbot.core.entry import Mode
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.incident import Incident
from opsbot.core.policy import NOBODY, Ruling
from opsbot.core.run import Run
from opsbot.core.run_card import preview_card, run_title
from opsbot.core.run_lines import offer_pieces
from opsbot.core.run_request import Ready, decided, requested
from opsbot.core.runbook import Risk, Runbook
from opsbot.core.runbook.asked import (
    AGAIN,
    CONFIRM,
    FORM,
    GLASS,
    RUNBOOK,
    WHY,
    RunAsk,
    asked_run,
    no_such,
    problems_of,
)
from opsbot.core.runbook.form import run_form
from opsbot.core.runbook.offers import offers
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Needs, Reads, Reply, Scene, Values, Verb, answer, refuse

MOST_BUTTONS = 8
SHADOW = "opsbot runs in shadow mode here, where nothing is changed: only what reads can be run."


def run(scene: Scene, values: Values) -> Reply:
    """Offer what there is; preview what was named; ask for it once somebody says yes."""
    ask = asked_run(values, scene.rules)
    again = scene.here.runs.get(ask.ours.get(AGAIN, ""))
    if ask.runbook is None and again is None:
        return refuse(no_such(ask.unknown, scene.rules)) if ask.unknown else _choose(scene)
    prepared = scene.prepared
    if prepared is None:
        return refuse("The runbook is not there any more; type `/incident run` for those that are.")
    if prepared.problems:
        return refuse(*(problem.sentence for problem in prepared.problems), buttons=(_form(ask),))
    if prepared.refused or prepared.plan is None:
        return refuse(f"It cannot be run: {prepared.refused or 'nothing was rendered'}.")
    if scene.here.mode is Mode.SHADOW and prepared.runbook.risk is not Risk.NONE:
        return refuse(SHADOW)
    glass = ask.ours.get(GLASS, "") or ask.ours.get(WHY, "")
    if glass and scene.me.outsider:
        return refuse("Only full members of this workspace may break the glass.")
    ready = decided(scene, prepared, prepared.plan, glass)
    return _decide(scene, ready, ask, again)


def _decide(scene: Scene, ready: Ready, ask: RunAsk, again: Run | None) -> Reply:
    waiting = _same_that_waits(scene.here, ready)
    if waiting is not None:
        return refuse(f"Exactly this run waits for approval already: {run_title(waiting)}.")
    fact = requested(scene, ready, again=again.run_id if again else "")
    if fact.run_id in scene.here.runs:
        return refuse("This was asked for already; its message in the room says what came of it.")
    asks = Fact(body=fact, key=f"run:{fact.run_id}:requested")
    if ready.verdict.ruling is Ruling.DENIED:
        reason, rule = inert(ready.verdict.reason, 300), inert(ready.verdict.rule, 80)
        return Reply(card=answer(f"Denied by “{rule}”: {reason}"), facts=(asks,), refused=True)
    seen = again.plan.digest if again else ask.ours.get(CONFIRM, "")
    if seen != ready.plan.digest:
        member = not scene.me.outsider
        glass = scene.rules.policy.break_glass != NOBODY and member and not ready.glass
        card = preview_card(ready, changed=bool(seen), may_break_glass=glass)
        return Reply(card=card)
    waits = ready.verdict.ruling is Ruling.NEEDS_APPROVAL
    said = "Asked for; it waits for approval in the room." if waits else "It begins."
    return Reply(card=answer(said), facts=(asks,))


def _same_that_waits(incident: Incident, ready: Ready) -> Run | None:
    return next(
        (r for r in incident.runs.values() if r.waits and r.plan.digest == ready.plan.digest), None
    )


def _choose(scene: Scene) -> Reply:
    """Every runbook, those that fit first."""
    if not scene.rules.runbooks:
        return refuse(no_such("", scene.rules))
    fitting = offers(scene.here, scene.rules, scene.now)
    lines: list[Line] = [line(*offer_pieces(offer), label="Fits") for offer in fitting]
    lines += [
        line(f"{inert(book.title, 100)}{_risk(book)}", label=book.name)
        for book in scene.rules.runbooks
    ]
    buttons = tuple(
        Button(action=f"run:runbook={book.name}", label=f"{book.name}...",
               carries=((FORM, "yes"), (RUNBOOK, book.name)))
        for book in scene.rules.runbooks[:MOST_BUTTONS]
    )  # fmt: skip
    return Reply(card=Card(header="Runbooks", lines=tuple(lines), buttons=buttons))


def _risk(book: Runbook) -> str:
    return " (reads only)" if book.risk is Risk.NONE else f" (risk {book.risk})"


def _form(ask: RunAsk) -> Button:
    name = ask.runbook.name if ask.runbook else ""
    held = tuple((key, text) for key, text in ask.given.items() if len(text) < 300)
    return Button(action="run", label="Open the form", primary=True,
                  carries=((FORM, "yes"), (RUNBOOK, name), *held))  # fmt: skip


def form(scene: Scene, values: Values) -> Form:
    """The runbook's own parameters; why, where the glass is broken."""
    ask = asked_run(values, scene.rules)
    names = tuple(service.name for service in scene.rules.catalogue.services)
    place = scene.asked.place.channel_id
    if ask.runbook is None:
        return _which(scene)
    given = {**_defaults(scene, ask.runbook), **ask.given}
    drawn = run_form(ask.runbook, scene.here.id, place, given, names)
    if GLASS not in ask.ours:
        return drawn
    why = Field(
        name=WHY, label="Why nobody else can be asked first", kind=FieldKind.LONG_TEXT,
        required=True, limit=300, value=ask.ours[GLASS],
        hint="Everybody is told, and it stands in the postmortem.",
    )  # fmt: skip
    return Form(
        verb="run", title="Break the glass", submit="Preview", incident_id=drawn.incident_id,
        channel_id=drawn.channel_id, intro=drawn.intro, fields=(why, *drawn.fields),
        extra=drawn.extra,
    )  # fmt: skip


def _defaults(scene: Scene, book: Runbook) -> dict[str, str]:
    """What the card would fill in: the suspect's arguments, else the incident's own service."""
    for offer in offers(scene.here, scene.rules, scene.now):
        if offer.runbook.name == book.name:
            return dict(offer.arguments)
    own = scene.here.service.key
    return {"service": own} if own and book.parameter("service") else {}


def _which(scene: Scene) -> Form:
    choices = tuple(
        Choice(value=b.name, label=b.name, description=inert(b.title, 70))
        for b in scene.rules.runbooks
    )
    kind = FieldKind.CHOICE if choices else FieldKind.TEXT  # Slack refuses an empty choice
    field = Field(name=RUNBOOK, label="Runbook", kind=kind, choices=choices, required=True)
    return Form(
        verb="run", title="Run a runbook", submit="Next", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id, fields=(field,),
    )  # fmt: skip


VERB = Verb(
    name="run",
    aliases=("runbook",),
    summary="run a runbook: preview, approval, every step on the record",
    usage="[runbook] [name=value ...]",
    needs=Needs.INCIDENT,
    reads=frozenset({Reads.RUN, Reads.RECENT}),
    changes=True,
    when_over=False,
    raw=True,
    check=problems_of,
    form=form,
    run=run,
)
