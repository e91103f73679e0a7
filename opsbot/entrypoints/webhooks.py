"""Doors for vendors that send webhooks: `/webhooks/<vendor>`, verified by the vendor's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsbot.entrypoints.doors import Door, Refusal
from opsbot.integrations import Webhook, WebhookRefused
from opsbot.ports import Secret, SecretUnavailable


def webhook_door(name: str, webhook: Webhook, secrets: Sequence[Secret], max_bytes: int) -> Door:
    """The door of one integration. A secret that cannot be read answers 503, never 4xx: senders
    retry a 5xx, and drop the delivery (and in time the subscription) on a 4xx."""

    def admit(body: bytes, headers: Mapping[str, str]) -> str:
        try:
            webhook.verify(body, headers, secrets)
            webhook.check(body)
            return webhook.key(body, headers)
        except WebhookRefused as refused:
            raise Refusal(refused.status, refused.reason, refused.cure) from None
        except SecretUnavailable:
            raise Refusal(
                503, "own secret unavailable",
                f"opsbot cannot read its own {name} webhook secret, so it asks the sender to "
                "retry; check the environment or the secret file of the running process",
            ) from None  # fmt: skip

    return Door(name=name, admit=admit, max_bytes=min(max_bytes, webhook.max_bytes))
