"""The process executor: starts an allowed program with a list of words, never through a shell.

    call:
      argv: [deploy, --environment=production, --, "${service}"]
      env: { REGION: eu }
      secrets: { DEPLOY_TOKEN: deploy-token }   # the variable gets the secret of that name
      stdin: "yes"
      cwd: /srv/deploy
      values: json                              # the last line of output is a JSON object

What is looked up stands behind a literal `--` or inside a word (`--name=${...}`): a value that
begins with a dash would be an option elsewhere. `check` refuses it there, in an interpreter's code,
and as the program. A program has to understand `--`; one that does not takes `--name=${...}`.

The environment holds PATH, LANG, HOME and TMPDIR (an empty folder, removed afterwards) and what the
call names. Exit code 0 is success and any other a failure: the program's own verdict. Without one
(its time was over, it wrote without end, it was ended by a signal) it is unclear what it has done
by then, and a person is asked. Nothing it has started in its group outlives the step; when opsbot
itself is killed, the program goes on until it writes or its CPU time is over.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from opsbot.core.runbook import Scalar
from opsbot.core.text import inert
from opsbot.executors import ExecutorKind, Tools
from opsbot.executors._call_fields import CallRefused, quoted
from opsbot.executors._masks import Masks, masks_of
from opsbot.executors._output import Output
from opsbot.executors._process_call import ProcessCall, problems_of, read_call
from opsbot.executors._process_group import Bounds, Command, Ended, run
from opsbot.executors._process_inspect import inspect
from opsbot.executors._process_settings import ProcessSettings
from opsbot.executors._process_shown import shown
from opsbot.executors._process_verdict import verdict
from opsbot.ports import CallOutcome, Executor, Failed, Plan, Secret, SecretUnavailable, Ticket

MIB = 1024 * 1024
_ALLOW = "add it to executors.process.programs in opsbot.yaml to allow it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessExecutor:
    """Starts programs on the machine that opsbot runs on."""

    settings: ProcessSettings
    secrets: Mapping[str, Secret] = field(default_factory=dict[str, Secret], repr=False)
    name: str = "process"

    def check(self, call: Mapping[str, Any]) -> tuple[str, ...]:
        """Why a call as written in a runbook could never run: a field that is unsound, a program
        or secret that is not configured, a look-up that could be taken for an option."""
        problems = problems_of(call, self.secrets)
        argv: Any = call.get("argv")
        program: Any = cast("list[Any]", argv)[0] if isinstance(argv, list) and argv else ""
        if problems or not isinstance(program, str) or program in self.settings.programs:
            return problems
        return (self._not_allowed(program),)

    async def plan(self, call: Mapping[str, Any]) -> Plan:
        """The command, word by word, with the program that the name stands for now: another one
        by then stops the run."""
        masks = masks_of(self.secrets)
        try:
            read, program = self._opened(call, masks)
        except CallRefused as refused:
            problem = masks.apply(refused.problems[0])
            return Plan(shown="process", refused=problem)
        warnings = [
            f"the secret {name} cannot be read now: {inert(why, 200)}"
            for name in dict.fromkeys(read.secrets.values())
            if (why := self._unreadable(name))
        ]
        binding: dict[str, Scalar] = {"program": program}
        return Plan(shown=shown(read, program), warnings=tuple(warnings), binding=binding)

    async def act(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> CallOutcome:  # fmt: skip
        """Start the program and wait for its end; Unclear when it ended without a verdict. A
        failure never says that it acted (see `verdict`)."""
        masks = masks_of(self.secrets)
        try:
            read, program = self._opened(call, masks)
            if read.waits:
                raise CallRefused("a value of an earlier step is not known")
            if binding.get("program", program) != program:
                was = quoted(binding["program"], 200)
                raise CallRefused(f"{quoted(read.argv[0])} is {program} by now, and was {was}")
            given = {name: self.secrets[secret].read() for name, secret in read.secrets.items()}
        except (CallRefused, SecretUnavailable) as refused:
            said = f"{inert(masks.apply(str(refused)), 400)}; nothing was started"
            return Failed(said=said)
        output = Output(ticket.output_limit, masks, tell)
        try:
            ended = await self._run(read, program, given, ticket, output)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            return Failed(said=f"{inert(program, 200)} cannot be started: {why}")
        return verdict(read, ended, output.finish(), ticket, self.settings)

    def _opened(self, call: Mapping[str, Any], masks: Masks) -> tuple[ProcessCall, str]:
        """The call as a value, and the path of its program; raises CallRefused."""
        read = read_call(call, self.secrets)
        name = read.argv[0]
        if name not in self.settings.programs:
            raise CallRefused(self._not_allowed(name))
        if secret := masks.found_in(read.texts):
            raise CallRefused(
                f"the text of the secret {secret} stands in the call, where everybody would read "
                "it; name the secret below `secrets:` instead"
            )
        program = shutil.which(name, path=os.pathsep.join(self.settings.path))
        if program is None:
            where = f"in {', '.join(self.settings.path)}" if "/" not in name else "there"
            raise CallRefused(f"there is no program {quoted(name)} {where}")
        if read.cwd and not Path(read.cwd).is_dir():
            raise CallRefused(f"there is no folder {quoted(read.cwd, 200)}")
        return read, program

    def _not_allowed(self, name: str) -> str:
        allowed = self.settings.programs
        if not allowed:
            return f"no program is allowed yet, so {quoted(name)} is not; {_ALLOW}"
        return f"the program {quoted(name)} is not allowed; {_ALLOW}"

    def _unreadable(self, name: str) -> str:
        try:
            self.secrets[name].read()
        except SecretUnavailable as error:
            return str(error)
        return ""

    async def _run(
        self, call: ProcessCall, program: str, given: Mapping[str, str], ticket: Ticket,
        output: Output,
    ) -> Ended:  # fmt: skip
        folder = tempfile.mkdtemp(prefix="opsbot-step-")
        base = {
            "PATH": os.pathsep.join(self.settings.path), "LANG": "C.UTF-8",
            "HOME": folder, "TMPDIR": folder,
        }  # fmt: skip
        command = Command(
            argv=(program, *call.argv[1:]), env={**base, **call.env, **given},
            cwd=call.cwd or folder, stdin=None if call.stdin is None else call.stdin.encode(),
        )  # fmt: skip
        bounds = Bounds(
            timeout_s=ticket.timeout_s, memory=self.settings.memory_mib * MIB,
            most_output=self.settings.most_output_mib * MIB, grace_s=self.settings.grace_seconds,
        )  # fmt: skip
        try:
            return await run(command, bounds, output)
        finally:
            # Shielded: whoever is cancelled twice leaves no folder behind.
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))


def _make(settings: ProcessSettings, tools: Tools) -> Executor:
    return ProcessExecutor(settings=settings, secrets=tools.secrets)


EXECUTOR = ExecutorKind(
    name="process", settings=ProcessSettings, make=_make, named_secrets=True, inspect=inspect
)
