"""The three steps of an upload to the sandbox Slack."""

from __future__ import annotations

import io

import aiohttp

from tests.sandbox.slack_world import SlackWorld, error_of


async def test_the_client_uploads_a_file_into_a_channel(slack: SlackWorld) -> None:
    """files_upload_v2 makes the three calls; the file then hangs on a message."""
    room = slack.room()
    answer = await slack.client.files_upload_v2(
        channel=room.id, filename="log.txt", content="line 1", title="Log", initial_comment="here"
    )
    (message,) = slack.workspace.posts(room.id)
    stored = slack.workspace.files[answer["file"]["id"]]
    assert (stored.data, stored.title, message.text) == (b"line 1", "Log", "here")
    assert message.files == [stored.id]


async def test_an_upload_that_is_never_completed_is_never_seen(slack: SlackWorld) -> None:
    slack.sandbox.scopes = slack.sandbox.scopes | {"files:read"}
    room = slack.room()
    ticket = await slack.client.files_getUploadURLExternal(filename="log.txt", length=3)
    async with slack.session.post(ticket["upload_url"], data=b"abc") as response:
        assert (response.status, response.content_type) == (200, "text/plain")
    assert slack.workspace.posts(room.id) == []
    assert await error_of(slack.client.files_info(file=ticket["file_id"])) == "file_not_found"


async def test_a_form_upload_is_read_too(slack: SlackWorld) -> None:
    ticket = await slack.client.files_getUploadURLExternal(filename="log.txt", length=3)
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(b"abc"), filename="log.txt")
    async with slack.session.post(ticket["upload_url"], data=form) as response:
        assert response.status == 200
    assert slack.workspace.files[ticket["file_id"]].data == b"abc"


async def test_completing_checks_file_and_channel(slack: SlackWorld) -> None:
    room, other = slack.room(), slack.workspace.add_channel("other")
    ticket = await slack.client.files_getUploadURLExternal(filename="log.txt", length=3)
    files = [{"id": ticket["file_id"]}]
    complete = slack.client.files_completeUploadExternal
    assert await error_of(complete(files=files, channel_id=room.id)) == "file_not_found"
    async with slack.session.post(ticket["upload_url"], data=b"abc"):
        pass
    assert await error_of(complete(files=files, channel_id=other.id)) == "not_in_channel"
    assert await error_of(complete(files=files, channel_id="C404")) == "channel_not_found"
    await complete(files=files, channel_id=room.id)
    assert await error_of(complete(files=files, channel_id=room.id)) == "file_not_found"


async def test_reading_files_needs_a_scope_the_manifest_leaves_out(slack: SlackWorld) -> None:
    assert await error_of(slack.client.files_info(file="F1")) == "missing_scope"


async def test_an_unknown_ticket_takes_no_bytes(slack: SlackWorld) -> None:
    url = f"{slack.workspace.url}upload/v1/F404"
    async with slack.session.post(url, data=b"abc") as response:
        assert response.status == 404
