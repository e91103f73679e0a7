"""The worked examples give what they say, and every command in a console block can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from opsbot.__main__ import build_parser
from tests.docs.pages import PAGES, ROOT, fences, name_of, page, rows, section

CONSOLE = [
    (path, line)
    for path in PAGES
    for fence in fences(path.read_text("utf-8"))
    if fence.language == "console"
    for line in fence.text.splitlines()
]


def test_the_replay_on_the_routing_page_shows_every_place() -> None:
    """The table itself is made from the page's own settings and deliveries."""
    told = rows(section(page("docs/routing.md"), "Try it: opsbot replay"))
    assert {row[3] for row in told} == {"channel", "thread", "digest"}
    assert {row[2] for row in told} == {"open", "append"}


@pytest.mark.parametrize(("path", "line"), CONSOLE, ids=lambda v: v if isinstance(v, str) else "")
def test_every_opsbot_command_in_a_console_block_can_be_typed(path: Path, line: str) -> None:
    words = shlex.split(line)
    if words[0].endswith("opsbot"):
        build_parser().parse_args(words[1:])


@pytest.mark.parametrize(("path", "line"), CONSOLE, ids=lambda v: v if isinstance(v, str) else "")
def test_every_make_target_and_module_in_a_console_block_exists(path: Path, line: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    if line.startswith("make "):
        assert line.split()[1] in targets
    for module in re.findall(r"-m ((?:benchmarks|tests)\.[\w.]+)", line):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), f"{name_of(path)}: {line}"


def test_every_make_target_named_in_a_page_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for path in PAGES:
        for target in re.findall(r"`make ([a-z]+)", path.read_text("utf-8")):
            assert target in targets, f"{name_of(path)}: make {target}"
