"""The exhausted pool and the page with nothing behind it tell their stories, too."""

from __future__ import annotations

from tests.sandbox.test_world_story_memory_limit import ERROR_SHARE, MEMORY, counts, seen
from tests.sandbox.world_rig import running

P95 = (
    "histogram_quantile(0.95, sum by (service, le) "
    '(rate(http_request_duration_seconds_bucket{{service=~"{s}"}}[2m])))'
)


async def test_a_starved_pool_is_slow_first_and_fails_later() -> None:
    """catalog-db-proxy's latency rises minutes before its errors, and before the decoy's deploy."""
    async with running("connection-pool") as rig:
        slow = seen(
            await rig.prom(P95.format(s="catalog-db-proxy"), -1800, -840, 0), "catalog-db-proxy"
        )
        errors = seen(
            await rig.prom(ERROR_SHARE.format(s="catalog-db-proxy"), -1800, -840, 0),
            "catalog-db-proxy",
        )
        page = seen(await rig.prom(ERROR_SHARE.format(s="storefront-bff"), 0), "storefront-bff")
        memory = seen(await rig.prom(MEMORY.format(s="catalog-db-proxy"), 0), "catalog-db-proxy")
        decoys = [d.at for d in rig.world.scenario.deploys if d.service == "storefront-bff"]
    assert slow[0] < 0.1
    assert min(slow[1:]) > 1.0
    assert max(errors[:2]) < 0.01
    assert errors[2] > 0.1
    assert page[0] > 0.05
    assert memory[0] < 0.6
    assert decoys == [-540.0]


async def test_healthy_logs_name_the_exhausted_pool() -> None:
    """All collectors live, and the error search finds the pool's own words."""
    async with running("connection-pool") as rig:
        per_window = await counts(rig, "catalog-db-proxy|catalog-api", -3600, 0)
        _, body = await rig.get(
            f"{rig.urls.loki}/loki/api/v1/query_range",
            query='{service=~"catalog-db-proxy|catalog-api"} |~ "(?i)error|exception|timeout"',
            start=int(rig.at(-900) * 1e9),
            end=int(rig.at(0) * 1e9),
            limit=200,
            direction="backward",
        )
    assert {name: len(values) for name, values in per_window.items()} == {
        "catalog-db-proxy": 13,
        "catalog-api": 13,
    }
    lines = [line for one in body["data"]["result"] for _, line in one["values"]]
    assert len(lines) == 200
    assert sum("connection pool exhausted, request rejected" in line for line in lines) > 15
    assert any("peer=catalog-db-proxy" in line for line in lines)


async def test_failing_traces_of_the_pool_end_in_the_proxy_itself() -> None:
    """Its own span carries the exception; nothing below it is called."""
    async with running("connection-pool") as rig:
        _, body = await rig.get(
            f"{rig.urls.tempo}/api/search",
            q='{ resource.service.name = "catalog-db-proxy" && status = error && kind = server }',
            start=int(rig.at(-300)),
            end=int(rig.at(20)),
        )
        _, trace = await rig.get(f"{rig.urls.tempo}/api/v2/traces/{body['traces'][0]['traceID']}")
    spans = [
        span
        for entry in trace["trace"]["resourceSpans"]
        for span in entry["scopeSpans"][0]["spans"]
    ]
    thrown = [span for span in spans if span.get("events")]
    assert len(body["traces"]) >= 10
    assert [span["name"].split("/")[1] for span in thrown] == ["catalog-db-proxy"]


async def test_the_pool_pages_somebody_of_every_kind_slack_knows() -> None:
    """One member, one guest, one deactivated and one Slack has never heard of."""
    async with running("connection-pool") as rig:
        team = rig.world.scenario.team("storefront")
        people = [rig.world.scenario.person(name) for level in team.levels for name in level]
    kinds = sorted(person.slack for person in people)
    assert kinds == ["deactivated", "guest", "member", "unmatched"]


async def test_without_a_culprit_every_signal_is_as_usual() -> None:
    """No errors, no latency, no full memory, no firing alert, no deploy for a day."""
    async with running("no-culprit") as rig:
        everything = "|".join(service.name for service in rig.world.scenario.services)
        errors = await rig.prom(ERROR_SHARE.format(s=everything), -300, 0)
        memory = await rig.prom(MEMORY.format(s=everything), 0)
        before = await rig.prom(P95.format(s=everything), -7200)
        now = await rig.prom(P95.format(s=everything), 0)
        _, alerts = await rig.get(f"{rig.urls.prometheus}/api/v1/alerts")
        deploys = rig.world.scenario.deploys
    assert max(max(seen(errors, name)) for name in errors) < 0.01
    assert max(seen(memory, name)[0] for name in memory) < 0.75
    assert all(abs(seen(now, s)[0] / seen(before, s)[0] - 1) < 0.1 for s in now)
    assert alerts["data"]["alerts"] == []
    assert max(deploy.at for deploy in deploys) < -86400


async def test_the_service_without_a_culprit_logs_rarely_but_its_pipeline_lives() -> None:
    """A few lines an hour, the newest within the last hours, every collector up."""
    async with running("no-culprit") as rig:
        day = await counts(rig, "partner-api", -86400, 0)
        up = await rig.prom('up{job="fluentd"}', 0)
    assert 40 < sum(day["partner-api"]) < 120
    assert sum(day["partner-api"][-60:]) > 0
    assert all(values == [1.0] for values in up.values())
