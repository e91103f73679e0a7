"""Pictures given to Slack without a place of their own: a message shows them by file id, so that
posting keeps its one idempotent way.

Source: Slack page "Working with files": get an address, send the bytes, complete. A file that was
completed for no channel is seen by nobody until a message shows it.
"""

from __future__ import annotations

import json

from opsbot.core.text import inert
from opsbot.ports import Done, Outcome, Refused, Unsure
from opsbot.slack.foreign_json import text_at
from opsbot.slack.gateway import Gateway
from opsbot.slack.turns import Priority

GET, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"


class Uploads:
    """Uploads through the gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def upload(self, name: str, image: bytes, alt: str) -> Outcome[str]:
        """Give Slack the picture and answer its file id. A second try leaves an orphan that
        nobody sees, so an unknown outcome may be repeated."""
        arguments = {"filename": name, "length": len(image), "alt_txt": inert(alt, 1_000)}
        answer = await self._gateway.call(GET, arguments, priority=Priority.EVIDENCE)
        if not isinstance(answer, Done):
            return answer
        file_id = text_at(answer.value, "file_id")
        address = text_at(answer.value, "upload_url")
        if not file_id or not address:
            return Unsure(reason=f"{GET}: the answer names no file")
        sent = await self._gateway.post(address, image, "application/octet-stream")
        if isinstance(sent, Refused | Unsure):
            return sent
        files = json.dumps([{"id": file_id, "title": name}])
        done = await self._gateway.call(COMPLETE, {"files": files}, priority=Priority.EVIDENCE)
        return Done(value=file_id) if isinstance(done, Done) else done
