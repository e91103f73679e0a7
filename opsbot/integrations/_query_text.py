"""Putting foreign names into query languages and links without letting them become syntax."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote

from opsbot.core.moment import to_micros

# What Go's regexp.QuoteMeta escapes; Prometheus, Loki and Tempo all use that engine (RE2).
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LONGEST_LINK = 2_000  # a Slack link with its label must stay under 3,000 characters


def in_quotes(words: str) -> str:
    """Text for the inside of a double-quoted string of PromQL, LogQL or TraceQL."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return escaped.replace("\n", "\\n").replace("\r", "\\r")


def any_of(names: Iterable[str]) -> str:
    """A regular expression that matches exactly these names, for the inside of `=~"..."`."""
    return in_quotes("|".join(_META.sub(r"\\\g<0>", name) for name in names))


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its known `{placeholders}` replaced; other braces stay as they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def link(template: str, values: Mapping[str, str]) -> str:
    """A link from an operator's template, values URL-encoded; empty when it would be too long."""
    url = filled(template, {name: quote(value, safe="") for name, value in values.items()})
    return url if len(url) <= _LONGEST_LINK else ""


def web_link(url: str) -> str:
    """A foreign link when it is a plain web address of bearable length, otherwise nothing."""
    plain = url.isascii() and url.isprintable() and not set(url) & set(" <>|\"'`")
    fits = len(url) <= _LONGEST_LINK and url.startswith(("https://", "http://"))
    return url if plain and fits else ""


def window_values(start: datetime, end: datetime) -> dict[str, str]:
    """The from-to of a window as the placeholders of a link template."""
    first, last = to_micros(start), to_micros(end)
    return {
        "start_ms": str(first // 1_000),
        "end_ms": str(last // 1_000),
        "start_s": str(first // 1_000_000),
        "end_s": str(last // 1_000_000),
    }
