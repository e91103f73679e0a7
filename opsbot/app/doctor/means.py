"""What the checks work with: the settings, and the ways out to the systems they name."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from opsbot.app.executors import build_executors
from opsbot.app.outside import build_integrations
from opsbot.config import Settings
from opsbot.config.secret import FoundSecrets
from opsbot.http_client import AiohttpClient, proxy_for
from opsbot.http_client.tls import trust
from opsbot.integrations import Wiring
from opsbot.integrations.pagerduty.account import Account
from opsbot.integrations.pagerduty.api import api_of
from opsbot.ports import Clock, EvidenceSource, Executor, Gauge, Http
from opsbot.slack.directory import Directory
from opsbot.slack.gateway import Gateway

US, EU = "https://api.pagerduty.com", "https://api.eu.pagerduty.com"
OTHER_REGION: Mapping[str, str] = {US: EU, EU: US}


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """`write` lets checks leave a trace (a channel, a delivery, a test event); `url` is the
    public address Slack and PagerDuty call, when the operator named it; `patience` is how many
    seconds to wait for what was sent on its way to come in, `most_people` how many on-calls to
    look up: Slack allows 50 look-ups a minute (tier 3), and a running opsbot needs some.
    `directory` is that of a running opsbot, which remembers whom it has found."""

    settings: Settings
    clock: Clock
    http: Http
    gateway: Gateway | None = None  # with the bot token
    socket_gateway: Gateway | None = None  # with the app-level token
    directory: Directory | None = None
    sources: Sequence[EvidenceSource] = ()
    gauges: Mapping[str, Gauge] = field(default_factory=lambda: MappingProxyType({}))
    executors: Mapping[str, Executor] = field(default_factory=lambda: MappingProxyType({}))
    write: bool = False
    url: str = ""
    patience: float = 10.0
    most_people: int = 40
    other_region: Mapping[str, str] = field(default_factory=lambda: OTHER_REGION)

    @property
    def account(self) -> Account | None:
        """The configured PagerDuty account; None without one, or without its API key."""
        return self.account_at("")

    def account_at(self, api_url: str) -> Account | None:
        """The same key at another address of PagerDuty's API."""
        known = self.settings.integration("pagerduty")
        if known is None:
            return None
        wiring = Wiring(http=self.http, clock=self.clock, secrets=known.secrets)
        token = wiring.secret("api_token")
        if token is None:
            return None
        vendor: Any = known.settings
        api = api_of(self.http, self.clock, api_url or str(vendor.api_url), token)
        return Account(api=api, deadline=float(vendor.deadline_seconds))


@asynccontextmanager
async def open_means(
    settings: Settings, clock: Clock, *, write: bool = False, url: str = ""
) -> AsyncGenerator[Means]:
    """Ways out of this process's own, closed at the end; a running opsbot has its own ready."""
    async with AsyncExitStack() as closing:
        http = AiohttpClient(
            environ=settings.http.environ, ca_bundle=str(settings.http.ca_bundle or "")
        )
        closing.push_async_callback(http.close)
        await http.start()
        gateways: list[Gateway | None] = []
        for found in (settings.slack.bot_token, settings.slack.app_token):
            gateway = _gateway(settings, clock, found)
            if gateway is not None:
                closing.push_async_callback(gateway.close)
                await gateway.start()
            gateways.append(gateway)
        outside = build_integrations(settings, http, clock)
        yield Means(
            settings=settings, clock=clock, http=http, gateway=gateways[0],
            socket_gateway=gateways[1], write=write, url=url.rstrip("/"),
            sources=outside.sources, gauges=outside.gauges,
            executors=build_executors(settings, http, clock),
        )  # fmt: skip


def _gateway(settings: Settings, clock: Clock, found: FoundSecrets) -> Gateway | None:
    if not found.secrets:
        return None
    http = settings.http
    return Gateway(
        token=found.secrets[0].read,
        clock=clock,
        base_url=settings.slack.api_url,
        proxy_for=lambda url: proxy_for(url, http.environ),
        tls=trust(str(http.ca_bundle or ""), os.environ),
    )
