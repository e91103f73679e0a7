"""Every setting, secret and variable, read from the classes that read opsbot.yaml."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from opsbot.catalog import (
    all_executors,
    all_integrations,
    find_executor,
    find_integration,
    integration_names,
)
from opsbot.config.executor_section import secret_fields
from opsbot.config.file import ConfigFile
from opsbot.config.loading import APP_TOKEN, BOT_TOKEN, HEARTBEAT_URL, SIGNING_SECRET
from opsbot.config.permission_section import PermissionRow
from opsbot.config.policy_section import (
    CountedWhen,
    FreezeSection,
    LimitSection,
    PolicyRuleSection,
    PolicyWhen,
)
from opsbot.config.routing_section import MaintenanceWindow, RoutingRule, When
from opsbot.config.scalar import written_duration
from opsbot.config.service_section import Link, ServiceSection
from opsbot.config.who_section import WhoSection
from opsbot.integrations import Integration, SecretField
from tests.docs.markdown_table import table

KIB, MIB = 1024, 1024 * 1024
_REPEATED: dict[str, type[BaseModel]] = {
    "permissions[]": PermissionRow,
    "routing[]": RoutingRule,
    "routing[].when": When,
    "maintenance[]": MaintenanceWindow,
    "policy.rules[]": PolicyRuleSection,
    "policy.rules[].when": PolicyWhen,
    "policy.limits[]": LimitSection,
    "policy.limits[].when": CountedWhen,
    "policy.freezes[]": FreezeSection,
    "policy.approvers": WhoSection,
    "links[]": Link,
    "services[]": ServiceSection,
}
# What the environment says apart from secrets; a test compares it with what the code asks for.
VARIABLES = {
    "OPSBOT_CONFIG": "the settings file, when `--config` names none (default: `./opsbot.yaml`)",
    "OPSBOT_DATA_DIR": "folder of the SQLite files; wins over `data_dir`",
    "OPSBOT_LOG": "how much is logged: `DEBUG`, `INFO` (default), `WARNING`, `ERROR`",
    "PORT": "port to listen on; wins over `listen.port`",
    "DATABASE_URL": "PostgreSQL URL, with its password; wins over `database`",
    "SSL_CERT_FILE": "PEM file of the authorities to trust, when `http.ca_bundle` is empty",
    "HTTPS_PROXY": "proxy for https addresses, when `http.proxy` is empty",
    "HTTP_PROXY": "proxy for http addresses, when `http.proxy` is empty",
    "ALL_PROXY": "proxy for both, when neither of the two above is set",
    "NO_PROXY": "hosts and networks called directly, when `http.no_proxy` is empty",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "where spans are sent, with the `otlp` extra installed",
}


def sections() -> dict[str, type[BaseModel]]:
    """Every section of the file by its path; the top is the empty path."""
    found: dict[str, type[BaseModel]] = {"top": ConfigFile}
    for key, info in ConfigFile.model_fields.items():
        if is_section(info):
            found[key] = _bare(info.annotation)
    found |= _REPEATED
    for vendor in all_integrations():
        found[f"integrations.{vendor.name}"] = vendor.settings
        for key, info in vendor.settings.model_fields.items():
            if is_section(info):
                found[f"integrations.{vendor.name}.{key}"] = _bare(info.annotation)
    for kind in all_executors():
        if kind.settings.model_fields:
            found[f"executors.{kind.name}"] = kind.settings
    return found


def settings_table(path: str) -> str:
    """The table of one section."""
    written = _query_link if path.endswith(".queries") else _default
    rows = [
        (f"`{key}`", written(info), _meaning(info))
        for key, info in sections()[path].model_fields.items()
        if not (path == "top" and _has_own_table(key, info))
    ]
    return table(("key", "default", "meaning"), rows)


def fields_table(model: type[BaseModel]) -> str:
    """The table of one section that stands in another file."""
    rows = [
        (f"`{info.alias or key}`", _default(info), _meaning(info))
        for key, info in model.model_fields.items()
    ]
    return table(("key", "default", "meaning"), rows)


def secrets_table(vendor: str) -> str:
    """The table of the secrets of one vendor or executor, of Slack, or of opsbot itself."""
    rows = [
        (f"`{secret.env}`", f"`{key_of(secret)}`", "yes" if secret.required else "no", secret.why)
        for secret in secrets_of(vendor)
    ]
    return table(("variable", "or a file named in", "required", "why"), rows)


def secrets_of(vendor: str) -> tuple[SecretField, ...]:
    """The secrets one part of opsbot takes."""
    if vendor == "slack":
        return (BOT_TOKEN, SIGNING_SECRET, APP_TOKEN)
    if vendor == "opsbot":
        return (HEARTBEAT_URL,)
    if kind := find_executor(vendor):
        return secret_fields(kind)
    found = find_integration(vendor)
    assert isinstance(found, Integration)
    return found.secrets


def secret_owners() -> tuple[str, ...]:
    """Every part of opsbot that has a table of its secrets."""
    acting = (kind.name for kind in all_executors() if kind.secrets)
    return ("slack", "opsbot", *integration_names(), *acting)


def key_of(secret: SecretField) -> str:
    """The key of the section that names the secret's file."""
    return f"{secret.name}_files" if secret.many else f"{secret.name}_file"


