"""Web addresses that customers choose: https, and a host out on the internet, in whatever way the host is spelled.

Pure: names are not resolved here. Whoever opens a connection checks the addresses that a name resolves to with `is_public`.
"""

import re
import unicodedata
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/*([^/?#]*)(.*)", re.DOTALL)
_PORT = re.compile(r":([0-9]*)$", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LABEL = re.compile(r"[\w-]{1,63}")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.ASCII)
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
# Names that no public name server answers for.
_PRIVATE_NAMES = (
    "localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa",
)  # fmt: skip
# Addresses that stand for an IPv4 address, whose own reach counts: its last 32 bits.
_WRAPPING: tuple[IPv6Network, ...] = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"))
_LOCAL: tuple[IPv4Network | IPv6Network, ...] = (ip_network("64:ff9b:1::/48"), ip_network("fec0::/10"))


def why_refused(url: str) -> str | None:
    """One sentence on why nothing is sent to this URL; None where its form and host are fine."""
    read = _URL.fullmatch(url)
    if read is None or _CONTROL.search(url) or not url[len(read[1]) :].startswith("://"):
        return "It is no URL, which begins with https:// and holds no line breaks."
    if read[1].lower() != "https":
        return f"Its scheme is {read[1][:20]}; only https is used."
    return _why_authority_refused(read[2])


def is_public(address: Address) -> bool:
    """Whether an address is out on the internet: not private, local, reserved, for many, or one of these wrapped in IPv6."""
    if not address.is_global or address.is_multicast or any(address in network for network in _LOCAL):
        return False
    inner = _wrapped(address) if isinstance(address, IPv6Address) else None
    return inner is None or is_public(inner)


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if any(address in network for network in _WRAPPING):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _why_authority_refused(authority: str) -> str | None:
    if "@" in authority:
        return "A name or password stands before its host; send it as a header."
    host = _PORT.sub("", authority)
    port = authority[len(host) + 1 :]
    if port and not 0 < int(port[:6]) < 65_536:
        return f"{port[:20]} is no port."
    if host.startswith("["):
        address = _read_ipv6(host)
        return _unreadable(host) if address is None else _why_address_refused(address, host)
    return _why_host_refused(host)


def _why_host_refused(host: str) -> str | None:
    name = unicodedata.normalize("NFKC", host.translate(_DOTS)).lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return _unreadable(host)
    if _NUMBER.fullmatch(labels[-1]):
        address = _read_ipv4(labels)
        return _unreadable(host) if address is None else _why_address_refused(address, host)
    if len(labels) == 1 or name.endswith(tuple(f".{private}" for private in _PRIVATE_NAMES)):
        return f"{host[:80]!r} is no host out on the internet."
    return None


def _unreadable(host: str) -> str:
    return f"{host[:80]!r} is no name of a host."


def _why_address_refused(address: Address, host: str) -> str | None:
    if is_public(address):
        return None
    spelled = "" if str(address) == host.strip("[]") else f" ({address})"
    return f"{host[:80]}{spelled} is a private, local or reserved address."


def _read_ipv6(host: str) -> IPv6Address | None:
    try:
        return IPv6Address(host[1:-1]) if host.endswith("]") and "%" not in host else None
    except ValueError:
        return None


def _read_ipv4(labels: list[str]) -> IPv4Address | None:
    """As browsers and the C library read it: one to four numbers, decimal, octal or hexadecimal, the last for all that is left."""
    numbers = [_read_number(label) for label in labels]
    if len(numbers) > 4 or any(number is None for number in numbers):
        return None
    *leading, last = [number for number in numbers if number is not None]
    if any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):
        return None
    return IPv4Address(last + sum(number << 8 * (3 - place) for place, number in enumerate(leading)))


def _read_number(label: str) -> int | None:
    if len(label) > 20 or _NUMBER.fullmatch(label) is None:
        return None
    try:
        if label.startswith("0x"):
            return int(label[2:] or "0", 16)
        return int(label, 8 if label.startswith("0") else 10)
    except ValueError:
        return None
