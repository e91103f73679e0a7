"""PagerDuty's door: is it from PagerDuty, is it a V3 event, and have we seen it?

Source: https://developer.pagerduty.com/docs/verifying-webhook-signatures and
https://developer.pagerduty.com/docs/webhooks-behavior.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from opsbot.integrations import Secret, SecretUnavailable, WebhookRefused
from opsbot.integrations._foreign_json import loads, mapping, text

SIGNATURE = "x-pagerduty-signature"
_CURE = (
    "copy the secret of the webhook subscription into PAGERDUTY_WEBHOOK_SECRET; it was shown once, "
    "when the subscription was made, so make a new subscription if it is lost"
)


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> None:
    """Raise WebhookRefused (401) unless one configured secret signed the raw bytes.

    The header holds one `v1=<hex>` per active secret of the subscription, so both sides may
    rotate without losing a page. Raises SecretUnavailable when none of ours can be read.
    """
    signed = _signatures(headers.get(SIGNATURE, ""))
    ours, unreadable = _readable(secrets)
    if not signed:
        raise WebhookRefused(401, "no v1 signature", "send only signed V3 webhooks here")
    for secret in ours:
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
        # Bytes, because compare_digest refuses text that is not ASCII.
        if any(hmac.compare_digest(expected, given) for given in signed):
            return
    if unreadable or not ours:
        raise SecretUnavailable("the webhook secret cannot be read")
    raise WebhookRefused(401, "signature does not match", _CURE)


def _signatures(header: str) -> list[bytes]:
    parts = (part.strip() for part in header.split(","))
    return [part[3:].encode("utf-8", "replace") for part in parts if part.startswith("v1=")]


def _readable(secrets: Sequence[Secret]) -> tuple[list[str], bool]:
    ours: list[str] = []
    unreadable = False
    for secret in secrets:
        try:
            value = secret.read()
        except SecretUnavailable:
            unreadable = True
            continue
        if value:
            ours.append(value)
    return ours, unreadable


def event_of(body: bytes) -> dict[str, Any]:
    """The `event` object of a V3 body. Raises WebhookRefused (400) for anything else."""
    try:
        whole = mapping(loads(body))
    except ValueError:
        raise WebhookRefused(400, "not JSON", "point only V3 webhooks at this address") from None
    if "messages" in whole and "event" not in whole:
        cure = (
            "this is a V2 webhook, unsupported by PagerDuty since 2022; make a V3 subscription "
            "(Integrations > Generic Webhooks (v3)) and remove the V2 extension"
        )
        raise WebhookRefused(400, "V2 webhook", cure)
    event = mapping(whole.get("event"))
    if not event or not text(event.get("event_type")):
        raise WebhookRefused(400, "no event", "point only V3 webhooks at this address")
    return event


def check(body: bytes) -> None:
    """Raise WebhookRefused (400) unless `parse` can read the body."""
    event_of(body)


def delivery_key(body: bytes, headers: Mapping[str, str]) -> str:
    """What is the same for every attempt of one delivery: X-Webhook-Id, else the event's id."""
    given = headers.get("x-webhook-id", "").strip()
    if given and len(given) <= 200:
        return f"delivery:{given}"
    event_id = text(event_of(body).get("id"))
    return f"event:{event_id[:200]}" if event_id else f"body:{hashlib.sha256(body).hexdigest()}"
