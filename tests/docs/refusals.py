"""What a door answers to bad deliveries, learnt by knocking."""

from __future__ import annotations

import hashlib
import hmac
import json

from opsbot.catalog import find_integration
from opsbot.integrations import Webhook, WebhookRefused
from tests.docs.markdown_table import table

SECRET = "documents"
_EVENT = json.dumps({"event": {"id": "1", "event_type": "incident.triggered", "data": {}}})
_KNOCKS: tuple[tuple[str, str, str | None], ...] = (
    ("no signature at all", _EVENT, None),
    ("signed with another secret", _EVENT, "another"),
    ("not JSON", "{", SECRET),
    ("a V2 webhook", json.dumps({"messages": [{"event": "incident.trigger"}]}), SECRET),
    ("JSON, but no V3 event", json.dumps({"hello": "world"}), SECRET),
)


class Written:
    """A secret that stands right here."""

    name = "written"

    def read(self) -> str:
        return SECRET


def refusals_of(vendor: str) -> str:
    """The table of the refusals of a vendor's door."""
    integration = find_integration(vendor)
    assert integration is not None
    assert integration.webhook is not None
    rows: list[tuple[str, ...]] = []
    for what, body, secret in _KNOCKS:
        refused = _knock(integration.webhook, body.encode(), secret)
        rows.append((what, str(refused.status), f"`{refused.reason}`", refused.cure))
    return table(("delivery", "status", "reason", "cure, as the ops channel says it"), rows)


def _knock(webhook: Webhook, body: bytes, secret: str | None) -> WebhookRefused:
    headers = {} if secret is None else {"x-pagerduty-signature": _signed(body, secret)}
    try:
        webhook.verify(body, headers, [Written()])
        webhook.check(body)
    except WebhookRefused as refused:
        return refused
    raise AssertionError(f"the door took {body[:40]!r}")


def _signed(body: bytes, secret: str) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
