"""Look-ups in a metric query are text inside its quotes, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.runbook.metric_query import Unplaced, check_query, filled_query


@given(text=st.text(max_size=60))
def test_a_value_stays_inside_its_quotes(text: str) -> None:
    """Read by the language's own rules, the literal is the value again."""
    query = filled_query('up{a="${x}",b="c"}', {"x": text})
    found = re.fullmatch(r'up\{a="((?:[^"\\\n]|\\.)*)",b="c"\}', query, re.DOTALL)
    assert found is not None
    told = re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], found[1])
    assert told == text


def test_a_single_quoted_text_escapes_its_own_quote() -> None:
    assert filled_query("up{a='${x}'}", {"x": 'it\'s "x"'}) == "up{a='it\\'s \"x\"'}"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("up{${x}}", "outside a quoted text"),
        ('up{a="b"} > ${x}', "outside a quoted text"),
        ("up{a=`${x}`}", "outside a quoted text"),
        ('up{a=~"${x}"}', "read as a pattern"),
        ('up{a!~ "b|${x}"}', "read as a pattern"),
        ('up # "${x}"\n', "outside a quoted text"),
        ('up{a="b\\${x}"}', "outside a quoted text"),
        ('up{a="it\'s", b=${x}}', "outside a quoted text"),
        ('up{a="${run.now}"}', "known only while the run goes on"),
        ('up{a="${steps.a.b}"}', "known only while the run goes on"),
    ],
)
def test_anywhere_else_a_look_up_is_refused(query: str, told: str) -> None:
    """When the file is read, and again when it is rendered."""
    with pytest.raises(Unplaced, match=told):
        check_query(query)
    with pytest.raises(Unplaced):
        filled_query(query, {"x": "1"})


@pytest.mark.parametrize(
    "query",
    [
        "up", 'up{a="${x}"}', 'up{a = "${x}-${x}"} # it\'s\n > 0', 'up{a=~"b.*",c="${x}"}',
        "up{a=`\\`,b=\"${x}\"}", 'up{a="\\\\",b="${x}"}', 'up{a="$${x}"}',
    ],
)  # fmt: skip
def test_inside_a_quoted_text_it_is_taken(query: str) -> None:
    check_query(query)
    assert "${x}" not in filled_query(query.replace("$${x}", ""), {"x": "1"})
