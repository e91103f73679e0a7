"""What one does in the sandbox panel: pages, acts at PagerDuty, faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from aiohttp import web

from opsbot.sandbox.page.act_body import ActBody
from opsbot.sandbox.page.panel import person_of, stand_in
from opsbot.sandbox.page.switches import NoSuchSwitch, Switches
from opsbot.sandbox.pagerduty_account import AccountError, Incident
from opsbot.sandbox.scenario import Page, Person
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.world import World

_DONE: Json = {}


class PanelActs:
    """The panel's acts by name."""

    def __init__(self, world: World | None, switches: Switches) -> None:
        self._world, self._switches = world, switches

    def by_name(self) -> Mapping[str, Callable[[ActBody], Awaitable[Json]]]:
        """Return every act; without a world only Slack's faults."""
        acts = {"fault": self._fault}
        if self._world is not None:
            acts |= {"page": self._page, "pagerduty": self._pagerduty, "source": self._source}
        return acts

    async def _fault(self, body: ActBody) -> Json:
        try:
            await self._switches.turn(body.text("name"), body.flag("on"))
        except NoSuchSwitch as unknown:
            raise web.HTTPBadRequest(text=str(unknown)) from unknown
        return _DONE

    async def _source(self, body: ActBody) -> Json:
        try:
            await self._switches.set_source(body.text("name"), body.text("chosen"))
        except NoSuchSwitch as unknown:
            raise web.HTTPBadRequest(text=str(unknown)) from unknown
        return _DONE

    async def _page(self, body: ActBody) -> Json:
        world = _there(self._world)
        await world.pagerduty.trigger(self._wanted(world, body))
        return _DONE

    def _wanted(self, world: World, body: ActBody) -> Page:
        page, service = world.scenario.page, body.maybe("service")
        if not service:
            return page
        if all(one.name != service for one in world.scenario.services):
            raise web.HTTPBadRequest(text=f"The scenario has no service {service!r}.")
        return replace(
            page,
            service=service,
            title=body.maybe("title").strip() or f"{service}: error rate above 5 %",
            urgency="low" if body.flag("low") else "high",
            assignees=(),
        )

    async def _pagerduty(self, body: ActBody) -> Json:
        world = _there(self._world)
        incident = world.pagerduty.account.incidents.get(body.text("incident"))
        if incident is None:
            raise web.HTTPBadRequest(text="PagerDuty has no such incident.")
        person = person_of(world.scenario, body.viewer) or stand_in(world.scenario)
        try:
            await self._do(world, body.text("name"), incident, person)
        except AccountError as refusal:
            return {"told": f"PagerDuty refuses: {refusal}", "refused": True}
        return _DONE

    async def _do(self, world: World, name: str, incident: Incident, person: Person) -> None:
        pagerduty = world.pagerduty
        if name == "acknowledge":
            await pagerduty.acknowledge(incident, person)
        elif name == "unacknowledge":
            await pagerduty.unacknowledge(incident)
        elif name == "resolve":
            await pagerduty.resolve(incident, person)
        elif name == "reopen":
            await pagerduty.reopen(incident, person)
        elif name == "escalate":
            await pagerduty.escalate(incident, person)
        elif name in ("accept", "decline"):
            answers = _asked_to_join(incident, person)
            await pagerduty.reply(incident, answers, accepted=name == "accept")
        else:
            raise web.HTTPBadRequest(text=f"There is no act {name!r} at PagerDuty.")


def _asked_to_join(incident: Incident, person: Person) -> Person:
    """Whoever acts, when they were asked to join; else the first who still waits for an answer."""
    waiting = [one.person for one in incident.responders if one.state == "pending"]
    return person if person in waiting or not waiting else waiting[0]


def _there(world: World | None) -> World:
    if world is None:
        raise web.HTTPBadRequest(text="This sandbox has no PagerDuty.")
    return world
