"""`opsbot check`: what a valid configuration still lacks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from opsbot.config import Finding, Weight, check
from opsbot.config.coverage import coverage
from tests.config.vendor import settings_of

SLACK = "slack: {digest_channel: C0123ABCDEF, ops_channel: C0123ABCDEG}\n"
TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s",
    "ACME_TOKEN": "t",
    "BEACON_WEBHOOK_SECRET": "b",
}
VENDORS = "integrations: {acme: {url: https://acme.example.com}, beacon: {}}\n"
COMPLETE = (
    SLACK
    + VENDORS
    + "services:\n"
    + "  checkout-api: {owner: shop, channel: C0123ABCDEH, depends_on: [cart-api]}\n"
    + "  cart-api: {owner: shop, channel: C0123ABCDEH}\n"
)


def findings(
    text: str, environ: Mapping[str, str] = TOKENS, path: Path = Path("opsbot.yaml")
) -> list[Finding]:
    return check(settings_of(text, environ, path))


def by_key(found: list[Finding]) -> dict[str, Finding]:
    return {finding.key: finding for finding in found}


def test_a_complete_configuration_has_no_findings() -> None:
    assert findings(COMPLETE) == []


def test_an_empty_configuration_is_told_what_comes_first() -> None:
    """Errors first: without them opsbot does not do its job."""
    found = findings("", {})
    errors = [finding.key for finding in found if finding.weight is Weight.ERROR]
    assert errors == ["slack.digest_channel", "slack.bot_token", "slack.signing_secret"]
    assert [f.weight for f in found] == sorted((f.weight for f in found), key=list(Weight).index)
    assert all(finding.fix for finding in found)


def test_a_missing_required_secret_is_an_error_that_names_every_place() -> None:
    environ = {name: value for name, value in TOKENS.items() if "BEACON" not in name}
    (finding,) = findings(COMPLETE, environ)
    assert (finding.weight, finding.line) == (Weight.ERROR, 2)
    assert finding.key == "integrations.beacon.webhook_secret"
    assert "proves that a delivery is Beacon's" in finding.problem
    for place in ("BEACON_WEBHOOK_SECRET", "webhook_secret_file", "BEACON_WEBHOOK_SECRET_FILE"):
        assert place in finding.fix


def test_missing_optional_secrets_are_one_piece_of_advice() -> None:
    """A backend inside the network may well need none."""
    environ = {name: value for name, value in TOKENS.items() if "ACME" not in name}
    (finding,) = findings(COMPLETE, environ)
    assert (finding.weight, finding.key) == (Weight.ADVICE, "integrations.acme")
    assert "ACME_TOKEN: reads metrics" in finding.problem


def test_a_secret_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    text = COMPLETE.replace("beacon: {}", "beacon: {webhook_secret_file: gone}")
    (finding,) = findings(text, TOKENS, tmp_path / "opsbot.yaml")
    assert finding.weight is Weight.ERROR
    assert "No such file" in finding.problem


def test_a_secret_given_twice_says_which_one_counts(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-2")
    text = COMPLETE.replace("slack: {", "slack: {bot_token_file: token, ")
    (finding,) = findings(text, TOKENS, tmp_path / "opsbot.yaml")
    assert finding.weight is Weight.WARNING
    assert "SLACK_BOT_TOKEN is used, and not bot_token_file" in finding.problem


def test_another_kind_of_slack_token_is_noticed_without_showing_it() -> None:
    """The app-level token (xapp-) and the user token (xoxp-) are on the same pages."""
    (finding,) = findings(COMPLETE, {**TOKENS, "SLACK_BOT_TOKEN": "xapp-1-secret"})
    assert finding.weight is Weight.ERROR
    assert "xapp" not in finding.problem + finding.fix


def test_a_rule_that_never_decides_is_named_with_the_one_above_it() -> None:
    text = COMPLETE + (
        "routing:\n"
        "  - {name: everything, then: digest}\n"
        "  - {name: loud, when: {urgency: high}, then: room}\n"
    )
    (finding,) = findings(text)
    assert (finding.weight, finding.key, finding.line) == (Weight.WARNING, "routing[1]", 8)
    assert "'loud' never decides: 'everything'" in finding.problem


def test_a_thread_without_any_channel_is_noticed_by_service() -> None:
    """Routing would fall back to the digest; better known before the page."""
    text = COMPLETE + (
        "  token-store: {owner: identity, depends_on: [cart-api]}\n"
        "routing:\n"
        "  - {name: quiet, when: {urgency: low}, then: thread}\n"
        "  - {name: shop, when: {service: checkout-api}, then: thread}\n"
        "  - {name: rest, then: thread, channel: C0123ABCDEF}\n"
    )
    found = by_key(findings(text))
    assert "token-store has no channel" in found["routing[0]"].problem
    assert "routing[1]" not in found
    assert "routing[2]" not in found


def test_a_selector_for_a_source_that_is_not_configured_is_noticed() -> None:
    text = COMPLETE + "  token-store: {selectors: {lokki: t}, owner: x, channel: C0123ABCDEF}\n"
    found = by_key(findings(text))
    assert found["services.token-store.selectors.lokki"].line == 6


def test_gaps_of_the_catalogue_are_counted_not_listed_one_by_one() -> None:
    """Sixty-three services without an owner are one finding with a number."""
    services = "".join(f"  s{number:02}: {{owner: team}}\n" for number in range(41))
    services += "".join(f"  t{number:02}: {{}}\n" for number in range(22))
    text = SLACK + VENDORS + "services:\n" + services
    problems = [finding.problem for finding in findings(text)]
    owners = next(problem for problem in problems if "owner" in problem)
    assert owners.startswith("41 of 63 services have an owner; not t00, t01, t02, t03 and 18 more")
    assert any("0 of 63 services have a known neighbour" in problem for problem in problems)


def test_coverage_counts_what_the_configured_integrations_need() -> None:
    """A repository is only missing when there is a source that looks for deploys in it."""
    rows = {row.key: (row.covered, row.services) for row in coverage(settings_of(COMPLETE))}
    assert rows == {"owner": (2, 2), "channel": (2, 2), "depends_on": (2, 2)}
    assert coverage(settings_of("")) == ()
