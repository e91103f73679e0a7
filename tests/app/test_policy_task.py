"""`opsbot policy test` and `explain` on a settings file of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from opsbot.__main__ import main
from opsbot.app.policy_runbooks import unknown_runbooks
from opsbot.config import parse

Run = Callable[..., tuple[int, str]]
SETTINGS = """
timezone: Europe/Berlin
policy:
  rules:
    - name: nights in production
      when: {environment: production, risk: [medium, high], hours: 22:00-06:00}
      then: needs approval
      approvals: 2
      by: {groups: {sre: S012AB3CD}, on_call: true}
      reason: two people look at night
    - {name: "[red]contractors", when: {requester: {groups: {contractors: S012AB3CE}}}, then: denied}
  limits:
    - {name: restarts, runs: 1, within: 1h, of: target, when: {runbook: restart-deployment}}
  freezes:
    - {name: year-end freeze, start: 2026-12-19 18:00, end: 2027-01-02 08:00}
  break_glass: {roles: [lead]}
services:
  checkout-api: {environment: production}
  cart-api: {environment: staging}
"""  # noqa: E501 - one rule a line
CASES = """
- name: the on-call restarts alone
  given: {runbook: restart-deployment, risk: low, service: checkout-api, on_call: true, at: 2026-11-23 14:00}
  expect: {ruling: allowed, rule: "low risk, by who is near", approvals: 0}
- name: at night two are asked
  given: {runbook: x, risk: high, service: checkout-api, at: 2026-11-23 23:00}
  expect: {ruling: needs approval, approvals: 2}
- name: contractors run nothing
  given: {runbook: x, risk: none, service: cart-api, groups: contractors, at: 2026-11-23 14:00}
  expect: {ruling: denied, rule: "[red]contractors"}
- name: the freeze is local time
  given: {runbook: x, risk: high, service: cart-api, at: "2026-12-19T16:59:00Z"}
  expect: {ruling: needs approval}
- name: and holds
  given: {runbook: x, risk: high, service: cart-api, at: "2026-12-19T17:00:00Z"}
  expect: {ruling: denied, rule: year-end freeze}
- name: but for the lead in an emergency
  given: {runbook: x, risk: high, service: cart-api, at: 2026-12-24 12:00, roles: lead,
          break_glass: payments are down for everybody}
  expect: {ruling: allowed, rule: break glass}
- name: one restart an hour
  given: {runbook: restart-deployment, risk: low, service: cart-api, on_call: true, at: 2026-11-23 14:00,
          recent: [{started: 50m, finished: 2026-11-23 13:15}]}
  expect: {ruling: denied, rule: restarts}
- name: one run at a time
  given: {runbook: x, risk: low, service: cart-api, at: 2026-11-23 14:00, recent: [{started: 5m}]}
  expect: {ruling: denied, rule: one run a target}
- name: left alone for a while
  given: {runbook: x, risk: low, service: cart-api, cooldown: 10m, at: 2026-11-23 14:00,
          recent: [{started: 20m, finished: 5m}]}
  expect: {ruling: denied, rule: cooldown}
- name: a guest on call is near nothing
  given: {runbook: x, risk: low, service: cart-api, on_call: true, guest: true, at: 2026-11-23 14:00}
  expect: {ruling: needs approval, rule: low risk}
