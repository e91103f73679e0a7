"""files.*: the three-step upload; without the third step nobody ever sees the file."""

from __future__ import annotations

from opsbot.sandbox.slack import render, visible_text
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError, invalid_arguments
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.methods.message_content import content_blocks
from opsbot.sandbox.slack.model import Channel, Json, StoredFile


def get_upload_url(call: ApiCall) -> Json:
    """Reserve an upload of so many bytes and say where to send them."""
    length = call.args.whole("length")
    name = call.args.word("filename")
    if length is None or length <= 0 or not name:
        raise SlackError("missing_argument")
    alt_text = call.args.word("alt_txt")
    if len(alt_text) > LIMITS["alt_txt"]:
        raise SlackError("alt_txt_too_large")
    stored = call.workspace.new_file(
        name=name, title=name, length=length, user=call.user, alt_text=alt_text
    )
    upload_url = f"{call.workspace.url}upload/v1/{stored.id}"
    return {"upload_url": upload_url, "file_id": stored.id}


def _uploaded(call: ApiCall) -> list[StoredFile]:
    items = as_list(call.args.structure("files", error="invalid_arguments"))
    if not items:
        raise invalid_arguments("missing required field: files")
    found: list[StoredFile] = []
    for item in items:
        wanted = as_object(item) or {}
        stored = call.workspace.files.get(str(wanted.get("id", "")))
        if stored is None or stored.data is None or stored.completed:
            raise SlackError("file_not_found")
        if wanted.get("title"):
            stored.title = str(wanted["title"])
        found.append(stored)
    return found


def _channels(call: ApiCall) -> list[Channel]:
    wanted = [*call.args.names("channel_id"), *call.args.names("channels")]
    if len(wanted) > LIMITS["upload_channels"]:
        raise SlackError("channels_limit_exceeded")
    channels: list[Channel] = []
    for name in wanted:
        channel = call.workspace.channels.get(name)
        if channel is None or not call.workspace.can_see(call.user, channel):
            raise SlackError("channel_not_found")
        call.need_member(channel)
        if channel.archived:
            raise SlackError("posting_to_channel_denied")
        channels.append(channel)
    return channels


def _introduction(call: ApiCall) -> list[Json] | None:
    try:
        return content_blocks(call)
    except SlackError as refusal:
        # The method's page names one error for whatever is wrong with them.
        raise SlackError("invalid_blocks", **refusal.extra) from refusal


def complete_upload(call: ApiCall) -> Json:
    """Finish uploads and share them; the message appears at once (Slack may take a moment).

    `blocks` introduce the files where no `initial_comment` does (method page).
    """
    channels = _channels(call)
    comment = call.args.word("initial_comment")
    blocks = None if comment else _introduction(call)
    files = _uploaded(call)
    for stored in files:
        call.workspace.complete_file(stored)
    for channel in channels:
        call.workspace.share_files(
            channel,
            files,
            user=call.user,
            text=comment or visible_text.of_blocks(blocks or []),
            thread_ts=call.args.text("thread_ts"),
            blocks=blocks,
        )
    return {"files": [render.file(call.workspace, stored) for stored in files]}


def info(call: ApiCall) -> Json:
    """Return a completed file."""
    stored = call.workspace.files.get(call.args.word("file"))
    if stored is None or not stored.completed:
        raise SlackError("file_not_found")
    shown = render.file(call.workspace, stored)
    return {"file": shown, "comments": [], "response_metadata": {"next_cursor": ""}}


HANDLERS: dict[str, Handler] = {
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.info": info,
}
