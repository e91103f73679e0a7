"""Open incidents, the worst first, a page at a time."""

from opsbot.core.card import Button, Card, Line, line
from opsbot.core.entry import Severity
from opsbot.core.facts_line import incident_facts
from opsbot.core.incident_card import headline
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import count
from opsbot.core.verb import Needs, Reads, Reply, Scene, Values, Verb

ON_A_PAGE = 10


def run(scene: Scene, values: Values) -> Reply:
    """List what the caller may know of."""
    order = tuple(Severity)
    worst = sorted(scene.open, key=lambda i: (order.index(i.severity), -i.number))
    asked = values.get("page", 1)
    pages = max((len(worst) + ON_A_PAGE - 1) // ON_A_PAGE, 1)
    page = min(max(asked if isinstance(asked, int) else 1, 1), pages)
    lines: list[Line] = []
    for incident in worst[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]:
        lines += [line(f"INC-{incident.number} ", headline(incident)), *incident_facts(incident)]
    if not lines:
        lines = [line("No open incidents.")]
    more = Button(action=f"list:page={page + 1}", label="Next page")
    shown = f", page {page} of {pages}" if pages > 1 else ""
    return Reply(card=Card(
        header=f"{count(len(worst), 'open incident')}{shown}", lines=tuple(lines),
        buttons=(more,) if page < pages else (),
    ))  # fmt: skip


VERB = Verb(
    name="list",
    aliases=("ls",),
    summary="show open incidents",
    usage="[page=2]",
    parameters=(Parameter(name="page", kind=Kind.ENTRY, label="page", bare=True),),
    needs=Needs.NOTHING,
    reads=frozenset({Reads.OPEN}),
    run=run,
)
