"""Whoever is on call right now: does Slack know them by the address PagerDuty has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsbot.app.doctor import slack
from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.means import Means
from opsbot.core.text import count, listed
from opsbot.integrations.pagerduty.account import LookUpFailed
from opsbot.ports import Refused
from opsbot.slack.directory import Absent, Directory, Found


async def on_call(means: Means) -> Finding:
    """How many of the on-calls would be brought into a room."""
    name = "people.on_call"
    account = means.account
    if account is None:
        return skipped(name, "PagerDuty's API is not configured, so nobody knows who is on call")
    if means.gateway is None or await slack.identity(means) is None:
        return skipped(name, slack.NO_TOKEN)
    try:
        people = await account.on_calls()
    except LookUpFailed as failed:
        return skipped(name, f"PagerDuty did not say who is on call: {failed.error}")
    if not people:
        return warn(name, "nobody is on call right now", "Look at the schedules in PagerDuty")
    directory = means.directory or Directory(
        means.gateway, means.clock, means.settings.slack.people
    )
    absent: dict[str, list[str]] = {}
    found = 0
    for person in people[: means.most_people]:
        match await directory.find(person):
            case Found():
                found += 1
            case Absent(reason=reason):
                absent.setdefault(reason, []).append(person.name or person.id)
            case Refused(cure=cure):
                return skipped(name, f"Slack could not be asked about everybody: {cure}")
            case _:
                return skipped(name, "Slack could not be asked about everybody", "Try again")
    asked = min(len(people), means.most_people)
    return _told(name, found, asked, len(people), absent)


def _told(
    name: str, found: int, asked: int, number: int, absent: Mapping[str, Sequence[str]]
) -> Finding:
    rest = f"; asked for {asked} of {number}" if number > asked else ""
    has = "has" if asked == 1 else "have"
    said = f"{found} of {count(asked, 'on-call')} {has} a Slack account{rest}"
    if not absent:
        return ok(name, said)
    # A reason of the directory is `what is wrong: what to do`.
    parts = [f"{listed(tuple(who))} ({why.partition(': ')[0]})" for why, who in absent.items()]
    cures = dict.fromkeys(why.partition(": ")[2] or why for why in absent)
    fix = "; ".join(cures)
    tell = bad if not found else warn
    return tell(name, f"{said}; missing: {'; '.join(parts)}", fix[:1].upper() + fix[1:])
