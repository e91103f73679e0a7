"""The catalogue as it may be written, a list or a mapping, brought into the one form we check."""

from __future__ import annotations

from typing import Any, cast

from opsbot.config.problem import KeyPath, Report, dotted

_NAME_LIMIT = 200


def name_services(root: dict[str, Any], lines: dict[KeyPath, int], report: Report) -> None:
    """Make `services:` a mapping by name; the lines of a list's entries move along with them."""
    written = root.get("services")
    if isinstance(written, list):
        root["services"] = _by_name(cast("list[Any]", written), lines, report)
        written = root["services"]
    if isinstance(written, dict):
        for name in cast("dict[str, Any]", written):
            if not name.strip() or len(name) > _NAME_LIMIT:
                fix = f"Write its OpenTelemetry service.name, at most {_NAME_LIMIT} characters"
                report.add(("services", name), "no usable service name", fix)


def _by_name(written: list[Any], lines: dict[KeyPath, int], report: Report) -> dict[str, Any]:
    named: dict[str, Any] = {}
    moved: dict[int, str] = {}
    for number, item in enumerate(written):
        path: KeyPath = ("services", number)
        if not isinstance(item, dict):
            report.add(path, "not a mapping", "Write `- name: ...` with the other keys below it")
            continue
        service = dict(cast("dict[str, Any]", item))
        name = service.pop("name", None)
        if not isinstance(name, str):
            fix = "Add `name:` with its OpenTelemetry service.name, in quotes if it is a number"
            report.add((*path, "name"), "missing" if name is None else "not text", fix)
        elif name in named:
            first = lines.get(("services", name), 0)
            fix = "Give each service one entry"
            report.add((*path, "name"), f"{dotted((name,))} is also on line {first}", fix)
        else:
            named[name] = service
            moved[number] = name
            lines[("services", name)] = lines[path]
    _move(lines, moved)
    return named


def _move(lines: dict[KeyPath, int], moved: dict[int, str]) -> None:
    for path, line in list(lines.items()):
        if len(path) > 2 and path[0] == "services" and isinstance(path[1], int):
            name = moved.get(path[1])
            if name is not None:
                lines[("services", name, *path[2:])] = line
