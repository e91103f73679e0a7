"""Finds runbooks: one YAML file each in `runbooks/`; being there is registering.

The shipped folder lies beside the package in a checkout and inside it in a wheel. A team adds its
own in a folder of the same name beside opsbot.yaml. A team file with mistakes is put aside and
said; it never stops the bot.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opsbot.catalog.executors import executor_catalog
from opsbot.catalog.runbook_file import RunbookFile
from opsbot.config import ExecutorUnusable
from opsbot.config.document import read_document
from opsbot.config.explain import validate
from opsbot.config.problem import ConfigInvalid, ConfigProblem, Report, quoted, suggestion
from opsbot.core.codec import canonical
from opsbot.core.runbook import Risk, Runbook, Step
from opsbot.core.runbook.soundness import flaws

MOST_BYTES = 256 * 1024
MOST_FILES = 500
_PACKAGE = Path(__file__).resolve().parent.parent
_BROUGHT_ALONG = (_PACKAGE / "_shipped" / "runbooks", _PACKAGE.parent / "runbooks")
_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")

Check = Callable[[Mapping[str, Any]], Sequence[str]]
Executors = Mapping[str, Check | None]
"""Every executor's own look at a call, by name; None for one that is not configured here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Every runbook by name; `aside` tells which files were left out, and every mistake in them.
    A runbook that cannot be run here is on the shelf and says why (`Runbook.unavailable`)."""

    runbooks: tuple[Runbook, ...]
    aside: tuple[ConfigProblem, ...] = ()


class ShippedMissing(Exception):
    """opsbot's own runbooks are not where an installation has them."""


def shipped_folder() -> Path:
    """Where the runbooks lie that opsbot brings along. Raises ShippedMissing without any."""
    for folder in _BROUGHT_ALONG:
        if (folder / "rollback-deploy.yaml").is_file():
            return folder
    raise ShippedMissing("opsbot's own runbooks are missing; install it again")


def read_runbooks(team_folder: Path | None, executors: Executors) -> Shelf:
    """All shipped runbooks and the team's, in the order of their names.

    Raises ConfigInvalid for a shipped file with mistakes, and ShippedMissing without any.
    """
    shelf: dict[str, tuple[Runbook, Path]] = {}
    ours = shipped_folder()
    for path in _files(ours):
        shelf[path.stem] = (_shipped(path, executors), path)
    aside: list[ConfigProblem] = []
    for path in _team_files(team_folder, ours, aside):
        try:
            runbook = read_runbook(path, executors)
        except ConfigInvalid as broken:
            aside += broken.problems
            continue
        if runbook.name in shelf:
            problem = f"{shelf[runbook.name][1]} is the runbook '{runbook.name}' already"
            fix = "Rename one of the two files"
            aside.append(ConfigProblem(file=str(path), line=0, key="", problem=problem, fix=fix))
        else:
            shelf[runbook.name] = (runbook, path)
    found = sorted((runbook for runbook, _ in shelf.values()), key=lambda one: one.name)
    return Shelf(runbooks=tuple(found), aside=tuple(aside))


def _shipped(path: Path, executors: Executors) -> Runbook:
    """A runbook of ours. What an executor says against it is a matter of this installation's
    settings, such as an address that is not allowed, and no mistake in the file."""
    there = {name: None if check is None else _takes_all for name, check in executors.items()}
    runbook = read_runbook(path, there)
    if runbook.unavailable:
        return runbook
    for step in (*runbook.steps, *runbook.rollback):
        check = executors[step.executor]
        if check is not None and (problems := check(step.call)):
            return replace(runbook, unavailable=problems[0])
    return runbook


def _takes_all(call: Mapping[str, Any]) -> Sequence[str]:
    return ()


def _team_files(folder: Path | None, ours: Path, aside: list[ConfigProblem]) -> list[Path]:
    """A team's files; one that runs opsbot from its checkout may have no folder but ours. What is
    wrong with the folder itself is put to `aside`."""
    if folder is None or not folder.exists() or folder.resolve() == ours.resolve():
        return []
    try:
        found = _files(folder)
    except OSError as error:
        problem = f"the folder cannot be read: {error.strerror or error}"
        fix = "Correct its permissions, or remove it"
        aside.append(ConfigProblem(file=str(folder), line=0, key="", problem=problem, fix=fix))
        return []
    if len(found) > MOST_FILES:
        problem = f"{len(found):,} files, of which {MOST_FILES} are read"
        fix = "Keep fewer runbooks: nobody finds one among so many"
        aside.append(ConfigProblem(file=str(folder), line=0, key="", problem=problem, fix=fix))
    return found[:MOST_FILES]


