"""`opsbot check`: what a valid configuration still lacks, as findings with a way to mend each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from opsbot.config.coverage import coverage
from opsbot.config.executor_findings import executor_findings
from opsbot.config.finding import Finding, Weight, finding
from opsbot.config.policy_findings import policy_findings
from opsbot.config.secret import FoundSecrets, places
from opsbot.config.settings import Settings
from opsbot.config.shadowed_rule import shadowed
from opsbot.core.entry import Mode, Placement
from opsbot.core.text import listed
from opsbot.ports import SecretUnavailable

__all__ = ["Finding", "Weight", "check"]


def check(settings: Settings, now: datetime | None = None) -> list[Finding]:
    """Everything `settings` lack, worst first. Reads secret files, and asks nobody.

    What is over by `now` is told, too; without it nothing is.
    """
    found = [
        *_channels(settings),
        *_secrets(settings),
        *_credentials(settings),
        *_rules(settings),
        *policy_findings(settings, now),
        *executor_findings(settings),
        *_selectors(settings),
        *_integrations(settings),
        *_catalogue(settings),
    ]
    order = list(Weight)
    return sorted(found, key=lambda one: order.index(one.weight))


def _channels(settings: Settings) -> Iterator[Finding]:
    channels = settings.slack.channels
    if not channels.digest and settings.mode is Mode.LIVE:
        yield finding(
            settings,
            Weight.ERROR,
            "slack.digest_channel",
            "there is no digest channel, so a page that opens no room is shown nowhere",
            "Create a channel such as #incidents and write its id",
        )
    if not channels.ops:
        yield finding(
            settings,
            Weight.WARNING,
            "slack.ops_channel",
            "there is no ops channel, so opsbot cannot tell anybody of its own trouble",
            "Write the id of a channel that the operators of opsbot read",
        )
    if channels.digest and channels.digest == channels.ops:
        yield finding(
            settings,
            Weight.ADVICE,
            "slack.ops_channel",
            "the digest and opsbot's own trouble share a channel",
            "Give opsbot's own trouble a channel of its own",
        )


def _secrets(settings: Settings) -> Iterator[Finding]:
    for section, found in settings.found_secrets():
        key = f"{section}.{found.wanted.name}"
        where = places(found.wanted, section)
        if not found.secrets and _is_needed(settings, section, found):
            problem = f"{found.wanted.env} is not set: {found.wanted.why}"
            yield finding(settings, Weight.ERROR, key, problem, _sentence(where))
        yield from _unreadable(settings, key, found)
        if found.ignored:
            yield finding(
                settings,
                Weight.WARNING,
                key,
                f"it is given more than once; {found.secrets[0].name} is used, and not "
                f"{listed(found.ignored)}",
                "Keep one of them",
            )


def _is_needed(settings: Settings, section: str, found: FoundSecrets) -> bool:
    """Whether opsbot cannot do what it is set to do without the secret."""
    match section, found.wanted.name:
        case "slack", "signing_secret":
            return not settings.slack.by_socket
        case "slack", "app_token":
            return settings.slack.receive == "socket"
        case _, "webhook_secret" if settings.intake == "poll":
            return False
        case _, "api_token" if settings.intake == "poll":
            return True
        case _:
            return found.wanted.required


def _credentials(settings: Settings) -> Iterator[Finding]:
    """Optional secrets are often alternatives: one that is set is enough to say nothing."""
    for known in settings.integrations:
        optional = [found for found in known.found if not found.wanted.required]
        if not optional or any(found.secrets for found in optional):
            continue
        section = f"integrations.{known.name}"
        missing = [found.wanted for found in optional]
        whys = "; ".join(f"{wanted.env}: {wanted.why}" for wanted in missing)
        fix = _sentence(places(missing[0], section))
        if len(missing) > 1:
            fix = f"If it needs one, {places(missing[0], section)}"
        yield finding(settings, Weight.ADVICE, section, f"no credentials are set ({whys})", fix)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _unreadable(settings: Settings, key: str, found: FoundSecrets) -> Iterator[Finding]:
    for secret in found.secrets:
        try:
            value = secret.read()
        except SecretUnavailable as error:
            fix = "Correct the path, its rights or its contents"
            yield finding(settings, Weight.ERROR, key, str(error), fix)
            continue
        kind, start, fix = _TOKENS.get(found.wanted.env, ("", "", ""))
        if not value.startswith(start):
            yield finding(settings, Weight.ERROR, key, f"{secret.name} is no {kind}", fix)


_TOKENS = {
    "SLACK_BOT_TOKEN": (
        "bot token", "xoxb-", "Copy the Bot User OAuth Token of the app; it starts with xoxb-",
    ),
    "SLACK_APP_TOKEN": (
        "app-level token", "xapp-",
        "Make an App-Level Token with connections:write; it starts with xapp-",
    ),
}  # fmt: skip


def _rules(settings: Settings) -> Iterator[Finding]:
    rules = settings.routing
    for number, earlier in shadowed(rules):
        yield finding(
            settings,
            Weight.WARNING,
            f"routing[{number}]",
            f"the rule '{rules[number].name}' never decides: '{rules[earlier].name}' above it "
            "takes every page it would",
            "Move it up, narrow the other one, or remove it",
        )
    lacking = {s.name for s in settings.catalogue.services if not s.channel}
    for number, rule in enumerate(rules):
        if rule.then is not Placement.THREAD or rule.channel:
            continue
        without = sorted(lacking & set(rule.services) if rule.services else lacking)
        if without:
            yield finding(
                settings,
                Weight.WARNING,
                f"routing[{number}]",
                f"the rule '{rule.name}' asks for a thread, but {listed(tuple(without))} "
                f"{'has' if len(without) == 1 else 'have'} no channel; the digest takes those",
                "Give the services a `channel:`, or the rule one for all",
            )


def _selectors(settings: Settings) -> Iterator[Finding]:
    """A selector is of an integration, or of an executor, perhaps one of several: those of
    kubernetes are kubernetes_namespace and kubernetes_deployment."""
    names = {known.name for known in settings.integrations}
    actors = {known.name for known in settings.executors}
    for service in settings.catalogue.services:
        for source, _ in service.selectors:
            if source not in names and source.partition("_")[0] not in actors:
                yield finding(
                    settings,
                    Weight.WARNING,
                    f"services.{service.name}.selectors.{source}",
                    f"no integration called '{source}' is configured",
                    f"Add `{source}:` below `integrations:`, or remove the selector",
                )


def _integrations(settings: Settings) -> Iterator[Finding]:
    configured = [known.integration for known in settings.integrations]
    if not any(integration.webhook for integration in configured):
        yield finding(
            settings,
            Weight.WARNING,
            "integrations",
            "nothing can page opsbot: no configured integration has a webhook",
            "Add `pagerduty:` below `integrations:`",
        )
    if not any(integration.sources for integration in configured):
        yield finding(
            settings,
            Weight.ADVICE,
            "integrations",
            "no configured integration gives evidence, so rooms open without any",
            "Add `prometheus:`, `loki:`, `tempo:` or `github:` below `integrations:`",
        )


def _catalogue(settings: Settings) -> Iterator[Finding]:
    if not settings.catalogue.services:
        yield finding(
            settings,
            Weight.WARNING,
            "services",
            "the catalogue is empty, so every service is unknown to routing and to evidence",
            "Add at least the services that page",
        )
    for row in coverage(settings):
        if row.lacking:
            yield finding(
                settings,
                Weight.ADVICE,
                "services",
                f"{row}; not {listed(row.lacking)}: {row.why}",
                f"Add `{row.key}:` to them",
            )
