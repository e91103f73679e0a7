"""opsbot.yaml as text: what was answered and found, with a remark where it is not sure. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opsbot.app.draft.services import Drafted
from opsbot.core.text import inert

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[./-][A-Za-z0-9_]+)*")
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_HEAD = """\
# Drafted by `opsbot init`. Read it once: what it was not sure of says `# unsure`.
# Every setting with its meaning: docs/opsbot.example.yaml. `opsbot check` reads this file offline,
# `opsbot doctor` asks the real systems. Secrets never stand here; they come from the environment:
#   SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET (and SLACK_APP_TOKEN for Socket Mode),
#   PAGERDUTY_WEBHOOK_SECRET, PAGERDUTY_API_TOKEN, and what your telemetry asks for.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """One backend of logs, metrics or traces; `label` names the service, where one does."""

    url: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was asked and verified. Empty: not there, or not known."""

    slack_api: str = ""  # only when it is not Slack's own
    digest: str = ""
    ops: str = ""
    pagerduty: bool = True
    pagerduty_api: str = ""
    from_email: str = ""
    prometheus: Telemetry | None = None
    loki: Telemetry | None = None
    tempo: Telemetry | None = None
    github: bool = False
    github_api: str = ""


def document(answers: Answers, services: Sequence[Drafted] = ()) -> str:
    """The whole file. Foreign names in it are inert, in quotes where YAML would read them."""
    lines = [*_HEAD.splitlines(), "", "mode: live", *_slack(answers), *_integrations(answers)]
    if services:
        lines += ["", *_catalogue(services)]
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """Text as a YAML value: plain where that is safe, else in double quotes, which are JSON's."""
    text = inert(text, 200)
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _NOT_TEXT
    return text if plain else json.dumps(text, ensure_ascii=False)


def _slack(answers: Answers) -> Iterator[str]:
    yield from ("", "slack:")
    for key, value, purpose in (
        ("digest_channel", answers.digest, "one card per incident"),
        ("ops_channel", answers.ops, "where opsbot speaks of its own trouble"),
    ):
        if value:
            yield f"  {key}: {scalar(value)} # {purpose}"
        else:
            yield f"  {key}: # unsure: write the channel's id, C...: {purpose}"
    if answers.slack_api:
        yield f"  api_url: {scalar(answers.slack_api)}"


def _integrations(answers: Answers) -> Iterator[str]:
    yield from ("", "integrations:")
    if answers.pagerduty:
        yield "  pagerduty:"
        if answers.pagerduty_api:
            yield f"    api_url: {scalar(answers.pagerduty_api)}"
        yield f"    from_email: {scalar(answers.from_email) if answers.from_email else ''}".rstrip()
    for name, one in (
        ("prometheus", answers.prometheus), ("loki", answers.loki), ("tempo", answers.tempo),
    ):  # fmt: skip
        if one is not None:
            yield f"  {name}:"
            yield f"    url: {scalar(one.url)}"
            if one.label:
                yield f"    service_label: {scalar(one.label)}"
    if answers.github:
        yield "  github:"
        if answers.github_api:
            yield f"    api_url: {scalar(answers.github_api)}"


def _catalogue(services: Sequence[Drafted]) -> Iterator[str]:
    yield "# The name is the service's OpenTelemetry service.name. What makes an entry worth more:"
    yield "#   channel (the team's), repository (owner/name), depends_on (the services it calls)."
    yield "services:"
    for service in services:
        yield f"  - name: {scalar(service.name)}{_doubt(service, 'name')}"
        if service.owner:
            yield f"    owner: {scalar(service.owner)}"
        if service.pagerduty_id:
            doubt = _doubt(service, "pagerduty_id")
            yield f"    pagerduty_id: {scalar(service.pagerduty_id)}{doubt}"
        if service.selectors:
            yield "    selectors:"
            for source, value in sorted(service.selectors.items()):
                yield f"      {source}: {scalar(value)}{_doubt(service, source)}"
        if service.depends_on:
            yield f"    depends_on: [{', '.join(scalar(name) for name in service.depends_on)}]"


def _doubt(service: Drafted, key: str) -> str:
    why = service.doubts.get(key, "")
    return f" # unsure: {inert(why, 200)}" if why else ""
