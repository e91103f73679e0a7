"""The service catalogue's section: one service, and the links into any other tool."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from opsbot.config.problem import quoted, suggestion, wrong
from opsbot.config.scalar import ChannelId, Texts, web_url
from opsbot.config.section import Section
from opsbot.core.links import PLACEHOLDERS
from opsbot.core.service import LinkTemplate, Service

_BRACES = re.compile(r"\{([^{}]*)\}")
_REPOSITORY = re.compile(r"[^\s/]+(/[^\s/]+)+")


def link_url(value: Any) -> Any:
    """Accept a web address whose placeholders in braces are all known ones."""
    if not isinstance(value, str):
        return value
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name in _BRACES.findall(value):
        if name not in PLACEHOLDERS:
            fix = suggestion(name, PLACEHOLDERS, f"Known are {known}")
            raise wrong(f"nothing fills in {{{quoted(name)[1:-1]}}}", fix)
    plain = _BRACES.sub("x", value)
    if "{" in plain or "}" in plain:
        raise wrong("a brace stands alone", "Write %7B for { and %7D for } that belong to the URL")
    web_url(plain)
    return value


def _repository(value: Any) -> Any:
    if isinstance(value, str) and not _REPOSITORY.fullmatch(value):
        raise wrong(f"{quoted(value)} is no repository", "Write it like owner/name")
    if isinstance(value, str) and "://" in value:
        raise wrong("a repository is named without its host", "Write it like owner/name")
    return value


class Link(Section):
    """A deep link into another tool, shown on the card of the service's incidents."""

    label: str = Field(min_length=1, max_length=60, description="What the link is called.")
    url: Annotated[str, BeforeValidator(link_url), WithJsonSchema({"type": "string"})] = Field(
        description="URL in which {service}, {environment}, {number} (of the incident), {start}, "
        "{end} (ISO 8601), {start_s}, {end_s}, {start_ms} and {end_ms} (Unix time) are filled in."
    )


class ServiceSection(Section):
    """One service. Its name is its OpenTelemetry `service.name`."""

    owner: str = Field(default="", description="The team that owns the service.")
    channel: ChannelId = Field(
        default="", description="The team's Slack channel id, for incidents in a thread."
    )
    pagerduty_id: str = Field(
        default="", description="Id of the PagerDuty service, such as PABC123."
    )
    repository: Annotated[str, BeforeValidator(_repository)] = Field(
        default="", description="owner/name of the code, to look for deploys."
    )
    environment: str = Field(
        default="", description="Deployment environment incidents of this service speak of."
    )
    tier: str = Field(default="", description="How important it is, in your own words.")
    selectors: dict[str, str] = Field(
        default={},
        description="The service's name in a source that calls it something else; also what "
        "runbooks look up, such as kubernetes_namespace.",
    )
    depends_on: Texts = Field(
        default=(), description="Services it calls; evidence is collected from them too."
    )
    links: tuple[Link, ...] = Field(default=(), description="Deep links of this service only.")

    def service(self, name: str, shared: tuple[Link, ...]) -> Service:
        """The service as the catalogue knows it; its own links come before the shared ones."""
        links = (LinkTemplate(label=link.label, url=link.url) for link in (*self.links, *shared))
        return Service(
            name=name,
            owner=self.owner,
            channel=self.channel,
            pagerduty_id=self.pagerduty_id,
            repository=self.repository,
            environment=self.environment,
            tier=self.tier,
            selectors=tuple(self.selectors.items()),
            depends_on=self.depends_on,
            links=tuple(links),
        )
