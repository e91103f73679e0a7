"""The command line as data, read from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, cast

from opsbot.__main__ import build_parser
from tests.docs.markdown_table import table

Parsers = dict[str, argparse.ArgumentParser]


def commands() -> Parsers:
    """Every command with its own parser; one that takes a second word stands for each of those,
    as `policy test`."""
    found: Parsers = {}
    for word, parser in _choices(build_parser(), "word").items():
        acts = _choices(parser, "act")
        found |= {f"{word} {act}": inner for act, inner in acts.items()} or {word: parser}
    return found


def _choices(parser: argparse.ArgumentParser, dest: str) -> Parsers:
    actions: list[Any] = vars(parser)["_actions"]
    for action in actions:
        if action.dest == dest:
            return cast("Parsers", action.choices)
    return {}


def actions_of(command: str) -> Sequence[argparse.Action]:
    """The options and arguments of a command, without --help."""
    held: list[argparse.Action] = vars(commands()[command])["_actions"]
    return [action for action in held if "--help" not in action.option_strings]


def options(command: str) -> set[str]:
    """The long names of a command's options."""
    return {name for action in actions_of(command) for name in action.option_strings}


def synopsis_of(command: str) -> str:
    """How a command is written, in a fence."""
    words = " ".join(["opsbot", command, *(_written(a) for a in actions_of(command))])
    return f"```text\n{words}\n```"


def options_of(command: str) -> str:
    """The table of a command's options and arguments."""
    rows = [(f"`{_name(action)}`", action.help or "") for action in actions_of(command)]
    return table(("option", "meaning"), rows)


def _written(action: argparse.Action) -> str:
    word = _name(action)
    if action.nargs in ("+", "*"):
        word = f"{word}..."
    return word if action.required and action.nargs != "*" else f"[{word}]"


def _name(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        return value
    flag = action.option_strings[-1]
    return flag if action.nargs == 0 else f"{flag} {value}"


def _value(action: argparse.Action) -> str:
    if action.choices:
        return "|".join(str(choice) for choice in action.choices)
    return str(action.metavar or action.dest.upper())
