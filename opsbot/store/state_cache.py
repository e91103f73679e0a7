"""Folded incidents kept in memory, so that appending costs the same on a long record."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from opsbot.core.chain import GENESIS
from opsbot.core.incident import Incident, new_incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A state and the hash of the entry it was folded up to."""

    state: Incident
    hash: str

    @property
    def place(self) -> tuple[int, str]:
        """Seq and hash of the newest entry: what a head must say for this state to be current."""
        return self.state.seq, self.hash


def nothing_yet(incident_id: str) -> Folded:
    """The state of an incident without entries."""
    return Folded(state=new_incident(incident_id), hash=GENESIS)


class StateCache:
    """The incidents used last. Only committed states go in."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._folded: OrderedDict[str, Folded] = OrderedDict()

    def get(self, incident_id: str) -> Folded:
        """The newest state known, perhaps behind the record; empty when none is."""
        folded = self._folded.get(incident_id)
        if folded is None:
            return nothing_yet(incident_id)
        self._folded.move_to_end(incident_id)
        return folded

    def put(self, folded: Folded) -> None:
        """Keep `folded` unless something newer is here."""
        known = self._folded.get(folded.state.id)
        if known is not None and known.state.seq > folded.state.seq:
            return
        self._folded[folded.state.id] = folded
        self._folded.move_to_end(folded.state.id)
        while len(self._folded) > self._limit:
            self._folded.popitem(last=False)

    def drop(self, incident_id: str) -> None:
        """Forget a state, because the record turned out not to continue it."""
        self._folded.pop(incident_id, None)
