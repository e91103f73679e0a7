"""What the card offers by itself: what the evidence shows fits, why, and not too much of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from opsbot.core.entry import Status
from opsbot.core.event import Origin, ServiceRef, Transition
from opsbot.core.evidence import EvidenceKind, Finding, FindingKind, Health, SourceReport, Window
from opsbot.core.incident import Incident
from opsbot.core.incident_parts import Alert
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.rules import Rules
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Offered, OfferedWhen, Risk, Runbook
from opsbot.core.runbook.offers import Offer, offers
from opsbot.core.runbook.rendered import RenderedRun
from opsbot.core.suspects import Confidence, Ranking, Reason, Suspect
from tests.core.story import SYSTEM, T0, rules
from tests.runbooks.made import runbook

DEPLOYED = T0 - timedelta(minutes=8)
WINDOW = Window(start=T0 - timedelta(minutes=30), end=T0)
NO_ALERTS: Mapping[str, Alert] = MappingProxyType({})
WITH_SERVICE = MappingProxyType({"service": "${offered.service}"})


def offering(when: OfferedWhen, name: str = "rollback-deploy", **more: object) -> Runbook:
    """A runbook that is offered, its service filled in."""
    offered = Offered(when=when, arguments=WITH_SERVICE, **more)  # type: ignore[arg-type]
    return replace(runbook(), name=name, offered=offered)


def deploy(**changes: object) -> Finding:
    """auth-api v2.14 goes live eight minutes before the page."""
    base: dict[str, object] = {
        "at": DEPLOYED, "kind": FindingKind.DEPLOY, "service": "auth-api",
        "summary": "auth-api: v2.14 deployed", "fold_key": "deploy:auth-api:v2.14",
    }  # fmt: skip
    return Finding(**{**base, **changes})  # type: ignore[arg-type] # built from known fields


def incident(*findings: Finding, **changes: object) -> Incident:
    """A page of checkout-api; auth-api is the first suspect since five minutes before it."""
    report = SourceReport(
        source="github", kind=EvidenceKind.CHANGES, health=Health.FRESH, window=WINDOW, query="",
        fetched_at=T0, duration_ms=1, findings=findings,
    )  # fmt: skip
    reason = Reason(text="memory at 99 % of its limit")
    suspects = (
        Suspect(service="auth-api", score=0.7, confidence=Confidence.LIKELY, reasons=(reason,)),
        Suspect(service="checkout-api", score=0.3, confidence=Confidence.POSSIBLE),
    )
    origin = Origin(source="pagerduty", id="P1")
    alert = Alert(origin=origin, title="", status=Transition.TRIGGERED, changed_at=T0)
    state = Incident(
        id="I-1", number=42, window=WINDOW, reports=MappingProxyType({"github": report}),
        service=ServiceRef(name="Checkout API", source_id="PSVC1"),
        ranking=Ranking(suspects=suspects, onset=T0 - timedelta(minutes=5)),
        alerts=MappingProxyType({"P1": alert}),
    )  # fmt: skip
    return replace(state, **changes)  # type: ignore[arg-type] # of known fields


def offered(state: Incident, *runbooks: Runbook) -> tuple[Offer, ...]:
    """What is offered at the time of the page."""
    return offers(state, rules(runbooks=runbooks), T0)


def test_a_deploy_of_a_suspect_in_the_window_offers_the_way_back() -> None:
    """With the service filled in, and the reason in one sentence."""
    (offer,) = offered(incident(deploy()), offering(OfferedWhen.DEPLOY_OF_SUSPECT))
    assert offer.arguments == {"service": "auth-api"}
    assert (offer.why, offer.at) == ("auth-api v2.14 was deployed", DEPLOYED)
    assert offer.sentence == "rollback-deploy fits: auth-api v2.14 was deployed at 13:52 UTC"


@pytest.mark.parametrize(
    "finding",
    [
        deploy(service="search-api", fold_key="deploy:search-api:v1"),
        deploy(at=WINDOW.start - timedelta(seconds=1)),
        deploy(at=T0 - timedelta(minutes=4)),
        deploy(kind=FindingKind.CHANGE),
    ],
    ids=["of no suspect", "before the window", "after the onset", "no deploy"],
)
def test_another_change_offers_nothing(finding: Finding) -> None:
    assert offered(incident(finding), offering(OfferedWhen.DEPLOY_OF_SUSPECT)) == ()


def test_the_newest_deploy_is_the_one_that_is_said() -> None:
    older = deploy(at=DEPLOYED - timedelta(minutes=5), fold_key="deploy:auth-api:" + "a" * 40)
    newest = deploy(fold_key="deploy:auth-api:" + "b" * 40)
    (offer,) = offered(incident(newest, older), offering(OfferedWhen.DEPLOY_OF_SUSPECT))
    assert offer.why == "auth-api bbbbbbb was deployed"


@pytest.mark.parametrize(
    ("when", "service", "sentence"),
    [
        (OfferedWhen.SUSPECT, "auth-api",
         "it fits: auth-api is a likely suspect: memory at 99 % of its limit"),
        (OfferedWhen.FIRING, "checkout-api", "it fits: the alert of checkout-api fires"),
        (OfferedWhen.ALWAYS, "checkout-api", "it: Try it"),
    ],
)  # fmt: skip
def test_the_other_occasions_have_their_reasons(
    when: OfferedWhen, service: str, sentence: str
) -> None:
    (offer,) = offered(incident(), offering(when, "it"))
    assert (offer.arguments, offer.sentence) == ({"service": service}, sentence)


def test_only_for_the_services_it_names() -> None:
    for names, count in ((("auth-api",), 1), (("checkout-api",), 1), (("search-api",), 0)):
        assert len(offered(incident(), offering(OfferedWhen.SUSPECT, services=names))) == count


def test_at_most_two_the_most_specific_first() -> None:
    books = [
        offering(OfferedWhen.ALWAYS, "a"), offering(OfferedWhen.FIRING, "b"),
        offering(OfferedWhen.SUSPECT, "c"), offering(OfferedWhen.DEPLOY_OF_SUSPECT, "d"),
        offering(OfferedWhen.NEVER, "e"),
    ]  # fmt: skip
    assert [offer.runbook.name for offer in offered(incident(deploy()), *books)] == ["d", "c"]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.RESOLVED},
        {"alerts": NO_ALERTS},
        {"service": ServiceRef(name="nobody-knows-it")},
    ],
)
def test_nothing_is_offered_without_its_occasion(changes: Mapping[str, object]) -> None:
    assert offered(incident(**changes), offering(OfferedWhen.FIRING)) == ()


def test_what_cannot_be_run_here_is_not_offered() -> None:
    book = replace(offering(OfferedWhen.ALWAYS), unavailable="executor http is not configured")
    assert offered(incident(), book) == ()


def test_a_suspect_that_the_catalogue_does_not_know_is_not_offered() -> None:
    """The argument would be refused at the click."""
    suspect = Suspect(service="foreign-api", score=0.7, confidence=Confidence.LIKELY)
    state = incident(ranking=Ranking(suspects=(suspect,)))
    assert offered(state, offering(OfferedWhen.SUSPECT)) == ()


@pytest.mark.parametrize(
    ("outcome", "again"),
    [
        (None, False), (RunOutcome.SUCCEEDED, False), (RunOutcome.FAILED, False),
        (RunOutcome.UNKNOWN, False), (RunOutcome.EXPIRED, True), (RunOutcome.DENIED, True),
        (RunOutcome.WITHDRAWN, True),
    ],
)  # fmt: skip
def test_what_was_run_already_is_not_offered_again(outcome: RunOutcome | None, again: bool) -> None:
    """One that nobody answered, or that never began, is."""
    book = offering(OfferedWhen.DEPLOY_OF_SUSPECT)
    state = incident(deploy(), runs=MappingProxyType({"R-1": _run(book, outcome)}))
    assert bool(offered(state, book)) is again


def _run(book: Runbook, outcome: RunOutcome | None) -> Run:
    plan = RenderedRun(
        runbook=book.name, version="", arguments={"service": "auth-api", "sure": False},
        service="auth-api", target="auth-api", cooldown_s=0.0, steps=(),
    )  # fmt: skip
    return Run(
        run_id="R-1", seq=1, title="", risk=Risk.LOW, plan=plan, preview=(), warnings=(),
        verdict=Verdict(ruling=Ruling.ALLOWED, rule="", reason=""), requester=SYSTEM,
        requested_at=T0, outcome=outcome,
    )  # fmt: skip


def test_the_rules_hold_the_runbooks() -> None:
    """Offers come from them and nowhere else."""
    assert offers(incident(deploy()), Rules(), T0) == ()
