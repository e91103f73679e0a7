"""The draft of opsbot.yaml: whatever the names are, it is read back as it was meant."""

from __future__ import annotations

from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from opsbot.app.draft.document import Answers, Telemetry, document, scalar
from opsbot.app.draft.services import Drafted
from opsbot.app.names_seen import usable
from opsbot.catalog import find_integration, integration_names
from opsbot.config import ConfigInvalid, Settings, Weight, check, parse
from opsbot.sandbox.stage import secrets

FILE = Path("opsbot.yaml")
WHOLE = Answers(
    digest="C0EXAMPLE01", ops="C0EXAMPLE02", from_email="opsbot@example.com",
    pagerduty_api="https://api.eu.pagerduty.com",
    prometheus=Telemetry(url="http://prometheus.example.com:9090", label="service"),
    loki=Telemetry(url="http://loki.example.com:3100", label="app"),
    tempo=Telemetry(url="http://tempo.example.com:3200"), github=True,
)  # fmt: skip


def _read(text: str) -> Settings:
    return parse(text, FILE, secrets(), find_integration, integration_names())


def test_every_answer_stands_in_the_file() -> None:
    settings = _read(document(WHOLE))
    assert (settings.slack.channels.digest, settings.slack.channels.ops) == (
        "C0EXAMPLE01", "C0EXAMPLE02",
    )  # fmt: skip
    assert [known.name for known in settings.integrations] == [
        "pagerduty", "prometheus", "loki", "tempo", "github",
    ]  # fmt: skip
    held = {known.name: known.settings.model_dump() for known in settings.integrations}
    assert held["pagerduty"]["api_url"] == "https://api.eu.pagerduty.com"
    assert held["loki"]["service_label"] == "app"


def test_a_draft_with_everything_has_no_errors() -> None:
    found = check(_read(document(WHOLE, (Drafted(name="a", pagerduty_id="P1"),))))
    assert [one for one in found if one.weight is Weight.ERROR] == []


def test_nothing_answered_is_still_a_file_and_says_what_lacks() -> None:
    text = document(Answers())
    assert "# unsure: write the channel's id" in text
    errors = [one.key for one in check(_read(text)) if one.weight is Weight.ERROR]
    assert errors == ["slack.digest_channel"]


def test_doubts_stand_behind_what_they_doubt() -> None:
    service = Drafted(
        name="cart-api", pagerduty_id="P1", selectors={"loki": "cart"},
        doubts={"pagerduty_id": "PagerDuty calls it 'Cart'", "loki": "the names are only alike"},
    )  # fmt: skip
    text = document(Answers(), (service,))
    assert "    pagerduty_id: P1 # unsure: PagerDuty calls it 'Cart'\n" in text
    assert "      loki: cart # unsure: the names are only alike\n" in text


def test_words_that_yaml_would_read_as_something_else_are_quoted() -> None:
    for word in ("no", "Null", "true", "1234", "1e3", "a: b", "x #y", "- z", "*a", "", "~"):
        assert scalar(word).startswith('"'), word
    for word in ("cart-api", "PXK7IKV", "acorn-rye/cart", "payment.v2"):
        assert scalar(word) == word


_NAMES = st.text(min_size=1, max_size=80)


@given(st.lists(_NAMES, max_size=8), _NAMES)
def test_any_name_is_read_back_as_itself(names: list[str], doubt: str) -> None:
    """Names come from PagerDuty and from telemetry, and anybody may have written them."""
    fit = usable(tuple(names))
    services = [
        Drafted(
            name=name, owner=name, selectors={"loki": name}, depends_on=[fit[0]],
            doubts={"name": doubt, "loki": doubt},
        )
        for name in fit
    ]  # fmt: skip
    settings = _read(document(WHOLE, services))
    catalogue = settings.catalogue.services
    assert {service.name for service in catalogue} == set(fit)
    assert all(dict(service.selectors) == {"loki": service.name} for service in catalogue)
    assert all(service.owner == service.name for service in catalogue)


def _mistakes(text: str) -> set[str]:
    try:
        _read(text)
    except ConfigInvalid as invalid:
        return {problem.key for problem in invalid.problems}
    return set()


@given(st.text(min_size=1, max_size=60))
def test_an_answer_is_never_more_than_a_value(answer: str) -> None:
    """Somebody types `#incidents`, or pastes two lines: neither is a comment or a new key."""
    text = document(Answers(digest=answer, from_email=answer))
    assert _mistakes(text) <= {"slack.digest_channel"}
    written = yaml.safe_load(text)
    assert written.keys() == {"mode", "slack", "integrations"}
    assert written["slack"].keys() == {"digest_channel", "ops_channel"}
    assert isinstance(written["slack"]["digest_channel"], str)
