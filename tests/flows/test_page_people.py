"""A page is sent once, whatever breaks; the room hears whom it reached and who answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Draft, Mode
from opsbot.core.event import AlertEvent, Reply, Transition
from opsbot.core.incident import Incident
from opsbot.core.living import Page
from opsbot.core.living_entry import PageState
from opsbot.core.people import OPSBOT, Actor, ActorKind
from opsbot.engine.plain import PlainSteps
from opsbot.flows.intake import LOCK, follow
from opsbot.flows.page_people import page_people
from opsbot.ports import Refused, Unsure
from tests.commands.office import ANN, Office
from tests.core.story import details, event

AWAY = Refused(error="no answer", cure="opsbot tries again", retry_after=timedelta(seconds=2))
NEVER = Refused(error="Not allowed", cure="check PAGERDUTY_API_TOKEN")
LOST = Unsure(reason="no answer in time")
ROBIN = Actor(kind=ActorKind.PERSON, id="pagerduty:PROBIN", name="Robin Vale")


async def paged(
    line: str = "page auth-api", office: Office | None = None, *, declared: bool = False
) -> tuple[Office, Incident]:
    """INC-1, in whose room Ann asks for a page a minute later."""
    office = office or Office()
    incident = await (office.declared("Search sev2 checkout-api") if declared else office.page())
    office.clock.advance(minutes=1)
    await office.typed(line, at=incident.surface.channel_id)
    return office, await office.incident(incident)


async def page_of(office: Office, incident: Incident) -> Page:
    (page,) = (await office.incident(incident)).living.pages
    return page


def replied(
    office: Office, alert: str, *, accepted: bool = True, polled: bool = False
) -> AlertEvent:
    """Robin answers at the pager."""
    minutes = (office.clock.now() - office.clock.now().replace(hour=14, minute=0)).seconds / 60
    told = event(Transition.OTHER, minutes, alert=alert, by=ROBIN)
    kind = "incident.responder.replied"
    said = f"Robin Vale {'accepted' if accepted else 'declined'} the request to respond"
    return replace(
        told, type=kind, details=None, summary=said, looked_up=polled,
        id=f"{told.id}-{polled}",
        reply=Reply(user_id="PROBIN", name="Robin Vale", accepted=accepted),
    )  # fmt: skip


async def test_the_room_reads_who_was_paged_by_whom_and_why_in_one_line() -> None:
    office, incident = await paged('page auth-api "logins fail"')
    page = await page_of(office, incident)
    assert (page.state, page.names, page.origin_id) == (PageState.SENT, ("Robin Vale",), "PINC1")
    assert office.lines(incident, "page:") == [
        "Robin Vale was paged by Ann (logins fail): no answer yet"
    ]
    assert "Robin Vale was paged by Ann" in office.lines(incident, "card")[0]
    assert office.people.whispers == []


async def test_whoever_is_paged_is_brought_into_the_room() -> None:
    """They are to act there."""
    _, incident = await paged()
    invited = {one.person_id: one.name for one in incident.surface.invited}
    assert invited["PROBIN"] == "Robin Vale"
    assert not [one for one in incident.surface.missing if one.person_id == "PROBIN"]


@pytest.mark.parametrize(("accepted", "word"), [(True, "acknowledged"), (False, "declined")])
async def test_the_line_is_edited_when_they_answer(accepted: bool, word: str) -> None:
    """And on the record it is their own act."""
    office, incident = await paged('page auth-api "logins fail"')
    office.clock.advance(minutes=8)
    await office.hear(replied(office, "PINC1", accepted=accepted))
    (line,) = office.lines(incident, "page:")
    assert line.startswith(f"Robin Vale was paged by Ann (logins fail): {word} ")
    (answered,) = await office.bodies(incident, e.PageAnswered)
    assert (answered.user_id, answered.accepted) == ("PROBIN", accepted)
    timeline = await office.typed("timeline", at=incident.surface.channel_id)
    assert timeline is not None
    assert f"Robin Vale {word} the page" in timeline.words
    assert "the pager paged Robin Vale" in timeline.words


async def test_an_answer_heard_twice_is_one() -> None:
    """By webhook and by asking; a change of mind is another."""
    office, incident = await paged()
    office.clock.advance(minutes=1)
    await office.hear(replied(office, "PINC1"))
    await office.hear(replied(office, "PINC1", polled=True))
    assert len(await office.bodies(incident, e.PageAnswered)) == 1
    office.clock.advance(minutes=1)
    await office.hear(replied(office, "PINC1", accepted=False))
    assert len(await office.bodies(incident, e.PageAnswered)) == 2
    page = await page_of(office, incident)
    assert page.answers == {"PROBIN": False}


async def test_an_answer_to_somebody_elses_request_is_no_answer_to_our_page() -> None:
    """Whoever was asked at the pager itself is only an event."""
    office = Office()
    incident = await office.page()
    await office.hear(replied(office, "PINC1"))
    assert await office.bodies(incident, e.PageAnswered) == []


async def test_an_incident_made_for_the_page_is_answered_by_acknowledging_it() -> None:
    office, incident = await paged(declared=True)
    page = await page_of(office, incident)
    assert page.made
    office.clock.advance(minutes=2)
    minutes = 3.0
    told = event(Transition.ACKNOWLEDGED, minutes, alert=page.origin_id, by=ROBIN)
    await office.hear(told)
    page = await page_of(office, incident)
    assert {reply.name for reply in page.replies.values()} == {"Robin Vale"}
    assert "acknowledged" in office.lines(incident, "page:")[0]
    assert await office.numbers() == [1]


async def test_acknowledging_the_incident_they_were_asked_to_join_answers_too() -> None:
    """Of those who were paged; anybody else only acknowledges."""
    office, incident = await paged()
    kim = Actor(kind=ActorKind.PERSON, id="pagerduty:PKIM", name="Kim Vale")
    await office.hear(event(Transition.ACKNOWLEDGED, 2, by=kim))
    assert (await page_of(office, incident)).answers == {}
    await office.hear(event(Transition.UNACKNOWLEDGED, 3))
    await office.hear(event(Transition.ACKNOWLEDGED, 4, by=ROBIN))
    assert (await page_of(office, incident)).answers == {"PROBIN": True}


def made_event(office: Office, incident: Incident, seq: int, at: float = 2) -> AlertEvent:
    """The pager tells of the incident that it made for a page."""
    key = f"opsbot:{incident.id}:page:{seq}"
    told = event(Transition.TRIGGERED, at, alert="QMADE1", by=ROBIN, dedup_key=key)
    return replace(told, details=details(title="INC-1 Search"))


async def test_the_pagers_own_word_of_it_joins_the_incident_and_opens_no_other() -> None:
    """Told after the answer of the request."""
    office, incident = await paged(declared=True)
    page = await page_of(office, incident)
    assert page.origin_id == "QMADE1"
    heard = await office.hear(made_event(office, incident, page.seq))
    assert heard.id == incident.id
    assert await office.numbers() == [1]
    assert len(await office.bodies(incident, e.Joined)) == 1
    assert "PagerDuty" in office.lines(incident, "card")[0]


async def test_the_pagers_word_may_come_before_the_answer_of_the_request() -> None:
    """It is then known by its key, and the page is not sent a second time."""
    office = Office()
    incident = await office.declared("Search sev2 checkout-api")
    room = incident.surface.channel_id
    await office.desk.take(office.slack.typed("page auth-api", ANN, room, trigger="t-1"))
    page = await page_of(office, incident)
    heard = await office.hear(made_event(office, incident, page.seq))
    page = await page_of(office, incident)
    assert heard.id == incident.id
    assert (page.state, page.origin_id, page.made) == (PageState.SENT, "QMADE1", True)
    assert page.names == ("Ada",)  # as the event says
    assert office.staffing.pages == []
    assert await office.numbers() == [1]


@pytest.mark.parametrize(
    "key",
    ["opsbot:inc-none:page:3", "opsbot:{id}:page:99", "opsbot:{id}:page:0", "opsbot:{id}:page:x",
     "OPSBOT:{id}:page:{seq}", " opsbot:{id}:page:{seq}"],
)  # fmt: skip
async def test_a_key_that_anybody_may_write_joins_nothing_that_did_not_page(key: str) -> None:
    """The page has to be on that incident's record."""
    office, incident = await paged(declared=True)
    seq = (await page_of(office, incident)).seq
    named = key.format(id=incident.id, seq=seq)
    told = event(Transition.TRIGGERED, 2, alert="QELSE", dedup_key=named)
    heard = await office.hear(told)
    assert heard.id != incident.id


