"""Which runbook somebody asks for, with which arguments: the same of a typed line, of a form and
of a button. Names with a dash are ours (`do-confirm`): no parameter can be called like them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from opsbot.core.nearest import nearest
from opsbot.core.parameter import Problem, code
from opsbot.core.rules import Rules
from opsbot.core.runbook import Runbook
from opsbot.core.runbook.arguments import from_words, read_arguments
from opsbot.core.verb import Values
from opsbot.core.words import split_exactly

RUNBOOK, LINE = "runbook", "line"
CONFIRM = "do-confirm"  # the hash that the person has seen, and says yes to
FORM = "do-form"  # the form first, even when nothing is missing
GLASS = "do-glass"  # why the glass is broken; the form asks for it when it is empty
AGAIN = "do-again"  # the run that is asked for once more
WHY = "do-why"  # a form's field: the reason, typed
WAY = "do-way"  # tells apart the buttons of one message
OURS = (RUNBOOK, LINE, CONFIRM, FORM, GLASS, AGAIN, WHY, WAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAsk:
    """What was asked for. `runbook` is None when none was named, or `unknown` names no runbook."""

    runbook: Runbook | None = None
    unknown: str = ""
    given: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[Problem, ...] = ()
    ours: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def asked_run(values: Values, rules: Rules) -> RunAsk:
    """Read what a typed line, a form or a button says of a run."""
    texts = {name: str(value) for name, value in values.items() if not isinstance(value, tuple)}
    ours = MappingProxyType({name: texts[name] for name in OURS if name in texts})
    if texts.get(LINE):
        return _typed(texts[LINE], ours, rules)
    name = texts.get(RUNBOOK, "")
    runbook = rules.runbook(name)
    given = {key: text for key, text in texts.items() if key not in OURS and text}
    if runbook is None:
        return RunAsk(unknown=name, ours=ours)
    return RunAsk(runbook=runbook, given=MappingProxyType(given), ours=ours)


def _typed(line: str, ours: Mapping[str, str], rules: Rules) -> RunAsk:
    words = split_exactly(line)  # what cannot be seen in an argument is refused, never mended
    runbook = rules.runbook(words[0].text.casefold()) if words else None
    if runbook is None:
        return RunAsk(unknown=words[0].text if words else "", ours=ours)
    given, problems = from_words(runbook, words[1:])
    return RunAsk(runbook=runbook, given=given, problems=problems, ours=ours)


def problems_of(values: Values, rules: Rules) -> tuple[Problem, ...]:
    """What is wrong with the arguments, by field; a runbook that nobody named yet is no problem
    here, because the answer offers all of them."""
    ask = asked_run(values, rules)
    if ask.runbook is None or AGAIN in ask.ours:
        return ()
    names = tuple(service.name for service in rules.catalogue.services)
    _, problems = read_arguments(ask.runbook, ask.given, names)
    return (*ask.problems, *problems)


def no_such(name: str, rules: Rules) -> str:
    """That there is no runbook of that name, and what it may have been."""
    names = [one.name for one in rules.runbooks]
    if not names:
        return "There are no runbooks yet: put files into `runbooks/` beside opsbot.yaml."
    close = nearest(name, names)
    hint = f" Did you mean {code(close)}?" if close else ""
    return f"There is no runbook {code(name)}.{hint} There are {', '.join(sorted(names))}."
