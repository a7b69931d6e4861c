"""Which web addresses are refused, in whatever way the host is spelled."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.web_addresses import is_public, why_refused

PRIVATE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"]  # fmt: skip


def spellings(address: str) -> list[str]:
    """The ways in which resolvers and browsers read an IPv4 address."""
    number = int(ip_address(address))
    a, b, c, d = address.split(".")
    return [
        address, f"{address}.", str(number), hex(number), oct(number).replace("o", ""), f"{a}.{b}.{int(c) * 256 + int(d)}",
        f"{a}.{number % 2**24}", ".".join(f"0{int(part):o}" for part in (a, b, c, d)),
        ".".join(hex(int(part)) for part in (a, b, c, d)), f"0X{int(a):X}.{b}.0{int(c):o}.{d}",
        address.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}), address.replace(".", "\u3002"),
        f"[::ffff:{address}]", f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]", f"[0:0:0:0:0:FFFF:{address}]", f"[::{address}]",
        f"[64:ff9b::{address}]", f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
    ]  # fmt: skip


@pytest.mark.parametrize("host", [spelled for address in PRIVATE for spelled in spellings(address)])
def test_private_addresses_are_refused_however_they_are_spelled(host: str) -> None:
    for url in (f"https://{host}/", f"https://{host}:8443/x", f"HTTPS://{host}?a=b", f"https://{host}"):
        assert why_refused(url) is not None, url


@pytest.mark.parametrize(
    "host", [host for host in spellings("93.184.216.34")[:-1] if host != "[::93.184.216.34]"]
)
def test_public_addresses_may_be_spelled_so_too(host: str) -> None:
    assert why_refused(f"https://{host}/") is None


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org", "//example.org", "/hook", "https:example.org", "https:/example.org", "https://", "https:///", "ftp://example.org/",
        "http://example.org/", "javascript:alert(1)", "file:///etc/passwd", "https://localhost/", "https://LOCALHOST./", "https://a.localhost/",
        "https://redis/", "https://metadata.google.internal/", "https://printer.local", "https://db.corp/", "https://x.home.arpa/",
        "https://[::1]/", "https://[fd00:ec2::254]/", "https://[fe80::1%25eth0]/", "https://[64:ff9b:1::1]/", "https://[::1", "https://[]/",
        "https://user@example.org/", "https://user:pw@example.org/", "https://example.org@127.0.0.1/", "https://127.0.0.1\\@example.org/",
        "https://example.org\\@127.0.0.1/", "https://127.0.0.1%2f@example.org", "https://%31%32%37.0.0.1/", "https://127.0.0.1\t/",
        "https://exa mple.org/", "https://exam\tple.org/", "https://example.org/\r\nHost: a", "https://1.2.3.4.5/", "https://256.1.1.1/", "https://1.2.3.08/",
        "https://example.org:99999/", "https://example.org:0/", "https://example.org:x/", "https://a..b/", "https://-/", "https://127.1/",
        "https://{{ }.example.org/", "https://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/", "https://0/", "https://0x/",
    ],
)  # fmt: skip
def test_what_is_refused(url: str) -> None:
    assert why_refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org", "https://example.org./", "HTTPS://Example.ORG:443/a?b=c#d", "https://hooks.example/a b@c\\d", "https://bücher.example/",
        "https://xn--bcher-kva.example/", "https://a_b.example.org/", "https://8.8.8.8/", "https://[2606:4700:4700::1111]/", "https://example.org:/",
        "https://local.example.org/", "https://127.0.0.1.example.org/", "https://localhost.example.org/",
    ],
)  # fmt: skip
def test_what_is_fine(url: str) -> None:
    assert why_refused(url) is None


@given(st.ip_addresses())
def test_a_url_is_refused_exactly_where_its_address_is_not_public(address: object) -> None:
    host = f"[{address}]" if ":" in str(address) else str(address)
    assert (why_refused(f"https://{host}/") is None) is is_public(ip_address(str(address)))


@given(st.text() | st.text("htps:/@[]%.0x1\\?#").map(lambda tail: "https://" + tail))
def test_any_text_gets_an_answer(url: str) -> None:
    assert why_refused(url) is None or why_refused(url)
