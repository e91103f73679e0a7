"""YAML with line numbers: plain values plus the line of every key, bounded, without surprises.

Read by the YAML 1.2 core rules, so `no` is text, `09:00` is no number and times stay as written.
Aliases, tags and merge keys are refused: nothing in the file can grow or construct anything. So
are `.nan` and `.inf`, numbers that nothing can be set to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import yaml

from opsbot.config.problem import ConfigInvalid, ConfigProblem, KeyPath, dotted, quoted

MAX_CHARACTERS = 2_000_000
MAX_DEPTH = 24
MAX_VALUES = 200_000

_FAST_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?(?=.*[.eE])(\.[0-9]{1,18}|[0-9]{1,18}(\.[0-9]{0,18})?)([eE][-+]?[0-9]{1,2})?"
)
_ENDLESS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The root mapping of a file, the line of every key path, and the keys written twice."""

    root: dict[str, Any]
    lines: dict[KeyPath, int]
    repeats: tuple[ConfigProblem, ...] = ()


def read_document(text: str, file: str, parser: Any = _FAST_PARSER, *, items: str = "") -> Document:
    """Read one YAML document whose root is a mapping; an empty file is an empty mapping. With
    `items` the root may also be a list, which is read as if it stood below that key.

    Raises ConfigInvalid when the text is no such document. A key written twice keeps its first
    value and is listed in `repeats`, so that the rest can still be checked. `parser` is one of
    the library's; the one in C is not built everywhere.
    """
    if len(text) > MAX_CHARACTERS:
        raise _invalid(file, 0, f"the file is longer than {MAX_CHARACTERS:,} characters", "Cut it")
    try:
        reader = _read(text, file, parser)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise ConfigInvalid([_syntax_problem(_explaining(error, text, file), text, file)]) from None
    if reader.refused:
        raise ConfigInvalid(reader.refused)
    root: Any = {} if reader.root is None else reader.root
    if items and isinstance(root, list):
        lines = {(items, *path): line for path, line in reader.lines.items()}
        return Document(root={items: root}, lines=lines, repeats=tuple(reader.repeats))
    if not isinstance(root, dict):
        fix = "Write `key: value` lines, starting at the left edge"
        raise _invalid(file, 1, "the file holds no settings", fix)
    return Document(
        root=cast("dict[str, Any]", root), lines=reader.lines, repeats=tuple(reader.repeats)
    )


def _read(text: str, file: str, parser: Any) -> _Reader:
    reader = _Reader(file)
    for event in yaml.parse(text, parser):
        reader.take(event)
        if reader.stopped:
            break
    return reader


def _explaining(error: Exception, text: str, file: str) -> Exception:
    """The same error from the slower parser, which names the place better; ours if it has none."""
    try:
        _read(text, file, yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeEncodeError) as better:
        return better
    return error


@dataclass(slots=True)
class _Open:
    """A list or mapping that is still being read."""

    value: dict[str, Any] | list[Any]
    path: KeyPath
    key: str | None = None  # the key whose value comes next


