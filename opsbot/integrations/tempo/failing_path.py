"""Where a failing request fails: the service path down to the deepest failure, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from opsbot.core.text import inert
from opsbot.integrations.tempo.spans import Span

_LONGEST_PATH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failing trace, understood. `service` is the one that failed or did not answer."""

    service: str
    path: tuple[str, ...]  # services from the root to `service`
    request: str  # the root span's name
    words: str  # what happened at the end of the path
    at: datetime
    seconds: float
    unanswered: bool

    @property
    def sentence(self) -> str:
        """The request, its path and what happened, as a responder reads it."""
        shown = self.path
        if len(shown) > _LONGEST_PATH:
            shown = (*shown[:2], "...", *shown[-(_LONGEST_PATH - 3) :])
        return f"{self.request}: {' > '.join(shown)}; {self.words}"


def failure_in(spans: Sequence[Span], names: Mapping[str, str]) -> Failure | None:
    """The failure a trace ends in, or None when no span failed.

    Of several failing spans the one counts with the fewest calls above it that went well (an
    error that a caller caught did not fail the request), and of these the deepest.
    """
    by_id = {span.id: span for span in spans}
    lines = [_line(span, by_id) for span in spans if span.failed]
    failed_above = {span.id for line in lines for span in line[:-1]}
    ends = [line for line in lines if line[-1].id not in failed_above]
    if not ends:
        return None
    line = min(ends, key=lambda one: (_went_well(one), -len(one), one[-1].start_ns))
    return _told(line, spans, names)


def _line(span: Span, by_id: Mapping[str, Span]) -> list[Span]:
    """The spans from the root (or the highest one received) down to `span`."""
    line, seen = [span], {span.id}
    while (parent := by_id.get(line[0].parent)) is not None and parent.id not in seen:
        line.insert(0, parent)
        seen.add(parent.id)
    return line


def _went_well(line: Sequence[Span]) -> int:
    """Spans that did not fail; internal ones, which are rarely marked, say nothing."""
    return sum(not span.failed and span.kind != "internal" for span in line)


def _told(line: Sequence[Span], spans: Sequence[Span], names: Mapping[str, str]) -> Failure:
    end = line[-1]

    def called(known: str) -> str:
        return names.get(known) or inert(known, 80) or "an unnamed service"

    caller = called(end.service)
    path = [called(span.service) for span in line]
    service, words, unanswered = caller, _own_failure(end, caller), False
    if end.kind == "client":
        callees = [one for one in spans if one.parent == end.id and one.service != end.service]
        service = called(callees[0].service if callees else end.peer)
        unanswered = not callees and not end.answered
        path.append(service)
        words = f"{caller}'s call to {service} {_ending(end, answered=bool(callees))}"
    return Failure(
        service=service,
        path=tuple(one for index, one in enumerate(path) if index == 0 or path[index - 1] != one),
        request=inert(line[0].name, 80) or "a request",
        words=words,
        at=end.start,
        seconds=end.seconds,
        unanswered=unanswered,
    )


def _own_failure(end: Span, service: str) -> str:
    message = f": {inert(end.message, 120)}" if end.message else ""
    return f"{service} fails in {inert(end.name, 80) or 'an unnamed span'}{message}"


def _ending(end: Span, *, answered: bool) -> str:
    after = f"after {_lasting(end.seconds)}"
    if end.answered:
        return f"was answered with {inert(end.answered, 30)} {after}"
    if answered:
        return f"failed {after}, though the callee noted no error"
    return f"got no answer {after}"


def _lasting(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
