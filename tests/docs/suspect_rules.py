"""How suspects are ranked, in words, with the numbers that the code holds."""

from __future__ import annotations

from opsbot.core.moment import lasting
from opsbot.core.suspects import case, changes, ranking, signs
from opsbot.core.suspects.signs import SIGN_OF, WEIGHTS, Sign
from opsbot.integrations.prometheus.findings import percent
from tests.docs.markdown_table import table

_STRENGTH = {
    Sign.FULL: f"full when memory rose by {percent(signs.FULL_RISE)} of its limit, or after "
    f"{signs.MANY_RESTARTS:g} restarts more than usual",
    Sign.FAILING: f"half when {percent(signs.HALF_FAILING)} more fail than usual",
    Sign.SLOW: "half at twice the usual latency, two thirds at three times",
    Sign.TRACES: f"half at {signs.HALF_TRACES:g} failing traces more than before, and by the part "
    "of all failing traces that end there",
    Sign.LOGS: f"half at {signs.HALF_LINES:g} error lines more than before",
}


def signs_table() -> str:
    """The table of the signs, with the findings that show them."""
    rows: list[tuple[str, ...]] = []
    for sign, weight in WEIGHTS.items():
        told = ", ".join(f"`{kind}`" for kind, of in SIGN_OF.items() if of is sign)
        rows.append((sign.value, told, percent(weight), _STRENGTH[sign]))
    return table(("sign", "shown by", "takes away of the doubt", "strength"), rows)


def steps_table() -> str:
    """The table of the rule's other numbers."""
    rows = [
        (
            "a change before the onset",
            f"takes away up to {percent(case.CHANGE)} of what doubt is left, in proportion to the "
            f"signs; half of that every {lasting(changes.HALF_LIFE)} that it is earlier. Clocks "
            f"differ, so {lasting(changes.CLOCK_SKEW)} after the onset still counts as before",
        ),
        (
            "something it depends on is in trouble",
            f"its signs lose up to {percent(ranking.UPSTREAM)}",
        ),
        (
            "the paged service is not known to depend on it",
            f"its signs keep {percent(ranking.OFF_PATH)}",
        ),
        (
            "named at all",
            f"from a score of {ranking.LEAST:g}, at most {ranking.KEPT}",
        ),
        (
            "*no clear suspect*",
            f"the best score is below {ranking.CLEAR:g}, or a second one has "
            f"{percent(ranking.TIE)} of it",
        ),
        (
            "*likely*",
            f"clear, a score from {ranking.LIKELY:g}, and two independent kinds of evidence; one "
            "more for each kind that was missing. Everything else that is named is *possible*",
        ),
    ]
    return table(("when", "then"), rows)
