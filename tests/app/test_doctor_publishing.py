"""The doctor at the places for postmortems, and at their templates: each check with its fault."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from opsbot.app.doctor import Verdict
from opsbot.integrations.folder import inspection
from opsbot.sandbox.faults import DOWN
from opsbot.sandbox.github_git import GitRepository
from tests.app.clinic import Clinic, clinic


def by_github(repository: str, **more: Any) -> dict[str, Any]:
    return {"integrations": {"github": {"postmortems": {"repository": repository, **more}}}}


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as found:
        yield found


@pytest.fixture
async def published(tmp_path: Path) -> AsyncIterator[Clinic]:
    """One whose postmortems go to GitHub."""
    async with clinic(tmp_path) as first:
        name = home(first).full_name
    async with clinic(tmp_path / "stage", **by_github(name)) as found:
        yield found


def home(at: Clinic) -> GitRepository:
    """The repository of the sandbox that holds postmortems."""
    owner = at.stage.scenario.services[0].repository.partition("/")[0]
    return at.stage.world.github.repository(f"{owner}/postmortems")


async def test_a_folder_that_opsbot_may_write_to_is_well_and_not_made(at: Clinic) -> None:
    found = await at.find("publisher.folder")
    assert (found.verdict, "is made with the first" in found.said) == (Verdict.OK, True), found
    assert not at.stage.postmortems.exists()


async def test_a_file_in_the_place_of_the_folder_is_bad(at: Clinic) -> None:
    at.stage.postmortems.write_text("in the way", "utf-8")
    found = await at.find("publisher.folder")
    assert (found.verdict, "in the way" in found.said) == (Verdict.BAD, True), found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_belongs_to_somebody_else_is_bad(at: Clinic) -> None:
    at.stage.postmortems.mkdir(mode=0o555)
    found = await at.find("publisher.folder")
    assert (found.verdict, "may not write" in found.said) == (Verdict.BAD, True), found


async def test_a_disk_that_is_nearly_full_is_worth_a_look(tmp_path: Path) -> None:
    found = await inspection.inspect(tmp_path, least_free=1 << 62)
    assert [one.hinders for one in found.troubles] == [False]
    assert "MiB are free" in found.troubles[0].said


async def test_without_a_repository_github_is_no_place(at: Clinic) -> None:
    with pytest.raises(ValueError, match="unpack"):
        await at.find("publisher.github")


async def test_a_repository_that_we_may_push_to_is_well_and_untouched(published: Clinic) -> None:
    before = dict(home(published).branches)
    found = await published.find("publisher.github")
    assert (found.verdict, "may push" in found.said) == (Verdict.OK, True), found
    assert (home(published).branches, home(published).pulls) == (before, [])
    assert {one.method for one in published.stage.world.github.seen} == {"GET"}


@pytest.mark.parametrize(
    ("change", "words"),
    [({"may_push": False}, "not push to it"), ({"archived": True}, "is archived")],
)
async def test_a_repository_that_takes_nothing_is_bad(
    published: Clinic, change: dict[str, bool], words: str
) -> None:
    for name, value in change.items():
        setattr(home(published), name, value)
    found = await published.find("publisher.github")
    assert (found.verdict, words in found.said, bool(found.fix)) == (Verdict.BAD, True, True), found


async def test_a_base_that_is_not_there_names_the_branch_that_is(published: Clinic) -> None:
    home(published).branches["trunk"] = home(published).branches.pop("main")
    found = await published.find("publisher.github")
    assert found.verdict is Verdict.BAD
    assert "has no branch main" in found.said
    assert "base" in found.fix


async def test_a_repository_that_the_token_does_not_see_is_bad(tmp_path: Path) -> None:
    async with clinic(tmp_path, **by_github("nobody/nothing")) as at:
        found = await at.find("publisher.github")
    assert (found.verdict, "nobody/nothing" in found.said) == (Verdict.BAD, True), found


async def test_a_token_that_github_does_not_take_is_bad(published: Clinic) -> None:
    found = await published.find("publisher.github", environ={"GITHUB_TOKEN": "lapsed-token"})
    assert (found.verdict, "GITHUB_TOKEN" in found.fix) == (Verdict.BAD, True), found


async def test_a_github_that_is_away_is_bad(published: Clinic) -> None:
    await published.stage.world.set_fault("github", DOWN)
    found = await published.find("publisher.github")
    assert (found.verdict, bool(found.fix)) == (Verdict.BAD, True), found


async def test_private_postmortems_in_a_public_repository_are_bad(tmp_path: Path) -> None:
    async with clinic(tmp_path) as first:
        name = home(first).full_name
    async with clinic(tmp_path / "stage", **by_github(name, private=True)) as at:
        assert (await at.find("publisher.github")).verdict is Verdict.OK
        home(at).private = False
        found = await at.find("publisher.github")
    assert (found.verdict, "is public" in found.said) == (Verdict.BAD, True), found


async def test_files_in_slack_need_their_scope(at: Clinic) -> None:
    assert (await at.find("publisher.slack")).verdict is Verdict.OK
    at.slack.scopes = tuple(one for one in at.slack.scopes if one != "files:write")
    found = await at.find("publisher.slack")
    assert (found.verdict, "files:write" in found.said) == (Verdict.WARN, True), found


async def test_nothing_is_asked_of_slack_where_nothing_is_shared(tmp_path: Path) -> None:
    async with clinic(tmp_path, postmortem={"slack": False}) as at:
        found = await at.find("publisher.slack")
    assert (found.verdict, "postmortem.slack" in found.said) == (Verdict.SKIPPED, True)


async def test_a_template_that_was_left_out_is_worth_a_look(at: Clinic) -> None:
    assert (await at.find("postmortem.templates")).verdict is Verdict.OK
    folder = at.stage.config.parent / "templates"
    folder.mkdir()
    os.mkfifo(folder / "short.md.j2")
    found = await at.find("postmortem.templates")
    assert (found.verdict, "short.md.j2" in found.said) == (Verdict.WARN, True), found
    assert "opsbot check" in found.fix
