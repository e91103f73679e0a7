"""The Prometheus adapter against a real Prometheus that scrapes a real endpoint."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from opsbot.core.evidence import FindingKind, Health, SourceReport
from opsbot.integrations.prometheus import INTEGRATION
from tests.integrations.stage import StageClock, ask, outgoing, playing, source_of, wiring

BINARY = shutil.which("prometheus")
pytestmark = pytest.mark.skipif(
    BINARY is None, reason="no `prometheus` on PATH (Debian: apt-get install prometheus)"
)
MIB = 1024 * 1024


async def exposed(request: web.Request) -> web.Response:
    """What a cluster would expose of one service whose memory is nearly at its limit."""
    requests = int(time.monotonic() * 50)
    return web.Response(
        text=f"""
container_memory_working_set_bytes{{service="auth-api",pod="auth-1"}} {253 * MIB}
kube_pod_container_resource_limits{{service="auth-api",pod="auth-1",resource="memory"}} {256 * MIB}
kube_pod_container_status_restarts_total{{service="auth-api",pod="auth-1"}} 0
http_requests_total{{service="auth-api",pod="auth-1",code="200"}} {requests}
http_requests_total{{service="auth-api",pod="auth-1",code="500"}} 0
http_request_duration_seconds_bucket{{service="auth-api",le="0.1"}} {requests}
http_request_duration_seconds_bucket{{service="auth-api",le="+Inf"}} {requests}
http_client_requests_total{{service="auth-api",peer="db",outcome="ok"}} {requests}
http_client_requests_total{{service="auth-api",peer="db",outcome="timeout"}} 0
""".lstrip()
    )


def config(target: str) -> str:
    """Scrape the endpoint every second, and a collector that is not there."""
    return f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: cluster
    honor_labels: true
    static_configs: [{{targets: ["{target}"]}}]
  - job_name: fluentd
    static_configs: [{{targets: ["127.0.0.1:{unused_port()}"]}}]
"""


@pytest.fixture
async def prometheus(tmp_path: Path) -> AsyncIterator[str]:
    """A Prometheus process on a loopback port; ended by its id."""
    assert BINARY is not None
    async with playing(exposed) as endpoint:
        file = tmp_path / "prometheus.yml"
        file.write_text(config(endpoint.url.removeprefix("http://")))
        port = unused_port()
        process = await asyncio.create_subprocess_exec(
            BINARY,
            f"--config.file={file}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            await process.wait()


async def look(url: str) -> SourceReport:
    """Ask about the last half minute, every second of it."""
    now = datetime.now(UTC)
    asked = ask(
        "auth-api",
        end=now,
        window=timedelta(seconds=30),
        before=timedelta(seconds=30),
        horizon=timedelta(minutes=10),
    )
    async with outgoing() as http:
        settings = {"url": url, "min_step_seconds": 1}
        source = source_of(INTEGRATION, settings, wiring(http, clock=StageClock(now)))
        return await source.collect(asked)


async def test_a_real_prometheus_shows_the_saturation_and_the_collector_that_is_down(
    prometheus: str,
) -> None:
    """Every default query is accepted, and what is scraped becomes a finding in seconds."""
    wanted = {FindingKind.SATURATION, FindingKind.PIPELINE}
    report = await look(prometheus)
    for _ in range(40):
        if wanted <= {finding.kind for finding in report.findings}:
            break
        await asyncio.sleep(0.25)
        report = await look(prometheus)
    assert report.health is Health.FRESH, report
    assert report.gaps == ()
    found = {finding.kind: finding for finding in report.findings}
    assert set(found) == wanted
    assert found[FindingKind.SATURATION].summary.startswith("auth-api: memory at 99 % of its limit")
    assert "collector fluentd on 127.0.0.1:" in found[FindingKind.PIPELINE].summary
