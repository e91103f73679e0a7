"""Pages as the incident holds them: the same in every order of arrival, and known by their key."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core import entry as e
from opsbot.core.consequences import consequences
from opsbot.core.entry import Body, Entry
from opsbot.core.event import Origin, Reply, Transition
from opsbot.core.incident import Incident, fold
from opsbot.core.incident_pages import (
    PAGES_KEPT,
    answered_pages,
    asked_under,
    page_key,
    page_of_key,
)
from opsbot.core.living_entry import PageState
from opsbot.core.page_posts import page_posts
from opsbot.core.people import OPSBOT, Actor, ActorKind
from opsbot.core.unfolding import Owed
from tests.core.story import T0, Story, event, rules

ANN = Actor(kind=ActorKind.PERSON, id="slack:U0ANN", name="Ann")
ROBIN = Actor(kind=ActorKind.PERSON, id="pagerduty:PROBIN", name="Robin Vale")
ASKED = e.PageAsked(what="auth-api", reason="logins fail", policy_id="PPOL", service_id="PSVC2")
SENT = e.PageActed(
    asked=2, state=PageState.SENT, names=("Robin Vale",), user_ids=("PROBIN",), origin_id="QMADE",
    made=True,
)  # fmt: skip


def entry(seq: int, body: Body, at: float = 0, by: Actor = OPSBOT) -> Entry:
    moment = T0 + timedelta(minutes=at)
    return Entry(incident_id="inc-1", seq=seq, key=f"k{seq}", occurred_at=moment,
                 recorded_at=moment, actor=by, source="opsbot", body=body)  # fmt: skip


def folded(*bodies: tuple[Body, float, Actor]) -> Incident:
    """An incident whose page is entry 2, and what came after it, in this order."""
    origin = Origin(source="pagerduty", id="QMADE", dedup_key="opsbot:inc-1:page:2")
    joined = entry(1, e.Joined(origin=origin, title="t", reason="r"))
    asked = entry(2, ASKED, 1, ANN)
    rest = [entry(seq, body, at, by) for seq, (body, at, by) in enumerate(bodies, start=3)]
    return fold("inc-1", [joined, asked, *rest])


ACK: tuple[Body, float, Actor] = (
    e.AlertChanged(origin_id="QMADE", event_type="incident.acknowledged", summary="s",
                   transition=Transition.ACKNOWLEDGED), 4, ROBIN,
)  # fmt: skip
ACCEPTED: tuple[Body, float, Actor] = (
    e.PageAnswered(user_id="PROBIN", name="Robin Vale", accepted=True), 3, ROBIN,
)  # fmt: skip
DECLINED: tuple[Body, float, Actor] = (
    e.PageAnswered(user_id="PROBIN", name="Robin Vale", accepted=False), 2, ROBIN,
)  # fmt: skip


def test_a_page_is_held_with_who_asked_and_for_what() -> None:
    (page,) = folded().living.pages
    assert (page.seq, page.what, page.reason, page.by) == (2, "auth-api", "logins fail", ANN)
    assert (page.state, page.policy_id, page.service_id) == (None, "PPOL", "PSVC2")


@pytest.mark.parametrize(
    "order", list(itertools.permutations([(SENT, 1.5, OPSBOT), DECLINED, ACCEPTED, ACK]))
)
def test_the_newest_answer_counts_whatever_came_first(
    order: tuple[tuple[Body, float, Actor], ...],
) -> None:
    """Sent, declined, accepted and acknowledged, heard of in any order."""
    (page,) = folded(*order).living.pages
    assert page.state is PageState.SENT
    assert dict(page.answers) == {"PROBIN": True}
    assert {one.at for one in page.replies.values()} == {T0 + timedelta(minutes=4)}


@pytest.mark.parametrize("made", [True, False])
def test_automation_that_acknowledges_answers_nothing(made: bool) -> None:
    """Only a person can have heard the page."""
    body = e.PageActed(asked=2, state=PageState.SENT, user_ids=("PROBIN",), origin_id="QMADE",
                       made=made)  # fmt: skip
    system = Actor(kind=ActorKind.SYSTEM, id="pagerduty")
    (page,) = folded((body, 1.5, OPSBOT), (ACK[0], 4, system)).living.pages
    assert dict(page.answers) == {}


def test_a_page_that_failed_is_answered_by_nobody() -> None:
    failed = e.PageActed(asked=2, state=PageState.FAILED, said="no")
    incident = folded((failed, 1.5, OPSBOT), ACCEPTED)
    assert dict(incident.living.pages[0].answers) == {}
    reply = Reply(user_id="PROBIN", name="Robin Vale", accepted=True)
    assert answered_pages(incident, reply) == ()


def test_a_reply_is_news_until_it_is_held() -> None:
    reply = Reply(user_id="PROBIN", name="Robin Vale", accepted=True)
    other = Reply(user_id="PKIM", name="Kim Vale", accepted=True)
    waiting, answered = folded((SENT, 1.5, OPSBOT)), folded((SENT, 1.5, OPSBOT), ACCEPTED)
    assert answered_pages(waiting, reply) == (2,)
    assert answered_pages(answered, reply) == ()
    assert answered_pages(waiting, other) == ()  # it did not reach Kim


def test_whom_the_policy_comes_to_later_answers_the_page_as_well() -> None:
    """The first level said nothing; another policy's people answer something else."""
    waiting = folded((SENT, 1.5, OPSBOT))
    for policy, pages in (("PPOL", (2,)), ("PELSE", ()), ("", ())):
        kim = Reply(user_id="PKIM", name="Kim Vale", accepted=True, policy_id=policy)
        assert answered_pages(waiting, kim) == pages
    answer = e.PageAnswered(user_id="PKIM", name="Kim Vale", accepted=True, asked=2)
    (page,) = folded((SENT, 1.5, OPSBOT), (answer, 5, ROBIN)).living.pages
    assert dict(page.answers) == {"PKIM": True}


