"""What entries about pages that people asked for change: whom they reached, who answered."""

from __future__ import annotations

from opsbot.core.entry import Entry
from opsbot.core.living import Living


def apply_pages(living: Living, entry: Entry) -> Living:
    """The state after an entry about a page; others change nothing."""
    return living
