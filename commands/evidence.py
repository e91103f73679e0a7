"""All evidence at once: metrics, logs, traces and changes, with the health of every source."""

from opsbot.core.looking import LOOK, look
from opsbot.core.verb import Reply, Scene, Values, Verb

EVERY_KIND = ("metrics", "logs", "traces", "changes")


def run(scene: Scene, values: Values) -> Reply:
    """Show what is known of every kind, and ask again where that is due."""
    return look(scene, values, EVERY_KIND)


VERB = Verb(
    name="evidence",
    summary="show what every source says, and ask anew",
    usage="[service] [since 14:02]",
    parameters=LOOK,
    changes=True,
    run=run,
)
