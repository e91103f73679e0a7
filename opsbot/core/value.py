"""One value at a time: what a word, or a few, mean for a parameter of some kind."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from opsbot.core.ahead import read_day, read_length
from opsbot.core.entry import Severity, Status
from opsbot.core.parameter import Kind, Parameter, PersonRef, Single, accepted, code, example
from opsbot.core.when import Refused, read_moment
from opsbot.core.words import ChannelWord, PowerlessWord, UserWord, Word


class Trust(IntEnum):
    """How much speaks for a word being a value, rather than a part of a sentence."""

    PROSE = 0  # the line holds prose as well
    LINE = 1  # the verb takes no prose
    NAMED = 2  # `name=value`, or the field of a form


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What is needed to understand words: the typist's zone and id, now, and the known services."""

    zone: str
    now: datetime
    services: Collection[str]
    me: str
    _equal: dict[str, list[str]] = field(init=False, repr=False, compare=False)
    _begun: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        equal: defaultdict[str, list[str]] = defaultdict(list)
        begun: defaultdict[str, list[str]] = defaultdict(list)
        for service in dict.fromkeys(self.services):
            key = alike(service)
            equal[key].append(service)
            for end in (match.start() for match in re.finditer("-", key)):
                begun[key[:end]].append(service)
        object.__setattr__(self, "_equal", dict(equal))
        object.__setattr__(self, "_begun", dict(begun))

    def service(self, text: str, trust: Trust) -> str | Refused | None:
        """The one service that `text` names: exactly, in any case, or by the first parts of its
        name; where no prose is about, by its first three letters or more."""
        key = alike(text)
        found = self._equal.get(key, []) if key else []
        if text in found:
            return text
        if not found and len(key) > 2:
            found = self._begun.get(key, [])
        if not found and len(key) > 2 and trust > Trust.PROSE:
            begun = (ones for name, ones in self._equal.items() if name.startswith(key))
            found = [one for ones in begun for one in ones]
        if len(found) == 1:
            return found[0]
        return _several(text, found) if found and trust > Trust.PROSE else None


def _several(text: str, found: list[str]) -> Refused:
    some = ", ".join(code(name) for name in sorted(found)[:4])
    more = " and more" if len(found) > 4 else ""
    return Refused(sentence=f"{code(text)} may be {some}{more}: type more of the name.")


def alike(name: str) -> str:
    """A name by what counts when it is typed: no case, and one sort of joint."""
    return re.sub(r"[\s_-]+", "-", name.casefold()).strip("-")


DASHES = "-–—―−"  # Slack and phones make one of the others of `--`
_SEVERITY = re.compile(r"sev(?:erity)?[\s_-]?([0-9]{1,2})|s([1-5])", re.IGNORECASE)
_INCIDENT = re.compile(r"(?:inc(?:ident)?[\s_-]?#?|#)([0-9]{1,9})", re.IGNORECASE)
_ROOM = re.compile(r"#?inc(?:ident)?-([0-9]{1,9})(?:-.*)?", re.IGNORECASE)
_ENTRY = re.compile(r"(?:entry\s?#?|#)([0-9]{1,9})", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,9}")
_SLACK_ID = re.compile(r"[UW](?=[A-Z]*[0-9]|[A-Z]{8})[A-Z0-9]+")
_NAME = re.compile(r"[^\W_][\w.\-]*")
_EVERYBODY = frozenset({"here", "channel", "everyone", "group"})
_STATUS_ALSO = {
    "canceled": Status.CANCELLED, "cancel": Status.CANCELLED, "fixed": Status.RESOLVED,
    "investigate": Status.INVESTIGATING, "identify": Status.IDENTIFIED, "triaging": Status.TRIAGE,
}  # fmt: skip
_NO_STATUS = frozenset({"can", "mon"})  # an everyday word, and Monday
_YES = frozenset({"yes", "y", "true", "on", "1"})
_NO = frozenset({"no", "n", "false", "off", "0"})


def read_word(
    parameter: Parameter, word: Word, lookup: Lookup, trust: Trust
) -> Single | Refused | None:
    """The value of one word; a mention counts by the id that Slack gave it."""
    match word:
        case UserWord():
            is_person = parameter.kind is Kind.PERSON
            return PersonRef(slack_id=word.id, name=word.name) if is_person else None
        case ChannelWord():
            room = _ROOM.fullmatch(word.name) if parameter.kind is Kind.INCIDENT else None
            return (int(room[1]) or None) if room else None
        case PowerlessWord():
            return None
        case _:
            return read_text(parameter, bared(word.text), lookup, trust)


def bared(text: str) -> str:
    """A word, or several, without the brackets and the punctuation around."""
    return text.lstrip("([{").rstrip(",;:.!)]}")


