"""conversations.invite and .kick: who may be brought in, and what each bad id is answered."""

from __future__ import annotations

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError, invalid_arguments
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.model import Channel, Json


def _refusal(call: ApiCall, channel: Channel, user_id: str) -> str | None:
    """Name why this person cannot be invited; None when they can."""
    user = call.workspace.users.get(user_id)
    if user is None:
        return "user_not_found"
    if user_id == call.user:
        return "cant_invite_self"
    if user_id in channel.members:
        return "already_in_channel"
    if user.deleted:
        return "cant_invite"
    if user.is_stranger:
        return "no_external_invite_permission"
    others = (c for c in call.workspace.channels.values() if c.kind in ("public", "private"))
    if user.is_ultra_restricted and any(user_id in other.members for other in others):
        return "ura_max_channels"
    guest = user.is_restricted or user.is_ultra_restricted
    if guest and call.workspace.preferences.who_may_invite_guests == "admins":
        return "user_is_restricted"
    return None


def invite(call: ApiCall) -> Json:
    """Invite up to 100 people.

    One bad id fails the whole call and nobody is invited, unless `force` is set: then the good ones
    are, and the bad ones stand in `errors` (node-slack-sdk issue 1596; method page).
    """
    users = list(dict.fromkeys(call.args.names("users")))
    if not users:
        raise SlackError("no_user")
    if len(users) > LIMITS["invite_users"]:
        raise invalid_arguments("no more than 100 items allowed [json-pointer:/users]")
    channel = call.real_channel()
    if channel.archived:
        raise SlackError("is_archived")
    call.need_member(channel)
    refusals = {user: _refusal(call, channel, user) for user in users}
    errors = [{"user": user, "ok": False, "error": name} for user, name in refusals.items() if name]
    good = [user for user, name in refusals.items() if name is None]
    if errors and not (good and call.args.flag("force")):
        raise SlackError(str(errors[0]["error"]), errors=errors)
    for user in good:
        call.workspace.join(channel, user, inviter=call.user)
    if errors and not call.workspace.preferences.forced_invite_is_ok:
        raise SlackError(str(errors[0]["error"]), errors=errors)
    shown = render.channel(call.workspace, channel, call.user)
    return {"channel": shown, "errors": errors} if errors else {"channel": shown}


def kick(call: ApiCall) -> Json:
    """Remove somebody from a channel."""
    channel = call.real_channel()
    user = call.person(call.args.word("user"))
    if channel.is_general:
        raise SlackError("cant_kick_from_general")
    if user.id == call.user:
        raise SlackError("cant_kick_self")
    call.need_member(channel)
    if user.id not in channel.members:
        raise SlackError("not_in_channel")
    call.workspace.leave(channel, user.id, actor=call.user)
    return {"errors": {}}


HANDLERS: dict[str, Handler] = {"conversations.invite": invite, "conversations.kick": kick}
