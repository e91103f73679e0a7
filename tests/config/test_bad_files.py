"""Every mistake in tests/config/bad is told with its line, its key, what is wrong and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbot.config import ConfigInvalid, ConfigProblem, load
from tests.config.vendor import VENDORS

BAD = Path(__file__).parent / "bad"

# file: line, key, words of the problem, words of the fix
EXPECTED: dict[str, tuple[int, str, str, str]] = {
    "a-list-instead-of-settings": (1, "", "holds no settings", "key: value"),
    "alias": (4, "services.cart-api", "alias", "Write the value out"),
    "another-postgres-driver": (2, "database.url", "another PostgreSQL driver", "postgresql://"),
    "ca-bundle-missing": (2, "http.ca_bundle", "no file", "Correct the path"),
    "cadence-in-words": (2, "cadence.SEV1", "'often' is no duration", "1h30m"),
    "cadence-of-unknown-severity": (2, "cadence.SEV9", "'SEV9' is not one of SEV1", "SEV5"),
    "channel-by-name": (3, "slack.digest_channel", "is a name", "bottom of the About tab"),
    "channel-prefix-illegal": (1, "slack.channel_prefix", "not allow", "such as inc-"),
    "colon-in-value": (2, "", "colon where none can stand", "in quotes"),
    "control-character": (2, "", "control character", "retype"),
    "database-of-another-kind": (2, "database.url", "not a PostgreSQL URL", "postgresql://"),
    "database-url-file-missing": (2, "database.url_file", "No such file", "Correct the path"),
    "duplicate-key": (4, "slack.digest_channel", "first on line 2", "Remove one"),
    "duplicate-section": (4, "slack", "first on line 1", "Remove one"),
    "duration-in-words": (1, "archive_after", "'two days' is no duration", "1h30m"),
    "duration-without-unit": (2, "delivery_stuck_after", "without a unit", "5m"),
    "evidence-horizon-inside-window": (3, "evidence.horizon", "shorter", "as long as `window`"),
    "hours-all-day": (3, "routing[0].when.hours", "same time", "Leave `hours` out"),
    "hours-without-end": (4, "routing[0].when.hours", "no stretch", "09:00-18:00"),
    "id-is-a-number": (3, "services.checkout-api.pagerduty_id", "not text", '"314159"'),
    "key-in-the-wrong-section": (2, "digest_channel", "unknown key", "slack.digest_channel"),
    "line-without-colon": (2, "", "without a colon", "Write `key: value`"),
    "link-with-stray-brace": (3, "links[0].url", '{"from":1}', "{service}"),
    "link-with-unknown-placeholder": (
        5, "services.checkout-api.links[0].url", "{start_sm}", "Did you mean 'start_s'?",
    ),
    "link-without-scheme": (3, "links[0].url", "not a web address", "https://"),
    "list-as-key": (1, "", "a key is a list", "plain word"),
    "maintenance-ends-before-it-starts": (6, "maintenance[0].end", "not after", "one of the two"),
    "maintenance-of-unknown-service": (
        4, "maintenance[0].services", "'checkout'", "Did you mean 'checkout-api'?",
    ),
    "maintenance-time-in-words": (5, "maintenance[0].start", "'tomorrow'", "2026-11-28 22:00"),
    "merge-key": (3, "services.checkout-api.<<", "merge key", "Write the keys out"),
    "number-in-words": (2, "limits.backlog", "not a whole number", "digits"),
    "pagerduty-id-twice": (5, "services.cart-api.pagerduty_id", "'checkout-api'", "one of the two"),
    "password-in-database-url": (2, "database.url", "password", "DATABASE_URL"),
    "password-in-proxy": (2, "http.proxy", "password", "HTTPS_PROXY"),
    "policy-freeze-ends-before-it-starts": (
        5, "policy.freezes[0].end", "not after", "one of the two",
    ),
    "policy-freeze-time-in-words": (
        4, "policy.freezes[0].start", "'Christmas'", "2026-11-28 22:00",
    ),
    "policy-group-by-name": (3, "policy.approvers.groups.sre", "^S[A-Z0-9]{6,20}$", "Correct"),
    "policy-limit-by-environment": (
        7, "policy.limits[0].when.environment", "unknown key", "runbook, risk, service",
    ),
    "policy-name-twice": (5, "policy.freezes[0].name", "policy.rules[0]", "its own name"),
    "policy-of-unknown-service": (
        8, "policy.limits[0].when.service", "'chekout-api'", "Did you mean 'checkout-api'?",
    ),
    "policy-rule-without-then": (
        3, "policy.rules[0].then", "missing", "allowed, needs approval or denied",
    ),
    "policy-unknown-risk": (4, "policy.rules[0].when.risk[1]", "'extreme'", "'high'"),
    "policy-unknown-role": (
        3, "policy.break_glass.roles[1]", "'sceibe'", "Did you mean 'scribe'?",
    ),
    "policy-unknown-ruling": (
        4, "policy.rules[0].then", "'need approval'", "Did you mean 'needs approval'?",
    ),
    "port-too-large": (2, "listen.port", "too large", "at most 65535"),
    "python-tag": (1, "data_dir", "YAML tag", "Remove the tag"),
    "quote-not-closed": (2, "", "never closed", "Close the quote"),
    "repository-with-host": (
        3, "services.checkout-api.repository", "no repository", "owner/name",
    ),
    "reserved-character": (2, "", "reserves", "in quotes"),
    "rule-channel-without-thread": (4, "routing[0].channel", "then: thread", "Remove `channel`"),
    "rule-goes-nowhere": (3, "routing[0].then", "'rooom'", "Did you mean 'room'?"),
    "rule-name-twice": (5, "routing[1].name", "routing[0]", "its own name"),
    "rule-names-unknown-service": (
        5, "routing[0].when.service[1]", "'chekout-api'", "Did you mean 'checkout-api'?",
    ),
    "rule-without-then": (2, "routing[0].then", "missing", "room, thread, digest or ignore"),
    "second-document": (2, "", "second YAML document", "Remove the line"),
    "secret-in-file": (3, "slack.signing_secret", "secret", "SLACK_SIGNING_SECRET"),
    "secret-in-file-key": (2, "slack.bot_token_file", "looks like a secret", "SLACK_BOT_TOKEN"),
    "secret-under-a-made-up-key": (
        4, "integrations.acme.admin_password", "secret", "ACME_TOKEN",
    ),
    "section-is-a-word": (2, "slack", "not a mapping", "indented below"),
    "service-twice": (4, "services[2].name", "line 2", "one entry"),
    "service-without-name": (2, "services[0].name", "missing", "service.name"),
    "severity-of-unknown-urgency": (3, "severity.urgency.hihg", "'hihg'", "Did you mean 'high'?"),
    "shadow-without-channel": (2, "mode", "no channel", "shadow_channel"),
    "size-without-unit-name": (2, "limits.body", "'2 megs'", "2MiB"),
    "slack-over-plain-http": (2, "slack.api_url", "in the clear", "https://"),
    "socks-proxy": (2, "http.proxy", "not a proxy address", "SOCKS"),
    "tab-indent": (2, "", "tab", "Indent with spaces"),
    "thread-channel-by-name": (4, "services.checkout-api.channel", "is a name", "C0123ABCDEF"),
    "too-deep": (1, "integrations.acme.url" + "[0]" * 21, "deeper", "Remove the nesting"),
    "unknown-dependency": (
        3, "services.checkout-api.depends_on[1]", "'token-store'", "Add it to `services:`",
    ),
    "unknown-integration": (2, "integrations.beacom", "'beacom'", "Did you mean 'beacon'?"),
    "unknown-key": (4, "routing[0].when.urgancy", "unknown key", "Did you mean 'urgency'?"),
    "unknown-mode": (1, "mode", "'shaddow'", "Did you mean 'shadow'?"),
    "unknown-severity": (2, "severity.priority.P1", "'CRITICAL'", "'SEV1'"),
    "unknown-time-zone": (1, "timezone", "'Europe/Berln'", "Did you mean 'Europe/Berlin'?"),
    "unknown-top-level-key": (2, "serices", "unknown key", "Did you mean 'services'?"),
    "unknown-vendor-key": (
        3, "integrations.beacon.regoin", "unknown key", "Did you mean 'region'?",
    ),
    "unknown-weekday": (4, "routing[0].when.days", "'fry'", "mon-fri"),
    "vendor-key-missing": (2, "integrations.acme.url", "missing", "Where Acme answers"),
    "vendor-secret-in-file": (4, "integrations.acme.token", "secret", "ACME_TOKEN"),
    "wrong-indent": (3, "", "indentation", "like its neighbours"),
}  # fmt: skip


def problems_of(path: Path) -> tuple[ConfigProblem, ...]:
    with pytest.raises(ConfigInvalid) as caught:
        load(path, {}, VENDORS.get, tuple(VENDORS))
    return caught.value.problems


@pytest.mark.parametrize("name", sorted(path.stem for path in BAD.glob("*.yaml")))
def test_a_bad_file_is_told_with_line_key_mistake_and_fix(name: str) -> None:
    """One mistake gives one problem, and the problem says all four things."""
    (problem,) = problems_of(BAD / f"{name}.yaml")
    line, key, mistake, fix = EXPECTED[name]
    assert (problem.line, problem.key) == (line, key)
    assert mistake in problem.problem
    assert fix in problem.fix
    assert problem.file.endswith(f"{name}.yaml")


def test_every_expected_bad_file_is_there() -> None:
    assert {path.stem for path in BAD.glob("*.yaml")} == set(EXPECTED)


def test_what_was_written_as_a_secret_is_never_repeated() -> None:
    """An error message ends up in logs and screenshots."""
    for name in EXPECTED:
        for problem in problems_of(BAD / f"{name}.yaml"):
            for secret in ("8f742231b10e", "xoxb-000", "letmein"):
                assert secret not in str(problem)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Nobody should have to start the bot ten times to hear of ten mistakes."""
    path = tmp_path / "opsbot.yaml"
    path.write_text(
        "mode: lve\n"
        "slack: {bot_token: xoxb-1, digest_chanel: C0123ABCDEF}\n"
        "mode: live\n"
        "routing:\n"
        "  - {name: a, then: room, when: {service: nope, urgancy: high}}\n"
        "  - {name: a}\n"
        "integrations: {acme: {depth: 0}, beacom: {}}\n"
    )
    found = [(problem.line, problem.key) for problem in problems_of(path)]
    assert found == [
        (1, "mode"),
        (2, "slack.bot_token"),
        (2, "slack.digest_chanel"),
        (3, "mode"),
        (5, "routing[0].when.service"),
        (5, "routing[0].when.urgancy"),
        (6, "routing[1].name"),
        (6, "routing[1].then"),
        (7, "integrations.acme.depth"),
        (7, "integrations.acme.url"),
        (7, "integrations.beacom"),
    ]


def test_the_whole_list_reads_as_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "opsbot.yaml"
    path.write_text("mode: lve\narchive_after: 5\n")
    with pytest.raises(ConfigInvalid) as caught:
        load(path, {}, VENDORS.get)
    first, second = str(caught.value).splitlines()
    assert first == f"{path}:1: mode: 'lve' is not one of live, shadow. Did you mean 'live'?"
    assert second.startswith(f"{path}:2: archive_after: a duration without a unit.")


def test_a_missing_file_says_where_to_get_one(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "opsbot.yaml")
    assert problem.line == 0
    assert "opsbot.example.yaml" in problem.fix


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "opsbot.yaml"
    path.write_bytes("mode: live\n# größer\n".encode("latin-1"))
    (problem,) = problems_of(path)
    assert (problem.line, problem.fix) == (2, "Save it as UTF-8")
