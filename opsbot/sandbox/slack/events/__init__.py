"""What the app hears of the workspace through Slack's Events API. Start at feed.py."""
