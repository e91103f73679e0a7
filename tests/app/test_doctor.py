"""The doctor as a whole: every check answers, none raises, and what is said is inert."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from rich.console import Console

from opsbot.app.doctor import Check, Finding, Means, Verdict, examine, open_means, plan
from opsbot.app.doctor.finding import bad, ok, skipped, warn
from opsbot.app.doctor.paper import Paper, summary
from opsbot.sandbox.faults import DOWN
from opsbot.sandbox.world import SourceName
from tests.app.clinic import BriskClock, Clinic, clinic
from tests.app.test_tasks import Run, run

__all__ = ["run"]
SOURCES: tuple[SourceName, ...] = ("pagerduty", "prometheus", "loki", "tempo", "github")


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as found:
        yield found


async def _found(at: Clinic, *checks: Check, write: bool = False) -> dict[str, Finding]:
    async with open_means(at.settings(), BriskClock(), write=write) as means:
        chosen = checks or None
        return {found.name: found async for found in examine(means, chosen)}


def _asking(name: str, ask: Callable[[], Finding], within: float = 5.0) -> Check:
    async def asked(means: Means) -> Finding:
        return ask()

    return Check(name=name, ask=asked, within=within)


async def test_a_healthy_company_needs_nobody(at: Clinic) -> None:
    found = await _found(at, write=False)
    async with open_means(at.settings(), BriskClock()) as means:
        assert found.keys() == {check.name for check in plan(means)}
    assert [one for one in found.values() if one.verdict is Verdict.BAD] == []
    assert all(one.fix for one in found.values() if one.verdict is Verdict.WARN)


async def test_with_everything_away_every_check_still_answers(at: Clinic) -> None:
    for source in SOURCES:
        await at.stage.world.set_fault(source, DOWN)
    at.slack.faults.down = "closed"
    found = await _found(at, write=True)
    async with open_means(at.settings(), BriskClock()) as means:
        assert found.keys() == {check.name for check in plan(means)}
    assert found["slack.token"].verdict is Verdict.BAD
    assert {found[f"evidence.{one}"].verdict for one in SOURCES[1:]} == {Verdict.BAD}


async def test_a_check_that_breaks_is_skipped_and_the_others_go_on(at: Clinic) -> None:
    def broken() -> Finding:
        raise RuntimeError("a secret thing")

    checks = (_asking("a.broken", broken), _asking("a.fine", lambda: ok("a.fine", "well")))
    found = await _found(at, *checks)
    assert found["a.broken"].verdict is Verdict.SKIPPED
    assert "RuntimeError" in found["a.broken"].said
    assert "secret thing" not in found["a.broken"].said
    assert found["a.fine"].verdict is Verdict.OK


async def test_a_check_that_takes_too_long_is_given_up(at: Clinic) -> None:
    async def endless(means: Means) -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    (found,) = (await _found(at, Check(name="a.slow", ask=endless, within=0.1))).values()
    assert (found.verdict, "no answer within" in found.said) == (Verdict.BAD, True)


async def test_whoever_stops_listening_ends_what_is_still_asked(at: Clinic) -> None:
    ended = asyncio.Event()

    async def endless(means: Means) -> Finding:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    checks = (Check(name="a.slow", ask=endless), _asking("a.fine", lambda: ok("a.fine", "well")))
    async with open_means(at.settings(), BriskClock()) as means:
        findings = examine(means, checks)
        assert (await anext(findings)).name == "a.fine"
        await findings.aclose()  # type: ignore[attr-defined] # it is a generator
    assert ended.is_set()


async def test_no_secret_of_ours_is_ever_said(at: Clinic) -> None:
    """Whatever a system answers: our own secrets are taken out at the last moment."""
    secret = at.environ["PAGERDUTY_API_TOKEN"]
    told = _asking("a.leak", lambda: bad("a.leak", f"key {secret} refused", f"replace {secret}"))
    (found,) = (await _found(at, told)).values()
    assert secret not in found.said + found.fix
    assert "[removed: own secret]" in found.said


async def test_a_hostile_workspace_name_stays_one_inert_line(at: Clinic) -> None:
    at.workspace.name = "Evil\n\x1b[31mCorp\u202e"
    found = await at.find("slack.token")
    assert found.verdict is Verdict.OK
    assert not {"\n", "\x1b", "\u202e"} & set(found.said)
    assert "[U+202E]" in found.said


def _printed(*findings: Finding, order: tuple[str, ...], width: int = 80) -> str:
    out = io.StringIO()
    with Paper(Console(file=out, width=width, highlight=False), order) as paper:
        for finding in findings:
            paper.tell(finding)
        paper.sum_up()
    return out.getvalue()


def test_findings_are_printed_in_order_however_they_come() -> None:
    findings = (ok("c.c", "third"), ok("b.b", "second"), ok("a.a", "first"))
    said = _printed(*findings, order=("a.a", "b.b", "c.c"))
    assert [word for word in said.split() if word in ("first", "second", "third")] == [
        "first", "second", "third",
    ]  # fmt: skip


def test_off_a_terminal_there_are_no_colours_and_no_spinner() -> None:
    said = _printed(bad("a.a", "it is broken", "Mend it"), order=("a.a",))
    assert "\x1b" not in said
    assert "asking" not in said
    assert said.splitlines()[0].split() == ["BAD", "a.a", "it", "is", "broken"]
    assert said.splitlines()[1].strip() == "Mend it"


def test_long_lines_wrap_below_what_was_said_and_markup_is_text() -> None:
    words = " ".join(["[red]word[/red]"] * 20)
    lines = _printed(warn("a.a", words, "Look"), order=("a.a",)).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith(" " * 27 + "[red]word[/red]")


def test_the_summary_counts_the_worst_first() -> None:
    findings = (ok("a.a", "x"), bad("b.b", "x", "y"), warn("c.c", "x", "y"), skipped("d.d", "x"))
    assert summary(findings) == "1 needs a person, 1 to look at, 1 fine, 1 not looked at"
    assert summary((ok("a.a", "x"),)) == "1 fine"


def test_the_exit_code_says_whether_somebody_is_needed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 with warnings, 1 when something is bad, 2 when it cannot be asked like this."""

    async def play() -> tuple[tuple[int, str], tuple[int, str]]:
        async with clinic(tmp_path, integrations={"pagerduty": None}) as at:
            monkeypatch.setenv("PORT", at.environ["PORT"])
            words = ("doctor", "--json", "--config", str(at.stage.config))
            well = await asyncio.to_thread(run, *words)
            at.channel("incidents").archived = True
            return well, await asyncio.to_thread(run, *words)

    well, ill = asyncio.run(play())
    assert well[0] == 0, well[1]
    told = json.loads(ill[1])
    assert (ill[0], [one["name"] for one in told if one["verdict"] == "bad"]) == (
        1, ["slack.digest"],
    )  # fmt: skip
    assert {"name", "verdict", "said", "fix"} == set(told[0])
    code, said = run("doctor", "--url", "http://plain", "--config", str(tmp_path / "opsbot.yaml"))
    assert (code, "https://opsbot.example.com" in said) == (2, True)


