"""What a run owes next, whatever order its entries come in: one move at a time, never two of one
step, none before enough people said yes, and none after its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.core import entry as e
from opsbot.core.codec import from_data, kind_of, to_data
from opsbot.core.consequences import consequences
from opsbot.core.entry import Body, Entry
from opsbot.core.incident import evolve, new_incident
from opsbot.core.people import OPSBOT, Actor, ActorKind
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.run import Run
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from opsbot.core.run_moves import DoStep, Finish, next_move
from opsbot.core.runbook import Risk, Who
from opsbot.core.runbook.render import with_bindings
from opsbot.core.runbook.rendered import RenderedCheck, RenderedRun, RenderedStep
from tests.core.story import T0, Story, event, rules

RULES = rules()
PEOPLE = tuple(Actor(kind=ActorKind.PERSON, id=f"slack:U{n}", name=f"P{n}") for n in range(4))
ANN = PEOPLE[0]


def step(name: str) -> RenderedStep:
    return RenderedStep(name=name, executor="noop", call={"say": name}, timeout_s=5.0,
                        output_limit=1_000)  # fmt: skip


CHECK = RenderedCheck(source="prometheus", signal="error_share", query="", service="a", below=0.05,
                      above=None, unit="share", holds_s=0, every_s=5, within_s=60)  # fmt: skip


def plan(*, rollback: bool, check: bool) -> RenderedRun:
    """Two steps, perhaps a way back, perhaps a metric."""
    bare = RenderedRun(
        runbook="r", version="v", arguments={}, service="a", target="a", cooldown_s=0,
        steps=(step("one"), step("two")), rollback=(step("back"),) if rollback else (),
        check=CHECK if check else None, incident_id="inc-1",
    )  # fmt: skip
    return with_bindings(bare, {})


def requested(planned: RenderedRun, approvals: int) -> e.RunRequested:
    ruling = Ruling.NEEDS_APPROVAL if approvals else Ruling.ALLOWED
    verdict = Verdict(ruling=ruling, rule="x", reason="x", approvals=approvals,
                      by=Who(everybody=True))  # fmt: skip
    return e.RunRequested(
        run_id="r1", title="t", risk=Risk.MEDIUM, plan=planned, preview=("1.", "2."), warnings=(),
        verdict=verdict, expires_at=T0 + timedelta(minutes=15) if approvals else None,
    )  # fmt: skip


plans = st.builds(plan, rollback=st.booleans(), check=st.booleans())
requests = st.builds(requested, plans, st.integers(0, 2))
phases, places = st.sampled_from(Phase), st.integers(-1, 3)
of_opsbot: st.SearchStrategy[Body] = st.one_of(
    st.just(e.RunStarted(run_id="r1", before=0.3)),
    st.builds(e.StepStarted, run_id=st.just("r1"), phase=phases, step=places, name=st.just("n"),
              boot=st.just("b")),
    st.builds(e.StepProgressed, run_id=st.just("r1"), phase=phases, step=places,
              tail=st.just("t"), lines=st.integers(0, 9)),
    st.builds(e.StepFinished, run_id=st.just("r1"), phase=phases, step=places, name=st.just("n"),
              outcome=st.sampled_from(StepOutcome), acted=st.booleans()),
    st.builds(e.RunVerified, run_id=st.just("r1"), outcome=st.sampled_from(CheckOutcome),
              said=st.just("s")),
    st.builds(e.RunFinished, run_id=st.just("r1"), outcome=st.sampled_from(RunOutcome),
              said=st.just("s")),
    st.builds(e.RunJudged, run_id=st.just("r1"), happened=st.booleans()),
    st.builds(e.RunOutputShared, run_id=st.just("r1"), problem=st.sampled_from(("", "p")),
              unsure=st.booleans()),
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Actor, Body]]:
    """A request, and anything said of its run by anybody, repeats and other hashes among it."""
    asked = draw(requests)
    by_people: st.SearchStrategy[tuple[Actor, Body]] = st.tuples(
        st.sampled_from(PEOPLE),
        st.one_of(
            st.builds(e.RunApproved, run_id=st.just("r1"), standing=st.just("s"),
                      digest=st.sampled_from((asked.plan.digest, "0" * 64, ""))),
            st.builds(e.RunDenied, run_id=st.just("r1"), reason=st.just("no")),
        ),
    )  # fmt: skip
    rare_no = by_people.filter(lambda one: isinstance(one[1], e.RunApproved)) | by_people
    said = st.one_of(st.tuples(st.just(OPSBOT), of_opsbot), rare_no)
    return [(ANN, asked), *draw(st.lists(said, max_size=14))]


def folded(history: list[tuple[Actor, Body]]) -> list[Run]:
    """The run after each entry."""
    state, runs = new_incident("inc-1"), list[Run]()
    for number, (actor, body) in enumerate(history, start=1):
        state = evolve(state, entry(number, actor, body))
        runs.append(state.runs["r1"])
    return runs


def entry(number: int, actor: Actor, body: Body) -> Entry:
    at = T0 + timedelta(seconds=number)
    return Entry(incident_id="inc-1", seq=number, key=f"k{number}", occurred_at=at, recorded_at=at,
                 actor=actor, source="opsbot", body=body)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(history=histories())
def test_a_move_is_always_the_next_one_and_never_one_that_was_begun(
    history: list[tuple[Actor, Body]],
) -> None:
    for run in folded(history):
        move = next_move(run)
        if isinstance(move, DoStep):
            assert move.step == len(run.done(move.phase)) < len(run.planned(move.phase))
            assert all(state.outcome is not None for state in (*run.steps, *run.rollback))
            assert run.approved


@settings(max_examples=200, deadline=None)
@given(history=histories())
def test_after_an_end_nothing_moves_and_nothing_changes_but_a_persons_finding(
    history: list[tuple[Actor, Body]],
) -> None:
    ends: list[Any] = []
    for run in folded(history):
        if run.outcome is not None:
            assert next_move(run) is None
            ends.append((run.outcome, run.said, run.finished_at, run.steps, run.rollback,
                         run.approvals, run.check, run.started_at))  # fmt: skip
    assert len(set(map(repr, ends))) <= 1


@settings(max_examples=150, deadline=None)
@given(history=histories())
def test_nobody_counts_twice_nor_who_asked_nor_another_hash(
    history: list[tuple[Actor, Body]],
) -> None:
    last = folded(history)[-1]
    approved = [one.by.id for one in last.approvals]
    said_yes = {
        actor.id for actor, body in history
        if isinstance(body, e.RunApproved) and body.digest == last.plan.digest and body.digest
    }  # fmt: skip
    assert len(approved) == len(set(approved))
    assert set(approved) <= said_yes - {ANN.id}


@settings(max_examples=150, deadline=None)
@given(history=histories(), at=st.integers(0, 14))
def test_an_entry_that_comes_twice_changes_nothing_that_matters(
    history: list[tuple[Actor, Body]], at: int
) -> None:
    """The record keeps a key once; should one come back all the same, it moves nothing."""
    again = history[at % len(history)]
    before, after = folded(history)[-1], folded([*history, again])[-1]
    if isinstance(again[1], e.RunApproved | e.RunRequested):
        assert after == before
    for phase in Phase:
        shorter = min(len(before.done(phase)), len(after.done(phase)))
        ended = [s.outcome for s in before.done(phase)[:shorter] if s.outcome is not None]
        assert [s.outcome for s in after.done(phase)[: len(ended)]] == ended[: len(ended)]
    if before.outcome is not None:
        assert after.outcome is before.outcome


@settings(max_examples=150, deadline=None)
@given(history=histories())
def test_a_fold_equals_the_fold_of_what_was_stored(history: list[tuple[Actor, Body]]) -> None:
    stored = [(actor, from_data(kind_of(body), to_data(body))) for actor, body in history]
    assert folded(stored)[-1] == folded(history)[-1]


# --- carried out ----------------------------------------------------------------------------------


class Play:
    """A run that is carried out by what its record owes, with any outcome at every step."""

    def __init__(self, asked: e.RunRequested) -> None:
        self.story = Story(rules=RULES)
        self.story.take(event())
        self.owed: list[tuple[str, tuple[tuple[str, str], ...]]] = []
        self.now = T0
        self.append(asked, "requested", ANN)

    @property
    def run(self) -> Run:
        return self.story.state.runs["r1"]

    def append(self, body: Body, name: str, actor: Actor = OPSBOT) -> None:
        """As `append_run` does: the fact, and all that follows from it."""
        self.now += timedelta(seconds=1)
        before = self.story.state
        draft = e.Draft(key=f"run:r1:{name}", occurred_at=self.now, actor=actor, source="opsbot",
                        body=body)  # fmt: skip
        if not self.story.append(draft, self.now):
            return
        found = consequences(before, self.story.state, cause=draft.key, rules=RULES, now=self.now)
        for follows in found.drafts:
            self.story.append(follows, self.now)
        known = {key for key, _ in self.owed}
        self.owed += [(one.key, tuple(one.arguments.items())) for one in found.owed
                      if one.purpose == "run_step" and one.key not in known]  # fmt: skip


def carry_out(play: Play, outcomes: list[StepOutcome], checks: CheckOutcome) -> list[str]:
    """Every step that is begun, in order, until nothing moves any more."""
    begun: list[str] = []
    for _ in range(12):
        match next_move(play.run):
            case DoStep(phase=phase, step=at):
                name = f"{phase}:{at}"
                begun.append(name)
                outcome = outcomes.pop() if outcomes else StepOutcome.SUCCEEDED
                if outcome is not StepOutcome.SKIPPED:
                    claim = e.StepStarted(run_id="r1", phase=phase, step=at, name="n", boot="b")
                    play.append(claim, f"{name}:started")
                done = e.StepFinished(run_id="r1", phase=phase, step=at, name="n", outcome=outcome)
                play.append(done, f"{name}:finished")
            case None:
                return begun
            case Finish():
                raise AssertionError("an end follows by itself")
            case _:
                play.append(e.RunVerified(run_id="r1", outcome=checks, said="s"), "verified")
    raise AssertionError("it never ends")


@settings(max_examples=150, deadline=None)
@given(
    asked=requests, checks=st.sampled_from(CheckOutcome),
    outcomes=st.lists(st.sampled_from(StepOutcome), max_size=4),
    again=st.lists(st.sampled_from(PEOPLE), max_size=4),
)  # fmt: skip
def test_every_run_that_is_carried_out_ends_and_owes_each_step_once(
    asked: e.RunRequested, outcomes: list[StepOutcome], checks: CheckOutcome, again: list[Actor]
) -> None:
    play = Play(asked)
    for person in (*again, *PEOPLE):
        approval = e.RunApproved(run_id="r1", digest=asked.plan.digest, standing="s")
        play.append(approval, f"approved:{person.id}", person)
    begun = carry_out(play, list(outcomes), checks)
    assert play.run.outcome is not None
    assert len(begun) == len(set(begun))
    steps = [dict(arguments) for _, arguments in play.owed]
    assert [f"{one['phase']}:{one['step']}" for one in steps] == begun
    finished = [x for x in play.story.entries if isinstance(x.body, e.RunFinished)]
    assert len(finished) == 1


# --- the way back ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "acted", "ended"),
    [
        ([StepOutcome.FAILED], False, RunOutcome.FAILED),  # refused: nothing to take back
        ([StepOutcome.FAILED], True, RunOutcome.ROLLED_BACK),  # half done: taken back
        ([StepOutcome.SUCCEEDED, StepOutcome.FAILED], False, RunOutcome.ROLLED_BACK),
        ([StepOutcome.SKIPPED, StepOutcome.FAILED], False, RunOutcome.FAILED),
        ([StepOutcome.SKIPPED, StepOutcome.FAILED], True, RunOutcome.ROLLED_BACK),
        # Nobody knows what came of it: a person is asked first, whatever was done before.
        ([StepOutcome.UNKNOWN], False, RunOutcome.UNKNOWN),
    ],
)
def test_the_way_back_is_owed_where_a_step_succeeded_or_changed_something_before_it_failed(
    outcomes: list[StepOutcome], acted: bool, ended: RunOutcome
) -> None:
    play = Play(requested(plan(rollback=True, check=False), approvals=0))
    for at, outcome in enumerate(outcomes):
        claim = e.StepStarted(run_id="r1", phase=Phase.STEPS, step=at, name="n", boot="b")
        play.append(claim, f"{at}:started")
        last = at == len(outcomes) - 1
        done = e.StepFinished(run_id="r1", phase=Phase.STEPS, step=at, name="n", outcome=outcome,
                              acted=acted and last)  # fmt: skip
        play.append(done, f"{at}:finished")
    begun = carry_out(play, [], CheckOutcome.PASSED)
    assert play.run.outcome is ended
    assert begun == (["rollback:0"] if ended is RunOutcome.ROLLED_BACK else [])


def test_a_record_that_says_nothing_of_it_reads_as_nothing_done() -> None:
    """Entries from before `acted` decode, and mean what they meant."""
    done = e.StepFinished(run_id="r1", phase=Phase.STEPS, step=0, name="n",
                          outcome=StepOutcome.FAILED, acted=True)  # fmt: skip
    data = to_data(done)
    assert from_data(kind_of(done), data) == done
    del data["acted"]
    old = from_data(kind_of(done), data)
    assert isinstance(old, e.StepFinished)
    assert not old.acted
