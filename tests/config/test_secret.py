"""Secrets: where they may be, which place wins, and that a rotated file is seen at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsbot.config import Settings
from opsbot.config.secret import FileSecret
from opsbot.ports import SecretUnavailable
from tests.config.vendor import settings_of

BEACON = "integrations: {beacon: {}}\n"


def webhook_secrets(settings: Settings) -> list[str]:
    beacon = settings.integration("beacon")
    assert beacon is not None
    return [secret.read() for secret in beacon.secrets["webhook_secret"]]


def test_a_secret_comes_from_its_environment_variable() -> None:
    settings = settings_of(BEACON, {"BEACON_WEBHOOK_SECRET": " one \n"})
    assert webhook_secrets(settings) == ["one"]


def test_two_secrets_are_held_while_one_is_rotated() -> None:
    """PagerDuty signs with every active secret; both have to be accepted for a while."""
    environ = {"BEACON_WEBHOOK_SECRET": "old", "BEACON_WEBHOOK_SECRET_2": "new"}
    assert webhook_secrets(settings_of(BEACON, environ)) == ["old", "new"]


def test_secret_files_are_named_in_the_section_or_the_environment(tmp_path: Path) -> None:
    """Paths in the file start at its folder, as in Prometheus; those outside are taken as is."""
    for name in ("one", "two", "three"):
        (tmp_path / name).write_text(f"{name}\n")
    text = "integrations: {beacon: {webhook_secret_file: one, webhook_secret_files: [two]}}\n"
    environ = {"BEACON_WEBHOOK_SECRET_FILE": str(tmp_path / "three")}
    settings = settings_of(text, environ, tmp_path / "opsbot.yaml")
    assert webhook_secrets(settings) == ["one", "two", "three"]


def test_a_field_for_one_secret_prefers_the_environment_and_names_the_rest(
    tmp_path: Path,
) -> None:
    text = "slack: {bot_token_file: token}\n"
    settings = settings_of(text, {"SLACK_BOT_TOKEN": "xoxb-1"}, tmp_path / "opsbot.yaml")
    found = settings.slack.bot_token
    assert [secret.read() for secret in found.secrets] == ["xoxb-1"]
    assert found.ignored == ("bot_token_file",)


def test_an_empty_variable_is_no_secret() -> None:
    settings = settings_of(BEACON, {"BEACON_WEBHOOK_SECRET": "", "SLACK_BOT_TOKEN": "  "})
    assert webhook_secrets(settings) == []
    assert settings.slack.bot_token.secrets == ()


def test_a_replaced_file_is_read_again(tmp_path: Path) -> None:
    """Kubernetes and Vault replace the file; opsbot is not restarted for that."""
    path = tmp_path / "token"
    path.write_text("first\n")
    secret = FileSecret("token", path)
    assert secret.read() == "first"
    fresh = tmp_path / "fresh"
    fresh.write_text("other\n")
    fresh.replace(path)
    assert secret.read() == "other"


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    """Every signature check asks for the secret, so asking has to be cheap."""
    path = tmp_path / "token"
    path.write_text("first")
    secret = FileSecret("token", path)
    secret.read()
    before = path.stat()
    path.write_text("other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert secret.read() == "first"


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "binary", "huge", "pipe"])
def test_a_file_that_gives_no_secret_is_unavailable(kind: str, tmp_path: Path) -> None:
    """Never an empty secret: an empty HMAC key would accept anybody's signature made with it."""
    path = tmp_path / "secret"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind != "missing":
        contents = {"empty": b" \n", "binary": b"\xff\xfe", "huge": b"x" * 100_000}
        path.write_bytes(contents[kind])
    with pytest.raises(SecretUnavailable, match=r"beacon\.secret"):
        FileSecret("beacon.secret", path).read()


def test_a_file_that_comes_back_works_again(tmp_path: Path) -> None:
    path = tmp_path / "token"
    secret = FileSecret("token", path)
    with pytest.raises(SecretUnavailable):
        secret.read()
    path.write_text("here now")
    assert secret.read() == "here now"


def test_a_variable_that_was_taken_away_is_unavailable() -> None:
    environ = {"BEACON_WEBHOOK_SECRET": "one"}
    settings = settings_of(BEACON, environ)
    environ.clear()
    with pytest.raises(SecretUnavailable, match="BEACON_WEBHOOK_SECRET"):
        webhook_secrets(settings)


def test_known_secrets_are_all_current_values(tmp_path: Path) -> None:
    """The scrubber removes these from whatever is recorded; unreadable ones are left out."""
    (tmp_path / "hook").write_text("from-a-file")
    text = (
        "integrations: {beacon: {webhook_secret_files: [hook, gone]}}\n"
        "heartbeat_url: https://hc.example.com/ping/uuid\n"
    )
    environ = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "DATABASE_URL": "postgres://opsbot:p%40ssword-long@db.example.com/opsbot",
        "HTTPS_PROXY": "http://me:proxy-password@proxy.example.com:3128",
    }
    settings = settings_of(text, environ, tmp_path / "opsbot.yaml")
    assert set(settings.known_secrets()) == {
        "xoxb-1",
        "from-a-file",
        "https://hc.example.com/ping/uuid",
        "p@ssword-long",
        "proxy-password",
    }


def test_a_database_password_that_is_a_common_word_is_not_scrubbed() -> None:
    """Removing every `postgres` from the record would hide more than it protects."""
    environ = {"DATABASE_URL": "postgres://postgres:postgres@localhost/opsbot"}
    assert settings_of("", environ).known_secrets() == ()


def test_the_heartbeat_address_may_come_from_the_environment() -> None:
    settings = settings_of("", {"HEARTBEAT_URL": "https://hc.example.com/ping/uuid"})
    assert settings.heartbeat_url is not None
    assert settings.heartbeat_url.read() == "https://hc.example.com/ping/uuid"


def test_settings_show_no_secret_when_printed(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("from-a-file")
    text = (
        "integrations: {beacon: {webhook_secret_file: hook}}\n"
        "heartbeat_url: https://hc.example.com/ping/uuid\n"
    )
    environ = {"SLACK_BOT_TOKEN": "xoxb-1", "DATABASE_URL": "postgres://u:long-password@h/db"}
    settings = settings_of(text, environ, tmp_path / "opsbot.yaml")
    webhook_secrets(settings)
    shown = repr(settings)
    for secret in ("from-a-file", "xoxb-1", "long-password", "ping/uuid"):
        assert secret not in shown
