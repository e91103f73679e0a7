"""`opsbot runbook check|list|show|run --dry-run`, `opsbot schema runbook`, and what `opsbot check`
says of a team's runbooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from opsbot.__main__ import main
from opsbot.app.clock import SystemClock
from opsbot.app.executors import build_executors
from opsbot.app.own_runbooks import runbook_findings, team_shelf
from opsbot.app.store import open_store
from opsbot.catalog import find_executor, find_integration, integration_names
from opsbot.config import Settings, load, parse
from opsbot.core import entry as e
from opsbot.core.entry import Draft
from opsbot.core.policy import Ruling
from opsbot.http_client import AiohttpClient
from tests.documents.pen import NOON, Pen
from tests.runbooks.files import WHOLE

Run = Callable[..., tuple[int, str]]
SETTINGS = """
executors:
  http: { hosts: ["http://alertmanager:9093"] }
services:
  checkout-api: {}
  cart-api: {}
"""
SAY = WHOLE.replace("      why: ${reason}\n", "")
METRICS = "integrations: { prometheus: { url: 'http://127.0.0.1:9090' } }\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings and one runbook of the team."""
    (tmp_path / "opsbot.yaml").write_text(SETTINGS, "utf-8")
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "move-traffic.yaml").write_text(SAY, "utf-8")
    return tmp_path


