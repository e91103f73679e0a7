"""The world reacts to its cluster: taking the faulty deploy back ends the fault."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.kubernetes_seed import MEMORY_LIMIT, configured, namespace_of
from opsbot.sandbox.remedy import Course, fault_of, is_faulty
from opsbot.sandbox.signals import Signals
from tests.sandbox.test_kubernetes_api import APPS, JSON_PATCH, patch
from tests.sandbox.test_world_loki import flat, lines
from tests.sandbox.test_world_story_memory_limit import ERROR_SHARE, MEMORY, failing_traces
from tests.sandbox.world_rig import ANCHOR, Rig, loaded, running

CULPRIT = "session-validation"


def path(rig: Rig, service: str) -> str:
    namespace = namespace_of(rig.world.scenario.service(service))
    return f"{APPS}/{namespace}/deployments/{service}"


def revision(rig: Rig, service: str, back: int) -> dict[str, Any]:
    """The template of an earlier revision; 0 is the newest one."""
    namespace = namespace_of(rig.world.scenario.service(service))
    held = rig.world.cluster.deployment(namespace, service)
    template = sorted(held.sets, key=lambda one: one.number)[-1 - back].template
    labels = {k: v for k, v in template["metadata"]["labels"].items() if k != "pod-template-hash"}
    return {**template, "metadata": {"labels": labels}}


async def roll(rig: Rig, service: str, template: dict[str, Any]) -> None:
    """Roll a template out, as `kubectl rollout undo` would."""
    body = [{"op": "replace", "path": "/spec/template", "value": template}]
    status, answer = await patch(rig, body, JSON_PATCH, path(rig, service))
    assert status == 200, answer


async def share(rig: Rig, *offsets: float, service: str = "checkout-api") -> list[float]:
    found = await rig.prom(ERROR_SHARE.format(s=service), *offsets)
    return [value or 0.0 for value in found[service]]


async def test_taking_the_deploy_back_ends_the_fault_for_everybody() -> None:
    """The page's error share, and the culprit's own memory and its lost calls."""
    async with running(seconds_after=60) as rig:
        await roll(rig, CULPRIT, revision(rig, CULPRIT, 1))
        rig.clock.advance(400)
        before, after = await share(rig, 60, 300)
        memory = (await rig.prom(MEMORY.format(s=CULPRIT), 60, 300))[CULPRIT]
        waits = f'service="auth-api",peer="{CULPRIT}",outcome="timeout"'
        lost = await rig.prom(f"rate(http_client_requests_total{{{waits}}}[1m])", 60, 300)
    assert before > 0.05
    assert after < 0.004
    assert memory[0] is not None
    assert memory[1] is not None
    assert memory[0] > 0.95
    assert memory[1] < 0.7
    ((was, now),) = lost.values()
    assert (was or 0.0) > 1.0
    assert now == 0.0


async def test_it_is_over_within_seconds_of_the_last_pod() -> None:
    """What metrics show later is the length of their rates, and their scrapes."""
    async with running(seconds_after=60) as rig:
        await roll(rig, CULPRIT, revision(rig, CULPRIT, 1))
        own = rig.world.signals.of("checkout-api").error_share
    usual = rig.world.scenario.service("checkout-api").error_share
    assert own.at(60 + 1.4) > 0.05
    assert own.at(60 + 1.5 + 5.0) == pytest.approx(usual)


async def test_the_past_stays_as_it_was_sample_by_sample() -> None:
    """Evidence that was collected before the rollback is still true after it."""
    some = '{service=~"catalog-db-proxy|catalog-api|storefront-bff"}'
    queries = [
        "http_requests_total", "http_request_duration_seconds_sum",
        "container_memory_working_set_bytes", "http_client_requests_total",
    ]  # fmt: skip
    async with running("connection-pool", seconds_after=90) as rig:

        async def past() -> list[Any]:
            span = {"start": rig.at(-1500), "end": rig.at(88), "step": 15}
            url = f"{rig.urls.prometheus}/api/v1/query_range"
            found = [await rig.get(url, query=query + some, **span) for query in queries]
            logs = flat((await lines(rig, '{service="catalog-db-proxy"}', -300, 80, limit=900))[1])
            traces = await rig.get(f"{rig.urls.tempo}/api/search", q="{ }", limit=60,
                                   start=int(rig.at(-600)), end=int(rig.at(0)))  # fmt: skip
            return [*found, logs, traces]

        before = await past()
        await roll(rig, "catalog-db-proxy", revision(rig, "catalog-db-proxy", 1))
        rig.clock.advance(300)
        after = await past()
    assert len(before[-2]) > 100
    assert len(before[-1][1]["traces"]) > 20
    assert before == after


async def test_traces_fail_no_more_and_tell_the_version_that_runs() -> None:
    async with running(seconds_after=60) as rig:
        await roll(rig, CULPRIT, revision(rig, CULPRIT, 1))
        rig.clock.advance(600)
        search = {"start": int(rig.at(120)), "end": int(rig.at(500)), "limit": 50}
        failing = await failing_traces(rig, "checkout-api")
        url = f"{rig.urls.tempo}/api/search"
        query = f'{{ resource.service.name = "{CULPRIT}" }}'
        _, later = await rig.get(url, q=query, **search)
        versions: set[str] = set()
        for one in later["traces"][:20]:
            _, body = await rig.get(f"{rig.urls.tempo}/api/v2/traces/{one['traceID']}")
            for entry in body["trace"]["resourceSpans"]:
                held = {
                    a["key"]: a["value"]["stringValue"] for a in entry["resource"]["attributes"]
                }
                if held["service.name"] == CULPRIT:
                    versions.add(held["service.version"])
    assert failing
    assert all(int(str(one["startTimeUnixNano"])) / 1e9 < rig.at(62) for one in failing)
    assert versions == {"v2.13"}


async def test_logs_speak_of_the_pool_no_more() -> None:
    async with running("connection-pool", seconds_after=60) as rig:
        await roll(rig, "catalog-db-proxy", revision(rig, "catalog-db-proxy", 1))
        rig.clock.advance(600)
        query = '{service="catalog-db-proxy"} |= "pool"'
        during = flat((await lines(rig, query, 0, 60))[1])
        after = flat((await lines(rig, query, 62, 600))[1])
        shares = await share(rig, 60, 500, service="storefront-bff")
    assert len(during) > 20
    assert after == []
    assert shares[0] > 0.05
    assert shares[1] < 0.005


async def test_the_alert_stops_firing_by_itself() -> None:
    """PagerDuty's stays until somebody resolves it."""
    async with running(seconds_after=60) as rig:
        url = f"{rig.urls.prometheus}/api/v1/alerts"
        firing = (await rig.get(url))[1]["data"]["alerts"]
        await roll(rig, CULPRIT, revision(rig, CULPRIT, 1))
        rig.clock.advance(240)
        assert (await rig.get(url))[1]["data"]["alerts"] == []
    assert [alert["labels"]["service"] for alert in firing] == ["checkout-api"]


