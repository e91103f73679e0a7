"""One act of the demo: when it is done, what is said before and after, and who does it when the
visitor has not."""

from __future__ import annotations

from typing import ClassVar

from opsbot.core.incident import Incident
from opsbot.sandbox.scene import Scene

Told = list[tuple[str, str]]
"""Lines of progress: what, and more."""


class Act:
    """One small thing. By default the lead types a line in the room."""

    what: ClassVar[str]  # that is waited for
    within: ClassVar[float] = 20.0  # seconds
    waits: ClassVar[bool] = True  # whether room is left for the visitor before
    after_the_end: ClassVar[bool] = False  # whether it is done in an incident that is over

    def is_done(self, scene: Scene, incident: Incident) -> bool:
        """Whether nobody has to do it any more, whoever did it and in which way."""
        raise NotImplementedError

    def is_over(self, scene: Scene, incident: Incident) -> bool:
        """Whether what the cast did has come to its end."""
        return self.is_done(scene, incident)

    def line(self, scene: Scene, incident: Incident) -> str:
        """What the lead types behind `/incident`."""
        raise NotImplementedError

    def coming(self, scene: Scene, incident: Incident) -> str | None:
        """What will be done, by whom, and how the visitor can do it instead."""
        name, line = scene.lead(incident).name, self.line(scene, incident)
        return f"{name} types /incident {line}; or type it yourself in the room"

    async def play(self, scene: Scene, incident: Incident) -> None:
        """Do it."""
        room = incident.surface.channel_id
        await scene.lead(incident).types(self.line(scene, incident), room)

    async def told(self, scene: Scene, incident: Incident) -> Told:
        """What came of it: (what, more)."""
        raise NotImplementedError
