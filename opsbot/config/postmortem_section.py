"""The section `postmortem:`: when the document is written, and by which template."""

from __future__ import annotations

from pydantic import Field

from opsbot.config.scalar import Duration, duration
from opsbot.config.section import Section
from opsbot.core.postmortem_rule import PostmortemRule, WriteWhen


class PostmortemSection(Section):
    """How postmortems are written; where they go stands below `integrations`."""

    when: WriteWhen = Field(
        default=WriteWhen.RESOLVED,
        description="resolved: when an incident with a room or thread was resolved; asked: when "
        "somebody types `postmortem write`; or never.",
    )
    delay: Duration = Field(
        default=duration("30s"),
        description="How long after the end it is written; what is said until then is in it. After "
        "a later change it is written again once twice that time has passed without another.",
    )
    template: str = Field(
        default="postmortem",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$",
        description="Name of the template: `postmortem` is opsbot's own, others are the team's "
        "`templates/NAME.md.j2` beside this file.",
    )
    slack: bool = Field(
        default=True,
        description="Whether the document is also shared as a file in the incident's own thread.",
    )

    def rule(self) -> PostmortemRule:
        """What decisions are made from."""
        return PostmortemRule(
            when=self.when, delay=self.delay, template=self.template, shares=self.slack
        )
