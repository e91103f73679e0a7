"""The runbooks of an installation, opsbot's own and the team's, as its executors look at them; and
what `opsbot check` says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from opsbot.app.executors import executor_checks
from opsbot.app.gauges import never_verified
from opsbot.catalog.runbooks import Shelf, read_runbooks
from opsbot.config import ConfigProblem, Finding, Settings, Weight
from opsbot.core.runbook import Runbook
from opsbot.core.runbook.example import try_example
from opsbot.core.text import inert
from opsbot.ports import Executor


def team_folder(settings: Settings) -> Path:
    """Where a team's own runbooks lie: beside opsbot.yaml."""
    return settings.file.parent / "runbooks"


def team_shelf(settings: Settings, executors: Mapping[str, Executor]) -> Shelf:
    """Every runbook. Raises ShippedMissing, and ConfigInvalid for a shipped file with mistakes."""
    return read_runbooks(team_folder(settings), executor_checks(executors))


def example_problems(runbook: Runbook) -> tuple[ConfigProblem, ...]:
    """The examples that do not come out as they say."""
    return tuple(
        ConfigProblem(
            file=runbook.origin, line=0, key=f"examples[{number}]",
            problem=f"'{inert(example.name, 100)}' does not come out: {inert(why, 600)}",
            fix="Correct the example, or the runbook",
        )
        for number, example in enumerate(runbook.examples)
        if (why := try_example(runbook, example))
    )  # fmt: skip


def runbook_findings(settings: Settings, executors: Mapping[str, Executor]) -> list[Finding]:
    """Team files that were left out, examples that do not come out, team runbooks that cannot be
    run here, and runs that nobody could verify. What opsbot brings along and cannot run here is no
    finding: nobody asked for it."""
    shelf = team_shelf(settings, executors)
    own = team_folder(settings)
    theirs = [one for one in shelf.runbooks if Path(one.origin).parent == own]
    left_out = [_finding(problem, "opsbot goes on without it") for problem in shelf.aside]
    wrong = [_finding(problem) for one in theirs for problem in example_problems(one)]
    unavailable = [
        Finding(weight=Weight.WARNING, key=_key(one.origin), line=0,
                problem=f"{one.name} cannot be run here: {inert(one.unavailable, 300)}",
                fix="Configure it, or remove the file")
        for one in theirs
        if one.unavailable
    ]  # fmt: skip
    return [*left_out, *wrong, *unavailable, *_unverified(settings, shelf, theirs)]


def _unverified(settings: Settings, shelf: Shelf, theirs: Sequence[Runbook]) -> Iterator[Finding]:
    """Runbooks that can be run here, and of whose runs nobody can ever say whether they helped."""
    for book in shelf.runbooks:
        why = never_verified(settings, book.verification) if book.verification else ""
        if not why or book.unavailable:
            continue
        yield Finding(
            weight=Weight.WARNING, key=f"{_key(book.origin)}: verification", line=0,
            problem=f"every run of {book.name} ends as unknown: {why}",
            fix="Correct it, or remove `verification:`" if book in theirs
            else "Or copy the runbook under another name, without `verification:`",
        )  # fmt: skip


def _finding(problem: ConfigProblem, also: str = "") -> Finding:
    where = f"line {problem.line}: " if problem.line else ""
    key = f"{problem.key}: " if problem.key else ""
    fix = problem.fix if problem.fix.endswith((".", "?")) else f"{problem.fix}."
    return Finding(
        weight=Weight.WARNING, key=_key(problem.file), line=0,
        problem=inert(f"{where}{key}{problem.problem}", 600), fix=f"{fix} {also}".rstrip(),
    )  # fmt: skip


def _key(file: str) -> str:
    return f"runbooks/{inert(Path(file).name, 80)}"
