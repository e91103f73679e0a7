"""Logs of the services around the incident: patterns, silences, links."""

from opsbot.core.looking import LOOK, look
from opsbot.core.verb import Reply, Scene, Values, Verb


def run(scene: Scene, values: Values) -> Reply:
    """Show what is known, and ask the sources again where that is due."""
    return look(scene, values, ("logs",))


VERB = Verb(
    name="logs",
    summary="show log patterns and silences, and ask anew",
    usage="[service] [since 14:02]",
    parameters=LOOK,
    changes=True,
    run=run,
)
