"""The sandbox Slack: a local Slack Web API that refuses what Slack refuses. Start at server.py."""
