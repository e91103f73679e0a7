"""The parts that are made from the code are up to date, and no part of the code is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from opsbot.core.parameter import Kind, example
from tests.docs.command_line import commands, options
from tests.docs.generated import filled, part_names
from tests.docs.pages import PAGES, ROOT, code, headings, name_of, page, rows, section
from tests.docs.settings_table import (
    VARIABLES,
    all_settings,
    secret_owners,
    secrets_of,
    sections,
)
from tests.docs.verbs_table import verbs

_ASKED_FOR = re.compile(
    r"environ(?:\.get\(|\[)\s*\"([A-Z][A-Z_0-9]+)\"|_either\(environ, \"(\w+)\""
)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_generated_parts_are_what_the_code_says_today(path: Path) -> None:
    """`python -m tests.docs.write` mends this."""
    text = path.read_text("utf-8")
    assert filled(text) == text


def test_every_section_of_the_settings_has_its_table() -> None:
    names = part_names(page("docs/configuration.md"))
    assert {f"settings {path}" for path in sections()} == {
        name for name in names if name.startswith("settings ")
    }


def test_every_secret_has_its_table() -> None:
    names = part_names(page("docs/configuration.md"))
    wanted = {f"secrets {vendor}" for vendor in secret_owners()}
    assert wanted == {name for name in names if name.startswith("secrets ")}


def test_every_setting_and_secret_is_named_on_the_page() -> None:
    text = page("docs/configuration.md")
    named = {*(word for row in rows(text) for word in code(row[0])), *headings(text)}
    assert {key.rpartition(".")[2] for key in all_settings()} <= named
    secrets = [s for v in secret_owners() for s in secrets_of(v)]
    assert {secret.env for secret in secrets} <= named


def test_every_variable_that_is_asked_for_is_documented() -> None:
    """Variables by which hosts are told apart (`config/disk.py`) are nobody's to set."""
    asked: set[str] = set()
    for file in (ROOT / "opsbot").rglob("*.py"):
        if "sandbox" not in file.parts and file.name != "disk.py":
            found = _ASKED_FOR.findall(file.read_text("utf-8"))
            asked |= {one or other for one, other in found}
    secrets = {s.env for v in secret_owners() for s in secrets_of(v)}
    assert asked - secrets <= set(VARIABLES)
    proxies = {"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"}
    assert set(VARIABLES) <= asked | proxies


def test_every_command_has_its_section_with_synopsis_and_options() -> None:
    text = page("docs/cli.md")
    names = part_names(text)
    for command in commands():
        assert f"synopsis {command}" in part_names(section(text, f"opsbot {command}"))
        assert f"options {command}" in names
    assert {name.partition(" ")[2] for name in names} == set(commands())


def test_every_option_that_a_page_names_exists() -> None:
    """An option in code marks by itself may also be one of a benchmark, or of a verb in Slack."""
    own = {name for command in commands() for name in options(command)} | {"--version", "--help"}
    sources = (file.read_text("utf-8") for file in (ROOT / "benchmarks").glob("*.py"))
    others = {name for source in sources for name in re.findall(r"\"(--[a-z-]+)\"", source)}
    others |= {example(p) for verb in verbs() for p in verb.parameters if p.kind is Kind.FLAG}
    for path in PAGES:
        for word in code(path.read_text("utf-8")):
            named = set(re.findall(r"--[a-z][a-z-]+", word))
            if word.startswith("opsbot "):
                assert named <= own, f"{name_of(path)}: {word}"
            elif word.startswith("--"):
                assert named <= own | others, f"{name_of(path)}: {word}"
