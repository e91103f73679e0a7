"""`page`: a service's or a policy's on-call, or a person; who it will be is said at once, what came
of it in the room."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Mode
from opsbot.core.incident import Incident
from opsbot.core.people import Actor, ActorKind
from opsbot.core.routing import Rule
from opsbot.ports import Refused
from tests.commands.office import ADA, ANN, BEN, TOWN, Office
from tests.core.story import rules
from tests.fakes.people import Answered
from tests.fakes.staffing import FakePage

AWAY = Refused(error="no answer", cure="opsbot tries again", retry_after=timedelta(seconds=2))
ROBIN = Actor(kind=ActorKind.PERSON, id="pagerduty:PROBIN", name="Robin Vale")


async def asked(line: str, office: Office | None = None) -> tuple[Office, Incident, Answered]:
    """Ann types the line in the room of INC-1, a minute after it paged."""
    office = office or Office()
    incident = await office.page()
    office.clock.advance(minutes=1)
    told = await office.typed(line, at=incident.surface.channel_id)
    assert told is not None
    return office, await office.incident(incident), told


def sent(office: Office) -> FakePage:
    (page,) = office.staffing.pages
    return page


@pytest.mark.parametrize(
    ("line", "what", "whom", "why"),
    [
        ("page auth-api", "auth-api", "Robin Vale", ""),
        ('page auth-api "logins fail"', "auth-api", "Robin Vale", "logins fail"),
        ("page auth-api logins fail again", "auth-api", "Robin Vale", "logins fail again"),
        ('page policy "Database on-call" "locks"', "Database on-call", "Noor Vale", "locks"),
        ('page "database ON-CALL" locks everywhere', "Database on-call", "Noor Vale",
         "locks everywhere"),
        ("page Database on-call", "Database on-call", "Noor Vale", ""),
        ('page policy="Database" why="locks"', "Database on-call", "Noor Vale", "locks"),
        ('page <@U0ADA|ada> "look at the pool"', "Ada", "Ada", "look at the pool"),
    ],
)  # fmt: skip
async def test_whoever_is_named_is_paged_in_the_askers_name(
    line: str, what: str, whom: str, why: str
) -> None:
    office, incident, _ = await asked(line)
    page = sent(office)
    assert [person.name for person in page.people] == [whom]
    assert (page.by.email, page.alert_id) == ("ann@example.com", "PINC1")
    (body,) = await office.bodies(incident, e.PageAsked)
    assert (body.what, body.reason) == (what, why)


async def test_the_answer_says_who_it_will_be_at_which_level_and_until_when() -> None:
    _, _, told = await asked("page checkout-api")
    assert "Paging Ada (level 1, until " in told.words
    assert "through PagerDuty: you will see here when they acknowledge." in told.words


async def test_without_a_room_the_asker_alone_is_told_whom_it_reached() -> None:
    """The line has no place, and the timeline says the rest."""
    digest = rules(Rule(name="all", then=e.Placement.DIGEST)).routing
    office = Office(routing=digest)
    await office.page()
    told = await office.typed("page INC-1 auth-api", at=TOWN)
    assert told is not None
    assert "the timeline of INC-1 says when they acknowledge" in told.words
    (whisper,) = office.people.whispered(ANN)
    assert "Robin Vale was paged by" in str(whisper.card)
    told = await office.typed("timeline INC-1", at=TOWN)
    assert told is not None
    assert "the pager paged Robin Vale" in told.words


async def test_people_who_are_paged_read_who_asks_where_and_why() -> None:
    """The severity too, once there is one; what was typed is inert."""
    office, incident, _ = await asked('page auth-api "logins <!channel> fail"')
    room = incident.surface.channel_name
    asks = "[opsbot] Ann asks for you in Slack: INC-1 Error rate above 5 %"
    assert sent(office).paging.message == f"{asks} (#{room}). logins @channel fail"
    await office.typed("severity sev1", at=incident.surface.channel_id)
    await office.typed("page auth-api", at=incident.surface.channel_id)
    assert office.staffing.pages[-1].paging.message == f"{asks} (SEV1, #{room})"


async def test_a_page_alone_offers_the_form_and_the_form_pages() -> None:
    office, incident, told = await asked("page")
    assert office.staffing.pages == []
    await office.press_of(told, "page")
    await office.submitted(service="auth-api", why="logins fail")
    assert sent(office).paging.service_id == "PSVC2"
    assert "Robin Vale was paged by Ann (logins fail)" in office.lines(incident, "page:")[0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("page payrol", "neither a known service nor an escalation policy"),
        ('page policy "on"', "may be `Payments on call`, `Identity on call`"),
        ("page <@U0BEN|ben> <@U0ADA|ada>", "Two values for person"),
        ("page @nobody", "type @ and pick the person"),
        ('page auth-api policy="Database on-call"', "Name one of service, policy and person"),
    ],
)
async def test_what_names_nobody_or_several_pages_nobody(line: str, why: str) -> None:
    office, incident, told = await asked(line)
    assert why in told.words
    assert await office.bodies(incident, e.PageAsked) == []


async def test_somebody_the_pager_does_not_know_is_not_paged() -> None:
    office = Office()
    office.people.add("zoe")
    office, _, told = await asked("page <@U0ZOE|zoe> help", office)
    assert "Zoe was not paged: the pager knows no user with their e-mail address." in told.words
    assert office.staffing.pages == []


async def test_a_configured_account_is_the_pagers_user_of_that_address_or_id() -> None:
    """slack.people joins somebody whose addresses differ."""
    office = Office(accounts={"robin@example.com": "U0ZOE", "PNOOR": "U0YAN"})
    for name in ("zoe", "yan"):
        office.people.add(name, email=f"{name}@elsewhere.example.com")
    incident = await office.page()
    for line in ("page <@U0ZOE|zoe>", "page <@U0YAN|yan>"):
        await office.typed(line, at=incident.surface.channel_id)
    whom = [[person.name for person in page.people] for page in office.staffing.pages]
    assert whom == [["Robin Vale"], ["Noor Vale"]]


async def test_in_shadow_mode_nobody_is_paged() -> None:
    office, incident, told = await asked("page INC-1 auth-api", Office(mode=Mode.SHADOW))
    assert "shadow mode" in told.words
    assert (office.staffing.pages, await office.bodies(incident, e.PageAsked)) == ([], [])


async def test_where_nothing_is_done_at_the_pager_nobody_is_paged() -> None:
    office, _, told = await asked("page auth-api", Office(tells_pager=False))
    assert "tell_pager: false" in told.words
    assert office.staffing.pages == []


async def test_while_the_pager_is_away_the_page_is_asked_for_and_sent_later() -> None:
    """Who it will be is not known yet, and the asker hears so."""
    office = Office()
    office.staffing.fail("on_call", AWAY, times=3)
    office, _, told = await asked("page auth-api", office)
    assert "Paging whoever is on call for auth-api" in told.words
    assert "no answer" in told.words
    assert [person.name for person in sent(office).people] == ["Robin Vale"]


async def test_a_service_without_anybody_on_call_is_said_before_anything_is_done() -> None:
    office = Office()
    office.staffing.duties["PPOL2"].clear()
    office, incident, told = await asked("page auth-api", office)
    assert "Nobody is on call for auth-api at the pager" in told.words
    assert await office.bodies(incident, e.PageAsked) == []


async def test_a_declared_incident_is_given_one_at_the_pager() -> None:
    """It has no alert yet, and afterwards it has one."""
    office = Office()
    incident = await office.declared('"Search is slow" sev2')
    await office.typed('page auth-api "help"', at=incident.surface.channel_id)
    page = sent(office)
    assert (page.made, page.paging.title) == (True, "INC-1 Search is slow")
    incident = await office.incident(incident)
    assert page.alert_id in incident.alerts
    assert await office.numbers() == [1]


async def test_a_policy_needs_an_alert_or_a_service_to_be_paged_by() -> None:
    office = Office()
    incident = await office.declared('"Search is slow"')
    room = incident.surface.channel_id
    told = await office.typed('page policy "Database on-call" help', at=room)
    assert told is not None
    assert "page a service instead" in told.words
    assert office.staffing.pages == []


async def test_of_a_private_incident_the_pager_is_told_nothing_but_who_asks() -> None:
    office = Office()
    incident = await office.declared('"Breach at Quux" --private checkout-api')
    room = incident.surface.channel_id
    told = await office.typed('page auth-api "Quux lost data"', at=room)
    assert told is not None
    assert "the pager is told who asks, and not what it is about" in told.words
    paging = sent(office).paging
    assert paging.title == "opsbot INC-1 (private)"
    assert paging.message == "[opsbot] Ann asks for you in Slack: opsbot INC-1 (private)"
    assert "Quux" not in office.public(but=room)


async def test_a_page_cannot_be_taken_back() -> None:
    office, incident, _ = await asked("page auth-api")
    (seq,) = [page.seq for page in incident.living.pages]
    told = await office.typed(f"undo #{seq}", at=incident.surface.channel_id)
    assert told is not None
    assert "nobody can be un-paged" in told.words


async def test_an_incident_that_is_over_pages_nobody() -> None:
    office = Office()
    incident = await office.page()
    await office.typed("resolve", at=incident.surface.channel_id)
    told = await office.typed("page auth-api", at=incident.surface.channel_id)
    assert told is not None
    assert "is over" in told.words
    assert office.staffing.pages == []


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("oncall checkout-api", ["Level 1  Ada, until ", "Level 2  Kim Vale, always"]),
        ("who auth", ["Level 1  Robin Vale, until "]),
        ('oncall policy "Database on-call"', ["Level 1  Noor Vale, until "]),
        ("on-call database", ["Level 1  Noor Vale, until "]),
    ],
)
async def test_who_is_on_call_is_told_anywhere(line: str, lines: list[str]) -> None:
    """Level by level with until when, and nothing is written."""
    office = Office()
    told = await office.typed(line, at=TOWN)
    assert told is not None
    for words in lines:
        assert words in told.words
    assert office.staffing.pages == []


async def test_in_a_room_it_is_the_incidents_own_service_that_is_meant() -> None:
    _, _, told = await asked("oncall")
    assert "On call for Checkout API (Payments on call)" in told.words
    assert "Payments weekly" in told.words


async def test_outside_a_room_a_service_has_to_be_named() -> None:
    told = await Office().typed("oncall", at=TOWN)
    assert told is not None
    assert "For which service?" in told.words


async def test_why_the_pager_does_not_say_is_told() -> None:
    office = Office()
    office.staffing.fail("on_call", AWAY)
    told = await office.typed("oncall auth-api", at=TOWN)
    assert told is not None
    assert "PagerDuty does not say who is on call: no answer" in told.words


async def test_without_a_pager_nobody_is_on_call_or_paged() -> None:
    office = Office()
    office.without_staffing()
    incident = await office.page()
    for line in ("oncall", "page auth-api"):
        told = await office.typed(line, at=incident.surface.channel_id)
        assert told is not None
        assert "No pager that can be asked is configured" in told.words


async def test_a_private_incidents_service_is_nobodys_business_elsewhere() -> None:
    """Who may not know of it does not learn its service by asking who is on call."""
    office = Office()
    await office.declared('"Breach" --private checkout-api', by=ANN)
    told = await office.typed("oncall INC-1", by=BEN, at=TOWN)
    assert told is not None
    assert "Ada" not in told.words
    assert "Payments" not in told.words


async def test_who_is_named_in_a_page_has_to_be_a_member() -> None:
    office, _, told = await asked("page <@U0GUS|gus> help")
    assert "cannot be named" in told.words
    assert office.staffing.pages == []


async def test_a_press_and_its_double_page_once() -> None:
    """A delivery that comes twice is one page."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    twice = office.slack.typed("page auth-api", ADA, room, trigger="t-1")
    await office.desk.take(twice)
    await office.desk.take(twice)
    await office.settle()
    assert len(office.staffing.pages) == 1
