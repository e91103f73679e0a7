"""Executors are found by being there: the file's name is what runbooks call them."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsbot.catalog import all_executors
from opsbot.catalog.declared import Declared
from opsbot.catalog.executors import executor_catalog
from opsbot.config import ConfigInvalid, ExecutorUnusable, parse
from opsbot.executors import ExecutorKind

EXECUTOR = """
from pydantic import BaseModel
from opsbot.executors import ExecutorKind
class Settings(BaseModel):
    pass
EXECUTOR = ExecutorKind(name={name!r}, settings=Settings, make=lambda settings, tools: None)
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Declared[ExecutorKind]]:
    """A package of executors: two good ones, and one of each mistake."""
    package = f"executors_{uuid.uuid4().hex}"  # imported modules stay; each test has its own
    folder = tmp_path / package
    (folder / "lambda_call").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "ssh.py": EXECUTOR.format(name="ssh"),
        "lambda_call/__init__.py": EXECUTOR.format(name="lambda_call"),
        "_ssh_words.py": "raise RuntimeError('imported without need')",
        "misnamed.py": EXECUTOR.format(name="other"),
        "broken.py": "import nothing_like_this",
        "silent.py": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    sys.path.insert(0, str(tmp_path))
    yield executor_catalog(package=package)
    sys.path.remove(str(tmp_path))


def test_names_are_files_and_folders_without_an_underscore(catalog: Declared[ExecutorKind]) -> None:
    assert catalog.names() == ("broken", "lambda_call", "misnamed", "silent", "ssh")


def test_only_the_executor_that_is_asked_for_is_imported(catalog: Declared[ExecutorKind]) -> None:
    found = catalog.find("ssh")
    assert found is not None
    assert found.name == "ssh"
    loaded = [name for name in sys.modules if name.startswith(f"{catalog.package}.")]
    assert loaded == [f"{catalog.package}.ssh"]


@pytest.mark.parametrize("name", ["telnet", "_ssh_words", "ssh.words", "", "../ssh"])
def test_what_is_not_there_is_none(catalog: Declared[ExecutorKind], name: str) -> None:
    assert catalog.find(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("misnamed", "calls itself 'other'"),
        ("broken", "nothing_like_this"),
        ("silent", "declares no EXECUTOR"),
    ],
)
def test_an_unusable_file_says_why(
    catalog: Declared[ExecutorKind], name: str, problem: str
) -> None:
    with pytest.raises(ExecutorUnusable, match=problem) as caught:
        catalog.find(name)
    assert caught.value.fix


def test_an_unusable_executor_is_a_mistake_at_its_section(catalog: Declared[ExecutorKind]) -> None:
    text = "executors:\n  ssh:\n  silent:\n  shh:\n"
    with pytest.raises(ConfigInvalid) as caught:
        parse(text, Path("x.yaml"), {}, lambda name: None, (), catalog.find, catalog.names())
    silent, mistyped = caught.value.problems
    assert (silent.line, silent.key) == (3, "executors.silent")
    assert (mistyped.line, mistyped.fix) == (4, "Did you mean 'ssh'?")


def test_the_executors_that_ship_with_opsbot_all_load() -> None:
    """File name and EXECUTOR agree for every one of them."""
    assert {"http", "noop", "process"} <= {kind.name for kind in all_executors()}
    assert tuple(kind.name for kind in all_executors()) == executor_catalog().names()
