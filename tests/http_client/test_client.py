"""The HTTP client against a local server: limits, redirects, failures, proxy, trust."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from opsbot import __version__
from opsbot.http_client import AiohttpClient
from opsbot.ports import HttpAnswer, HttpFailure

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start local servers that answer every path with one handler; give their base URL."""
    servers: list[TestServer] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def client() -> AsyncIterator[AiohttpClient]:
    found = AiohttpClient(environ={})
    yield found
    await found.close()


async def test_an_answer_is_given_whole_with_lower_case_header_names(
    serve: Serve, client: AiohttpClient
) -> None:
    """Status, headers and body come back; parameters and our name go out."""
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(status=404, text="gone", headers={"X-Reset-In": "7"})

    answer = await client.request(
        "GET", await serve(handler) + "/a?x=1", params=[("q", "a+b {é}"), ("id[]", "2")]
    )
    assert (answer.status, answer.body, answer.headers["x-reset-in"]) == (404, b"gone", "7")
    assert seen[0].headers["User-Agent"] == f"opsbot/{__version__}"
    assert dict(seen[0].query) == {"x": "1", "q": "a+b {é}", "id[]": "2"}


@pytest.mark.parametrize("says_its_length", [True, False])
async def test_an_answer_over_the_cap_is_not_read_to_its_end(
    serve: Serve, client: AiohttpClient, says_its_length: bool
) -> None:
    """The size is capped whether or not the server declares it."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if says_its_length:
            return web.Response(body=b"x" * 2_000)
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 2_000)
        return response

    with pytest.raises(HttpFailure, match="answer larger than 1,000 bytes") as caught:
        await client.request("GET", await serve(handler), max_bytes=1_000)
    assert caught.value.sent


async def test_a_compressed_answer_is_measured_unpacked(
    serve: Serve, client: AiohttpClient
) -> None:
    """A small body that unpacks to a large one is refused like a large one."""
    bomb = gzip.compress(b"0" * 30_000_000)

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    assert len(bomb) < 100_000
    with pytest.raises(HttpFailure, match="answer larger than 100,000 bytes"):
        await client.request("GET", await serve(handler), max_bytes=100_000)


async def test_a_slow_answer_fails_at_the_deadline_and_may_have_acted(
    serve: Serve, client: AiohttpClient
) -> None:
    """After the request left us, the other side may have acted on it."""

    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    with pytest.raises(HttpFailure, match=r"no answer within 0\.1 s") as caught:
        await client.request("POST", await serve(handler), timeout=0.1)
    assert caught.value.sent


async def test_a_refused_connection_has_sent_nothing(client: AiohttpClient) -> None:
    """Nobody listens: the caller may safely try again."""
    with pytest.raises(HttpFailure, match="connection refused") as caught:
        await client.request("POST", f"http://127.0.0.1:{unused_port()}/")
    assert not caught.value.sent


class _MovingProxy(dict[str, str]):
    """An environment whose proxy is down when first looked up, and up the second time."""

    def __init__(self, up: str) -> None:
        super().__init__()
        self.answers = [f"http://127.0.0.1:{unused_port()}", up]

    def get(self, key: str, default: Any = None) -> Any:
        return self.answers.pop(0) if key == "http_proxy" else default


async def _through_moving_proxy(method: str, proxy: str) -> HttpAnswer:
    client = AiohttpClient(environ=_MovingProxy(proxy))
    try:
        return await client.request(method, "http://metrics.example/")
    finally:
        await client.close()


async def test_only_a_read_is_tried_again_after_a_failed_connection(serve: Serve) -> None:
    """A connection that failed before anything was sent costs a GET one more try, a POST none."""

    async def proxy(request: web.Request) -> web.Response:
        return web.Response(text="second try")

    url = await serve(proxy)
    assert (await _through_moving_proxy("GET", url)).body == b"second try"
    with pytest.raises(HttpFailure, match="no connection to the proxy"):
        await _through_moving_proxy("POST", url)


async def test_a_write_that_may_have_arrived_is_not_tried_again() -> None:
    """A server that hangs up after reading a POST is asked once, and may have acted."""
    connections = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    client = AiohttpClient(environ={})
    with pytest.raises(HttpFailure, match="closed the connection") as caught:
        await client.request("POST", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    await client.close()
    server.close()
    assert (caught.value.sent, connections) == (True, 1)


async def test_a_redirect_on_the_same_host_is_followed_three_times_at_most(
    serve: Serve, client: AiohttpClient
) -> None:
    """The fourth redirect is handed back as the answer."""
    paths: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path_qs)
        return web.Response(status=302, headers={"Location": f"/{len(paths)}"})

    answer = await client.request("GET", await serve(handler) + "/0", params=[("a", "b")])
    assert (answer.status, paths) == (302, ["/0?a=b", "/1", "/2", "/3"])


async def test_a_redirect_to_another_host_is_the_answer(
    serve: Serve, client: AiohttpClient
) -> None:
    """Credentials in our headers never travel to a host the operator did not name."""
    visited: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        visited.append(request.path)
        return web.Response()

    other = await serve(elsewhere)

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": other + "/login"})

    headers = {"Authorization": "Bearer t0p"}
    answer = await client.request("GET", await serve(handler), headers=headers)
    assert (answer.status, visited) == (307, [])


async def test_a_redirected_write_is_the_answer(serve: Serve, client: AiohttpClient) -> None:
    """Only reads follow a redirect, even on the same host."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": "/again"})

    assert (await client.request("POST", await serve(handler), body=b"{}")).status == 308


