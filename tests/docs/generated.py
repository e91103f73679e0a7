"""The parts of the documents that are made from the code, each between two marks in its page.

`<!-- generated: settings slack -->` opens a part and `<!-- end -->` closes it;
`python -m tests.docs.write` fills them in again.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.docs.command_line import options_of, synopsis_of
from tests.docs.evidence_rules import default_queries, findings_rules, silence_rules
from tests.docs.inbound_table import inbound_table
from tests.docs.policy_tables import cases_table, default_rules_table, explained
from tests.docs.refusals import refusals_of
from tests.docs.replayed import replayed_table
from tests.docs.runbook_tables import lookups_table, runbook_table, shipped_table
from tests.docs.sandbox_table import acts_table
from tests.docs.settings_table import environment_table, secrets_table, settings_table
from tests.docs.slack_tables import events_table, manifest_block, scopes_table
from tests.docs.suspect_rules import signs_table, steps_table
from tests.docs.typed_lines import lines_table
from tests.docs.verbs_table import verbs_table, verbs_until_the_end

_PART = re.compile(
    r"(?P<open><!-- generated: (?P<name>[\w. \[\]-]+?) -->\n)(?P<held>.*?)(?P<end><!-- end -->)",
    re.DOTALL,
)
_MAKERS: dict[str, Callable[[str], str]] = {
    "settings": settings_table,
    "secrets": secrets_table,
    "environment": lambda _: environment_table(),
    "synopsis": synopsis_of,
    "options": options_of,
    "refusals": refusals_of,
    "queries": lambda _: default_queries(),
    "thresholds": findings_rules,
    "silence": lambda _: silence_rules(),
    "replay": lambda _: replayed_table(),
    "manifest": lambda _: manifest_block(),
    "scopes": lambda _: scopes_table(),
    "events": lambda _: events_table(),
    "inbound": lambda _: inbound_table(),
    "acts": lambda _: acts_table(),
    "signs": lambda _: signs_table(),
    "ranking": lambda _: steps_table(),
    "verbs": lambda _: verbs_table(),
    "until": lambda _: verbs_until_the_end(),
    "lines": lines_table,
    "runbook": runbook_table,
    "policy": lambda _: default_rules_table(),
    "cases": cases_table,
    "explained": lambda _: explained(),
    "runbooks": lambda _: shipped_table(),
    "lookups": lambda _: lookups_table(),
}


def part_names(text: str) -> list[str]:
    """The generated parts a page asks for."""
    return [match["name"] for match in _PART.finditer(text)]


def filled(text: str) -> str:
    """The page with every generated part made anew."""
    return _PART.sub(lambda found: f"{found['open']}\n{_made(found['name'])}\n{found['end']}", text)


def _made(name: str) -> str:
    kind, _, rest = name.partition(" ")
    return _MAKERS[kind](rest).strip("\n") + "\n"
