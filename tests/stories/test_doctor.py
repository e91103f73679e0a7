"""The doctor beside an opsbot that runs: what it can prove only then, and what it cannot."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from opsbot.app.clock import SystemClock
from opsbot.app.doctor import Finding, Verdict, examine, open_means, plan
from opsbot.app.settings import read_settings
from opsbot.sandbox.stage import secrets
from tests.stories.theatre import Theatre, theatre


async def _find(
    play: Theatre, name: str, *, environ: Mapping[str, str] | None = None, write: bool = True,
    patience: float = 10.0,
) -> Finding:  # fmt: skip
    """What one check finds, in a process of its own: nothing is shared but the store."""
    port = {"PORT": str(play.stage.bot.port)}
    settings = read_settings(
        Namespace(config=str(play.stage.config)), {**secrets(), **port, **(environ or {})}
    )
    async with open_means(settings, SystemClock(), write=write) as opened:
        means = replace(opened, patience=patience)
        (check,) = [check for check in plan(means) if check.name == name]
        (found,) = [finding async for finding in examine(means, (check,))]
    return found


async def test_an_opsbot_that_runs_is_found_with_its_lock(tmp_path: Path) -> None:
    async with theatre(tmp_path) as play:
        found = await _find(play, "opsbot.running")
        assert (found.verdict, "takes deliveries and reaches people" in found.said) == (
            Verdict.OK, True,
        ), found  # fmt: skip
        assert "one opsbot runs" in (await _find(play, "store.lock")).said
        found = await _find(play, "slack.address")
        assert (found.verdict, "leads to an opsbot" in found.said) == (Verdict.OK, True)


async def test_an_opsbot_that_reaches_nobody_is_worth_a_look(tmp_path: Path) -> None:
    async with theatre(tmp_path) as play:
        play.stage.slack.faults.down = "closed"
        await play.page()  # a call that fails, so that Slack is asked anew
        await play.until(lambda: bool(play.stage.slack.journal.calls[-1].error), "a failed call")
        found = await _find(play, "opsbot.running")
        assert (found.verdict, "slack:" in found.said) == (Verdict.WARN, True), found


async def test_a_press_is_followed_from_signature_to_handled(tmp_path: Path) -> None:
    """And it changes nothing that anybody sees."""
    async with theatre(tmp_path) as play:
        await play.until(lambda: not play.stage.slack.journal.in_flight, "a quiet Slack")
        before = {c.id: len(c.messages) for c in play.workspace.channels.values()}
        found = await _find(play, "slack.button")
        assert found.verdict is Verdict.OK, found
        assert "not proven" in found.said
        assert {c.id: len(c.messages) for c in play.workspace.channels.values()} == before


async def test_a_press_signed_with_another_secret_is_refused(tmp_path: Path) -> None:
    async with theatre(tmp_path) as play:
        environ = {"SLACK_SIGNING_SECRET": "the-secret-of-another-app"}
        found = await _find(play, "slack.button", environ=environ)
        assert (found.verdict, "another secret" in found.said) == (Verdict.BAD, True), found


async def test_a_press_into_another_store_is_noticed(tmp_path: Path) -> None:
    """The address answers, and it is not this opsbot's."""
    async with theatre(tmp_path) as play:
        environ = {"OPSBOT_DATA_DIR": str(tmp_path / "elsewhere")}
        found = await _find(play, "slack.button", environ=environ, patience=0.3)
        assert (found.verdict, "nothing came into this store" in found.said) == (
            Verdict.BAD, True,
        )  # fmt: skip


async def test_without_write_no_press_and_no_test_event_is_sent(tmp_path: Path) -> None:
    async with theatre(tmp_path) as play:
        assert (await _find(play, "slack.button", write=False)).verdict is Verdict.SKIPPED
        assert "unproven" in (await _find(play, "pagerduty.webhook", write=False)).said
        assert not play.pagerduty.deliveries


async def test_the_secret_of_the_subscription_is_proven_by_its_test_event(tmp_path: Path) -> None:
    async with theatre(tmp_path) as play:
        found = await _find(play, "pagerduty.webhook")
        assert found.verdict is Verdict.OK, found
        assert "signed with a secret opsbot holds" in found.said


async def test_a_subscription_with_another_secret_is_told_from_a_lost_one(tmp_path: Path) -> None:
    """PagerDuty never shows a secret again: what the door refused is the only proof there is."""
    async with theatre(tmp_path) as play:
        (subscription,) = play.pagerduty.subscriptions
        subscription.secrets[:] = ["of-another-subscription"]
        found = await _find(play, "pagerduty.webhook")
        assert found.verdict is Verdict.BAD
        assert "was refused" in found.said
        assert "make another subscription" in found.fix


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/webhooks/pagerduty"])
async def test_a_test_event_that_never_comes_names_the_address(
    tmp_path: Path, address: str
) -> None:
    async with theatre(tmp_path) as play:
        (subscription,) = play.pagerduty.subscriptions
        subscription.url = address
        found = await _find(play, "pagerduty.webhook", patience=0.5)
        assert (found.verdict, address in found.fix) == (Verdict.BAD, True)
