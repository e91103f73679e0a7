"""What docs/policy.md says comes out: its cases, and what it says of breaking the glass."""

from __future__ import annotations

import pytest

from opsbot.core.policy_defaults import DEFAULT_RULES
from tests.docs.pages import page, rows, section
from tests.docs.policy_tables import typed_with_the_page


def test_the_cases_on_the_page_come_out_as_they_expect() -> None:
    said = typed_with_the_page("test")
    assert "6 cases, all as expected" in said
    assert said.count("✓") == 6


def test_every_rule_of_our_own_stands_on_the_page() -> None:
    told = rows(section(page("docs/policy.md"), "opsbot's own rules"))
    assert [row[1] for row in told] == [rule.name for rule in DEFAULT_RULES]


@pytest.mark.parametrize("name", ["one run a target", "cooldown", "freezes", "limits"])
def test_the_page_says_what_a_broken_glass_goes_through(name: str) -> None:
    """tests/core/test_policy_limits.py proves the same of the code."""
    told = {row[0]: row[1] for row in rows(section(page("docs/policy.md"), "Breaking the glass"))}
    expected = {"one run a target": "never", "cooldown": "no", "freezes": "yes"}
    assert told[name].startswith(expected.get(name, "no, unless"))
