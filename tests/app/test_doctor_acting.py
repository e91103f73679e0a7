"""The doctor at the executors: each check with its fault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from opsbot.app.doctor import Verdict
from opsbot.sandbox.faults import DOWN, error
from opsbot.sandbox.kubernetes import Rights
from opsbot.sandbox.stage import API_TOKEN
from tests.app.clinic import Clinic, clinic


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as found:
        yield found


def program(folder: Path, name: str, *, mode: int = 0o755) -> str:
    """A program that must not be started, by its path."""
    path = folder / name
    path.write_text(f"#!/bin/sh\ntouch {folder / 'started'}\n", "utf-8")
    path.chmod(mode)
    return str(path)


def executors(**settings: Any) -> dict[str, Any]:
    return {"executors": settings}


async def test_a_cluster_that_lets_us_do_everything_is_well(at: Clinic) -> None:
    """It is asked by reviews alone: nothing is read of it, and nothing changed."""
    found = await at.find("executor.kubernetes")
    assert (found.verdict, "may do everything in 13 namespaces" in found.said) == (Verdict.OK, True)
    assert {one.method for one in at.stage.world.kubernetes.seen} == {"POST"}


async def test_a_cluster_that_is_away_is_bad(at: Clinic) -> None:
    await at.stage.world.set_fault("kubernetes", DOWN)
    found = await at.find("executor.kubernetes")
    assert (found.verdict, "api_url" in found.fix) == (Verdict.BAD, True)


async def test_a_token_that_the_cluster_does_not_take_is_bad(at: Clinic) -> None:
    found = await at.find("executor.kubernetes", environ={"KUBERNETES_TOKEN": "lapsed-token"})
    assert (found.verdict, "401" in found.said, "KUBERNETES_TOKEN" in found.fix) == (
        Verdict.BAD, True, True,
    )  # fmt: skip
    assert len(at.stage.world.kubernetes.seen) == 1


async def test_an_address_that_is_no_cluster_says_so(at: Clinic) -> None:
    await at.stage.world.set_fault("kubernetes", error(404))
    found = await at.find("executor.kubernetes")
    assert (found.verdict, "404" in found.said, "api_url" in found.fix) == (Verdict.BAD, True, True)


@pytest.mark.parametrize(
    ("rights", "verdict", "words"),
    [
        (Rights(verbs=frozenset({"get", "list"})), Verdict.WARN, "restart and undo are refused"),
        (Rights(resources=frozenset({"deployments", "replicasets", "pods", "events",
                                     "horizontalpodautoscalers"})), Verdict.WARN, "scale is"),
        (Rights(resources=frozenset({"deployments", "deployments/scale"})), Verdict.WARN,
         "list replicasets"),
        (Rights(verbs=frozenset()), Verdict.BAD, "get deployments"),
        (Rights(namespaces=frozenset({"identity"})), Verdict.BAD, "checkout"),
    ],
)  # fmt: skip
async def test_each_right_that_the_role_lacks_is_named_with_what_is_lost(
    at: Clinic, rights: Rights, verdict: Verdict, words: str
) -> None:
    at.stage.world.kubernetes.tokens[API_TOKEN] = rights
    found = await at.find("executor.kubernetes")
    assert (found.verdict, words in found.said, "Role" in found.fix) == (verdict, True, True), found


async def test_addresses_that_answer_are_well_whatever_they_answer(tmp_path: Path) -> None:
    """401 and 404 are answers of a server that is there; no secret goes with the question."""
    async with clinic(tmp_path) as first:
        url = first.stage.urls.github
        async with clinic(tmp_path / "second", **executors(http={"hosts": [url]})) as at:
            found = await at.find("executor.http")
        assert (found.verdict, "1 host answers" in found.said) == (Verdict.OK, True), found
        assert [one.method for one in first.stage.world.github.seen] == ["HEAD"]


async def test_an_address_that_nothing_listens_at_is_bad(tmp_path: Path) -> None:
    async with clinic(tmp_path, **executors(http={"hosts": ["http://127.0.0.1:1"]})) as at:
        found = await at.find("executor.http")
    assert (found.verdict, "127.0.0.1:1 is not reached" in found.said) == (Verdict.BAD, True)


async def test_an_address_that_is_unwell_is_worth_a_look(tmp_path: Path) -> None:
    async with clinic(tmp_path) as first:
        await first.stage.world.set_fault("github", error(503))
        hosts = executors(http={"hosts": [first.stage.urls.github]})
        async with clinic(tmp_path / "second", **hosts) as at:
            found = await at.find("executor.http")
    assert (found.verdict, "answers 503" in found.said) == (Verdict.WARN, True)


async def test_an_executor_that_may_do_nothing_is_worth_a_look(tmp_path: Path) -> None:
    empty = executors(http={"hosts": []}, process={"programs": []})
    async with clinic(tmp_path, **empty) as at:
        for name, key in (("executor.http", "hosts"), ("executor.process", "programs")):
            found = await at.find(name)
            assert (found.verdict, key in found.fix) == (Verdict.WARN, True), found


async def test_programs_are_looked_for_and_never_started(tmp_path: Path) -> None:
    programs = ["env", program(tmp_path, "deploy")]
    async with clinic(tmp_path / "stage", **executors(process={"programs": programs})) as at:
        found = await at.find("executor.process")
    assert (found.verdict, "2 programs are there" in found.said) == (Verdict.OK, True), found
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(
    ("made", "words"),
    [(None, "there is no program"), (0o644, "may not execute it"), ("folder", "it is a folder")],
)
async def test_a_program_that_cannot_be_started_is_bad(
    tmp_path: Path, made: int | str | None, words: str
) -> None:
    path = tmp_path / "deploy"
    if made == "folder":
        path.mkdir()
    elif isinstance(made, int):
        program(tmp_path, "deploy", mode=made)
    async with clinic(tmp_path / "stage", **executors(process={"programs": [str(path)]})) as at:
        found = await at.find("executor.process")
    assert (found.verdict, words in found.said, bool(found.fix)) == (Verdict.BAD, True, True), found


async def test_a_named_secret_that_is_not_there_is_worth_a_look(tmp_path: Path) -> None:
    section = {"programs": ["env"], "secrets": {"deploy-token": {"env": "DEPLOY_TOKEN"}}}
    async with clinic(tmp_path, **executors(process=section)) as at:
        found = await at.find("executor.process")
        well = await at.find("executor.process", environ={"DEPLOY_TOKEN": "t0ken-of-today"})
    assert (found.verdict, "deploy-token" in found.said) == (Verdict.WARN, True), found
    assert well.verdict is Verdict.OK


async def test_what_needs_no_settings_is_no_check(at: Clinic) -> None:
    """There is nothing that `noop` could lack."""
    with pytest.raises(ValueError, match="unpack"):
        await at.find("executor.noop")
