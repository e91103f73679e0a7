"""Slack: does it take our tokens, were the scopes granted, may we create rooms."""

from __future__ import annotations

from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.means import Means
from opsbot.config.secret import places
from opsbot.core.entry import Visibility
from opsbot.core.text import listed
from opsbot.ports import Done, Outcome, Refused, Unsure
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.identity import Identity, OwnIdentity
from opsbot.slack.scopes import SCOPES
from opsbot.slack.turns import Priority

NO_TOKEN = "Slack does not take the bot token (see slack.token)"  # noqa: S105 - a sentence
_APP_TOKEN = (
    "In the app's 'Basic Information', 'App-Level Tokens', generate one with the scope "  # noqa: S105 - a sentence
    "connections:write, and put it into SLACK_APP_TOKEN; it starts with xapp-"
)
_REINSTALL = (
    "Add them under 'OAuth & Permissions' (`opsbot manifest --why` has the whole list) and "
    "install the app again"
)


async def identity(means: Means) -> Identity | None:
    """Who we are in Slack; None while Slack does not say."""
    if means.gateway is None:
        return None
    answer = await OwnIdentity(means.gateway).ask()
    return answer.value if isinstance(answer, Done) else None


async def token(means: Means) -> Finding:
    """Whether Slack knows us by the bot token (auth.test)."""
    name = "slack.token"
    if means.gateway is None:
        wanted = means.settings.slack.bot_token.wanted
        where = places(wanted, "slack")
        return bad(name, f"{wanted.env} is not set: {wanted.why}", where[:1].upper() + where[1:])
    match await OwnIdentity(means.gateway).ask():
        case Done(value=known):
            return ok(name, f"Slack knows opsbot as {known.bot_user_id} in {known.team_name}")
        case other:
            return _not_done(name, other, "Slack did not take the bot token")


async def socket(means: Means) -> Finding:
    """Whether Slack opens a Socket Mode connection for the app-level token. What it answers is
    an address for one connection, which lapses unused."""
    name = "slack.socket"
    slack = means.settings.slack
    if not slack.app_token.secrets:
        if slack.by_socket:
            return bad(name, "Socket Mode needs an app-level token, and there is none", _APP_TOKEN)
        return skipped(name, "Slack calls opsbot over HTTP; no app-level token is needed")
    if means.socket_gateway is None:
        return skipped(name, "an app-level token is set; opsbot checked it when it started")
    call = means.socket_gateway.call("apps.connections.open", {}, priority=Priority.PERSON)
    match await call:
        case Done():
            used = "" if slack.by_socket else "; nothing uses it, because slack.receive is http"
            return ok(name, f"Slack opens a Socket Mode connection for the app-level token{used}")
        case Refused(error=error, retry_after=None) | Refused(error="invalid_auth" as error):
            return bad(name, f"Slack did not take the app-level token ({error})", _APP_TOKEN)
        case other:
            return _not_done(name, other, "no Socket Mode connection")


async def scopes(means: Means) -> Finding:
    """What was granted, against what the manifest asks for."""
    name = "slack.scopes"
    who = await identity(means)
    if who is None:
        return skipped(name, NO_TOKEN)
    if not who.scopes:
        return skipped(name, "Slack did not say which scopes were granted")
    missing = {scope: row for scope, row in SCOPES.items() if scope not in who.scopes}
    lost = {scope: row for scope, row in missing.items() if not row.optional}
    words = [f"{scope} ({row.without})" for scope, row in (lost or missing).items()]
    count = f"{len(SCOPES) - len(missing)} of {len(SCOPES)} scopes are granted"
    if not lost:
        without = f"; optional, and not there: {listed(tuple(words))}" if words else ""
        return ok(name, count + without)
    said = f"{count}; missing: {listed(tuple(words), limit=6)}"
    tell = bad if any(row.vital for row in lost.values()) else warn
    return tell(name, said, _REINSTALL)


async def rooms(means: Means) -> Finding:
    """Whether Slack lets us create a channel: done for real, and archived at once."""
    name = "slack.rooms"
    if means.gateway is None or await identity(means) is None:
        return skipped(name, NO_TOKEN)
    if not means.write:
        why = "whether opsbot may create a channel was not tried, because trying leaves one behind"
        return skipped(name, why, "`opsbot doctor --write` creates one and archives it")
    private = means.settings.slack.visibility is Visibility.PRIVATE
    channel = f"opsbot-doctor-{means.clock.now():%Y%m%dt%H%M%S}"
    asked = {"name": channel, "is_private": private}
    match await means.gateway.call("conversations.create", asked, priority=Priority.PERSON):
        case Done(value=value):
            made = text_at(as_object(value.get("channel")), "id")
        case other:
            return _not_done(name, other, "opsbot may not create a channel")
    archived = await means.gateway.call(
        "conversations.archive", {"channel": made}, priority=Priority.PERSON
    )
    if isinstance(archived, Done):
        kind = "private" if private else "public"
        return ok(name, f"created the {kind} channel #{channel} and archived it again")
    said = f"created #{channel}, and could not archive it again"
    return warn(name, said, f"Archive it by hand. {_cure(archived)}")


def _not_done(name: str, outcome: Outcome[object], what: str) -> Finding:
    """What Slack refused, with Slack's word and our cure for it."""
    match outcome:
        case Refused(error=error):
            return bad(name, f"{what} ({error})", _cure(outcome))
        case _:
            reason = outcome.reason if isinstance(outcome, Unsure) else "an odd answer"
            return bad(name, f"{what}: {reason}", "See whether Slack is up, and try again")


def _cure(outcome: Outcome[object]) -> str:
    return outcome.cure if isinstance(outcome, Refused) else "See whether Slack is up"
