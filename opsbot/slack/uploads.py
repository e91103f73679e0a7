"""Files given to Slack: pictures without a place of their own, which a message shows by file id so
that posting keeps its one idempotent way; and files that are shared into a thread at once.

Source: Slack page "Working with files": get an address, send the bytes, complete. A file that was
completed for no channel is seen by nobody until a message shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from opsbot.core.text import inert
from opsbot.ports import Done, Outcome, Refused, Unsure
from opsbot.slack.foreign_json import text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.turns import Priority

GET, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"
AGAIN = timedelta(seconds=10)


class Uploads:
    """Uploads through the gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def upload(self, name: str, image: bytes, alt: str) -> Outcome[str]:
        """Give Slack the picture and answer its file id. A second try leaves an orphan that
        nobody sees, so an unknown outcome may be repeated."""
        sent = await self._send(name, image, {"alt_txt": inert(alt, 1_000)})
        if not isinstance(sent, Done):
            return sent
        return await self._complete(sent.value, {"title": name}, {})

    async def share(
        self, channel_id: str, thread_ts: str, name: str, data: bytes, title: str
    ) -> Outcome[str]:
        """Put a file into a thread, or into the channel without one, and answer its file id.

        The last step posts a message, so an unknown outcome must not be repeated without a look.
        What was sent before it is seen by nobody: not known whether it arrived is not done.
        """
        sent = await self._send(name, data, {})
        if isinstance(sent, Unsure):
            return Refused(error="no_answer", cure=f"Slack gave no usable answer ({sent.reason}): "
                           "opsbot sends the file again by itself.", retry_after=AGAIN)  # fmt: skip
        if not isinstance(sent, Done):
            return sent
        place = {"channel_id": channel_id, **({"thread_ts": thread_ts} if thread_ts else {})}
        return await self._complete(sent.value, {"title": inert(title, 200) or name}, place)

    async def _send(self, name: str, data: bytes, more: Mapping[str, str]) -> Outcome[str]:
        """Send the bytes; the file id under which Slack holds them until they are completed."""
        arguments = {"filename": name, "length": len(data), **more}
        answer = await self._gateway.call(GET, arguments, priority=Priority.EVIDENCE)
        if not isinstance(answer, Done):
            return answer
        file_id = text_at(answer.value, "file_id")
        address = text_at(answer.value, "upload_url")
        if not file_id or not address:
            return Unsure(reason=f"{GET}: the answer names no file")
        sent = await self._gateway.post(address, data, "application/octet-stream")
        return Done(value=file_id) if isinstance(sent, Done) else sent

    async def _complete(
        self, file_id: str, about: Mapping[str, str], place: Mapping[str, str]
    ) -> Outcome[str]:
        arguments = {"files": json.dumps([{"id": file_id, **about}]), **place}
        done = await self._gateway.call(COMPLETE, arguments, priority=Priority.EVIDENCE)
        return Done(value=file_id) if isinstance(done, Done) else done
