"""What a command file declares: a verb, its parameters, and a pure function from the scene to a
reply. Typing, forms and buttons all end in the same call of that function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from opsbot.core.ahead import typed_length
from opsbot.core.card import Button, Card, Line, line
from opsbot.core.entry import Body, Entry, Severity, Visibility
from opsbot.core.event import ServiceRef
from opsbot.core.form import Form
from opsbot.core.incident import Incident
from opsbot.core.invocation import Invocation
from opsbot.core.on_call import Roster
from opsbot.core.parameter import Parameter, PersonRef, Problem, Value
from opsbot.core.policy import PastRun
from opsbot.core.rules import Rules
from opsbot.core.run_prepared import Duties, Prepared
from opsbot.core.standing import Standing
from opsbot.core.unfolding import Owed
from opsbot.core.when import Moment


class Needs(StrEnum):
    """What a verb is about."""

    NOTHING = "nothing"
    INCIDENT = "incident"  # told by the channel, a number, or the button's card


class Reads(StrEnum):
    """What a verb looks at beyond the incident's state; read only for verbs that ask for it."""

    ENTRIES = "entries"  # the incident's whole record
    OPEN = "open"  # all open incidents the caller may know of
    RUN = "run"  # what would run, prepared and asked of whoever would carry it out
    RECENT = "recent"  # the runs of the last days, of every incident
    APPROVAL = "approval"  # the caller looked up anew, and who is on call for what waits
    ON_CALL = "on_call"  # who is on call for what it names, else for the incident's service
    LINT = "lint"  # what the incident's postmortem lacks, if that is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """An entry to append in the caller's name; `at` when it happened, if not now. `key` makes it
    once in the incident, however often it is asked for."""

    body: Body
    at: datetime | None = None
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A new incident that a person declares."""

    title: str
    service: ServiceRef
    severity: Severity
    visibility: Visibility
    lead: bool  # whether the caller takes the lead at once
    url: str = ""  # the message it was declared from
    at: datetime | None = None
    facts: tuple[Fact, ...] = ()
    remark: str = ""  # said to the caller besides


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """The words of an entry that must leave the record for good."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a verb answers: words for the caller alone, facts for the record, perhaps a form."""

    card: Card | None = None
    facts: tuple[Fact, ...] = ()
    opening: Opening | None = None
    removal: Removal | None = None
    form: Form | None = None
    owed: tuple[Owed, ...] = ()
    undo: bool = False  # offer to take back the first fact
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything a verb may look at."""

    me: Standing
    asked: Invocation
    now: datetime
    rules: Rules
    book: tuple[Verb, ...]
    incident: Incident | None = None
    entries: tuple[Entry, ...] = ()
    open: tuple[Incident, ...] = ()
    said: tuple[str, ...] = ()  # how what was typed was understood
    pointed_url: str = ""
    prepared: Prepared | None = None  # of Reads.RUN
    recent: tuple[PastRun, ...] = ()  # of Reads.RECENT
    duties: Mapping[str, Duties] = field(  # of Reads.APPROVAL: by the run that waits
        default_factory=lambda: MappingProxyType({})
    )
    roster: Roster | None = None  # of Reads.ON_CALL; None when no pager can be asked
    lacks: tuple[str, ...] | None = None  # of Reads.LINT; None when it was not asked for

    @property
    def here(self) -> Incident:
        """The incident of a verb that needs one."""
        if self.incident is None:
            raise LookupError("the verb does not say that it needs an incident")
        return self.incident


Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One command. `form` draws its form, prefilled with what is known already; it is opened when
    a required value is missing, or when the verb is asked for by a button alone."""

    name: str
    summary: str  # one line of help, in the imperative
    run: Callable[[Scene, Values], Reply]
    aliases: tuple[str, ...] = ()
    usage: str = ""  # what may follow the verb: `sev1 ["why"]`
    parameters: tuple[Parameter, ...] = ()
    needs: Needs = Needs.INCIDENT
    reads: frozenset[Reads] = frozenset()
    changes: bool = False  # whether it writes to the record
    opens: bool = False  # whether it may open an incident
    enters: bool = False  # whether it joins the channel in which it is asked for
    when_over: bool = True  # whether it makes sense once the incident is over
    when_open: bool = True  # whether it makes sense before that
    form: Callable[[Scene, Values], Form] | None = None
    form_first: bool = False  # by button it opens its form even when nothing required is missing
    takes_message: bool = False  # a message that is pointed at is all it needs
    raw: bool = False  # gets its words as they are, in `line`, and a form's fields by their names
    check: Callable[[Values, Rules], tuple[Problem, ...]] | None = None  # of a raw verb
    hidden: bool = False  # not shown by help: reached by buttons

    @property
    def words(self) -> tuple[str, ...]:
        """Every word the verb is typed as."""
        return (self.name, *self.aliases)


def verb_named(book: tuple[Verb, ...], word: str) -> Verb | None:
    """The verb that `word` names, in any case."""
    wanted = word.casefold()
    return next((verb for verb in book if wanted in verb.words), None)


def given(values: Values, name: str) -> str:
    """What was given already, as a form's field holds it; empty when it was not."""
    match values.get(name):
        case None | False:
            return ""
        case True:
            return "yes"
        case Moment(at=at):
            return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at.second else f"{at:%Y-%m-%dT%H:%MZ}"
        case PersonRef(slack_id=slack_id):
            return slack_id
        case timedelta() as length:
            return typed_length(length)
        case value:
            return str(value)


def answer(*lines: Line | str, header: str = "", buttons: tuple[Button, ...] = ()) -> Card:
    """A small card for the caller alone."""
    drawn = tuple(one if isinstance(one, Line) else line(one) for one in lines)
    return Card(header=header, lines=drawn, buttons=buttons)


def refuse(*lines: Line | str, buttons: tuple[Button, ...] = ()) -> Reply:
    """Nothing was done, and why."""
    return Reply(card=answer(*lines, buttons=buttons), refused=True)


NO_VALUES: Values = MappingProxyType({})
