"""The http executor keeps the contract, through the real HTTP client against a local server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from opsbot.executors.http import EXECUTOR
from opsbot.http_client import AiohttpClient
from opsbot.ports import Executor, Failed, Http, HttpAnswer, HttpFailure, Succeeded, Unclear
from tests.executors.contract import Call, HangingContract, SecretiveContract, TalkingContract
from tests.executors.stage import SECRET, Acting, StageSecret, made

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BASE = "https://ci.example.com/api"


def http(port: Http | None = None, *hosts: str) -> Executor:
    """The executor with one address that is allowed."""
    secrets = {"deploy-token": StageSecret()}
    return made(EXECUTOR, {"hosts": hosts or (BASE,)}, http=port, secrets=secrets)


@asynccontextmanager
async def local(handler: Handler) -> AsyncGenerator[tuple[AiohttpClient, str]]:
    """The real way out, and the base address of a server that `handler` answers for."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    server, client = TestServer(app), AiohttpClient(environ={})
    await server.start_server()
    try:
        yield client, str(server.make_url("/api"))
    finally:
        await client.close()
        await server.close()


@asynccontextmanager
async def serving(handler: Handler) -> AsyncGenerator[tuple[Executor, str]]:
    """The executor with a local server allowed, and the server's base address."""
    async with local(handler) as (client, base):
        yield http(client, base), base


class Rerouted:
    """The real way out, with BASE answered by a local server."""

    def __init__(self, client: AiohttpClient, base: str) -> None:
        self.client, self.base = client, base

    async def request(self, method: str, url: str, **more: Any) -> HttpAnswer:
        return await self.client.request(method, url.replace(BASE, self.base), **more)


class TestHttp(TalkingContract, HangingContract, SecretiveContract):
    name = "http"
    examples = 40

    def setup_method(self) -> None:
        self.seen: list[str] = []

    @asynccontextmanager
    async def executor(self) -> AsyncGenerator[Executor]:
        async with local(self.answer) as (client, base):
            yield http(Rerouted(client, base))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.path)
        if request.path == "/api/hang":
            await asyncio.sleep(60)
        if request.path == "/api/echo-key":
            return web.Response(text=f"you are {request.headers['X-Key']}")
        return web.Response(body=await request.read())

    def call(self, path: str, **more: Any) -> Call:
        return {"method": "POST", "url": f"{BASE}/{path}", **more}

    def good(self) -> Call:
        return self.call("jobs", json={"service": "cart-api"}, secrets={"X-Key": "deploy-token"})

    def never(self) -> Sequence[Call]:
        return [
            {},
            {"method": "POST"},
            {"url": f"{BASE}/jobs"},
            self.call("jobs", method="TRACE"),
            self.call("jobs", method="GET", body="text"),
            self.call("jobs", body="text", json={}),
            self.call("jobs", retries=3),
            self.call("jobs", expect=["ok"]),
            self.call("jobs", values={"job": 7}),
            self.call("jobs", headers={"A b": "c"}),
            self.call("jobs", headers={"A": ["b"]}),
            self.call("jobs", headers={"Host": "else.example.com"}),
            self.call("jobs", headers={"Authorization": "Bearer x"}),
            self.call("jobs", headers={"Idempotency-Key": "1"}),
            self.call("jobs", query=["a"]),
            self.call("jobs", bearer="deploy-token", secrets={"Authorization": "deploy-token"}),
            self.call("jobs", url="https://else.example.com/api/jobs"),
            self.call("jobs", url="file:///etc/passwd"),
        ]

    def effects(self) -> int:
        return len(self.seen)

    def talking(self, lines: Sequence[str]) -> Call:
        return self.call("echo", body="\n".join(lines))

    def hanging(self) -> Call:
        return self.call("hang")

    def half_done(self) -> Call:
        """It is taken with a 200, where something else would mean success."""
        return self.call("jobs", expect=[201])

    def telling_secret(self) -> Call:
        return self.call("echo-key", secrets={"X-Key": "deploy-token"})


