"""Whom a rule means, as it is written in opsbot.yaml: any of what is named will do."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from opsbot.config.permission_section import GroupId
from opsbot.config.problem import quoted, suggestion, wrong
from opsbot.config.scalar import listed_values
from opsbot.config.section import Section
from opsbot.core.entry import Role
from opsbot.core.permission import ROLES
from opsbot.core.runbook import Who

# Lead, responder and declarer come with every incident; the others are given by `role`.
ROLE_WORDS = tuple(dict.fromkeys((*ROLES, *(role.value for role in Role))))


def _role(value: Any) -> str:
    if value in ROLE_WORDS:
        return value
    fix = suggestion(str(value), ROLE_WORDS, f"Roles are {', '.join(ROLE_WORDS)}")
    raise wrong(f"there is no role {quoted(str(value))}", fix)


_ROLE_SCHEMA: dict[str, Any] = {"enum": list(ROLE_WORDS)}
RoleWords = Annotated[
    tuple[Annotated[str, BeforeValidator(_role)], ...],
    BeforeValidator(listed_values),
    WithJsonSchema({"anyOf": [_ROLE_SCHEMA, {"type": "array", "items": _ROLE_SCHEMA}]}),
]


class WhoSection(Section):
    """People: any of these will do; nobody when nothing is written."""

    groups: dict[str, GroupId] = Field(
        default={}, description="User groups by the name people know, such as sre: S012AB3CD."
    )
    roles: RoleWords = Field(
        default=(),
        description="Roles in the incident: lead, responder, declarer, deputy, communications, "
        "scribe, tech lead or expert.",
    )
    on_call: bool = Field(
        default=False, description="Whoever is on call for the service acted on, by the pager."
    )
    everybody: bool = Field(default=False, description="Every full member of the workspace.")

    def who(self) -> Who:
        """The people as policies know them."""
        return Who(
            everybody=self.everybody,
            groups=tuple(self.groups.values()),
            group_names=tuple(self.groups),
            roles=self.roles,
            on_call=self.on_call,
        )
