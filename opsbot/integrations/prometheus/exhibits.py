"""The series charts are drawn from, out of the same answers that findings are told from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from opsbot.core import series as drawn
from opsbot.integrations.prometheus.findings import moment
from opsbot.integrations.prometheus.series import Sample, Series, level_changes

DRAWN = ("error_share", "request_rate", "latency", "memory", "memory_limit")
# What each quantity is drawn from. Without the traffic nobody can tell a service without failures
# from one without requests, which is what matters after a restart, when its counters begin anew.
_SHOWN_BY = {
    drawn.ERROR_SHARE: ("error_share", "request_rate"),
    drawn.REQUESTS: ("request_rate",),
    drawn.LATENCY: ("latency",),
    drawn.MEMORY: ("memory", "memory_limit"),
}
MOST_SUBJECTS = 4
MOST_DRAWN = 240  # points of one series

Answers = Mapping[str, Sequence[Series]]
Values = dict[float, float]  # by the moment they were evaluated at


def signals_of(quantities: Collection[str]) -> tuple[str, ...]:
    """The signals that these quantities are drawn from, all of them when none is named."""
    if not quantities:
        return DRAWN
    wanted = {signal for name in quantities for signal in _SHOWN_BY.get(name, ())}
    return tuple(signal for signal in DRAWN if signal in wanted)


def drawn_series(
    answers: Answers, *, label: str, names: Mapping[str, str]
) -> tuple[drawn.Series, ...]:
    """The series of each service asked for, in the order of the names; empty ones are left out."""
    found = [
        series
        for known, service in names.items()
        for series in _of_service(
            {s: _values(a, label, known) for s, a in answers.items()}, service
        )
        if series.points
    ]
    return tuple(found)


def _values(series: Sequence[Series], label: str, known: str) -> Values:
    """The samples of the first series of a service; a query gives each service one."""
    own = (one for one in series if one.labels.get(label) == known)
    samples = next((one.samples for one in own), ())
    return {sample.at: sample.value for sample in samples[-MOST_DRAWN:]}


def _of_service(answers: Mapping[str, Values], service: str) -> Iterator[drawn.Series]:
    rate = answers.get("request_rate", {})
    if "error_share" in answers:
        # With traffic but no failure ever there is no sample of a share: that is none failing.
        calm = {at: 0.0 for at, value in rate.items() if value > 0}
        yield _series(service, drawn.ERROR_SHARE, "ratio", calm | answers["error_share"])
    yield _series(service, drawn.LATENCY, "s", answers.get("latency", {}))
    yield _series(service, drawn.REQUESTS, "per_s", rate)
    yield _memory(service, answers.get("memory", {}), answers.get("memory_limit", {}))


def _memory(service: str, share: Values, limit: Values) -> drawn.Series:
    """What the fullest pod uses beside its limit, in bytes; a share where no limit is known."""
    if not limit:
        return _series(service, drawn.MEMORY, "ratio", share, limit=1.0)
    used = {at: value * limit[at] for at, value in share.items() if at in limit}
    return _series(
        service, drawn.MEMORY, "bytes", used, limit=limit[max(limit)], limits=_steps(limit)
    )


def _steps(limit: Values) -> Values:
    """From when on which limit held; empty while it never changed."""
    samples = tuple(Sample(at, value) for at, value in sorted(limit.items()))
    changes = level_changes(samples)
    if not changes:
        return {}
    return {samples[0].at: changes[0].before} | {step.at: step.after for step in changes}


def _series(
    service: str, name: str, unit: str, values: Values, *, limit: float | None = None,
    limits: Values | None = None,
) -> drawn.Series:  # fmt: skip
    return drawn.Series(
        service=service, name=name, unit=unit, limit=limit, points=_points(values),
        limits=_points(limits or {}),
    )  # fmt: skip


def _points(values: Values) -> tuple[drawn.Point, ...]:
    return tuple((moment(at), value) for at, value in sorted(values.items()))
