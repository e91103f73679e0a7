"""The executors an installation has: those it configures, and those that need nothing."""

from __future__ import annotations

from pathlib import Path

from opsbot.app.executors import build_executors, executor_checks
from opsbot.catalog import executor_names, find_executor
from opsbot.config import Settings, parse
from opsbot.ports import Succeeded
from tests.executors.stage import NoHttp, ticket
from tests.fakes.clock import ManualClock


def settings_of(text: str) -> Settings:
    environ = {"CI_KEY": "k-123456"}
    return parse(
        text, Path("x.yaml"), environ, lambda name: None, (), find_executor, executor_names()
    )


def test_without_any_setting_there_is_noop_alone() -> None:
    executors = build_executors(settings_of(""), NoHttp(), ManualClock())
    assert list(executors) == ["noop"]


def test_each_key_makes_one_executor() -> None:
    text = "executors:\n  process:\n  http:\n  noop:\n  kubernetes: {namespaces: [shop]}\n"
    executors = build_executors(settings_of(text), NoHttp(), ManualClock())
    assert {name: made.name for name, made in executors.items()} == {
        name: name for name in ("http", "kubernetes", "noop", "process")
    }


async def test_an_executor_is_given_its_own_secrets_and_no_other() -> None:
    """A key for the build server is not the business of a program."""
    text = (
        "executors:\n  process: {programs: [a]}\n"
        "  http: {hosts: ['https://ci.example.com'], secrets: {ci-key: {env: CI_KEY}}}\n"
    )
    executors = build_executors(settings_of(text), NoHttp(), ManualClock())
    call = {"method": "GET", "url": "https://ci.example.com/", "bearer": "ci-key"}
    assert executors["http"].check(call) == ()
    (problem,) = executors["process"].check({"argv": ["a"], "secrets": {"KEY": "ci-key"}})
    assert "no secret is called 'ci-key'" in problem
    outcome = await executors["noop"].act({"say": "ok"}, {}, ticket(), lambda line: None)
    assert isinstance(outcome, Succeeded)


def test_runbooks_are_checked_by_the_executors_that_are_there() -> None:
    """One that exists and is not configured is known by its name."""
    checks = executor_checks(build_executors(settings_of(""), NoHttp(), ManualClock()))
    assert set(checks) == set(executor_names())
    assert checks["http"] is None
    look = checks["noop"]
    assert look is not None
    assert look({"say": ["x"]}) == ("say: write a text",)
