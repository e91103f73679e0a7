"""The section `executors:`: each executor's own settings class decides what may be written, and
`secrets:` gives names to the secrets that runbooks may use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from opsbot.config.configured_executor import ConfiguredExecutor
from opsbot.config.explain import known_keys, validate
from opsbot.config.integration_section import take_secrets
from opsbot.config.problem import KeyPath, Report, quoted, suggestion
from opsbot.config.secret import FileSecret, FoundSecrets, file_keys, find_secrets
from opsbot.config.section import without_empty
from opsbot.executors import ExecutorKind
from opsbot.integrations import SecretField

FindExecutor = Callable[[str], ExecutorKind | None]

SECRETS = "secrets"
SECRET_NAME = r"^[a-z][a-z0-9_.-]{0,39}$"  # noqa: S105 - how names look
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
_PLACE = "Write { env: NAME } for an environment variable, or { file: PATH } for a file"
_WHY = "runbooks use it by this name"


class ExecutorUnusable(Exception):
    """An executor is there but cannot be used; the message says why."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem, self.fix = problem, fix


def no_executor(name: str) -> ExecutorKind | None:
    """Finds nothing: for those who read settings and never act."""
    return None


def find_kinds(
    names: Sequence[str], find: FindExecutor, known_names: Sequence[str], report: Report
) -> dict[str, ExecutorKind]:
    """The executors of those names; the ones that do not exist or are broken are noted."""
    found: dict[str, ExecutorKind] = {}
    for name in names:
        path: KeyPath = ("executors", name)
        try:
            kind = find(name)
        except ExecutorUnusable as error:
            report.add(path, error.problem, error.fix)
            continue
        if kind is None:
            known = f"Known are {', '.join(known_names)}" if known_names else "Correct the name"
            fix = suggestion(name, known_names, known)
            report.add(path, f"no executor is called {quoted(name)}", fix)
        else:
            found[name] = kind
    return found


def secret_fields(kind: ExecutorKind) -> tuple[SecretField, ...]:
    """The secrets an executor always takes, in the form that every section's secrets have."""
    return tuple(SecretField(name=one.name, env=one.env, why=one.why) for one in kind.secrets)


def configure_executor(
    kind: ExecutorKind,
    written: Any,
    environ: Mapping[str, str],
    folder: Path,
    report: Report,
) -> ConfiguredExecutor | None:
    """One executor's section as its own settings plus its secrets; None when it has mistakes."""
    path: KeyPath = ("executors", kind.name)
    section = without_empty(kind.settings, written)
    if not isinstance(section, dict):
        fix = "Write `key: value` lines, indented below it, or nothing at all"
        report.add(path, "not a mapping", fix)
        return None
    values = dict(cast("dict[str, Any]", section))
    fields = secret_fields(kind)
    found = take_secrets(fields, values, environ, folder, report, path)
    named: tuple[FoundSecrets, ...] = ()
    if kind.named_secrets and SECRETS in values:
        named = _named(values.pop(SECRETS), environ, folder, report, (*path, SECRETS))
    _refuse_unknown(kind, values, report, path)
    settings = validate(kind.settings, values, report, path)
    if settings is None:
        return None
    return ConfiguredExecutor(kind=kind, settings=settings, found=found, named=named)


def _named(
    written: Any, environ: Mapping[str, str], folder: Path, report: Report, path: KeyPath
) -> tuple[FoundSecrets, ...]:
    """Every secret that is given a name, with where it comes from."""
    if written is None:
        return ()
    if not isinstance(written, dict):
        report.add(path, "not a mapping", f"Write `name:` lines below it. {_PLACE}")
        return ()
    found: list[FoundSecrets] = []
    for name, place in cast("dict[str, Any]", written).items():
        here = (*path, name)
        if not re.fullmatch(SECRET_NAME, name):
            fix = "Use up to 40 lower-case letters, digits, - and _, such as deploy-token"
            report.add(here, f"{quoted(name)} is no name for a secret", fix)
        elif (one := _one(name, place, environ, folder, report, here)) is not None:
            found.append(one)
    return tuple(found)


def _one(
    name: str, place: Any, environ: Mapping[str, str], folder: Path, report: Report, path: KeyPath
) -> FoundSecrets | None:
    # What stands here instead of a place may be the secret itself: it is never repeated.
    keys = cast("dict[str, Any]", place) if isinstance(place, dict) else {}
    unknown = [key for key in keys if key not in ("env", "file")]
    if unknown:
        report.add((*path, unknown[0]), "unknown key", _PLACE)
        return None
    given = {key: text for key, text in keys.items() if text is not None}
    if len(given) != 1 or not all(isinstance(text, str) and text for text in given.values()):
        report.add(path, "not the place of a secret", _PLACE)
        return None
    if "file" in given:
        wanted = SecretField(name=name, env="", why=_WHY)
        return FoundSecrets(wanted=wanted, secrets=(FileSecret(name, folder / given["file"]),))
    if not re.fullmatch(VARIABLE, given["env"]):
        report.add((*path, "env"), "not the name of an environment variable", _PLACE)
        return None
    return find_secrets(SecretField(name=name, env=given["env"], why=_WHY), (), environ, folder)


def _refuse_unknown(
    kind: ExecutorKind, values: dict[str, Any], report: Report, path: KeyPath
) -> None:
    """An executor's class may forget to forbid unknown keys; a typo is a mistake all the same."""
    aliases = {info.alias for info in kind.settings.model_fields.values() if info.alias}
    named = (SECRETS,) if kind.named_secrets else ()
    known = (*known_keys(kind.settings), *sorted(aliases), *file_keys(secret_fields(kind)), *named)
    for key in [key for key in values if key not in known]:
        fix = suggestion(key, known, f"Known here: {', '.join(known)}" if known else "Remove it")
        report.add((*path, key), "unknown key", fix)
        del values[key]
