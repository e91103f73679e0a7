"""Which user groups Slack is asked about: those that permissions, policy and runbooks name."""

from __future__ import annotations

from pathlib import Path

from opsbot.app.slack import groups_of
from opsbot.config import parse
from opsbot.core.runbook import Approval, Runbook, Who

SETTINGS = """
permissions: [{verbs: [resolve], groups: {managers: S0MANAGE}}]
policy:
  rules: [{name: a, then: needs approval, by: {groups: {sre: S012AB3CD}}}]
  break_glass: {groups: {sre: S012AB3CD, directors: S0DIRECT}}
"""


def test_every_group_that_a_rule_names_is_asked_for_once() -> None:
    """A group that nobody looks up would let nobody in."""
    settings = parse(SETTINGS, Path("opsbot.yaml"), {}, lambda name: None)
    asks = Approval(by=Who(groups=("S0DATABASE", "S012AB3CD")))
    runbooks = [
        Runbook(name="a", title="A", owner="x", version="1", approval=asks),
        Runbook(name="b", title="B", owner="x", version="1"),
    ]
    found = groups_of(settings, runbooks)
    assert sorted(found) == ["S012AB3CD", "S0DATABASE", "S0DIRECT", "S0MANAGE"]