async def test_the_request_is_what_the_call_says() -> None:
    seen: list[web.Request] = []
    bodies: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request)
        bodies.append(await request.json())
        return web.json_response({"job": {"id": 7, "steps": [{"name": "one"}]}}, status=202)

    async with serving(answer) as (executor, base):
        call = {
            "method": "POST", "url": f"{base}/jobs", "path": ["cart api", "é?#&=+%"],
            "query": {"why": "a&b=c +#", "tag": ["x", "y"]}, "headers": {"Accept": "text/plain"},
            "json": {"replicas": 3}, "bearer": "deploy-token", "expect": [202],
            "values": {"job": "job.id", "first": "job.steps.0.name", "none": "job.url"},
        }  # fmt: skip
        acting = Acting(executor)
        outcome = await acting.out(call)
    (request,) = seen
    assert (request.method, request.path) == ("POST", "/api/jobs/cart api/é?#&=+%")
    assert list(request.query.items()) == [("why", "a&b=c +#"), ("tag", "x"), ("tag", "y")]
    assert request.headers["Accept"] == "text/plain"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert request.headers["Idempotency-Key"] == "run-7:steps:0"
    assert request.headers["Content-Type"] == "application/json"
    assert bodies == [{"replicas": 3}]
    assert isinstance(outcome, Succeeded)
    assert outcome.values == {"job": 7, "first": "one"}
    assert "answered 202; its answer holds no job.url" in outcome.said
    assert acting.told == [outcome.output]


async def test_the_plan_is_the_request_on_one_line() -> None:
    call = {
        "method": "PUT", "url": f"{BASE}/jobs", "path": ["a b"], "query": {"q": "x&y"},
        "json": {"n": 1}, "bearer": "deploy-token", "secrets": {"X-Key": "deploy-token"},
    }  # fmt: skip
    plan = await http().plan(call)
    assert plan.shown == (
        "PUT https://ci.example.com/api/jobs/a%20b?q=x%26y (Content-Type: application/json, "
        'Authorization: Bearer from secret deploy-token, X-Key from secret deploy-token) {"n": 1}'
    )
    assert plan.warnings == ()


async def test_an_address_without_encryption_is_said_beforehand() -> None:
    """Only one that is configured so can be called at all."""
    executor = http(None, "http://ci.example.com")
    plan = await executor.plan({"method": "GET", "url": "http://ci.example.com/"})
    assert plan.warnings == ("http://ci.example.com is spoken to unencrypted",)
    assert executor.check({"method": "GET", "url": "https://ci.example.com/"})


@pytest.mark.parametrize(
    ("method", "status", "kind"),
    [
        ("POST", 200, Succeeded), ("POST", 409, Failed), ("POST", 302, Failed),
        ("POST", 502, Unclear), ("DELETE", 504, Unclear), ("POST", 524, Unclear),
        ("POST", 500, Unclear), ("PUT", 503, Unclear), ("POST", 520, Unclear),
        ("POST", 501, Failed), ("PATCH", 505, Failed),
        ("GET", 500, Failed), ("GET", 504, Failed), ("HEAD", 404, Failed),
    ],
)  # fmt: skip
async def test_a_status_is_a_verdict_but_for_errors_on_the_servers_side(
    method: str, status: int, kind: type
) -> None:
    async def answer(request: web.Request) -> web.Response:
        headers = {"Location": "https://else.example.com/"} if status == 302 else {}
        return web.Response(status=status, text="because\nof that", headers=headers)

    async with serving(answer) as (executor, base):
        outcome = await Acting(executor).out({"method": method, "url": f"{base}/x"})
    assert type(outcome) is kind
    assert f"answered {status}" in outcome.said
    assert method == "HEAD" or ("because" in outcome.said) == (status != 200)


@pytest.mark.parametrize(
    ("method", "status", "acted"),
    [
        ("POST", 200, True), ("POST", 202, True),  # taken, in another way than the runbook expects
        ("POST", 303, True),  # done, and what came of it stands elsewhere
        ("POST", 307, False), ("POST", 400, False), ("DELETE", 409, False), ("POST", 501, False),
        ("GET", 200, False), ("GET", 404, False),  # a read changes nothing
    ],
)  # fmt: skip
async def test_an_act_that_was_taken_and_not_as_expected_has_acted(
    method: str, status: int, acted: bool
) -> None:
    """The way back begins for it. What was refused left nothing to take back."""

    async def answer(request: web.Request) -> web.Response:
        headers = {"Location": "https://else.example.com/"} if 300 <= status < 400 else {}
        return web.Response(status=status, headers=headers)

    async with serving(answer) as (executor, base):
        call = {"method": method, "url": f"{base}/x", "expect": [201]}
        outcome = await Acting(executor).out(call)
    assert isinstance(outcome, Failed), outcome
    assert outcome.acted is acted
    assert "(expected 201)" in outcome.said


