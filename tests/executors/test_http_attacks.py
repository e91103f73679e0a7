"""The http executor calls what it is allowed to, whatever somebody types into the form."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from opsbot.executors.http import EXECUTOR
from opsbot.ports import Failed, Succeeded
from tests.executors.stage import SECRET, Acting, StageSecret, made
from tests.executors.test_http import BASE, Broken, http, serving

ELSEWHERE = [
    "https://ci.example.com",
    "https://ci.example.com/",
    "https://ci.example.com/apis",
    "https://ci.example.com:444/api/x",
    "http://ci.example.com/api/x",
    "https://CI.example.com.evil.example/api/x",
    "https://ci.example.com@evil.example/api/x",
    "https://user:pw@ci.example.com/api/x",
    "https://evil.example#ci.example.com/api/x",
    "https://evil.example\\@ci.example.com/api/x",
    "https://ci.example.com\\.evil.example/api/x",
    "https://ci.example.com./api/x",
    "https:ci.example.com/api/x",
    "https:///ci.example.com/api/x",
    "//ci.example.com/api/x",
    "ftp://ci.example.com/api/x",
    "https://ci.example.com/api/../admin",
    "https://ci.example.com/api/%2e%2e/admin",
    "https://ci.example.com/api/%252e%252e/admin",
    "https://ci.example.com/api/..%2fadmin",
    "https://ci.example.com/api/a%2f..%2f..%2fadmin",
    "https://ci.example.com/api/..;/admin",
    "https://ci.example.com/api//admin",
    "https://ci.example.com/api/%5c..%5cadmin",
    "https://ci.example.com/api/x%00",
    "https://ci.example.com/api/x%0d%0aX: y",
    "https://ci.example.com/api/x\r\nX: y",
    "https://ci.example.com/api/x y",
    "https://ci.example.com/api/\tx",
    "https://ci.example.com/api/ü",
    "https://ci.exämple.com/api/x",
    "https://[::1]/api/x",
    "https://[::1/api/x",
    "https://ci.example.com:99999/api/x",
    "https://ci.example.com:/api/x",
    "https://ci.example.com/api/" + "x" * 9_000,
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_no_other_place_can_be_called(url: str) -> None:
    """Whatever a parser somewhere may make of it."""
    call = {"method": "GET", "url": url}
    assert http().check(call)
    assert (await http().plan(call)).refused
    assert isinstance(await Acting(http()).out(call), Failed)


@pytest.mark.parametrize(
    "segment",
    ["", ".", "..", "a/b", "/", "a\\b", "%2e%2e", "%2f", "..%2f", "%252f", "a\r\nb", "a\x00b",
     "\x7f", "\ud800", "..;x", "x" * 2_000],
)  # fmt: skip
async def test_what_is_looked_up_is_one_segment_of_the_path_and_nothing_else(segment: str) -> None:
    """A service called `../admin` leads nowhere."""
    call = {"method": "GET", "url": f"{BASE}/jobs", "path": [segment]}
    assert (await http().plan(call)).refused


@pytest.mark.parametrize("segment", ["cart api", "a?b=c", "a#b", "a&b", "$(id)", "{{ x }}", "100%"])
async def test_odd_segments_are_percent_encoded(segment: str) -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response()

    async with serving(answer) as (executor, base):
        call = {"method": "GET", "url": base, "path": ["jobs", segment, 3]}
        assert isinstance(await Acting(executor).out(call), Succeeded)
    assert seen == [f"/api/jobs/{segment}/3"]


@pytest.mark.parametrize("text", ["a\r\nX-Admin: 1", "a\nb", "a\x00b", "\x7f", "ü", "x" * 5_000])
async def test_a_header_cannot_become_two(text: str) -> None:
    call = {"method": "GET", "url": f"{BASE}/x", "headers": {"X-Why": text}}
    plan = await http().plan(call)
    assert "headers.X-Why: only visible ASCII" in plan.refused
    secrets = {"deploy-token": StageSecret(f"abcdef{text}")}
    executor = made(EXECUTOR, {"hosts": [BASE]}, http=Broken(sent=True), secrets=secrets)
    outcome = await Acting(executor).out(
        {"method": "GET", "url": f"{BASE}/x", "secrets": {"X-Key": "deploy-token"}}
    )
    assert isinstance(outcome, Failed)
    assert "cannot stand in a header; nothing was sent" in outcome.said


def test_look_ups_may_not_choose_the_address() -> None:
    """Only segments and the query vary, which are encoded here."""
    (problem,) = http().check({"method": "GET", "url": "https://${host}/x"})
    assert "path:" in problem
    call = {"method": "GET", "url": BASE, "path": ["${service}"], "query": {"q": "${why}"}}
    assert http().check(call) == ()


@pytest.mark.parametrize("place", ["json", "body", "headers", "query", "path"])
async def test_the_text_of_a_secret_in_a_call_is_refused(place: str) -> None:
    values: dict[str, Any] = {
        "json": {"a": [SECRET]}, "body": SECRET, "headers": {"X": SECRET}, "query": {"x": SECRET},
        "path": [SECRET],
    }  # fmt: skip
    call = {"method": "POST", "url": BASE, place: values[place]}
    plan = await http().plan(call)
    outcome = await Acting(http()).out(call)
    assert "deploy-token stands in the call" in plan.refused
    assert isinstance(outcome, Failed)
    assert SECRET not in repr((plan, outcome))


def test_nothing_is_allowed_until_somebody_allows_it() -> None:
    executor = made(EXECUTOR, {})
    (problem,) = executor.check({"method": "GET", "url": "https://ci.example.com/"})
    assert "no address is allowed yet" in problem
    assert "executors.http.hosts" in problem


@pytest.mark.parametrize(
    "hosts",
    [["ci.example.com"], ["ftp://x.example.com"], ["https://u:p@x.example.com"], ["https://"],
     ["https://x.example.com/a?b"], ["https://x.example.com/../a"], ["https://x.example.com/%2e"]],
)  # fmt: skip
def test_settings_name_addresses(hosts: list[str]) -> None:
    with pytest.raises(ValueError, match="write"):
        EXECUTOR.settings.model_validate({"hosts": hosts})
