"""Reading an invocation: which verb, which values, what could not be understood. Words, forms and
buttons come out the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from opsbot.core.invocation import How, Invocation
from opsbot.core.loose import read_line, read_value
from opsbot.core.nearest import nearest
from opsbot.core.parameter import Kind, Parameter, Problem, Value
from opsbot.core.pointed import words_of
from opsbot.core.rules import Rules
from opsbot.core.standing import Standing
from opsbot.core.text import inert
from opsbot.core.verb import Needs, Verb, verb_named
from opsbot.core.words import Word, rest, split

INCIDENT = Parameter(name="incident", kind=Kind.INCIDENT, label="incident")
MENU, STATUS, SEVERITY, LINE = "menu", "status", "severity", "line"
_INC = re.compile(r"(?i:inc)-\d{1,9}")
# What buttons of earlier versions say; messages that show them stand until they are redrawn.
_ONCE_CALLED = {"open_room": "room", "keep_open": "keep"}
_SEVERITY = Parameter(name="severity", kind=Kind.SEVERITY, label="severity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was asked for. `word` is the unknown first word when `verb` is None; `did_you_mean`
    the verb it may have been."""

    asked: Invocation
    verb: Verb | None
    word: str = ""
    prose: str = ""  # the whole line, for an offer to declare it
    did_you_mean: str = ""
    number: int | None = None
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def filled(self) -> bool:
        """Whether any value was given at all."""
        return bool(self.values)

    @property
    def only_missing(self) -> bool:
        """Whether nothing is wrong but that something required was not given."""
        return bool(self.problems) and all(problem.missing for problem in self.problems)


def interpret(
    asked: Invocation, book: tuple[Verb, ...], *, me: Standing, rules: Rules, now: datetime
) -> Reading:
    """Read `asked` with the caller's own zone and the catalogue's services."""
    if asked.verb:
        verb = verb_named(book, _ONCE_CALLED.get(asked.verb, asked.verb))
        if verb is None:
            return Reading(asked=asked, verb=None, word=inert(asked.verb, 60))
        if asked.line:
            return _typed(asked, verb, split(asked.line), me=me, rules=rules, now=now)
        return _given(asked, verb, me=me, rules=rules, now=now)
    words = split(asked.line)
    if not words:
        return Reading(asked=asked, verb=verb_named(book, MENU))
    verb = verb_named(book, words[0].text)
    if verb is not None:
        return _typed(asked, verb, words[1:], me=me, rules=rules, now=now)
    meant = _meant(words[0], book, me=me, rules=rules, now=now)
    if meant is not None:
        return _typed(asked, meant, words, me=me, rules=rules, now=now)
    names = [word for one in book if not one.hidden for word in one.words]
    return Reading(
        asked=asked, verb=None, word=inert(words[0].text, 60), prose=inert(rest(words), 300),
        did_you_mean=nearest(words[0].text, names) or "",
    )  # fmt: skip


def _meant(
    word: Word, book: tuple[Verb, ...], *, me: Standing, rules: Rules, now: datetime
) -> Verb | None:
    """The verb of a line that begins with a value: `INC-42` asks where it stands, `sev1` sets."""
    for parameter, verb in ((INCIDENT, STATUS), (_SEVERITY, SEVERITY)):
        found = read_value(
            parameter, word.text, zone=me.zone, now=now, services=_services(rules), me=me.slack_id
        )
        if not isinstance(found, Problem):
            return verb_named(book, verb)
    return None


def _services(rules: Rules) -> tuple[str, ...]:
    return tuple(service.name for service in rules.catalogue.services)


def _with_incident(verb: Verb) -> tuple[Parameter, ...]:
    """Every verb about an incident takes its number, wherever it is typed."""
    if verb.needs is not Needs.INCIDENT or any(p.name == INCIDENT.name for p in verb.parameters):
        return verb.parameters
    return (*verb.parameters, INCIDENT)


def _typed(
    asked: Invocation, verb: Verb, words: tuple[Word, ...], *, me: Standing, rules: Rules,
    now: datetime,
) -> Reading:  # fmt: skip
    if verb.raw:
        return _raw(asked, verb, *_number_in(asked.line, words), rules=rules)
    found = read_line(
        words, _with_incident(verb), zone=me.zone, now=now, services=_services(rules),
        me=me.slack_id,
    )  # fmt: skip
    values = {**_pointed(asked, verb), **found.values}
    return _reading(asked, verb, values, found.problems, found.said)


def _given(asked: Invocation, verb: Verb, *, me: Standing, rules: Rules, now: datetime) -> Reading:
    """Values by parameter name, as a form or a button gives them."""
    if verb.raw:
        return _raw(asked, verb, None, dict(asked.values), rules=rules)
    values: dict[str, Value] = dict(_pointed(asked, verb))
    problems: list[Problem] = []
    for parameter in _with_incident(verb):
        raw = asked.values.get(parameter.name, "").strip()
        if not raw:
            if parameter.required and parameter.name not in values:
                problems.append(missing(parameter))
            continue
        read = read_value(
            parameter, raw, zone=me.zone, now=now, services=_services(rules), me=me.slack_id
        )
        if isinstance(read, Problem):
            problems.append(read)
        else:
            values[parameter.name] = read
    return _reading(asked, verb, values, tuple(problems), ())


def _number_in(line: str, words: tuple[Word, ...]) -> tuple[int | None, dict[str, Value]]:
    """The incident that a line of a raw verb names as INC-42, and what else was typed behind the
    verb, as Slack sent it: the verb splits it itself, and what is decoded twice is another text."""
    if not words:
        return None, {}
    named = next((w for w in words if not w.quoted and _INC.fullmatch(w.text)), None)
    left = line[words[0].start :]
    if named is not None:
        left = line[words[0].start : named.start] + line[named.end :]
    number = int(named.text[4:]) if named else None
    return number, {LINE: left.strip()} if left.strip() else {}


def _raw(
    asked: Invocation, verb: Verb, number: int | None, values: Mapping[str, Value], *, rules: Rules
) -> Reading:
    """A verb that reads its words itself gets them as they are."""
    problems = verb.check(values, rules) if verb.check else ()
    return Reading(
        asked=asked, verb=verb, values=MappingProxyType(dict(values)), problems=problems,
        number=number,
    )  # fmt: skip


def missing(parameter: Parameter) -> Problem:
    """A required value that was not given."""
    return Problem(
        parameter=parameter.name, sentence=f"{parameter.label or parameter.name} is missing",
        missing=True,
    )  # fmt: skip


def _pointed(asked: Invocation, verb: Verb) -> Mapping[str, Value]:
    """The words of the message that was pointed at, where the verb takes words; a message of
    pictures alone is said to be one."""
    if asked.pointed is None or asked.how is How.FORM:
        return {}
    text = next((p for p in verb.parameters if p.kind is Kind.TEXT), None)
    return {text.name: words_of(asked.pointed)} if text else {}


def _reading(
    asked: Invocation, verb: Verb, values: Mapping[str, Value], problems: tuple[Problem, ...],
    said: tuple[str, ...],
) -> Reading:  # fmt: skip
    number = values.get(INCIDENT.name)
    own = any(parameter.name == INCIDENT.name for parameter in verb.parameters)
    left = {k: v for k, v in values.items() if own or k != INCIDENT.name}
    return Reading(
        asked=asked, verb=verb, values=MappingProxyType(left), problems=problems, said=said,
        number=number if isinstance(number, int) else None,
    )  # fmt: skip
