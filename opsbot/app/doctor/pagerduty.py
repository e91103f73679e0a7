"""PagerDuty: is the key good and of this region, in whose name do we act, do webhooks come."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from opsbot.app.doctor.addresses import local_address, of_ours
from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.inbox_look import open_look
from opsbot.app.doctor.means import Means
from opsbot.integrations import Wiring
from opsbot.integrations.pagerduty.account import Account, LookUpFailed, Subscription
from opsbot.integrations.pagerduty.subscriptions import DOOR_PATH
from opsbot.ports import Done, HttpFailure

NOT_CONFIGURED = "PagerDuty is not configured"
NO_KEY = "there is no PAGERDUTY_API_TOKEN"
_SEE_KEY = "PagerDuty does not take the API key (see pagerduty.key)"
_REFUSED = re.compile(
    r'^opsbot_deliveries_total\{(?=[^}]*door="pagerduty")(?=[^}]*status="4\d\d")[^}]*'
    r'reason="(?P<reason>[^"]*)"[^}]*\} (?P<times>[0-9.e+]+)$',
    re.MULTILINE,
)
_MAKE_ANOTHER = (
    "Its secret was shown only when it was made: make another subscription, and put the secret of "
    "that one into PAGERDUTY_WEBHOOK_SECRET"
)


async def key(means: Means) -> Finding:
    """Whether the API takes the key, and which region does when this one does not."""
    name, account = "pagerduty.key", means.account
    if account is None:
        return _absent(means, name)
    at = _api_url(means)
    try:
        await account.key_works()
    except LookUpFailed as failed:
        if failed.status != 401:
            return bad(name, failed.error, failed.cure or "See whether it is reachable from here")
        return await _refused_key(means, name, at)
    return ok(name, f"{at} takes the API key")


async def _refused_key(means: Means, name: str, at: str) -> Finding:
    """A wrong region shows as 401: the other one is asked."""
    said = f"{at} does not take the API key (401)"
    other = means.other_region.get(at, "")
    account = means.account_at(other) if other else None
    if account is not None:
        try:
            await account.key_works()
        except LookUpFailed:
            fix = f"Check PAGERDUTY_API_TOKEN; {other} does not take it either"
            return bad(name, said, fix)
        return bad(
            name, f"{said}: the account is in the other region",
            f"Write api_url: {other} below integrations.pagerduty",
        )  # fmt: skip
    fix = "Check PAGERDUTY_API_TOKEN, and the region: EU accounts need https://api.eu.pagerduty.com"
    return bad(name, said, fix)


async def user(means: Means) -> Finding:
    """In whose name notes and acknowledgements go."""
    name, account = "pagerduty.user", means.account
    if account is None:
        return _absent(means, name)
    vendor: Any = means.settings.integration("pagerduty")
    email = str(vendor.settings.from_email)
    try:
        if email:
            found = await account.user_with(email)
            if found is not None:
                return ok(name, f"opsbot acts as {found.name} ({email})")
            fix = "Write the login address of a PagerDuty user as from_email"
            return bad(name, f"PagerDuty has no user with the address {email}", fix)
        owner = await account.owner()
    except LookUpFailed as failed:
        return _unasked(name, failed)
    if owner is not None:
        return ok(name, f"the API key is {owner.name}'s own, and opsbot acts in that name")
    return warn(
        name, "the API key is the account's, and no from_email is set: PagerDuty refuses notes and "
        "acknowledgements", "Write a user's login address as integrations.pagerduty.from_email",
    )  # fmt: skip


async def webhook(means: Means) -> Finding:
    """Whether pages will come: from a subscription that is on, and signs with our secret."""
    name, account = "pagerduty.webhook", means.account
    if means.settings.intake == "poll":
        return skipped(name, "intake is poll: opsbot asks PagerDuty, and needs no webhook")
    if account is None:
        return _absent(means, name)
    try:
        ours = of_ours(await account.subscriptions())
    except LookUpFailed as failed:
        return _unasked(name, failed)
    if means.url:
        ours = tuple(one for one in ours if one.url == f"{means.url}{DOOR_PATH}")
    problem = await _problem(means)
    if problem:
        said, _, fix = problem.partition(": ")
        tell = warn if any(_sends_pages(one) for one in ours) else bad
        return tell(name, said, fix[:1].upper() + fix[1:])
    if not ours:
        at = f"{means.url or 'https://YOUR-HOST'}{DOOR_PATH}"
        fix = f"In PagerDuty: Integrations, Generic Webhooks (v3), New Webhook, to {at}"
        return bad(name, f"no webhook subscription sends to {at}, so no page arrives", fix)
    if not means.write:
        said = f"a subscription sends to {ours[0].url}; that it signs with our secret is unproven"
        return ok(name, f"{said} (--write proves it)")
    try:
        return await _pinged(means, name, account, ours[0])
    except LookUpFailed as failed:
        return warn(name, f"PagerDuty sends no test event: {failed.error}", failed.cure)


def _sends_pages(subscription: Subscription) -> bool:
    return (
        subscription.active
        and not subscription.disabled
        and "incident.triggered" in subscription.events
    )


async def _problem(means: Means) -> str:
    """What the integration says of its webhooks, a sentence and its cure; "" when all is well."""
    known = means.settings.integration("pagerduty")
    if known is None or known.integration.polled is None:
        return ""
    wiring = Wiring(http=means.http, clock=means.clock, secrets=known.secrets)
    told = await known.integration.polled.feed(known.settings, wiring).problem()
    return told.value if isinstance(told, Done) else ""


async def _pinged(means: Means, name: str, account: Account, subscription: Subscription) -> Finding:
    """Have PagerDuty send its test event, and look for it in our inbox."""
    try:
        async with open_look(means.settings) as look:
            if look is None:
                return warn(name, "unproven: there is no inbox yet", "Start `opsbot serve` first")
            newest, refused = await look.newest("pagerduty"), await _refusals(means)
            began = means.clock.monotonic()
            await account.ping(subscription.id)
            while means.clock.monotonic() - began < means.patience:
                if await look.newest("pagerduty") > newest:
                    took = means.clock.monotonic() - began
                    said = f"PagerDuty's test event came in after {took:.1f} s, signed with a"
                    return ok(name, f"{said} secret opsbot holds, by {subscription.url}")
                if news := await _refusals(means) - refused:
                    said = f"PagerDuty's test event came and was refused: {min(news)[0]}"
                    return bad(name, said, _MAKE_ANOTHER)
                await means.clock.sleep(0.2)
    except (SQLAlchemyError, OSError) as error:
        return skipped(name, f"the inbox cannot be read ({type(error).__name__})")
    fix = f"See whether {subscription.url} can be reached from outside, and whether opsbot runs"
    return bad(name, f"PagerDuty's test event did not come in {means.patience:.0f} s", fix)


async def _refusals(means: Means) -> set[tuple[str, str]]:
    """What the running opsbot has refused at PagerDuty's door so far: reasons, and how often."""
    here = local_address(means.settings)
    try:
        answer = await means.http.request("GET", f"{here}/metrics", timeout=2.0)
    except HttpFailure:
        return set()
    found = _REFUSED.finditer(answer.body.decode("utf-8", "replace"))
    return {(one["reason"], one["times"]) for one in found}


def _absent(means: Means, name: str) -> Finding:
    if means.settings.integration("pagerduty") is None:
        return skipped(name, NOT_CONFIGURED)
    fix = "Set PAGERDUTY_API_TOKEN: without it responders are not found and acts go nowhere"
    return skipped(name, NO_KEY, fix)


def _unasked(name: str, failed: LookUpFailed) -> Finding:
    why = _SEE_KEY if failed.status == 401 else failed.error
    return skipped(name, why, "" if failed.status == 401 else failed.cure)


def _api_url(means: Means) -> str:
    vendor: Any = means.settings.integration("pagerduty")
    return str(vendor.settings.api_url)
