"""Postmortems as pull requests: merged, closed, edited, refused; on the sandbox GitHub."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from aiohttp import web

from opsbot.core.document import Document
from opsbot.integrations.github import INTEGRATION
from opsbot.integrations.github.repository import blob_sha
from opsbot.ports import Http, HttpAnswer, Outcome, Published, Publisher, Refused, Unsure
from opsbot.sandbox import github_git
from opsbot.sandbox.faults import Fault
from opsbot.sandbox.world import API_TOKEN
from tests.integrations.publisher_contract import INCIDENT, NEWER, SECTIONS, THEIRS, document, value
from tests.integrations.stage import StageClock, outgoing, playing, wiring
from tests.integrations.test_publisher_contract import POSTMORTEMS, GitHubWorld
from tests.sandbox.world_rig import Rig, running

PATH = "postmortems/inc-42-logins-fail.md"


class Hub(GitHubWorld):
    """The sandbox GitHub with what these tests ask of it."""

    def __init__(self, http: Http, rig: Rig) -> None:
        repository = rig.world.github.repository(POSTMORTEMS)
        super().__init__(http, rig.urls.github, repository)
        self.rig = rig

    def asked(self, method: str) -> int:
        return sum(one.method == method for one in self.rig.world.github.seen)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with running() as rig, outgoing() as http:
        yield Hub(http, rig)


async def put(hub: Hub, given: Document | None = None, held: Published | None = None) -> Published:
    return value(await hub.publisher.publish(given or document(), held))


async def test_it_asks_for_a_branch_of_its_own_to_be_merged(hub: Hub) -> None:
    """Nothing stands on the base before somebody merges it."""
    held = await put(hub)
    (pull,) = hub.git.pulls
    assert (pull.head, pull.base, pull.title) == ("opsbot/inc-42", "main", document().title)
    assert held.url == f"https://github.com/{POSTMORTEMS}/pull/1"
    assert sorted(hub.git.branches["opsbot/inc-42"].files) == [
        "README.md", "postmortems/inc-42-logins-fail.html",
        "postmortems/inc-42-logins-fail.json", PATH,
        "postmortems/inc-42-logins-fail/chart-page.png",
    ]  # fmt: skip
    assert list(hub.git.branches["main"].files) == ["README.md"]


async def test_only_what_changed_is_committed(hub: Hub) -> None:
    """Each commit is a line that people are told of."""
    held = await put(hub)
    before = hub.asked("PUT")
    await put(hub, held=held)
    assert hub.asked("PUT") == before
    await put(hub, NEWER, held)
    assert hub.asked("PUT") == before + 2, "Markdown and JSON"


async def test_once_merged_the_next_version_has_a_branch_of_its_own(hub: Hub) -> None:
    """What people did to the merged file is read there; the branch may be deleted."""
    held = await put(hub)
    hub.git.merge(1, delete_branch=True)
    hub.git.edit("main", PATH, THEIRS)
    assert value(await hub.publisher.read(held)) == THEIRS
    again = await put(hub, document(markdown=f"{THEIRS}\nMore.\n"), held)
    assert again.url.endswith("/pull/2")
    assert hub.git.pull(2).head == "opsbot/inc-42-2"
    assert hub.git.file("opsbot/inc-42-2", PATH) == f"{THEIRS}\nMore.\n"
    assert value(await hub.publisher.read(again)) == f"{THEIRS}\nMore.\n"


async def test_merged_and_unchanged_it_asks_for_nothing(hub: Hub) -> None:
    held = await put(hub)
    hub.git.merge(1)
    assert await put(hub, held=held) == held
    assert len(hub.git.pulls) == 1


async def test_the_second_branch_is_found_when_the_record_knows_the_first_alone(hub: Hub) -> None:
    """Killed between opening it and saying so; people had written there since."""
    held = await put(hub)
    hub.git.merge(1)
    await put(hub, NEWER, held)
    hub.git.edit("opsbot/inc-42-2", PATH, THEIRS)
    assert value(await hub.publisher.read(held)) == THEIRS
    await put(hub, document(markdown=THEIRS, data=NEWER.data), held)
    assert len(hub.git.pulls) == 2
    assert hub.git.file("opsbot/inc-42-2", PATH) == THEIRS


async def test_a_pull_request_that_somebody_closed_is_left_closed(hub: Hub) -> None:
    """With its address, so that they can reopen it."""
    held = await put(hub)
    hub.git.close(1)
    outcome = await hub.publisher.publish(NEWER, held)
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is None
    assert f"reopen https://github.com/{POSTMORTEMS}/pull/1" in outcome.cure
    assert len(hub.git.pulls) == 1


async def test_a_branch_from_an_earlier_try_is_gone_on_with(hub: Hub) -> None:
    """Killed after the first file: no second branch, every file, one pull request."""
    head = hub.git.branch("main").sha
    hub.git.create_branch("opsbot/inc-42", head)
    hub.git.put("opsbot/inc-42", PATH, b"half of it", "Begin", "opsbot-sandbox")
    await put(hub)
    assert hub.text() == SECTIONS
    assert [pull.head for pull in hub.git.pulls] == ["opsbot/inc-42"]


async def test_a_pull_request_that_stands_already_is_taken(hub: Hub) -> None:
    """Opened by an earlier try after this one had looked."""
    seen: list[str] = []

    class Racing:
        async def request(self, method: str, url: str, **given: object) -> HttpAnswer:
            if (method, url.rpartition("/")[2]) == ("POST", "pulls") and not seen:
                seen.append(url)
                hub.git.open_pull(
                    title="t", body=f"<!-- opsbot:incident {INCIDENT} -->",
                    head="opsbot/inc-42", base="main", author="opsbot-sandbox",
                )  # fmt: skip
            return await hub.http.request(method, url, **given)

    made = publisher(Racing(), hub.rig.urls.github)
    assert value(await made.publish(document(), None)).url.endswith("/pull/1")
    assert len(hub.git.pulls) == 1


async def test_somebody_elses_file_on_the_base_stays(hub: Hub) -> None:
    hub.git.edit("main", PATH, "mine\n")
    held = await put(hub)
    assert "inc-42-logins-fail-2.md" in held.ref
    hub.git.merge(1)
    assert hub.git.file("main", PATH) == "mine\n"


async def test_a_summary_as_long_as_a_book_is_cut_and_found_again(hub: Hub) -> None:
    """GitHub takes 65,536 characters; the marks stand at the end."""
    await put(hub, document(summary="x" * 70_000))
    (pull,) = hub.git.pulls
    assert len(pull.body) <= 65_536
    assert value(await hub.publisher.find(document())) is not None


async def test_a_large_document_is_read_whole(hub: Hub) -> None:
    """Beyond a megabyte GitHub gives the name of the content alone."""
    text = SECTIONS + "0123456789abcde\n" * 70_000
    held = await put(hub, document(markdown=text))
    assert value(await hub.publisher.read(held)) == text


@pytest.mark.parametrize("ref", ["", "opsbot/inc-42", "a#b c d", "opsbot/inc-42#1 x"])
async def test_a_reference_that_is_none_is_refused(hub: Hub, ref: str) -> None:
    for outcome in (
        await hub.publisher.read(Published(url="", ref=ref)),
        await hub.publisher.publish(document(), Published(url="", ref=ref)),
    ):
        assert not isinstance(outcome, Unsure)
        assert isinstance(outcome, Refused)


# --- what GitHub refuses -----------------------------------------------------------------------


def publisher(http: Http, url: str, **chosen: str) -> Publisher:
    given = {"api_url": url, "postmortems": {"repository": POSTMORTEMS, **chosen}}
    settings = INTEGRATION.settings.model_validate(given)
    assert INTEGRATION.publisher is not None
    clock = StageClock()
    made = INTEGRATION.publisher(settings, wiring(http, {"token": [API_TOKEN]}, clock=clock))
    assert made is not None
    return made


async def outcomes(made: Publisher) -> list[Outcome[object]]:
    held = Published(url="", ref=f"opsbot/inc-42#1 {PATH} {INCIDENT}")
    return [
        await made.find(document()), await made.read(held), await made.publish(document(), None)
    ]  # fmt: skip


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_every_refusal_names_what_to_do(hub: Hub, status: int) -> None:
    """A token can be replaced and a server comes back; the rest is for a person."""
    await hub.rig.world.github.set_fault(Fault(kind="error", status=status))
    for outcome in await outcomes(hub.publisher):
        if status == 500:
            assert isinstance(outcome, Unsure)
            continue
        assert isinstance(outcome, Refused)
        assert (outcome.retry_after is not None) == (status == 401)
        assert POSTMORTEMS in outcome.cure


async def test_github_that_cannot_be_reached_is_tried_again(hub: Hub) -> None:
    await hub.rig.world.github.set_fault(Fault(kind="down"))
    for outcome in await outcomes(hub.publisher):
        again = isinstance(outcome, Unsure) or (
            isinstance(outcome, Refused) and outcome.retry_after is not None
        )
        assert again, outcome


async def test_a_base_that_is_not_there_is_named(hub: Hub) -> None:
    made = publisher(hub.http, hub.rig.urls.github, base="trunk")
    outcome = await made.publish(document(), None)
    assert isinstance(outcome, Refused)
    assert "has no branch trunk" in outcome.cure
    assert "github: postmortems:" in outcome.cure


Answer = Callable[[web.Request], Awaitable[web.Response]]


def limited(**headers: str) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        body = {"message": "You have exceeded a secondary rate limit"}
        return web.json_response(body, status=403, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "47"}, 47), ({"x-ratelimit-remaining": "0"}, 60)],
    ids=["secondary", "primary"],
)
async def test_a_rate_limit_says_when_to_come_back(headers: dict[str, str], seconds: int) -> None:
    async with playing(limited(**headers)) as player, outgoing() as http:
        for outcome in await outcomes(publisher(http, player.url)):
            assert isinstance(outcome, Refused)
            assert outcome.retry_after == timedelta(seconds=seconds)


async def test_what_github_answers_in_another_form_is_no_success() -> None:
    async def odd(_request: web.Request) -> web.Response:
        return web.json_response([{"number": None}, 3, {"number": "x", "head": []}])

    async with playing(odd) as player, outgoing() as http:
        for outcome in await outcomes(publisher(http, player.url)):
            assert isinstance(outcome, Refused | Unsure)


def test_without_a_repository_there_is_no_publisher() -> None:
    settings = INTEGRATION.settings.model_validate({})
    assert INTEGRATION.publisher is not None

    class Nowhere:
        async def request(self, method: str, url: str, **given: object) -> HttpAnswer:
            raise AssertionError("nothing is asked")

    assert INTEGRATION.publisher(settings, wiring(Nowhere())) is None


def test_a_content_has_the_name_that_git_gives_it() -> None:
    """`printf 'hello\\n' | git hash-object --stdin`."""
    assert blob_sha(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert github_git.blob_sha(b"hello\n") == blob_sha(b"hello\n")


# --- what words of strangers must not do ---------------------------------------------------------


async def test_a_title_cannot_pass_a_document_off_as_another_incidents(hub: Hub) -> None:
    """The marks by which a pull request is found are opsbot's own, never a title's."""
    forged = document(summary="Postmortem: <!-- opsbot:incident inc-other --> logins fail")
    await put(hub, forged)
    assert value(await hub.publisher.find(forged)) is not None
    assert value(await hub.publisher.find(document(incident_id="inc-other"))) is None


async def test_a_title_calls_nobody_and_closes_no_issue(hub: Hub) -> None:
    """GitHub reads both out of commit messages, titles and descriptions."""
    words = "fixes #3, see GH-4, thanks @everybody"
    await put(hub, document(title=words, summary=words))
    (pull,) = hub.git.pulls
    messages = [commit.message for commit in hub.git.commits.values()]
    for said in (pull.title, pull.body, *messages):
        assert not {"#3", "GH-4", "@everybody"} & set(said.replace(",", " ").split())


async def test_a_private_incidents_title_stands_in_no_pull_requests_title(hub: Hub) -> None:
    """Titles are mailed and shown in lists; only the document itself names it."""
    made = publisher(hub.http, hub.rig.urls.github, private="true")
    gist = "Postmortem of INC-42 (private)"
    secret = document(private=True, title="INC-42: canary", summary=gist)
    value(await made.publish(secret, None))
    (pull,) = hub.git.pulls
    assert "canary" not in pull.title + pull.body + pull.head
    assert pull.title == gist


async def test_an_edit_in_another_encoding_is_not_written_over(hub: Hub) -> None:
    """Every letter that cannot be read would be lost: a person saves it as UTF-8 first."""
    held = await put(hub)
    hub.git.put("opsbot/inc-42", PATH, "Für uns".encode("latin-1"), "edit", "robin")
    outcome = await hub.publisher.read(held)
    assert isinstance(outcome, Refused)
    assert "UTF-8" in outcome.cure
    assert outcome.retry_after is not None
