"""Lines as people on call type them: values in any order, prose kept whole."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.core.loose_lines import (
    CHANGE_SEVERITY,
    CHANGE_STATUS,
    DECLARE,
    EVIDENCE,
    LOGS,
    NOTE,
    PEOPLE,
    REASON,
    REDACT,
    RESOLVE,
    TAKE_LEAD,
    TITLE,
    read,
    values,
)

Expected = Mapping[str, object]


def of(**expected: object) -> Expected:
    return expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("checkout fails", of(title="checkout fails", service="checkout-api")),
        ("sev1 login is down", of(severity="SEV1", title="login is down")),
        ("SEV-1 login is down", of(severity="SEV1", title="login is down")),
        ("s1 login is down", of(severity="SEV1", title="login is down")),
        ("sev 1 login is down", of(severity="SEV1", title="login is down")),
        ("sev1: login is down", of(severity="SEV1", title="login is down")),
        ("sev1 - login is down", of(severity="SEV1", title="login is down")),
        ("login is down sev1", of(severity="SEV1", title="login is down")),
        ("login is down, sev1", of(severity="SEV1", title="login is down")),
        ("login is down - sev1", of(severity="SEV1", title="login is down")),
        ("login is down (<@U7|bob>) .", of(lead="U7", title="login is down")),
        ("login is down ...", of(title="login is down ...")),
        ("login is down (sev1)", of(severity="SEV1", title="login is down")),
        ("login is down (eu only, sev1)", of(severity="SEV1", title="login is down (eu only)")),
        ("login is down as sev1", of(severity="SEV1", title="login is down")),
        ("p1 login is down", of(title="p1 login is down")),  # PagerDuty's priority
        ("1 login is down", of(title="1 login is down")),  # no bare number here
        ("this is a sev1", of(severity="SEV1", title="this is a sev1")),
        ("this is not a sev1", of(title="this is not a sev1")),
        ("sev1 or sev2 in eu", of(title="sev1 or sev2 in eu")),
        ("s3 uploads fail sev2", of(severity="SEV2", title="s3 uploads fail")),
        ("uploads fail on s3", of(title="uploads fail on s3")),
        ('sev2 "sev1 was wrong"', of(severity="SEV2", title="sev1 was wrong")),
        ("sev2 login fails since 13:58", of(severity="SEV2", at="12:58", title="login fails")),
        ("30 % of logins fail, sev2, 20m ago, @ann",
         of(severity="SEV2", at="13:02", lead="@ann", title="30 % of logins fail")),
        ("login fails (sev2, since 13:58)", of(severity="SEV2", at="12:58", title="login fails")),
        ("13:58 UTC sev2 login fails", of(severity="SEV2", at="13:58", title="login fails")),
        ("<@U7|bob>, sev2 login fails", of(severity="SEV2", lead="U7", title="login fails")),
        ("login fails, lead: <@U7|bob>", of(lead="U7", title="login fails")),
        ("me sev2 login fails", of(severity="SEV2", lead="U1", title="login fails")),
        ("login fails, please help me", of(title="login fails, please help me")),
        ("<@U7|bob>'s deploy broke it", of(title="@bob's deploy broke it")),
        ("<!here> login fails", of(title="@here login fails")),
        ("checkout-api is down", of(service="checkout-api", title="checkout-api is down")),
        ("CHECKOUT-API is down", of(service="checkout-api", title="CHECKOUT-API is down")),
        ("errors on checkout-api sev2",
         of(severity="SEV2", service="checkout-api", title="errors on checkout-api")),
        ("checkout-api: errors rise", of(service="checkout-api", title="errors rise")),
        ("payments gateway slow", of(service="Payments Gateway", title="payments gateway slow")),
        ("auth fails", of(title="auth fails")),  # auth-api or auth-web
        ("mystery-api is down", of(title="mystery-api is down")),
        ("--private data leaked", of(private=True, title="data leaked")),
        ("data leaked —private", of(private=True, title="data leaked")),  # Slack's dash
        ("curl --insecure works", of(title="curl --insecure works")),  # no flag of ours
        ('severity: "sev1" was said', of(title='severity: "sev1" was said')),
        ("lead: <!here> fails", of(title="lead: @here fails")),
        ("data --private leaked", of(private=True, title="data leaked")),  # wherever it stands
        ("private:yes data leaked", of(private=True, title="data leaked")),
        ("data leaked private: yes", of(private=True, title="data leaked")),
        ("private=no data leaked", of(private=False, title="data leaked")),
        ("severity=2 login fails", of(severity="SEV2", title="login fails")),
        ("login severity:sev2 fails", of(severity="SEV2", title="login fails")),
        ("sev:2 login fails", of(severity="SEV2", title="login fails")),
        ("severity = 2 login fails", of(severity="SEV2", title="login fails")),
        ("--severity sev2 login fails", of(severity="SEV2", title="login fails")),
        ('title="login fails" sev2', of(severity="SEV2", title="login fails")),
        ("sev2 title: login fails", of(severity="SEV2", title="login fails")),
        ('service="payments gateway" 5xx', of(service="Payments Gateway", title="5xx")),
    ],
)  # fmt: skip
def test_declaring(line: str, expected: Expected):
    assert values(line, DECLARE) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rolled back v2.14", of(text="rolled back v2.14")),
        ("14:02 failed over to eu-west-2", of(at="13:02", text="failed over to eu-west-2")),
        ("failed over at 14:02", of(at="13:02", text="failed over")),
        ("failed over @ 14:02", of(at="13:02", text="failed over")),
        ("failed over @14:02", of(at="13:02", text="failed over")),
        ("at 14:02 the db failed over", of(at="13:02", text="the db failed over")),
        ("failed over at 14:02 and back at 14:20",
         of(text="failed over at 14:02 and back at 14:20")),
        ("14:02 failed over, back at 14:20", of(at="13:02", text="failed over, back at 14:20")),
        ("at=14:02 failed over 14:03, back 14:20",
         of(at="13:02", text="failed over 14:03, back 14:20")),
        ("14:02 to 14:20 no traffic", of(at="13:02", text="14:02 to 14:20 no traffic")),
        ("14:02-14:20 no traffic", of(text="14:02-14:20 no traffic")),
        ("-20m rolled back", of(at="13:02", text="rolled back")),
        ("rolled back 20 minutes ago", of(at="13:02", text="rolled back")),
        ("rolled back yesterday at 14:02", of(at="13:02", text="rolled back")),
        ("started around 14:02", of(at="13:02", text="started around 14:02")),
        ("started about 20m ago", of(at="13:02", text="started about 20m ago")),
        ("cert expires tomorrow 14:02", of(text="cert expires tomorrow 14:02")),
        ("cert expires 2027-01-01 00:00", of(text="cert expires 2027-01-01 00:00")),
        ("next update at 14:30", of(text="next update at 14:30")),
        ("change freeze until 14:20", of(text="change freeze until 14:20")),
        ("canary switched on 14:02", of(at="13:02", text="canary switched on")),
        ("it works now", of(at="13:22", text="it works now")),
        ("errors due to deploy since 14:02", of(at="13:02", text="errors due to deploy")),
        ('"failed over at 14:02"', of(text="failed over at 14:02")),
        ('said "back at 14:02" 14:03', of(at="13:03", text='said "back at 14:02"')),
        ("INC-42 rolled back", of(incident=42, text="rolled back")),
        ("inc42 rolled back", of(incident=42, text="rolled back")),
        ("#42 rolled back", of(incident=42, text="rolled back")),
        ("incident 42 rolled back", of(incident=42, text="rolled back")),
        ("<#C9|inc-42-login-fails> rolled back", of(incident=42, text="rolled back")),
        ("rolled back for INC-42", of(incident=42, text="rolled back")),
        ("rolled back, INC-42, -20m", of(incident=42, at="13:02", text="rolled back")),
        ("duplicate of INC-41", of(text="duplicate of INC-41")),
        ("looks related to INC-41", of(text="looks related to INC-41")),
        ("INC-41 has the same cause", of(text="INC-41 has the same cause")),
        ("42 pods restarted", of(text="42 pods restarted")),
        ("see <https://x.example/a?b=1&amp;c=2> 14:02",
         of(at="13:02", text="see https://x.example/a?b=1&c=2")),
    ],
)  # fmt: skip
def test_noting(line: str, expected: Expected):
    assert values(line, NOTE) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("monitoring", of(status="monitoring")),
        ("moni", of(status="monitoring")),
        ("Resolved.", of(status="resolved")),
        ("fixed", of(status="resolved")),
        ("canceled", of(status="cancelled")),
        ("identified: bad deploy", of(status="identified", reason="bad deploy")),
        ("fix is out, monitoring", of(status="monitoring", reason="fix is out")),
        ("14:02 resolved by rollback", of(at="13:02", status="resolved", reason="by rollback")),
        ("fix is out, not yet resolved", of(reason="fix is out, not yet resolved")),
        ("it isn't resolved", of(reason="it isn't resolved")),
        ("waiting until it is resolved", of(reason="waiting until it is resolved")),
        ("monitoring is broken on node-7", of(reason="monitoring is broken on node-7")),
        ("can someone look", of(reason="can someone look")),  # not `cancelled`
        ("status:resolved", of(status="resolved")),
    ],
)
def test_changing_the_status(line: str, expected: Expected):
    assert values(line, CHANGE_STATUS) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1", of(severity="SEV1")),
        ("sev2", of(severity="SEV2")),
        ("to sev2", of(severity="SEV2")),
        ("2 more regions affected", of(severity="SEV2", reason="more regions affected")),
        ("7 regions, sev1", of(severity="SEV1", reason="7 regions")),
        ("INC-42 3", of(incident=42, severity="SEV3")),
        ('2 "3 regions"', of(severity="SEV2", reason="3 regions")),
        ("sev2 now 3 of 5", of(severity="SEV2", reason="now 3 of 5")),
    ],
)
def test_changing_the_severity(line: str, expected: Expected):
    assert values(line, CHANGE_SEVERITY) == expected


@pytest.mark.parametrize(
    ("parameters", "line", "expected"),
    [
        (TAKE_LEAD, "me", of(person="U1")),
        (TAKE_LEAD, "<@U7|bob>", of(person="U7")),
        (TAKE_LEAD, "@bob INC-42", of(person="@bob", incident=42)),
        (TAKE_LEAD, "to @bob.smith", of(person="@bob.smith")),
        (TAKE_LEAD, "", of()),
        (EVIDENCE, "checkout", of(service="checkout-api")),
        (EVIDENCE, "sess", of(service="session-validation")),
        (EVIDENCE, "for the checkout-api since 14:02", of(service="checkout-api", at="13:02")),
        (EVIDENCE, "-30m payments gateway", of(service="Payments Gateway", at="12:52")),
        (EVIDENCE, "incident 42, service checkout", of(service="checkout-api", incident=42)),
        (LOGS, "checkout-api timeout", of(service="checkout-api", query="timeout")),
        (LOGS, "timeout on checkout-api -30m",
         of(service="checkout-api", at="12:52", query="timeout")),
        (LOGS, '"timeout on checkout-api"', of(query="timeout on checkout-api")),
        (RESOLVE, "fixed", of(closure="fixed")),
        (RESOLVE, "false alarm", of(closure="false-alarm")),
        (RESOLVE, "False-Alarm probe was broken",
         of(closure="false-alarm", reason="probe was broken")),
        (RESOLVE, "rolled back v2.14, fixed", of(closure="fixed", reason="rolled back v2.14")),
        (RESOLVE, "closure=rec", of(closure="self-recovered")),
        (REDACT, "#12 a password", of(entry=12, reason="a password")),
        (REDACT, "12 a password", of(entry=12, reason="a password")),
        (REDACT, "entry 12 a password INC-42", of(entry=12, incident=42, reason="a password")),
        (REDACT, "12 #42 a password", of(entry=12, incident=42, reason="a password")),
        ((PEOPLE,), "@ann, <@U7|bob> and me", of(people=("@ann", "U7", "U1"))),
        ((PEOPLE, REASON), "people=@ann need eyes @bob",
         of(people=("@ann", "@bob"), reason="need eyes")),
        ((TITLE, REASON), '"login fails" "since the deploy"',
         of(title="login fails", reason="since the deploy")),
        ((TITLE, REASON), "login fails reason=since the deploy",
         of(title="login fails", reason="since the deploy")),
        ((TITLE, REASON), 'reason="a deploy" login fails',
         of(title="login fails", reason="a deploy")),
        ((TITLE, REASON), 'users see "login fails"', of(title='users see "login fails"')),
    ],
)  # fmt: skip
def test_other_verbs(parameters: tuple[()], line: str, expected: Expected):
    assert values(line, parameters) == expected


def test_only_the_edges_of_a_long_line_are_looked_at():
    """A line of thousands of words is read in a moment, its values where people put them."""
    prose = " ".join(["login fails at 14:02"] * 2_000)
    found = values(f"sev2 {prose}, INC-42", (*DECLARE, NOTE[-1]))
    assert found == {"severity": "SEV2", "incident": 42, "title": prose}
    assert read("14:02 " * 2_000, EVIDENCE).problems


def test_it_says_how_times_and_doubtful_words_were_taken():
    assert read("14:02 rolled back", NOTE).said == (
        "14:02 in Europe/Berlin on Mon 23 Nov 2026 (13:02 UTC)",
    )
    assert read("next update at 14:30", NOTE).said == (
        "`14:30` was left in the text: say `at=14:30` if it is more than that.",
    )
    assert "is in the future" in read("cert expires 2027-01-01 00:00", NOTE).said[0]
