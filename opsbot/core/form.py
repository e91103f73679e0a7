"""Forms by meaning: fields by what they ask for; `opsbot/cards` decides how Slack draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class FieldKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"  # one of `choices`
    SERVICE = "service"  # searched in the catalogue while typing
    PERSON = "person"
    FLAG = "flag"  # a box to tick


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several; `value` is what the verb reads, `label` what people see."""

    value: str
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; `name` is the verb's parameter and comes back as the key of its value."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    placeholder: str = ""
    value: str = ""  # what it holds when the form opens; a person's Slack id, a choice's value
    required: bool = False
    choices: tuple[Choice, ...] = ()
    limit: int = 0  # characters; 0 for Slack's own bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A whole form. Submitting it asks for `verb` about `incident_id`, as typing would."""

    verb: str
    title: str  # at most 24 characters are shown
    submit: str
    fields: tuple[Field, ...]
    intro: str = ""
    incident_id: str = ""
    channel_id: str = ""  # where the answer goes
    pointed: str = ""  # `channel:ts` of the message it was opened from
    extra: Mapping[str, str] = field(  # values that it carries unseen, by parameter name
        default_factory=lambda: MappingProxyType({})
    )
