"""What every evidence source promises, whatever its backend does. A source's test inherits it.

The source under test is asked through the real HTTP client against a local server. `good` and
`empty` are the vendor's own replies; the bad ones are the same for everybody.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar

import pytest
from aiohttp import web

from opsbot.core.evidence import EvidenceAsk, EvidenceKind, Health, SourceReport
from opsbot.integrations import Integration
from tests.integrations.stage import NOW, TOKEN, Handler, ask, outgoing, playing, source_of, wiring

WEB_PAGE = "<!doctype html><title>Sign in</title>"
ODD_JSON = (
    "null",
    "[]",
    "7",
    '"text"',
    "{}",
    '{"status":"success","data":null}',
    '{"status":"success","data":{"resultType":"matrix","result":[null,7,{"values":[[],[1]]}]}}',
    '{"traces":[null,{"traceID":7}],"alerts":{"a":1},"log_entries":[null]}',
    "[" * 5_000,
    "1" * 5_000,
)


class SourceContract:
    """Inherit, fill in the class variables and `good`/`empty`, and every rule is tested."""

    integration: ClassVar[Integration]
    kind: ClassVar[EvidenceKind]
    secret: ClassVar[str] = "token"
    health_when_empty: ClassVar[Health] = Health.SPARSE
    settings: ClassVar[dict[str, Any]] = {}
    address: ClassVar[str] = "url"

    def ask(self) -> EvidenceAsk:
        return ask("checkout-api", "auth-api")

    async def good(self, request: web.Request) -> web.StreamResponse:
        """Answer as the vendor does when something is going on."""
        raise NotImplementedError

    async def empty(self, request: web.Request) -> web.StreamResponse:
        """Answer as the vendor does when there is nothing."""
        raise NotImplementedError

    async def report(
        self, handler: Handler, *, token: str | None = TOKEN, deadline: float = 5.0
    ) -> SourceReport:
        """Ask the source once while `handler` answers."""
        async with playing(handler) as player, outgoing() as http:
            settings = {self.address: player.url, "deadline_seconds": deadline, **self.settings}
            source = source_of(self.integration, settings, wiring(http, {self.secret: [token]}))
            return await source.collect(self.ask())

    def check(self, report: SourceReport, health: Health) -> None:
        """The rules every report keeps, however the look-up went."""
        asked = self.ask()
        assert report.health is health, report
        assert report.kind is self.kind
        assert report.source == self.integration.name
        assert report.window == asked.window
        assert report.fetched_at == NOW
        assert report.duration_ms >= 0
        assert report.query
        assert TOKEN not in repr(report)
        if health is Health.UNREACHABLE:
            assert report.reason
            assert not report.findings
            assert any(gap.health is Health.UNREACHABLE for gap in report.gaps)
        for finding in report.findings:
            assert finding.summary
            assert finding.at.tzinfo is not None
            assert not finding.link or finding.link.startswith("http")

    async def test_a_good_answer_gives_dated_findings(self) -> None:
        """Findings come with query, window, duration and a health of fresh."""
        report = await self.report(self.good)
        self.check(report, Health.FRESH)
        assert report.findings

    async def test_an_empty_answer_is_told_apart_from_no_answer(self) -> None:
        """Nothing found is said only when somebody looked."""
        report = await self.report(self.empty)
        self.check(report, self.health_when_empty)
        assert not report.findings
        assert report.health is Health.FRESH or report.reason

    async def test_refused_credentials_are_named_and_never_shown(self) -> None:
        """A server that repeats our credentials in its refusal does not get them on the record."""

        async def denied(request: web.Request) -> web.Response:
            words = f"no access for {request.headers.get('Authorization', '')}"
            return web.json_response({"error": words, "message": words}, status=401)

        report = await self.report(denied)
        self.check(report, Health.UNREACHABLE)
        assert "401" in report.reason

    async def test_an_unreadable_secret_is_the_reason(self) -> None:
        """Without its secret the source says so instead of asking unauthenticated."""

        async def never(request: web.Request) -> web.Response:
            raise AssertionError("asked without credentials")

        report = await self.report(never, token=None)
        self.check(report, Health.UNREACHABLE)
        assert "cannot be read" in report.reason

    async def test_throttling_is_named(self) -> None:
        """A 429 is a gap with its reason, not an empty result."""

        async def throttled(request: web.Request) -> web.Response:
            return web.Response(status=429, headers={"Retry-After": "17"}, text="slow down")

        report = await self.report(throttled)
        self.check(report, Health.UNREACHABLE)
        assert "429" in report.reason

    @pytest.mark.parametrize(
        ("status", "body"),
        [(500, "boom"), (503, '{"error":"overloaded"}'), (200, WEB_PAGE), (200, '{"data":{"res')],
    )
    async def test_a_broken_answer_is_no_answer(self, status: int, body: str) -> None:
        """Server errors, sign-in pages and answers that break off are gaps."""

        async def broken(request: web.Request) -> web.Response:
            return web.Response(status=status, text=body)

        self.check(await self.report(broken), Health.UNREACHABLE)

    @pytest.mark.parametrize("body", ODD_JSON, ids=range(len(ODD_JSON)))
    async def test_json_of_another_shape_raises_nothing(self, body: str) -> None:
        """Whatever parses as JSON ends in a report without findings."""

        async def odd(request: web.Request) -> web.Response:
            return web.Response(text=body, content_type="application/json")

        report = await self.report(odd)
        assert not report.findings
        assert report.health is not Health.STALE

    async def test_a_slow_answer_ends_at_the_deadline(self) -> None:
        """The source answers on time, and says that the backend did not."""

        async def slow(request: web.Request) -> web.Response:
            await asyncio.sleep(3)
            return web.Response()

        started = asyncio.get_running_loop().time()
        report = await self.report(slow, deadline=0.15)
        assert asyncio.get_running_loop().time() - started < 1.5
        self.check(report, Health.UNREACHABLE)
        assert "no answer within 0.15 s" in report.reason

    async def test_a_huge_answer_is_not_read(self) -> None:
        """An answer over the cap is a gap that says so."""

        async def huge(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Length": "900000000"})
            await response.prepare(request)
            return response

        report = await self.report(huge)
        self.check(report, Health.UNREACHABLE)
        assert "larger than" in report.reason

    async def test_a_cancelled_look_up_stays_cancelled(self) -> None:
        """Shutting down does not wait for a backend."""

        async def slow(request: web.Request) -> web.Response:
            await asyncio.sleep(3)
            return web.Response()

        task = asyncio.create_task(self.report(slow))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    def test_the_settings_refuse_unknown_keys_and_describe_each_field(self) -> None:
        """A typing mistake in opsbot.yaml is an error, and help can be generated."""
        schema = json.dumps(self.integration.settings.model_json_schema())
        assert '"additionalProperties": false' in schema
        for name, field in self.integration.settings.model_fields.items():
            assert field.description, name
