"""Slack's request signature, checked on the raw bytes before anything of them is read.

Source: Slack page "Verifying requests from Slack". Malformed headers are refused like wrong ones:
slack_sdk's own verifier raises on a timestamp that is no number and on non-ASCII signatures.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

_LONGEST_SKEW = 300  # seconds, either way
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


class RequestRefused(Exception):
    """An inbound request not to be acted on; `reason` is for the log and holds no content."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def verify(
    headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], now: datetime
) -> None:
    """Raise RequestRefused unless Slack signed `body` within five minutes of `now`.

    Several secrets let one be rotated. None at all is our own fault: 503, so that nothing counts
    as refused for good.
    """
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise RequestRefused(503, "opsbot has no Slack signing secret")
    sent = {name.lower(): value for name, value in headers.items()}
    timestamp = sent.get("x-slack-request-timestamp", "")
    signature = sent.get("x-slack-signature", "")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise RequestRefused(401, "no usable x-slack-request-timestamp")
    if not _SIGNATURE.fullmatch(signature):
        raise RequestRefused(401, "no usable x-slack-signature")
    if abs(now.timestamp() - int(timestamp)) > _LONGEST_SKEW:
        raise RequestRefused(401, "the request is older or newer than five minutes")
    base = b"v0:" + timestamp.encode() + b":" + body
    if not any(hmac.compare_digest(_signed(secret, base), signature) for secret in usable):
        raise RequestRefused(401, "the signature does not match the signing secret")


def _signed(secret: str, base: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
