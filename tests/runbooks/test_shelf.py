"""The folder: what is found, what is put aside, and which version a file is."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from opsbot.catalog.runbooks import (
    MOST_FILES,
    Executors,
    read_runbook,
    read_runbooks,
    shipped_folder,
)
from opsbot.config import ConfigInvalid
from opsbot.core.runbook import ParameterKind, Risk, Who
from tests.runbooks.files import WHOLE, changed, read_text
from tests.runbooks.noop_check import EXECUTORS


def team(folder: Path, **files: str) -> Path:
    """A team's folder with these files."""
    runbooks = folder / "runbooks"
    runbooks.mkdir()
    for name, text in files.items():
        (runbooks / f"{name.replace('_', '-')}.yaml").write_text(text, encoding="utf-8")
    return runbooks


def test_shipped_and_the_teams_stand_on_one_shelf(tmp_path: Path) -> None:
    shelf = read_runbooks(team(tmp_path, move_traffic=WHOLE), EXECUTORS)
    names = [runbook.name for runbook in shelf.runbooks]
    assert names == sorted(names)
    assert {"rollback-deploy", "move-traffic"} <= set(names)
    assert shelf.aside == ()


def test_a_broken_team_file_is_put_aside_and_said(tmp_path: Path) -> None:
    """It never stops the bot, and the others are there."""
    folder = team(tmp_path, broken=changed("risk: low", "risk: lwo"), move_traffic=WHOLE)
    shelf = read_runbooks(folder, EXECUTORS)
    assert "move-traffic" in {runbook.name for runbook in shelf.runbooks}
    assert "broken" not in {runbook.name for runbook in shelf.runbooks}
    assert [(one.file, one.key) for one in shelf.aside] == [(str(folder / "broken.yaml"), "risk")]


def test_the_same_name_twice_names_both_files(tmp_path: Path) -> None:
    folder = team(tmp_path, rollback_deploy=WHOLE)
    (problem,) = read_runbooks(folder, EXECUTORS).aside
    assert problem.file == str(folder / "rollback-deploy.yaml")
    assert (
        "runbooks/rollback-deploy.yaml is the runbook 'rollback-deploy' already" in problem.problem
    )


def test_no_team_folder_is_no_trouble(tmp_path: Path) -> None:
    assert read_runbooks(tmp_path / "runbooks", EXECUTORS).aside == ()
    assert read_runbooks(None, EXECUTORS).runbooks


