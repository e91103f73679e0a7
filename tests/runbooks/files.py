"""A whole runbook as text, and ways of reading changed copies of it."""

from __future__ import annotations

from opsbot.catalog.runbooks import parse_runbook
from opsbot.config import ConfigInvalid, ConfigProblem
from opsbot.core.runbook import Runbook
from tests.runbooks.noop_check import EXECUTORS

WHOLE = """\
title: Move traffic away
owner: edge
description: Takes a share of the traffic away from a service.
risk: low

offered:
  when: a suspect
  services: [checkout-api]
  arguments: { service: "${offered.service}" }

parameters:
  service:
    kind: service
  share:
    kind: number
    min: 0
    max: 1
    default: 0.5
  reason:
    kind: string
    pattern: '[a-z ]+'
    longest: 40
    required: false
  length:
    kind: duration
    min: 5m
    max: 2h
    default: 30m
  side:
    kind: choice
    choices: [left, right]
    default: left

steps:
  - name: look
    executor: noop
    do: { say: "${service}", values: { ready: true } }
    register: [ready]
  - name: move
    executor: noop
    do:
      say: ${service.name} until ${run.after.length}
      why: ${reason}
    timeout: 2m
    output_limit: 32KiB
    when: { value: "${steps.look.ready}", equals: true }

rollback:
  - name: back
    executor: noop
    do: { say: "${side}" }

verification:
  query: errors{service="${service}"}
  below: 0.05
  holds: 30s
  every: 10s
  within: 3m

guard:
  target: ${service}/traffic
  cooldown: 5m

approval:
  approvals: 2
  by: { roles: [lead], on_call: true, groups: { edge: S012AB3CD } }
  expires: 10m
  page_after: 3m

examples:
  - name: the usual
    arguments: { service: checkout-api }
"""


def read_text(text: str, name: str = "move-traffic") -> Runbook:
    """The text as a runbook. Raises ConfigInvalid."""
    return parse_runbook(text, name, f"runbooks/{name}.yaml", EXECUTORS)


def changed(old: str, new: str) -> str:
    """The whole file with one thing in another way."""
    assert WHOLE.count(old) == 1, old
    return WHOLE.replace(old, new)


def problems_in(text: str) -> tuple[ConfigProblem, ...]:
    """What is said of a text that cannot be used."""
    try:
        read_text(text)
    except ConfigInvalid as invalid:
        return invalid.problems
    return ()
