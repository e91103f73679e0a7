"""Tables about runbooks: every key of the file, every look-up, and what comes along."""

from __future__ import annotations

from pydantic import BaseModel

from opsbot.catalog.runbook_file import RunbookFile
from opsbot.catalog.runbook_parts import (
    ApprovalSection,
    ExampleSection,
    GuardSection,
    OfferedSection,
    ParameterSection,
    StepSection,
    VerificationSection,
    WhenSection,
    WhoSection,
)
from opsbot.catalog.runbooks import Executors, read_runbooks
from opsbot.core.runbook.lookups import LATER, LATER_IN, STEPS
from opsbot.core.runbook.offered import OFFERED
from opsbot.core.runbook.surroundings import KNOWN, SELECTOR
from tests.docs.markdown_table import table
from tests.docs.settings_table import fields_table

SECTIONS: dict[str, type[BaseModel]] = {
    "file": RunbookFile,
    "parameters": ParameterSection,
    "steps": StepSection,
    "when": WhenSection,
    "verification": VerificationSection,
    "guard": GuardSection,
    "offered": OfferedSection,
    "approval": ApprovalSection,
    "approval.by": WhoSection,
    "examples": ExampleSection,
}
_MEANINGS = {
    "incident.id": "the incident's id, for machines",
    "incident.number": "42 of INC-42",
    "incident.severity": "SEV1 to SEV5, or unset",
    "incident.service": "the service that paged; where the catalogue knows none, the one acted on",
    "service.name": "the service acted on: the argument, or else the incident's",
    "service.environment": "its environment in the catalogue",
    "service.owner": "its owner",
    "service.repository": "its repository",
    "service.tier": "its tier",
    "run.id": "the run's id, the same for all its steps",
    "run.now": "when the step begins, in RFC 3339",
}
_OFFERED = {
    "offered.service": "what the offer is about; in `offered: arguments:` alone",
    "offered.version": "the version whose deploy made it fit; there alone",
}


def runbook_table(section: str) -> str:
    """The table of one section of the file."""
    return fields_table(SECTIONS[section])


def lookups_table() -> str:
    """Every look-up there is, with what it gives."""
    rows = [("`${name}`", "the argument of that name")]
    rows += [(_written(name), _MEANINGS[name]) for name in KNOWN]
    rows += [(_written(f"{SELECTOR}name"), "the selector of that name")]
    rows += [("`${run.target}`", "what the run acts on, by `guard: target:`")]
    rows += [(_written(name), _MEANINGS[name]) for name in sorted(LATER)]
    rows += [(_written(f"{LATER_IN}name"), "that moment and the duration parameter of that name")]
    rows += [(_written(f"{STEPS}step.value"), "what an earlier step has registered")]
    rows += [(_written(name), _OFFERED[name]) for name in OFFERED]
    return table(("look-up", "gives"), rows)


def _written(name: str) -> str:
    return f"`${{{name}}}`"


def shipped_table() -> str:
    """The shipped runbooks."""
    executors: Executors = dict.fromkeys(("http", "kubernetes", "noop", "process"))
    rows = [
        (
            f"`{one.name}`",
            f"{one.title[:1].lower()}{one.title[1:]}",
            one.risk.value,
            ", ".join(dict.fromkeys(step.executor for step in one.steps)),
            ", ".join(f"`{parameter.name}`" for parameter in one.parameters),
        )
        for one in read_runbooks(None, executors).runbooks
    ]
    return table(("runbook", "what it does", "risk", "executor", "asks for"), rows)
