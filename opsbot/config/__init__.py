"""Settings: `opsbot.yaml` and the environment in, one immutable value or every mistake out.

Start with `loading.py`; `file.py` is the list of every setting.
"""

from __future__ import annotations

from opsbot.config.configured_executor import ConfiguredExecutor
from opsbot.config.disk import disk_refusal
from opsbot.config.environment import HttpSettings, config_path
from opsbot.config.executor_section import ExecutorUnusable, FindExecutor
from opsbot.config.findings import Finding, Weight, check
from opsbot.config.integration_section import FindIntegration, IntegrationUnusable
from opsbot.config.json_schema import schema
from opsbot.config.loading import load, parse
from opsbot.config.problem import ConfigInvalid, ConfigProblem
from opsbot.config.settings import ConfiguredIntegration, Settings, SlackSettings

__all__ = [
    "ConfigInvalid",
    "ConfigProblem",
    "ConfiguredExecutor",
    "ConfiguredIntegration",
    "ExecutorUnusable",
    "FindExecutor",
    "FindIntegration",
    "Finding",
    "HttpSettings",
    "IntegrationUnusable",
    "Settings",
    "SlackSettings",
    "Weight",
    "check",
    "config_path",
    "disk_refusal",
    "load",
    "parse",
    "schema",
]