async def test_a_page_of_ours_says_nothing_of_the_severity() -> None:
    """It is urgent because we said so."""
    urgent = (("high", e.Severity.SEV1),)
    office = Office(severity_by_urgency=urgent)
    incident = await office.declared("Search checkout-api")
    await office.typed("page auth-api", at=incident.surface.channel_id)
    seq = (await page_of(office, incident)).seq
    heard = await office.hear(made_event(office, incident, seq))
    assert heard.severity is e.Severity.UNSET


@pytest.mark.parametrize("declared", [False, True], ids=["to join", "made"])
async def test_while_the_pager_is_away_it_is_tried_until_it_is_sent(declared: bool) -> None:
    office = Office()
    office.staffing.fail("on_call", AWAY, times=6)
    office, incident = await paged(office=office, declared=declared)
    assert (await page_of(office, incident)).state is PageState.SENT
    assert len(office.staffing.pages) == 1


async def test_nobody_is_paged_when_nobody_expects_it_any_more() -> None:
    """After half an hour it is said, and whoever asked hears it."""
    office = Office()
    office.staffing.fail("on_call", AWAY, times=10_000)
    incident = await office.page()
    room = incident.surface.channel_id
    await office.desk.take(office.slack.typed("page auth-api", ANN, room, trigger="t-1"))
    office.clock.advance(minutes=31)
    await office.settle()
    page = await page_of(office, incident)
    assert (page.state, office.staffing.pages) == (PageState.FAILED, [])
    assert "too late" in page.said
    assert (
        "auth-api was not paged, which Ann asked for: too late"
        in office.lines(incident, "page:")[0]
    )
    (told,) = office.people.whispered(ANN)
    assert "too late" in str(told.card)


