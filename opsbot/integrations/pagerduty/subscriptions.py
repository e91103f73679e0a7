"""Whether PagerDuty's webhooks will reach opsbot, by what the account's subscriptions say.

After PagerDuty's API reference, "Webhook Subscriptions": after three dropped deliveries in a row
a subscription is switched off for a day, and what happens meanwhile is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlsplit

from opsbot.core.text import count, inert
from opsbot.integrations._foreign_json import items, mapping, objects, text
from opsbot.integrations.pagerduty.api import PagerDutyApi
from opsbot.integrations.pagerduty.log_lines import Json

DOOR_PATH = "/webhooks/pagerduty"
NEEDED_EVENTS = (
    "incident.triggered",
    "incident.acknowledged",
    "incident.unacknowledged",
    "incident.resolved",
    "incident.reopened",
    "incident.escalated",
    "incident.delegated",
    "incident.reassigned",
    "incident.priority_updated",
    "incident.annotated",
)
"""Without these an incident here goes out of step with PagerDuty's."""

_PAGE = 100
_MOST_PAGES = 10
_PLACE = "PagerDuty > Integrations > Generic Webhooks (v3)"


async def list_subscriptions(api: PagerDutyApi, deadline: float) -> list[Json]:
    """Every subscription that the key may see, ours in full; raises LookUpFailed.

    A list may leave out whether a subscription is switched off, so ours are then read one by one.
    """
    found: list[Json] = []
    for page in range(_MOST_PAGES):
        params = [("limit", str(_PAGE)), ("offset", str(page * _PAGE))]
        answer = await api.get("/webhook_subscriptions", params, timeout=deadline)
        found += objects(answer.get("webhook_subscriptions"))
        if answer.get("more") is not True:
            break
    return [await _in_full(api, one, deadline) for one in found]


async def _in_full(api: PagerDutyApi, one: Json, deadline: float) -> Json:
    if not _is_ours(one) or "temporarily_disabled" in mapping(one.get("delivery_method")):
        return one
    path = f"/webhook_subscriptions/{quote(text(one.get('id')), safe='')}"
    answer = await api.get(path, timeout=deadline)
    return mapping(answer.get("webhook_subscription")) or one


def problem_of(subscriptions: Sequence[Json]) -> str:
    """Why webhooks will not come, each reason a sentence with its cure; empty when all is well."""
    if not subscriptions:
        return (
            "PagerDuty has no webhook subscription, so nothing reaches opsbot by itself: add one"
            f" under {_PLACE} for https://<your address>{DOOR_PATH}, or set intake: poll."
        )
    ours = [one for one in subscriptions if _is_ours(one)]
    if not ours:
        return (
            f"PagerDuty has {count(len(subscriptions), 'webhook subscription')}, but none to an"
            f" address that ends in {DOOR_PATH}: correct the URL under {_PLACE}."
        )
    return " ".join((*_switched_off(ours), *_missing(ours)))


def _is_ours(subscription: Json) -> bool:
    url = text(mapping(subscription.get("delivery_method")).get("url"))
    try:
        return urlsplit(url).path.rstrip("/").endswith(DOOR_PATH)
    except ValueError:
        return False


def _switched_off(ours: Sequence[Json]) -> Iterator[str]:
    for one in ours:
        name = inert(text(one.get("id")), 40)
        if mapping(one.get("delivery_method")).get("temporarily_disabled") is True:
            yield (
                f"PagerDuty has switched off webhook subscription {name} for up to 24 h, after"
                " three deliveries in a row were refused: make the webhook secret fit, then switch"
                f" it on under {_PLACE}, or by POST /webhook_subscriptions/{name}/enable."
            )
        elif one.get("active") is False:
            yield f"Webhook subscription {name} is not active: switch it on under {_PLACE}."


def _missing(ours: Sequence[Json]) -> Iterator[str]:
    """Event types that nobody sends: subscriptions of one filter complement each other, and one
    for the whole account complements them all."""
    told: dict[tuple[str, str], set[str]] = {}
    for one in ours:
        filtered = mapping(one.get("filter"))
        scope = (text(filtered.get("type")), text(filtered.get("id")))
        told.setdefault(scope, set()).update(text(name) for name in items(one.get("events")))
    everywhere = told.get(("account_reference", ""), set())
    for (kind, ident), events in told.items():
        missing = [name for name in NEEDED_EVENTS if name not in events | everywhere]
        if missing:
            of = f" for {inert(kind.removesuffix('_reference'), 20)} {inert(ident, 40)}"
            yield (
                f"PagerDuty's webhooks{of if ident else ''} leave out {', '.join(missing)}: add"
                f" these event types under {_PLACE}."
            )
