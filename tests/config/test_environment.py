"""What the environment decides over the file, and what is wrong with the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbot.config import ConfigInvalid
from opsbot.http_client import proxy_for
from tests.config.vendor import settings_of


def test_port_of_the_host_wins() -> None:
    """A host that gives PORT sends its traffic nowhere else."""
    assert settings_of("listen: {port: 9000}\n", {"PORT": "5123"}).port == 5123


@pytest.mark.parametrize(
    ("given", "normalised"),
    [
        ("postgres://u:p@h:5432/db", "postgresql+psycopg://u:p@h:5432/db"),
        ("postgresql://h/db?sslmode=require", "postgresql+psycopg://h/db?sslmode=require"),
        ("postgresql+psycopg://h/db", "postgresql+psycopg://h/db"),
    ],
)
def test_any_spelling_of_a_postgres_url_becomes_the_drivers(given: str, normalised: str) -> None:
    """Hosts give `postgres://`, which SQLAlchemy no longer reads."""
    file = "database: {url: postgresql://other.example.com/db}\n"
    assert settings_of(file, {"DATABASE_URL": given}).database_url == normalised


def test_a_database_url_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgres://u:long-password@h/db\n")
    settings = settings_of("database: {url_file: url}\n", path=tmp_path / "opsbot.yaml")
    assert settings.database_url == "postgresql+psycopg://u:long-password@h/db"


def test_the_data_folder_starts_at_the_file_and_the_environment_wins(tmp_path: Path) -> None:
    path = tmp_path / "opsbot.yaml"
    assert settings_of("data_dir: store\n", path=path).data_dir == tmp_path / "store"
    environ = {"OPSBOT_DATA_DIR": "/var/lib/opsbot"}
    assert settings_of("data_dir: store\n", environ, path).data_dir == Path("/var/lib/opsbot")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("PORT", "9" * 5000),
        ("DATABASE_URL", "mysql://h/db"),
        ("DATABASE_URL", "postgres://h:port/db"),
        ("HTTPS_PROXY", "socks5://h:1080"),
        ("all_proxy", "socks5://h:1080"),
        ("SSL_CERT_FILE", "/no/such/file.pem"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        settings_of("", {name: value})
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.key) == ("the environment", 0, name.upper())
    assert problem.fix


def test_the_database_password_is_not_in_the_error() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        settings_of("", {"DATABASE_URL": "postgres://u:long-password@h:port/db"})
    assert "long-password" not in str(caught.value)


def test_proxies_of_the_environment_are_used() -> None:
    environ = {"https_proxy": "proxy.example.com:3128", "NO_PROXY": "localhost, 10.0.0.0/8"}
    http = settings_of("", environ).http
    assert http.https_proxy == "http://proxy.example.com:3128"
    assert http.http_proxy == ""
    assert http.no_proxy == ("localhost", "10.0.0.0/8")


def test_the_file_decides_over_the_proxies_of_the_environment() -> None:
    text = "http: {proxy: 'http://other.example.com:8080', no_proxy: [intern.example.com]}\n"
    environ = {"HTTPS_PROXY": "http://proxy.example.com:3128", "NO_PROXY": "x.example.com"}
    http = settings_of(text, environ).http
    assert http.https_proxy == http.http_proxy == "http://other.example.com:8080"
    assert http.no_proxy == ("intern.example.com",)


def test_the_http_client_reads_what_was_settled() -> None:
    """The client takes variables; what the file says reaches it in that form."""
    text = "http: {proxy: 'http://proxy.example.com:3128', no_proxy: intern.example.com}\n"
    environ = settings_of(text).http.environ
    assert proxy_for("https://slack.com/api/", environ) == "http://proxy.example.com:3128"
    assert proxy_for("https://loki.intern.example.com/", environ) is None


def test_a_ca_bundle_is_the_files_or_the_environments(tmp_path: Path) -> None:
    for name in ("ours.pem", "theirs.pem"):
        (tmp_path / name).write_text("certificates")
    environ = {"SSL_CERT_FILE": str(tmp_path / "theirs.pem")}
    path = tmp_path / "opsbot.yaml"
    assert settings_of("", environ, path).http.ca_bundle == tmp_path / "theirs.pem"
    text = "http: {ca_bundle: ours.pem}\n"
    assert settings_of(text, environ, path).http.ca_bundle == tmp_path / "ours.pem"
