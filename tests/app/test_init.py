"""`opsbot init` against the sandbox: what it asks, verifies, writes and leaves alone."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from opsbot.app.draft.asking import Asker, Defaults
from opsbot.app.store import Unusable
from opsbot.app.tasks.init import draft
from opsbot.catalog import find_integration, integration_names
from opsbot.config import Settings, Weight, check, parse
from opsbot.sandbox.clock import SystemClock
from opsbot.sandbox.faults import DOWN
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.world import API_TOKEN
from tests.app.clinic import Clinic, clinic
from tests.app.test_tasks import Run, run

__all__ = ["run"]


class Scripted:
    """A person who gives these answers in turn, and then presses return."""

    patient = True

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []
        self.told: list[str] = []

    async def ask(self, question: str, default: str) -> str:
        self.asked.append(question)
        return (self._answers.pop(0) if self._answers else "") or default

    def tell(self, said: str, *, good: bool) -> None:
        self.told.append(("" if good else "! ") + said)


def environ_of(at: Clinic) -> dict[str, str]:
    """The environment of somebody who has set everything."""
    urls = at.stage.urls
    return {
        **at.environ, "SLACK_API_URL": f"{at.workspace.url}api/",
        "PAGERDUTY_API_URL": urls.pagerduty, "PAGERDUTY_FROM_EMAIL": "opsbot@example.com",
        "PROMETHEUS_URL": urls.prometheus, "LOKI_URL": urls.loki, "TEMPO_URL": urls.tempo,
        "GITHUB_API_URL": urls.github,
    }  # fmt: skip


@asynccontextmanager
async def at_clinic(folder: Path) -> AsyncGenerator[tuple[Clinic, dict[str, str], Path]]:
    async with clinic(folder / "stage") as at:
        yield at, environ_of(at), folder / "drafted.yaml"


async def _draft(out: Path, asker: Asker, environ: dict[str, str]) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=100)
    code = await draft(out, asker, console, environ, guess=False)
    return code, await asyncio.to_thread(out.read_text, "utf-8")


def _read(text: str, environ: dict[str, str]) -> Settings:
    return parse(text, Path("x.yaml"), environ, find_integration, integration_names())


def _default() -> Defaults:
    return Defaults(Console(file=io.StringIO()))


async def test_from_the_environment_alone_a_whole_file_is_drafted(tmp_path: Path) -> None:
    async with at_clinic(tmp_path) as (at, environ, out):
        code, text = await _draft(out, _default(), environ)
        settings = _read(text, environ)
        assert code == 0
        assert not [one for one in check(settings) if one.weight is Weight.ERROR]
        assert settings.slack.channels.digest == at.stage.places.digest
        assert settings.slack.channels.ops == at.stage.places.ops
        paged = {s.name: s.pagerduty_id for s in at.stage.scenario.services}
        assert {s.name: s.pagerduty_id for s in settings.catalogue.services} == paged
        assert "# unsure:" not in text


async def test_the_draft_knows_who_calls_whom(tmp_path: Path) -> None:
    """So that evidence is collected from a paged service's neighbours, too."""
    async with at_clinic(tmp_path) as (at, environ, out):
        _, text = await _draft(out, _default(), environ)
        drafted = {s.name: set(s.depends_on) for s in _read(text, environ).catalogue.services}
        real = {s.name: {d.service for d in s.dependencies} for s in at.stage.scenario.services}
        assert drafted == real


async def test_no_secret_is_written(tmp_path: Path) -> None:
    async with at_clinic(tmp_path) as (_, environ, out):
        _, text = await _draft(out, _default(), environ)
        secrets = [value for name, value in environ.items() if name.endswith(("TOKEN", "SECRET"))]
        assert len(secrets) == 6
        assert [secret for secret in secrets if secret in text] == []


