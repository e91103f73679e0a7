"""Runbooks as the policy looks at them: what one is, and not whether it can be run here."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.app.own_runbooks import team_shelf
from opsbot.catalog.runbooks import ShippedMissing
from opsbot.config import ConfigInvalid, Finding, Settings, Weight
from opsbot.config.finding import finding
from opsbot.core.nearest import nearest
from opsbot.core.runbook import Runbook
from opsbot.core.text import inert


def described_runbooks(settings: Settings) -> tuple[Runbook, ...]:
    """Every runbook that can be read: name, risk, guard, approval. Nothing is asked of executors,
    and what is wrong with a file is for `opsbot runbook check` to say."""
    try:
        return team_shelf(settings, {}).runbooks
    except (ConfigInvalid, ShippedMissing):
        return ()


def unknown_runbooks(settings: Settings) -> Iterator[Finding]:
    """Runbooks that the policy names and that do not exist, so that it says nothing of any."""
    known = [runbook.name for runbook in described_runbooks(settings)]
    policy = settings.policy
    places = [
        *((f"policy.rules[{n}]", one.name, one.when) for n, one in enumerate(policy.rules)),
        *((f"policy.limits[{n}]", one.name, one.when) for n, one in enumerate(policy.limits)),
        *((f"policy.freezes[{n}]", one.name, one.when) for n, one in enumerate(policy.freezes)),
    ]
    for key, name, when in places if known else ():
        for runbook in when.runbooks:
            if runbook in known:
                continue
            close = nearest(runbook, known)
            yield finding(
                settings, Weight.WARNING, f"{key}.when.runbook",
                f"'{name}' is about the runbook '{inert(runbook, 80)}', and there is none",
                f"Did you mean {close}?" if close else f"Runbooks are {', '.join(known)}",
            )  # fmt: skip
