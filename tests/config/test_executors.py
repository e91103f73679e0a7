"""The section `executors:`: what a good one becomes, and every mistake with its place and cure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from opsbot.catalog import all_executors, executor_names, find_executor
from opsbot.config import ConfigInvalid, Settings, Weight, check, parse, schema
from opsbot.core.scrub import Scrubber
from opsbot.ports import SecretUnavailable

FILE = Path("opsbot.yaml")
NAMED = "executors:\n  process:\n    programs: [deploy]\n    secrets:\n      deploy-token: "


def settings_of(text: str, environ: Mapping[str, str] | None = None, path: Path = FILE) -> Settings:
    return parse(
        text, path, environ or {}, lambda name: None, (), find_executor, executor_names()
    )  # fmt: skip


def secrets_in(settings: Settings, name: str = "process") -> dict[str, str]:
    known = settings.executor(name)
    assert known is not None
    return {key: secret.read() for key, secret in known.secrets.items()}


def test_an_executor_is_there_when_its_key_is() -> None:
    """Even with nothing below it: `process:` alone starts nothing, and says how to allow."""
    settings = settings_of("executors:\n  process:\n  http: {hosts: [https://ci.example.com]}\n")
    assert [known.name for known in settings.executors] == ["process", "http"]
    http = settings.executor("http")
    assert http is not None
    assert http.settings.model_dump() == {"hosts": ("https://ci.example.com",)}
    assert settings_of("").executors == settings_of("executors:\n").executors == ()


def test_named_secrets_come_from_variables_and_files(tmp_path: Path) -> None:
    """Paths start at the file's folder, and a variable may name a file as everywhere else."""
    for name in ("key", "other"):
        (tmp_path / name).write_text(f"{name} in a file\n")
    text = NAMED + "{env: DEPLOY_TOKEN}\n      ci-key: {file: key}\n      other: {env: OTHER}\n"
    environ = {"DEPLOY_TOKEN": "from outside", "OTHER_FILE": str(tmp_path / "other")}
    settings = settings_of(text, environ, tmp_path / "opsbot.yaml")
    assert secrets_in(settings) == {
        "deploy-token": "from outside", "ci-key": "key in a file", "other": "other in a file",
    }  # fmt: skip


def test_a_secret_in_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first-token")
    settings = settings_of(NAMED + "{file: token}\n", path=tmp_path / "opsbot.yaml")
    assert secrets_in(settings) == {"deploy-token": "first-token"}
    file.write_text("the second token")
    assert secrets_in(settings) == {"deploy-token": "the second token"}


def test_the_scrubber_knows_them() -> None:
    """What a program prints of them never reaches the record."""
    text = NAMED + "{env: DEPLOY_TOKEN}\n  kubernetes: {namespaces: [shop]}\n"
    environ = {"DEPLOY_TOKEN": "QWERTZ-123456", "KUBERNETES_TOKEN": "YXCVBN-654321"}
    settings = settings_of(text, environ)
    assert set(settings.known_secrets()) == set(environ.values())
    scrubber = Scrubber(known=settings.known_secrets())
    assert "QWERTZ" not in scrubber.clean("it said QWERTZ-123456")[0]