@pytest.mark.parametrize(
    ("scenario", "service", "back"),
    [
        ("memory-limit", "recommendation-api", 1),  # deployed lately, and innocent
        ("memory-limit", "checkout-api", 1),  # it pages, and is not the cause
        ("connection-pool", "storefront-bff", 1),  # the tempting one
        ("connection-pool", "pricing-api", 1),
    ],
)
async def test_another_service_taken_back_helps_nobody(
    scenario: str, service: str, back: int
) -> None:
    async with running(scenario, seconds_after=60) as rig:
        paged = rig.world.scenario.page.service
        await roll(rig, service, revision(rig, service, back))
        rig.clock.advance(600)
        before, after = await share(rig, 60, 500, service=paged)
    assert after == pytest.approx(before, rel=0.2)


async def test_a_restart_of_the_culprit_brings_the_same_limit_back() -> None:
    async with running(seconds_after=60) as rig:
        restart = {"spec": {"template": {"metadata": {"annotations": {"restartedAt": "now"}}}}}
        assert (await patch(rig, restart, path=path(rig, CULPRIT)))[0] == 200
        rig.clock.advance(600)
        assert min(await share(rig, 60, 300, 500)) > 0.05


async def test_a_dry_run_and_a_rollback_that_never_comes_up_help_nobody() -> None:
    async with running(seconds_after=60) as rig:
        old = revision(rig, CULPRIT, 1)
        body = [{"op": "replace", "path": "/spec/template", "value": old}]
        await patch(rig, body, JSON_PATCH, path(rig, CULPRIT), "?dryRun=All")
        rig.world.cluster.unpullable.add(old["spec"]["containers"][0]["image"])
        await roll(rig, CULPRIT, old)
        rig.clock.advance(600)
        assert min(await share(rig, 60, 300, 500)) > 0.05


async def test_more_memory_helps_as_well_as_the_version_before() -> None:
    """The limit is what does the harm, whoever sets it back."""
    async with running(seconds_after=60) as rig:
        container = {"name": "app", "resources": {"limits": {"memory": "512Mi"}}}
        body = {"spec": {"template": {"spec": {"containers": [container]}}}}
        assert (await patch(rig, body, path=path(rig, CULPRIT)))[0] == 200
        rig.clock.advance(600)
        assert (await share(rig, 500))[0] < 0.004


