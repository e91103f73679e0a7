"""PagerDuty: its webhooks open incidents, its API says who is paged and what it knows."""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.integrations import Integration, Polled, Webhook, Wiring
from opsbot.integrations.pagerduty.api import PagerDutyApi, api_of
from opsbot.integrations.pagerduty.events import check, parse
from opsbot.integrations.pagerduty.pager import PagerDutyPager
from opsbot.integrations.pagerduty.poll import PagerDutyFeed
from opsbot.integrations.pagerduty.polled import parse as parse_polled
from opsbot.integrations.pagerduty.settings import SECRETS, Settings
from opsbot.integrations.pagerduty.source import PagerDutySource
from opsbot.integrations.pagerduty.staffing import PagerDutyStaffing
from opsbot.integrations.pagerduty.webhook import key, verify
from opsbot.ports import AlertFeed, EvidenceSource, Pager, Staffing


def _api(settings: Settings, wiring: Wiring) -> PagerDutyApi:
    return api_of(wiring.http, wiring.clock, settings.api_url, wiring.secret("api_token"))


def _sources(settings: Settings, wiring: Wiring) -> Sequence[EvidenceSource]:
    if wiring.secret("api_token") is None:
        return []  # webhooks work without an API key; then there is nothing to look up
    return [
        PagerDutySource(
            api=_api(settings, wiring), clock=wiring.clock, deadline=settings.deadline_seconds
        )
    ]


def _pager(settings: Settings, wiring: Wiring) -> Pager:
    return PagerDutyPager(
        api=_api(settings, wiring),
        clock=wiring.clock,
        from_email=settings.from_email,
        on_call_levels=settings.on_call_levels,
        deadline=settings.deadline_seconds,
    )


def _staffing(settings: Settings, wiring: Wiring) -> Staffing | None:
    if wiring.secret("api_token") is None:
        return None
    return PagerDutyStaffing(
        api=_api(settings, wiring),
        clock=wiring.clock,
        from_email=settings.from_email,
        deadline=settings.deadline_seconds,
    )


def _feed(settings: Settings, wiring: Wiring) -> AlertFeed:
    return PagerDutyFeed(
        api=_api(settings, wiring), clock=wiring.clock, deadline=settings.deadline_seconds
    )


INTEGRATION = Integration(
    name="pagerduty",
    settings=Settings,
    secrets=SECRETS,
    sources=_sources,
    pager=_pager,
    webhook=Webhook(verify=verify, key=key, parse=parse, check=check),
    polled=Polled(feed=_feed, parse=parse_polled),
    staffing=_staffing,
)