def test_an_executors_own_secret_comes_like_a_vendors(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("in a file")
    text = "executors: {kubernetes: {namespaces: [shop], token_file: token}}\n"
    settings = settings_of(text, path=tmp_path / "opsbot.yaml")
    assert secrets_in(settings, "kubernetes") == {"token": "in a file"}


@pytest.mark.parametrize(
    ("place", "problem", "fix"),
    [
        ("{env: DEPLOY_TOKEN}", "DEPLOY_TOKEN is not set", "Set DEPLOY_TOKEN"),
        ("{file: /nowhere/token}", "cannot read /nowhere/token", "Correct the path"),
    ],
)
def test_a_secret_that_is_not_there_is_a_finding_and_no_mistake(
    place: str, problem: str, fix: str
) -> None:
    """opsbot starts; `opsbot check` says it, and so does the step that needs it."""
    settings = settings_of(f"{NAMED}{place}\n")
    (found,) = [one for one in check(settings) if one.key.startswith("executors.")]
    assert (found.weight, found.key, found.line) == (
        Weight.ERROR, "executors.process.secrets.deploy-token", 5,
    )  # fmt: skip
    assert problem in found.problem
    assert fix in found.fix
    with pytest.raises(SecretUnavailable, match=problem):
        secrets_in(settings)


MISTAKES: dict[str, tuple[int, str, str, str]] = {
    "executors: {proces: {}}": (1, "executors.proces", "no executor", "Did you mean 'process'?"),
    "executors: {_masks: {}}": (1, "executors._masks", "no executor", "Known are"),
    "executors: [process]": (1, "executors", "not a mapping", "key: value"),
    "executors: {http: 7}": (1, "executors.http", "not a mapping", "key: value"),
    "executors: {http: {host: []}}": (1, "executors.http.host", "unknown key", "'hosts'"),
    "executors: {noop: {say: x}}": (1, "executors.noop.say", "unknown key", "Remove it"),
    "executors: {kubernetes: {namespaces: [shop], secrets: {}}}": (
        1, "executors.kubernetes.secrets", "unknown key", "Known here",
    ),
    "executors:\n  process:\n    programs: [sh]\n": (
        3, "executors.process.programs", "not accepted", "'sh' is a shell",
    ),
    "executors:\n  process:\n    memory_mib: 1\n": (
        3, "executors.process.memory_mib", "too small", "at least 16",
    ),
    "executors: {http: {hosts: [ftp://x.example.com]}}": (
        1, "executors.http.hosts", "not accepted", "https://",
    ),
    "executors: {http: {hosts: ['https://u:hunter2pw@x.example.com']}}": (
        1, "executors.http.hosts[0]", "holds a password", "Take it out",
    ),
    "executors: {process: {secrets: [a]}}": (
        1, "executors.process.secrets", "a secret is written", "replace it",
    ),
    NAMED + "hunter2hunter2\n": (
        5, "executors.process.secrets.deploy-token", "a secret is written", "{ env: NAME }",
    ),
    NAMED.replace("deploy-token", "deploy") + "hunter2hunter2\n": (
        5, "executors.process.secrets.deploy", "not the place", "{ env: NAME }",
    ),
    NAMED + "{env: A, file: b}\n": (
        5, "executors.process.secrets.deploy-token", "not the place", "{ file: PATH }",
    ),
    NAMED + "{}\n": (5, "executors.process.secrets.deploy-token", "not the place", "{ env: NAME }"),
    NAMED + "{env: 7}\n": (
        5, "executors.process.secrets.deploy-token", "not the place", "{ env: NAME }",
    ),
    NAMED + "{environment: A}\n": (
        5, "executors.process.secrets.deploy-token.environment", "unknown key", "{ env: NAME }",
    ),
    NAMED + "{env: my token}\n": (
        5, "executors.process.secrets.deploy-token.env", "not the name", "{ env: NAME }",
    ),
    NAMED.replace("deploy-token", "Deploy Token") + "{env: A}\n": (
        5, "executors.process.secrets.Deploy Token", "no name for a secret", "deploy-token",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES)
def test_every_mistake_is_told_with_its_place_and_cure(text: str) -> None:
    line, key, problem, fix = MISTAKES[text]
    with pytest.raises(ConfigInvalid) as caught:
        settings_of(text)
    (told,) = caught.value.problems
    assert (told.line, told.key) == (line, key)
    assert problem in told.problem
    assert fix in told.fix
    assert "hunter2" not in str(told)


SCHEMA = schema((), all_executors())


@pytest.mark.parametrize(
    "section",
    [
        {},
        {"noop": None},
        {"process": {"programs": ["a"], "secrets": {"a-key": {"env": "A"}}}},
        {"http": {"hosts": ["https://a.example.com"], "secrets": None}},
        {"kubernetes": {"namespaces": ["shop"], "token_file": "t"}},
    ],
)
def test_the_schema_accepts_what_the_loader_does(section: dict[str, Any]) -> None:
    jsonschema.validate({"executors": section}, SCHEMA)


@pytest.mark.parametrize(
    "section",
    [
        {"proces": {}},
        {"process": {"programms": []}},
        {"process": {"secrets": {"a": "hunter2"}}},
        {"process": {"secrets": {"a": {"env": "A", "file": "b"}}}},
        {"process": {"secrets": {"A B": {"env": "A"}}}},
        {"kubernetes": {"namespaces": ["shop"], "secrets": {}}},
        {"noop": {"say": "x"}},
    ],
)
def test_the_schema_sees_mistakes_in_an_editor(section: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"executors": section}, SCHEMA)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