async def test_an_opsbot_that_does_not_run_is_no_trouble_of_its_own(at: Clinic) -> None:
    """The doctor is asked before the first start, too."""
    found = await at.find("opsbot.running")
    assert (found.verdict, "opsbot serve" in found.fix) == (Verdict.SKIPPED, True)


async def test_another_program_on_our_port_is_told_from_opsbot(at: Clinic) -> None:
    other = at.stage.urls.prometheus.rpartition(":")[2]
    found = await at.find("opsbot.running", environ={"PORT": other})
    assert (found.verdict, "not opsbot" in found.said) == (Verdict.BAD, True)


async def test_an_address_that_leads_elsewhere_is_worth_a_look(at: Clinic) -> None:
    found = await at.find("slack.address", url=at.stage.urls.prometheus)
    assert (found.verdict, "404" in found.said) == (Verdict.WARN, True)


async def test_by_socket_mode_slack_calls_no_address(at: Clinic) -> None:
    environ = {"SLACK_APP_TOKEN": "xapp-sandbox"}
    for name in ("slack.address", "slack.button"):
        found = await at.find(name, environ=environ, write=True)
        assert found.verdict is Verdict.SKIPPED, name


async def test_mistakes_of_the_settings_are_a_finding(tmp_path: Path) -> None:
    async with clinic(tmp_path) as at:
        found = await at.find("opsbot.settings", environ={"PAGERDUTY_WEBHOOK_SECRET": ""})
        assert (found.verdict, "opsbot check" in found.fix) == (Verdict.BAD, True)
        assert "PAGERDUTY_WEBHOOK_SECRET" in found.said
