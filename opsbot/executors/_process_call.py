"""A call of the process executor as a checked value, or the sentences that refuse it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

from opsbot.core.text import inert
from opsbot.executors._call_fields import (
    LOOK_UP,
    CallRefused,
    is_scalar,
    looked_up_secrets,
    quoted,
    secret_names,
    shown_unresolved,
    text_of,
    unknown_fields,
    unresolved,
    wrong_text,
)
from opsbot.executors._process_code import code_problems

FIELDS = ("argv", "env", "secrets", "stdin", "cwd", "values")
LONGEST_WORD = 131_071  # bytes; Linux takes no longer argument (execve(2), MAX_ARG_STRLEN)
LONGEST_STDIN = 1_048_576
MOST_WORDS = 4_096

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
# Variables that decide which code runs: a call could start another program with them than the one
# that was allowed. `ld.so(8)`, `bash(1)`, and the interpreters' own manuals.
_DECIDING = re.compile(
    r"PATH|IFS|ENV|BASH_ENV|SHELLOPTS|BASHOPTS|PS4|GCONV_PATH|LD_.*|DYLD_.*|BASH_FUNC_.*"
    r"|PYTHON(PATH|HOME|STARTUP|INSPECT|USERBASE)|NODE_OPTIONS|NODE_PATH|PERL5(OPT|LIB|DB)"
    r"|RUBY(OPT|LIB)|_?JAVA_(TOOL_)?OPTIONS|GIT_(SSH|EXTERNAL|EXEC|PROXY|ASKPASS|EDITOR|PAGER).*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessCall:
    """What to start: every word is one argument, whatever it holds."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])  # variable: secret's name
    stdin: str | None = None
    cwd: str = ""  # empty: a folder of its own
    values: bool = False  # whether the last line of output is read as a JSON object
    waits: bool = False  # whether a word is still to be found out by an earlier step

    @property
    def texts(self) -> Iterator[str]:
        """Every text that the program is given, but for secrets."""
        yield from self.argv
        yield from self.env.values()
        yield self.stdin or ""
        yield self.cwd


def problems_of(call: Mapping[str, Any], secrets: Collection[str]) -> tuple[str, ...]:
    """Why a call as written in a runbook, look-ups and all, could never run."""
    found = list(looked_up_secrets(call))
    try:
        read = read_call(call, secrets)
    except CallRefused as refused:
        return (*found, *refused.problems)
    return (*found, *_misplaced(read))


def read_call(call: Mapping[str, Any], secrets: Collection[str]) -> ProcessCall:
    """The call as a value; raises CallRefused when a field is missing, unknown or unsound.

    `secrets` are the names that are configured. A value that an earlier step finds out is shown
    as its look-up, and the call `waits`.
    """
    problems = list(unknown_fields(call, FIELDS))
    argv = _words(call.get("argv"), problems)
    env = _environment(call.get("env"), problems)
    names, wrong = secret_names(call.get("secrets"), secrets, "process")
    problems += [*wrong, *_wrong_names((*env, *names))]
    problems += [f"{quoted(n)} stands in `env` and in `secrets`" for n in names if n in env]
    given = call.get("stdin")
    stdin = None if given is None else _text("stdin", given, problems, LONGEST_STDIN, nul=True)
    cwd = _folder(call.get("cwd"), problems)
    if call.get("values") not in (None, "json"):
        problems.append("values: write `json` to read the last line of output, or leave it out")
    if problems:
        raise CallRefused(*problems)
    return ProcessCall(
        argv=argv, env=env, secrets=names, stdin=stdin, cwd=cwd,
        values=call.get("values") == "json", waits=any(_unresolved_parts(call)),
    )  # fmt: skip


def _words(value: Any, problems: list[str]) -> tuple[str, ...]:
    words = cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()
    if not words:
        problems.append("argv: write the program and its arguments, each as an item of a list")
    if len(words) > MOST_WORDS:
        problems.append(f"argv: {len(words):,} words; {MOST_WORDS:,} are allowed")
        return ()
    read = [_text(f"argv[{number}]", word, problems) for number, word in enumerate(words)]
    if read and not read[0]:
        problems.append("argv[0]: write the program")
    return tuple(read)


def _environment(value: Any, problems: list[str]) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append("env: write `NAME: text` lines below it")
        return {}
    given = cast("Mapping[Any, Any]", value).items()
    return {str(name): _text(f"env.{inert(str(name), 60)}", text, problems) for name, text in given}


def _wrong_names(names: Collection[str]) -> Iterator[str]:
    for name in names:
        if not _ENV_NAME.fullmatch(name):
            yield f"{quoted(name)} is no name of an environment variable"
        elif _DECIDING.fullmatch(name):
            yield f"{name} decides which code runs, so no call may set it"


def _text(
    where: str, value: Any, problems: list[str], longest: int = LONGEST_WORD, *, nul: bool = False
) -> str:
    if unresolved(value):
        return shown_unresolved(value)
    if not is_scalar(value):
        problems.append(f"{where}: write a text or a number")
        return ""
    text = text_of(value)
    wrong = wrong_text(text.replace("\x00", "") if nul else text, longest)
    if wrong:
        problems.append(f"{where} {wrong}")
    return text


def _folder(value: Any, problems: list[str]) -> str:
    if value is None:
        return ""
    folder = value if isinstance(value, str) else ""
    sound = PurePosixPath(folder).is_absolute() and ".." not in PurePosixPath(folder).parts
    if not sound or LOOK_UP in folder or wrong_text(folder, 4_096):
        problems.append("cwd: write an absolute path out, without `..` and without look-ups")
    return folder


def _unresolved_parts(call: Mapping[str, Any]) -> Iterator[bool]:
    for value in call.values():
        if isinstance(value, Mapping) and not unresolved(value):
            yield from map(unresolved, cast("Mapping[str, Any]", value).values())
        elif isinstance(value, list | tuple):
            yield from map(unresolved, cast("Sequence[Any]", value))
        else:
            yield unresolved(value)


def _misplaced(call: ProcessCall) -> Iterator[str]:
    """Look-ups where a value could be read as something else than a value."""
    program, *arguments = call.argv
    if LOOK_UP in program:
        yield "argv[0]: the program has to be written out; look-ups may stand behind it"
    ended = False  # whether `--` has ended the options
    for number, word in enumerate(arguments, 1):
        if not ended and word.lstrip("-").startswith(LOOK_UP):
            yield (
                f"argv[{number}] begins with a look-up, whose value may begin with a dash and be "
                "taken as an option; write `--` before it, or `--name=${...}`"
            )
        ended = ended or word == "--"
    yield from code_problems(call.argv)
