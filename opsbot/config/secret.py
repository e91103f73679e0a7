"""Secrets: found in the environment or a file, read when they are used, never in the YAML."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from opsbot.integrations import SecretField
from opsbot.ports import Secret, SecretUnavailable

_MAX_BYTES = 65_536
_MOST = 9  # numbered variables: NAME, NAME_2 ... NAME_9


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSecret:
    """A secret in an environment variable."""

    name: str
    environ: Mapping[str, str] = field(repr=False)

    def read(self) -> str:
        """The variable's value. Raises SecretUnavailable when it is no longer set."""
        value = self.environ.get(self.name, "").strip()
        if not value:
            raise SecretUnavailable(f"{self.name} is not set: set it and restart opsbot")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSecret:
    """A secret-like value that may stand in the file, such as a heartbeat address."""

    name: str
    value: str = field(repr=False)

    def read(self) -> str:
        return self.value


class FileSecret:
    """A secret in a file that may be replaced while opsbot runs; read again when it changes."""

    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._value = ""

    @property
    def name(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"FileSecret(name={self._name!r}, path={str(self._path)!r})"

    def read(self) -> str:
        """The file's text without its line end. Raises SecretUnavailable when it has none."""
        try:
            # Looked at before reading: a change in between is read again next time.
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen != self._seen:
                self._value = _contents(self._path, status)
                self._seen = seen
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is no short text file"
            raise SecretUnavailable(f"{self._name}: cannot read {self._path}: {why}") from None
        if not self._value:
            raise SecretUnavailable(f"{self._name}: {self._path} is empty")
        return self._value


def _contents(path: Path, status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
        raise ValueError  # a pipe would block, and nothing this large is a secret
    return path.read_text("utf-8").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSecrets:
    """What was found for one field. `ignored` names places that were set but not needed."""

    wanted: SecretField
    secrets: tuple[Secret, ...] = ()
    ignored: tuple[str, ...] = ()


def file_keys(fields: Sequence[SecretField]) -> tuple[str, ...]:
    """The keys of a section that point to secret files: `token_file`, and `token_files`."""
    return tuple(
        key
        for secret in fields
        for key in (f"{secret.name}_file", *([f"{secret.name}_files"] if secret.many else ()))
    )


def places(secret: SecretField, section: str) -> str:
    """Where an operator may put this secret, in words."""
    key = f"{section}.{secret.name}_file" if section else f"{secret.name}_file"
    return f"set {secret.env} in the environment, or name a file in {key} or {secret.env}_FILE"


def find_secrets(
    secret: SecretField, files: Sequence[str], environ: Mapping[str, str], folder: Path
) -> FoundSecrets:
    """Every place that holds this secret: the environment first, then the file's keys.

    `files` are the paths written in the section, relative to `folder`. A field that takes one
    secret uses the first place and names the others as ignored.
    """
    found = list(_places(secret, files, environ, folder))
    used = len(found) if secret.many else 1
    return FoundSecrets(
        wanted=secret,
        secrets=tuple(found[:used]),
        ignored=tuple(extra.name for extra in found[used:]),
    )


def _places(
    secret: SecretField, files: Sequence[str], environ: Mapping[str, str], folder: Path
) -> Iterator[Secret]:
    names = [secret.env]
    if secret.many:
        names += [f"{secret.env}_{number}" for number in range(2, _MOST + 1)]
    for name in names:
        if environ.get(name, "").strip():
            yield EnvironmentSecret(name=name, environ=environ)
    for number, path in enumerate(files, 1):
        label = f"{secret.name}_file" if number == 1 else f"{secret.name}_file {number}"
        yield FileSecret(label, folder / path)
    for name in names:
        path = environ.get(f"{name}_FILE", "").strip()
        if path:
            yield FileSecret(f"{name}_FILE", Path(path))


def readable(secrets: Sequence[Secret]) -> Iterator[str]:
    """The current values of those secrets that can be read right now."""
    for secret in secrets:
        try:
            yield secret.read()
        except SecretUnavailable:
            continue
