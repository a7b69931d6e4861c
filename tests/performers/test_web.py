"""HTTP requests and webhooks over real sockets, and the guard on the way out."""

import hashlib
import hmac
import ipaddress
from typing import Any

import pytest
from web_sink import Web

from atlas_workflows.db.ports import free_port
from atlas_workflows.integrations.egress import (
    MAX_BYTES,
    Egress,
    EgressRefused,
    Interrupted,
    NotConnected,
    Request,
    is_public,
)
from atlas_workflows.performers.http_request import HttpRequest
from atlas_workflows.performers.send_webhook import SendWebhook
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Refused, Unclear

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
OPEN = Egress(LOOPBACK)


def call(web: Web, path: str = "/", **content: Any) -> Answer:
    effect = Dispatch("o", "e", "e/n/0", "http_request", 1, {"url": web.url + path, **content}, {})
    return HttpRequest(OPEN).perform(effect)


def test_a_request_goes_out_with_its_key_and_comes_back_as_json(web: Web) -> None:
    web.answers["/a?x=1&y=b+c"] = (201, {"content-type": "application/json"}, b'{"price": 1.10}')
    answer = call(
        web,
        "/a",
        method="POST",
        query={"x": 1, "y": "b c"},
        body={"n": 12345678901234567890123},
        headers={"X-My": "1"},
    )
    ((method, _, headers, body),) = web.seen
    assert (method, headers["idempotency-key"], headers["x-my"]) == ("POST", "e/n/0", "1")
    assert body == b'{"n":12345678901234567890123}'
    assert isinstance(answer, Performed)
    assert (answer.result["status"], str(answer.result["body"]["price"])) == (201, "1.10")


@pytest.mark.parametrize(
    ("status", "cause", "may_retry"),
    [(404, "rejected", False), (429, "rate_limit", True), (500, "provider", True), (408, "provider", True)],
)
def test_a_status_says_whether_to_try_again(web: Web, status: int, cause: str, may_retry: bool) -> None:
    web.answers["/"] = (status, {}, b"")
    answer = call(web)
    assert isinstance(answer, Refused)
    assert (answer.cause, answer.may_retry) == (cause, may_retry)
    assert isinstance(call(web, expect_status=[status]), Performed)


def test_a_hanging_post_is_unclear_and_a_hanging_get_is_tried_again(web: Web) -> None:
    assert isinstance(call(web, "/hang", method="POST", timeout_seconds=0.3), Unclear)
    answer = call(web, "/hang", timeout_seconds=0.3)
    assert isinstance(answer, Refused)
    assert answer.may_retry


def test_nothing_was_sent_where_nobody_listens() -> None:
    effect = Dispatch(
        "o", "e", "k", "http_request", 1, {"url": f"http://127.0.0.1:{free_port()}", "method": "POST"}, {}
    )
    answer = HttpRequest(OPEN).perform(effect)
    assert isinstance(answer, Refused)
    assert answer.cause == "connection"


@pytest.mark.parametrize("headers", [{"X": "a\r\nHost: b"}, {"X\r\nY": "a"}, {"X": 5}, {"X": "ü"}])
def test_a_header_carries_no_other_with_it(web: Web, headers: dict[str, Any]) -> None:
    answer = call(web, headers=headers)
    assert isinstance(answer, Refused)
    assert answer.cause == "data"
    assert web.seen == []


def test_a_webhook_is_signed_over_time_and_body(web: Web) -> None:
    content = {"url": web.url, "payload": {"a": 1}, "secret": "s3", "event": "lead"}
    effect = Dispatch("o", "e", "e/n", "send_webhook", 1, content, {})
    assert isinstance(SendWebhook(OPEN, clock=lambda: 1_700_000_000.7).perform(effect), Performed)
    ((_, _, headers, body),) = web.seen
    expected = hmac.new(b"s3", b"1700000000." + body, hashlib.sha256).hexdigest()
    assert headers["x-atlas-signature"] == f"sha256={expected}"
    assert (headers["x-atlas-timestamp"], headers["x-atlas-webhook-id"], headers["x-atlas-event"]) == (
        "1700000000",
        "e/n",
        "lead",
    )
    assert body == b'{"a":1}'


PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_none_of_the_public_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    guarded = Egress(resolve=lambda host, port: ["93.184.216.34", address])
    with pytest.raises(EgressRefused, match="not public"):
        guarded.send(Request("GET", "https://mixed.example.com/"))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_addresses_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "nonsense",
        "https://u:p@example.com",
        "http://[::1",
        "http://example.com",
    ],
)
def test_only_plain_https_urls_are_sent_to(url: str) -> None:
    with pytest.raises(EgressRefused):
        Egress(resolve=lambda host, port: ["93.184.216.34"]).send(Request("GET", url))


@pytest.mark.parametrize(
    "url", ["http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://localhost/"]
)
def test_other_spellings_of_loopback_are_found_out(url: str) -> None:
    with pytest.raises((EgressRefused, NotConnected)):
        Egress().send(Request("GET", url))


def test_a_redirect_is_checked_like_the_first_address(web: Web) -> None:
    names = {"front.example.com": "127.0.0.1", "inside.example.com": "10.0.0.7"}
    egress = Egress(LOOPBACK, resolve=lambda host, port: [names[host]])
    web.answers["/"] = (302, {"location": "http://inside.example.com/secret"}, b"")
    with pytest.raises(EgressRefused, match="inside"):
        egress.send(Request("GET", f"http://front.example.com:{web.port}/"))
    assert len(web.seen) == 1
    assert web.seen[0][2]["host"] == f"front.example.com:{web.port}", "pinned to the address, named as asked"


def test_the_address_that_was_checked_is_the_one_connected_to(web: Web) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.7"]])
    egress = Egress(LOOPBACK, resolve=lambda host, port: next(answers))
    assert egress.send(Request("GET", f"http://rebinding.example.com:{web.port}/")).status == 200
    assert next(answers) == ["10.0.0.7"], "asked once"


def test_secrets_do_not_follow_a_redirect_to_another_host(web: Web) -> None:
    egress = Egress(LOOPBACK, resolve=lambda host, port: ["127.0.0.1"])
    web.answers["/"] = (307, {"location": f"http://other.example.com:{web.port}/there"}, b"")
    egress.send(
        Request(
            "POST",
            f"http://one.example.com:{web.port}/",
            {"authorization": "secret", "content-type": "a/b"},
            b"x",
        )
    )
    assert [("authorization" in headers, body) for _, _, headers, body in web.seen] == [
        (True, b"x"),
        (False, b"x"),
    ]


def test_redirects_end(web: Web) -> None:
    web.answers["/"] = (302, {"location": "/"}, b"")
    with pytest.raises(EgressRefused, match="MAX_REDIRECTS"):
        OPEN.send(Request("GET", web.url))


def test_an_endless_answer_is_cut(web: Web) -> None:
    web.answers["/"] = (200, {}, b"x" * (MAX_BYTES + 500_000))
    assert len(OPEN.send(Request("GET", web.url + "/")).body) == MAX_BYTES


def test_an_answer_that_breaks_off_is_an_interruption(web: Web) -> None:
    web.answers["/"] = (200, {"content-length": "100000"}, b"x")
    with pytest.raises(Interrupted):
        OPEN.send(Request("GET", web.url + "/", seconds=0.5))


def test_one_receiver_s_cookies_reach_no_other(web: Web) -> None:
    web.answers["/"] = (200, {"set-cookie": "session=secret; Path=/"}, b"")
    for _ in range(2):
        OPEN.send(Request("GET", web.url + "/"))
    assert ["cookie" in headers for _, _, headers, _ in web.seen] == [False, False]
