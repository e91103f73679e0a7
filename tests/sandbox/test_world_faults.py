"""A world starts on loopback only, and each source can be made to misbehave and to recover."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from opsbot.sandbox.faults import DOWN, EMPTY, HUGE, HUGE_BYTES, error, slow
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.world import SourceName, World
from tests.sandbox.test_world_github import BEARER
from tests.sandbox.world_rig import Rig, running

SOURCES: tuple[SourceName, ...] = (
    "pagerduty", "prometheus", "loki", "tempo", "github", "kubernetes",
)  # fmt: skip


async def asked(rig: Rig, source: SourceName) -> tuple[int, Any]:
    """A question each source answers with something."""
    urls = rig.urls
    questions: dict[SourceName, tuple[str, dict[str, str]]] = {
        "pagerduty": (f"{urls.pagerduty}/services", {}),
        "prometheus": (f"{urls.prometheus}/api/v1/query", {"query": "up"}),
        "loki": (f"{urls.loki}/loki/api/v1/labels", {}),
        "tempo": (f"{urls.tempo}/api/search", {"q": "{ }"}),
        "github": (f"{urls.github}/repos/acorn-rye/checkout-api/deployments", {}),
        "kubernetes": (f"{urls.kubernetes}/apis/apps/v1/namespaces/checkout/deployments", {}),
    }
    url, params = questions[source]
    return await rig.get(url, BEARER, **params)


def found_in(source: SourceName, body: Any) -> list[Any]:
    """What an answer found."""
    if source == "prometheus":
        return body["data"]["result"]
    if source == "github":
        return body
    keys = {"pagerduty": "services", "loki": "data", "tempo": "traces", "kubernetes": "items"}
    return body[keys[source]]


@pytest.mark.parametrize("source", SOURCES)
async def test_a_source_that_is_down_refuses_and_comes_back_on_its_port(source: SourceName) -> None:
    """Open connections break as well."""
    async with running() as rig:
        assert (await asked(rig, source))[0] == 200
        await rig.world.set_fault(source, DOWN)
        with pytest.raises(aiohttp.ClientConnectionError):
            await asked(rig, source)
        with pytest.raises(aiohttp.ClientConnectionError):
            await asked(rig, source)
        await rig.world.set_fault(source, None)
        status, body = await asked(rig, source)
    assert status == 200
    assert found_in(source, body)


@pytest.mark.parametrize("source", SOURCES)
async def test_an_empty_source_answers_well_and_finds_nothing(source: SourceName) -> None:
    """The shape stays."""
    async with running() as rig:
        _, before = await asked(rig, source)
        await rig.world.set_fault(source, EMPTY)
        status, body = await asked(rig, source)
    assert status == 200
    assert found_in(source, before)
    assert found_in(source, body) == []


@pytest.mark.parametrize("source", SOURCES)
async def test_errors_have_the_vendors_shape(source: SourceName) -> None:
    """JSON where the vendor sends JSON, text where it sends text."""
    async with running() as rig:
        await rig.world.set_fault(source, error(503))
        status, body = await asked(rig, source)
        seen = rig.world.servers[SOURCES.index(source)].seen[-1]
    assert status == seen.status == 503
    keys: dict[SourceName, str] = {
        "pagerduty": "error",
        "prometheus": "errorType",
        "loki": "",
        "tempo": "",
        "github": "documentation_url",
        "kubernetes": "reason",
    }
    assert keys[source] in body
    assert isinstance(body, dict if keys[source] else str)


async def test_a_slow_source_is_right_and_late() -> None:
    """And does not hold up the others."""
    async with running() as rig:
        await rig.world.set_fault("loki", slow(0.2))
        began = time.perf_counter()
        late = asyncio.create_task(asked(rig, "loki"))
        quick = await asked(rig, "github")
        between = time.perf_counter() - began
        status, body = await late
        took = time.perf_counter() - began
    assert quick[0] == status == 200
    assert found_in("loki", body)
    assert between < took
    assert took >= 0.2


async def test_a_huge_answer_goes_on_until_the_asker_stops() -> None:
    """For clients that must cap what they read."""
    async with running() as rig:
        await rig.world.set_fault("prometheus", HUGE)
        async with rig.http.get(f"{rig.urls.prometheus}/api/v1/query") as response:
            read = 0
            async for chunk in response.content.iter_chunked(1 << 16):
                read += len(chunk)
                if read > 1 << 20:
                    break
    assert 1 << 20 < read < HUGE_BYTES


async def test_a_world_refuses_any_host_but_loopback() -> None:
    """And leaves nothing running."""
    world = World(load_scenario("no-culprit"))
    with pytest.raises(ValueError, match="loopback only"):
        await world.start(host="0.0.0.0")  # noqa: S104 - what must be refused


async def test_a_world_starts_quickly_and_every_server_has_its_port() -> None:
    """Five ports; the page is due when the world was made."""
    began = time.perf_counter()
    world = World(load_scenario("memory-limit"))
    urls = await world.start()
    took = time.perf_counter() - began
    await world.stop()
    addresses = {urls.pagerduty, urls.prometheus, urls.loki, urls.tempo, urls.github}
    assert len(addresses) == 5
    assert all(address.startswith("http://127.0.0.1:") for address in addresses)
    assert took < 1.0
