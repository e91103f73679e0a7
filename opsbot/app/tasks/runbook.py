"""`opsbot runbook check|list|show|run`: runbooks on paper, by the code that runs them.

Nothing is run from here: a run is asked for in Slack, where people see it and say yes to it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python
from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.executors import build_executors, executor_checks
from opsbot.app.outside import build_integrations
from opsbot.app.own_runbooks import example_problems, team_folder, team_shelf
from opsbot.app.paper import say
from opsbot.app.run_verdict import OnPaper, World, on_paper
from opsbot.app.runbook_paper import say_list, say_prepared, say_runbook
from opsbot.app.settings import read_settings, settings_path
from opsbot.app.store import Unusable, open_record
from opsbot.app.tasks.show import incident_number
from opsbot.catalog.runbooks import Shelf, read_runbook, read_runbooks
from opsbot.config import ConfigInvalid, ConfigProblem, Settings
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.nearest import nearest
from opsbot.core.run_prepared import Prepared
from opsbot.core.runbook import Runbook
from opsbot.core.runbook.arguments import from_words
from opsbot.core.scrub import Scrubber
from opsbot.core.text import count, inert
from opsbot.core.words import Word
from opsbot.flows.prepare_run import prepare
from opsbot.flows.run_begin import RUNS_LOOK_BACK
from opsbot.http_client import AiohttpClient
from opsbot.ports import Executor, Ports, Record
from opsbot.store.memory import MemoryRecord

_NOWHERE = Incident(id="dry-run")


def run(arguments: Namespace) -> int:
    """Do what follows `runbook`. Answers 1 when something is wrong with a runbook or a run."""
    console = Console(highlight=False)
    if arguments.act == "check":
        there = settings_path(arguments, os.environ).exists()
        settings = read_settings(arguments) if there else None
        return _check(console, settings, [Path(name) for name in arguments.files])
    settings = read_settings(arguments)
    match arguments.act:
        case "list":
            return _list(console, settings, as_json=arguments.json)
        case "show":
            return _show(console, settings, arguments.name, as_json=arguments.json)
        case _:
            return _run(console, settings, arguments)


def _executors(settings: Settings) -> Mapping[str, Executor]:
    """The executors, for what they can say without asking anybody."""
    return build_executors(settings, _client(settings), SystemClock())


def _client(settings: Settings) -> AiohttpClient:
    return AiohttpClient(
        environ=settings.http.environ, ca_bundle=str(settings.http.ca_bundle or "")
    )


def _check(console: Console, settings: Settings | None, files: Sequence[Path]) -> int:
    """Without a settings file, as in a repository of runbooks alone, no executor is asked."""
    executors: Mapping[str, Executor] = _executors(settings) if settings else {}
    folder = team_folder(settings) if settings else Path("runbooks")
    found: list[Runbook] = []
    problems: list[ConfigProblem] = []
    if files:
        for path in files:
            try:
                found.append(read_runbook(path, executor_checks(executors)))
            except ConfigInvalid as invalid:
                problems += invalid.problems
    else:
        shelf = read_runbooks(folder, executor_checks(executors))
        found, problems = list(shelf.runbooks), list(shelf.aside)
    for runbook in found:
        problems += example_problems(runbook)
    for problem in problems:
        say(console, f"error    {inert(str(problem), 1_500)}", hang=9, style="red")
    if settings is None:
        console.print("no settings file: calls were not looked at by their executors")
    for runbook in found if settings else ():
        if runbook.unavailable:
            told = f"warning  {runbook.name} cannot be run here: {runbook.unavailable}"
            say(console, told, hang=9, style="yellow")
    examples = sum(len(runbook.examples) for runbook in found)
    console.print(
        f"{count(len(found), 'runbook')} read, {count(examples, 'example')} tried, "
        f"{count(len(problems), 'mistake')}"
    )
    return 1 if problems else 0


def _list(console: Console, settings: Settings, *, as_json: bool) -> int:
    shelf = team_shelf(settings, _executors(settings))
    if as_json:
        _print_json([_as_data(one) for one in shelf.runbooks])
    else:
        say_list(console, shelf)
    return 1 if shelf.aside else 0


def _show(console: Console, settings: Settings, name: str, *, as_json: bool) -> int:
    runbook = _named(team_shelf(settings, _executors(settings)), name)
    if as_json:
        _print_json(_as_data(runbook))
    else:
        say_runbook(console, runbook)
    return 0


def _run(console: Console, settings: Settings, arguments: Namespace) -> int:
    if not arguments.dry_run:
        raise Unusable(
            "runs are asked for in Slack, where people see them and say yes: "
            f"`/incident run {inert(arguments.name, 60)} ...`. With --dry-run this command shows "
            "what would run"
        )
    try:
        prepared, world = asyncio.run(_prepare(settings, arguments))
        verdicts = on_paper(prepared, settings, arguments, world)
    except OSError as error:
        raise Unusable(f"it could not be asked: {error}") from None
    except ConfigInvalid as invalid:
        raise Unusable(str(invalid)) from None
    if arguments.json:
        _print_json(_told(prepared, verdicts))
    else:
        say_prepared(console, prepared, verdicts)
    return 1 if prepared.problems or prepared.refused or prepared.runbook.unavailable else 0


async def _prepare(settings: Settings, arguments: Namespace) -> tuple[Prepared, World]:
    http, clock = _client(settings), SystemClock()
    await http.start()
    try:
        executors = build_executors(settings, http, clock)
        shelf = team_shelf(settings, executors)
        runbook = _named(shelf, arguments.name)
        words = [Word(text=text, typed=text) for text in arguments.arguments]
        given, problems = from_words(runbook, words)
        rules = replace(settings.rules(), runbooks=shelf.runbooks)
        async with _incident(settings, arguments.incident) as (incident, record):
            ports = Ports(
                record=record, clock=clock, rules=rules, executors=executors,
                gauges=build_integrations(settings, http, clock).gauges,
            )  # fmt: skip
            prepared = await prepare(ports, incident, runbook, given)
            now = clock.now()
            world = World(
                now=now, severity=incident.severity, known=bool(arguments.incident),
                recent=await record.runs(shifted(now, -_look_back(prepared))),
            )  # fmt: skip
        return replace(prepared, problems=(*problems, *prepared.problems)), world
    finally:
        await http.close()


def _look_back(prepared: Prepared) -> timedelta:
    """How long ago a run may have been that the policy still looks at."""
    return max(prepared.runbook.guard.cooldown, RUNS_LOOK_BACK)


@asynccontextmanager
async def _incident(settings: Settings, written: str) -> AsyncGenerator[tuple[Incident, Record]]:
    """The incident that was named with the record it stands on; none and an empty one without."""
    clock = SystemClock()
    if not written:
        yield _NOWHERE, _Paper(settings)
        return
    number = incident_number(written)
    async with open_record(settings, clock) as record:
        incident_id = await record.by_number(number)
        if incident_id is None:
            raise Unusable(f"there is no INC-{number} on the record")
        yield await record.incident(incident_id), record


class _Paper(MemoryRecord):
    """An empty record that knows this installation's secrets, as the real one does."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(SystemClock())
        self._scrubber = Scrubber(known=settings.known_secrets())

    def clean(self, text: str) -> str:
        return self._scrubber.clean(text)[0]


