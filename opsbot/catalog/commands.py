"""Finds commands: one verb a file in `commands/`; being there is registering.

The shipped folder lies beside the package in a checkout and inside it in a wheel. A team adds its
own in a folder of the same name beside opsbot.yaml. A broken team file is put aside and said; it
never stops the bot.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from opsbot.core.verb import Verb

_PACKAGE = Path(__file__).resolve().parent.parent
_BROUGHT_ALONG = (_PACKAGE / "_shipped" / "commands", _PACKAGE.parent / "commands")


class CommandUnusable(Exception):
    """A command's file cannot be used; the message names it and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Every verb, by name; `aside` tells which of a team's files were left out, and why."""

    verbs: tuple[Verb, ...]
    aside: tuple[str, ...] = ()


def shipped_folder() -> Path:
    """Where the commands lie that opsbot brings along. Raises CommandUnusable without any."""
    for folder in _BROUGHT_ALONG:
        if (folder / "help.py").is_file():
            return folder
    raise CommandUnusable("opsbot's own commands are missing; install it again")


def read_commands(team_folder: Path | None = None) -> Book:
    """All shipped verbs and the team's. Raises CommandUnusable for a broken shipped file."""
    verbs: dict[str, tuple[Verb, Path]] = {}
    for path in _files(shipped_folder()):
        verb = _read(path, "shipped")
        _add(verbs, verb, path)
    aside: list[str] = []
    for path in _files(team_folder) if team_folder else ():
        try:
            _add(verbs, _read(path, "team"), path)
        except CommandUnusable as broken:
            aside.append(str(broken))
    return Book(verbs=tuple(verb for verb, _ in verbs.values()), aside=tuple(aside))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))


def _add(verbs: dict[str, tuple[Verb, Path]], verb: Verb, path: Path) -> None:
    for held, where in verbs.values():
        shared = set(held.words) & set(verb.words)
        if shared:
            word = sorted(shared)[0]
            raise CommandUnusable(f"{path} and {where} both are the verb '{word}': rename one")
    verbs[verb.name] = (verb, path)


def _read(path: Path, whose: str) -> Verb:
    """Import one file without putting its folder on the path. Raises CommandUnusable."""
    if path.exists() and not path.is_file():  # a pipe would be waited on for ever
        raise CommandUnusable(f"{path} is no ordinary file: remove it")
    name = f"opsbot_commands.{whose}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CommandUnusable(f"{path} cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever it does, it must not stop the bot
        del sys.modules[name]
        said = f"{type(error).__name__}: {error}"
        raise CommandUnusable(f"{path} cannot be imported ({said}): mend or remove it") from error
    verb = getattr(module, "VERB", None)
    if not isinstance(verb, Verb):
        raise CommandUnusable(f"{path} declares no VERB = Verb(...): start its name with _ if it "
                              "is none")  # fmt: skip
    if verb.name != path.stem:
        raise CommandUnusable(f"{path} calls itself '{verb.name}': the file name is the verb")
    return verb
