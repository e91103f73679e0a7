"""Tests of the Slack gateway and room, against odd servers and the sandbox Slack."""
