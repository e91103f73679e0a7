"""The rules of findings in words, with the numbers that the code holds."""

from __future__ import annotations

from opsbot.core.moment import lasting
from opsbot.integrations.loki import patterns, silence
from opsbot.integrations.prometheus import findings, series
from opsbot.integrations.prometheus.findings import percent
from opsbot.integrations.prometheus.queries import RATE_SECONDS, Queries
from opsbot.integrations.tempo import ends
from tests.docs.markdown_table import table


def findings_rules(source: str) -> str:
    """The table of one source's rules."""
    rules = {"prometheus": _metric_rules, "loki": _pattern_rules, "tempo": _trace_rules}
    rows = rules[source]()
    return table(("finding", "when"), rows)


def _metric_rules() -> list[tuple[str, str]]:
    times, few = f"{findings.TIMES_MORE:g}", f"{findings.LEAST_EVENTS:g}"
    return [
        (
            "errors",
            f"at least {percent(findings.ERROR_SHARE)} of requests fail, and at least {times} "
            f"times the usual share, and the share stands for at least {few} failures within "
            f"{RATE_SECONDS} s",
        ),
        (
            "unanswered calls",
            f"at least {percent(findings.UNANSWERED_SHARE)} of a caller's calls to one service "
            f"fail or stay unanswered, and at least {times} times the usual share, and at least "
            f"{few} calls within {RATE_SECONDS} s; the finding is about the service called",
        ),
        (
            "latency",
            f"the 95th percentile is at least {findings.LATENCY_TIMES:g} times the usual one and "
            f"at least {findings.LATENCY_SECONDS * 1000:.0f} ms above it",
        ),
        (
            "traffic",
            f"requests a second fall below {percent(findings.TRAFFIC_LEFT)} of the usual rate, "
            f"where that is at least {10 * findings.LEAST_EVENTS:g} requests within "
            f"{RATE_SECONDS} s",
        ),
        ("saturation", f"memory reaches {percent(findings.SATURATED)} of its limit"),
        ("limit", "the memory limit went from one level to another and stayed there"),
        ("restarts", "more container restarts within ten minutes than at any time before"),
        ("pipeline", "a collector is down, or no collector of a job is scraped any more"),
        (
            "any of them",
            f"holds for at least {series.SUSTAINED} samples in a row, and reaches into the window; "
            "the usual is the median of the same stretch just before the window",
        ),
    ]


def _pattern_rules() -> list[tuple[str, str]]:
    return [
        (
            "log pattern",
            f"at least {patterns.LEAST_LINES} error lines that are alike (one is enough for a "
            f"panic, a fatal error or out of memory), at least {patterns.TIMES_MORE:g} times as "
            "many as in the stretch just before",
        ),
        ("how many", f"the {patterns.MOST_PATTERNS} most frequent patterns; the rest is counted"),
    ]


def _trace_rules() -> list[tuple[str, str]]:
    return [
        (
            "failing trace",
            f"at least {ends.TIMES_MORE:g} times as many failing traces end at the service as "
            f"before, and so many more that chance would do it at most {percent(ends.CHANCE)} of "
            "the time; where nothing can be compared, every end counts",
        ),
    ]


def silence_rules() -> str:
    """The table of the rules by which logs count as silent."""
    bucket = lasting(silence.BUCKET)
    rows = [
        (
            "stale",
            f"no line for at least {lasting(silence.LEAST_SILENCE)}, and for at least "
            f"{silence.TIMES_USUAL_GAP} times the usual gap between two lines of that service",
        ),
        (
            "sparse",
            f"no line within the whole horizon; or fewer than {silence.FAR_BELOW * 100:.0f} % of "
            f"the usual lines in the last {silence.RECENT_BUCKETS} stretches of {bucket}, where "
            f"at least {silence.LEAST_EXPECTED:g} lines were to be expected",
        ),
        (
            "not judged",
            f"lines in fewer than {silence.FEW_BUCKETS} stretches of {bucket}: there is no habit "
            "to compare with",
        ),
    ]
    return table(("word", "when"), rows)


def default_queries() -> str:
    """Each signal's PromQL as it is asked by default."""
    values: dict[str, str] = Queries().model_dump()
    return "\n\n".join(f"`{name}`:\n\n```promql\n{query}\n```" for name, query in values.items())
