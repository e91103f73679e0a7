"""What changed: deploys, configuration and other changes before the trouble began."""

from opsbot.core.looking import LOOK, look
from opsbot.core.verb import Reply, Scene, Values, Verb


def run(scene: Scene, values: Values) -> Reply:
    """Show known changes, and ask the sources again where that is due."""
    return look(scene, values, ("changes",))


VERB = Verb(
    name="changes",
    aliases=("deploys",),
    summary="show deploys and other changes, and ask anew",
    usage="[service] [since 14:02]",
    parameters=LOOK,
    changes=True,
    run=run,
)
