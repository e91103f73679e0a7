"""What the sandbox Slack can be told to do over HTTP."""

from __future__ import annotations

from opsbot.sandbox.slack.admin_acts import ACTS
from tests.docs.markdown_table import table


def acts_table() -> str:
    """The table of the acts of people, with what each takes."""
    rows = [(f"`{act}`", _listed(needed), _listed(more)) for act, (needed, more) in ACTS.items()]
    return table(("act", "needs", "takes"), rows)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
