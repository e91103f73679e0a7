"""auth.test, users.*, usergroups.* and team.info: who we are and who is there."""

from __future__ import annotations

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.model import Json, User
from opsbot.sandbox.slack.paging import page


def auth_test(call: ApiCall) -> Json:
    """Say whose token this is."""
    workspace = call.workspace
    return {
        "url": workspace.url,
        "team": workspace.name,
        "team_id": workspace.team_id,
        "user": workspace.users[call.user].name,
        "user_id": call.user,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def _shown(call: ApiCall, user: User) -> Json:
    with_email = "users:read.email" in call.scopes
    return render.user(call.workspace, user, with_email=with_email)


def info(call: ApiCall) -> Json:
    """Return one user, deactivated or not."""
    return {"user": _shown(call, call.person(call.args.word("user")))}


def list_all(call: ApiCall) -> Json:
    """Return everybody; a big workspace insists on pages."""
    users = list(call.workspace.users.values())
    limit = call.args.whole("limit") or 0
    if limit <= 0:
        if len(users) > LIMITS["users_list_unpaged"]:
            raise SlackError("limit_required")
        limit = max(1, len(users))
    found, cursor = page(users, call.args, limit=limit)
    return {
        "members": [_shown(call, user) for user in found],
        "cache_ts": call.workspace.now(),
        "response_metadata": {"next_cursor": cursor},
    }


def lookup_by_email(call: ApiCall) -> Json:
    """Return who has an address; deactivated people are not found."""
    user = call.workspace.user_with_email(call.args.word("email"))
    if user is None or user.deleted:
        raise SlackError("users_not_found")
    return {"user": _shown(call, user)}


def _need_paid_plan(call: ApiCall) -> None:
    if not call.workspace.preferences.paid_plan:
        raise SlackError("plan_upgrade_required")


def usergroups_list(call: ApiCall) -> Json:
    """Return the user groups."""
    _need_paid_plan(call)
    shown = [
        render.usergroup(
            call.workspace,
            group,
            with_users=call.args.flag("include_users"),
            with_count=call.args.flag("include_count"),
        )
        for group in call.workspace.usergroups.values()
    ]
    return {"usergroups": shown}


def usergroups_users_list(call: ApiCall) -> Json:
    """Return who is in a user group."""
    _need_paid_plan(call)
    group = call.workspace.usergroups.get(call.args.word("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": group.users}


def team_info(call: ApiCall) -> Json:
    """Return the workspace's name and domain."""
    workspace = call.workspace
    if call.args.word("team") not in ("", workspace.team_id):
        raise SlackError("team_not_found")
    return {
        "team": {
            "id": workspace.team_id,
            "name": workspace.name,
            "domain": workspace.domain,
            "email_domain": "",
            "url": workspace.url,
        }
    }


HANDLERS: dict[str, Handler] = {
    "auth.test": auth_test,
    "users.info": info,
    "users.list": list_all,
    "users.lookupByEmail": lookup_by_email,
    "usergroups.list": usergroups_list,
    "usergroups.users.list": usergroups_users_list,
    "team.info": team_info,
}
