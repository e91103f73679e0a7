"""What runs act on, compared so that it still works for a run whose words were redacted."""

from __future__ import annotations

import hashlib
import re

_MARK = "[redacted] sha256:"
_SILENCED = re.compile(rf"{re.escape(_MARK)}[0-9a-f]{{64}}")


def silenced_target(target: str) -> str:
    """What stays of a target whose words are redacted: its hash, by which the next run on it is
    told; nothing of an empty one, and what was silenced before as it is."""
    if not target or _SILENCED.fullmatch(target):
        return target
    # Without a salt: runs of other incidents have to agree on it. Whoever reads the database can
    # check a guess, as they can with the run's own hash; they cannot read the target off it.
    return _MARK + hashlib.sha256(target.encode("utf-8", "surrogatepass")).hexdigest()


def same_target(one: str, other: str) -> bool:
    """Whether both runs act on the same, whichever of them was redacted. A run without a target
    acts on nothing that another one does."""
    return bool(one) and silenced_target(one) == silenced_target(other)
