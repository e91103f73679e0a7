"""Look-ups in words that a program would run as code: what an interpreter is told to evaluate, what
a shell further on is handed, the program that another one starts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from opsbot.executors._call_fields import LOOK_UP

# Their arguments are programs, so allowing one allows everything.
SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh"})
_INTERPRETER = re.compile(
    r"(python|perl|ruby|node|php|lua)[0-9.]*|deno|bun|[gmn]?awk|sed|su|runuser"
)
_CODE = re.compile(r"-[A-Za-z]*[ceEpr]|--(eval|print|run|exec|expression|command)")
# They start the program that follows their options: env(1), timeout(1), sudo(8) and the like.
_STARTERS = frozenset({
    "env", "timeout", "nice", "ionice", "nohup", "setsid", "stdbuf", "sudo", "doas", "chroot",
    "xargs", "time", "flock",
})  # fmt: skip
# They hand all further words to a shell, here or on the other side: ssh(1), watch(1).
_JOINERS = frozenset({"ssh", "rsh", "watch"})
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
_NUMBER = re.compile(r"[0-9.]+[smhd]?")


def code_problems(argv: Sequence[str]) -> Iterator[str]:
    """A sentence for each look-up whose value would be run rather than handed over."""
    at = _program(argv)
    if at and LOOK_UP in argv[at]:
        yield f"argv[{at}]: the program has to be written out; look-ups may stand behind it"
    name = PurePosixPath(argv[at]).name if at < len(argv) else ""
    told: set[int] = set()
    if name in _JOINERS:
        told = {n for n in _behind_the_host(argv, at) if LOOK_UP in argv[n]}
    elif name in SHELLS or _INTERPRETER.fullmatch(name):
        told = {n for n in _until_the_script(argv, at) if LOOK_UP in argv[n]}
    told |= {
        number
        for number in range(at + 2, len(argv))
        if LOOK_UP in argv[number] and _is_code(argv[number - 2], argv[number - 1])
    }
    for number in sorted(told):
        yield f"argv[{number}]: a look-up stands in code; hand its value over as an argument"


def _program(argv: Sequence[str]) -> int:
    """Where the program stands that is really started: behind `env A=1` or `timeout 5`."""
    at = 0
    while at < len(argv) and PurePosixPath(argv[at]).name in _STARTERS:
        at += 1
        while at + 1 < len(argv) and _is_passed_over(argv[at]):
            at += 1
    return min(at, len(argv) - 1)


def _is_passed_over(word: str) -> bool:
    return bool(word.startswith("-") or _ASSIGNED.fullmatch(word) or _NUMBER.fullmatch(word))


def _until_the_script(argv: Sequence[str], at: int) -> Iterator[int]:
    """An interpreter's options, and the first word that is none: its script, or its code."""
    for number in range(at + 1, len(argv)):
        if argv[number - 1] == "-v":  # awk's variable
            continue
        yield number
        if not argv[number].startswith("-"):
            return


def _behind_the_host(argv: Sequence[str], at: int) -> Iterator[int]:
    """Everything behind the first word that is no option; `watch` has no host before it."""
    words = [n for n in range(at + 1, len(argv)) if not argv[n].startswith("-")]
    yield from words if PurePosixPath(argv[at]).name == "watch" else words[1:]


def _is_code(program: str, option: str) -> bool:
    """Whether what follows these two words is code, wherever they stand."""
    name = PurePosixPath(program).name
    runs = name in SHELLS or _INTERPRETER.fullmatch(name) is not None
    return runs and _CODE.fullmatch(option) is not None
