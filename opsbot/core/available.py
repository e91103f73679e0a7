"""Which verbs somebody may use here and now; and which not, with the reason."""

from __future__ import annotations

from opsbot.core.permission import Denied, may
from opsbot.core.verb import Needs, Scene, Verb


def available(scene: Scene) -> tuple[tuple[Verb, ...], tuple[tuple[Verb, str], ...]]:
    """(verbs that would do something, verbs that would refuse with their reason). Hidden verbs
    are in neither."""
    can: list[Verb] = []
    cannot: list[tuple[Verb, str]] = []
    for verb in sorted(scene.book, key=lambda one: one.name):
        if verb.hidden:
            continue
        why = refusal(verb, scene)
        if why:
            cannot.append((verb, why))
        else:
            can.append(verb)
    return tuple(can), tuple(cannot)


def refusal(verb: Verb, scene: Scene) -> str:
    """Why the verb would do nothing; empty when it would not refuse."""
    match may(verb.name, scene.me, scene.incident, scene.rules.permissions,
              guests=scene.rules.guests):  # fmt: skip
        case Denied() as denied:
            return denied.sentence
        case _:
            pass
    incident = scene.incident
    if verb.needs is Needs.INCIDENT and incident is None:
        return ""  # with a number it works anywhere
    if incident is not None and incident.status.is_over and not verb.when_over:
        return f"INC-{incident.number} is over"
    if incident is not None and not incident.status.is_over and not verb.when_open:
        return f"INC-{incident.number} is open"
    return ""
