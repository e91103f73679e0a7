"""Where opsbot listens, and by which address the outside reaches it, as far as that is known."""

from __future__ import annotations

from opsbot.app.doctor.means import Means
from opsbot.config import Settings
from opsbot.integrations.pagerduty.account import LookUpFailed, Subscription
from opsbot.integrations.pagerduty.subscriptions import DOOR_PATH

_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what it means


def local_address(settings: Settings) -> str:
    """The address on this machine; "" when the port is any free one."""
    host = _ANY_HOST.get(settings.host, settings.host)
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.port}" if settings.port else ""


async def public_address(means: Means) -> str:
    """The address Slack and PagerDuty call: the one that was named, or else the one to which
    PagerDuty sends webhooks; "" when nobody knows."""
    named = means.url or str(getattr(means.settings, "public_url", ""))
    account = means.account
    if named or account is None:
        return named.rstrip("/")
    try:
        ours = of_ours(await account.subscriptions())
    except LookUpFailed:
        return ""
    return ours[0].url.rstrip("/").removesuffix(DOOR_PATH) if ours else ""


def of_ours(subscriptions: tuple[Subscription, ...]) -> tuple[Subscription, ...]:
    """The subscriptions that send to an opsbot, those that are in use first."""
    found = [one for one in subscriptions if one.url.rstrip("/").endswith(DOOR_PATH)]
    return tuple(sorted(found, key=lambda one: one.disabled or not one.active))
