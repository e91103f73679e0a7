"""Kubernetes: restart, undo and scale Deployments, each watched until it is rolled out.

It speaks the API over the Http port and uses no client library: five paths are read and two
patched, and with HTTP injected the same proxies, authorities, deadlines and size bounds hold as
for every other call of opsbot. What each call needs of the cluster's RBAC stands in
docs/executors.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from opsbot.core.runbook import Scalar
from opsbot.executors import ExecutorKind, ExecutorSecret, Tools
from opsbot.executors._call_fields import CallRefused
from opsbot.executors._kubernetes_act import Act
from opsbot.executors._kubernetes_api import ClusterApi, ClusterFailed
from opsbot.executors._kubernetes_call import (
    KubernetesCall,
    Verb,
    problems_of,
    read_call,
)
from opsbot.executors._kubernetes_countdown import Countdown
from opsbot.executors._kubernetes_inspect import inspect
from opsbot.executors._kubernetes_look import Look
from opsbot.executors._kubernetes_plan import Planner, outside
from opsbot.executors._kubernetes_rollout import NotDone, Unknown
from opsbot.executors._kubernetes_settings import Settings, token_of
from opsbot.executors._masks import Masks
from opsbot.executors._output import Output
from opsbot.ports import (
    CallOutcome,
    Clock,
    Executor,
    Failed,
    Inspection,
    Plan,
    Succeeded,
    Ticket,
    Unclear,
)


class KubernetesExecutor:
    """One cluster, in the namespaces that its settings name."""

    def __init__(self, settings: Settings, api: ClusterApi, clock: Clock) -> None:
        self._settings, self._api, self._clock = settings, api, clock

    @property
    def name(self) -> str:
        return "kubernetes"

    def check(self, call: Mapping[str, Any]) -> tuple[str, ...]:
        """Why a call as written in a runbook could never run."""
        return problems_of(call)

    async def plan(self, call: Mapping[str, Any]) -> Plan:
        """What the call would do, with a dry run's answer; changes nothing."""
        return await Planner(api=self._api, settings=self._settings).plan(call)

    async def act(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> CallOutcome:  # fmt: skip
        """Do what was planned, once, and watch it until the ticket's time is up. A change that
        the cluster took and that did not come up has acted; one that it refused has not."""
        output = Output(ticket.output_limit, Masks(), tell)

        def line(text: str) -> None:
            output.feed(f"{text}\n".encode("utf-8", "replace"))

        outcome = await self._outcome(call, binding, ticket, line)
        kept = output.finish()
        return replace(outcome, output=kept.text, cut=kept.cut)

    async def _outcome(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> CallOutcome:  # fmt: skip
        try:
            checked = read_call(call)
            if why := outside(self._settings, checked.target):
                return Failed(said=why)
            return await self._done(checked, binding, ticket, tell)
        except CallRefused as refused:
            return Failed(said=str(refused))
        except NotDone as not_done:
            return Failed(said=str(not_done), acted=not_done.acted)
        except Unknown as unknown:
            return Unclear(said=str(unknown))
        except ClusterFailed as failed:  # of a read, or of a change that was turned down
            return Failed(
                said=failed.said if _reads_only(call) else f"nothing was changed: {failed.said}"
            )

    async def _done(
        self, call: KubernetesCall, binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> Succeeded:  # fmt: skip
        countdown = Countdown(self._clock, ticket.timeout_s)
        if call.verb.reads_only:
            look = Look(
                api=self._api, settings=self._settings, target=call.target, countdown=countdown,
                tell=tell,
            )  # fmt: skip
            return await (look.status() if call.verb is Verb.STATUS else look.diagnostics())
        act = Act(
            api=self._api, settings=self._settings, clock=self._clock, call=call,
            binding=binding, ticket=ticket, countdown=countdown, tell=tell,
        )  # fmt: skip
        return await act.run()


def _reads_only(call: Mapping[str, Any]) -> bool:
    return all(verb in tuple(Verb) and Verb(verb).reads_only for verb in call)


def _changes(call: Mapping[str, Any]) -> bool:
    return not _reads_only(call)


def _api(settings: Settings, tools: Tools) -> ClusterApi:
    secret = tools.secrets.get("token")
    return ClusterApi(http=tools.http, url=settings.api_url, token=lambda: token_of(secret))


def _make(settings: Settings, tools: Tools) -> Executor:
    return KubernetesExecutor(settings, _api(settings, tools), tools.clock)


async def _inspect(settings: Settings, tools: Tools) -> Inspection:
    return await inspect(settings, _api(settings, tools))


EXECUTOR = ExecutorKind(
    name="kubernetes",
    settings=Settings,
    make=_make,
    changes=_changes,
    inspect=_inspect,
    secrets=(
        ExecutorSecret(
            name="token",
            env="KUBERNETES_TOKEN",
            why="bearer token of a service account; in a cluster, the pod's own is used",
        ),
    ),
)
