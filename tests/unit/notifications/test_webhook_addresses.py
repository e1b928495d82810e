"""Nothing inside is ever connected to, however its address is written."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.addresses import UrlPolicy, check_url, is_public
from services.notifications.domain.errors import UrlRefused

STRICT = UrlPolicy()
DEVELOPMENT = UrlPolicy(allow_http=True, allow_any_port=True, allow_loopback=True)

INSIDE = [
    "0.0.0.0",  # noqa: S104 - an address that must be refused
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.0.1",
    "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1",
    "64:ff9b:1::a00:1", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1", "2001:20::1", "2001:2::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::1", "2002:a9fe:a9fe::1",
    "2002:808:808::1", "3fff::1", "3ffe::1:0:0:1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fec0::1", "feff::1", "ff02::1", "ff0e::1", "2620:4f:8000::1",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "2606:4700::1111",
    "2a00:1450:4001:80b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]
TRICKS = [
    "http://ops.example.com/", "ftp://ops.example.com/", "file:///etc/passwd", "gopher://ops.example.com/",
    "https:///hook", "https://", "ops.example.com", "//ops.example.com", "https:ops.example.com",
    "https://user@ops.example.com/", "https://user:password@ops.example.com/", "https://ops.example.com@127.0.0.1/",
    "https://127.0.0.1@ops.example.com/", "https://@ops.example.com/", "https://ops.example.com#@127.0.0.1/",
    "https://ops.example.com\\@127.0.0.1/", "https://ops.example.com\\.evil.example/", "https://ops.example.com /",
    "https://ops.example.com\t.evil.example/", "https://ops.example.com\r\nHost: inside/", "https://ops.example.com\x00/",
    "https://ops.example.com:80/", "https://ops.example.com:22/", "https://ops.example.com:6379/",
    "https://ops.example.com:0/", "https://ops.example.com:99999/", "https://ops.example.com:-1/",
    "https://ops.example.com:443:443/", "https://ops.example.com:44\uff13/",
    "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://ops.localhost/", "https://printer.local/",
    "https://metadata.google.internal/", "https://intranet/", "https://db/", "https://router.home/",
    "https://1.0.0.127.in-addr.arpa/", "https://hidden.onion/", "https://localhost.localdomain/",
    "https://2130706433/", "https://0x7f000001/", "https://0x7f.0x0.0x0.0x1/", "https://0177.0.0.1/", "https://127.1/",
    "https://127.0.1/", "https://0/", "https://0x0/", "https://017700000001/", "https://1.2.3.0x7f/", "https://8.8.8.08/",
    "https://127.0.0.1/", "https://127.0.0.1./", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[64:ff9b::127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/",
    "https://[2606:4700::1111%25lo]/", "https://[::1/", "https://::1/", "https://[127.0.0.1]/", "https://[v1.x]/",
    "https://\uff11\uff12\uff17.0.0.1/", "https://①②⑦.0.0.1/", "https://ⓛocalhost/", "https://127。0。0。1/", "https://loca\u00adlhost/",
    "https://-ops.example.com-/", "https://ops..example.com/", "https://.example.com/", "https://example.com./",
    "https://" + "a" * 64 + ".example.com/", "https://" + "a." * 130 + "example.com/",
    "https://ops.example.com/" + "a" * 2000,
    "https://exa mple.com/", "https://ops%2eexample%2ecom/", "https://%31%32%37.0.0.1/", "https://ops.example.com/#fragment",
    "javascript:alert(1)", "",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_not_public(address: str) -> None:
    """Private, reserved, multicast and every IPv6 form that leads to one of them."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_open_addresses_are_public(address: str) -> None:
    """The rule is not just a refusal of everything."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", INSIDE)
def test_urls_with_inside_addresses_are_refused(address: str) -> None:
    """A bare address is checked like a resolved one."""
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(UrlRefused):
        check_url(f"https://{host}/hook", STRICT)


@pytest.mark.parametrize("url", TRICKS)
def test_tricks_are_refused(url: str) -> None:
    """Each of these has fooled somebody's check."""
    with pytest.raises(UrlRefused):
        check_url(url, STRICT)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://ops.lucky.example/hook?x=1", ("ops.lucky.example", 443)),
        ("https://OPS.lucky.example:8443/", ("ops.lucky.example", 8443)),
        ("https://xn--bcher-kva.example/", ("xn--bcher-kva.example", 443)),
        ("https://8.8.8.8/", ("8.8.8.8", 443)),
        ("https://[2606:4700::1111]:443/", ("2606:4700::1111", 443)),
        ("https://my_host.example.com/", ("my_host.example.com", 443)),
    ],
)
def test_ordinary_urls_pass(url: str, target: tuple[str, int]) -> None:
    """What operators really use."""
    assert check_url(url, STRICT) == target


def test_operators_may_open_more_ports() -> None:
    """The list is a setting."""
    assert check_url("https://ops.example.com:9443/", UrlPolicy(ports=frozenset({9443}))).port == 9443


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000/hook", "http://localhost:5000/", "http://[::1]:5000/"])
def test_development_may_reach_this_machine(url: str) -> None:
    """Loopback is opened by a flag of its own."""
    check_url(url, DEVELOPMENT)
    with pytest.raises(UrlRefused):
        check_url(url, UrlPolicy(allow_http=True, allow_any_port=True))


@pytest.mark.parametrize("address", [a for a in INSIDE if not ip_address(a).is_loopback])
def test_development_opens_nothing_but_loopback(address: str) -> None:
    """A developer's machine may stand in an office network."""
    assert not DEVELOPMENT.admits(ip_address(address)) or "127.0.0.1" in address


@given(url=st.text(max_size=80))
def test_any_text_is_a_target_or_refused(url: str) -> None:
    """No text breaks the check, and what passes has a clean host."""
    try:
        target = check_url("https://" + url, STRICT)
    except UrlRefused:
        return
    assert target.host.isascii()
    assert target.port in STRICT.ports
