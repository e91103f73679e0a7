"""PagerDuty's REST API: people by e-mail, notes, and what the evidence source makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from aiohttp import web

from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    FindingKind,
    Health,
    SourceReport,
    Subject,
)
from opsbot.core.people import Person
from opsbot.integrations import Integration
from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.ports import Done, Outcome, Pager, Refused, Unsure
from tests.integrations.contract import SourceContract
from tests.integrations.pagerduty_events import reference
from tests.integrations.stage import (
    TOKEN,
    Handler,
    StageClock,
    ago,
    ask,
    outgoing,
    playing,
    source_of,
    wiring,
)

People = Outcome[tuple[Person, ...]]


def user(ident: str, name: str) -> dict[str, Any]:
    return {"id": ident, "type": "user", "name": name, "email": f"{name.lower()}@example.com"}


class Account:
    """A small PagerDuty: users, and who is on call."""

    def __init__(
        self, users: Sequence[dict[str, Any]] = (), on_call: Sequence[tuple[int, str]] = ()
    ) -> None:
        self.users = {one["id"]: one for one in users}
        self.on_call = on_call
        self.refuse: Mapping[str, int] = {}

    async def __call__(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Token token={TOKEN}"
        assert request.headers["Accept"] == "application/vnd.pagerduty+json;version=2"
        for path, status in self.refuse.items():
            if request.path.startswith(path):
                error = {"message": "Not for you", "code": 2010, "errors": ["really"]}
                return web.json_response({"error": error}, status=status)
        if request.path == "/oncalls":
            return web.json_response({"oncalls": self._on_calls(request)})
        if request.path == "/users":
            offset, limit = int(request.query["offset"]), int(request.query["limit"])
            page = list(self.users.values())[offset : offset + limit]
            more = offset + limit < len(self.users)
            return web.json_response({"users": page, "more": more})
        found = self.users.get(request.path.removeprefix("/users/"))
        if found is None:
            error = {"message": "Not Found", "code": 2100}
            return web.json_response({"error": error}, status=404)
        return web.json_response({"user": found})

    def _on_calls(self, request: web.Request) -> list[dict[str, Any]]:
        assert request.query["escalation_policy_ids[]"] == "PPOL"
        assert request.query["earliest"] == "true"
        return [
            {"escalation_level": level, "user": self.users[ident]} for level, ident in self.on_call
        ]


ANN, BEN, CAT = user("PA", "Ann"), user("PB", "Ben"), user("PC", "Cat")


async def ask_pager(
    handler: Handler, question: Any, *, clock: StageClock | None = None, **settings: Any
) -> tuple[Any, list[web.Request]]:
    """Put one question to the pager against a server; give the outcome and what was asked."""
    assert INTEGRATION.pager is not None
    async with playing(handler) as player, outgoing() as http:
        chosen = INTEGRATION.settings.model_validate({"api_url": player.url, **settings})
        wired = wiring(http, {"api_token": [TOKEN]}, clock=clock)
        return await question(INTEGRATION.pager(chosen, wired)), player.seen


async def people(handler: Handler, *ids: str, policy: str = "", **settings: Any) -> People:
    async def question(pager: Pager) -> People:
        return await pager.people(ids, policy)

    return (await ask_pager(handler, question, **settings))[0]


def emails(outcome: People) -> list[str]:
    assert isinstance(outcome, Done), outcome
    return [person.email for person in outcome.value]


async def test_assignees_and_on_calls_come_once_each_with_their_address() -> None:
    """Assignees first, then the on-calls by level; the e-mail address joins to Slack."""
    account = Account([ANN, BEN, CAT], on_call=[(2, "PC"), (1, "PA")])
    outcome = await people(account, "PB", "PA", "PB", policy="PPOL")
    assert emails(outcome) == ["ben@example.com", "ann@example.com", "cat@example.com"]


async def test_on_calls_of_higher_levels_can_be_left_out() -> None:
    """A team may not want its director in every room."""
    account = Account([ANN, CAT], on_call=[(1, "PA"), (3, "PC")])
    assert emails(await people(account, policy="PPOL", on_call_levels=1)) == ["ann@example.com"]


async def test_somebody_without_a_record_is_named_not_dropped() -> None:
    """A deleted user stays in the list, without an address, so that the room can say so."""
    outcome = await people(Account([ANN]), "PA", "PGONE")
    assert isinstance(outcome, Done)
    assert outcome.value == (
        Person(id="PA", name="Ann", email="ann@example.com"),
        Person(id="PGONE", name=""),
    )


async def test_many_people_are_listed_not_asked_for_one_by_one() -> None:
    """Twenty-one unknown people cost pages of a hundred, not twenty-one calls."""
    crowd = [user(f"P{index:03}", f"N{index:03}") for index in range(250)]

    async def question(pager: Pager) -> People:
        return await pager.people([one["id"] for one in crowd], "")

    outcome, seen = await ask_pager(Account(crowd), question)
    assert len(emails(outcome)) == 250
    assert [request.path for request in seen] == ["/users"] * 3


async def test_people_are_remembered_for_five_minutes() -> None:
    """A storm of incidents does not ask for the same person again and again."""
    clock = StageClock()

    async def question(pager: Pager) -> int:
        await asyncio.gather(*(pager.people(["PA"], "PPOL") for _ in range(2)))
        await pager.people(["PA"], "PPOL")
        return 0

    _, seen = await ask_pager(Account([ANN], on_call=[(1, "PA")]), question, clock=clock)
    assert len(seen) <= 4


async def test_half_an_answer_is_an_answer() -> None:
    """On-calls that may not be read do not keep the assignees out."""
    account = Account([ANN], on_call=[(1, "PA")])
    account.refuse = {"/oncalls": 403}
    assert emails(await people(account, "PA", policy="PPOL")) == ["ann@example.com"]


@pytest.mark.parametrize(
    ("status", "cure", "retries"),
    [
        (401, "region", False),
        (402, "plan", False),
        (403, "may not do this", False),
        (429, "tries again", True),
        (500, "tries again", True),
    ],
)
async def test_a_refusal_says_the_cure_and_whether_to_try_again(
    status: int, cure: str, retries: bool
) -> None:
    """PagerDuty's own words, and what an operator can do."""
    account = Account()
    account.refuse = {"/": status}
    outcome = await people(account, "PA")
    assert isinstance(outcome, Refused)
    assert "Not for you, really" in outcome.error
    assert cure in outcome.cure
    assert (outcome.retry_after is not None) is retries
    assert TOKEN not in repr(outcome)


