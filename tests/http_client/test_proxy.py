"""Which proxy a URL goes through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.http_client import proxy_for

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("https://api.example.com/x", {}, None),
        ("https://api.example.com/x", {"HTTPS_PROXY": PROXY}, PROXY),
        ("http://api.example.com/x", {"HTTPS_PROXY": PROXY}, None),  # each scheme has its own
        ("http://api.example.com/x", {"HTTP_PROXY": PROXY}, PROXY),
        ("https://a.example/", {"https_proxy": PROXY, "HTTPS_PROXY": "http://no"}, PROXY),
        ("https://a.example/", {"ALL_PROXY": PROXY}, PROXY),
        ("https://a.example/", {"HTTPS_PROXY": "proxy.example:3128"}, PROXY),  # scheme left out
        ("https://a.example/", {"HTTPS_PROXY": ""}, None),
        ("http://localhost:9090/", {"HTTP_PROXY": PROXY}, None),
        ("http://app.localhost/", {"HTTP_PROXY": PROXY}, None),
        ("http://127.9.9.9:1/", {"HTTP_PROXY": PROXY}, None),  # all of 127/8 is loopback
        ("http://[::1]:9090/", {"HTTP_PROXY": PROXY}, None),
        ("http://[::ffff:127.0.0.1]/", {"HTTP_PROXY": PROXY}, None),  # the same in IPv6 dress
        ("http://0.0.0.0:9090/", {"HTTP_PROXY": PROXY}, None),
    ],
)
def test_a_proxy_is_chosen_by_scheme_and_never_for_this_machine(
    url: str, environ: dict[str, str], expected: str | None
) -> None:
    """Lower-case variables win; loopback never leaves the machine."""
    assert proxy_for(url, environ) == expected


@pytest.mark.parametrize(
    ("host", "no_proxy", "direct"),
    [
        ("api.example.com", "*", True),
        ("api.example.com", "example.com", True),
        ("api.example.com", ".example.com", True),
        ("api.example.com", "*.example.com", True),
        ("example.com", ".example.com", True),
        ("badexample.com", "example.com", False),  # a suffix of letters is not a subdomain
        ("api.example.com", "EXAMPLE.com , other", True),
        ("api.example.com", "example.com:443", True),
        ("api.example.com", "example.com:8443", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3:443", True),
        ("10.1.2.3", "1.2.3", False),
        ("[2001:db8::1]", "2001:db8::/32", True),
        ("[2001:db8::1]", "[2001:db8::1]:443", True),
        ("api.example.com", ",,", False),
    ],
)
def test_no_proxy_names_hosts_domains_and_networks(host: str, no_proxy: str, direct: bool) -> None:
    """NO_PROXY entries match whole labels, networks, and a port when one is given."""
    found = proxy_for(f"https://{host}/", {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy})
    assert (found is None) is direct


def test_a_socks_proxy_is_refused_in_words() -> None:
    """A proxy we cannot speak to is an error, not a silent direct call."""
    with pytest.raises(ValueError, match="SOCKS proxies are not supported"):
        proxy_for("https://a.example/", {"HTTPS_PROXY": "socks5://u:secret@p.example"})


@given(st.text(max_size=40))
def test_any_no_proxy_text_is_survived(no_proxy: str) -> None:
    """An operator's typing mistake in NO_PROXY never breaks a call."""
    environ = {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}
    assert proxy_for("https://api.example.com/", environ) in (None, PROXY)
