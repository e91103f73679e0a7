"""opsbot: an async Slack bot for incident response, self-hosted and open source."""

__version__ = "0.1.0"
