"""Forms as Slack's modals: within its limits whatever stands in them, and read back as drawn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.cards import limits
from opsbot.cards.form import VALUE, option, render_form
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.views import check_view
from opsbot.slack.payloads_interaction import carried_in, fields_in
from tests.commands.office import Office

texts = st.text(st.characters(exclude_categories=()), max_size=30).map(lambda text: text * 6)
long_texts = st.text(max_size=20).map(lambda text: text * 240)
choices = st.builds(Choice, value=st.text(min_size=1, max_size=20), label=texts, description=texts)
fields = st.builds(
    Field,
    name=st.sampled_from(("title", "reason", "severity", "person", "flag", "at")),
    label=texts, kind=st.sampled_from(FieldKind), hint=texts,
    placeholder=texts, value=texts | long_texts, required=st.booleans(),
    choices=st.lists(choices, min_size=1, max_size=4, unique_by=lambda c: c.value).map(tuple),
    limit=st.sampled_from((0, 10, 300, 5_000)),
)  # fmt: skip
forms = st.builds(
    Form,
    verb=st.sampled_from(("declare", "note")), title=texts, submit=texts, intro=texts,
    incident_id=st.just("inc-1"),
    fields=st.lists(fields, min_size=1, max_size=3, unique_by=lambda f: f.name).map(tuple),
)  # fmt: skip


def faults(form: Form) -> list[str]:
    """What Slack would find wrong with it."""
    try:
        check_view(json.loads(json.dumps(render_form(form))), kind="modal")
    except SlackError as error:
        return [str(error), str(vars(error))]
    return []


def drawn(*given: Field) -> list[Any]:
    form = Form(verb="note", title="A form", submit="Go", fields=given)
    blocks: Any = render_form(form)["blocks"]
    return [block["element"] for block in blocks]


@settings(max_examples=50, deadline=None)
@given(form=forms)
def test_any_form_is_one_that_slack_takes(form: Form) -> None:
    assert faults(form) == []


@pytest.mark.parametrize("verb", [verb.name for verb in Office().book if verb.form])
async def test_every_verbs_form_is_one_that_slack_takes(verb: str) -> None:
    """Empty, and with hostile words already in it."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    hostile = "<!channel> & \u202e " * 60
    await office.typed(f'impact "{hostile}" since -20m', at=room)
    said = office.said(room, "a" * 5_000)
    if verb == "reopen":
        await office.typed("resolve", at=room)
    carries = (("do-form", "yes"),) if verb == "run" else ()  # else it lists what there is
    await office.pressed(verb, incident.id, at=room, carries=carries)
    if verb == "declare":
        await office.chose_declare(said)
    assert [form.verb for _, form in office.people.forms]
    for _, form in office.people.forms:
        assert faults(form) == []
        assert len(form.title) <= limits.FORM_TITLE, "it would be cut"


def test_what_a_field_holds_is_never_longer_than_it_may_be() -> None:
    """Slack refuses a form whose text is over its own bound."""
    for limit in (0, 10, 300, 9_000):
        (element,) = drawn(Field(name="a", label="A", value="x" * 10_000, limit=limit))
        assert len(element["initial_value"]) <= element["max_length"] <= limits.FIELD_TEXT


def test_a_choice_that_is_no_more_is_not_chosen() -> None:
    """A field that names one which is not offered would be refused whole."""
    offered = (Choice(value="SEV1", label="SEV1"), Choice(value="SEV2", label="SEV2"))
    kinds = FieldKind.CHOICE
    (none,) = drawn(Field(name="a", label="A", kind=kinds, choices=offered, value="unset"))
    (one,) = drawn(Field(name="a", label="A", kind=kinds, choices=offered, value="SEV2"))
    assert "initial_option" not in none
    assert one["initial_option"] == option(offered[1])


def test_a_box_is_ticked_by_yes_alone() -> None:
    box = (Choice(value="yes", label="Really"),)
    ticked, empty = drawn(
        Field(name="a", label="A", kind=FieldKind.FLAG, choices=box, value="yes"),
        Field(name="b", label="B", kind=FieldKind.FLAG, choices=box),
    )
    assert ticked["initial_options"] == ticked["options"]
    assert "initial_options" not in empty


def test_what_the_form_is_about_comes_back_with_it() -> None:
    """As a claim, in its metadata; every field under its parameter's name."""
    form = Form(
        verb="note", title="A form", submit="Go", incident_id="inc-1", channel_id="C1",
        pointed="C2:1793707199.000100", fields=(Field(name="text", label="Text"),),
        extra={"runbook": "rollback-deploy"},
    )  # fmt: skip
    view: Any = render_form(form)
    carried = carried_in(view["private_metadata"])
    assert (carried.incident_id, carried.channel_id) == ("inc-1", "C1")
    assert carried.extra == {"runbook": "rollback-deploy"}
    assert carried.pointed is not None
    assert (carried.pointed.channel_id, carried.pointed.ts) == ("C2", "1793707199.000100")
    typed = {"type": "plain_text_input", "value": "words"}
    state = {"values": {view["blocks"][0]["block_id"]: {VALUE: typed}}}
    assert fields_in({**view, "state": state}) == {"text": "words"}
