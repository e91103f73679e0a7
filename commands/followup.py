"""What is left to do: sets follow-ups with owner and date, lists them, and settles them."""

import re
from dataclasses import dataclass, replace
from datetime import date

from opsbot.core import entry as e
from opsbot.core.card import Button, Line, Tone, line
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.living import FollowUp
from opsbot.core.living_lines import follow_up_line
from opsbot.core.moment import day_text
from opsbot.core.parameter import Kind, Parameter, PersonRef
from opsbot.core.permission import may_see
from opsbot.core.standing import Standing
from opsbot.core.text import count, inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse

LONGEST = 600
SHOWN = 20
WITH_BUTTONS = 5
_SETTLED = re.compile(r"(?:#?([0-9]{1,4})\s+)?(done|did|drop|dropped|reopen)", re.IGNORECASE)
_CALLED = {"did": "done", "dropped": "drop"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What was asked for, however it was: typed `3 done`, a button, or a form."""

    item: int | None
    text: str
    owner: PersonRef | None
    due: date | None
    settled: str = ""  # done | drop | reopen


def run(scene: Scene, values: Values) -> Reply:
    """Set a new one, change or settle one that stands, or list them all."""
    said = _said(values)
    if said.owner is not None and not said.owner.slack_id:
        name = inert(said.owner.name, 60)
        return refuse(f"I do not know who {name} is; type @ and pick the person.")
    if said.item is not None:
        return _changed(scene, said, said.item)
    if values.get("list") or not said.text or said.text.casefold() == "list":
        return _listed(scene)
    new = e.FollowUpSet(item=_number(scene), text=inert(said.text, LONGEST), due=said.due)
    body = _owned(scene, new, said.owner)
    return _set(scene, Fact(body=body, key=_key(scene)), body, "is set")


def _key(scene: Scene) -> str:
    return f"followup:{scene.asked.id}"


def _number(scene: Scene) -> int:
    """The next free number; for a delivery that comes once more the one that it was given."""
    held = scene.here.living.follow_ups
    again = next((one.item for one in held if one.key == _key(scene)), None)
    return again or max((one.item for one in held), default=0) + 1


def _said(values: Values) -> _Said:
    item, text = values.get("item"), str(values.get("text", "")).strip()
    owner, due = values.get("owner"), values.get("due")
    settled = "done" if values.get("done") else "drop" if values.get("drop") else ""
    typed = _SETTLED.fullmatch(text)
    if typed is not None and bool(typed[1]) is (item is None):
        word = typed[2].lower()
        item = int(typed[1]) if item is None else item
        text, settled = "", _CALLED.get(word, word)
    return _Said(
        item=item if isinstance(item, int) else None, text=text, settled=settled,
        owner=owner if isinstance(owner, PersonRef) else None,
        due=due if isinstance(due, date) else None,
    )  # fmt: skip


def _owned(scene: Scene, body: e.FollowUpSet, owner: PersonRef | None) -> e.FollowUpSet:
    if owner is None:
        return body
    mine = owner.slack_id == scene.me.slack_id
    name = scene.me.name if mine else owner.name or owner.slack_id
    return replace(body, owner_slack_id=owner.slack_id, owner=inert(name, 80))


def _set(scene: Scene, fact: Fact, body: e.FollowUpSet, what: str) -> Reply:
    named = inert(body.owner or body.owner_slack_id, 60)
    whose = f"owner {named}" if named else "no owner yet"
    due = f"due {day_text(body.due)}" if body.due else "no date yet"
    lines: list[Line] = [line(f"Follow-up {body.item} {what}: {whose}, {due}.")]
    owner = Standing(slack_id=body.owner_slack_id)
    if owner.slack_id and not may_see(owner, scene.here):
        lines.append(line(f"{named} is not in this private incident and does not see it.",
                          tone=Tone.LOUD))  # fmt: skip
    return Reply(card=answer(*lines), facts=(fact,), undo=True)


def _changed(scene: Scene, said: _Said, item: int) -> Reply:
    held = next((one for one in scene.here.living.follow_ups if one.item == item), None)
    if held is None:
        return refuse(f"There is no follow-up {item}; followup list shows them.")
    if not (said.settled or said.text or said.owner or said.due):
        return Reply(card=answer(follow_up_line(held), buttons=_buttons(held)))
    was = _body(held)
    body = replace(was, text=inert(said.text, LONGEST) or was.text, due=said.due or was.due)
    if said.settled:
        body = replace(body, done=said.settled == "done", dropped=said.settled == "drop")
    body = _owned(scene, body, said.owner)
    if body == was:
        return Reply(card=answer(f"Follow-up {item} stands so already."))
    if said.settled in ("done", "drop"):
        told = f"Follow-up {item} is {'done' if body.done else 'dropped'}."
        return Reply(card=answer(told), facts=(Fact(body=body),), undo=True)
    what = "is open again" if said.settled else "is changed"
    return _set(scene, Fact(body=body), body, what)


def _body(held: FollowUp) -> e.FollowUpSet:
    return e.FollowUpSet(
        item=held.item, text=held.text, owner_slack_id=held.owner_slack_id, owner=held.owner,
        due=held.due, done=held.done, dropped=held.dropped, url=held.url,
    )  # fmt: skip


def _listed(scene: Scene) -> Reply:
    every = scene.here.living.follow_ups
    left = [one for one in every if one.is_open]
    ordered = [*left, *(one for one in every if not one.is_open)]
    shown, hidden = ordered[:SHOWN], ordered[SHOWN:]
    lines: list[Line] = [follow_up_line(one) for one in shown]
    if not lines:
        lines.append(line("Nothing is left to do yet."))
    if hidden:
        more = count(len(hidden), "more follow-up")
        lines.append(line(f"and {more}: followup #{hidden[0].item} shows one", tone=Tone.QUIET))
    add = Button(action="followup", label="Add...", primary=True)
    done = [Button(action=f"followup:item={one.item}&done=yes", label=f"{one.item} is done")
            for one in left[:WITH_BUTTONS]]  # fmt: skip
    header = f"Follow-ups of INC-{scene.here.number}"
    return Reply(card=answer(*lines, header=header, buttons=(add, *done)))


def _buttons(held: FollowUp) -> tuple[Button, ...]:
    if not held.is_open:
        return ()
    return (
        Button(action=f"followup:item={held.item}&done=yes", label="Done"),
        Button(action=f"followup:item={held.item}&drop=yes", label="Drop"),
    )


def form(scene: Scene, values: Values) -> Form:
    """What, who, and by when; who and when may come later."""
    return Form(
        verb="followup", title="Add a follow-up", submit="Add", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        fields=(
            Field(name="text", label="What is to be done", kind=FieldKind.LONG_TEXT, required=True,
                  value=given(values, "text"), limit=LONGEST,
                  placeholder="Alert on the memory of session-validation"),
            Field(name="owner", label="Who", kind=FieldKind.PERSON, value=given(values, "owner")),
            Field(name="due", label="By when", value=given(values, "due"), placeholder="friday",
                  hint="Such as friday, in 3 days or 2026-12-01."),
        ),
    )  # fmt: skip


VERB = Verb(
    name="followup",
    aliases=("follow-up", "followups", "action", "task"),
    summary="set what is left to do, list it, settle it",
    usage='["text" [@owner] [by friday] | 3 done | 3 drop | list]',
    parameters=(
        Parameter(name="text", kind=Kind.TEXT, label="what is to be done"),
        Parameter(name="owner", kind=Kind.PERSON, label="owner"),
        Parameter(name="due", kind=Kind.DATE, label="day"),
        Parameter(name="item", kind=Kind.ENTRY, label="follow-up"),
        Parameter(name="done", kind=Kind.FLAG, label="it is done"),
        Parameter(name="drop", kind=Kind.FLAG, label="nobody will do it"),
        Parameter(name="list", kind=Kind.FLAG, label="list them"),
    ),
    changes=True,
    form=form,
    form_first=True,
    run=run,
)
