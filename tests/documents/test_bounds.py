"""A team's template that would run for ever ends, within a second or two, with what is wrong."""

from __future__ import annotations

import time

import pytest

from opsbot.documents.template import Template, TemplateBroken, filled

LINES = [{"text": f"line {n}", "sources": ["a", "b"]} for n in range(5_000)]
SET, EACH = "{% set n = namespace(x='a') %}", "{% for a in l %}"
FOREVER = {
    "nested loops": f"{EACH}{EACH}{EACH}{{% endfor %}}{{% endfor %}}{{% endfor %}}",
    "calls of itself": "{% macro f(n) %}{{ f(n - 1) }}{{ f(n - 1) }}{% endmacro %}{{ f(60) }}",
    "doubling": SET + EACH + "{% set n.x = n.x ~ n.x %}{% endfor %}",
    "adding": SET + EACH + "{% set n.x = n.x + n.x %}{% endfor %}",
    "lists": "{% set n = namespace(x=[1]) %}" + EACH + "{% set n.x = n.x + n.x %}{% endfor %}",
    "replacing": SET + EACH + "{% set n.x = n.x | replace('a', 'aa') %}{% endfor %}",
    "a method": SET + EACH + "{% set n.x = n.x.replace('a', 'aa') %}{% endfor %}",
    "blocks": SET + EACH + "{% set n.x %}{{ n.x }}{{ n.x }}{% endset %}{% endfor %}",
    "squares": "{% set n = namespace(x=9) %}" + EACH + "{% set n.x = n.x * n.x %}{% endfor %}",
    "sorting": EACH + "{% for b in l | sort(attribute='text') %}{% endfor %}{% endfor %}",
    "looking": EACH + EACH + "{% if a in l %}{% endif %}{% endfor %}{% endfor %}",
    "padding": "{{ l | batch(1000000000, 'x') | list | length }}",
    "slices": "{{ l | slice(1000000000) | list | length }}",
    "rounding": "{{ 1.5 | round(1000000000, 'ceil') }}",
}


@pytest.mark.parametrize("name", FOREVER)
def test_what_would_never_end_is_refused(name: str) -> None:
    began = time.perf_counter()
    with pytest.raises(TemplateBroken):
        filled(Template(name="team", text=FOREVER[name]), {"l": LINES})
    assert time.perf_counter() - began < 10


def test_a_long_record_is_far_from_the_bound() -> None:
    """Every line of 5,000 with its sources, filtered and joined."""
    text = (
        "{% for one in l | selectattr('text') | list %}{{ one.text | upper }} "
        "({{ one.sources | join(', ') }}){% for s in one.sources %}{{ loop.index ~ s }}{% endfor %}"
        "\n\n{% endfor %}"
    )
    said = filled(Template(name="team", text=text), {"l": LINES})
    assert said.startswith("LINE 0 (a, b)1a2b")
    assert said.count("LINE") == 5_000