def test_another_persons_answer_is_none_to_a_page_of_one_by_name() -> None:
    """Kim was asked at the pager by somebody else, while ours to Robin is on its way."""
    asked = replace(ASKED, user_ids=("PROBIN",), policy_id="")
    waiting = fold("inc-1", [entry(2, asked, 1, ANN)])
    kim = Reply(user_id="PKIM", name="Kim Vale", accepted=True)
    robin = Reply(user_id="PROBIN", name="Robin Vale", accepted=True)
    assert (answered_pages(waiting, kim), answered_pages(waiting, robin)) == ((), (2,))


def test_only_so_many_pages_are_kept() -> None:
    asked = [entry(seq, ASKED) for seq in range(1, PAGES_KEPT + 11)]
    kept = fold("inc-1", asked).living.pages
    assert [page.seq for page in kept] == list(range(11, PAGES_KEPT + 11))


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), st.integers(1, 10**9 - 1))
def test_a_key_leads_back_to_its_page(incident_id: str, seq: int) -> None:
    assert asked_under(page_key(incident_id, seq)) == (incident_id, seq)


@given(st.text())
def test_other_peoples_keys_lead_nowhere(text: str) -> None:
    """Whatever stands in them, nothing is raised and nothing is found that is not spelt so."""
    found = asked_under(text)
    assert found is None or text == page_key(*found)


@pytest.mark.parametrize(
    "key", ["", "opsbot:inc-1:page:3", "opsbot:inc-2:page:2", "opsbot:inc-1:page:02"]
)
def test_a_key_of_no_page_on_the_record_proves_nothing(key: str) -> None:
    assert page_of_key(folded(), key) is None
    assert page_of_key(folded(), "opsbot:inc-1:page:2") is not None


def test_every_page_that_is_asked_for_is_owed_once() -> None:
    story = Story(rules())
    story.take(event())
    asked = story.state
    body = ASKED
    appended = story.append(
        e.Draft(key="p", occurred_at=T0, actor=ANN, source="slack", body=body), T0
    )
    assert appended
    owed = _owed(asked, story.state)
    assert [(one.purpose, dict(one.arguments)) for one in owed] == [
        ("page_people", {"asked": str(story.state.seq)})
    ]
    assert _owed(story.state, story.state) == []


def _owed(before: Incident, after: Incident) -> list[Owed]:
    found = consequences(before, after, cause="p", rules=rules(), now=T0)
    return [one for one in found.owed if one.purpose == "page_people"]


@given(
    st.lists(
        st.sampled_from([(SENT, 1.5, OPSBOT), DECLINED, ACCEPTED, ACK, (ASKED, 2, ANN)]), max_size=9
    )
)
def test_the_room_can_always_say_how_it_stands(
    told: list[tuple[Body, float, Actor]],
) -> None:
    """One line a page, whatever came in which order and how often."""
    incident = folded(*told)
    posts = page_posts(incident)
    assert [slot for slot, _ in posts] == [f"page:{page.seq}" for page in incident.living.pages]
    assert all(len(card.lines) == 1 for _, card in posts)
