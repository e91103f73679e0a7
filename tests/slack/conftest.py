"""Fixtures of the gateway tests: an odd server and a gateway in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from opsbot.slack.gateway import Gateway
from tests.slack.clocks import HastyClock, WoundClock
from tests.slack.odd_slack import OddSlack

TOKEN = "xoxb-odd"


@pytest.fixture
async def odd() -> AsyncIterator[OddSlack]:
    async with OddSlack().serving() as odd:
        yield odd


@pytest.fixture
async def gateway(odd: OddSlack) -> AsyncIterator[Gateway]:
    """A gateway for which waiting takes no time."""
    gateway = Gateway(token=lambda: TOKEN, clock=HastyClock(), base_url=odd.base_url, timeout=0.3)
    await gateway.start()
    yield gateway
    await gateway.close()


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock()


@pytest.fixture
async def wound(odd: OddSlack, clock: WoundClock) -> AsyncIterator[Gateway]:
    """A gateway whose waits a test winds through."""
    gateway = Gateway(token=lambda: TOKEN, clock=clock, base_url=odd.base_url, timeout=5)
    await gateway.start()
    yield gateway
    await gateway.close()
