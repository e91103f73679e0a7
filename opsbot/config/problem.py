"""What is wrong with the settings, as values: file, line, key, the mistake and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from opsbot.core.text import inert

KeyPath = tuple[str | int, ...]

ENVIRONMENT = "the environment"
_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """One mistake. `line` counts from 1, and is 0 when the mistake has no line of its own."""

    file: str
    line: int
    key: str
    problem: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f"{self.key}: " if self.key else ""
        return f"{where}: {key}{_sentence(self.problem)} {_sentence(self.fix)}".rstrip()


class ConfigInvalid(Exception):
    """The settings cannot be used; `problems` holds every mistake found, in the file's order."""

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:_SHOWN]]
        rest = len(self.problems) - len(shown)
        if rest > 0:
            shown.append(f"... and {rest:,} more")
        return "\n".join(shown)


class Report:
    """Collects problems of one file and finds the line of each from its key path."""

    def __init__(self, file: str, lines: Mapping[KeyPath, int]) -> None:
        self.file = file
        self.problems: list[ConfigProblem] = []
        self._lines = lines

    def add(self, path: KeyPath, problem: str, fix: str) -> None:
        """Note a problem at `path`, unless one is already noted there: the first says it best."""
        key, line = dotted(path), line_of(path, self._lines)
        if any(known.key == key and known.line == line for known in self.problems):
            return
        self.problems.append(
            ConfigProblem(file=self.file, line=line, key=key, problem=problem, fix=fix)
        )

    def add_environment(self, name: str, problem: str, fix: str) -> None:
        """Note a problem of the environment variable `name`, once."""
        if any(p.file == ENVIRONMENT and p.key == name for p in self.problems):
            return
        self.problems.append(
            ConfigProblem(file=ENVIRONMENT, line=0, key=name, problem=problem, fix=fix)
        )

    def raise_if_any(self) -> None:
        """Raise ConfigInvalid with everything noted so far, in the order of the file."""
        if self.problems:
            raise ConfigInvalid(sorted(self.problems, key=lambda p: (p.line, p.key)))


def wrong(problem: str, fix: str) -> PydanticCustomError:
    """The error a validator raises so that both its sentences reach the operator."""
    return PydanticCustomError("opsbot", "{problem}. {fix}", {"problem": problem, "fix": fix})


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int:
    """The line of the nearest key that is written; 0 when not even the outermost one is."""
    for length in range(len(path), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return 0


def dotted(path: KeyPath) -> str:
    """A key path as people write it: `routing[2].when.urgency`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{inert(part, 80)}" if text else inert(part, 80)
    return text


def quoted(text: str) -> str:
    """Foreign text inside a sentence: short, inert and in quotes."""
    return f"'{inert(text, 60)}'"


def nearest(word: str, options: Iterable[str]) -> str:
    """The option most like `word`, or the empty string when none is close."""
    by_lower = {option.lower(): option for option in options}
    close = difflib.get_close_matches(word.lower()[:100], by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else ""


def suggestion(word: str, options: Iterable[str], otherwise: str) -> str:
    """`Did you mean 'urgency'?`, or `otherwise` when no option is like `word`."""
    close = nearest(word, options)
    return f"Did you mean '{close}'?" if close else otherwise


def alternatives(options: Iterable[str]) -> str:
    """`'live' or 'shadow'`."""
    words = [f"'{option}'" for option in options]
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _sentence(text: str) -> str:
    return text if not text or text[-1] in ".?!" else f"{text}."
