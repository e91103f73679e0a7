"""The world calls us: webhooks, Slack clicks, health, metrics. Doors verify, store, answer."""
