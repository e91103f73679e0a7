"""Look-ups in a metric query: only inside a quoted text, escaped there, so that no argument can
become part of the query's language.

The quoting is PromQL's, which most metric languages share: `"` and `'` with a backslash as escape,
and comments from `#` to the end of the line. Source: Prometheus page "Querying basics", on string
literals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from opsbot.core.runbook import Scalar
from opsbot.core.runbook.argument import text_of
from opsbot.core.runbook.lookups import Lookup, Unresolved, is_late, parts_of

_REGEX_MATCH = re.compile(r"[=!]~\s*$")


class Unplaced(Exception):
    """A look-up stands where it cannot be escaped; the message says where it may stand."""


def filled_query(template: str, values: Mapping[str, Scalar]) -> str:
    """The query with its look-ups as escaped text.

    Raises Unplaced for a look-up outside a quoted text, and Unresolved for one without a value.
    """
    query, outside, quote = "", "", ""
    for part in parts_of(template):
        if isinstance(part, Lookup):
            _place(part, quote, outside)
            if part.name not in values:
                raise Unresolved(part.name)
            query += _escaped(text_of(values[part.name]), quote)
            continue
        query += part
        quote, outside = _walk(part, quote, outside)
    return query


def check_query(template: str) -> None:
    """Say whether every look-up stands where it can be escaped. Raises Unplaced, or Unreadable."""
    names = [part.name for part in parts_of(template) if isinstance(part, Lookup)]
    filled_query(template, dict.fromkeys(names, ""))


def _place(part: Lookup, quote: str, outside: str) -> None:
    shown = f"`${{{part.name}}}`"
    if is_late(part.name):
        raise Unplaced(f"{shown} is known only while the run goes on")
    if quote not in ('"', "'"):
        raise Unplaced(f'{shown} stands outside a quoted text: write it inside "..."')
    if _REGEX_MATCH.search(outside):
        raise Unplaced(f"{shown} would be read as a pattern behind =~ or !~: compare with =")


def _walk(text: str, quote: str, outside: str) -> tuple[str, str]:
    """Which quote is open behind `text`, and what stood before it."""
    at = 0
    while at < len(text):
        char = text[at]
        if quote == "#":
            quote = "" if char == "\n" else quote
        elif not quote:
            quote = char if char in "\"'`#" else ""
            outside = outside if quote else (outside + char)[-20:]
        elif char == "\\" and quote != "`":
            at += 1
            quote = quote if at < len(text) else "\\"  # it would swallow what is filled in
        elif char == quote:
            quote, outside = "", ""
        at += 1
    return quote, outside


def _escaped(text: str, quote: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return escaped.replace("\n", "\\n")