async def test_what_the_pager_refuses_is_said_with_the_cure_and_not_tried_again() -> None:
    office = Office()
    office.staffing.fail("page", NEVER)
    office, incident = await paged(office=office)
    page = await page_of(office, incident)
    assert (page.state, page.said) == (
        PageState.FAILED, "Not allowed: check PAGERDUTY_API_TOKEN",
    )  # fmt: skip
    assert office.staffing.calls.count("page") == 1
    assert "check PAGERDUTY_API_TOKEN" in office.lines(incident, "card")[0]
    assert len(office.people.whispered(ANN)) == 1


async def test_a_request_to_join_that_may_have_been_heard_is_never_sent_twice() -> None:
    """It has no key: a person looks."""
    office = Office()
    office.staffing.fail("page", LOST)
    office, incident = await paged(office=office)
    page = await page_of(office, incident)
    assert page.state is PageState.UNSURE
    assert office.staffing.calls.count("page") == 1
    assert "look at the pager" in page.said


@pytest.mark.parametrize("line", ["page auth-api", f"page <@{ANN}>"], ids=["on call", "a person"])
async def test_a_request_to_join_that_is_refused_for_now_is_not_lost(line: str) -> None:
    """A rate limit, or a minute of outage: nobody was paged by it, and somebody waits for them."""
    office = Office()
    office.staffing.fail("page", AWAY, times=3)
    office, incident = await paged(line, office=office)
    assert (await page_of(office, incident)).state is PageState.SENT
    assert (office.staffing.calls.count("page"), len(office.staffing.pages)) == (4, 1)


@pytest.mark.parametrize("refusals", [0, 1, 3])
async def test_killed_between_refusals_it_is_sent_on_and_killed_while_sending_it_is_not(
    refusals: int,
) -> None:
    """However often the flow is begun again."""
    office = Office()
    office.staffing.fail("page", AWAY, times=refusals)
    incident = await office.page()
    room = incident.surface.channel_id
    await office.desk.take(office.slack.typed("page auth-api", ANN, room, trigger="t-1"))
    page = await page_of(office, incident)
    arguments = {"incident_id": incident.id, "key": "k", "asked": str(page.seq)}
    for _ in range(refusals):
        assert await page_people(office.ports, PlainSteps(), arguments) == 2.0
    begun = f"{incident.id}:page:{page.seq}" + (f":{refusals + 1}" if refusals else "")
    await office.record.claim(begun, office.clock.now())
    await office.settle()
    assert (await page_of(office, incident)).state is PageState.UNSURE
    assert office.staffing.pages == []