async def test_a_rate_limit_is_kept_until_its_reset() -> None:
    """`ratelimit-reset` is in seconds; until then nothing more is asked."""

    async def limited(request: web.Request) -> web.Response:
        error = {"message": "Rate Limit Exceeded", "code": 2020}
        return web.json_response({"error": error}, status=429, headers={"ratelimit-reset": "42"})

    async def question(pager: Pager) -> tuple[People, People]:
        return await pager.people(["PA"], ""), await pager.people(["PA"], "")

    (first, second), seen = await ask_pager(limited, question)
    assert isinstance(first, Refused)
    assert isinstance(second, Refused)
    assert first.retry_after == second.retry_after == timedelta(seconds=42)
    assert len(seen) == 1


async def test_a_pager_that_does_not_answer_is_asked_again_later() -> None:
    """The deadline holds for the whole question."""

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(3)
        return web.Response()

    outcome = await people(slow, "PA", deadline_seconds=0.1)
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is not None


async def note(handler: Handler, **settings: Any) -> Outcome[None]:
    async def question(pager: Pager) -> Outcome[None]:
        return await pager.add_note("PINC/1", "Room: #inc-1")

    return (await ask_pager(handler, question, **settings))[0]


async def test_a_note_is_written_in_the_name_of_the_configured_user() -> None:
    """An account key needs the From header; the id cannot leave its place in the path."""

    async def handle(request: web.Request) -> web.Response:
        assert request.method == "POST"
        assert request.raw_path == "/incidents/PINC%2F1/notes"
        assert request.headers["From"] == "bot@example.com"
        assert await request.json() == {"note": {"content": "Room: #inc-1"}}
        return web.json_response({"note": {"id": "PN"}}, status=201)

    assert isinstance(await note(handle, from_email="bot@example.com"), Done)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, "not json", Done),  # taken, only the answer is broken
        (500, "{}", Unsure),
        (503, "<html>", Unsure),
        (400, '{"error": {"message": "From header"}}', Refused),
        (404, "{}", Refused),
        (429, "{}", Refused),
    ],
)
async def test_a_note_that_may_have_been_written_is_unsure(
    status: int, body: str, kind: type
) -> None:
    """Look before writing it again."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    assert isinstance(await note(handle), kind)


async def test_a_note_without_an_answer_is_unsure_and_without_a_connection_refused() -> None:
    """Nothing was sent when nobody listened."""

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(3)
        return web.Response()

    assert isinstance(await note(slow, deadline_seconds=0.1), Unsure)
    outcome = await note(slow, api_url="http://127.0.0.1:1")
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is not None


def alert(ident: str, **more: Any) -> dict[str, Any]:
    """An alert, constructed after the REST reference."""
    given: dict[str, Any] = {
        "id": ident,
        "type": "alert",
        "summary": "auth-api: error share \u202e above 5 %",
        "created_at": "2026-03-04T14:05:00Z",
        "severity": "critical",
        "html_url": "https://acme.pagerduty.com/alerts/" + ident,
        "service": reference("service", "PAUTH01", "Auth"),
        "body": {"details": {"alertname": "ErrorShareHigh", "firing": "1"}},
    }
    return given | more


class Incident:
    """What PagerDuty knows of one incident."""

    def __init__(self, **lists: Sequence[dict[str, Any]] | int) -> None:
        self.lists = lists

    async def __call__(self, request: web.Request) -> web.Response:
        what = request.path.rsplit("/", 1)[1]
        found = self.lists.get(what, [])
        if isinstance(found, int):
            return web.json_response({"error": {"message": "no"}}, status=found)
        key = "change_events" if what == "related_change_events" else what
        return web.json_response({key: list(found), "more": False})


class TestPagerDutyContract(SourceContract):
    integration: ClassVar[Integration] = INTEGRATION
    kind: ClassVar[EvidenceKind] = EvidenceKind.CHANGES
    secret: ClassVar[str] = "api_token"
    address: ClassVar[str] = "api_url"
    health_when_empty: ClassVar[Health] = Health.FRESH

    def ask(self) -> EvidenceAsk:
        return ask("auth-api", alert_ids=("PINC1",))

    async def good(self, request: web.Request) -> web.StreamResponse:
        return await Incident(alerts=[alert("PALERT1")])(request)

    async def empty(self, request: web.Request) -> web.StreamResponse:
        return await Incident()(request)


async def look(incident: Incident, *alert_ids: str) -> SourceReport:
    auth = Subject(service="auth-api", selectors=(("pagerduty", "PAUTH01"),))
    async with playing(incident) as player, outgoing() as http:
        wired = wiring(http, {"api_token": [TOKEN]})
        source = source_of(INTEGRATION, {"api_url": player.url}, wired)
        return await source.collect(ask(auth, alert_ids=alert_ids or ("PINC1",)))


async def test_an_alert_comes_with_what_the_monitor_sent() -> None:
    """Summary, severity and labels in one inert sentence, under our own service name."""
    (finding,) = (await look(Incident(alerts=[alert("PALERT1")]))).findings
    assert (finding.kind, finding.service, finding.at) == (
        FindingKind.ALERT,
        "auth-api",
        ago(5),
    )
    assert finding.summary == (
        "alert: auth-api: error share [U+202E] above 5 %"
        " (critical; alertname=ErrorShareHigh; firing=1)"
    )


async def test_a_storm_of_alerts_is_cut_and_counted() -> None:
    """A thousand alerts of one incident are not a thousand lines."""
    report = await look(Incident(alerts=[alert(f"P{index}") for index in range(25)]))
    assert len(report.findings) == 10
    assert report.truncated == "15 more alerts"


async def test_a_related_change_with_a_version_is_a_deploy_other_sources_tell_too() -> None:
    """The fold key is the one the deploy has elsewhere; PagerDuty's reason is said."""
    change = {
        "id": "01CHANGE",
        "type": "change_event",
        "timestamp": "2026-03-04T13:58:00Z",
        "summary": "Deployed auth-api",
        "services": [{"id": "PAUTH01", "type": "service_reference"}],
        "custom_details": {"version": "v2.14", "limits.memory": "512Mi -> 256Mi"},
        "links": [{"href": "javascript:alert(1)"}, {"href": "https://ci.example/9"}],
        "correlation_reason": {"reason": "most_recent"},
    }
    (finding,) = (await look(Incident(related_change_events=[change]))).findings
    assert (finding.kind, finding.fold_key) == (FindingKind.DEPLOY, "deploy:auth-api:v2.14")
    assert finding.summary == (
        "auth-api: Deployed auth-api"
        " (limits.memory 512Mi -> 256Mi; version=v2.14; the most recent change)"
    )
    assert finding.link == "https://ci.example/9"