async def test_rolling_forward_again_brings_the_fault_back() -> None:
    """As slowly as it came the first time: minutes, for the service that pages."""
    async with running(seconds_after=60) as rig:
        faulty = revision(rig, CULPRIT, 0)
        await roll(rig, CULPRIT, revision(rig, CULPRIT, 1))
        rig.clock.advance(600)
        await roll(rig, CULPRIT, faulty)
        rig.clock.advance(1200)
        during, well, soon, again = await share(rig, 60, 600, 900, 1500)
    assert during > 0.05
    assert max(well, soon) < 0.004
    assert again > 0.05


async def test_logs_that_fell_silent_stay_silent() -> None:
    async with running("connection-pool", seconds_after=60) as rig:
        rig.world.silence_logs()
        await roll(rig, "catalog-db-proxy", revision(rig, "catalog-db-proxy", 1))
        rig.clock.advance(300)
        assert flat((await lines(rig, '{service=~".+"}', 1, 300))[1]) == []
        rig.world.silence_logs(since=None)
        assert flat((await lines(rig, '{service=~".+"}', 1, 300))[1])


async def test_a_fault_can_be_ended_without_the_cluster() -> None:
    async with running(seconds_after=60) as rig:
        rig.world.remedied()
        rig.clock.advance(600)
        assert (await share(rig, 500))[0] < 0.004
    async with running("no-culprit") as rig:
        rig.world.remedied(ANCHOR)
        assert rig.world.signals.scenario.effects == rig.world.scenario.effects


def test_the_fault_is_the_culprits_last_deploy_before_the_page() -> None:
    fault = fault_of(loaded("memory-limit"))
    assert fault is not None
    assert (fault.service, fault.version) == (CULPRIT, "v2.14")
    assert fault_of(loaded("no-culprit")) is None


def limited(memory: str) -> dict[str, Any]:
    container = {"name": "app", "image": f"x:{memory}", "resources": {"limits": {"memory": memory}}}
    return {"spec": {"containers": [container]}}


def test_a_template_is_faulty_by_what_the_deploy_changed() -> None:
    fault = fault_of(loaded("memory-limit"))
    assert fault is not None
    assert configured(limited("256Mi"), MEMORY_LIMIT) == "256Mi"
    assert is_faulty(limited("256Mi"), fault)
    assert not is_faulty(limited("512Mi"), fault)


# Each step: when a rollout began and was done, and whether its pods are the faulty ones. Then the
# stretches in which checkout-api fails, looked at ten minutes apart.
COURSES: list[tuple[list[tuple[float, float, bool]], list[bool]]] = [
    ([], [True, True, True, True]),
    ([(60, 62, False)], [True, False, False, False]),
    ([(60, 62, True)], [True, True, True, True]),
    ([(60, 62, False), (700, 702, False)], [True, False, False, False]),
    ([(60, 62, False), (700, 702, True)], [True, False, True, True]),
    ([(60, 62, False), (700, 702, True), (1300, 1302, False)], [True, False, True, False]),
    # A rollback that is taken back before it is done was none, and the other way round.
    ([(60, 62, False), (61, 63, True)], [True, True, True, True]),
    ([(60, 62, False), (700, 702, True), (701, 703, False)], [True, False, False, False]),
]


@pytest.mark.parametrize(("rollouts", "fails"), COURSES)
def test_the_fault_lives_while_its_pods_do(
    rollouts: list[tuple[float, float, bool]], fails: list[bool]
) -> None:
    course = Course(loaded("memory-limit"))
    for began, done, faulty in rollouts:
        course.rolled_out(CULPRIT, limited("256Mi" if faulty else "512Mi"), began=began, done=done)
    share = Signals(course.scenario).of("checkout-api").error_share
    # Ten minutes after a relapse it has climbed again.
    assert [share.at(x) > 0.05 for x in (50, 650, 1290, 2500)] == fails


def test_a_fault_cured_while_it_still_grows_goes_back_from_where_it_is() -> None:
    """No jump to a height it never had."""
    course = Course(loaded("memory-limit"))
    course.remedied(-290.0)
    share = Signals(course.scenario).of("checkout-api").error_share
    written = Signals(loaded("memory-limit")).of("checkout-api").error_share
    assert 0.002 < written.at(-291.0) < 0.092
    assert share.at(-291.0) == written.at(-291.0)
    assert share.at(-290.0) == pytest.approx(0.002)
    assert max(share.values) < 0.06
