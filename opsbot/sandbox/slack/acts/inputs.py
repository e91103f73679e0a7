"""What stands in a form's inputs: as they are shown, as typed, and as the app is told.

Shapes from the Block Kit pages of each element ("Block elements") and the view payload page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.foreign_json import as_list, as_object, objects_in
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.views import Typed, Values

# Element type -> the field that holds its value, and the one that holds what it is shown with.
_ONE = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "rich_text_input": ("rich_text_value", "initial_value"),
}
_SEVERAL = {
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
}
_OPTION = ("static_select", "external_select", "radio_buttons", "overflow")
_OPTIONS = ("multi_static_select", "multi_external_select", "checkboxes")
HOLDING = frozenset([*_ONE, *_SEVERAL, *_OPTION, *_OPTIONS]) - {"overflow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An element a person can fill in; `required` only in an input block not marked optional."""

    block_id: str
    element: Json
    required: bool = False
    in_input_block: bool = False
    dispatches: bool = True

    @property
    def action_id(self) -> str:
        """The element's own id."""
        return str(self.element["action_id"])

    @property
    def type(self) -> str:
        """The element's type."""
        return str(self.element["type"])


def elements_in(blocks: list[Json]) -> Iterator[Input]:
    """Yield every interactive element of a message or view, buttons included."""
    for block in blocks:
        for _, found in objects_in(block):
            if "action_id" not in found:
                continue
            in_input = block.get("type") == "input"
            yield Input(
                block_id=str(block["block_id"]),
                element=found,
                required=in_input and block.get("optional") is not True,
                in_input_block=in_input,
                dispatches=not in_input or block.get("dispatch_action") is True,
            )


def inputs_in(blocks: list[Json]) -> Iterator[Input]:
    """Yield the elements that hold a value."""
    return (one for one in elements_in(blocks) if one.type in HOLDING)


def held(one: Input, typed: Typed, offered: list[Json] | None = None) -> Json:
    """Return what the app is told stands in an element; raises CannotAct for no such option."""
    kind = one.type
    if kind in _OPTION:
        chosen = None if typed is None else _option(one, _text(one, typed), offered)
        return {"type": kind, "selected_option": chosen}
    if kind in _OPTIONS:
        options = [_option(one, value, offered) for value in _texts(typed)]
        return {"type": kind, "selected_options": options}
    if kind in _SEVERAL:
        return {"type": kind, _SEVERAL[kind][0]: _texts(typed)}
    if kind not in _ONE:
        raise CannotAct(f"The sandbox cannot fill in a {kind}.")
    value = None if typed is None or typed == "" else _text(one, typed)
    return {"type": kind, _ONE[kind][0]: _converted(kind, value)}


def shown_with(one: Input) -> Typed:
    """Return what stands in an element before anybody touches it."""
    element, kind = one.element, one.type
    if kind in _ONE:
        value = element.get(_ONE[kind][1])
        if kind == "rich_text_input":
            return None if value is None else _rich_words(value)
        return None if value is None else str(value)
    if kind in _SEVERAL:
        return [str(value) for value in as_list(element.get(_SEVERAL[kind][1])) or []]
    if kind in _OPTION:
        chosen = as_object(element.get("initial_option"))
        return None if chosen is None else str(chosen["value"])
    options = (as_object(option) or {} for option in as_list(element.get("initial_options")) or [])
    return [str(option["value"]) for option in options]


def now_in(one: Input, typed: Values) -> Typed:
    """Return what stands in an element now: as typed, else as it was shown."""
    mine = typed.get(one.block_id, {})
    return mine[one.action_id] if one.action_id in mine else shown_with(one)


def state_values(
    blocks: list[Json], typed: Values, offered: Mapping[tuple[str, str], list[Json]]
) -> Json:
    """Return `state.values`: block id, action id, and what stands there; null when nothing does."""
    values: dict[str, Json] = {}
    for one in inputs_in(blocks):
        options = offered.get((one.block_id, one.action_id))
        try:
            value = held(one, now_in(one, typed), options)
        except CannotAct:
            # The app has changed the options since: what was chosen is gone.
            value = held(one, shown_with(one), options)
        values.setdefault(one.block_id, {})[one.action_id] = value
    return values


def options_of(one: Input, offered: list[Json] | None = None) -> list[Json]:
    """Return the options an element has, those in groups too, and those the app offered."""
    element = one.element
    groups = (as_object(group) or {} for group in as_list(element.get("option_groups")) or [])
    lists = (element, *groups, {"options": offered}, {"options": [element.get("initial_option")]})
    every = [option for found in lists for option in as_list(found.get("options")) or []]
    every += as_list(element.get("initial_options")) or []
    return [found for found in map(as_object, every) if found is not None]


def _option(one: Input, value: str, offered: list[Json] | None) -> Json:
    for option in options_of(one, offered):
        if option.get("value") == value:
            return {"text": option["text"], "value": value}
    raise CannotAct(f"{one.action_id!r} has no option {value!r} now.")


def _text(one: Input, typed: Typed) -> str:
    if not isinstance(typed, str):
        raise CannotAct(f"{one.action_id!r} holds one value, not a list.")
    # A single-line input drops line breaks, pasted ones too.
    single = one.type == "plain_text_input" and one.element.get("multiline") is not True
    return " ".join(typed.splitlines()) if single else typed


def _texts(typed: Typed) -> list[str]:
    if typed is None:
        return []
    return [typed] if isinstance(typed, str) else list(typed)


def _converted(kind: str, value: str | None) -> object:
    if value is None:
        return None
    if kind == "datetimepicker":
        if not value.isdecimal():
            raise CannotAct("A datetimepicker holds Unix seconds.")
        return int(value)
    if kind == "rich_text_input":
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": value}]}
        return {"type": "rich_text", "elements": [section]}
    return value


def _rich_words(value: object) -> str:
    return "".join(
        str(found["text"]) for _, found in objects_in(value) if found.get("type") == "text"
    )
