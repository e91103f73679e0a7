"""What opsbot's token may do in the cluster, asked before a run needs it.

Kubernetes reference "SelfSubjectAccessReview": it answers whether the one who asks may do
something, changes nothing, and everybody with a token may ask (role `system:basic-user`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opsbot.core.text import count, listed
from opsbot.executors._kubernetes_api import CURES, ClusterApi, ClusterFailed, Right
from opsbot.executors._kubernetes_settings import Settings
from opsbot.ports import Inspection, Trouble

_AT_ONCE = 8
_ROLE = "Add it to opsbot's Role there; docs/executors.md has the whole Role"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """One row of the Role in docs/executors.md, and what is lost without it."""

    right: Right
    lost: str
    hinders: bool = False


_NEEDS = (
    _Need(right=Right(verb="get", group="apps", resource="deployments"),
          lost="nothing can be done", hinders=True),
    _Need(right=Right(verb="patch", group="apps", resource="deployments"),
          lost="restart and undo are refused"),
    _Need(right=Right(verb="patch", group="apps", resource="deployments", part="scale"),
          lost="scale is refused"),
    _Need(right=Right(verb="list", group="apps", resource="replicasets"),
          lost="undo is refused"),
    _Need(right=Right(verb="list", group="", resource="pods"),
          lost="diagnostics lack the pods"),
    _Need(right=Right(verb="list", group="", resource="events"),
          lost="diagnostics lack the events"),
    _Need(right=Right(verb="list", group="autoscaling", resource="horizontalpodautoscalers"),
          lost="previews do not say that an autoscaler is in the way"),
)  # fmt: skip


async def inspect(settings: Settings, api: ClusterApi) -> Inspection:
    """Whether the cluster is reached, takes the token, and lets it do what runbooks may ask."""
    try:
        # One alone first: where it fails, all of them would, for the same reason.
        await _allowed(settings, api, _NEEDS[0].right, settings.namespaces[0])
        refused = await _refused(settings, api)
    except ClusterFailed as failed:
        return Inspection(well="", troubles=(_no_cluster(settings, failed),))
    where = count(len(settings.namespaces), "namespace")
    well = f"{settings.place} takes the token, which may do everything in {where}"
    return Inspection(well=well, troubles=tuple(_troubles(refused)))


async def _refused(settings: Settings, api: ClusterApi) -> Sequence[tuple[_Need, tuple[str, ...]]]:
    """Each right with the namespaces in which the token does not have it."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def asked(need: _Need, namespace: str) -> bool:
        async with turns:
            return await _allowed(settings, api, need.right, namespace)

    pairs = [(need, namespace) for need in _NEEDS for namespace in settings.namespaces]
    allowed = await asyncio.gather(*(asked(*pair) for pair in pairs))
    lacking = [pair for pair, yes in zip(pairs, allowed, strict=True) if not yes]
    return [(need, tuple(where for one, where in lacking if one is need)) for need in _NEEDS]


def _no_cluster(settings: Settings, failed: ClusterFailed) -> Trouble:
    fix = "Check executors.kubernetes.api_url, the network and the authorities"
    if failed.status == 401:
        fix = "Put a token that is valid into KUBERNETES_TOKEN, or into the file that is named"
    said = failed.said
    for cure in CURES.values():
        said = said.removesuffix(f"; {cure}")
    return Trouble(said=f"{settings.place}: {said}", fix=fix)


def _troubles(refused: Sequence[tuple[_Need, tuple[str, ...]]]) -> Iterator[Trouble]:
    for need, namespaces in refused:
        if namespaces:
            said = f"the token may not {need.right} in {listed(namespaces)}: {need.lost}"
            yield Trouble(said=said, fix=_ROLE, hinders=need.hinders)


async def _allowed(settings: Settings, api: ClusterApi, right: Right, namespace: str) -> bool:
    return await api.may(right, namespace, timeout=settings.request_seconds)