@pytest.mark.parametrize("trouble", [LOST, AWAY], ids=["no answer", "refused for now"])
async def test_an_incident_of_its_own_is_made_once_however_often_it_is_tried(
    trouble: Refused | Unsure,
) -> None:
    """Its key makes it once."""
    office = Office()
    office.staffing.lose("page")
    office.staffing.fail("page", trouble, times=2)
    office, incident = await paged(office=office, declared=True)
    assert (await page_of(office, incident)).state is PageState.SENT
    assert len(office.staffing.pages) == 1


async def test_a_request_that_was_begun_before_a_crash_is_not_begun_again() -> None:
    """The claim stands and nobody knows whether it was sent: a person looks."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.desk.take(office.slack.typed("page auth-api", ANN, room, trigger="t-1"))
    page = await page_of(office, incident)
    await office.record.claim(f"{incident.id}:page:{page.seq}", office.clock.now())
    await office.settle()
    page = await page_of(office, incident)
    assert (page.state, office.staffing.pages) == (PageState.UNSURE, [])
    assert "Whether auth-api was paged is not known" in office.lines(incident, "page:")[0]


async def test_a_page_that_is_settled_is_left_alone() -> None:
    """The obligation may run again after a crash."""
    office, incident = await paged()
    page = await page_of(office, incident)
    arguments = {"incident_id": incident.id, "key": "k", "asked": str(page.seq)}
    assert await page_people(office.ports, PlainSteps(), arguments) is None
    assert len(office.staffing.pages) == 1
    assert (await office.incident(incident)).seq == incident.seq


async def asked_by_opsbot(office: Office, incident: Incident, **given: object) -> Incident:
    """A machine asks for the next on-call, because nobody approves."""
    body = e.PageAsked(what="Payments on call", reason="a run waits", policy_id="PPOL1",
                       because="approval:run-1", **given)  # type: ignore[arg-type] # its fields  # fmt: skip
    draft = Draft(
        key="page:run-1", occurred_at=office.clock.now(), actor=OPSBOT, source="opsbot", body=body
    )
    async with office.record.transaction(LOCK) as tx:
        before = await tx.incident(incident.id)
        (entry,) = await tx.append(incident.id, [draft])
        await follow(tx, before, cause=entry.key, rules=office.rules, now=office.clock.now())
    await office.settle()
    return await office.incident(incident)


async def test_a_machine_may_ask_for_a_page_too() -> None:
    """In the configured user's name; the room reads that opsbot asked."""
    office = Office()
    incident = await asked_by_opsbot(office, await office.page())
    (page,) = office.staffing.pages
    assert (page.by.name, [one.name for one in page.people]) == ("opsbot", ["Ada"])
    assert page.paging.message.startswith("[opsbot] opsbot asks for you in Slack")
    assert "Ada was paged by opsbot (a run waits)" in office.lines(incident, "page:")[0]


@pytest.mark.parametrize(
    ("rules", "why"),
    [({"mode": Mode.SHADOW}, "in shadow mode nobody is paged"),
     ({"tells_pager": False}, "tell_pager: false")],
)  # fmt: skip
async def test_a_machine_pages_nobody_where_people_may_not(
    rules: dict[str, object], why: str
) -> None:
    office = Office(**rules)
    incident = await asked_by_opsbot(office, await office.page())
    (page,) = incident.living.pages
    assert (page.state, office.staffing.pages) == (PageState.FAILED, [])
    assert why in page.said


async def test_an_incident_that_ended_meanwhile_pages_nobody() -> None:
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.desk.take(office.slack.typed("page auth-api", ANN, room, trigger="t-1"))
    await office.desk.take(office.slack.typed("resolve", ANN, room, trigger="t-2"))
    await office.settle()
    page = await page_of(office, incident)
    assert (page.state, office.staffing.pages) == (PageState.FAILED, [])
    assert "over" in page.said


async def test_redacting_a_page_takes_its_words_out_of_the_room() -> None:
    """Whom it reached, and that they answered, stays."""
    office, incident = await paged('page auth-api "Quux leaked"')
    seq = (await page_of(office, incident)).seq
    room = incident.surface.channel_id
    await office.typed(f"redact #{seq} secret", at=room)
    await office.hear(replied(office, "PINC1"))
    (line,) = office.lines(incident, "page:")
    assert "Quux" not in line
    assert "Robin Vale was paged by" in line
    assert "acknowledged" in line
    assert "Quux" not in str(await office.entries(incident))
