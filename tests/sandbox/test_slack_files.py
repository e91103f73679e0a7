"""The three steps of an upload to the sandbox Slack."""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp

from tests.sandbox.slack_world import SlackWorld, error_of, refusal


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


PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 16


async def uploaded(slack: SlackWorld, data: bytes = PNG, *, complete: bool = True) -> str:
    """Upload a file that no channel is told of, and return its id."""
    ticket = await slack.client.files_getUploadURLExternal(filename="chart.png", length=len(data))
    async with slack.session.post(ticket["upload_url"], data=data) as response:
        assert response.status == 200
    if complete:
        await slack.client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])
    return str(ticket["file_id"])


def image(**slack_file: str) -> dict[str, Any]:
    return {"type": "image", "alt_text": "chart", "slack_file": slack_file}


async def test_an_uploaded_picture_is_shown_by_a_block(slack: SlackWorld) -> None:
    """By id or by address, in a message, an edit, an ephemeral and a view."""
    room = slack.room()
    ada = slack.person("ada", room)
    file_id = await uploaded(slack)
    url = f"{slack.workspace.url}files/{file_id}/chart.png"
    ts = await slack.posted(room, blocks=[image(id=file_id), image(url=url)])
    client = slack.client
    await client.chat_update(channel=room.id, ts=ts, text="x", blocks=[image(id=file_id)])
    await client.chat_postEphemeral(channel=room.id, user=ada, text="x", blocks=[image(url=url)])
    await client.views_publish(user_id=ada, view={"type": "home", "blocks": [image(id=file_id)]})
    assert slack.said(room, ts).blocks[0]["slack_file"] == {"id": file_id}


async def test_a_file_that_is_not_ours_not_there_or_no_picture_is_refused(
    slack: SlackWorld,
) -> None:
    """`invalid slack file` with a pointer, as Slack answers (python-slack-sdk issue 1797)."""
    room = slack.room()
    stranger = slack.workspace.new_file(name="a.png", title="a", length=8, user="U404")
    stranger.data = PNG
    slack.workspace.complete_file(stranger)
    wrong = {
        "F00000404": "invalid slack file",
        await uploaded(slack, complete=False): "invalid slack file",
        await uploaded(slack, b"plain words"): "invalid slack file",
        stranger.id: "invalid slack file",
    }
    for file_id, problem in wrong.items():
        post = slack.client.chat_postMessage(channel=room.id, text="x", blocks=[image(id=file_id)])
        body = await refusal(post)
        assert body["error"] == "invalid_blocks"
        assert body["errors"] == [f"{problem} [json-pointer:/blocks/0/slack_file]"]
    bad = slack.client.chat_postMessage(channel=room.id, text="x", blocks=[image(id="chart")])
    assert (await refusal(bad))["errors"] == [
        "input must match regex pattern: ^[F][A-Z0-9]{8,}$ [json-pointer:/blocks/0/slack_file/id]"
    ]


async def test_a_picture_in_an_accessory_and_in_a_view_is_looked_at_too(
    slack: SlackWorld,
) -> None:
    room, ada = slack.room(), slack.person("ada")
    section = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "x"},
        "accessory": image(id="F00000404"),
    }
    post = slack.client.chat_postMessage(channel=room.id, text="x", blocks=[section])
    assert (await refusal(post))["errors"] == [
        "invalid slack file [json-pointer:/blocks/0/accessory/slack_file]"
    ]
    home = {"type": "home", "blocks": [image(id="F00000404")]}
    body = await refusal(slack.client.views_publish(user_id=ada, view=home))
    assert "invalid slack file" in body["response_metadata"]["messages"][0]


async def test_a_file_slack_still_works_on_cannot_be_shown_yet(slack: SlackWorld) -> None:
    """Uploads are finished asynchronously: no mimetype and no block until then."""
    slack.sandbox.scopes = slack.sandbox.scopes | {"files:read"}
    slack.workspace.preferences.file_processing_seconds = 2.0
    room = slack.room()
    file_id = await uploaded(slack)
    post = slack.client.chat_postMessage
    too_soon = post(channel=room.id, text="x", blocks=[image(id=file_id)])
    assert await error_of(too_soon) == "invalid_blocks"
    info = await slack.client.files_info(file=file_id)
    assert info["file"]["mimetype"] == ""
    slack.clock.advance(2)
    info = await slack.client.files_info(file=file_id)
    assert info["file"]["mimetype"] == "image/png"
    await post(channel=room.id, text="x", blocks=[image(id=file_id)])


async def test_alternative_text_comes_with_the_upload(slack: SlackWorld) -> None:
    room = slack.room()
    ticket = await slack.client.files_getUploadURLExternal(
        filename="chart.png", length=len(PNG), alt_txt="errors rise at 13:58"
    )
    async with slack.session.post(ticket["upload_url"], data=PNG):
        pass
    done = await slack.client.files_completeUploadExternal(
        files=[{"id": ticket["file_id"], "title": "Chart"}], channel_id=room.id
    )
    assert done["files"][0]["alt_txt"] == "errors rise at 13:58"
    long = slack.client.files_getUploadURLExternal(filename="a", length=1, alt_txt="x" * 1001)
    assert await error_of(long) == "alt_txt_too_large"


async def test_blocks_introduce_files_where_no_comment_does(slack: SlackWorld) -> None:
    room = slack.room()
    file_id = await uploaded(slack, complete=False)
    complete = slack.client.files_completeUploadExternal
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "the chart"}}
    wrong = complete(files=[{"id": file_id}], channel_id=room.id, blocks='[{"type": "knob"}]')
    assert await error_of(wrong) == "invalid_blocks"
    await complete(files=[{"id": file_id}], channel_id=room.id, blocks=json.dumps([section]))
    assert slack.workspace.visible_text(room.id) == "the chart"


async def test_a_completed_files_bytes_are_served_and_no_others(slack: SlackWorld) -> None:
    """Pictures in place, everything else as a download that runs nothing."""
    ready, page = await uploaded(slack), await uploaded(slack, b"<script>alert(1)</script>")
    waiting = await uploaded(slack, complete=False)
    base = f"{slack.workspace.url}files"
    async with slack.session.get(f"{base}/{ready}/chart.png") as response:
        assert (response.status, response.content_type, await response.read()) == (
            200,
            "image/png",
            PNG,
        )
        assert response.headers["Content-Disposition"] == "inline"
    async with slack.session.get(f"{base}/{page}/chart.png") as response:
        assert response.content_type == "text/plain"
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    for path in (f"{waiting}/chart.png", f"{ready}/other.png", "F404/chart.png"):
        async with slack.session.get(f"{base}/{path}") as response:
            assert response.status == 404
