"""Who is behind the proxies: never what a client says of itself."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.people.client_addresses import client_address, parse_proxies, site

PROXIES = parse_proxies("127.0.0.1, 10.0.0.0/8,2001:db8:1::/48")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.1"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        ("127.0.0.1", ["8.8.8.8, 203.0.113.1"], "203.0.113.1"),
        ("127.0.0.1", ["8.8.8.8", "203.0.113.1"], "203.0.113.1"),
        ("127.0.0.1", ["127.0.0.1, 203.0.113.1,10.1.2.3"], "203.0.113.1"),
        ("10.0.0.1", ["203.0.113.1:4711"], "203.0.113.1"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("2001:db8:1::5", ["::ffff:203.0.113.1"], "203.0.113.1"),
        ("::ffff:127.0.0.1", ["203.0.113.1"], "203.0.113.1"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("127.0.0.1", [], None),
        ("127.0.0.1", ["10.0.0.1"], None),
        ("127.0.0.1", ["203.0.113.1, unknown"], None),
        ("127.0.0.1", ["203.0.113.1,"], None),
        ("", ["203.0.113.1"], None),
    ],
)
def test_the_client_is_the_first_from_the_end_that_is_no_proxy(
    peer: str, forwarded: list[str], client: str | None
) -> None:
    found = client_address(peer, forwarded, PROXIES)
    assert found == (None if client is None else ipaddress.ip_address(client))


@given(invented=st.lists(st.text(max_size=20), max_size=5))
def test_nothing_that_a_client_invents_changes_its_address(invented: list[str]) -> None:
    through_nginx = [*invented[:-1], ", ".join([*invented[-1:], "203.0.113.1"])]
    assert str(client_address("127.0.0.1", through_nginx, PROXIES)) == "203.0.113.1"
    assert str(client_address("203.0.113.1", invented, PROXIES)) == "203.0.113.1"


def test_without_proxies_whoever_connects_is_the_client() -> None:
    assert str(client_address("127.0.0.1", ["203.0.113.1"], parse_proxies("none"))) == "127.0.0.1"


@pytest.mark.parametrize("text", ["", "localhost", "1", "10.0.0.0/33", "127.0.0.1;10.0.0.1", "none,127.0.0.1"])
def test_what_names_no_proxies_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_proxies(text)


@pytest.mark.parametrize(
    ("address", "counted"),
    [("203.0.113.1", "203.0.113.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")],
)
def test_what_one_customer_of_a_provider_has_is_counted_as_one(address: str, counted: str) -> None:
    assert site(ipaddress.ip_address(address)) == counted
