"""Guarded HTTP: no private or metadata address after resolution and after each redirect, pinned to the address checked."""

import ipaddress
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]

MAX_BYTES = 1_000_000
MAX_REDIRECTS = 3
MAX_SECONDS = 300.0
CONNECT_SECONDS = 10.0
# An IPv6 address that stands for an IPv4 address behind a translator.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_TRANSLATED = ipaddress.ip_network("64:ff9b:1::/48")
_NONE_KEPT = httpx.Limits(max_connections=None, max_keepalive_connections=0)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEPT_ELSEWHERE = frozenset({"accept", "accept-encoding", "content-type", "user-agent"})


class EgressRefused(Exception):
    """The request may not be made; nothing was sent to the address it names."""


class NotConnected(Exception):
    """No connection came about; nothing was sent."""


class Interrupted(Exception):
    """The answer did not come whole: it may have been acted on."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. `seconds` bounds the whole exchange, redirects included."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: at most MAX_BYTES of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system finds them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, whatever it is dressed up as."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _TRANSLATED or address in _LOCAL_TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@dataclass(frozen=True, slots=True)
class Egress:
    """`allowed` are networks that may be reached although they are private, without TLS too."""

    allowed: tuple[Network, ...] = ()
    resolve: Resolve = resolve
    # One for all threads: to read the authorities' certificates takes longer than a request. A bare transport keeps no
    # cookies and asks no proxy of the environment, which would make the checked address meaningless; and no connection
    # is kept, as one that was verified for a name must not serve another name at the same address.
    transport: httpx.BaseTransport = field(
        default_factory=lambda: httpx.HTTPTransport(trust_env=False, limits=_NONE_KEPT), repr=False
    )

    def send(self, request: Request) -> Response:
        """Send it and follow redirects. Raises EgressRefused, NotConnected and Interrupted."""
        deadline = time.monotonic() + min(request.seconds, MAX_SECONDS)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._once(request, deadline)
            onward = _onward(request, response)
            if onward is None:
                return response
            request = onward
        raise EgressRefused(f"It redirects more than {MAX_REDIRECTS} times (MAX_REDIRECTS).")

    def _once(self, request: Request, deadline: float) -> Response:
        url = _url(request.url)
        address = self._address(url)
        pinned = url.copy_with(host=str(address))
        left = max(0.05, deadline - time.monotonic())
        bounds = httpx.Timeout(left, connect=min(left, CONNECT_SECONDS))
        sent = httpx.Request(
            request.method,
            pinned,
            headers={**request.headers, "host": url.netloc.decode("ascii")},
            content=request.body,
            extensions={"sni_hostname": url.host, "timeout": bounds.as_dict()},
        )
        try:
            with closing(self.transport.handle_request(sent)) as response:
                return Response(response.status_code, dict(response.headers), _read(response, deadline))
        except (httpx.ConnectError, httpx.ConnectTimeout) as cause:
            raise NotConnected(f"No connection to {url.host}: {cause}.") from cause
        except httpx.TimeoutException as cause:
            raise Interrupted(f"{url.host} did not answer in time.") from cause
        except (httpx.HTTPError, httpx.StreamError, ValueError) as cause:
            raise Interrupted(f"The exchange with {url.host} broke off: {type(cause).__name__}.") from cause

    def _address(self, url: httpx.URL) -> Address:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = [ipaddress.ip_address(text.partition("%")[0]) for text in self.resolve(url.host, port)]
        except (OSError, ValueError) as cause:
            raise NotConnected(f"The name {url.host} is not found.") from cause
        # All of them: a name with a public and a private address would reach either, as it happens.
        refused = [address for address in found if not (is_public(address) or self._is_allowed(address))]
        if refused or not found:
            raise EgressRefused(f"{url.host} leads to an address that is not public.")
        if url.scheme != "https" and not self._is_allowed(found[0]):
            raise EgressRefused("Only https is sent to.")
        return found[0]

    def _is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self.allowed)


def _url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, TypeError) as cause:
        raise EgressRefused("The URL cannot be read.") from cause
    if url.scheme not in ("https", "http") or not url.host:
        raise EgressRefused("The URL is not one of https.")
    if url.userinfo:
        raise EgressRefused("The URL holds a user or password; send them as a header.")
    return url


def _onward(request: Request, response: Response) -> Request | None:
    target = response.headers.get("location")
    if response.status not in _REDIRECTS or not target:
        return None
    here = _url(request.url)
    try:
        there = here.join(target)
    except (httpx.InvalidURL, ValueError) as cause:
        raise EgressRefused("It redirects to a URL that cannot be read.") from cause
    same = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
    headers = {k: v for k, v in request.headers.items() if same or k.lower() in _KEPT_ELSEWHERE}
    becomes_get = response.status == 303 or (response.status in (301, 302) and request.method == "POST")
    if becomes_get and request.method != "HEAD":
        headers = {k: v for k, v in headers.items() if k.lower() != "content-type"}
        return Request("GET", str(there), headers, None, request.seconds)
    return Request(request.method, str(there), headers, request.body, request.seconds)


def _read(response: Any, deadline: float) -> bytes:
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) >= MAX_BYTES:
            return bytes(body[:MAX_BYTES])
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the whole exchange took too long")
    return bytes(body)
