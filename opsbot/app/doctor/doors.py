"""opsbot itself: its settings, does it run, and the way of a press from Slack into its inbox."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

from sqlalchemy.exc import SQLAlchemyError

from opsbot.app.doctor.addresses import local_address, public_address
from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.inbox_look import open_look
from opsbot.app.doctor.means import Means
from opsbot.app.own_commands import command_findings
from opsbot.cards.render import ACTION_PREFIX
from opsbot.config import Weight, check
from opsbot.core.text import count
from opsbot.ports import HttpAnswer, HttpFailure, SecretUnavailable
from opsbot.slack.manifest import INTERACTIONS_PATH as DOOR
from opsbot.slack.payloads import canonical_body

_START = "Start `opsbot serve`"
# A press of nobody on a button that no message of ours has: it is kept, and nothing follows.
_PROBE = "doctor-probe"


async def settings(means: Means) -> Finding:
    """What `opsbot check` would say."""
    name = "opsbot.settings"
    found = [*check(means.settings), *command_findings(means.settings)]
    errors = [one for one in found if one.weight is Weight.ERROR]
    warnings = [one for one in found if one.weight is Weight.WARNING]
    worst = next(iter((*errors, *warnings)), None)
    if worst is None:
        return ok(name, f"{means.settings.file} has no errors and no warnings")
    counted = f"{count(len(errors), 'error')}, {count(len(warnings), 'warning')}"
    tell = bad if errors else warn
    said = f"{counted} in {means.settings.file}; first: {worst.problem}"
    return tell(name, said, f"{worst.fix}; `opsbot check` lists all")


async def running(means: Means) -> Finding:
    """Whether opsbot runs here and takes deliveries, and whether it reaches people."""
    name, here = "opsbot.running", local_address(means.settings)
    if not here:
        return skipped(name, "opsbot listens on any free port (listen.port is 0)")
    try:
        takes = await means.http.request("GET", f"{here}/readyz", timeout=5.0)
        reaches = await means.http.request("GET", f"{here}/readyz?for=people", timeout=5.0)
    except HttpFailure:
        return skipped(name, f"nothing answers at {here}", _START)
    if takes.status not in (200, 503) or b"record:" not in takes.body:
        fix = "Give opsbot another port (listen.port or PORT)"
        return bad(name, f"something that is not opsbot answers at {here}", fix)
    if takes.status != 200:
        return bad(name, f"opsbot runs and takes no deliveries: {_lines(takes)}", "See its log")
    if reaches.status != 200:
        return warn(name, f"opsbot runs, and reaches nobody: {_lines(reaches)}", "See its log")
    return ok(name, f"opsbot runs at {here}, takes deliveries and reaches people")


async def address(means: Means) -> Finding:
    """Whether the public address leads to an opsbot, seen from here."""
    name = "slack.address"
    if means.settings.slack.by_socket:
        return skipped(name, "Socket Mode: Slack calls no address of opsbot")
    base = await public_address(means)
    if not base:
        why = "opsbot does not know its public address"
        return skipped(name, why, "Name it: `opsbot doctor --url https://opsbot.example.com`")
    fix = "Check DNS, the certificate and the proxy in front; from inside it may look different"
    try:
        answer = await means.http.request("GET", f"{base}/healthz", timeout=10.0)
    except HttpFailure as failure:
        return warn(name, f"{base} is not reached from here: {failure.reason}", fix)
    if answer.status != 200:
        return warn(name, f"{base}/healthz answers {answer.status}, not opsbot's 200", fix)
    said = f"{base} leads to an opsbot; that Slack calls {DOOR} there is the app's setting"
    return ok(name, said)


async def button(means: Means) -> Finding:
    """The way of a press: signed as Slack signs, through the door, into the inbox, handled."""
    name = "slack.button"
    if means.settings.slack.by_socket:
        why = "a press comes over opsbot's own connection, which only a real one can prove"
        return skipped(name, why, "Press any button of opsbot in Slack")
    if not means.write:
        why = "the way of a press was not tried, because trying leaves a delivery in the inbox"
        return skipped(name, why, "`opsbot doctor --write` sends itself one")
    secrets = means.settings.slack.signing_secret.secrets
    base = await public_address(means) or local_address(means.settings)
    if not secrets or not base:
        what = "signing secret" if not secrets else "address"
        return skipped(name, f"opsbot has no {what} to try it with")
    press = _press(means)
    body = urlencode({"payload": json.dumps(press)}).encode()
    began = means.clock.monotonic()
    try:
        answer = await _posted(means, f"{base}{DOOR}", body, secrets[0].read())
    except SecretUnavailable as unavailable:
        return bad(name, str(unavailable), "Correct the path, its rights or its contents")
    except HttpFailure as failure:
        return bad(name, f"{base}{DOOR} is not reached: {failure.reason}", _START)
    if answer.status == 401:
        fix = "Restart opsbot if the secret changed, and compare SLACK_SIGNING_SECRET of both"
        return bad(name, f"{base}{DOOR} refuses our signature: it holds another secret", fix)
    if answer.status != 200:
        return bad(name, f"{base}{DOOR} answered {answer.status}", "See the log of opsbot")
    return await _followed(means, name, base, canonical_body(press), began)


async def _followed(means: Means, name: str, base: str, kept: bytes, began: float) -> Finding:
    """Wait for the delivery in this store's inbox, until it is handled."""
    key, state = hashlib.sha256(kept).hexdigest(), ""
    try:
        async with open_look(means.settings) as look:
            while look is not None and means.clock.monotonic() - began < means.patience:
                state = await look.state_of(key)
                if state == "handled":
                    took = round((means.clock.monotonic() - began) * 1000)
                    way = f"a signed press went through {base}{DOOR}, handled in {took} ms"
                    return ok(name, f"{way}; not proven: that Slack's own presses go there")
                await means.clock.sleep(0.1)
    except (SQLAlchemyError, OSError) as error:
        return skipped(name, f"answered 200; the inbox cannot be read ({type(error).__name__})")
    if not state:
        fix = "Run the doctor with the settings of that opsbot, or correct the address"
        return bad(name, f"{base} answered 200, and nothing came into this store's inbox", fix)
    return bad(name, f"the press came into the inbox and stayed {state}", "See the log of opsbot")


def _press(means: Means) -> dict[str, object]:
    """A press as Slack tells it, unlike every other one by its time."""
    stamp = f"{means.clock.now().timestamp():.6f}"
    action = {"type": "button", "action_id": f"{ACTION_PREFIX}{_PROBE}", "value": _PROBE}
    return {
        "type": "block_actions",
        "user": {"id": "U0DOCTOR", "username": _PROBE},
        "container": {"type": "message", "message_ts": stamp, "channel_id": "C0DOCTOR"},
        "actions": [{**action, "block_id": _PROBE, "action_ts": stamp}],
    }


async def _posted(means: Means, url: str, body: bytes, secret: str) -> HttpAnswer:
    """Sign as Slack does (page "Verifying requests from Slack") and send."""
    stamp = str(int(means.clock.now().timestamp()))
    base = b"v0:" + stamp.encode() + b":" + body
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest(),
    }
    return await means.http.request("POST", url, headers=headers, body=body, timeout=10.0)


def _lines(answer: HttpAnswer) -> str:
    """What does not hold, of a readiness answer's lines."""
    lines = answer.body.decode("utf-8", "replace").splitlines()
    return ", ".join(line for line in lines if not line.endswith(": ok"))