class _Reader:
    """Builds the values from parser events, with a stack instead of recursion."""

    def __init__(self, file: str) -> None:
        self.root: Any = None
        self.lines: dict[KeyPath, int] = {}
        self.repeats: list[ConfigProblem] = []
        self.refused: list[ConfigProblem] = []
        self.stopped = False
        self._file = file
        self._stack: list[_Open] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        """Take the next event of the parser."""
        match event:
            case yaml.ScalarEvent():
                self._place(self._scalar(event), event)
            case yaml.MappingStartEvent():
                self._open({}, event)
            case yaml.SequenceStartEvent():
                self._open([], event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._stack.pop()
            case yaml.AliasEvent():
                self._refuse(event, "a YAML alias (*name) cannot be used", "Write the value out")
                self._place(None, event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._stop(event, "a second YAML document (---) starts", "Remove the line ---")
            case _:
                pass

    def _open(self, value: dict[str, Any] | list[Any], event: Any) -> None:
        self._refuse_tag(event)
        self._stack.append(_Open(value, self._place(value, event)))
        if len(self._stack) > MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH} levels", "Remove the nesting")

    def _place(self, value: Any, event: Any) -> KeyPath:
        """Put `value` where it belongs, note its line, and answer its key path."""
        if not self._stack:
            self.root = value
            return ()
        if len(self.lines) >= MAX_VALUES:
            self._stop(event, f"more than {MAX_VALUES:,} values", "Shorten the file")
        parent = self._stack[-1]
        if isinstance(parent.value, list):
            path = (*parent.path, len(parent.value))
            parent.value.append(value)
            self.lines[path] = event.start_mark.line + 1
            return path
        if parent.key is None:
            self._start_key(event, parent)
            return parent.path
        path = (*parent.path, parent.key)
        parent.value.setdefault(parent.key, value)
        parent.key = None
        return path

    def _start_key(self, event: Any, parent: _Open) -> None:
        key = str(getattr(event, "value", ""))
        path, line = (*parent.path, key), event.start_mark.line + 1
        parent.key = key
        if not isinstance(event, yaml.ScalarEvent):
            self._stop(event, "a key is a list, mapping or alias", "Use a plain word as the key")
        elif key == "<<":
            self._refuse(event, "a YAML merge key (<<) cannot be used", "Write the keys out")
        elif key in parent.value:
            problem = f"written twice, first on line {self.lines[path]}"
            self.repeats.append(
                _problem(self._file, line, problem, "Remove one of the two", dotted(path))
            )
        self.lines.setdefault(path, line)

    def _scalar(self, event: Any) -> Any:
        self._refuse_tag(event)
        text = str(event.value)
        if not event.implicit[0]:  # quoted, or a block
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _ENDLESS.fullmatch(text):
            fix = "Write digits, or put it in quotes if it is a text"
            self._refuse(event, f"{text} is a number that nothing can be set to", fix)
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            tag = quoted(str(event.tag))
            self._refuse(event, f"the YAML tag {tag} cannot be used", "Remove the tag")

    def _refuse(self, event: Any, problem: str, fix: str) -> None:
        line = event.start_mark.line + 1
        path: KeyPath = ()
        if self._stack:
            held = self._stack[-1]
            path = (*held.path, held.key) if held.key else held.path
        self.refused.append(_problem(self._file, line, problem, fix, dotted(path)))

    def _stop(self, event: Any, problem: str, fix: str) -> None:
        self._refuse(event, problem, fix)
        self.stopped = True


def _syntax_problem(error: Exception, text: str, file: str) -> ConfigProblem:
    """A parser error in an operator's words."""
    problem = str(getattr(error, "problem", "") or "not readable as YAML")
    # A line without a colon is noticed on the next one; its own is the context's.
    marks = ("context_mark", "problem_mark") if "':'" in problem else ("problem_mark",)
    mark: Any = next((m for name in marks if (m := getattr(error, name, None))), None)
    if mark is None:
        position = getattr(error, "position", getattr(error, "start", 0))
        line = text.count("\n", 0, position) + 1
        return _problem(file, line, "a control character or broken text", "Delete and retype it")
    lines, number = text.splitlines(), int(mark.line) + 1
    written = lines[number - 1] if number <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return _problem(file, number, "a tab is used for indentation", "Indent with spaces")
    for part, words, fix in _SYNTAX:
        if part in problem:
            return _problem(file, number, words, fix)
    fix = "Check quotes, brackets and indentation on this line and the one above"
    return _problem(file, number, f"not readable as YAML ({problem})", fix)


_SYNTAX = (
    (
        "mapping values are not allowed",
        "a colon where none can stand",
        "Put the value in quotes, or indent this line like its neighbours",
    ),
    (
        "could not find expected ':'",
        "a line without a colon after its key",
        "Write `key: value`, or indent the line if it continues the one above",
    ),
    (
        "that cannot start any token",
        "a value starts with a character that YAML reserves",
        "Put the value in quotes",
    ),
    (
        "expected <block end>",
        "the indentation does not fit the lines above",
        "Indent this line like its neighbours",
    ),
    ("unexpected end of stream", "a quote is opened and never closed", "Close the quote"),
)


def _problem(file: str, line: int, problem: str, fix: str, key: str = "") -> ConfigProblem:
    return ConfigProblem(file=file, line=line, key=key, problem=problem, fix=fix)


def _invalid(file: str, line: int, problem: str, fix: str) -> ConfigInvalid:
    return ConfigInvalid([_problem(file, line, problem, fix)])