def read_text(
    parameter: Parameter, text: str, lookup: Lookup, trust: Trust
) -> Single | Refused | None:
    """The value of `text` for the parameter: None when it is none, Refused when it cannot be."""
    match parameter.kind:
        case Kind.SEVERITY:
            return _severity(text, bare=parameter.bare or trust is Trust.NAMED, trust=trust)
        case Kind.STATUS:
            return _status(text, trust)
        case Kind.PERSON:
            return _person(text, lookup.me, trust)
        case Kind.SERVICE:
            return lookup.service(text, trust)
        case Kind.MOMENT:
            return read_moment(text, zone=lookup.zone, now=lookup.now)
        case Kind.DATE:
            return read_day(text, zone=lookup.zone, now=lookup.now)
        case Kind.DURATION:
            return read_length(text)
        case Kind.INCIDENT | Kind.ENTRY:
            return _numbered(parameter, text, trust)
        case Kind.CHOICE:
            return _choice(parameter.choices, text, trust)
        case Kind.FLAG:
            return _flag(parameter.name, text, trust)
        case Kind.TEXT:
            return None  # shared out once all the values are known


def _severity(text: str, *, bare: bool, trust: Trust) -> Severity | Refused | None:
    match = _SEVERITY.fullmatch(text)
    plain = text if bare and _NUMBER.fullmatch(text) else ""
    number = (match[1] or match[2]) if match else plain
    if not number:
        return Severity.UNSET if trust > Trust.PROSE and text.casefold() == "unset" else None
    if number in {"1", "2", "3", "4", "5"}:
        return Severity(f"SEV{number}")
    if match is None and trust is not Trust.NAMED:
        return None
    return Refused(sentence=f"{code(text)} is no severity: type `sev1` (worst) to `sev5`.")


def _status(text: str, trust: Trust) -> Status | None:
    word = text.casefold()
    if word in _STATUS_ALSO:
        return _STATUS_ALSO[word]
    if len(word) < 3 or (word in _NO_STATUS and trust is not Trust.NAMED):
        return None
    begun = [status for status in Status if status.startswith(word)]
    return begun[0] if len(begun) == 1 else None


def _person(text: str, me: str, trust: Trust) -> PersonRef | None:
    if text.casefold().removeprefix("@") == "me" and me:
        return PersonRef(slack_id=me)
    named = trust is Trust.NAMED
    if named and _SLACK_ID.fullmatch(text):
        return PersonRef(slack_id=text)
    name = text[1:] if text.startswith("@") else text if named else ""
    if name.casefold() in _EVERYBODY or not _NAME.fullmatch(name):
        return None
    return PersonRef(slack_id="", name=name)


def _numbered(parameter: Parameter, text: str, trust: Trust) -> int | None:
    prefixed = (_INCIDENT, _ROOM) if parameter.kind is Kind.INCIDENT else (_ENTRY,)
    match = next((found for one in prefixed if (found := one.fullmatch(text))), None)
    if match:
        return int(match[1]) or None
    if (parameter.bare or trust is Trust.NAMED) and _NUMBER.fullmatch(text):
        return int(text) or None
    return None


def _choice(choices: Iterable[str], text: str, trust: Trust) -> str | None:
    pairs = [choice.partition("=") for choice in choices]
    values = {alike(word): value if sign else word for word, sign, value in pairs}
    key = alike(text)
    if key in values:
        return values[key]
    if trust is not Trust.NAMED:
        return None
    given = next((value for value in values.values() if alike(value) == key), None)
    begun = {value for word, value in values.items() if len(key) > 2 and word.startswith(key)}
    return given or (begun.pop() if len(begun) == 1 else None)


def _flag(name: str, text: str, trust: Trust) -> bool | None:
    is_name = alike(text.lstrip(DASHES)) == alike(name)
    if is_name and (trust > Trust.PROSE or text.startswith(tuple(DASHES))):
        return True
    if trust is not Trust.NAMED:
        return None
    word = text.casefold()
    return True if word in _YES else False if word in _NO else None


def vocabulary(parameters: Iterable[Parameter], lookup: Lookup) -> list[str]:
    """The words that somebody may have mistyped."""
    words: list[str] = []
    for parameter in parameters:
        match parameter.kind:
            case Kind.STATUS:
                words += [status.value for status in Status]
            case Kind.SEVERITY:
                words += [severity.value.lower() for severity in Severity]
            case Kind.CHOICE:
                words += accepted(parameter)
            case Kind.SERVICE:
                words += lookup.services
            case Kind.FLAG:
                words.append(example(parameter))
            case _:
                continue
    return words
