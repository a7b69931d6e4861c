"""What a caller hears: problem+json, an answer to its question, or that its delivery is kept."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import orjson

from atlas_workflows.api.hooks.reading import Send
from atlas_workflows.integrations.webhooks.endpoint import Endpoint
from atlas_workflows.integrations.webhooks.judge import Answered
from atlas_workflows.integrations.webhooks.ports import Stored
from atlas_workflows.integrations.webhooks.rules import CLOSED, PassedOver, Refused
from atlas_workflows.integrations.webhooks.scheme import Reply

STANDING = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
ACCEPTED, REPEATED = b'{"status":"accepted"}', b'{"status":"duplicate"}'
AWAY = Refused(503, "store_away", "It cannot be stored now.", "Send it again later.", {"Retry-After": "5"})
BUSY = Refused(503, "busy", "Too many calls wait to be stored.", "Send it again later.", {"Retry-After": "1"})


Messages = tuple[dict[str, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One response. `messages` are ASGI's for it, made once where many calls hear the same."""

    status: int
    body: bytes
    content_type: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    messages: Messages | None = None


def of_refusal(refused: Refused) -> Answer:
    """RFC 9457 problem details."""
    # A fact may repeat what was sent: bytes that are no letters are shown as their numbers.
    fact = refused.fact.encode("utf-8", "backslashreplace").decode()
    document = {
        "type": "about:blank",
        "title": refused.code.replace("_", " ").capitalize(),
        "status": refused.status,
        "code": refused.code,
        "detail": fact,
        "remedy": refused.remedy,
    }
    headers = tuple((name.lower().encode(), value.encode()) for name, value in refused.headers.items())
    return Answer(
        refused.status,
        orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE),
        b"application/problem+json",
        headers,
    )


def of_question(answered: Answered) -> Answer:
    """Plain text, which no browser takes for a page."""
    return Answer(200, answered.text.encode("utf-8", "replace"), b"text/plain; charset=utf-8")


def of_stored(endpoint: Endpoint, stored: Stored) -> Answer | None:
    """What is kept, now or before, is a success; None for what is not."""
    if stored is Stored.STORED:
        return _told(endpoint.scheme.reply, ACCEPTED)
    return _told(endpoint.scheme.reply, REPEATED) if stored is Stored.REPEAT else None


def of_passed_over(endpoint: Endpoint, found: PassedOver) -> Answer:
    """A success too, which says that nothing comes of it."""
    said = orjson.dumps({"status": "passed_over", "code": found.code})
    return _told(endpoint.scheme.reply, said)


@lru_cache(maxsize=256)
def _told(reply: Reply, said: bytes) -> Answer:
    made = Answer(reply.status, said if reply.body is None else reply.body, reply.content_type.encode())
    return replace(made, messages=_messages(made))


def refusal_of(endpoint: Endpoint, stored: Stored) -> Refused:
    """Why a delivery is not kept."""
    if stored is Stored.LIMITED:
        wait = str(max(1, -(-60 // endpoint.rate_limit)))
        fact = f"The endpoint takes {endpoint.rate_limit} calls a minute."
        return Refused(429, "rate_limited", fact, "Send it again later.", {"Retry-After": wait})
    if stored is Stored.CLOSED:
        return CLOSED
    return Refused(
        422, "unstorable", "The body holds something that cannot be stored, such as a number of thousands of digits.",
        "Write it as a text.",
    )  # fmt: skip


async def send_answer(send: Send, answer: Answer, *, has_body: bool) -> None:
    """Write the response."""
    start, body = answer.messages or _messages(answer)
    await send(start)
    await send(body if has_body else body | {"body": b""})


def _messages(answer: Answer) -> Messages:
    length = str(len(answer.body)).encode()
    headers = [
        (b"content-type", answer.content_type), (b"content-length", length), *STANDING, *answer.headers,
    ]  # fmt: skip
    return (
        {"type": "http.response.start", "status": answer.status, "headers": headers},
        {"type": "http.response.body", "body": answer.body},
    )
