"""Somebody acts: the card offers what fits, a form is filled in, a second person who is on call
says yes, the cluster goes back, and the metric shows that it helped."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.sandbox.hurry import HURRIED, SCRAPED_EVERY
from opsbot.sandbox.kubernetes_seed import namespace_of
from opsbot.sandbox.slack.model import Channel, StoredFile
from tests.stories.actor import Actor, actions_in
from tests.stories.theatre import Theatre, both_doors, stored_in, theatre

CULPRIT = "session-validation"
ROLLED_BACK = 110.0  # seconds: a rollout, and an average that has to fall and stay low


def on_call(play: Theatre, service: str, *, but: str = "") -> Actor:
    """Somebody who is on call for a service, nearest first."""
    emails = play.stage.on_call_for(service)
    users = play.workspace.users.values()
    found = [user.name for email in emails for user in users if user.email == email]
    return next(play.as_person(name) for name in found if play.as_person(name).id != but)


def asked_pagerduty(play: Theatre) -> list[str]:
    """Everything that was written at PagerDuty."""
    return [f"{one.method} {one.path}" for one in play.pagerduty.seen if one.method != "GET"]


def revision(play: Theatre) -> int:
    """The revision that the cluster runs of the culprit."""
    namespace = namespace_of(play.stage.scenario.service(CULPRIT))
    current = play.stage.world.cluster.deployment(namespace, CULPRIT).current_set()
    return current.number if current else 0


async def newest(play: Theatre) -> Run:
    """The run that was asked for last."""
    return max((await play.numbered(1)).runs.values(), key=lambda run: run.seq)


async def until_over(play: Theatre, within: float) -> Run:
    """Wait for the end of the newest run."""
    for _ in range(int(within / 0.25)):
        run = await newest(play)
        if run.outcome is not None:
            return run
        await asyncio.sleep(0.25)
    raise AssertionError(f"the run never ended: {await newest(play)}")


async def offered(play: Theatre, lead: Actor) -> str:
    """Press what the card offers, and send the form as it is filled in; the preview's words."""
    await play.until(
        lambda: "run:runbook=rollback-deploy" in actions_in(list(play.card.blocks)), "the offer"
    )
    assert f"rollback-deploy fits: {CULPRIT}" in play.card.text
    await lead.press(play.card, "run")
    form = await lead.form("rollback-deploy")
    assert CULPRIT in json.dumps(form.view)
    assert (await lead.submit()).ok
    preview = await lead.hears()
    assert "1. " in preview
    assert f"whoever is on call for {CULPRIT}" in preview
    assert (await lead.press(preview, "run:do-way=ask")).ok
    await play.until(lambda: bool(play.messages("run:")), "the run's message")
    return preview.text


async def audited(play: Theatre, environ: Mapping[str, str]) -> dict[str, Any]:
    """What `opsbot audit` says, as a process of its own beside the running bot."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
    process = await asyncio.create_subprocess_exec(
        *play.stage.command("audit", "--format", "json"),
        env={**kept, **play.stage.secrets, **environ, "PORT": str(play.stage.bot.port)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, trouble = await process.communicate()
    assert process.returncode == 0, trouble.decode()
    found: dict[str, Any] = json.loads(said)
    return found


def files(play: Theatre, room: Channel) -> list[StoredFile]:
    """The files that were shared into the room, whoever reads its threads."""
    return [play.workspace.files[one] for m in room.messages.values() for one in m.files]


@pytest.mark.timeout(180)
async def test_what_the_card_offers_is_run_with_a_second_persons_yes_and_helps(
    database_url: str, tmp_path: Path
) -> None:
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(
        tmp_path / "s", "memory-limit", environ=store, by_socket=by_socket,
        scrape_seconds=SCRAPED_EVERY, **HURRIED,
    ) as play:  # fmt: skip
        page = await play.page()
        room = await play.until_room()
        await play.until_evidence(page)
        lead = on_call(play, "checkout-api")
        await lead.ask("lead", room.id)
        await play.until_card("lead ")
        preview = await offered(play, lead)
        before, was = asked_pagerduty(play), revision(play)

        (message,) = play.messages("run:", room.id)
        assert "1. " in preview
        told = await lead.presses(message, "approve")
        assert "somebody else has to say yes" in told
        told = await play.as_person("noor").presses(message, "approve")  # on call elsewhere
        assert f"Who can: whoever is on call for {CULPRIT}" in told
        assert revision(play) == was
        assert (await newest(play)).waits
        second = on_call(play, CULPRIT, but=lead.id)
        told = await second.presses(message, "approve")
        assert "Approved" in told
        assert "it begins" in told
        run = await until_over(play, ROLLED_BACK)

        assert run.outcome is RunOutcome.SUCCEEDED, run.said
        assert [one.by.id for one in run.approvals] == [f"slack:{second.id}"]
        assert run.approvals[0].standing == f"on call for {CULPRIT}"
        assert revision(play) > was  # a rollback is a new revision of an old template
        assert run.check is not None
        assert run.check.before is not None
        assert run.check.after is not None
        assert run.check.after < 0.02 < run.check.before
        await play.until_card("Ran", "Roll a deployment back")
        await play.until(lambda: "succeeded" in message.text, "the verdict on the message")
        assert actions_in(list(message.blocks)) == []
        assert asked_pagerduty(play) == before, "a run does nothing at the pager"

        told = await lead.ask(f"run collect-diagnostics service={CULPRIT}", room.id)
        assert (await lead.press(told, "run:do-way=ask")).ok
        await play.until(lambda: len(files(play, room)) == 1, "the output in the thread")
        (file,) = files(play, room)
        assert CULPRIT.encode() in (file.data or b"")
        assert "collect-diagnostics" in file.name
        assert (await until_over(play, 10)).outcome is RunOutcome.SUCCEEDED

        found = await audited(play, store)
        assert found["verified"] is True
        assert [(one["runbook"], one["outcome"]) for one in found["runs"]] == [
            ("rollback-deploy", "succeeded"), ("collect-diagnostics", "succeeded"),
        ]  # fmt: skip
        assert found["runs"][0]["approved_by"] == [
            f"{second.user.real_name} (on call for {CULPRIT})"
        ]
        assert found["runs"][0]["hash"] == run.plan.digest
        assert found["broken_glass_rate"] == 0