async def test_services_that_pagerduty_calls_otherwise_are_marked(tmp_path: Path) -> None:
    called = {"checkout-api": "Checkout (web)", "cart-api": "Cart API", "mfa-service": "Phone"}
    async with at_clinic(tmp_path) as (at, environ, out):
        known = at.stage.scenario
        renamed = tuple(replace(s, name=called.get(s.name, s.name)) for s in known.services)
        clock = SystemClock()
        account = PagerDutyServer(
            replace(known, services=renamed), clock.now(), clock, keys={API_TOKEN: None}
        )
        environ["PAGERDUTY_API_URL"] = await account.start()
        try:
            _, text = await _draft(out, _default(), environ)
        finally:
            await account.stop()
        services = {s.name: s for s in _read(text, environ).catalogue.services}
        assert services["cart-api"].pagerduty_id == known.service("cart-api").pagerduty_id
        assert "# unsure: PagerDuty calls it 'Checkout (web)'" in text
        assert "  - name: Phone # unsure: no trace or metric carries this name" in text
        assert "Cart API" not in text


async def test_a_file_that_is_there_is_kept_unless_somebody_says_yes(tmp_path: Path) -> None:
    async with at_clinic(tmp_path) as (_, environ, out):
        out.write_text("mode: live\n", "utf-8")
        for asker in (_default(), Scripted("no")):
            with pytest.raises(Unusable, match="exists and is left as it is"):
                await _draft(out, asker, environ)
            assert out.read_text("utf-8") == "mode: live\n"
        code, text = await _draft(out, Scripted("yes"), environ)
        assert (code, "services:" in text) == (0, True)


async def test_a_wrong_answer_is_told_and_asked_again(tmp_path: Path) -> None:
    async with at_clinic(tmp_path) as (at, environ, out):
        nowhere = "http://127.0.0.1:1"
        person = Scripted("#no-such-channel", "incidents", "", nowhere, at.stage.urls.pagerduty)
        code, text = await _draft(out, person, environ)
        assert code == 0, person.told
        assert any(t.startswith("! opsbot is in no channel #no-such-channel") for t in person.told)
        assert sum("PagerDuty region" in question for question in person.asked) == 2
        assert nowhere not in text


async def test_what_cannot_be_reached_is_left_out_and_said(tmp_path: Path) -> None:
    async with at_clinic(tmp_path) as (at, environ, out):
        await at.stage.world.set_fault("loki", DOWN)
        person = Scripted()
        code, text = await _draft(out, person, environ)
        assert code == 0
        assert "loki:" not in text
        assert any(told.startswith("! Loki at") for told in person.told)


async def test_with_no_secret_at_all_the_file_says_what_lacks(tmp_path: Path) -> None:
    async with at_clinic(tmp_path) as (_, _environ, out):
        person = Scripted()
        code, text = await _draft(out, person, {})
        assert code == 1  # `opsbot check` would find errors, too
        assert "# unsure: write the channel's id" in text
        for name in ("SLACK_BOT_TOKEN", "PAGERDUTY_API_TOKEN", "PAGERDUTY_WEBHOOK_SECRET"):
            assert any(told.startswith(f"! {name} is not set") for told in person.told), name


async def test_the_label_that_fits_most_known_services_is_proposed(tmp_path: Path) -> None:
    """Prometheus has `job` and `service`; only the second names services."""
    async with at_clinic(tmp_path) as (_, environ, out):
        person = Scripted()
        _, text = await _draft(out, person, environ)
        assert "    service_label: service\n" in text
        assert any("40 of 40 known services" in told for told in person.told)


def test_a_pipe_is_no_person(run: Run, tmp_path: Path) -> None:
    code, said = run("init", "--out", str(tmp_path / "x.yaml"))
    assert (code, "--from-environment" in said) == (2, True)
    assert not (tmp_path / "x.yaml").exists()


@pytest.mark.parametrize("variable", ["SLACK_API_URL"])
def test_an_address_that_cannot_be_one_is_no_traceback(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "not an address")
    words: Sequence[str] = ("init", "--from-environment", "--out", str(tmp_path / "x.yaml"))
    code, said = run(*words)
    assert (code, "an answer cannot be used" in said) == (2, True)
