"""Postmortems: would every place take one, and are the templates usable. Nothing is published."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from opsbot.app.doctor import slack
from opsbot.app.doctor.finding import Finding, ok, skipped, warn
from opsbot.app.doctor.inspected import finding_of
from opsbot.app.doctor.means import Means
from opsbot.app.own_templates import template_findings
from opsbot.config.settings import ConfiguredIntegration
from opsbot.core.text import count
from opsbot.integrations import Wiring

_SCOPE = "files:write"


@dataclass(frozen=True, slots=True)
class Look:
    """One configured place for postmortems, and the check that looks at it."""

    known: ConfiguredIntegration

    @property
    def name(self) -> str:
        """The name of the check."""
        return f"publisher.{self.known.name}"

    async def ask(self, means: Means) -> Finding:
        """What the place says of itself."""
        inspect = self.known.integration.inspect_publisher
        if inspect is None:
            return skipped(self.name, "there is nothing to ask it")
        return finding_of(self.name, await inspect(self.known.settings, _wiring(means, self.known)))


def looks(means: Means) -> Iterator[Look]:
    """One for each place that is set up and can be asked something."""
    for known in means.settings.integrations:
        made = known.integration.publisher
        if made is None or known.integration.inspect_publisher is None:
            continue
        if made(known.settings, _wiring(means, known)) is not None:
            yield Look(known)


async def in_slack(means: Means) -> Finding:
    """Whether the room can be given the document as a file."""
    name = "publisher.slack"
    if not means.settings.postmortem.shares:
        return skipped(name, "postmortem.slack is off: no file goes into the room")
    who = await slack.identity(means)
    if who is None:
        return skipped(name, slack.NO_TOKEN)
    if not who.scopes:
        return skipped(name, "Slack did not say which scopes were granted")
    if _SCOPE in who.scopes:
        return ok(name, "the room gets every postmortem as a file")
    said = f"the scope {_SCOPE} is not granted, so no room gets its postmortem as a file"
    return warn(name, said, "Add it under 'OAuth & Permissions' and install the app again")


async def templates(means: Means) -> Finding:
    """Templates that were left out, and a chosen one that is not there."""
    name = "postmortem.templates"
    found = await asyncio.to_thread(template_findings, means.settings)
    if not found:
        return ok(name, f"postmortems are written by '{means.settings.postmortem.template}'")
    first = found[0]
    said = f"{first.key}: {first.problem}"
    more = f"; and {count(len(found) - 1, 'more finding')}" if len(found) > 1 else ""
    return warn(name, said + more, f"{first.fix}; `opsbot check` lists all")


def _wiring(means: Means, known: ConfiguredIntegration) -> Wiring:
    folder = means.settings.file.parent
    return Wiring(http=means.http, clock=means.clock, secrets=known.secrets, folder=folder)