@pytest.mark.parametrize("status", [402, 403, 404])
async def test_a_plan_without_change_correlation_is_no_gap(status: int) -> None:
    """It is an add-on: its absence is not news in an incident."""
    report = await look(Incident(alerts=[alert("P1")], related_change_events=status))
    assert (report.health, report.gaps, report.reason) == (Health.FRESH, (), "")


async def test_log_entries_of_note_are_told_and_routine_ones_are_not() -> None:
    """Notes and escalations that ran out; not every notification that was sent."""
    entries = [
        {
            "id": "R1",
            "type": "annotate_log_entry",
            "created_at": "2026-03-04T14:06:00Z",
            "summary": "Noted by Kim Example.",
            "channel": {"type": "note", "summary": "restarted one pod"},
        },
        {
            "id": "R2",
            "type": "exhaust_escalation_path_log_entry",
            "created_at": "2026-03-04T14:07:00Z",
            "summary": "Nobody left to escalate to.",
        },
        {"id": "R3", "type": "notify_log_entry", "created_at": "2026-03-04T14:06:00Z"},
        {"id": "R4", "type": "annotate_log_entry", "created_at": "garbage"},
    ]
    report = await look(Incident(log_entries=entries))
    assert [finding.summary for finding in report.findings] == [
        'PagerDuty: Noted by Kim Example.: "restarted one pod"',
        "PagerDuty: Nobody left to escalate to.",
    ]


async def test_an_incident_without_a_page_has_nothing_to_ask() -> None:
    """An incident opened by hand is said to be one, not called quiet."""
    async with outgoing() as http:
        source = source_of(INTEGRATION, {}, wiring(http, {"api_token": [TOKEN]}))
        report = await source.collect(ask("auth-api"))
    assert (report.health, report.query) == (Health.SPARSE, "")
    assert "nothing to ask" in report.reason


async def test_without_an_api_token_there_is_no_source() -> None:
    """Webhooks alone are a way to run opsbot."""
    assert INTEGRATION.sources is not None
    async with outgoing() as http:
        assert INTEGRATION.sources(INTEGRATION.settings(), wiring(http)) == []
