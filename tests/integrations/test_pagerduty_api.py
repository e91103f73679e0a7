"""PagerDuty's REST API as the Pager port: people by e-mail, and notes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from opsbot.core.people import Person
from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.ports import Done, Outcome, Pager, Refused, Unsure
from tests.integrations.stage import TOKEN, Handler, StageClock, outgoing, playing, wiring

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
    outcome = await people(account, "PB", "PA", "PB", policy="PPOL", on_call_levels=2)
    assert emails(outcome) == ["ben@example.com", "ann@example.com", "cat@example.com"]


async def test_on_calls_of_higher_levels_are_left_out() -> None:
    """They are not paged yet, and a team may not want its director in every room."""
    account = Account([ANN, CAT], on_call=[(1, "PA"), (3, "PC")])
    assert emails(await people(account, policy="PPOL")) == ["ann@example.com"]


async def test_somebody_without_a_record_is_left_out() -> None:
    """A deleted user is not given nameless: whoever asks keeps the name the page came with."""
    outcome = await people(Account([ANN]), "PA", "PGONE")
    assert outcome == Done(value=(Person(id="PA", name="Ann", email="ann@example.com"),))
    assert await people(Account(), "PGONE") == Done(value=())


async def test_somebody_without_an_address_keeps_their_name() -> None:
    """PagerDuty answered, so it is known that there is none."""
    nameless = {"id": "PA", "type": "user", "name": "Ann"}
    assert await people(Account([nameless]), "PA") == Done(value=(Person(id="PA", name="Ann"),))


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("path", ["/users/PA", "/users", "/oncalls"])
async def test_a_look_up_that_fails_for_now_gives_nothing_half(path: str, status: int) -> None:
    """Others answered, yet nobody may be recorded as having no address: the caller comes back."""
    account = Account([ANN, BEN, CAT], on_call=[(1, "PC")])
    account.refuse = {path: status}
    outcome = await people(account, "PA", "PB", policy="PPOL")
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is not None
    assert outcome.retry_after > timedelta(0)


@pytest.mark.parametrize("path", ["/users/PA", "/oncalls"])
async def test_one_look_up_that_does_not_answer_gives_nothing_half(path: str) -> None:
    """Silence is no news about anybody."""
    account = Account([ANN, BEN], on_call=[(1, "PB")])

    async def slow(request: web.Request) -> web.StreamResponse:
        if request.path == path:
            await asyncio.sleep(3)
        return await account(request)

    outcome = await people(slow, "PA", "PB", policy="PPOL", deadline_seconds=0.2)
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is not None


async def test_what_was_found_before_a_failure_is_not_asked_again() -> None:
    """Coming back costs only the look-up that failed."""
    account = Account([ANN, BEN])
    account.refuse = {"/users/PA": 500}

    async def question(pager: Pager) -> tuple[People, People]:
        first = await pager.people(["PA", "PB"], "")
        account.refuse = {}
        return first, await pager.people(["PA", "PB"], "")

    (first, second), seen = await ask_pager(account, question)
    assert isinstance(first, Refused)
    assert emails(second) == ["ann@example.com", "ben@example.com"]
    assert sorted(r.path for r in seen) == ["/users/PA", "/users/PA", "/users/PB"]


async def test_users_that_may_not_be_read_are_refused_for_good() -> None:
    """Who is on call is no substitute for who was paged; the cure is an operator's."""
    account = Account([ANN, BEN], on_call=[(1, "PB")])
    account.refuse = {"/users": 403}
    outcome = await people(account, "PA", policy="PPOL")
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is None
    assert "may not do this" in outcome.cure


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
