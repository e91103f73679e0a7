"""Reads `opsbot.yaml` and the environment into Settings, or tells every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from opsbot.config.catalogue_section import name_services
from opsbot.config.document import read_document
from opsbot.config.environment import Outside, read_environment
from opsbot.config.executor_section import (
    FindExecutor,
    configure_executor,
    find_kinds,
    no_executor,
    secret_fields,
)
from opsbot.config.explain import validate
from opsbot.config.file import ConfigFile
from opsbot.config.integration_section import FindIntegration, configure, find_all
from opsbot.config.literal_secret import remove_literal_secrets
from opsbot.config.problem import ConfigInvalid, ConfigProblem, Report, dotted
from opsbot.config.references import check_references
from opsbot.config.scalar import moment
from opsbot.config.secret import WrittenSecret, find_secrets
from opsbot.config.settings import Settings, SlackSettings
from opsbot.core.routing import DEFAULT_RULES, Maintenance, Rule
from opsbot.core.rules import Channels
from opsbot.core.service import Catalogue
from opsbot.integrations import SecretField
from opsbot.ports import Secret

BOT_TOKEN = SecretField(
    name="bot_token",
    env="SLACK_BOT_TOKEN",
    why="opsbot speaks to Slack with it; it starts with xoxb-",
    required=True,
)
SIGNING_SECRET = SecretField(
    name="signing_secret",
    env="SLACK_SIGNING_SECRET",
    why="it proves that a click or a command comes from Slack",
    required=True,
)
APP_TOKEN = SecretField(
    name="app_token",
    env="SLACK_APP_TOKEN",
    why="it opens Socket Mode, so that Slack needs no public address; it starts with xapp-",
)
HEARTBEAT_URL = SecretField(
    name="heartbeat_url", env="HEARTBEAT_URL", why="somebody else notices when opsbot stops"
)


def load(
    path: Path,
    environ: Mapping[str, str],
    find_integration: FindIntegration,
    integration_names: Sequence[str] = (),
    find_executor: FindExecutor = no_executor,
    executor_names: Sequence[str] = (),
) -> Settings:
    """Read the file at `path`; names are offered when the name of a vendor or an executor is wrong.

    Raises ConfigInvalid with every mistake of the file and of the environment.
    """
    return parse(
        _text(path), path, environ, find_integration, integration_names, find_executor,
        executor_names,
    )  # fmt: skip


def parse(
    text: str,
    path: Path,
    environ: Mapping[str, str],
    find_integration: FindIntegration,
    integration_names: Sequence[str] = (),
    find_executor: FindExecutor = no_executor,
    executor_names: Sequence[str] = (),
) -> Settings:
    """The settings written in `text`; relative paths in it start at the folder of `path`.

    Raises ConfigInvalid with every mistake of the text and of the environment.
    """
    document = read_document(text, str(path))
    root, lines = document.root, document.lines
    report = Report(str(path), lines)
    report.problems += document.repeats
    name_services(root, lines, report)
    vendors = _mapping(root.get("integrations"))
    found = find_all(tuple(vendors), find_integration, integration_names, report)
    acting = _mapping(root.get("executors"))
    kinds = find_kinds(tuple(acting), find_executor, executor_names, report)
    fields = {f"integrations.{name}": vendor.secrets for name, vendor in found.items()}
    fields |= {f"executors.{name}": secret_fields(kind) for name, kind in kinds.items()}
    fields["slack"] = (BOT_TOKEN, SIGNING_SECRET, APP_TOKEN)
    remove_literal_secrets(root, lambda section: fields.get(section, ()), report)
    file = validate(ConfigFile, root, report)
    configured = [
        configure(vendor, vendors.get(name), environ, path.parent, report)
        for name, vendor in found.items()
    ]
    executors = [
        configure_executor(kind, acting.get(name), environ, path.parent, report)
        for name, kind in kinds.items()
    ]
    check_references(root, report)
    # Without a valid file the environment is still checked, against the defaults.
    outside = read_environment(file or ConfigFile(), environ, path.parent, report)
    report.raise_if_any()
    assert file is not None  # noqa: S101 - a file that is not valid has been reported
    return replace(
        _settings(file, outside, environ, path),
        integrations=tuple(known for known in configured if known is not None),
        executors=tuple(known for known in executors if known is not None),
        lines=MappingProxyType({dotted(key): line for key, line in lines.items()}),
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        fix = "Copy docs/opsbot.example.yaml there, or set OPSBOT_CONFIG to the file's path"
        raise _unreadable(path, "there is no such file", fix) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, "not UTF-8 text", "Save it as UTF-8", line) from None
    except OSError as error:
        raise _unreadable(path, str(error.strerror), "Correct the path or its rights") from None


def _unreadable(path: Path, problem: str, fix: str, line: int = 0) -> ConfigInvalid:
    return ConfigInvalid(
        [ConfigProblem(file=str(path), line=line, key="", problem=problem, fix=fix)]
    )


def _settings(
    file: ConfigFile,
    outside: Outside,
    environ: Mapping[str, str],
    path: Path,
) -> Settings:
    return Settings(
        file=path,
        mode=file.mode,
        zone=file.timezone,
        intake=file.intake,
        poll_every=file.poll_every,
        tell_pager=file.tell_pager,
        permissions=tuple(row.permission() for row in file.permissions),
        policy=file.policy.policy(file.timezone),
        host=file.listen.host,
        port=outside.port,
        database_url=outside.database_url,
        data_dir=outside.data_dir,
        ephemeral_disk_allowed=file.ephemeral_disk == "allow",
        heartbeat_url=_heartbeat(file, environ, path.parent),
        delivery_stuck_after=file.delivery_stuck_after,
        backlog_limit=file.limits.backlog,
        body_limit=file.limits.body,
        http=outside.http,
        slack=_slack(file, environ, path.parent),
        routing=_routing(file),
        maintenance=_maintenance(file),
        severity_by_priority=tuple(file.severity.priority.items()),
        severity_by_urgency=tuple(file.severity.urgency.items()),
        return_within=file.return_within,
        archive_after=file.archive_after,
        cadence=tuple(file.cadence.items()),
        postmortem=file.postmortem.rule(),
        evidence_window=file.evidence.window,
        evidence_horizon=file.evidence.horizon,
        catalogue=_catalogue(file),
    )


def _slack(file: ConfigFile, environ: Mapping[str, str], folder: Path) -> SlackSettings:
    slack = file.slack
    return SlackSettings(
        bot_token=find_secrets(BOT_TOKEN, _one(slack.bot_token_file), environ, folder),
        signing_secret=find_secrets(
            SIGNING_SECRET, _one(slack.signing_secret_file), environ, folder
        ),
        channels=Channels(
            digest=slack.digest_channel, ops=slack.ops_channel, shadow=slack.shadow_channel
        ),
        channel_prefix=slack.channel_prefix,
        app_token=find_secrets(APP_TOKEN, _one(slack.app_token_file), environ, folder),
        receive=slack.receive,
        commands=slack.commands,
        pin_emoji=slack.pin_emoji,
        guests=slack.guests == "allow",
        people=MappingProxyType(slack.people),
        visibility=slack.visibility,
        api_url=slack.api_url.rstrip("/") + "/",
    )


def _heartbeat(file: ConfigFile, environ: Mapping[str, str], folder: Path) -> Secret | None:
    found = find_secrets(HEARTBEAT_URL, _one(file.heartbeat_url_file), environ, folder)
    if found.secrets:
        return found.secrets[0]
    written = file.heartbeat_url
    return WrittenSecret(name="heartbeat_url", value=written) if written else None


def _routing(file: ConfigFile) -> tuple[Rule, ...]:
    if file.routing is None:
        return DEFAULT_RULES
    return tuple(row.rule() for row in file.routing)


def _maintenance(file: ConfigFile) -> tuple[Maintenance, ...]:
    return tuple(
        Maintenance(
            name=window.name,
            services=window.services,
            start=moment(window.start, file.timezone),
            end=moment(window.end, file.timezone),
        )
        for window in file.maintenance
    )


def _catalogue(file: ConfigFile) -> Catalogue:
    services = (service.service(name, file.links) for name, service in file.services.items())
    return Catalogue(services=tuple(services))


def _one(path: str) -> tuple[str, ...]:
    return (path,) if path else ()


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
