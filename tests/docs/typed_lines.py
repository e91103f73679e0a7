"""Lines as people type them, and how they are understood: read by the code that reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from opsbot.core.ahead import typed_length
from opsbot.core.invocation import Caller, How, Invocation, Place
from opsbot.core.parameter import PersonRef, Value
from opsbot.core.reading import Reading, interpret
from opsbot.core.rules import Rules
from opsbot.core.service import Catalogue, Service
from opsbot.core.standing import Standing
from opsbot.core.when import Moment
from tests.docs.markdown_table import table
from tests.docs.verbs_table import verbs

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
ME = Standing(slack_id="U012AB3CD", name="Robin Sample", zone="Europe/Berlin")
LINES = {
    "values": (
        "sev1",
        "severity SEV-1",
        "sev 2 half of the logins fail",
        'severity "half of the logins fail" sev2',
        "declare sev2 checkout-api answers 5xx since 13:58 --lead",
        'declare title="logins fail" service=auth-api --private',
        "INC-42",
        "status identified the memory limit",
        "lead me INC-42",
        'resolve false-alarm "the probe was broken"',
        "logs auth-api since -2h",
        "sevrity 2",
        "severity 7",
        'update "v2.14 is rolled back" next 30m',
        "followup alert on its memory by friday",
        "checkout is slow for everybody",
    ),
    "times": (
        "note 14:02 rolled back v2.14",
        "note rolled back v2.14 at 12:02Z",
        "note 23:50 first seen",
        "note yesterday 9pm first seen",
        "note mon 09:30 first seen",
        "note 2026-11-20 09:30 first seen",
        "note 15 min ago rolled back",
        'note "at 14:02 the queue was full"',
    ),
}


def lines_table(which: str) -> str:
    """The table of one set of lines."""
    rows = [(f"`{line}`", _told(read_typed(line))) for line in LINES[which]]
    return table(("typed", "understood as"), rows)


def read_typed(line: str) -> Reading:
    """What a line means to the typist of the pages."""
    asked = Invocation(
        id="typed", occurred_at=NOW, how=How.TYPED, caller=Caller(user_id=ME.slack_id),
        place=Place(), line=line,
    )  # fmt: skip
    names = ("checkout-api", "auth-api")
    rules = Rules(catalogue=Catalogue(services=tuple(Service(name=name) for name in names)))
    return interpret(asked, verbs(), me=ME, rules=rules, now=NOW)


def _told(reading: Reading) -> str:
    if reading.verb is None:
        close = reading.did_you_mean
        offer = f"did you mean {close}?" if close else "offers to declare an incident of that name"
        return f"no verb; {offer}"
    if reading.problems:
        return f"{reading.verb.name}; {' '.join(one.sentence for one in reading.problems)}"
    number = [f"INC-{reading.number}"] if reading.number is not None else []
    values = [f"{name}: {_shown(value)}" for name, value in reading.values.items()]
    return f"{reading.verb.name}; {', '.join([*number, *values]) or 'nothing more'}"


def _shown(value: Value) -> str:
    match value:
        case Moment(said=said):
            return said
        case PersonRef(slack_id=slack_id):
            return "the typist" if slack_id == ME.slack_id else slack_id
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return typed_length(value)
        case _:
            return str(value)
