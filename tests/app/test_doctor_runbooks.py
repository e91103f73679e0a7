"""The doctor at runbooks and policy: each check with its fault."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from opsbot.app.doctor import Verdict
from opsbot.sandbox.faults import DOWN, EMPTY, error
from tests.app.clinic import Clinic, clinic

RUNBOOK = """
title: Say something
owner: platform
risk: {risk}
steps: [{{name: say, executor: {executor}, do: {do}}}]
"""
SAYING = RUNBOOK.format(risk="medium", executor="noop", do="{say: well}")


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as found:
        yield found


def shelved(at: Clinic, name: str, text: str) -> None:
    """Put a runbook of the team's beside opsbot.yaml."""
    folder = at.stage.config.parent / "runbooks"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, "utf-8")


def rule(**more: Any) -> dict[str, Any]:
    """A policy of one rule that decides on everything."""
    return {"policy": {"rules": [{"name": "mine", "then": "needs approval", **more}]}}


async def test_runbooks_that_can_be_used_and_run_are_well(at: Clinic) -> None:
    """What opsbot brings along and cannot run here is told, and no trouble."""
    shelved(at, "say", SAYING)
    files = await at.find("runbooks.files")
    assert (files.verdict, files.said) == (Verdict.OK, "6 runbooks, and no file was left out")
    found = await at.find("runbooks.executors")
    assert (found.verdict, "5 of 6 runbooks" in found.said) == (Verdict.OK, True), found
    assert "silence-alert: executor http is not configured" in found.said


async def test_a_file_that_was_left_out_is_named_with_its_first_mistake(at: Clinic) -> None:
    shelved(at, "say", SAYING.replace("owner", "ownr"))
    os.mkfifo(at.stage.config.parent / "runbooks" / "pipe.yaml")
    found = await at.find("runbooks.files")
    assert (found.verdict, "2 files were left out" in found.said) == (Verdict.WARN, True), found
    assert "pipe.yaml" in found.said
    assert "opsbot runbook check" in found.fix


async def test_a_teams_runbook_that_nobody_can_run_is_worth_a_look(at: Clinic) -> None:
    call = "{method: GET, url: 'https://ci.example.com/jobs'}"
    shelved(at, "ask", RUNBOOK.format(risk="none", executor="http", do=call))
    found = await at.find("runbooks.executors")
    assert (found.verdict, "ask cannot be run" in found.said) == (Verdict.WARN, True), found
    assert "executor http is not configured" in found.said


async def test_metrics_that_tell_whether_it_helped_are_read(at: Clinic) -> None:
    found = await at.find("runbooks.gauges")
    assert (found.verdict, "can be read" in found.said) == (Verdict.OK, True), found


async def test_without_a_gauge_every_verification_ends_as_unknown(tmp_path: Path) -> None:
    async with clinic(tmp_path, integrations={"prometheus": None}) as at:
        found = await at.find("runbooks.gauges")
    assert (found.verdict, "ends as unknown" in found.said) == (Verdict.WARN, True), found
    assert "rollback-deploy" in found.said


@pytest.mark.parametrize("fault", [DOWN, error(401), EMPTY])
async def test_metrics_that_cannot_be_read_are_worth_a_look(at: Clinic, fault: Any) -> None:
    await at.stage.world.set_fault("prometheus", fault)
    found = await at.find("runbooks.gauges")
    assert (found.verdict, "prometheus" in found.said, bool(found.fix)) == (
        Verdict.WARN, True, True,
    ), found  # fmt: skip


async def test_a_query_that_prometheus_refuses_is_worth_a_look(at: Clinic) -> None:
    shelved(at, "say", f"{SAYING}verification: {{query: 'sum(', below: 1}}\n")
    found = await at.find("runbooks.gauges")
    assert (found.verdict, "sum(" in found.said) == (Verdict.WARN, True), found


async def test_where_nothing_is_verified_no_metric_is_asked(tmp_path: Path) -> None:
    async with clinic(tmp_path, executors=None) as at:
        found = await at.find("runbooks.gauges")
    assert found.verdict is Verdict.SKIPPED


async def test_the_rules_that_opsbot_brings_along_can_be_met(at: Clinic) -> None:
    found = await at.find("policy.approvers")
    assert (found.verdict, "somebody could give it" in found.said) == (Verdict.OK, True), found


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"policy": {"approvers": {"groups": {}}}}, "nobody is named"),
        (rule(approvals=2, by={"roles": "lead"}), "1 person at most"),
        (rule(approvals=3, by={"roles": ["lead", "deputy"]}), "2 people at most"),
        (rule(by={"groups": {"sre": "S0NOBODY1"}}), "nobody is one of them"),
    ],
)
async def test_an_approval_that_nobody_could_ever_give_is_bad(
    tmp_path: Path, policy: dict[str, Any], words: str
) -> None:
    async with clinic(tmp_path, **policy) as at:
        found = await at.find("policy.approvers")
    assert (found.verdict, words in found.said) == (Verdict.BAD, True), found
    assert "policy: approvers:" in found.fix


async def test_by_duty_alone_nobody_approves_where_no_pager_is_asked(tmp_path: Path) -> None:
    policy = rule(by={"on_call": True})
    async with clinic(tmp_path, **policy, integrations={"pagerduty": None}) as at:
        found = await at.find("policy.approvers")
    assert (found.verdict, "whoever is on call" in found.said) == (Verdict.BAD, True), found


async def test_a_group_with_somebody_in_it_can_approve(tmp_path: Path) -> None:
    """Who is in it is asked of Slack; one that is empty is worth a look where others may, too."""
    named = {"sre": "S0SANDBOX1"}
    async with clinic(tmp_path, **rule(by={"groups": named, "roles": "lead"})) as at:
        found = await at.find("policy.approvers")
        assert (found.verdict, "the user group sre lets nobody in" in found.said) == (
            Verdict.WARN, True,
        ), found  # fmt: skip
        group = at.workspace.add_usergroup("sre", [])
        at.workspace.usergroups["S0SANDBOX1"] = group
        assert "it has no members" in (await at.find("policy.approvers")).said
        group.users.append(next(iter(at.workspace.users)))
        assert (await at.find("policy.approvers")).verdict is Verdict.OK


async def test_a_rule_behind_one_that_takes_everything_is_never_asked(tmp_path: Path) -> None:
    """Nobody could meet it, and nobody has to."""
    impossible = {"name": "late", "then": "needs approval", "approvals": 2, "by": {"roles": "lead"}}
    rules = [{"name": "never", "then": "denied", "reason": "not here"}, impossible]
    async with clinic(tmp_path, policy={"rules": rules}) as at:
        found = await at.find("policy.approvers")
    assert found.verdict is Verdict.OK, found