class Broken:
    """A way out that fails, after the request was sent or before."""

    def __init__(self, *, sent: bool) -> None:
        self.sent = sent

    async def request(self, method: str, url: str, **_: Any) -> HttpAnswer:
        raise HttpFailure("the connection broke", sent=self.sent)


@pytest.mark.parametrize(
    ("method", "sent", "kind"),
    [
        ("POST", True, Unclear),
        ("POST", False, Failed),
        ("GET", True, Failed),
        ("HEAD", True, Failed),
    ],
)
async def test_an_act_without_an_answer_is_unclear_once_it_was_sent(
    method: str, sent: bool, kind: type
) -> None:
    """A read never is: it can be asked again."""
    executor = http(Broken(sent=sent))
    outcome = await Acting(executor).out({"method": method, "url": f"{BASE}/x"})
    assert type(outcome) is kind
    assert ("nothing was sent" in outcome.said) == (kind is Failed and method == "POST")


async def test_an_answer_without_end_is_no_answer() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except ConnectionError:
            return response

    async with serving(answer) as (executor, base):
        outcome = await Acting(executor).out({"method": "POST", "url": f"{base}/x"})
    assert isinstance(outcome, Unclear)
    assert "larger than 4,000,000 bytes" in outcome.said


async def test_a_redirect_of_an_act_is_not_followed() -> None:
    """Neither to another host nor to another path."""
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=307, headers={"Location": "/admin"})

    async with serving(answer) as (executor, base):
        outcome = await Acting(executor).out({"method": "POST", "url": f"{base}/x"})
    assert isinstance(outcome, Failed)
    assert seen == ["/api/x"]


async def test_a_secret_that_cannot_be_read_is_said_before_and_stops_the_act() -> None:
    secrets = {"deploy-token": StageSecret(None)}
    executor = made(EXECUTOR, {"hosts": [BASE]}, http=Broken(sent=True), secrets=secrets)
    call = {"method": "POST", "url": BASE, "bearer": "deploy-token"}
    assert "cannot be read now" in (await executor.plan(call)).warnings[0]
    outcome = await Acting(executor).out(call)
    assert isinstance(outcome, Failed)
    assert "nothing was sent" in outcome.said


async def test_a_value_that_is_not_known_yet_is_shown_and_not_sent() -> None:
    call = {"method": "POST", "url": BASE, "path": [{"$from": "find.job"}], "json": {"a": 1}}
    assert "%24%7Bfind.job%7D" in (await http().plan(call)).shown
    outcome = await Acting(http(Broken(sent=True))).out(call)
    assert isinstance(outcome, Failed)
    assert "not known" in outcome.said


async def test_values_of_an_answer_that_is_no_json_are_missing() -> None:
    for body in ("[" * 9_000, "<html>", '{"job": {"id": null}}', '{"job": [1]}', "9" * 9_000):

        async def answer(request: web.Request, body: str = body) -> web.Response:
            return web.Response(text=body)

        async with serving(answer) as (executor, base):
            outcome = await Acting(executor).out(
                {"method": "GET", "url": base, "values": {"job": "job.id"}}
            )
        assert isinstance(outcome, Succeeded)
        assert outcome.values == {}
        assert "holds no job.id" in outcome.said


def test_the_body_of_a_plan_is_cut_with_its_digest() -> None:
    call = {"method": "POST", "url": BASE, "json": {"text": "x" * 5_000}}
    shown = asyncio.run(http().plan(call)).shown
    assert len(shown) < 1_000
    assert "[... 5,012 bytes, SHA-256 " in shown
    assert json.dumps({"text": "x"})[:9] in shown