@pytest.fixture
def opsbot(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command about runbooks; its exit code and everything it printed."""

    def command(act: str, *words: str) -> tuple[int, str]:
        code = main(["runbook", act, "--config", str(folder / "opsbot.yaml"), *words])
        told = capsys.readouterr()
        return code, " ".join((told.out + told.err).split())

    return command


def settings(folder: Path, more: str = METRICS) -> Settings:
    """The settings of the folder."""
    return parse(SETTINGS + more, folder / "opsbot.yaml", {}, find_integration, (), find_executor)


def test_check_reads_every_runbook_and_tries_every_example(opsbot: Run) -> None:
    """What cannot be run here is a warning, and no mistake."""
    code, said = opsbot("check")
    assert code == 0
    assert "6 runbooks read" in said
    assert "0 mistakes" in said
    assert "rollback-deploy cannot be run here: executor kubernetes is not configured" in said
    assert "silence-alert cannot" not in said


def test_check_answers_1_for_a_mistake_and_for_an_example_that_is_wrong(
    opsbot: Run, folder: Path
) -> None:
    bad, lying = folder / "bad.yaml", folder / "lying.yaml"
    bad.write_text(SAY.replace("risk: low", "risk: lwo"), "utf-8")
    lying.write_text(SAY.replace("{ service: checkout-api }", "{ service: a, share: 2 }"), "utf-8")
    code, said = opsbot("check", str(bad), str(lying))
    assert code == 1
    assert "bad.yaml:4: risk: 'lwo' is not one of" in said
    assert "lying.yaml: examples[0]: 'the usual' does not come out" in said
    assert "1 runbook read, 1 example tried, 2 mistakes" in said


def test_check_needs_no_settings_for_a_repository_of_runbooks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, file = str(folder / "none.yaml"), str(folder / "runbooks" / "move-traffic.yaml")
    assert main(["runbook", "check", "--config", nowhere, file]) == 0
    assert "not looked at by their executors" in capsys.readouterr().out


def test_list_says_what_can_be_run_here(opsbot: Run) -> None:
    code, said = opsbot("list", "--json")
    here = {one["name"]: one["unavailable"] for one in json.loads(said)}
    assert code == 0
    assert here["move-traffic"] == here["silence-alert"] == ""
    assert "kubernetes" in here["scale-service"]
    assert "can be run" in opsbot("list")[1]


def test_show_prints_everything_about_one(opsbot: Run) -> None:
    code, said = opsbot("show", "move-traffic")
    assert code == 0
    assert "Move traffic away" in said
    assert "share (number, 0 to 1, otherwise 0.5)" in said
    assert "length (duration, 5m to 2h, otherwise 30m)" in said
    assert "only when ${steps.look.ready}" in said
    assert "takes it back with" in said
    assert json.loads(opsbot("show", "move-traffic", "--json")[1])["owner"] == "edge"


def test_a_dry_run_shows_exactly_what_would_run(opsbot: Run) -> None:
    """By the code that runs it: executors are asked what they would do, and nothing is done."""
    code, said = opsbot("run", "move-traffic", "checkout-api", "length=1h", "--dry-run")
    assert code == 0
    assert "Move traffic away, on checkout-api/traffic" in said
    assert "does nothing, and says: checkout-api" in said
    assert "/incident run move-traffic service=checkout-api share=0.5 length=1h side=left" in said
    told = json.loads(opsbot("run", "move-traffic", "checkout-api", "--dry-run", "--json")[1])
    assert len(told["digest"]) == 64
    assert told["arguments"]["length"] == 1800


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["service=chekout-api"], "Did you mean `checkout-api`?"),
        (["checkout-api", "share=1.5"], "type 0 to 1"),
        (["checkout-api", "more", "words"], "was not understood"),
        (["service=checkout-api", "reason=$(rm -rf /)"], "cannot be `$(rm -rf /)`"),
        ([], "Service is missing"),
    ],
)
def test_a_dry_run_says_what_is_wrong_with_the_arguments(
    opsbot: Run, words: list[str], told: str
) -> None:
    code, said = opsbot("run", "move-traffic", *words, "--dry-run")
    assert code == 1
    assert told in said


def test_what_is_not_configured_is_said_when_it_is_asked_for(opsbot: Run) -> None:
    code, said = opsbot("run", "restart-deployment", "checkout-api", "--dry-run")
    assert code == 1
    assert "executor kubernetes is not configured" in said


@pytest.mark.parametrize(
    "words", [("list",), ("show", "evil"), ("run", "evil", "checkout-api", "--dry-run")]
)
def test_a_runbooks_words_do_not_write_to_the_terminal(
    opsbot: Run, folder: Path, words: tuple[str, ...]
) -> None:
    """Somebody wrote it who may push to a repository, and somebody else looks at it."""
    title = r'title: "evil \x1b[2J \u202e [/bold] [red]x"'
    text = SAY.replace("title: Move traffic away", title)
    (folder / "runbooks" / "evil.yaml").write_text(text, "utf-8")
    _, said = opsbot(*words)
    assert ("\x1b" in said, "\u202e" in said) == (False, False)
    assert "[/bold]" in said


def test_nothing_is_run_from_the_command_line(opsbot: Run) -> None:
    """People have to see it and say yes to it."""
    code, said = opsbot("run", "move-traffic", "checkout-api")
    assert code == 2
    assert "runs are asked for in Slack" in said


@pytest.mark.parametrize("act", ["show", "run"])
def test_a_runbook_that_is_none_is_answered_with_the_nearest(opsbot: Run, act: str) -> None:
    words = ["--dry-run"] if act == "run" else []
    code, said = opsbot(act, "move-trafic", *words)
    assert code == 2
    assert "did you mean move-traffic?" in said


def test_a_team_file_with_mistakes_is_named_when_it_is_asked_for(opsbot: Run, folder: Path) -> None:
    (folder / "runbooks" / "broken.yaml").write_text("title: x\n", "utf-8")
    code, said = opsbot("show", "broken")
    assert code == 2
    assert "broken cannot be used" in said
    assert opsbot("list")[0] == 1


def test_check_of_the_settings_names_the_teams_files_and_not_ours(folder: Path) -> None:
    """What opsbot brings along and cannot run here is no finding: nobody asked for it."""
    own = folder / "runbooks"
    (own / "broken.yaml").write_text(SAY.replace("risk: low", "risk: lwo"), "utf-8")
    (own / "lying.yaml").write_text(SAY.replace("service: checkout-api }", "svc: a }"), "utf-8")
    (own / "far.yaml").write_text(SAY.replace("executor: noop", "executor: kubernetes"), "utf-8")
    read = settings(folder)
    executors = build_executors(read, AiohttpClient(environ={}), SystemClock())
    found = {one.key: one for one in runbook_findings(read, executors)}
    assert set(found) == {f"runbooks/{name}.yaml" for name in ("broken", "lying", "far")}
    assert "opsbot goes on without it" in found["runbooks/broken.yaml"].fix
    assert "does not come out" in found["runbooks/lying.yaml"].problem
    assert "executor kubernetes is not configured" in found["runbooks/far.yaml"].problem


@pytest.mark.parametrize(
    ("check", "more", "told"),
    [
        ("query: up", "", "it asks prometheus, which is not configured"),
        ("signal: eror_share", METRICS, "no signal 'eror_share'; it has error_share"),
        ("query: up, source: pagerduty", METRICS, "it asks pagerduty, which is not configured"),
    ],
)
def test_a_verification_that_nobody_can_read_is_found_before_a_run(
    folder: Path, check: str, more: str, told: str
) -> None:
    """Each run would act, and end as unknown."""
    own = folder / "runbooks" / "move-traffic.yaml"
    first, _, rest = SAY.partition("verification:\n")
    after = rest[rest.index("guard:") :]
    own.write_text(f"{first}verification: {{ {check}, below: 1 }}\n{after}", "utf-8")
    read = settings(folder, more)
    executors = build_executors(read, AiohttpClient(environ={}), SystemClock())
    (found,) = runbook_findings(read, executors)
    assert found.key == "runbooks/move-traffic.yaml: verification"
    assert found.problem.startswith("every run of move-traffic ends as unknown: ")
    assert told in found.problem


def test_the_shelf_of_an_installation_is_read_with_its_executors(folder: Path) -> None:
    """Without any, everything is described and nothing can be run."""
    shelf = team_shelf(settings(folder), {})
    assert all(one.unavailable for one in shelf.runbooks)


def test_the_schema_of_runbooks_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "runbook"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["title"] == "an opsbot runbook"
    names = schema["$defs"]["StepSection"]["properties"]["executor"]["enum"]
    assert {"http", "kubernetes", "noop", "process"} <= set(names)


# --- what the policy would say --------------------------------------------------------------------

POLICY = """
policy:
  rules:
    - name: nobody moves production alone
      when: { environment: production }
      then: needs approval
      by: { groups: { sre: S012AB3CD } }
    - { name: vendors, when: { requester: { groups: { vendors: S012AB3CE } } }, then: denied }
    - { name: the worst, when: { severity: SEV1, risk: low }, then: allowed }
"""
DRY = ("run", "move-traffic", "checkout-api", "--dry-run")


def test_a_dry_run_says_what_the_policy_would_and_what_it_assumes(opsbot: Run) -> None:
    """To whoever is on call for the service, and to anybody else, one line each."""
    code, said = opsbot(*DRY)
    assert code == 0
    assert "to somebody on call for checkout-api: needs approval" in said
    assert "the runbook asks for 2 approvals; 2 approvals within 10 min: " in said
    assert "to anybody else: needs approval by 'low risk'" in said
    assert "severity unset; an unknown environment; no other run of late" in said
    told = json.loads(opsbot(*DRY, "--json")[1])
    assert [one["whom"] for one in told["policy"]] == [
        "somebody on call for checkout-api", "anybody else"
    ]  # fmt: skip
    assert {one["approvals"] for one in told["policy"]} == {2}
    assert told["assumed"]


@pytest.mark.parametrize(
    ("words", "whom", "ruling"),
    [
        (["--environment", "production"], "anybody else", "needs approval by 'nobody moves"),
        (["--as-group", "vendors"], "somebody who is member of vendors", "denied by 'vendors'"),
        (["--as-group", "vendors", "--as-role", "lead", "--on-call"],
         "somebody who is member of vendors, lead of the incident and on call for checkout-api",
         "denied by 'vendors'"),
        (["--as-role", "lead"], "somebody who is lead of the incident", "needs approval by"),
        (["--on-call"], "somebody who is on call for checkout-api", "the runbook asks for 2"),
        (["--on-call", "--as-guest", "--environment", "dev"],
         "a guest who is on call for checkout-api", "needs approval by 'low risk'"),
        (["--as-guest", "--environment", "dev"], "a guest", "needs approval by 'low risk'"),
    ],
)  # fmt: skip
def test_the_policy_is_asked_for_whom_the_options_describe(
    opsbot: Run, folder: Path, words: list[str], whom: str, ruling: str
) -> None:
    (folder / "opsbot.yaml").write_text(SETTINGS + POLICY, "utf-8")
    code, said = opsbot(*DRY, *words)
    assert code == 0
    line = said[said.index(f"to {whom}: ") :]
    assert ruling in line.partition("assumed")[0]
    assert ("to anybody else" in said) is (whom == "anybody else")


def test_the_severity_is_taken_from_the_options(opsbot: Run, folder: Path) -> None:
    """The runbook's own wish for two people holds all the same."""
    (folder / "opsbot.yaml").write_text(SETTINGS + POLICY, "utf-8")
    alone = SAY.replace("  approvals: 2\n", "")
    (folder / "runbooks" / "move-traffic.yaml").write_text(alone, "utf-8")
    told = json.loads(opsbot(*DRY, "--severity", "SEV1", "--environment", "dev", "--json")[1])
    assert [(one["ruling"], one["rule"]) for one in told["policy"]] == [
        ("allowed", "the worst"), ("allowed", "the worst")
    ]  # fmt: skip
    assert "severity SEV1; environment dev" in told["assumed"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--as-group", "vendor"], "did you mean vendors?"),
        (["--as-role", "leed"], "there is no role 'leed'"),
        (["--severity", "SEV9"], "'SEV9' is not one of"),
    ],
)
def test_options_that_mean_nothing_are_told(
    opsbot: Run, folder: Path, words: list[str], told: str
) -> None:
    (folder / "opsbot.yaml").write_text(SETTINGS + POLICY, "utf-8")
    code, said = opsbot(*DRY, *words)
    assert code == 2
    assert told in said


