"""PagerDuty's door: whether a V3 webhook is genuine, and which delivery it is.

After https://docs.pagerduty.com/developer/verifying-webhook-signatures. PagerDuty drops a 4xx for
good and switches a subscription off after three drops, so 4xx is said only when no secret could
have matched.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from opsbot.integrations import WebhookRefused
from opsbot.integrations._foreign_json import loads, mapping, text
from opsbot.ports import Secret, SecretUnavailable

SIGNATURE = "x-pagerduty-signature"
DELIVERY = "x-webhook-id"
_VERSION = "v1="
_LONGEST_KEY = 200


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[Secret]) -> None:
    """Return when the raw body carries a signature of one of the secrets.

    The header lists one signature per active secret of the subscription, so that secrets can be
    changed without losing a delivery. Raises WebhookRefused (401) when none matches, and
    SecretUnavailable when a secret that might have matched cannot be read right now.
    """
    keys, unreadable = _readable(secrets)
    given = _signatures(_header(headers, SIGNATURE))
    if _matches(body, given, keys):
        return
    if not keys or unreadable:
        raise SecretUnavailable("a PagerDuty webhook secret cannot be read, or is empty")
    if not given:
        raise WebhookRefused(
            401,
            "no v1 signature in X-PagerDuty-Signature",
            "send webhooks of a V3 subscription here; older extensions do not sign",
        )
    raise WebhookRefused(
        401,
        "the signature matches none of the configured webhook secrets",
        "copy the subscription's secret into PAGERDUTY_WEBHOOK_SECRET; two are allowed while"
        " they change",
    )


def key(body: bytes, headers: Mapping[str, str]) -> str:
    """What makes two deliveries the same: X-Webhook-Id, else the event's id, else the body."""
    delivery = _header(headers, DELIVERY).strip()
    if delivery:
        return delivery[:_LONGEST_KEY]
    try:
        event_id = text(mapping(mapping(loads(body)).get("event")).get("id"))
    except ValueError:
        event_id = ""
    return event_id[:_LONGEST_KEY] or f"sha256:{hashlib.sha256(body).hexdigest()}"


def _readable(secrets: Sequence[Secret]) -> tuple[list[bytes], bool]:
    keys: list[bytes] = []
    unreadable = False
    for secret in secrets:
        try:
            content = secret.read().strip()
        except SecretUnavailable:
            content = ""
        if content:
            keys.append(content.encode())
        else:
            unreadable = True  # an empty key would let anybody sign
    return keys, unreadable


def _header(headers: Mapping[str, str], name: str) -> str:
    found = [value for known, value in headers.items() if known.lower() == name]
    return ",".join(found)


def _signatures(header: str) -> list[bytes]:
    entries = (entry.strip() for entry in header.split(","))
    return [
        # Header bytes that are not ASCII arrive as surrogates; they match nothing.
        entry.removeprefix(_VERSION).strip().lower().encode("utf-8", "surrogatepass")
        for entry in entries
        if entry.startswith(_VERSION)
    ]


def _matches(body: bytes, given: Sequence[bytes], keys: Sequence[bytes]) -> bool:
    """Compare every signature with every secret, so that the time tells nothing."""
    matched = False
    for secret in keys:
        expected = hmac.digest(secret, body, "sha256").hex().encode()
        for signature in given:
            matched |= hmac.compare_digest(expected, signature)
    return matched
