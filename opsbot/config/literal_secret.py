"""Finds secrets written into the file, where whoever reads the repository reads them too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from opsbot.config.problem import KeyPath, Report
from opsbot.config.secret import places
from opsbot.integrations import SecretField

_SECRET_KEY = re.compile(
    r"(?i)(?:^|[_-])(?:token|secret|password|passwd|passphrase|(?:api|access|private|routing)_?key"
    r"|credentials?)s?(?:_?[0-9])?$"
)
# Prefixes that vendors document, so that people and scanners know a secret when they see one.
_SECRET_VALUE = re.compile(
    r"(?<![0-9A-Za-z])(?:xox[a-z]-[0-9A-Za-z]|xapp-[0-9]|gh[opsu]_[0-9A-Za-z]{16}|github_pat_"
    r"|glpat-|glsa_|glc_|AKIA[0-9A-Z]{12}|-----BEGIN [A-Z ]*PRIVATE KEY)"
)
_PASSWORD_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]*:[^/?#@\s]+@")

FieldsOf = Callable[[str], Sequence[SecretField]]


def remove_literal_secrets(root: dict[str, Any], fields_of: FieldsOf, report: Report) -> None:
    """Note every secret written in `root`, and take it out so that nothing else repeats it.

    `fields_of` answers the secrets that the section at a dotted path takes. Secrets are told by
    the key's name, by the value's vendor prefix, and as a password inside a URL.
    """
    _scan(root, (), fields_of, report)


def _scan(value: Any, path: KeyPath, fields_of: FieldsOf, report: Report) -> None:
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        for key in tuple(mapping):
            if _is_secret((*path, key), mapping[key], fields_of, report):
                del mapping[key]
            else:
                _scan(mapping[key], (*path, key), fields_of, report)
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        for number, item in enumerate(items):
            if _is_secret((*path, number), item, fields_of, report):
                items[number] = ""
            else:
                _scan(item, (*path, number), fields_of, report)


def _is_secret(path: KeyPath, value: Any, fields_of: FieldsOf, report: Report) -> bool:
    key = path[-1]
    named = isinstance(key, str) and _SECRET_KEY.search(key) is not None
    if named and value not in (None, "", [], {}) and not isinstance(value, dict):
        report.add(path, "a secret is written in the file", _cure(path, fields_of))
        return True
    if not isinstance(value, str):
        return False
    if _SECRET_VALUE.search(value):
        report.add(path, "the value looks like a secret", _cure(path, fields_of))
        return True
    if _PASSWORD_IN_URL.match(value):
        report.add(path, "the URL holds a password", _URL_CURES.get(path, _cure(path, fields_of)))
        return True
    return False


_URL_CURES: Mapping[KeyPath, str] = {
    ("database", "url"): "Set DATABASE_URL in the environment, or name a file in database.url_file",
    ("http", "proxy"): "Set HTTPS_PROXY and HTTP_PROXY in the environment",
}


def _cure(path: KeyPath, fields_of: FieldsOf) -> str:
    section = ".".join(str(part) for part in path[:-1])
    key = str(path[-1]).lower()
    fields = fields_of(section)
    if section.startswith("executors.") and section.endswith(".secrets"):
        return "Take it out and replace it; write { env: NAME } or { file: PATH } in its place"
    for secret in fields:
        # bot_token, bot_tokens, bot_token_2 and a token put into bot_token_file are all one field
        if key.startswith(secret.name) or secret.name.endswith(f"_{key}"):
            return f"Take it out and replace it (it has been seen): {places(secret, section)}"
    if fields:
        names = ", ".join(secret.env for secret in fields)
        return f"Take it out and replace it; {section} reads its secrets from {names}"
    return "Take it out and replace it; secrets come from the environment or from `*_file` keys"
