"""The app's two tokens: the bot's for the Web API, the app-level one for Socket Mode alone."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import APP_LEVEL, MethodFacts


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Which token opens what; `revoked` is set while the app is uninstalled."""

    bot: str
    app: str
    bot_scopes: frozenset[str]
    app_scopes: frozenset[str] = frozenset({"connections:write"})
    revoked: bool = False

    def scopes_for(self, method: MethodFacts, sent: str | None) -> frozenset[str]:
        """Return the scopes of the token sent; raises SlackError when it does not open `method`."""
        if sent is None:
            raise SlackError("not_authed")
        wanted, other = self.bot, self.app
        if method.name in APP_LEVEL:
            wanted, other = self.app, self.bot
        if sent == other:
            raise SlackError("not_allowed_token_type")
        if sent != wanted:
            raise SlackError("invalid_auth")
        if self.revoked:
            raise SlackError("account_inactive")
        return self.app_scopes if method.name in APP_LEVEL else self.bot_scopes
