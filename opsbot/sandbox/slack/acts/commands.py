"""Slash commands: the form-encoded request, and what its answer shows (Slack page "Implementing
slash commands")."""

from __future__ import annotations

from dataclasses import replace

from opsbot.sandbox.slack.acts.scene import Scene, channel_name
from opsbot.sandbox.slack.acts.typed_text import command_text
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.delivery.parcel import Answer, Parcel
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.events.envelope import VERIFICATION_TOKEN
from opsbot.sandbox.slack.model import Channel, Json, User


async def command(
    scene: Scene,
    user_id: str,
    channel_id: str,
    name: str,
    text: str,
    *,
    in_thread: bool,
    copies: int,
) -> Answer:
    """Type a slash command; see People.command."""
    user = scene.person(user_id)
    channel = scene.writable(user, channel_id)
    if in_thread:
        raise CannotAct(f"{name} is not supported in threads. Sorry!")
    if name not in scene.app.commands:
        raise CannotAct(
            f"{name} is not a valid command. In Slack, all messages that start with the "
            '"/" character are interpreted as commands.'
        )
    payload = _payload(scene, user, channel, name, text)
    parcel = Parcel(
        type="slash_commands", kind=name, id=str(payload["trigger_id"]), payload=payload
    )
    answer = await scene.ask(parcel, copies=copies)
    told = _failure_word(answer) if not answer.ok else _show(scene, user, channel, answer)
    if not told:
        return answer
    sentence = f'{name} failed with the error "{told}"'
    scene.notices.show(user.id, sentence, channel=channel.id)
    return replace(answer, told=sentence)


def _payload(scene: Scene, user: User, channel: Channel, name: str, text: str) -> Json:
    workspace = scene.workspace
    text = text.strip()
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": command_text(workspace, user.id, text) if scene.app.commands[name] else text,
        "api_app_id": workspace.app_id,
        # A form has no booleans: Slack sends the word.
        "is_enterprise_install": "false",
        "response_url": scene.response_urls.new(user.id, channel),
        "trigger_id": scene.new_trigger(user),
    }


def _show(scene: Scene, user: User, channel: Channel, answer: Answer) -> str:
    """Show an inline answer, JSON or plain text; return Slack's word for one it cannot show."""
    if not answer.body.strip():
        return ""
    found = answer.object()
    if found == {}:
        return ""
    try:
        scene.response_urls.say(user.id, channel, {"text": answer.body} if found is None else found)
    except SlackError as refusal:
        return refusal.name
    return ""


def _failure_word(answer: Answer) -> str:
    """Return Slack's name for what went wrong, as people see it reported."""
    if answer.failure in ("timeout", "http_timeout"):
        return "operation_timeout"
    if answer.failure == "http_error":
        return "http_client_error" if answer.status < 500 else "http_service_error"
    return "dispatch_failed"
