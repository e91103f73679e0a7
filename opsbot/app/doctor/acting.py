"""The executors: could a run act, right now, with what it needs. Nothing is done to find out."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.app.doctor.finding import Finding, skipped
from opsbot.app.doctor.inspected import finding_of
from opsbot.app.doctor.means import Means
from opsbot.config.configured_executor import ConfiguredExecutor
from opsbot.executors import Tools


@dataclass(frozen=True, slots=True)
class Look:
    """One configured executor, and the check that looks at it."""

    known: ConfiguredExecutor

    @property
    def name(self) -> str:
        """The name of the check."""
        return f"executor.{self.known.name}"

    async def ask(self, means: Means) -> Finding:
        """What the executor says of itself."""
        inspect = self.known.kind.inspect
        if inspect is None:
            return skipped(self.name, "there is nothing to ask it")
        tools = Tools(http=means.http, clock=means.clock, secrets=self.known.secrets)
        return finding_of(self.name, await inspect(self.known.settings, tools))


def looks(means: Means) -> tuple[Look, ...]:
    """One for each configured executor that can be asked something."""
    known = (Look(one) for one in means.settings.executors)
    return tuple(look for look in known if look.known.kind.inspect is not None)