@pytest.mark.parametrize("metrics", ["", METRICS])
def test_a_dry_run_says_that_nobody_could_verify_the_run(
    opsbot: Run, folder: Path, metrics: str
) -> None:
    """As the preview in Slack does."""
    (folder / "opsbot.yaml").write_text(SETTINGS + metrics, "utf-8")
    code, said = opsbot(*DRY)
    assert code == 0
    assert ("cannot be verified: prometheus is not configured" in said) is (not metrics)


async def busy(folder: Path) -> None:
    """INC-42 on the record of the folder, in which a run goes on that acts on the same target."""
    told = Pen()
    told.page(0)
    told.request(1, ruling=Ruling.ALLOWED)
    told.write(e.RunStarted(run_id="r1"), 2)
    clock = SystemClock()
    read = load(folder / "opsbot.yaml", {}, find_integration, integration_names(), find_executor)
    store = await open_store(read, clock)
    try:
        for one in told.entries:
            body, at = one.body, one.occurred_at + (clock.now() - NOON - timedelta(minutes=10))
            if isinstance(body, e.RunRequested):
                body = replace(body, plan=replace(body.plan, target="checkout-api/traffic"))
            draft = Draft(key=one.key, occurred_at=at, actor=one.actor, source="x", body=body)
            await store.record.append(told.incident.id, [draft])
    finally:
        await store.close()


def test_an_incident_brings_its_severity_and_the_runs_of_the_record(
    opsbot: Run, folder: Path
) -> None:
    """As in Slack: what stands in the way there is told here."""
    text = f"{SETTINGS}\ndata_dir: {folder / 'data'}\nephemeral_disk: allow\n"
    (folder / "opsbot.yaml").write_text(text, "utf-8")
    asyncio.run(busy(folder))
    code, said = opsbot(*DRY, "--incident", "42")
    assert code == 0
    assert "to anybody else: denied by 'one run a target': rollback-deploy (run r1) runs" in said
    assert "severity SEV2; an unknown environment; the runs of the record" in said
