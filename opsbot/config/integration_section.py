"""The section `integrations:`: each vendor's own settings class decides what may be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from opsbot.config.explain import known_keys, validate
from opsbot.config.problem import KeyPath, Report, quoted, suggestion
from opsbot.config.secret import FoundSecrets, file_keys, find_secrets
from opsbot.config.section import without_empty
from opsbot.config.settings import ConfiguredIntegration
from opsbot.integrations import Integration, SecretField

FindIntegration = Callable[[str], Integration | None]


class IntegrationUnusable(Exception):
    """An integration is there but cannot be used; the message says why."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem, self.fix = problem, fix


def find_all(
    names: Sequence[str], find: FindIntegration, known_names: Sequence[str], report: Report
) -> dict[str, Integration]:
    """The integrations of those names; the ones that do not exist or are broken are noted."""
    found: dict[str, Integration] = {}
    for name in names:
        path: KeyPath = ("integrations", name)
        try:
            integration = find(name)
        except IntegrationUnusable as error:
            report.add(path, error.problem, error.fix)
            continue
        if integration is None:
            known = f"Known are {', '.join(known_names)}" if known_names else "Correct the name"
            fix = suggestion(name, known_names, known)
            report.add(path, f"no integration is called {quoted(name)}", fix)
        else:
            found[name] = integration
    return found


def configure(
    integration: Integration,
    written: Any,
    environ: Mapping[str, str],
    folder: Path,
    report: Report,
) -> ConfiguredIntegration | None:
    """One vendor's section as its own settings plus its secrets; None when it has mistakes."""
    path: KeyPath = ("integrations", integration.name)
    section = without_empty(integration.settings, written)
    if not isinstance(section, dict):
        fix = "Write `key: value` lines, indented below it, or nothing at all"
        report.add(path, "not a mapping", fix)
        return None
    values = dict(cast("dict[str, Any]", section))
    found = take_secrets(integration.secrets, values, environ, folder, report, path)
    _refuse_unknown(integration, values, report, path)
    settings = validate(integration.settings, values, report, path)
    if settings is None:
        return None
    return ConfiguredIntegration(integration=integration, settings=settings, found=found)


def take_secrets(
    fields: Sequence[SecretField],
    values: dict[str, Any],
    environ: Mapping[str, str],
    folder: Path,
    report: Report,
    path: KeyPath,
) -> tuple[FoundSecrets, ...]:
    """Take the `*_file` keys of `fields` out of `values`, and find every secret they name."""
    found: list[FoundSecrets] = []
    for secret in fields:
        files: list[str] = []
        for key in file_keys([secret]):
            if key in values:
                files += _paths(values.pop(key), (*path, key), report)
        found.append(find_secrets(secret, files, environ, folder))
    return tuple(found)


def _paths(value: Any, path: KeyPath, report: Report) -> list[str]:
    many = str(path[-1]).endswith("_files")
    items: list[Any] = cast("list[Any]", value) if isinstance(value, list) and many else [value]
    wanted = "a list of paths" if many else "a path"
    for item in items:
        if not isinstance(item, str | None):
            report.add(path, f"not {wanted}", f"Write {wanted} of files that hold the secret")
    return [item for item in items if isinstance(item, str) and item]


def _refuse_unknown(
    integration: Integration, values: dict[str, Any], report: Report, path: KeyPath
) -> None:
    """A vendor's class may forget to forbid unknown keys; a typo is a mistake all the same."""
    aliases = {info.alias for info in integration.settings.model_fields.values() if info.alias}
    known = (*known_keys(integration.settings), *sorted(aliases))
    for key in [key for key in values if key not in known]:
        here = (*known, *file_keys(integration.secrets))
        fix = suggestion(key, here, f"Known here: {', '.join(here)}" if here else "Remove it")
        report.add((*path, key), "unknown key", fix)
        del values[key]
