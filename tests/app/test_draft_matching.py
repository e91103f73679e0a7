"""Which names mean one service, and what the catalogue's first draft makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.app.draft.matching import Match, Names, tokens
from opsbot.app.draft.services import Drafted, drafted_services
from opsbot.integrations.pagerduty.account import PagedService

KNOWN = ("checkout-api", "cart-api", "auth-api", "order-history", "payment_gateway", "searchd")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("checkout-api", Match(name="checkout-api", sure=True)),
        ("Checkout API", Match(name="checkout-api", sure=True)),
        ("CheckoutApi (production)", Match(name="checkout-api", sure=True)),
        ("checkoutapi", Match(name="checkout-api", sure=True)),  # the same letters
        ("History: Order service", Match(name="order-history", sure=True)),  # in any order
        ("payment-gateway-svc", Match(name="payment_gateway", sure=True)),
        ("checkout", Match(name="checkout-api", sure=False)),  # a guess
        ("payments gateway", Match(name="payment_gateway", sure=False)),
        ("api", None),  # three are as near
        ("billing", None),
        ("", None),
        ("---", None),
    ],
)
def test_a_name_is_matched_surely_or_by_guess_or_not_at_all(
    name: str, expected: Match | None
) -> None:
    assert Names(KNOWN).match(name) == expected


def test_two_that_are_equal_but_for_order_are_not_sure() -> None:
    names = Names(["web-shop", "shop-web"])
    assert names.match("Shop Web") == Match(name="shop-web", sure=True)  # the same letters
    assert names.match("Shop (prod) Web") is None
    assert names.match("web-shop") == Match(name="web-shop", sure=True)


@given(st.lists(st.text(max_size=30), max_size=20), st.text(max_size=30))
def test_matching_takes_any_text_and_answers_a_name_it_was_given(
    names: list[str], name: str
) -> None:
    match = Names(names).match(name)
    assert match is None or match.name in names
    assert list(tokens(name)) == sorted(tokens(name))


def _paged(*names: str) -> list[PagedService]:
    return [PagedService(id=f"P{n}", name=name, team="t") for n, name in enumerate(names)]


def _by_name(services: tuple[Drafted, ...]) -> dict[str, Drafted]:
    return {service.name: service for service in services}


def test_pagerdutys_services_are_joined_to_what_traces_call_them() -> None:
    drafted = _by_name(
        drafted_services(_paged("Checkout API", "cart"), {"tempo": ("cart-api", "checkout-api")})
    )
    assert drafted.keys() == {"cart-api", "checkout-api"}
    sure, guess = drafted["checkout-api"], drafted["cart-api"]
    assert (sure.pagerduty_id, sure.owner, sure.unsure) == ("P0", "t", False)
    assert (guess.pagerduty_id, guess.doubts) == (
        "P1",
        {"pagerduty_id": "PagerDuty calls it 'cart'"},
    )


def test_a_paged_service_that_nothing_knows_stands_alone_and_unsure() -> None:
    (only,) = drafted_services(_paged("Office network"), {"tempo": ()})
    assert (only.name, only.pagerduty_id) == ("Office network", "P0")
    assert only.doubts == {"name": "no trace or metric carries this name"}


def test_of_two_paged_services_that_look_like_one_the_surer_gets_it() -> None:
    drafted = _by_name(
        drafted_services(_paged("checkout-api low", "Checkout API"), {"tempo": ("checkout-api",)})
    )
    assert drafted["checkout-api"].pagerduty_id == "P1"
    assert drafted["checkout-api low"].doubts["name"].startswith("checkout-api is like it")


def test_what_a_source_calls_a_service_becomes_its_selector() -> None:
    seen = {"tempo": ("checkout-api", "cart-api"), "prometheus": ("checkout-api", "CartApi"),
            "loki": ("checkout",)}  # fmt: skip
    drafted = _by_name(drafted_services([], seen))
    assert drafted["checkout-api"].selectors == {"loki": "checkout"}
    assert drafted["checkout-api"].doubts == {"loki": "the names are only alike"}
    assert (drafted["cart-api"].selectors, drafted["cart-api"].unsure) == (
        {"prometheus": "CartApi"}, False,
    )  # fmt: skip


def test_a_name_that_is_only_alike_stays_a_service_of_its_own_where_the_other_is_known() -> None:
    """`checkout` and `checkout-api` side by side in one source are two services."""
    seen = {"tempo": ("checkout-api",), "prometheus": ("checkout", "checkout-api")}
    assert _by_name(drafted_services([], seen)).keys() == {"checkout", "checkout-api"}


def test_what_only_logs_know_is_no_service_unless_there_is_nothing_else() -> None:
    assert drafted_services([], {"tempo": ("a",), "loki": ("a", "systemd")}) == (Drafted(name="a"),)
    assert [s.name for s in drafted_services([], {"loki": ("b", "a")})] == ["a", "b"]


def test_calls_become_dependencies_between_services_that_are_known() -> None:
    seen = {"tempo": ("a-api", "b-api"), "prometheus": ("a-api", "BApi")}
    calls = [("a-api", "BApi"), ("a-api", "elsewhere"), ("BApi", "BApi"), ("a-api", "b-api")]
    drafted = _by_name(drafted_services([], seen, calls))
    assert drafted["a-api"].depends_on == ["b-api"]
    assert drafted["b-api"].depends_on == []
