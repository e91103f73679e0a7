"""The command line as data, read from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, cast

from opsbot.__main__ import build_parser
from tests.docs.markdown_table import table

Parsers = dict[str, argparse.ArgumentParser]


def commands() -> Parsers:
    """Every command with its own parser."""
    actions: list[Any] = vars(build_parser())["_actions"]
    for action in actions:
        if action.dest == "word":
            return cast("Parsers", action.choices)
    raise AssertionError("the parser has no commands")


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
    if action.nargs == "+":
        word = f"{word}..."
    return word if action.required else f"[{word}]"


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
