"""Slack as opsbot's room: the gateway is the only way out, SlackRoom is what flows see."""
