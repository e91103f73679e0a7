"""Metrics: errors, latency and saturation against limits."""

from opsbot.core.looking import LOOK, look
from opsbot.core.verb import Reply, Scene, Values, Verb


def run(scene: Scene, values: Values) -> Reply:
    """Show what is known, and ask the sources again where that is due."""
    return look(scene, values, ("metrics",))


VERB = Verb(
    name="metrics",
    summary="show errors, latency and saturation, and ask anew",
    usage="[service] [since 14:02]",
    parameters=LOOK,
    changes=True,
    run=run,
)
