"""In whose name somebody is paged: the person's own, else the configured user's, else that of
whoever the key belongs to."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from opsbot.core.text import inert
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, text
from opsbot.integrations.pagerduty.api import PagerDutyApi
from opsbot.integrations.pagerduty.directory import Directory
from opsbot.integrations.pagerduty.outcomes import in_words, refused
from opsbot.ports import Refused

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A user of the account; empty where PagerDuty does not say who that is."""

    id: str = ""
    email: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        """The From header, which a key of the account needs and a user's own key does not."""
        return {"From": self.email} if self.email else {}


@dataclass(frozen=True, slots=True)
class Askers:
    """Finds whom a page is asked by."""

    api: PagerDutyApi
    directory: Directory
    from_email: str
    deadline: float

    async def find(self, as_email: str) -> Asker | Refused:
        """The user with this address or the configured one. Refused while that cannot be asked
        for now; users that our key may never read leave the configured address."""
        for email in filter(None, (as_email, self.from_email)):
            try:
                person = await self.directory.user(email)
            except LookUpFailed as failed:
                refusal = refused(failed, self.deadline)
                if refusal.retry_after is not None:
                    return refusal
                _log.warning("pagerduty: paging as from_email: %s", in_words(failed))
                break
            if person is not None:
                return Asker(id=person.id, email=person.email)
        return Asker(email=self.from_email) if self.from_email else await self._owner()

    async def _owner(self) -> Asker | Refused:
        try:
            answer = await self.api.get("/users/me", timeout=self.deadline)
        except LookUpFailed as failed:
            refusal = refused(failed, self.deadline)
            return refusal if refusal.retry_after is not None else Asker()
        return Asker(id=inert(text(mapping(answer.get("user")).get("id")), 100))
