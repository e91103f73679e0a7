"""PagerDuty's signature and delivery key: who is let in, who is told to come again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.integrations import WebhookRefused
from opsbot.integrations.pagerduty.webhook import key, verify
from opsbot.ports import SecretUnavailable
from tests.integrations.pagerduty_events import body
from tests.integrations.stage import StageSecret

BODY = body("incident.triggered") + "é".encode()
OLD, NEW = "an-old-secret", "a-new-secret"


def signed(*secrets: str, content: bytes = BODY) -> str:
    """The header as PagerDuty writes it: one signature per active secret."""
    return ",".join(
        "v1=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest() for secret in secrets
    )


def admitted(header: str, *secrets: str | None) -> bool:
    """Whether the door opens; the refusal must be a 401."""
    refused: list[WebhookRefused] = []
    try:
        verify(BODY, {"X-PagerDuty-Signature": header}, [StageSecret(one) for one in secrets])
    except WebhookRefused as refusal:
        refused.append(refusal)
    assert all(refusal.status == 401 and refusal.cure for refusal in refused)
    return not refused


@pytest.mark.parametrize(
    ("header", "secrets", "expected"),
    [
        (signed(NEW), [NEW], True),
        (signed(OLD, NEW), [NEW], True),  # PagerDuty signs with every active secret
        (signed(NEW), [OLD, NEW], True),  # we accept two while they change
        (signed(NEW), [OLD], False),
        (signed(NEW).upper().replace("V1", "v1"), [NEW], True),
        (f"  {signed(OLD)} ,  {signed(NEW)}  ", [NEW], True),
        (f"v2=abc,{signed(NEW)}", [NEW], True),  # other versions are ignored
        (signed(NEW).replace("v1=", "v2="), [NEW], False),
        ("", [NEW], False),
        ("v1=", [NEW], False),
        (",,,", [NEW], False),
        (signed(NEW)[:-1], [NEW], False),
        (signed(NEW, content=BODY + b" "), [NEW], False),
        ("v1=\udcff\udcfe é", [NEW], False),  # header bytes that are not ASCII
        (signed(f"{NEW}"), [f"{NEW}\n"], True),  # a secret file ends with a line break
    ],
)
def test_a_delivery_is_let_in_when_one_signature_fits_one_secret(
    header: str, secrets: Sequence[str], expected: bool
) -> None:
    """Over the raw bytes, whichever of the secrets it is."""
    assert admitted(header, *secrets) is expected


@pytest.mark.parametrize(
    ("header", "secrets"),
    [
        (signed(NEW), []),  # nothing configured
        (signed(NEW), [None]),
        (signed(""), [""]),  # an empty key would let anybody sign
        (signed("  "), ["  "]),
        (signed(NEW), [OLD, None]),  # the one that cannot be read might have fitted
        ("", [None]),
    ],
)
def test_our_own_trouble_with_a_secret_is_no_refusal(
    header: str, secrets: Sequence[str | None]
) -> None:
    """PagerDuty tries again after a 5xx and drops after a 4xx, so this must not be a 4xx."""
    with pytest.raises(SecretUnavailable):
        admitted(header, *secrets)


def test_a_readable_secret_that_fits_is_enough() -> None:
    """One broken secret file does not keep deliveries out that the other one proves."""
    assert admitted(signed(NEW), None, NEW)


def test_the_header_is_found_in_any_case() -> None:
    """Names of headers are written as each proxy likes."""
    verify(BODY, {"x-pagerduty-signature": signed(NEW)}, [StageSecret(NEW)])


def test_a_missing_header_is_told_apart_from_a_wrong_one() -> None:
    """Both are 401, but the cure differs."""
    with pytest.raises(WebhookRefused, match="no v1 signature"):
        verify(BODY, {}, [StageSecret(NEW)])
    with pytest.raises(WebhookRefused, match="matches none"):
        verify(BODY, {"X-PagerDuty-Signature": signed(OLD)}, [StageSecret(NEW)])


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_no_header_text_gets_in_or_breaks_the_door(header: str) -> None:
    """Anything but a signature is refused."""
    assert not admitted(header, NEW)


def test_the_key_is_the_delivery_then_the_event_then_the_body() -> None:
    """Every attempt of one delivery has the same X-Webhook-Id."""
    assert key(BODY, {"X-Webhook-Id": " d-1 "}) == "d-1"
    assert key(body("pagey.ping"), {}) == "01CONSTRUCTEDEVENT00000000"
    assert key(b"{", {}) == "sha256:" + hashlib.sha256(b"{").hexdigest()
    assert key(b'{"event": {}}', {}).startswith("sha256:")
    assert key(b"[" * 100_000, {"x-webhook-id": ""}).startswith("sha256:")
    assert len(key(BODY, {"X-Webhook-Id": "d" * 5_000})) == 200
