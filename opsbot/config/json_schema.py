"""The JSON Schema of `opsbot.yaml`, for editors that complete and check while typing."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import timedelta
from typing import Any, cast

from pydantic import TypeAdapter

from opsbot.config.executor_section import SECRET_NAME, SECRETS, VARIABLE, secret_fields
from opsbot.config.file import ConfigFile
from opsbot.config.scalar import DURATION_PATTERN, written_duration
from opsbot.config.service_section import ServiceSection
from opsbot.executors import ExecutorKind
from opsbot.integrations import Integration, SecretField

_DURATION = TypeAdapter(timedelta)


def schema(
    integrations: Iterable[Integration] = (), executors: Iterable[ExecutorKind] = ()
) -> dict[str, Any]:
    """The schema (draft 2020-12). With `integrations` or `executors`, their sections are checked
    too and other names are refused; without, any section is allowed."""
    made = ConfigFile.model_json_schema()
    definitions: dict[str, Any] = made["$defs"]
    properties: dict[str, Any] = made["properties"]
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "opsbot.yaml"
    _allow_list_of_services(properties["services"], definitions)
    sections = {
        vendor.name: _section(vendor, vendor.secrets, definitions) for vendor in integrations
    }
    if sections:
        properties["integrations"] |= {"properties": sections, "additionalProperties": False}
    sections = {kind.name: _acting(kind, definitions) for kind in executors}
    if sections:
        properties["executors"] |= {"properties": sections, "additionalProperties": False}
    rewrite_durations(made)
    return made


def _allow_list_of_services(services: dict[str, Any], definitions: dict[str, Any]) -> None:
    """A catalogue may be a mapping by name, or a list whose items carry the name."""
    item = deepcopy(definitions[ServiceSection.__name__])
    name = {"type": "string", "minLength": 1, "description": "OpenTelemetry service.name."}
    item["properties"] = {"name": name, **item["properties"]}
    item["required"] = ["name"]
    definitions["NamedService"] = item
    mapping = {key: services.pop(key) for key in ("type", "additionalProperties")}
    listed = {"type": "array", "items": {"$ref": "#/$defs/NamedService"}}
    services["anyOf"] = [mapping, listed]


def _acting(kind: ExecutorKind, definitions: dict[str, Any]) -> dict[str, Any]:
    """One executor's section; `secrets:` gives names of the operator's own choosing."""
    part = _section(kind, secret_fields(kind), definitions)
    if kind.named_secrets:
        place = {
            "type": "object",
            "properties": {
                "env": {"type": "string", "pattern": VARIABLE, "description": "Its variable."},
                "file": {"type": "string", "minLength": 1, "description": "Its file."},
            },
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        part["properties"][SECRETS] = {
            "type": ["object", "null"],
            "description": "Secrets by the names that runbooks use: {env: NAME} or {file: PATH}.",
            "propertyNames": {"pattern": SECRET_NAME},
            "additionalProperties": place,
        }
    return part


def _section(
    vendor: Integration | ExecutorKind, secrets: Iterable[SecretField], definitions: dict[str, Any]
) -> dict[str, Any]:
    """One vendor's section: its own settings, and where its secrets may be found."""
    part = vendor.settings.model_json_schema(ref_template=f"#/$defs/{vendor.name}.{{model}}")
    for name, definition in part.pop("$defs", {}).items():
        definitions[f"{vendor.name}.{name}"] = definition
    properties: dict[str, Any] = part.setdefault("properties", {})
    for secret in secrets:
        place = f"File that holds {secret.env}: {secret.why}."
        properties[f"{secret.name}_file"] = {"type": "string", "description": place}
        if secret.many:
            paths = {"type": "array", "items": {"type": "string"}, "description": place}
            properties[f"{secret.name}_files"] = paths
    part["type"] = ["object", "null"]
    part["additionalProperties"] = False
    return part


def rewrite_durations(node: Any) -> None:
    """Defaults as the file writes them (`5m`), not as ISO 8601 (`PT5M`)."""
    if isinstance(node, list):
        for item in cast("list[Any]", node):
            rewrite_durations(item)
    elif isinstance(node, dict):
        mapping = cast("dict[str, Any]", node)
        default = mapping.get("default")
        if mapping.get("pattern") == DURATION_PATTERN and isinstance(default, str):
            mapping["default"] = written_duration(_DURATION.validate_python(default))
        elif isinstance(default, dict):
            mapping.pop("default")  # a section's defaults stand at its own keys
        for key, item in list(mapping.items()):
            # Below `properties` keys are the file's own, whatever they are called.
            rewrite_durations(list(item.values()) if key == "properties" else item)
