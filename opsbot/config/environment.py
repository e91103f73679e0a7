"""What the environment says: PORT, DATABASE_URL, folders, proxies and the authorities to trust."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from opsbot.config.file import ConfigFile
from opsbot.config.problem import KeyPath, Report
from opsbot.config.section import Database, Http

DEFAULT_FILE = "opsbot.yaml"
_DRIVER = "postgresql+psycopg"
_POSTGRES = frozenset({"postgres", "postgresql", _DRIVER})
_SHORTEST_PASSWORD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How outgoing calls leave this network. Proxies may hold a password: never shown."""

    ca_bundle: Path | None = None
    https_proxy: str = field(default="", repr=False)
    http_proxy: str = field(default="", repr=False)
    no_proxy: tuple[str, ...] = ()

    @property
    def environ(self) -> Mapping[str, str]:
        """The same in the form of environment variables, for clients that read those."""
        return {
            "https_proxy": self.https_proxy,
            "http_proxy": self.http_proxy,
            "no_proxy": ",".join(self.no_proxy),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the file and the environment decide together."""

    port: int
    data_dir: Path
    database_url: str = field(repr=False)
    http: HttpSettings


def read_environment(
    file: ConfigFile, environ: Mapping[str, str], folder: Path, report: Report
) -> Outside:
    """Join file and environment; relative paths in the file start at `folder`."""
    return Outside(
        port=_port(file, environ, report),
        data_dir=_data_dir(file, environ, folder),
        database_url=_database_url(file.database, environ, folder, report),
        http=_http(file.http, environ, folder, report),
    )


def config_path(environ: Mapping[str, str], given: str = "") -> Path:
    """The file to read: the one given, else OPSBOT_CONFIG, else `opsbot.yaml` right here."""
    return Path(given or environ.get("OPSBOT_CONFIG", "") or DEFAULT_FILE)


def _port(file: ConfigFile, environ: Mapping[str, str], report: Report) -> int:
    # PORT wins: a host that gives it sends its traffic nowhere else.
    text = environ.get("PORT", "").strip()
    if not text:
        return file.listen.port
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65535:
        report.add_environment("PORT", "not a port number", "Set it to a number up to 65535")
        return file.listen.port
    return int(text)


def _data_dir(file: ConfigFile, environ: Mapping[str, str], folder: Path) -> Path:
    given = environ.get("OPSBOT_DATA_DIR", "").strip()
    return Path(given) if given else folder / file.data_dir


def _database_url(
    database: Database, environ: Mapping[str, str], folder: Path, report: Report
) -> str:
    """The PostgreSQL URL for SQLAlchemy, or the empty string for SQLite in the data folder."""
    if given := environ.get("DATABASE_URL", "").strip():
        return _postgres_url(given, "DATABASE_URL", report)
    path: KeyPath = ("database", "url")
    text = database.url
    if database.url_file:
        path = ("database", "url_file")
        try:
            text = (folder / database.url_file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            report.add(path, f"the file cannot be read: {why}", "Correct the path or its rights")
            return ""
        if not text:
            report.add(path, "the file is empty", "Write the PostgreSQL URL into it")
            return ""
    return _postgres_url(text, path, report) if text else ""


def _postgres_url(text: str, at: str | KeyPath, report: Report) -> str:
    scheme, colon, rest = text.partition("://")
    if colon and scheme.lower() in _POSTGRES and _parses(text):
        return f"{_DRIVER}://{rest}"
    problem = "not a PostgreSQL URL"
    fix = "Write postgresql://user@host:5432/name, or leave it out for SQLite in data_dir"
    if scheme.lower().startswith(("postgres+", "postgresql+")):
        problem = "another PostgreSQL driver than opsbot's"
        fix = "Write it without a driver: postgresql://user@host:5432/name"
    if isinstance(at, str):
        report.add_environment(at, problem, fix)
    else:
        report.add(at, problem, fix)
    return ""


def _parses(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.port != 0
    except ValueError:
        return False


def _http(http: Http, environ: Mapping[str, str], folder: Path, report: Report) -> HttpSettings:
    no_proxy = ",".join(http.no_proxy) or _either(environ, "NO_PROXY")
    return HttpSettings(
        ca_bundle=_ca_bundle(http, environ, folder, report),
        https_proxy=_proxy(http, environ, "HTTPS_PROXY", report),
        http_proxy=_proxy(http, environ, "HTTP_PROXY", report),
        no_proxy=tuple(host for part in no_proxy.split(",") if (host := part.strip())),
    )


def _either(environ: Mapping[str, str], name: str) -> str:
    """Proxy variables exist in two spellings; curl and Python prefer the lower-case one."""
    return (environ.get(name.lower()) or environ.get(name) or "").strip()


def _proxy(http: Http, environ: Mapping[str, str], name: str, report: Report) -> str:
    given = http.proxy or _either(environ, name) or _either(environ, "ALL_PROXY")
    if not given:
        return ""
    url = given if "://" in given else f"http://{given}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if usable:
        return url
    fix = "Write http://host:port; SOCKS proxies are not supported"
    if http.proxy:
        report.add(("http", "proxy"), "not a proxy address", fix)
    else:
        set_by = name if _either(environ, name) else "ALL_PROXY"
        report.add_environment(set_by, "not a proxy address", fix)
    return ""


def _ca_bundle(http: Http, environ: Mapping[str, str], folder: Path, report: Report) -> Path | None:
    name, fix = "SSL_CERT_FILE", "Correct the path, or remove it to trust the system's"
    given = environ.get(name, "").strip()
    if http.ca_bundle:
        bundle = folder / http.ca_bundle
        if not _is_file(bundle):
            report.add(("http", "ca_bundle"), f"there is no file {bundle}", fix)
        return bundle
    if given and not _is_file(Path(given)):
        report.add_environment(name, f"there is no file {given}", fix)
    return Path(given) if given else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long, a folder without rights
        return False


def password_in(url: str) -> str:
    """The password inside a URL, when it is long and unlike enough to be worth hiding."""
    try:
        parts = urlsplit(url)
        password = unquote(parts.password or "")
    except ValueError:
        return ""
    plain = {parts.username, parts.hostname, parts.path.strip("/")}
    return password if len(password) >= _SHORTEST_PASSWORD and password not in plain else ""
