"""A form as Slack's modal view. Field names come back as block ids, so a submission reads like a
typed line; what the form is about travels in its metadata and is looked up again.

Sources: Slack pages "Modals", "Input block", "views.open".
"""

from __future__ import annotations

import json

from opsbot.cards import limits
from opsbot.cards.elements import Block, Element, plain_text
from opsbot.cards.render import ACTION_PREFIX
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.text import inert

VALUE = "value"  # action id of every field's element
TICKED = "yes"


def render_form(form: Form) -> dict[str, object]:
    """Draw `form` as a modal view within Slack's limits; never raises for any text in it."""
    blocks: list[Block] = []
    if intro := inert(form.intro, 600):
        blocks.append({"type": "section", "text": plain_text(intro, 600)})
    blocks += [_field(one) for one in form.fields]
    return {
        "type": "modal",
        "callback_id": ACTION_PREFIX + form.verb,
        "title": _words(form.title, limits.FORM_TITLE),
        "submit": _words(form.submit, limits.FORM_TITLE),
        "close": plain_text("Cancel", limits.FORM_TITLE),
        "private_metadata": _metadata(form),
        "blocks": blocks,
    }


def _words(text: str, limit: int) -> Element:
    """A text that Slack takes: it refuses empty ones."""
    return plain_text(inert(text, limit) or "(unnamed)", limit)


def _metadata(form: Form) -> str:
    held = {
        "i": form.incident_id, "c": form.channel_id, "p": form.pointed, "x": dict(form.extra),
    }  # fmt: skip
    return json.dumps({k: v for k, v in held.items() if v}, separators=(",", ":"))


def _field(field: Field) -> Block:
    block: Block = {
        "type": "input",
        "block_id": field.name,
        "optional": not field.required,
        "label": _words(field.label, limits.FIELD_LABEL),
        "element": _element(field),
    }
    if hint := inert(field.hint, limits.FIELD_HINT):
        block["hint"] = plain_text(hint, limits.FIELD_HINT)
    return block


def _element(field: Field) -> Element:
    match field.kind:
        case FieldKind.TEXT | FieldKind.LONG_TEXT:
            return _text(field)
        case FieldKind.CHOICE:
            options = [option(choice) for choice in field.choices[: limits.CHOICES]]
            drawn: Element = {"type": "static_select", "options": options}
            chosen = next((o for o in options if o["value"] == field.value), None)
            return _filled(field, {**drawn, **({"initial_option": chosen} if chosen else {})})
        case FieldKind.SERVICE:
            drawn = {"type": "external_select", "min_query_length": 0}
            if field.value:
                drawn["initial_option"] = option(Choice(value=field.value, label=field.value))
            return _filled(field, drawn)
        case FieldKind.PERSON:
            drawn = {"type": "users_select"}
            if field.value:
                drawn["initial_user"] = field.value
            return _filled(field, drawn)
        case FieldKind.FLAG:
            return _box(field)


def _text(field: Field) -> Element:
    longest = min(field.limit or limits.FIELD_TEXT, limits.FIELD_TEXT)
    drawn: Element = {
        "type": "plain_text_input",
        "multiline": field.kind is FieldKind.LONG_TEXT,
        "max_length": longest,
    }
    if field.value:
        drawn["initial_value"] = field.value[:longest]
    return _filled(field, drawn)


def _box(field: Field) -> Element:
    label = field.choices[0].label if field.choices else field.label
    box = option(Choice(value=TICKED, label=label))
    drawn: Element = {"type": "checkboxes", "action_id": VALUE, "options": [box]}
    return {**drawn, "initial_options": [box]} if field.value == TICKED else drawn


def _filled(field: Field, drawn: Element) -> Element:
    drawn = {**drawn, "action_id": VALUE}
    if placeholder := inert(field.placeholder, limits.PLACEHOLDER):
        drawn["placeholder"] = plain_text(placeholder, limits.PLACEHOLDER)
    return drawn


def option(choice: Choice) -> Element:
    """One option of a select, as forms and option lists draw it."""
    drawn: Element = {
        "text": _words(choice.label, limits.CHOICE),
        "value": choice.value[:150],
    }
    if description := inert(choice.description, limits.CHOICE):
        drawn["description"] = plain_text(description, limits.CHOICE)
    return drawn
