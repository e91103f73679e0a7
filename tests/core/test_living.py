"""How an incident is lived through, folded from its record: roles, times, updates, hand-overs,
follow-ups and documents."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.codec import from_data, kind_of, to_data
from opsbot.core.entry import Body, Draft, Role, Status
from opsbot.core.incident import Incident
from opsbot.core.moment import LATEST
from opsbot.core.people import Actor, ActorKind
from opsbot.core.timeline import build_timeline
from tests.core.story import Story, event, rules

ANN = Actor(kind=ActorKind.PERSON, id="slack:U0ANN", name="Ann")
BEN = Actor(kind=ActorKind.PERSON, id="slack:U0BEN", name="Ben")
T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


class Told(Story):
    """A paged incident; `tell` appends what somebody said, a minute apart."""

    def __init__(self) -> None:
        super().__init__(rules())
        self.take(event())

    def tell(self, *bodies: Body, by: Actor = ANN, when: datetime | None = None) -> Incident:
        for body in bodies:
            now = at(len(self.entries))
            draft = Draft(key=f"said:{len(self.entries)}", occurred_at=when or now, actor=by,
                          source="slack", body=body)  # fmt: skip
            self.append(draft, now)
        return self.state

    def lines(self) -> list[str]:
        return [one.text for one in build_timeline(self.entries)]


def assigned(role: Role, name: str, *, gone: bool = False) -> e.RoleAssigned:
    slack_id = f"U0{name.upper()}" if name else ""
    return e.RoleAssigned(role=role, slack_id=slack_id, name=name.title(), gone=gone)


def names(incident: Incident, role: Role) -> list[str]:
    return [one.name for one in incident.living.roles.get(role, ())]


def test_one_person_has_a_role_but_there_may_be_many_experts() -> None:
    state = Told().tell(
        assigned(Role.SCRIBE, "ada"), assigned(Role.SCRIBE, "ben"), assigned(Role.EXPERT, "ada"),
        assigned(Role.EXPERT, "ben"), assigned(Role.EXPERT, "ada"),
    )  # fmt: skip
    assert names(state, Role.SCRIBE) == ["Ben"]
    assert names(state, Role.EXPERT) == ["Ben", "Ada"]


def test_an_expert_leaves_alone_and_a_role_is_left_to_nobody() -> None:
    told = Told()
    told.tell(assigned(Role.EXPERT, "ada"), assigned(Role.EXPERT, "ben"))
    state = told.tell(assigned(Role.EXPERT, "ada", gone=True), assigned(Role.SCRIBE, "ada"))
    assert names(state, Role.EXPERT) == ["Ben"]
    state = told.tell(assigned(Role.SCRIBE, ""))
    assert Role.SCRIBE not in state.living.roles


def test_who_has_a_role_or_is_asked_to_lead_belongs_into_the_room() -> None:
    offer = e.HandoverOffered(to_slack_id="U0BEN", to_name="Ben")
    state = Told().tell(assigned(Role.SCRIBE, "ada"), offer)
    assert {"slack:U0ADA", "slack:U0BEN"} <= {person.id for person in state.people}


def test_mitigated_is_a_time_and_no_status() -> None:
    told = Told()
    before = told.state.status
    state = told.tell(e.Mitigated(at=at(12), said="rolled back"))
    assert state.living.mitigated is not None
    assert (state.living.mitigated.at, state.status) == (at(12), before)
    assert told.tell(e.Mitigated(at=None)).living.mitigated is None


def test_when_it_began_is_the_newest_word_on_it() -> None:
    """Said with the impact or by itself; the impact follows a correction."""
    told = Told()
    state = told.tell(e.ImpactSet(text="logins fail", since=at(-2)))
    assert state.living.onset is not None
    assert state.living.onset.at == at(-2)
    state = told.tell(e.OnsetSet(at=at(-9), said="first failed login"))
    assert state.living.onset is not None
    assert state.impact is not None
    assert (state.living.onset.at, state.impact.since) == (at(-9), at(-9))
    state = told.tell(e.ImpactSet(text="all logins fail", since=at(-9)))
    assert state.living.onset is not None
    assert state.living.onset.said == "first failed login"


def test_the_timeline_shows_only_the_newest_word_on_a_time_and_shows_it_there() -> None:
    told = Told()
    told.tell(e.OnsetSet(at=at(-2)), when=at(-2))
    told.tell(e.OnsetSet(at=at(-9), said="first failed login"), when=at(-9))
    (line,) = [one for one in build_timeline(told.entries) if "it began for users" in one.text]
    assert (line.at, line.late) == (at(-9), True)
    assert "first failed login" in line.text


def test_saying_that_it_began_earlier_is_no_act_of_that_time() -> None:
    told = Told()
    state = told.tell(e.OnsetSet(at=at(-60)), when=at(-60))
    assert state.acted_at == at(len(told.entries) - 1)


def test_an_update_that_is_taken_back_uncovers_the_one_before() -> None:
    told = Told()
    told.tell(e.UpdatePosted(text="one"))
    state = told.tell(e.UpdatePosted(text="two", external="sorry", next_by=at(60)))
    assert state.living.update is not None
    assert (state.living.update.text, state.living.update.external) == ("two", "sorry")
    state = told.tell(e.Withdrawn(seq=state.living.update.seq))
    assert state.living.update is not None
    assert state.living.update.text == "one"
    state = told.tell(e.Withdrawn(seq=state.living.update.seq))
    assert state.living.update is None


def test_a_new_offer_replaces_the_old_and_an_answer_settles_only_its_own() -> None:
    told = Told()
    told.tell(assigned(Role.LEAD, "ann"))
    first = told.tell(e.HandoverOffered(to_slack_id="U0BEN", to_name="Ben")).living.offer
    second = told.tell(e.HandoverOffered(to_slack_id="U0ADA", to_name="Ada")).living.offer
    assert first is not None
    assert second is not None
    state = told.tell(e.HandoverAnswered(offer=first.seq, accepted=True), by=BEN)
    assert state.living.offer == second
    state = told.tell(e.HandoverAnswered(offer=second.seq, accepted=False))
    assert state.living.offer is None


def test_an_offer_does_not_outlive_the_lead_who_made_it() -> None:
    """Somebody else took the lead meanwhile: accepting must not depose them."""
    told = Told()
    told.tell(assigned(Role.LEAD, "ann"), e.HandoverOffered(to_slack_id="U0BEN", to_name="Ben"))
    assert told.tell(assigned(Role.LEAD, "ann")).living.offer is not None
    assert told.tell(assigned(Role.LEAD, "ada"), by=BEN).living.offer is None


def test_a_follow_up_is_replaced_by_its_number() -> None:
    told = Told()
    told.tell(e.FollowUpSet(item=1, text="one"), e.FollowUpSet(item=2, text="two"))
    state = told.tell(
        e.FollowUpSet(item=1, text="one", owner_slack_id="U0ANN", owner="Ann",
                      due=date(2026, 12, 1)),
        e.FollowUpSet(item=2, text="two", done=True),
    )  # fmt: skip
    assert [one.item for one in state.living.follow_ups] == [1, 2]
    (left,) = state.living.open_follow_ups
    assert (left.item, left.owner, left.due) == (1, "Ann", date(2026, 12, 1))


def test_closing_what_is_resolved_does_not_move_its_end() -> None:
    told = Told()
    ended = told.tell(e.StatusChanged(status=Status.RESOLVED, reason="x", closure=e.Closure.FIXED))
    state = told.tell(e.StatusChanged(status=Status.CLOSED, reason="x", closure=ended.closure))
    assert (state.over_at, state.closure, state.status) == (
        ended.over_at, e.Closure.FIXED, Status.CLOSED,
    )  # fmt: skip


def test_reopening_is_remembered_with_who_did_it() -> None:
    told = Told()
    told.tell(e.StatusChanged(status=Status.CANCELLED, reason="a load test"))
    state = told.tell(e.StatusChanged(status=Status.INVESTIGATING, reason="it is real"), by=BEN)
    again = state.living.reopened
    assert again is not None
    assert (again.by, again.said, state.over_at, state.reopened) == (BEN, "it is real", None, 1)


def test_where_a_postmortem_stands_survives_a_failure_to_publish_it_again() -> None:
    told = Told()
    drafted = e.PostmortemDrafted(
        through=9, template="default", template_version="v1", markdown="m", data="d", html="h"
    )
    published = e.PostmortemPublished(publisher="folder", url="", ref="inc-42.md", base="m")
    failed = e.PostmortemFailed(publisher="folder", cure="Make room on the disk.", gives_up=False)
    state = told.tell(drafted, published, failed)
    assert state.living.draft is not None
    assert state.living.draft.through == 9
    stands = state.living.publications["folder"]
    assert (stands.ref, stands.cure) == ("inc-42.md", "Make room on the disk.")
    state = told.tell(published)
    assert state.living.publications["folder"].cure == ""


def test_every_entry_reads_as_a_sentence_of_the_timeline() -> None:
    told = Told()
    told.tell(
        assigned(Role.SCRIBE, "ben"), e.Mitigated(at=at(5), said="rolled back"),
        e.UpdatePosted(text="we roll back", next_by=at(30)),
        e.HandoverOffered(to_slack_id="U0BEN", to_name="Ben", said="wait for the error share"),
        e.FollowUpSet(item=1, text="alert on memory"),
        e.FollowUpSet(item=1, text="alert on memory", done=True),
        e.CadenceSnoozed(until=at(60)),
        e.ReminderSent(about="update", slack_id="U0ANN"),
    )  # fmt: skip
    said = "\n".join(told.lines())
    for words in (
        "Ann made Ben the scribe", "mitigated: users no longer notice, by Ann: “rolled back”",
        "update by Ann: “we roll back”; next by 14:30 UTC",
        "Ann asked Ben to take over the lead: “wait for the error share”",
        "Ann set follow-up 1: “alert on memory” (nobody yet, no date)",
        "follow-up 1 done, says Ann", "Ann wants no reminder of an update before 15:00 UTC",
        "reminded the lead that an update is due",
    ):  # fmt: skip
        assert words in said


def test_no_reminder_at_all_is_read_back_as_it_was_stored() -> None:
    """It is the end of the calendar, to the last microsecond."""
    stopped = e.CadenceSnoozed(until=LATEST)
    read = from_data(kind_of(stopped), json.loads(json.dumps(to_data(stopped))))
    assert read == stopped


def test_what_is_taken_back_or_foreign_changes_nothing_else() -> None:
    """A withdrawal of a number that nobody knows, an answer to no offer."""
    told = Told()
    before = told.tell(e.UpdatePosted(text="one")).living
    state = told.tell(e.Withdrawn(seq=999), e.HandoverAnswered(offer=999, accepted=True))
    assert state.living == before
