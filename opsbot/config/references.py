"""What has to fit together: rules name known services, dependencies exist, ids are unique.

Works on the values as they are written, not on the validated models, so that a mistake in one
rule does not hide a mistake in the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast

from pydantic_core import PydanticCustomError

from opsbot.config.problem import KeyPath, Report, dotted, quoted, suggestion
from opsbot.config.scalar import duration, moment, time_zone


def check_references(root: dict[str, Any], report: Report) -> None:
    """Note in `report` everything in `root` that points to nothing or contradicts itself."""
    services = _mapping(root.get("services"))
    _check_rules(_items(root.get("routing")), services, report)
    _check_maintenance(root, services, report)
    _check_policy(root, services, report)
    _check_services(services, report)
    _check_evidence(_mapping(root.get("evidence")), report)
    _check_shadow(root, report)


def _check_rules(
    rules: Sequence[dict[str, Any]], services: Collection[str], report: Report
) -> None:
    named: dict[str, int] = {}
    for number, rule in enumerate(rules):
        path: KeyPath = ("routing", number)
        when = _mapping(rule.get("when"))
        _check_known((*path, "when", "service"), when.get("service"), services, report)
        name = rule.get("name")
        if isinstance(name, str) and name in named:
            other = dotted(("routing", named[name]))
            fix = "Give each rule its own name: the record says it as the reason"
            report.add((*path, "name"), f"{other} has the same name", fix)
        elif isinstance(name, str):
            named[name] = number
        if rule.get("channel") and rule.get("then") in ("room", "digest", "ignore"):
            fix = "Remove `channel`, or write `then: thread`"
            report.add((*path, "channel"), "only `then: thread` uses a channel", fix)


def _check_maintenance(root: dict[str, Any], services: Collection[str], report: Report) -> None:
    for number, window in enumerate(_items(root.get("maintenance"))):
        path: KeyPath = ("maintenance", number)
        _check_known((*path, "services"), window.get("services"), services, report)
        _check_span(path, window, root, report)


def _check_span(
    path: KeyPath, written: dict[str, Any], root: dict[str, Any], report: Report
) -> None:
    zone = _zone(root)
    times = [
        _read(moment, written.get(key), zone, path=(*path, key), report=report)
        for key in ("start", "end")
    ]
    if None not in times and times[1] <= times[0]:
        report.add((*path, "end"), "the end is not after the start", "Correct one of the two")


def _check_policy(root: dict[str, Any], services: Collection[str], report: Report) -> None:
    policy = _mapping(root.get("policy"))
    named: dict[str, KeyPath] = {}
    for part in ("rules", "limits", "freezes"):
        for number, written in enumerate(_items(policy.get(part))):
            path: KeyPath = ("policy", part, number)
            when = _mapping(written.get("when"))
            _check_known((*path, "when", "service"), when.get("service"), services, report)
            name = written.get("name")
            if isinstance(name, str) and name in named:
                fix = "Give each its own name: people are told it as what decided"
                problem = f"{dotted(named[name])} has the same name"
                report.add((*path, "name"), problem, fix)
            elif isinstance(name, str):
                named[name] = path
            if part == "freezes":
                _check_span(path, written, root, report)


def _check_services(services: dict[str, Any], report: Report) -> None:
    owner_of: dict[str, str] = {}
    for name, written in services.items():
        service = _mapping(written)
        path: KeyPath = ("services", name)
        _check_known((*path, "depends_on"), service.get("depends_on"), services, report)
        pager_id = service.get("pagerduty_id")
        if not isinstance(pager_id, str) or not pager_id:
            continue
        if pager_id in owner_of:
            fix = "Give the id to one of the two: a page can only be about one service"
            problem = f"{quoted(owner_of[pager_id])} has the same PagerDuty id"
            report.add((*path, "pagerduty_id"), problem, fix)
        owner_of.setdefault(pager_id, name)


def _check_known(path: KeyPath, names: Any, services: Collection[str], report: Report) -> None:
    for at, name in _texts(path, names):
        if name not in services:
            fix = suggestion(name, services, "Add it to `services:`, or correct the name")
            report.add(at, f"no service in the catalogue is called {quoted(name)}", fix)


def _check_evidence(evidence: dict[str, Any], report: Report) -> None:
    window = _read(duration, evidence.get("window", "30m"))
    horizon = _read(duration, evidence.get("horizon", "24h"))
    if window is not None and horizon is not None and horizon < window:
        fix = "Make `horizon` at least as long as `window`"
        report.add(("evidence", "horizon"), "the horizon is shorter than the window", fix)


def _check_shadow(root: dict[str, Any], report: Report) -> None:
    if root.get("mode") != "shadow" or _mapping(root.get("slack")).get("shadow_channel"):
        return
    fix = "Add `shadow_channel:` below `slack:` with the id of a private channel"
    report.add(("mode",), "shadow mode has no channel to speak in", fix)


def _zone(root: dict[str, Any]) -> str:
    return _read(time_zone, root.get("timezone")) or "UTC"


def _read(
    parse: Any, value: Any, *rest: str, path: KeyPath = (), report: Report | None = None
) -> Any:
    """`value` parsed, or None; the reason is noted when there is a report to note it in."""
    if value is None or not isinstance(value, str):
        return None
    try:
        return parse(value, *rest)
    except PydanticCustomError as error:
        context = error.context or {}
        if report is not None:
            report.add(path, str(context["problem"]), str(context["fix"]))
        return None


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _items(value: Any) -> list[dict[str, Any]]:
    return [_mapping(item) for item in cast("list[Any]", value)] if isinstance(value, list) else []


def _texts(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, str]]:
    """One text, or the texts of a list, each with its own path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for number, item in enumerate(cast("list[Any]", value)):
            if isinstance(item, str):
                yield (*path, number), item
