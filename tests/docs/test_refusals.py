"""Every answer a door can give is in the table with its cure."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, code, page, rows, section


def test_every_reason_a_door_gives_by_itself_is_documented() -> None:
    source = "".join(
        (ROOT / "opsbot" / "entrypoints" / name).read_text("utf-8")
        for name in ("doors.py", "webhooks.py")
    )
    reasons = set(re.findall(r"_later\(\"([^\"]+)\"\)", source))
    reasons |= set(re.findall(r"Refusal\(\s*\d{3}, \"([^\"]+)\"", source))
    table = rows(section(page("docs/pagerduty.md"), "Refusals"))
    documented = {word for row in table for word in code(row[2])}
    assert reasons
    assert reasons <= documented


def test_every_reason_a_door_of_slack_gives_is_documented() -> None:
    source = "".join(
        (ROOT / "opsbot" / name).read_text("utf-8")
        for name in ("entrypoints/slack_doors.py", "slack/payloads.py", "slack/signature.py")
    )
    reasons = set(re.findall(r"(?:Refusal|RequestRefused)\(\s*\d{3}, \"([^\"]+)\"", source))
    reasons |= set(re.findall(r"later\(\"([^\"]+)\"\)", source)) | {"body too slow"}
    table = rows(section(page("docs/slack-app.md"), "Refusals"))
    assert len(reasons) > 8
    assert reasons <= {word for row in table for word in code(row[1])}