def _named(shelf: Shelf, name: str) -> Runbook:
    found = next((one for one in shelf.runbooks if one.name == name.casefold()), None)
    if found is not None:
        return found
    for problem in shelf.aside:
        if Path(problem.file).stem == name:
            raise Unusable(f"{name} cannot be used: {problem}")
    names = [one.name for one in shelf.runbooks]
    close = nearest(name, names)
    hint = f"did you mean {close}?" if close else f"there are {', '.join(names)}"
    raise Unusable(f"there is no runbook {inert(name, 60)!r}; {hint}")


def _as_data(runbook: Runbook) -> dict[str, Any]:
    data: dict[str, Any] = to_jsonable_python(_plain(runbook))
    return data


def _plain(value: Any) -> Any:
    """Read-only mappings as plain ones, which JSON can be made of."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] # foreign YAML
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType] # same
    return value


def _told(prepared: Prepared, verdicts: OnPaper | None) -> dict[str, Any]:
    return {
        "runbook": prepared.runbook.name,
        "version": prepared.runbook.version,
        "arguments": dict(prepared.arguments),
        "problems": [problem.sentence for problem in prepared.problems],
        "refused": prepared.refused or prepared.runbook.unavailable,
        "preview": list(prepared.preview),
        "warnings": list(prepared.warnings),
        "policy": [one.data for one in verdicts.said] if verdicts else [],
        "assumed": verdicts.assumed if verdicts else "",
        "digest": prepared.plan.digest if prepared.plan else "",
    }


def _print_json(data: object) -> None:
    json.dump(data, sys.stdout, indent=2)
    sys.stdout.write("\n")
