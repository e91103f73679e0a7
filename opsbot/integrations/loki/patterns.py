"""Error lines grouped by what they have in common, and compared with just before."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opsbot.core.evidence import Finding, FindingKind, Window
from opsbot.core.moment import lasting
from opsbot.core.text import count, inert
from opsbot.integrations._foreign_json import loads, mapping, text
from opsbot.integrations.loki.lines import Line

MOST_PATTERNS = 8
TIMES_MORE = 3.0
LEAST_LINES = 3
"""Lines a pattern needs to be told; a panic needs one."""

_GRAVE = re.compile(r"panic|fatal|out ?of ?memory|oom", re.IGNORECASE)
_MASKS = (
    re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE),
    re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"),
    re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"),
    # Quoted text is data, except right after `=`: there it is a logfmt value, often the message.
    re.compile(r"""(?<![=\w])(?:"[^"]*"|'[^']*')"""),
)
_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_WORDS = ("msg", "message", "event", "error", "err", "exception", "reason", "peer")
_LONGEST_LINE = 2_000


def template(line: str) -> str:
    """What a line has in common with its like: numbers, ids and quoted text are masked.

    Of a JSON line only its message-like members count, since the rest is context.
    """
    shown = line[:_LONGEST_LINE]
    if shown.startswith("{"):
        shown = _said_in_json(line) or shown
    for mask in _MASKS:
        shown = mask.sub("*", shown)
    return " ".join(_WORD.sub(_masked_word, shown).split())


def _masked_word(found: re.Match[str]) -> str:
    """An id or a number as `*`; a name with one digit in it (`oauth2`, `s3`) stays."""
    word = found[0]
    is_data = word[0].isdecimal() or len(_DIGIT.findall(word)) > 1
    return "*" if is_data else word


def _said_in_json(line: str) -> str:
    try:
        entry = mapping(loads(line))
    except ValueError:
        return ""
    said = [text(entry.get(name))[:_LONGEST_LINE] for name in _WORDS]
    return " ".join(part for part in said if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Lines that were fetched for a window, and how much of it they cover without a hole."""

    window: Window
    lines: Sequence[Line]
    covered: timedelta
    complete: bool
    onsets: Mapping[str, datetime] = field(default_factory=dict[str, datetime])  # by service

    @property
    def minutes(self) -> float:
        return max(self.covered / timedelta(minutes=1), 0.1)


def pattern_findings(
    window: Stretch, before: Stretch | None, names: Mapping[str, str], link: str
) -> tuple[list[Finding], int]:
    """Patterns that are new or at least three times as frequent, and how many were left out.

    Without `before` (it could not be had) nothing can be compared, and the sentence says so.
    """
    known = before.lines if before is not None else ()
    earlier = Counter((line.service, template(line.text)) for line in known)
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in sorted(window.lines, key=lambda one: one.at_ns):
        groups[line.service, template(line.text)].append(line)
    found: list[Finding] = []
    for key, lines in groups.items():
        usual = None
        if before is not None:
            usual = earlier[key] / before.minutes * window.minutes
        if _tells(lines, usual):
            found.append(_finding(key, lines, usual, window, before, names, link))
    found.sort(key=lambda finding: -(finding.value or 0))
    return found[:MOST_PATTERNS], max(len(found) - MOST_PATTERNS, 0)


def _tells(lines: Sequence[Line], usual: float | None) -> bool:
    grave = bool(_GRAVE.search(lines[0].text))
    enough = len(lines) >= (1 if grave else LEAST_LINES)
    return enough and len(lines) >= TIMES_MORE * (usual or 0.0)


def _finding(
    key: tuple[str, str],
    lines: Sequence[Line],
    usual: float | None,
    window: Stretch,
    before: Stretch | None,
    names: Mapping[str, str],
    link: str,
) -> Finding:
    known, shape = key
    service = names.get(known, inert(known, 80))
    began = _rise(lines, usual or 0.0, window).at
    if not window.complete:
        began = min(began, window.onsets.get(known, began))
    least = "" if window.complete else "at least "
    example = inert(lines[-1].text, 160)
    words = f'{least}{count(len(lines), "line")} like "{example}" ({_compared(usual, before)})'
    digest = hashlib.sha256(shape.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Finding(
        at=began,
        kind=FindingKind.LOG_PATTERN,
        service=service,
        summary=f"{service}: {words}",
        value=float(len(lines)),
        before=usual,
        unit="count",
        link=link,
        fold_key=f"log:{service}:{digest}",
    )


def _compared(usual: float | None, before: Stretch | None) -> str:
    if usual is None or before is None:
        return "nothing earlier to compare with"
    if usual == 0:
        return f"none in the {lasting(before.window.length)} before"
    return f"usually {max(usual, 1):.0f}"


def _rise(lines: Sequence[Line], usual: float, window: Stretch) -> Line:
    """The line with which the pattern became more frequent than usual; the first when it is new."""
    a_minute = usual / window.minutes
    if a_minute == 0:
        return lines[0]
    minutes: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        minutes[line.at_ns // 60_000_000_000].append(line)
    for _, within in sorted(minutes.items()):
        if len(within) >= max(TIMES_MORE * a_minute, 2):
            return within[0]
    return lines[0]
