"""What is wrong with a runbook's look-ups: names that nothing fills in, values that may be absent,
places where a value could not be escaped."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from opsbot.core.nearest import nearest
from opsbot.core.runbook import ParameterKind, Runbook, Step
from opsbot.core.runbook.flaw import Flaw, Path, flaw
from opsbot.core.runbook.lookups import (
    LATER,
    LATER_IN,
    STEPS,
    Lookup,
    Unreadable,
    is_late,
    parts_of,
)
from opsbot.core.runbook.metric_query import Unplaced, check_query
from opsbot.core.runbook.offered import OFFERED
from opsbot.core.runbook.surroundings import KNOWN, SELECTOR
from opsbot.core.text import inert, listed

_TARGET = "run.target"


def lookup_flaws(runbook: Runbook) -> list[Flaw]:
    """Every mistake about look-ups."""
    return _Lookups(runbook).flaws()


class _Lookups:
    """Looks at every look-up where it stands: whether something fills it in there."""

    def __init__(self, runbook: Runbook) -> None:
        self.runbook = runbook
        self.optional = {p.name for p in runbook.parameters if not p.required and p.default is None}
        self.early = {p.name for p in runbook.parameters} | set(KNOWN)
        self.late = LATER | {
            f"{LATER_IN}{p.name}" for p in runbook.parameters if p.kind is ParameterKind.DURATION
        }
        self.found: list[Flaw] = []

    def flaws(self) -> list[Flaw]:
        runbook = self.runbook
        registered: list[str] = []
        for phase, steps in (("steps", runbook.steps), ("rollback", runbook.rollback)):
            for index, step in enumerate(steps):
                self._step((phase, index), step, registered)
                registered += [f"{STEPS}{step.name}.{name}" for name in step.register]
        self._text(("guard", "target"), runbook.guard.target, self.early, whole=False)
        check = runbook.verification
        if check is not None:
            known = self.early | {_TARGET}
            self._text(("verification", "service"), check.service, known, whole=False)
            self._query(("verification", "query"), check.query, known)
        for name, text in runbook.offered.arguments.items():
            path: Path = ("offered", "arguments", name)
            if runbook.parameter(name) is None:
                self.found.append(
                    flaw(path, "there is no such parameter", "Name one of `parameters:`")
                )
            self._text(path, text, {*KNOWN, *OFFERED}, whole=False)
        return self.found

    def _step(self, path: Path, step: Step, registered: Collection[str]) -> None:
        known = self.early | self.late | {_TARGET, *registered}
        self._call((*path, "do"), step.call, known)
        if step.when is not None:
            self._text((*path, "when", "value"), step.when.value, known, whole=True)

    def _call(self, path: Path, value: Any, known: Collection[str], *, keyed: bool = True) -> None:
        """`keyed` tells that the value stands behind a key, which can be left out with it."""
        if isinstance(value, str):
            self._text(path, value, known, whole=keyed)
        elif isinstance(value, Mapping):
            for key, item in cast("Mapping[str, Any]", value).items():
                if "${" in key or key.startswith("$"):
                    problem = "a key begins with `$` or holds a look-up"
                    self.found.append(flaw((*path, key), problem, "Look-ups stand in values only"))
                self._call((*path, key), item, known)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(cast("list[Any]", value)):
                self._call((*path, index), item, known, keyed=False)

    def _query(self, path: Path, query: str, known: Collection[str]) -> None:
        self._text(path, query, known, whole=False)
        try:
            check_query(query)
        except Unplaced as why:
            self.found.append(flaw(path, str(why), "Nothing else can be escaped as text"))
        except Unreadable:
            pass  # told already

    def _text(self, path: Path, text: str, known: Collection[str], *, whole: bool) -> None:
        """`whole` allows a look-up of an optional parameter when it is all of the text."""
        try:
            parts = parts_of(text)
        except Unreadable as why:
            fix = "Write `${name}`, or `$${` for the two characters"
            self.found.append(flaw(path, str(why), fix))
            return
        for part in parts:
            if not isinstance(part, Lookup):
                continue
            if part.name in self.optional and not (whole and len(parts) == 1):
                problem = f"`${{{part.name}}}` may be absent, and would leave a hole here"
                fix = f"Give {part.name} a default, or make it required"
                self.found.append(flaw(path, problem, fix))
            elif part.name not in known and not self._is_selector(part.name, known):
                self.found.append(self._unknown(path, part.name, known))

    def _is_selector(self, name: str, known: Collection[str]) -> bool:
        return name.startswith(SELECTOR) and len(name) > len(SELECTOR) and KNOWN[0] in known

    def _unknown(self, path: Path, name: str, known: Collection[str]) -> Flaw:
        shown = f"`${{{inert(name, 60)}}}`"
        if name.startswith(STEPS):
            problem = f"{shown} is registered by no step before this one"
        elif is_late(name) or name == _TARGET:
            problem = f"{shown} is not known here"
        else:
            problem = f"nothing fills in {shown}"
        if name.startswith(LATER_IN):
            return flaw(path, problem, "Name a parameter of kind duration behind `run.after.`")
        close = nearest(name, known)
        some = listed(tuple(f"${{{one}}}" for one in sorted(known)), 30)
        fix = f"Did you mean ${{{close}}}?" if close else f"Known here: {some}"
        return flaw(path, problem, fix)
