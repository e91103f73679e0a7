"""A postmortem as plain values: as JSON holds it, and as templates are given it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, cast

from opsbot.core.measures import Measure, Measures
from opsbot.core.points import Points
from opsbot.core.postmortem import Code, Postmortem
from opsbot.core.postmortem.material import day_of
from opsbot.documents.markdown import code_block, code_span, destination, escaped, web_address

FORMAT = 1  # of the JSON; it grows when a reader has to know of a change

Plain = dict[str, Any]


def as_json(document: Postmortem, template: Mapping[str, str]) -> str:
    """The document as JSON in one form only: sorted keys, two blanks, a line feed at the end.

    `template` goes with it whole, so that the document can be rendered as it was.
    """
    data = {"format": FORMAT, "template": dict(template), "postmortem": _plain(document)}
    return json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    match value:
        case Code(text=text):
            return text
        case Measures():
            return _measures(value)
        case _:
            return _walked(value, _AS_IT_IS)


def _measures(held: Measures) -> Plain:
    return {"excluded": held.excluded, "points": _plain(held.points), "values": held.as_data()}


def for_template(document: Postmortem) -> Plain:
    """The document for a Markdown template: every text is Markdown already and says nothing but
    itself, code is a code span, and a time has its parts."""
    view: Plain = _marked(document)
    view["fenced_rule"] = (
        code_block(document.proposal.rule.text, "yaml")
        if document.proposal and document.proposal.rule.text
        else ""
    )
    return view


def _marked(value: Any) -> Any:
    match value:
        case Code(text=text):
            return code_span(text)
        case Measures():
            rows = [_measure(measure) for measure in value.measures]
            return {"excluded": escaped(value.excluded), "rows": rows}
        case _:
            return _walked(value, _MARKED)


def _measure(measure: Measure) -> Plain:
    return {
        "name": measure.name, "title": escaped(measure.title), "shown": escaped(measure.shown),
        "formula": escaped(measure.formula), "why_not": escaped(measure.why_not),
        "known": measure.value is not None,
    }  # fmt: skip


def _moment(at: datetime) -> Plain:
    return {
        "iso": at.isoformat(), "day": day_of(at), "clock": f"{at:%H:%M}", "exact": f"{at:%H:%M:%S}",
    }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How the leaves of a document are written."""

    each: Callable[[Any], Any]
    text: Callable[[str], str]
    address: Callable[[str], str]
    moment: Callable[[datetime], Any]


_AS_IT_IS = _Form(each=_plain, text=str, address=web_address, moment=datetime.isoformat)
_MARKED = _Form(each=_marked, text=escaped, address=destination, moment=_moment)


def _walked(value: Any, form: _Form) -> Any:
    """One value with everything in it made plain; a field called `url` is an address."""
    match value:
        case Points():
            return [form.each(point) for point in value.by_name]
        case Enum():
            return form.text(str(value.value))
        case str():
            return form.text(value)
        case None | bool() | int() | float():
            return value
        case datetime():
            return form.moment(value)
        case date():
            return value.isoformat()
        case tuple() | list():
            return [form.each(one) for one in cast("tuple[Any, ...]", value)]
        case _ if is_dataclass(value):
            held = {field.name: getattr(value, field.name) for field in fields(value)}
            return {
                name: form.address(one) if name == "url" else form.each(one)
                for name, one in held.items()
            }
        case _:
            raise TypeError(f"a {type(value).__name__} has no place in a document")
