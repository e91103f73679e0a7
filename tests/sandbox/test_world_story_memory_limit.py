"""The memory-limit scenario tells its story through the very queries a bot sends."""

from __future__ import annotations

import pytest

from tests.sandbox.world_rig import ANCHOR, Rig, running

PATH = ("checkout-api", "auth-api", "session-validation")
ERROR_SHARE = (
    'sum by (service) (rate(http_requests_total{{service=~"{s}",code=~"5.."}}[2m]))'
    ' / sum by (service) (rate(http_requests_total{{service=~"{s}"}}[2m]))'
)
MEMORY = (
    'max by (service) (container_memory_working_set_bytes{{service=~"{s}"}}'
    ' / on (service, pod) kube_pod_container_resource_limits{{service=~"{s}",resource="memory"}})'
)
FAILED_CALLS = (
    'sum by (service, peer) (rate(http_client_requests_total{{service=~"{s}",outcome!="ok"}}[2m]))'
    ' / sum by (service, peer) (rate(http_client_requests_total{{service=~"{s}"}}[2m]))'
)


def seen(found: dict[str, list[float | None]], key: str) -> list[float]:
    """The values of a series that must be there at every moment asked for."""
    values = found[key]
    assert None not in values
    return [value for value in values if value is not None]


async def test_the_paging_service_fails_above_five_per_cent_for_four_minutes_only() -> None:
    """checkout-api lives on cached sessions first, so it is late to fail."""
    async with running() as rig:
        found = await rig.prom(ERROR_SHARE.format(s="checkout-api"), -1800, -420, -210, 0)
    before, cached, crossing, paging = seen(found, "checkout-api")
    assert before < 0.01
    assert cached < 0.01
    assert crossing > 0.04
    assert 0.05 < paging < 0.15


async def test_the_culprit_sits_at_its_new_limit_and_reports_no_errors() -> None:
    """Memory jumps from under 60 % to the limit with the deploy; nothing restarts or fails."""
    async with running() as rig:
        memory = seen(await rig.prom(MEMORY.format(s="session-validation"), -780, -600, 0), PATH[2])
        limit = await rig.prom(
            'min by (service) (kube_pod_container_resource_limits{service="session-validation"})',
            -780,
            0,
        )
        errors = seen(await rig.prom(ERROR_SHARE.format(s=PATH[2]), 0), PATH[2])
        restarts = await rig.prom(
            "sum by (service) (increase(kube_pod_container_status_restarts_total"
            '{service="session-validation"}[10m]))',
            0,
        )
    assert memory[0] < 0.6
    assert min(memory[1:]) >= 0.95
    assert max(memory) <= 1.0
    assert seen(limit, PATH[2]) == [512 * 2**20, 256 * 2**20]
    assert errors[0] < 0.005
    assert seen(restarts, PATH[2]) == [0.0]


async def test_a_third_of_the_calls_to_the_culprit_stay_unanswered_after_the_deploy() -> None:
    """Only the caller sees it: the callee's own request rate merely drops."""
    async with running() as rig:
        calls = await rig.prom(FAILED_CALLS.format(s="auth-api"), -780, -300, 0)
        rate = seen(
            await rig.prom(
                'sum by (service) (rate(http_requests_total{service="session-validation"}[2m]))',
                -780,
                -300,
            ),
            "session-validation",
        )
    shares = seen(calls, "session-validation/auth-api")
    assert shares[0] < 0.005
    assert shares[1] == pytest.approx(0.31, abs=0.04)
    assert shares[2] == pytest.approx(0.31, abs=0.04)
    assert rate[1] < 0.8 * rate[0]


async def test_innocent_services_stay_as_usual() -> None:
    """Thirty-odd services have nothing to do with it."""
    async with running() as rig:
        names = {service.name for service in rig.world.scenario.services}
        touched = {effect.service for effect in rig.world.scenario.effects}
        found = await rig.prom(ERROR_SHARE.format(s="|".join(sorted(names - touched))), 0)
    assert len(found) >= 27
    assert max(seen(found, name)[0] for name in found) < 0.01


async def test_the_collector_is_down_since_three_hours_and_no_rule_says_so() -> None:
    """up is 0 for node-7's fluentd only, and the only firing alert is the paging one."""
    async with running() as rig:
        up = await rig.prom(
            'min by (job, instance) (up{job=~"fluentd|fluent-bit|otel-collector|promtail|alloy"})',
            -10860,
            -10700,
            0,
        )
        _, alerts = await rig.get(f"{rig.urls.prometheus}/api/v1/alerts")
        _, targets = await rig.get(f"{rig.urls.prometheus}/api/v1/targets")
    assert {tuple(sorted(key.split("/"))): values for key, values in up.items()} == {
        ("fluentd", "node-3"): [1.0, 1.0, 1.0],
        ("fluentd", "node-5"): [1.0, 1.0, 1.0],
        ("fluentd", "node-7"): [1.0, 0.0, 0.0],
    }
    firing = [one["labels"] for one in alerts["data"]["alerts"] if one["state"] == "firing"]
    assert [(one["alertname"], one["service"]) for one in firing] == [
        ("ErrorShareHigh", "checkout-api")
    ]
    down = [one for one in targets["data"]["activeTargets"] if one["health"] == "down"]
    assert [one["labels"]["instance"] for one in down] == ["node-7"]


