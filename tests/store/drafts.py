"""Drafts for the store's tests, and random ones of every kind."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from opsbot.core import entry as e
from opsbot.core.entry import Body, Draft, Mode, Severity, Visibility
from opsbot.core.event import Origin, ServiceRef
from opsbot.core.people import OPSBOT, Actor, ActorKind
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.run_entry import RunRequested
from opsbot.core.runbook import Risk
from opsbot.core.runbook.rendered import RenderedRun, RenderedStep

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
ANN = Actor(kind=ActorKind.PERSON, id="slack:U0ANN", name="Ann Example")
_NUMBERS = itertools.count(1_000)


def note(key: str, text: str = "looking", *, at: datetime = T0, by: Actor = ANN) -> Draft:
    """Somebody's words."""
    return Draft(key=key, occurred_at=at, actor=by, source="slack", body=e.NoteAdded(text=text))


def opened(
    number: int, origin_id: str, *, dedup_key: str = "", service_id: str = "PSVC", key: str = "",
    title: str = "Error rate above 5 %", visibility: Visibility = Visibility.PUBLIC,
) -> Draft:  # fmt: skip
    """The opening entry."""
    origin = Origin(source="pagerduty", id=origin_id, dedup_key=dedup_key)
    body = e.Opened(
        number=number, title=title, origin=origin,
        service=ServiceRef(name="Checkout API", source_id=service_id), severity=Severity.SEV2,
        urgency="high", priority="", teams=("payments",), mode=Mode.LIVE,
        visibility=visibility, reason="rule default",
    )  # fmt: skip
    return Draft(
        key=key or f"opened:{origin_id}", occurred_at=T0, actor=OPSBOT, source="pagerduty",
        body=body,
    )  # fmt: skip


def joined(origin_id: str, *, dedup_key: str = "") -> Draft:
    """Another alert of the same incident."""
    body = e.Joined(
        origin=Origin(source="pagerduty", id=origin_id, dedup_key=dedup_key), title="Latency",
        reason="same service",
    )  # fmt: skip
    return Draft(
        key=f"joined:{origin_id}", occurred_at=T0, actor=OPSBOT, source="pagerduty", body=body
    )


def requested(
    run_id: str, *, at: datetime = T0, by: Actor = ANN, key: str = "", break_glass: str = "",
    ruling: Ruling = Ruling.ALLOWED,
) -> Draft:  # fmt: skip
    """Somebody asks for a run."""
    step = RenderedStep(
        name="restart", executor="noop", call={"say": "hello"}, timeout_s=5, output_limit=100
    )
    plan = RenderedRun(
        runbook="restart-deployment", version="0" * 64, arguments={"why": "bad release"},
        service="checkout-api", target="checkout-api", cooldown_s=600, steps=(step,), digest="d",
    )  # fmt: skip
    body = RunRequested(
        run_id=run_id, title="Restart", risk=Risk.LOW, plan=plan, preview=("say hello",),
        warnings=(), break_glass=break_glass,
        verdict=Verdict(ruling=ruling, rule="a rule", reason="on call"),
    )  # fmt: skip
    return fact(key or f"requested:{run_id}", body, at=at, by=by)


def fact(key: str, body: Body, *, at: datetime = T0, by: Actor = OPSBOT) -> Draft:
    """Any body."""
    return Draft(key=key, occurred_at=at, actor=by, source="opsbot", body=body)


# Whatever a JSON string can hold, NUL and lone surrogates included.
_texts = st.text(st.characters(exclude_categories=()), max_size=8)
_moments = st.datetimes(timezones=st.just(UTC))
_FLAT: dict[Any, st.SearchStrategy[Any]] = {
    str: _texts, bool: st.booleans(), int: st.integers(-(2**40), 2**40),
    float: st.floats(allow_nan=False), datetime: _moments, type(None): st.none(),
    date: st.dates(), timedelta: st.timedeltas(timedelta(0), timedelta(days=400)),
    Any: _texts | st.integers(-9, 9) | st.none(),
}  # fmt: skip


def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Random values of a field's type."""
    if hint in _FLAT:
        return _FLAT[hint]
    if get_origin(hint) is tuple:
        return st.lists(_values(get_args(hint)[0]), max_size=2).map(tuple)
    if get_origin(hint) in (dict, Mapping):
        named, held = get_args(hint)
        return st.dictionaries(_values(named), _values(held), max_size=2)
    if get_args(hint):  # a union
        return st.one_of(*(_values(arm) for arm in get_args(hint)))
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    fields = get_type_hints(hint)  # a dataclass
    return st.builds(hint, **{name: _values(kind) for name, kind in fields.items()})


def _bodies_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    if kind is e.Unknown:
        data = st.dictionaries(_texts, _texts | st.integers(-9, 9), max_size=2)
        return st.builds(e.Unknown, kind=st.just("from_the_future"), data=data)
    if kind is e.Opened:  # numbers are unique
        return _values(kind).map(lambda o: dataclasses.replace(o, number=next(_NUMBERS)))
    return _values(kind)


bodies = st.one_of(*(_bodies_of(kind) for kind in get_args(Body)))
actors = st.builds(Actor, kind=st.sampled_from(ActorKind), id=_texts, name=_texts)
drafts = st.builds(
    Draft, key=_texts, occurred_at=_moments, actor=actors, source=_texts, body=bodies
)
