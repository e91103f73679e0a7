"""What tests of executors stand on: tickets, secrets, and what was told while they acted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from opsbot.core.runbook import Scalar
from opsbot.executors import ExecutorKind, Tools
from opsbot.ports import (
    CallOutcome,
    Executor,
    Http,
    HttpAnswer,
    HttpFailure,
    Secret,
    SecretUnavailable,
    Ticket,
)
from tests.fakes.clock import ManualClock

SECRET = "s3cr3t-nobody-may-see"


def ticket(*, timeout_s: float = 10.0, output_limit: int = 65_536, step: str = "steps:0") -> Ticket:
    """Somebody's ticket for one step."""
    return Ticket(
        run_id="run-7", step=step, actor_id="U0ROBIN01", actor_name="Robin",
        timeout_s=timeout_s, output_limit=output_limit,
    )  # fmt: skip


@dataclass(slots=True)
class StageSecret:
    """A secret with a known text, or one that cannot be read (None)."""

    content: str | None = SECRET
    name: str = "deploy-token"

    def read(self) -> str:
        if self.content is None:
            raise SecretUnavailable(f"{self.name}: the file is gone")
        return self.content


class NoHttp:
    """The way out, closed."""

    async def request(self, method: str, url: str, **_: Any) -> HttpAnswer:
        raise HttpFailure("no way out here", sent=False)


def made(
    kind: ExecutorKind,
    settings: Mapping[str, Any] | None = None,
    *,
    http: Http | None = None,
    secrets: Mapping[str, Secret] | None = None,
) -> Executor:
    """The executor as it would be made of these settings."""
    checked: BaseModel = kind.settings.model_validate(dict(settings or {}))
    tools = Tools(http=http or NoHttp(), clock=ManualClock(), secrets=dict(secrets or {}))
    return kind.make(checked, tools)


@dataclass(slots=True)
class Acting:
    """One act: its outcome and the lines that were told meanwhile."""

    executor: Executor
    told: list[str] = field(default_factory=list[str])

    async def out(
        self,
        call: Mapping[str, Any],
        binding: Mapping[str, Scalar] | None = None,
        **bounds: Any,
    ) -> CallOutcome:
        """Act on the call, with a ticket of these bounds."""
        return await self.executor.act(call, binding or {}, ticket(**bounds), self.told.append)
