"""The sandbox workspace in a browser: reads like Slack, and lets one act as anybody in it."""
