"""How a value sits in an English sentence: taken out of it, understood but kept in it, or no value
at all but a part of what is told.

"checkout is down since 14:02" gives its time away; "checkout-api is down" keeps its service;
"not resolved yet" and "until 14:20" are only words.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from opsbot.core.parameter import Kind, Parameter
from opsbot.core.value import DASHES


class Manner(StrEnum):
    """What becomes of words that look like a value."""

    PEELED = "peeled"  # a value, and no longer in the text
    KEPT = "kept"  # a value, and in the text as well
    LEFT = "left"  # text


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words directly before a value that only lead to it, by the kind of value they make sense for.
_LEADS_TO = {
    Kind.MOMENT: _words("at since from @"),
    Kind.DATE: _words("by due until"),
    Kind.DURATION: _words("next"),
    Kind.SEVERITY: _words("to as is"),
    Kind.STATUS: _words("to as is"),
    Kind.PERSON: _words("to for as is @"),
    Kind.SERVICE: _words("for on in from at of"),
    Kind.INCIDENT: _words("for"),
    Kind.ENTRY: _words("to for is"),
    Kind.CHOICE: _words("as is to for"),
}
# Words that tie what follows them to their sentence.
_JOINING = _words(
    "a an the this that these those our your their my its his her of on in at to from for by with "
    "without and or nor but than as is are was were be been being into onto near like "
    "see vs via per against after before between within until till since only still also both "
    "either & + related duplicate same cf"
)
_PARTICLES = _words("in on")  # before a time of day they belong to their verb: "switched on 14:02"
_ROUGHLY = _words("about around roughly approx approximately circa ~")
_DOUBT = _words("not no never neither nor longer than was were yet almost nearly partly partially")
_DOUBT_AFAR = _words(
    "not never cannot until till unless if when once almost nearly partly partially perhaps maybe "
    "should would could might may"
)
_AHEAD = _words("next eta tomorrow tonight planned scheduled")
_SAYS = _words(
    "is isnt are arent was wasnt were werent has hasnt have havent had will wont can cant cannot "
    "does doesnt did didnt seems looks keeps should would could may might must"
)
_UNTIL = _words("to until till - – —")
_LINKING = _words("and or & + / vs but than")
_ALSO_A_NAME = _words("s3")  # SEV3, or a store of objects
_AHEAD_KINDS = frozenset({Kind.DATE, Kind.DURATION})
_REACH = 4  # words back in which a doubt, or something still to come, counts


def leads_to(word: str, parameter: Parameter) -> bool:
    """Whether `word` only leads to a value of this parameter, as "since" does to a time."""
    return word.casefold() in _LEADS_TO.get(parameter.kind, frozenset())


def at_head(parameter: Parameter, value: str, following: str) -> Manner:
    """What becomes of a value at the head of a line; `following` is the first word of the prose."""
    value, after = value.casefold(), _plain(following)
    if parameter.kind in _AHEAD_KINDS:
        return Manner.LEFT if after else Manner.PEELED
    if after in _SAYS:
        subjects = {Kind.SEVERITY, Kind.SERVICE, Kind.PERSON, Kind.MOMENT}
        return Manner.KEPT if parameter.kind in subjects else Manner.LEFT
    if parameter.kind is Kind.MOMENT and (after in _UNTIL or value == "now"):
        return Manner.KEPT
    if after in _LINKING:
        return Manner.KEPT if parameter.kind is Kind.SERVICE else Manner.LEFT
    return Manner.KEPT if parameter.kept or value in _ALSO_A_NAME else Manner.PEELED


def at_tail(parameter: Parameter, value: str, before: Sequence[str], *, other_time: bool) -> Manner:
    """What becomes of a value at the tail of a line, `before` being the words of its clause.

    `other_time`: the prose holds another time of day, so that this one belongs to the story.
    """
    value = value.casefold()
    last = before[-1].casefold() if before else ""
    led = leads_to(last, parameter)
    if _is_doubted(parameter, before):
        return Manner.LEFT
    if parameter.kind is Kind.MOMENT and (told := _moment(value, before, other_time)):
        return told
    if parameter.kind is Kind.DURATION:  # "full for 30m" is a part of what is told
        return Manner.PEELED if led or not last else Manner.LEFT
    if (value == "me" or value.isdigit()) and not led:
        return Manner.LEFT
    if value in _ALSO_A_NAME and last in _JOINING and not led:
        return Manner.LEFT
    if parameter.kept or value in _ALSO_A_NAME:
        return Manner.KEPT
    tied = _plain(last) in _JOINING
    if led or not tied or (parameter.kind is Kind.MOMENT and last in _PARTICLES):
        return Manner.PEELED
    keeps = {Kind.SEVERITY, Kind.SERVICE, Kind.PERSON}
    return Manner.KEPT if parameter.kind in keeps else Manner.LEFT


def _moment(value: str, before: Sequence[str], other_time: bool) -> Manner | None:
    relative = value.endswith("ago") or value.startswith(tuple(DASHES))
    if any(_plain(word) in _AHEAD for word in before[-_REACH:]):
        return Manner.LEFT
    if other_time and not relative:
        return Manner.LEFT
    if value == "now" or (before and before[-1].casefold() in _ROUGHLY):
        return Manner.KEPT
    return None


def _is_doubted(parameter: Parameter, before: Sequence[str]) -> bool:
    """Whether "not", "until it is" or the like stands before: a status is doubted from afar."""
    if parameter.kind in {Kind.MOMENT, Kind.FLAG, *_AHEAD_KINDS}:
        return False
    near, afar = before[-2:], before[-_REACH:] if parameter.kind is Kind.STATUS else ()
    negated = any(word.casefold().endswith(("n't", "n’t")) for word in (*near, *afar))
    return (
        negated
        or any(_plain(word) in _DOUBT for word in near)
        or any(_plain(word) in _DOUBT_AFAR for word in afar)
    )


def _plain(word: str) -> str:
    return word.casefold().replace("'", "").replace("’", "").strip(",;:.!()[]")