async def counts(rig: Rig, services: str, start: float, end: float) -> dict[str, list[int]]:
    """Lines in each five minutes, by service."""
    _, body = await rig.get(
        f"{rig.urls.loki}/loki/api/v1/query_range",
        query=f'sum by (service) (count_over_time({{service=~"{services}"}}[5m]))',
        start=int(rig.at(start) * 1e9),
        end=int(rig.at(end) * 1e9),
        step="5m",
    )
    return {
        one["metric"]["service"]: [int(value) for _, value in one["values"]]
        for one in body["data"]["result"]
    }


async def test_the_path_is_silent_in_the_logs_since_the_collector_died() -> None:
    """A day of counts ends three hours before the page; services on other nodes go on."""
    async with running() as rig:
        day = await counts(rig, "|".join((*PATH, "catalog-api")), -86400, 0)
        late = await counts(rig, "|".join((*PATH, "catalog-api")), -10400, 0)
        status, lines = await rig.get(
            f"{rig.urls.loki}/loki/api/v1/query_range",
            query='{service=~"checkout-api|auth-api|session-validation"} |~ "(?i)error|timeout"',
            start=int(rig.at(-3600) * 1e9),
            end=int(rig.at(0) * 1e9),
            limit=200,
        )
    assert set(day) == {*PATH, "catalog-api"}
    assert all(min(values) > 0 for values in day.values())
    assert len(day["catalog-api"]) - len(day["auth-api"]) == 36
    assert set(late) == {"catalog-api"}
    assert (status, lines["data"]["result"]) == (200, [])


async def failing_traces(rig: Rig, service: str) -> list[dict[str, object]]:
    """What a search for failed spans of a service finds in the last quarter of an hour."""
    _, body = await rig.get(
        f"{rig.urls.tempo}/api/search",
        q=f'{{ resource.service.name = "{service}" && status = error }}',
        start=int(rig.at(-900)),
        end=int(rig.at(20)),
        limit=20,
        spss=10,
    )
    return body["traces"]


async def test_failing_traces_contain_the_whole_path_down_to_the_unanswered_call() -> None:
    """The last span is auth-api's call to session-validation, which never saw the request."""
    async with running() as rig:
        found = await failing_traces(rig, "checkout-api")
        recent = [one for one in found if int(str(one["startTimeUnixNano"])) / 1e9 > rig.at(-240)]
        assert len(recent) >= 3
        whole = 0
        for one in recent:
            _, body = await rig.get(f"{rig.urls.tempo}/api/v2/traces/{one['traceID']}")
            spans = [
                (entry["resource"]["attributes"][0]["value"]["stringValue"], span)
                for entry in body["trace"]["resourceSpans"]
                for span in entry["scopeSpans"][0]["spans"]
            ]
            failed = [(name, span["name"]) for name, span in spans if span["status"]]
            if ("auth-api", "call session-validation") not in failed:
                continue
            whole += 1
            last = next(span for _, span in spans if span["name"] == "call session-validation")
            assert not [span for _, span in spans if span.get("parentSpanId") == last["spanId"]]
            assert int(last["endTimeUnixNano"]) - int(last["startTimeUnixNano"]) >= 2e9
    assert whole >= 0.7 * len(recent)


async def test_the_deploy_changed_the_memory_limit_and_two_others_did_nothing() -> None:
    """GitHub shows the deploy, its success and the changed value."""
    async with running() as rig:
        repo = f"{rig.urls.github}/repos/acorn-rye/session-validation"
        auth = {"Authorization": "Bearer sandbox-api-token"}
        _, deployments = await rig.get(f"{repo}/deployments", auth, environment="production")
        _, statuses = await rig.get(deployments[0]["statuses_url"], auth)
        _, older = await rig.get(deployments[1]["statuses_url"], auth)
        _, diff = await rig.get(f"{repo}/compare/v2.13...{deployments[0]['sha']}", auth)
    assert [one["ref"] for one in deployments] == ["v2.14", "v2.13"]
    assert deployments[0]["created_at"] == "2026-11-22T13:52:03Z"
    assert [one["state"] for one in statuses] == ["success", "in_progress", "queued"]
    assert older[0]["state"] == "inactive"
    patch = diff["files"][1]["patch"]
    assert "-    memory: 512Mi" in patch
    assert "+    memory: 256Mi" in patch
    recent = [one.service for one in rig.world.scenario.deploys if -3600 < one.at <= 0]
    assert recent == ["recommendation-api", "session-validation", "content-api"]


async def test_four_people_are_paged_and_slack_knows_them_all() -> None:
    """Assignees and the rest of the escalation policy."""
    async with running() as rig:
        team = rig.world.scenario.team("checkout")
        people = [rig.world.scenario.person(name) for level in team.levels for name in level]
    assert len(people) == 4
    assert {person.slack for person in people} == {"member"}
    assert rig.world.anchor == ANCHOR