"""  # noqa: E501 - as people write them


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `opsbot policy ...`; answer its exit code and everything it said."""
    (tmp_path / "opsbot.yaml").write_text(SETTINGS, "utf-8")
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: str) -> tuple[int, str]:
        code = main(["policy", *words, "--config", str(tmp_path / "opsbot.yaml")])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def write(folder: Path, text: str, name: str = "policy-tests.yaml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_a_table_of_cases_is_ticked_off(run: Run, tmp_path: Path) -> None:
    """The file beside opsbot.yaml, unless another one is named."""
    write(tmp_path, CASES)
    code, said = run("test")
    assert code == 0, said
    assert said.count("✓") == 10
    assert "✗" not in said
    assert "[red]contractors" in said
    assert "10 cases, all as expected" in said


def test_a_case_that_comes_out_otherwise_fails(run: Run, tmp_path: Path) -> None:
    text = CASES.replace("approvals: 2}", "approvals: 1, rule: nights}")
    code, said = run("test", str(write(tmp_path, f"cases:\n{text}", "other.yaml")))
    assert code == 1
    assert said.count("✗") == 2  # in the table, and below it
    assert (
        "✗ at night two are asked: expected by 'nights', was by 'nights in production'; "
        "expected approvals: 1, were 2"
    ) in said
    assert "10 cases, 1 not as expected" in said


def test_results_are_there_for_machines(run: Run, tmp_path: Path) -> None:
    write(tmp_path, CASES.replace("ruling: needs approval}", "ruling: allowed}"))
    code, said = run("test", "--json")
    told = json.loads(said)
    assert code == 1
    assert [one["ok"] for one in told].count(False) == 1
    assert told[3]["wrong"] == ["expected allowed, was needs approval"]
    assert told[1]["approvals"] == 2
    assert set(told[0]) == {"name", "ok", "wrong", "ruling", "rule", "approvals", "reason"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cases: missing"),
        ("[]", "cases: too few"),
        ("- {name: a, given: {runbook: x}}", "policy-tests.yaml:1: cases[0].expect: missing"),
        ("- name: a\n  given: {runbook: x, rsk: low}\n  expect: {ruling: allowed}",
         "policy-tests.yaml:2: cases[0].given.rsk: unknown key. Did you mean 'risk'?"),
        ("- {name: a, given: {runbook: x, at: soon}, expect: {ruling: allowed}}",
         "'soon' is no time"),
        ("- {name: a, given: {runbook: x, recent: [{started: x}]}, expect: {ruling: allowed}}",
         "or how long before, such as 20m"),
        ("- {name: a, given: {runbook: x, risk: low, service: chekout-api},"
         " expect: {ruling: allowed}}",
         "case 'a': there is no service 'chekout-api'; did you mean checkout-api?"),
        ("- {name: a, given: {runbook: x, risk: low, groups: sry}, expect: {ruling: allowed}}",
         "case 'a': there is no user group 'sry'; did you mean sre?"),
        ("- {name: a, given: {runbook: nobody-has-it}, expect: {ruling: allowed}}",
         "case 'a': there is no runbook 'nobody-has-it'"),
        ("- {name: a\n", "policy-tests.yaml"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_the_cure(
    run: Run, tmp_path: Path, text: str, said: str
) -> None:
    write(tmp_path, text)
    code, told = run("test")
    assert code == 2
    assert said in told


def test_a_file_that_is_not_there_is_no_traceback(run: Run) -> None:
    code, said = run("test")
    assert code == 2
    assert "policy-tests.yaml: No such file or directory" in said


def test_one_run_is_explained_with_all_that_was_asked(run: Run) -> None:
    code, said = run("explain", "x", "--risk", "high", "--service", "checkout-api",
                     "--at", "2026-11-23 23:30")  # fmt: skip
    assert code == 0
    for words in (
        "nothing runs on checkout-api",
        "freezes from 19 December 18:00 Europe/Berlin to 2 January 08:00 Europe/Berlin, not now",
        "the runbook is x, not restart-deployment",
        "needs approval by 'nights in production': two people look at night",
        "2 approvals within 15 min: whoever is on call for checkout-api or a member of sre; "
        "after 5 min the next on-call is paged",
    ):
        assert words in said


def test_an_explanation_is_there_for_machines(run: Run) -> None:
    words = ("x", "--risk", "medium", "--environment", "staging", "--group", "sre",
             "--role", "lead", "--on-call", "--severity", "SEV1", "--target", "queue",
             "--cooldown", "5m", "--break-glass", "payments are down",
             "--at", "2026-12-24 09:00")  # fmt: skip
    code, said = run("explain", *words, "--json")
    told = json.loads(said)
    assert (code, told["ruling"], told["rule"]) == (0, "allowed", "break glass")
    assert told["expires_s"] is None
    assert [one["rule"] for one in told["considered"]][:2] == ["one run a target", "cooldown"]
    assert told["considered"][-1]["rule"] == "medium risk"


def test_options_are_checked_as_cases_are(run: Run) -> None:
    code, said = run("explain", "x", "--risk", "hihg", "--role", "leed", "--at", "later")
    assert code == 2
    for words in ("Did you mean 'high'?", "Did you mean 'lead'?", "'later' is no time"):
        assert words in said


def test_runbooks_that_nobody_has_are_noticed(tmp_path: Path) -> None:
    text = SETTINGS.replace("runbook: restart-deployment", "runbook: [restart-deploymnt, x]")
    found = list(unknown_runbooks(parse(text, tmp_path / "opsbot.yaml", {}, lambda name: None)))
    assert [(one.key, one.line) for one in found] == [("policy.limits[0].when.runbook", 13)] * 2
    assert found[0].fix == "Did you mean restart-deployment?"
    assert "and there is none" in found[1].problem
