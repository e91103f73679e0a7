"""What waits for one person, whichever incident it is of: a lead to take over, runs to approve,
follow-ups to do, and incidents that want a word from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from opsbot.core.announcement import who
from opsbot.core.cadence import update_due
from opsbot.core.card import Button, Card, Line, Tone, line
from opsbot.core.catch_up import waiting_runs
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.incident_card import firing_alerts, headline
from opsbot.core.living import FollowUp
from opsbot.core.living_lines import follow_up_line
from opsbot.core.permission import DECLARER, RESPONDER, has_role
from opsbot.core.policy_who import approver_standing
from opsbot.core.rules import Rules
from opsbot.core.run import Run
from opsbot.core.run_card import run_card
from opsbot.core.run_request import roles_of
from opsbot.core.standing import Standing
from opsbot.core.text import count, inert

MOST_WAITING = 6  # incidents
MOST_OFFERS = 3
MOST_APPROVALS = 3  # each is shown whole: who approves has to see exactly what will run
MOST_FOLLOW_UPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Cards with the incident id that their buttons carry, and how much waits in words."""

    cards: tuple[tuple[Card, str], ...]
    said: str


def waiting(
    open_incidents: Sequence[Incident],
    ended: Sequence[Incident],
    me: Standing,
    today: date,
    rules: Rules,
) -> Waiting:
    """What waits for `me`, the most pressing first. `ended` are finished incidents, of which only
    follow-ups still wait."""
    offers = [one for one in open_incidents if _is_asked(one, me)]
    approvals = [(one, run) for one in open_incidents for run in waiting_runs(one)
                 if _may_approve(one, run, me)]  # fmt: skip
    words = [(one, why) for one in open_incidents if (why := waits_for(one, me, rules))]
    left = sorted(
        ((one, item) for one in (*open_incidents, *ended) for item in one.living.open_follow_ups
         if item.owner_slack_id == me.slack_id),
        key=lambda pair: (pair[1].due or date.max, pair[0].number, pair[1].item),
    )  # fmt: skip
    cards = (
        *((_offer(one), one.id) for one in offers[:MOST_OFFERS]),
        *((_approval(one, run), one.id) for one, run in approvals[:MOST_APPROVALS]),
        *((_wanted(one, why), one.id) for one, why in words[:MOST_WAITING]),
        *((_follow_up(one, item, today), one.id) for one, item in left[:MOST_FOLLOW_UPS]),
    )
    counted = ((len(offers), "hand-over", MOST_OFFERS),
               (len(approvals), "approval", MOST_APPROVALS), (len(words), "incident", MOST_WAITING),
               (len(left), "follow-up", MOST_FOLLOW_UPS))  # fmt: skip
    return Waiting(cards=cards, said=", ".join(_counted(*one) for one in counted if one[0]))


def _counted(number: int, noun: str, most: int) -> str:
    """How much waits of one sort, and how much of that is shown."""
    return count(number, noun) + (f" (the first {most} are shown)" if number > most else "")


def name_line(incident: Incident) -> Line:
    """The number and what it is about."""
    return line(f"INC-{incident.number} ", headline(incident))


def _is_asked(incident: Incident, me: Standing) -> bool:
    offer = incident.living.offer
    return offer is not None and offer.to_slack_id == me.slack_id


def _offer(incident: Incident) -> Card:
    offer = incident.living.offer
    if offer is None:
        raise LookupError("nobody was asked to take over")
    said = f": “{inert(offer.said, 300)}”" if offer.said else ""
    asked = line(who(offer.by), f" asks you to take over the lead{said}")
    buttons = (
        Button(action=f"handover:accept=yes&offer={offer.seq}", label="Accept", primary=True),
        Button(action=f"handover:decline=yes&offer={offer.seq}", label="Decline"),
        Button(action="brief", label="Catch me up"),
    )
    return Card(header="", lines=(name_line(incident), asked), buttons=buttons)


def _may_approve(incident: Incident, run: Run, me: Standing) -> bool:
    """Whether it may be theirs to approve; the click decides. Who is on call now only the pager
    knows, so whoever was brought in counts here."""
    own = run.requester.id == me.actor.id or any(a.by.id == me.actor.id for a in run.approvals)
    return not own and bool(
        approver_standing(
            run.verdict, groups=me.groups, roles=roles_of(me, incident),
            on_call=has_role(RESPONDER, me, incident), full_member=not me.outsider,
            service=run.plan.service,
        )
    )  # fmt: skip


def _approval(incident: Incident, run: Run) -> Card:
    shown = run_card(run)
    head = line(f"{shown.header}")
    return Card(
        header="", lines=(name_line(incident), head, *shown.lines), buttons=shown.buttons,
        footer=shown.footer,
    )  # fmt: skip


def _follow_up(incident: Incident, item: FollowUp, today: date) -> Card:
    late = item.due is not None and item.due < today
    text = line(*follow_up_line(item).pieces, ", overdue" if late else "",
                tone=Tone.LOUD if late else Tone.PLAIN)  # fmt: skip
    buttons = (
        Button(action=f"followup:item={item.item}&done=yes", label="Done"),
        Button(action=f"followup:item={item.item}&drop=yes", label="Drop"),
    )
    return Card(header="", lines=(name_line(incident), text), buttons=buttons)


def waits_for(incident: Incident, me: Standing, rules: Rules) -> str:
    """Why the incident wants a word of this person; empty when it does not."""
    refused = incident.surface.refusals.get("channel")
    if refused is not None and has_role(DECLARER, me, incident):
        return f"its room could not be opened: {inert(refused.cure, 160)}"
    question = incident.questions.get(ALERT_CLEARED)
    leads = incident.lead is not None and incident.lead.slack_id == me.slack_id
    if question and not question.answer and (leads or has_role(RESPONDER, me, incident)):
        return "the alert cleared: is the incident over?"
    if leads and incident.impact is None:
        return "you lead it, and nobody has said what users notice"
    if incident.lead is None and has_role(DECLARER, me, incident):
        return "you declared it, and nobody leads it"
    if incident.lead is None and has_role(RESPONDER, me, incident):
        return "you were paged, and nobody leads it"
    return _update_wanted(incident) if leads and update_due(incident, rules) else ""


def _update_wanted(incident: Incident) -> str:
    """The lead was reminded of an update since the last one."""
    reminder, update = incident.living.reminder, incident.living.update
    reminded = reminder is not None and (update is None or reminder.at > update.at)
    return "you lead it, and an update is due" if reminded else ""


def _wanted(incident: Incident, why: str) -> Card:
    buttons: tuple[Button, ...] = (Button(action="menu", label="What can I do?"),)
    question = incident.questions.get(ALERT_CLEARED)
    if question and "over?" in why:
        buttons = (
            Button(action=f"resolve:closure=fixed&question={question.seq}", label="Yes, resolve",
                   primary=True),
            Button(action=f"keep:question={question.seq}", label="No, keep it open"),
        )  # fmt: skip
    elif incident.lead is None:
        pages = any(a.status is Transition.TRIGGERED for a in firing_alerts(incident))
        label = "Ack and lead" if pages else "Take the lead"
        buttons = (Button(action="lead:ack=yes", label=label, primary=True), *buttons)
    elif incident.impact is None:
        buttons = (Button(action="impact", label="Set impact", primary=True), *buttons)
    elif "update" in why:
        buttons = (Button(action="update", label="Post update...", primary=True), *buttons)
    return Card(header="", lines=(name_line(incident), line(why)), buttons=buttons)
