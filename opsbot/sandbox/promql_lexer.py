"""Cuts PromQL text into tokens with their positions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from opsbot.sandbox.promql_ast import PromqlError

TokenKind = Literal["number", "duration", "name", "string", "operator", "end"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?![a-zA-Z_0-9]))
  | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![a-zA-Z_:0-9.])
      |(?:[Ii]nf|[Nn]a[Nn])\b)
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
  | (?P<operator>=~|!~|==|!=|>=|<=|[=<>+\-*/%^(){}\[\],@])
    """,
    re.VERBOSE,
)
_UNIT_SECONDS = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "y": 31536000.0,
}
_UNIT = re.compile(r"([0-9]+)(ms|[smhdwy])")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query and the index at which it starts."""

    kind: TokenKind
    text: str
    start: int


def tokens_of(query: str) -> list[Token]:
    """Cut a query into tokens, an end token last; raises PromqlError at what is no token."""
    tokens: list[Token] = []
    position = 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None:
            raise parse_error(query, position, f"unexpected character: {query[position]!r}")
        kind = match.lastgroup
        if kind == "duration":
            tokens.append(Token("duration", match.group(), position))
        elif kind == "number":
            tokens.append(Token("number", match.group(), position))
        elif kind == "name":
            tokens.append(Token("name", match.group(), position))
        elif kind == "string":
            tokens.append(Token("string", match.group(), position))
        elif kind == "operator":
            tokens.append(Token("operator", match.group(), position))
        position = match.end()
    tokens.append(Token("end", "", len(query)))
    return tokens


def parse_error(query: str, position: int, problem: str) -> PromqlError:
    """Build the error Prometheus answers: line, column and what is wrong there."""
    line = query.count("\n", 0, position) + 1
    column = position - (query.rfind("\n", 0, position) + 1) + 1
    return PromqlError(f'invalid parameter "query": {line}:{column}: parse error: {problem}')


def duration_seconds(text: str) -> float:
    """Read a PromQL duration such as 5m or 1h30m; raises ValueError for anything else."""
    units = list(_UNIT.finditer(text))
    if not text or "".join(unit.group() for unit in units) != text:
        raise ValueError(f"not a valid duration string: {text!r}")
    return sum(int(unit.group(1)) * _UNIT_SECONDS[unit.group(2)] for unit in units)


def unquoted(literal: str) -> str:
    """Give the text a string literal stands for; raises ValueError for an unknown escape."""
    if literal.startswith("`"):
        return literal[1:-1]

    def plain(match: re.Match[str]) -> str:
        body = match.group(1)
        if body[0] in "xu" and len(body) > 1:
            return chr(int(body[1:], 16))
        if body not in _SIMPLE_ESCAPES:
            raise ValueError(f"unknown escape sequence \\{body}")
        return _SIMPLE_ESCAPES[body]

    return _ESCAPE.sub(plain, literal[1:-1])
