"""Who may use which verb: the rows of `permissions:`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from opsbot.config.scalar import Texts
from opsbot.config.section import Section
from opsbot.core.permission import Permission

GroupId = Annotated[
    str,
    Field(pattern=r"^S[A-Z0-9]{6,20}$", description="A Slack user group id, such as S012AB3CD."),
]


class PermissionRow(Section):
    """These verbs only for these user groups or roles; verbs of no row are for every member."""

    verbs: Texts = Field(min_length=1, description="Verbs such as resolve; see /incident help.")
    groups: dict[str, GroupId] = Field(
        default={},
        description="User groups by the name that refusals say, such as on-call: S012AB3CD.",
    )
    roles: tuple[Literal["lead", "responder", "declarer"], ...] = Field(
        default=(), description="Roles in the incident: lead, responder or declarer."
    )

    def permission(self) -> Permission:
        """The row as decisions know it."""
        return Permission(
            verbs=self.verbs,
            groups=tuple(self.groups.values()),
            roles=tuple(self.roles),
            group_names=tuple(self.groups),
        )
