"""What a valid `policy:` still lacks: rules that never decide, freezes that are over, people that
nobody named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from opsbot.config.finding import Finding, Weight, finding
from opsbot.config.settings import Settings
from opsbot.config.shadowed_policy_rule import shadowed_policy_rules
from opsbot.core.policy import Ruling, When
from opsbot.core.policy_when import until_text
from opsbot.core.policy_who import is_nobody
from opsbot.core.runbook import NOBODY, Who
from opsbot.core.text import listed


def policy_findings(settings: Settings, now: datetime | None) -> Iterator[Finding]:
    """Everything the policy lacks; without `now`, nothing is over."""
    yield from _rules(settings)
    yield from _people(settings, now)
    yield from _waits(settings)
    yield from _environments(settings)
    yield from _groups(settings)
    yield from _on_call(settings)
    for number, freeze in enumerate(settings.policy.freezes):
        if now is not None and freeze.end <= now:
            ended = until_text(freeze.end, now, settings.zone)
            yield finding(
                settings, Weight.WARNING, f"policy.freezes[{number}]",
                f"the freeze '{freeze.name}' is over since {ended}, so it holds nothing",
                "Remove it, or correct its times",
            )  # fmt: skip


def _rules(settings: Settings) -> Iterator[Finding]:
    rules = settings.policy.rules
    for number, rule in enumerate(rules):
        if rule.when.requester is not None and is_nobody(rule.when.requester):
            yield finding(
                settings, Weight.WARNING, f"policy.rules[{number}].when.requester",
                f"the rule '{rule.name}' never decides: its `requester:` names nobody",
                "Name groups, roles, on_call or everybody, or remove the condition",
            )  # fmt: skip
    for number, earlier in shadowed_policy_rules(rules):
        yield finding(
            settings, Weight.WARNING, f"policy.rules[{number}]",
            f"the rule '{rules[number].name}' never decides: '{rules[earlier].name}' above it "
            "takes every run it would",
            "Move it up, narrow the other one, or remove it",
        )  # fmt: skip


def _people(settings: Settings, now: datetime | None) -> Iterator[Finding]:
    policy = settings.policy
    if is_nobody(policy.approvers):
        yield finding(
            settings, Weight.WARNING, "policy.approvers",
            "it names nobody, so a run that needs approval is denied unless its rule says who "
            "approves",
            "Name groups, roles or on_call, or remove the key: then the lead and the on-call may",
        )  # fmt: skip
    if not is_nobody(policy.break_glass) or "policy" not in settings.lines:
        return
    standing = [one.name for one in policy.freezes if now is None or now < one.end]
    if standing:
        yield finding(
            settings, Weight.WARNING, "policy.break_glass",
            f"nobody may break the glass, so in {listed(tuple(standing))} not even an emergency "
            "is mended from here",
            "Add `break_glass:` with groups, roles or on_call",
        )  # fmt: skip
    else:
        yield finding(
            settings, Weight.ADVICE, "policy.break_glass",
            "nobody may break the glass, so nothing runs while no approver answers",
            "Add `break_glass:` with groups, roles or on_call; every use is told to everybody",
        )  # fmt: skip


def _waits(settings: Settings) -> Iterator[Finding]:
    policy = settings.policy
    if policy.page_after >= policy.expires:
        yield _never_paged(settings, "policy.page_after", "a request")
    for number, rule in enumerate(policy.rules):
        own = rule.expires is not None or rule.page_after is not None
        late = (rule.page_after or policy.page_after) >= (rule.expires or policy.expires)
        if own and late and rule.ruling is Ruling.NEEDS_APPROVAL:
            key = f"policy.rules[{number}].{'page_after' if rule.page_after else 'expires'}"
            yield _never_paged(settings, key, f"a request by '{rule.name}'")


def _never_paged(settings: Settings, key: str, what: str) -> Finding:
    return finding(
        settings, Weight.WARNING, key,
        f"{what} has expired before anybody is paged for it",
        "Make `page_after` shorter than `expires`",
    )  # fmt: skip


def _environments(settings: Settings) -> Iterator[Finding]:
    """Conditions on environments, compared with what the catalogue says."""
    services = settings.catalogue.services
    known = {one.environment.casefold() for one in services if one.environment}
    untold = tuple(one.name for one in services if not one.environment)
    asked = False
    for key, name, when in _conditions(settings):
        asked = asked or bool(when.environments)
        missing = [word for word in when.environments if word.casefold() not in known]
        if missing and services:
            yield finding(
                settings, Weight.WARNING, f"{key}.when.environment",
                f"'{name}' asks for {listed(tuple(missing))}, which is the environment of no "
                "service in the catalogue",
                f"Environments are {', '.join(sorted(known))}" if known
                else "Add `environment:` to the services",
            )  # fmt: skip
    if asked and untold:
        verb = "has" if len(untold) == 1 else "have"
        yield finding(
            settings, Weight.WARNING, "policy",
            f"the policy goes by environment, and {listed(untold)} {verb} none: what denies or "
            "asks holds for them, what allows does not",
            "Add `environment:` to them below `services:`",
        )  # fmt: skip


def _conditions(settings: Settings) -> Iterator[tuple[str, str, When]]:
    policy = settings.policy
    for number, rule in enumerate(policy.rules):
        yield f"policy.rules[{number}]", rule.name, rule.when
    for number, freeze in enumerate(policy.freezes):
        yield f"policy.freezes[{number}]", freeze.name, freeze.when


def _groups(settings: Settings) -> Iterator[Finding]:
    """A group that is called the same in two places has one id."""
    seen: dict[str, tuple[str, str]] = {}
    for key, name, group in _named_groups(settings):
        first, known = seen.setdefault(name, (key, group))
        if known != group:
            yield finding(
                settings, Weight.WARNING, key,
                f"the user group '{name}' is {group} here and {known} in {first}",
                "Write the id that Slack shows for it; the other name is somebody else's",
            )  # fmt: skip


def _on_call(settings: Settings) -> Iterator[Finding]:
    """People who are meant by their duty alone, where no pager can be asked for it."""
    able = any(
        known.integration.staffing is not None and known.secrets.get("api_token")
        for known in settings.integrations
    )
    for key, who in () if able else _places(settings):
        if replace(who, on_call=False) == NOBODY and who.on_call:
            yield finding(
                settings, Weight.WARNING, f"{key}.on_call",
                "it means nobody: no pager that can be asked who is on call is configured",
                "Add the pager's API token, or name groups or roles as well",
            )  # fmt: skip


def _named_groups(settings: Settings) -> Iterator[tuple[str, str, str]]:
    for number, row in enumerate(settings.permissions):
        for name, group in zip(row.group_names, row.groups, strict=False):
            yield f"permissions[{number}].groups.{name}", name, group
    for key, who in _places(settings):
        for name, group in zip(who.group_names, who.groups, strict=False):
            yield f"{key}.groups.{name}", name, group


def _places(settings: Settings) -> Iterator[tuple[str, Who]]:
    """Everybody whom the policy means, by the key where it does."""
    policy = settings.policy
    yield "policy.break_glass", policy.break_glass
    yield "policy.approvers", policy.approvers
    for key, _, when in _conditions(settings):
        yield f"{key}.when.requester", when.requester or NOBODY
    for number, rule in enumerate(policy.rules):
        yield f"policy.rules[{number}].by", rule.by