async def test_calls_to_one_host_wait_for_their_turn(serve: Serve) -> None:
    """No more than `per_host` calls are at a host at once, and waiting counts to the deadline."""
    here = most = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await asyncio.sleep(0.05)
        here -= 1
        return web.Response()

    client = AiohttpClient(environ={}, per_host=2)
    url = await serve(handler)
    await asyncio.gather(*(client.request("GET", url) for _ in range(6)))
    slow = [client.request("GET", url, timeout=0.07) for _ in range(6)]
    late = await asyncio.gather(*slow, return_exceptions=True)
    await client.close()
    assert most == 2
    assert any("were ahead" in str(failure) for failure in late)


async def test_a_call_goes_through_the_configured_proxy(serve: Serve) -> None:
    """A plain http call reaches the proxy with the full address."""
    asked: list[str] = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.Response(text="through the proxy")

    client = AiohttpClient(environ={"HTTP_PROXY": await serve(proxy)})
    answer = await client.request("GET", "http://metrics.example/api?x=1")
    await client.close()
    assert answer.body == b"through the proxy"
    assert asked == ["http://metrics.example/api?x=1"]


async def test_a_proxy_that_is_down_is_named_as_the_fault() -> None:
    """A responder must not look for the fault at the other side."""
    client = AiohttpClient(environ={"HTTPS_PROXY": f"http://u:pw@127.0.0.1:{unused_port()}"})
    with pytest.raises(HttpFailure, match="no connection to the proxy") as caught:
        await client.request("GET", "https://metrics.example/")
    await client.close()
    assert not caught.value.sent
    assert "pw" not in caught.value.reason


async def test_a_socks_proxy_fails_the_call_with_the_cure() -> None:
    """An unusable proxy setting is never bypassed."""
    client = AiohttpClient(environ={"HTTP_PROXY": "socks5://proxy.example"})
    with pytest.raises(HttpFailure, match="SOCKS"):
        await client.request("GET", "http://metrics.example/")
    await client.close()


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_an_unusable_ca_bundle_is_told_at_the_start(
    tmp_path: Path, content: str | None
) -> None:
    """A wrong path or file is an error when opsbot starts, not at the first incident."""
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(ValueError, match=r"CA bundle .*bundle\.pem"):
        await AiohttpClient(environ={"SSL_CERT_FILE": str(bundle)}).start()


async def test_a_header_that_cannot_be_sent_fails_without_being_shown(
    serve: Serve, client: AiohttpClient
) -> None:
    """A secret with a line break in it is not repeated in the reason."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response()

    headers = {"Authorization": "Bearer t0p\nsecret"}
    with pytest.raises(HttpFailure, match="cannot be built") as caught:
        await client.request("GET", await serve(handler), headers=headers)
    assert "t0p" not in caught.value.reason


async def test_tls_with_a_server_that_speaks_none_names_the_cure(
    serve: Serve, client: AiohttpClient
) -> None:
    """https:// in front of a plain server is a mistake in the address, and is said as such."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response()

    with pytest.raises(HttpFailure, match="check http:// or https://"):
        await client.request("GET", (await serve(handler)).replace("http:", "https:"))


@pytest.mark.parametrize("url", ["ftp://host/x", "no url", "http://", "https://a:99999/"])
async def test_an_address_that_is_none_is_a_failure_in_words(
    client: AiohttpClient, url: str
) -> None:
    """A wrong address in the configuration never raises anything but HttpFailure."""
    with pytest.raises(HttpFailure) as caught:
        await client.request("GET", url)
    assert not caught.value.sent


async def test_a_closed_client_refuses(serve: Serve, client: AiohttpClient) -> None:
    """No connection is opened while the process goes down."""
    await client.close()
    with pytest.raises(HttpFailure, match="shutting down"):
        await client.request("GET", "http://127.0.0.1:1/")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
async def test_an_act_is_sent_once_when_the_other_side_hangs_up(
    method: str, serve: Serve, client: AiohttpClient
) -> None:
    """aiohttp would send PUT and DELETE again by itself."""
    seen: list[str] = []

    async def hang_up(request: web.Request) -> web.StreamResponse:
        seen.append(request.method)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    url = await serve(hang_up)
    with pytest.raises(HttpFailure) as failed:
        await client.request(method, f"{url}/x", body=b"{}")
    assert failed.value.sent
    assert seen == [method]
