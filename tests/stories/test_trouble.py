"""What goes wrong on the way, and what people still see."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from opsbot.app.build import Opsbot
from opsbot.app.store import Unusable
from opsbot.core.evidence import Health
from opsbot.sandbox.faults import Fault
from opsbot.sandbox.slack import faults
from tests.stories.theatre import stored_in, theatre


async def _get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession(trust_env=False) as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_a_bad_signature_is_401_and_said_once_in_the_ops_channel_with_its_cure(
    tmp_path: Path,
):
    async with theatre(tmp_path) as play:
        for _ in range(5):
            assert await play.post(b'{"canary": 1}', secrets=("wrong",)) == 401
        ops = play.stage.places.ops
        await play.until(lambda: "401" in play.said(ops), "the refusal in the ops channel")
        said = play.said(ops)
        assert "switches a subscription off" in said
        assert said.count("401") == 1
        assert "canary" not in said
        _, metrics = await _get(f"{play.stage.bot.url}/metrics")
        assert 'opsbot_deliveries_total{door="pagerduty"' in metrics
        assert 'status="401"} 5.0' in metrics


async def test_bodies_that_are_no_events_are_400_and_unknown_events_are_kept(tmp_path: Path):
    async with theatre(tmp_path) as play:
        for body in (b"{", b"[]", b"{}", b'{"messages": []}', b"\xff\xfe", b"[" * 100_000):
            assert await play.post(body) == 400
        unknown = b'{"event": {"id": "E9", "event_type": "service.hatched", "data": {}}}'
        assert await play.post(unknown) == 202
        ops = play.stage.places.ops
        await play.until(lambda: "service.hatched" in play.said(ops), "the unknown event shown")


async def test_a_secret_that_cannot_be_read_is_a_5xx(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("x", "utf-8")
    files = {"pagerduty": {"webhook_secret_files": [str(secret)]}}
    environ = {"PAGERDUTY_WEBHOOK_SECRET": ""}
    async with theatre(tmp_path / "s", environ=environ, integrations=files) as play:
        secret.unlink()
        assert await play.post(b"{}") == 503


@pytest.mark.parametrize("method", ["conversations.create", "chat.postMessage"])
async def test_a_call_that_was_done_but_not_answered_is_never_done_twice(
    database_url: str, tmp_path: Path, method: str
):
    async with theatre(tmp_path / "stage", environ=stored_in(database_url)) as play:
        play.stage.slack.faults.add(method, faults.committed_then_dropped(), times=1)
        page = await play.page()
        await play.until_room()
        await play.until_evidence(page)
        assert len(play.rooms()) == 1
        assert len(play.messages("card")) == 1
        assert len(play.messages("digest")) == 1


async def test_when_slack_is_down_the_record_goes_on_and_the_pager_is_told(tmp_path: Path):
    async with theatre(tmp_path, delivery_stuck_after="1s") as play:
        play.stage.slack.faults.down = "closed"
        page = await play.page()
        await play.until_evidence(page)
        await play.until(lambda: bool(page.notes), "a note at PagerDuty", 20)
        assert page.notes[0].content.startswith("[opsbot] Slack has not been reached")
        ready, _ = await _get(f"{play.stage.bot.url}/readyz")
        people, why = await _get(f"{play.stage.bot.url}/readyz?for=people")
        assert (ready, people) == (200, 503), why
        play.stage.slack.faults.down = None
        await play.until(lambda: bool(play.messages("card")), "the room caught up", 30)
        assert len(play.rooms()) == 1
        assert len(page.notes) == 1
        incident = await play.incident(page)
        assert incident is not None
        assert incident.human_acts == 0, "our own note came back as an act of a person"


async def test_a_source_that_is_down_is_a_line_on_the_timeline_and_on_the_card(tmp_path: Path):
    async with theatre(tmp_path) as play:
        await play.stage.world.set_fault("loki", Fault(kind="down"))
        page = await play.page()
        room = await play.until_room()
        incident = await play.until_evidence(page)
        assert incident.reports["loki"].health is Health.UNREACHABLE
        await play.until(lambda: "loki could not be asked" in play.said(room.id), "the line")
        assert "Blind" in play.messages("card")[0].text


async def test_the_engine_may_lose_its_database_with_incidents_open(tmp_path: Path):
    def lose() -> None:
        for file in (tmp_path / "data").glob("engine.db*"):
            file.unlink()

    async with theatre(tmp_path) as play:
        play.stage.slack.faults.add("*", faults.dropped(), times=3)
        page = await play.page()
        await play.restart(meanwhile=lose)
        await play.until_room()
        await play.until_evidence(page)
        assert len(play.rooms()) == 1
        assert len(play.messages("card")) == 1


async def test_metrics_hold_no_titles_and_no_names(tmp_path: Path):
    async with theatre(tmp_path) as play:
        page = await play.page(title="canary-title")
        await play.until_room()
        await play.until_evidence(page)
        _, metrics = await _get(f"{play.stage.bot.url}/metrics")
        assert "canary-title" not in metrics
        assert not [p.name for p in play.stage.scenario.people if p.name in metrics]
        created = 'opsbot_slack_calls_total{method="conversations.create",outcome="done"} 1.0'
        assert created in metrics


async def test_a_source_of_silence_never_turns_into_a_finding(tmp_path: Path):
    """Every source down at once: the room still opens, and says five times that it is blind."""
    async with theatre(tmp_path) as play:
        for source in ("prometheus", "loki", "tempo", "github"):
            await play.stage.world.set_fault(source, Fault(kind="down"))
        page = await play.page()
        room = await play.until_room()
        incident = await play.until_evidence(page)
        down = {name for name, r in incident.reports.items() if r.health is Health.UNREACHABLE}
        assert down == {"prometheus", "loki", "tempo", "github"}
        await play.until(lambda: play.said(room.id).count("Blind") >= 4, "four loud lines")


async def test_a_second_process_on_the_same_store_is_refused(database_url: str, tmp_path: Path):
    async with theatre(tmp_path / "stage", environ=stored_in(database_url)) as play:
        second = Opsbot(play.settings, wait_for_store=0.2)
        with pytest.raises(Unusable, match="another opsbot"):
            await second.start()
        await second.stop()