def environment_table() -> str:
    """The variables that are no secrets."""
    rows = [(f"`{name}`", meaning) for name, meaning in VARIABLES.items()]
    return table(("variable", "meaning"), rows)


def is_section(info: FieldInfo) -> bool:
    """Whether the value is a section with keys of its own."""
    bare = _bare(info.annotation)
    return isinstance(bare, type) and issubclass(bare, BaseModel)


def _has_own_table(key: str, info: FieldInfo) -> bool:
    return is_section(info) or f"{key}[]" in _REPEATED or key in ("integrations", "executors")


def _meaning(info: FieldInfo) -> str:
    words = info.description or ""
    allowed = [f"`{word}`" for word in _words(info.annotation)]
    if allowed and not all(word.strip("`") in words for word in allowed):
        words += f" One of {', '.join(allowed)}."
    bounds = {type(m).__name__: getattr(m, "ge", getattr(m, "le", None)) for m in info.metadata}
    if "Ge" in bounds and "Le" in bounds:
        words += f" From {_plain(bounds['Ge'])} to {_plain(bounds['Le'])}."
    return words


def _query_link(info: FieldInfo) -> str:
    return "see [evidence](evidence.md#default-queries)"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    if is_section(info):
        return "see below"
    value = info.get_default(call_default_factory=True)
    return "" if value in ("", None) else f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    match value:
        case timedelta():
            return written_duration(value)
        case Enum():
            return str(value.value)
        case bool():
            return str(value).lower()
        case int() if value >= MIB and value % MIB == 0:
            return f"{value // MIB}MiB"
        case int() if value >= KIB and value % KIB == 0:
            return f"{value // KIB}KiB"
        case float():
            return f"{value:g}"
        case tuple():
            return f"[{', '.join(_plain(item) for item in cast('tuple[Any, ...]', value))}]"
        case dict():
            pairs = cast("dict[str, Any]", value).items()
            return "{" + ", ".join(f"{key}: {_plain(item)}" for key, item in pairs) + "}"
        case _:
            return str(value)


def _words(annotation: Any) -> list[str]:
    bare = _bare(annotation)
    if get_origin(bare) is Literal:
        return [str(word) for word in get_args(bare) if word != ""]
    if isinstance(bare, type) and issubclass(bare, Enum):
        return [str(member.value) for member in bare]
    return []


def _bare(annotation: Any) -> Any:
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType):
            inner = [part for part in get_args(annotation) if part is not type(None)]
            if len(inner) != 1:
                return annotation
            annotation = inner[0]
        else:
            return annotation


def all_settings() -> set[str]:
    """Every setting as `section.key`; those of the top by their key alone."""
    found: set[str] = set()
    for path, model in sections().items():
        for key, info in model.model_fields.items():
            if not is_section(info):
                found.add(key if path == "top" else f"{path}.{key}")
    return found