@pytest.mark.parametrize("name", ["Move.yaml", "move_traffic.yaml", "m.yaml", "move.yml"])
def test_a_file_is_called_like_its_runbook(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(WHOLE, encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=r"like rollback-deploy\.yaml"):
        read_runbook(tmp_path / name, EXECUTORS)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"# " + b"x" * 300_000, "longer than 256 KiB"),
        ("title: \u00e9".encode("latin-1"), "UTF-8"),
    ],
)
def test_what_cannot_be_a_file_of_ours_is_not_read(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "move.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigInvalid, match=told):
        read_runbook(path, EXECUTORS)


def test_a_file_that_is_gone_or_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a-folder.yaml").mkdir()
    for name in ("a-folder.yaml", "gone.yaml"):
        with pytest.raises(ConfigInvalid, match="cannot be read"):
            read_runbook(tmp_path / name, EXECUTORS)


def test_a_pipe_in_the_folder_holds_nobody_up(tmp_path: Path) -> None:
    """Opening one waits for somebody who writes: the bot would never start."""
    folder = team(tmp_path, move_traffic=WHOLE)
    os.mkfifo(folder / "pipe.yaml")
    (folder / "endless.yaml").symlink_to("/dev/zero")
    shelf = read_runbooks(folder, EXECUTORS)
    assert "move-traffic" in {runbook.name for runbook in shelf.runbooks}
    assert [one.problem for one in shelf.aside] == ["cannot be read: no ordinary file"] * 2


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """As if a team had no runbooks: nobody would know why they are gone."""
    not_a_folder = tmp_path / "runbooks"
    not_a_folder.write_text("", encoding="utf-8")
    (problem,) = read_runbooks(not_a_folder, EXECUTORS).aside
    assert "the folder cannot be read: Not a directory" in problem.problem


def test_of_a_huge_folder_the_first_files_are_read_and_the_rest_is_told(tmp_path: Path) -> None:
    folder = team(tmp_path, move_traffic=WHOLE)
    for number in range(MOST_FILES):
        (folder / f"x{number}.yaml").touch()
    problem, *_ = read_runbooks(folder, EXECUTORS).aside
    assert problem.problem == "501 files, of which 500 are read"


def test_whoever_runs_from_a_checkout_has_our_runbooks_once() -> None:
    """Their folder beside opsbot.yaml is ours: nobody has named anything twice."""
    assert read_runbooks(shipped_folder(), EXECUTORS).aside == ()


def test_every_key_means_what_it_says() -> None:
    runbook = read_text(WHOLE)
    assert (runbook.name, runbook.risk, runbook.origin) == (
        "move-traffic", Risk.LOW, "runbooks/move-traffic.yaml",
    )  # fmt: skip
    length = runbook.parameter("length")
    assert length is not None
    assert (length.kind, length.default) == (ParameterKind.DURATION, 1800)
    assert (length.minimum, length.maximum, length.required) == (300, 7200, False)
    assert runbook.steps[1].timeout == timedelta(minutes=2)
    assert runbook.steps[1].output_limit == 32 * 1024
    assert runbook.guard.target == "${service}/traffic"
    assert runbook.approval.approvals == 2
    assert runbook.approval.by == Who(
        roles=("lead",), on_call=True, groups=("S012AB3CD",), group_names=("edge",)
    )
    assert runbook.verification is not None
    assert runbook.verification.holds == timedelta(seconds=30)


def test_the_version_is_of_the_meaning() -> None:
    """Comments, blanks, the order of keys, spelt-out defaults and examples are no part of it."""
    version = read_text(WHOLE).version
    head, tail = WHOLE.split("owner: edge\n")
    same = [
        f"# kept by edge\n{WHOLE}",
        f"{head}{tail}owner: edge\n",
        changed("timeout: 2m", "timeout: 120s"),
        changed("- name: look\n", "- name: look\n    timeout: 1m\n"),
        WHOLE[: WHOLE.index("examples:")],
    ]
    assert {read_text(text).version for text in same} == {version}
    assert len(version) == 64


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("risk: low", "risk: high"),
        ("timeout: 2m", "timeout: 3m"),
        ("    max: 1\n", "    max: 2\n"),
        ("say: ${service.name} until", "say: ${service.name}  until"),
        ("approvals: 2", "approvals: 1"),
        ("within: 3m", "within: 4m"),
        ("title: Move traffic away", "title: Move traffic back"),
        ("  service:\n    kind: service\n", "  service: { kind: service, hint: Which one. }\n"),
    ],
)
def test_any_other_change_is_another_version(old: str, new: str) -> None:
    assert read_text(changed(old, new)).version != read_text(WHOLE).version


def test_the_same_file_under_another_name_is_another_version() -> None:
    assert read_text(WHOLE, "other").version != read_text(WHOLE).version


def test_what_has_no_executor_here_is_on_the_shelf_and_says_why() -> None:
    """Somebody who asks for it is told what to configure."""
    runbook = read_text(
        changed("- name: move\n    executor: noop", "- name: move\n    executor: http")
    )
    assert runbook.unavailable == (
        "executor http is not configured: add `http:` under `executors:` in opsbot.yaml"
    )
    assert read_text(WHOLE).unavailable == ""
    there: Executors = dict.fromkeys(("noop", "http", "kubernetes"))
    assert all(one.unavailable for one in read_runbooks(None, there).runbooks)


def test_without_a_service_one_run_goes_on_at_a_time() -> None:
    text = """\
title: Purge a cache
owner: edge
steps:
  - { name: purge, executor: noop, do: { say: x } }
"""
    assert read_text(text, "purge-cache").guard.target == "purge-cache"