def _files(folder: Path) -> list[Path]:
    """Raises OSError when the folder cannot be read, which `glob` would keep to itself."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in (".yaml", ".yml"))
    return sorted(path for path in found if not path.name.startswith(("_", ".")))


def read_runbook(path: Path, executors: Executors) -> Runbook:
    """One file as a runbook, called like the file. Raises ConfigInvalid with every mistake."""
    if path.suffix != ".yaml" or not _NAME.fullmatch(path.stem):
        fix = "Call the file like rollback-deploy.yaml: lower-case letters, digits and -"
        problem = f"{quoted(path.name)} is no name of a runbook"
        raise ConfigInvalid(
            [ConfigProblem(file=str(path), line=0, key="", problem=problem, fix=fix)]
        )
    return parse_runbook(_text(path), path.stem, str(path), executors)


def parse_runbook(text: str, name: str, origin: str, executors: Executors) -> Runbook:
    """The runbook written in `text`. Raises ConfigInvalid with every mistake."""
    document = read_document(text, origin)
    report = Report(origin, document.lines)
    report.problems += document.repeats
    file = validate(RunbookFile, document.root, report)
    report.raise_if_any()
    if file is None:
        raise ConfigInvalid(())
    runbook = file.runbook(name, _version(name, file), origin)
    for flaw in flaws(runbook):
        report.add(flaw.path, flaw.problem, flaw.fix)
    missing = _check_calls(runbook, executors, report)
    report.raise_if_any()
    return replace(runbook, unavailable=missing)


def _text(path: Path) -> str:
    def refused(problem: str, fix: str) -> ConfigInvalid:
        problems = [ConfigProblem(file=str(path), line=0, key="", problem=problem, fix=fix)]
        return ConfigInvalid(problems)

    try:
        if path.exists() and not path.is_file():  # a pipe would be waited on for ever
            raise refused("cannot be read: no ordinary file", "Remove it, or rename it")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise refused(f"longer than {MOST_BYTES // 1024} KiB", "Make several runbooks of it")
        return data.decode("utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise refused(
            f"cannot be read: {reason}", "Correct its permissions, or remove it"
        ) from None
    except UnicodeDecodeError:
        raise refused("not readable as UTF-8", "Save it as UTF-8") from None


def _version(name: str, file: RunbookFile) -> str:
    """The SHA-256 of what the file means: comments, the order of keys and the examples are no part
    of it, nor is a default that is written out."""
    meant = file.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    meant.pop("examples", None)
    # The order of parameters is the form's, and JSON objects have none in the canonical form.
    order = list(file.parameters)
    return hashlib.sha256(canonical({"name": name, "file": meant, "order": order})).hexdigest()


def _changes(step: Step) -> bool:
    """Whether the executor is certain that the call does more than read."""
    try:
        kind = executor_catalog().find(step.executor)
    except ExecutorUnusable:
        return False
    return kind is not None and kind.changes(step.call)


def _check_calls(runbook: Runbook, executors: Executors, report: Report) -> str:
    """Have every call looked at by its executor; answers why nobody can run it here."""
    missing: dict[str, None] = {}
    for phase, steps in (("steps", runbook.steps), ("rollback", runbook.rollback)):
        for index, step in enumerate(steps):
            if step.executor not in executors:
                fix = suggestion(step.executor, executors, f"Known are {', '.join(executors)}")
                problem = f"there is no executor {quoted(step.executor)}"
                report.add((phase, index, "executor"), problem, fix)
                continue
            check = executors[step.executor]
            if check is None:
                missing[step.executor] = None
                continue
            for problem in check(step.call):
                report.add((phase, index, "do"), problem, "See the executor's page in docs/")
            if runbook.risk is Risk.NONE and _changes(step):
                problem = "it changes something, and `risk: none` says that the runbook only reads"
                report.add((phase, index, "do"), problem, "Write `risk: low`, or more")
    if not missing:
        return ""
    names = " and ".join(missing)
    cure = " and ".join(f"`{name}:`" for name in missing)
    verb = "is" if len(missing) == 1 else "are"
    return f"executor {names} {verb} not configured: add {cure} under `executors:` in opsbot.yaml"
