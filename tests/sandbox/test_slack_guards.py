"""Where the sandbox Slack refuses to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbot.sandbox.slack.real_tokens import RealTokenConfigured, refuse_real_tokens
from opsbot.sandbox.slack.server import SlackSandbox

# Put together here so that no scanner takes this file for a leak.
REAL = "-".join(["xoxb", "123456789012", "1234567890123", "abcdefABCDEF"])
REAL_APP = "-".join(["xapp", "1", "A0123456789", "1234567890123", "abcdef"])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])  # noqa: S104
async def test_it_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        await SlackSandbox(environ={}).start(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_it_starts_on_a_free_loopback_port(host: str) -> None:
    sandbox = SlackSandbox(environ={})
    try:
        base_url = await sandbox.start(host=host)
    finally:
        await sandbox.stop()
    assert base_url.startswith(f"http://{host}:")
    assert base_url.endswith("/api/")


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "OPSBOT_SLACK_BOT_TOKEN"])
async def test_it_does_not_start_beside_a_real_token(name: str) -> None:
    """The sentence names the variable and never the token."""
    for token in (REAL, REAL_APP):
        with pytest.raises(RealTokenConfigured, match=name) as refused:
            await SlackSandbox(environ={name: token}).start()
        assert token not in str(refused.value)


def test_a_real_token_in_a_file_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{REAL}\n")
    with pytest.raises(RealTokenConfigured, match="the file named by SLACK_BOT_TOKEN_FILE"):
        refuse_real_tokens({"SLACK_BOT_TOKEN_FILE": str(path)})


def test_sandbox_tokens_and_other_variables_are_left_alone(tmp_path: Path) -> None:
    refuse_real_tokens(
        {
            "SLACK_BOT_TOKEN": "xoxb-sandbox",
            "SLACK_SIGNING_SECRET": "sandbox-signing-secret",
            "SLACK_BOT_TOKEN_FILE": str(tmp_path / "missing"),
            "NOTES": REAL,
        }
    )
