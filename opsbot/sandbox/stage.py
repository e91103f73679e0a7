"""The whole stage for demo, stories and benchmarks: sandbox Slack, the scenario's world, and the
opsbot process with a settings file written for them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from opsbot.sandbox.bot import BotProcess, free_port
from opsbot.sandbox.kubernetes_seed import namespace_of, namespaces
from opsbot.sandbox.scenario import Scenario, Service, catalogue
from opsbot.sandbox.seeding import Places, seed
from opsbot.sandbox.series import SCRAPE_SECONDS
from opsbot.sandbox.slack.server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackSandbox
from opsbot.sandbox.world import World, WorldUrls
from opsbot.slack.manifest import manifest
from opsbot.slack.scopes import NEEDED_SCOPES

WEBHOOK_SECRET = "sandbox-webhook-secret"
API_TOKEN = "sandbox-api-token"


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything that runs on loopback for one scenario. `changes` are merged into opsbot.yaml."""

    scenario: Scenario
    folder: Path
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    enforce_tiers: bool = True
    keeps_in: Path | None = None  # for postmortems that outlive the stage
    scrape_seconds: int = SCRAPE_SECONDS  # how often the sandbox Prometheus looks
    by_socket: bool = False  # people's deliveries over Socket Mode instead of HTTP
    slack: SlackSandbox = field(init=False)
    world: World = field(init=False)
    bot: BotProcess = field(init=False)
    places: Places = field(init=False)
    urls: WorldUrls = field(init=False)

    async def start(self, *, with_bot: bool = True) -> None:
        """Start the sandbox, write the settings, then start opsbot."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.slack = SlackSandbox(enforce_tiers=self.enforce_tiers, scopes=NEEDED_SCOPES)
        self.slack.app.follow(manifest())
        # Slack is not done with a picture when it says so; messages that show it are refused.
        self.slack.workspace.preferences.file_processing_seconds = 0.7
        self.places = seed(self.slack.workspace, self.scenario)
        slack_url = await self.slack.start()
        self.world = World(self.scenario, scrape_seconds=self.scrape_seconds)
        self.urls = await self.world.start()
        port = free_port()
        bot_url = f"http://127.0.0.1:{port}"
        self._listens_at(bot_url)
        self.world.pagerduty.subscribe(f"{bot_url}/webhooks/pagerduty", WEBHOOK_SECRET)
        config = self.folder / "opsbot.yaml"
        config.write_text(yaml.safe_dump(self._settings(slack_url), sort_keys=False), "utf-8")
        self.bot = BotProcess(
            config, {**self.secrets, **self.environ}, port=port, log=self.folder / "opsbot.log"
        )
        if with_bot:
            await self.bot.start()

    async def stop(self) -> None:
        """Stop opsbot first, then what it talks to, as far as any of it was started."""
        for part in ("bot", "world", "slack"):
            begun: BotProcess | World | SlackSandbox | None = getattr(self, part, None)
            if begun is not None:
                await begun.stop()

    @property
    def config(self) -> Path:
        """The settings file of the running opsbot."""
        return self.folder / "opsbot.yaml"

    @property
    def postmortems(self) -> Path:
        """Where postmortems are published."""
        return self.keeps_in or self.folder / "postmortems"

    @property
    def secrets(self) -> dict[str, str]:
        """What opsbot finds in its environment on this stage."""
        return secrets(by_socket=self.by_socket)

    def on_call_for(self, service: str) -> list[str]:
        """Addresses of who is on call for a service, nearest level first."""
        owner = self.scenario.service(service).team
        team = next(one for one in self.scenario.teams if one.name == owner)
        return [self.scenario.person(name).email for level in team.levels for name in level]

    def _listens_at(self, bot_url: str) -> None:
        """Where Slack and the pager reach opsbot; by socket, Slack is reached instead."""
        app = self.slack.app
        if self.by_socket:
            self.slack.transport = "socket"
            return
        app.interactivity_url = f"{bot_url}/slack/interactions"
        app.events_url = f"{bot_url}/slack/events"
        app.commands_url = f"{bot_url}/slack/commands"

    def command(self, *words: str) -> list[str]:
        """The command line of another opsbot task on the same store."""
        return [sys.executable, "-m", "opsbot", *words, "--config", str(self.config)]

    def _settings(self, slack_url: str) -> dict[str, Any]:
        base: dict[str, Any] = {
            "listen": {"host": "127.0.0.1"},
            "data_dir": str(self.folder / "data"),
            "ephemeral_disk": "allow",
            "slack": {
                "api_url": slack_url,
                "digest_channel": self.places.digest,
                "ops_channel": self.places.ops,
                "shadow_channel": self.places.shadow,
            },
            "severity": {"urgency": {"high": "SEV2"}},
            "integrations": {
                "pagerduty": {"api_url": self.urls.pagerduty, "from_email": "opsbot@example.com"},
                "prometheus": {"url": self.urls.prometheus},
                "loki": {"url": self.urls.loki},
                "tempo": {"url": self.urls.tempo},
                "github": {"api_url": self.urls.github},
                "folder": {"path": str(self.postmortems)},
            },
            "executors": {
                "kubernetes": {
                    "api_url": self.urls.kubernetes,
                    "cluster": self.scenario.environment,
                    "namespaces": list(namespaces(self.scenario)),
                },
            },
            "services": [
                {
                    "name": entry.name, "owner": entry.team, "pagerduty_id": entry.pagerduty_id,
                    "repository": entry.repository, "environment": entry.environment,
                    "depends_on": list(entry.dependencies),
                    "selectors": selectors(self.scenario.service(entry.name)),
                }
                for entry in catalogue(self.scenario)
            ],
        }  # fmt: skip
        return merged(base, self.changes)


def secrets(*, by_socket: bool = False) -> dict[str, str]:
    """The sandbox's secrets, as opsbot expects them in its environment."""
    return {
        **({"SLACK_APP_TOKEN": APP_TOKEN} if by_socket else {}),
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "PAGERDUTY_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "PAGERDUTY_API_TOKEN": API_TOKEN,
        "GITHUB_TOKEN": API_TOKEN,
        "KUBERNETES_TOKEN": API_TOKEN,
    }


def selectors(service: Service) -> dict[str, str]:
    """Where runbooks find the service in the sandbox cluster."""
    return {
        "kubernetes_namespace": namespace_of(service),
        "kubernetes_deployment": service.name,
    }


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, mappings merged key by key; None removes a key."""
    result = dict(base)
    for key, value in changes.items():
        held = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(held, Mapping) and isinstance(value, Mapping):
            result[key] = merged(held, value)  # type: ignore[arg-type] # string keys, from YAML
        else:
            result[key] = value
    return result
