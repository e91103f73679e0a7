"""A postmortem as plain values: as JSON holds it, and as templates are given it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import Any, cast

from opsbot.core.measures import Measure, Measures
from opsbot.core.points import Points, utc
from opsbot.core.postmortem import Code, Postmortem
from opsbot.core.postmortem.material import day_of
from opsbot.documents.markdown import code_block, code_span, destination, escaped, web_address

FORMAT = 1  # of the JSON; it grows when a reader has to know of a change

Plain = dict[str, Any]


def as_json(document: Postmortem, template: Mapping[str, str]) -> str:
    """The document as JSON in one form only: sorted keys, one line a part, and one an item of a
    list, so that a change can be read.

    `template` goes with it whole, so that the document can be rendered as it was.
    """
    told: Plain = _plain(document)
    parts = (f"  {_compact(name)}: {_by_line(held)}" for name, held in sorted(told.items()))
    text = "\n".join((
        "{",
        f'"format": {FORMAT},',
        '"postmortem": {',
        ",\n".join(parts),
        "},",
        f'"template": {_compact(dict(template))}',
        "}",
        "",
    ))  # fmt: skip
    # Ids may hold a lone surrogate, which is no text that could be written anywhere.
    return text.encode("utf-8", "replace").decode()


def _by_line(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _compact(value)
    items = cast("list[Any]", value)
    return "[\n" + ",\n".join(f"    {_compact(item)}" for item in items) + "\n  ]"


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


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
    moment = utc(at)
    iso = moment.isoformat()
    return {"iso": iso, "day": _day(moment.date()), "clock": iso[11:16], "exact": iso[11:19]}


@lru_cache(maxsize=1_000)
def _day(day: date) -> str:
    return day_of(datetime.combine(day, time(), UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How the leaves of a document are written."""

    each: Callable[[Any], Any]
    text: Callable[[str], str]
    address: Callable[[str], str]
    moment: Callable[[datetime], Any]


_AS_IT_IS = _Form(each=_plain, text=str, address=web_address, moment=datetime.isoformat)
_MARKED = _Form(each=_marked, text=escaped, address=destination, moment=_moment)


_LEAVES = frozenset({int, float, bool, type(None)})


def _walked(value: Any, form: _Form) -> Any:
    """One value with everything in it made plain; a field called `url` is an address."""
    kind = cast("type[Any]", type(value))
    if kind in _LEAVES:
        return value
    if issubclass(kind, str):
        return form.text(str(value))
    if kind is tuple:
        return [form.each(one) for one in cast("tuple[Any, ...]", value)]
    match value:
        case Points():
            return [form.each(point) for point in value.by_name]
        case datetime():
            return form.moment(value)
        case date():
            return value.isoformat()
        case _ if is_dataclass(value):
            held = ((name, getattr(value, name)) for name in _names(kind))
            return {
                name: form.address(one) if name == "url" else form.each(one) for name, one in held
            }
        case _:
            raise TypeError(f"a {kind.__name__} has no place in a document")


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
