"""Twilio's Messages resource (API 2010-04-01): one message sent, and the list of those sent to a number.

The resource takes no idempotency key, and neither the callback's address nor anything else of ours stands in what it
lists: a message can only be recognised by its addresses, its text and when it was made.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from atlas_workflows import exact_json
from atlas_workflows.errors import InvalidJson
from atlas_workflows.integrations.credentials import NoCredential
from atlas_workflows.integrations.egress import Egress, Request, Response

CONNECTOR = "twilio"
TWILIO_URL = "https://api.twilio.com"
SECONDS = 20.0
PAGE_SIZE = 100
MAX_PAGES = 5
Form = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Account:
    """Who sends. `user` and `password` are the account's sid and token, or an API key and its secret."""

    sid: str
    user: str
    password: str = field(repr=False)
    sms_from: str | None = None
    whatsapp_from: str | None = None
    messaging_service: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as Twilio lists it."""

    sid: str
    status: str
    sender: str | None
    service: str | None
    body: str
    created_at: datetime


FIELDS = (
    "account_sid", "auth_token", "api_key", "api_secret", "sms_from", "whatsapp_from", "messaging_service_sid",
)  # fmt: skip


def account_of(credential: Mapping[str, Any]) -> Account:
    """Read an organization's credential. Raises NoCredential, naming what is missing or unknown."""
    unknown = sorted(credential.keys() - set(FIELDS))
    if unknown:
        raise NoCredential(f"The credential for twilio holds {unknown[0]}; it may hold {', '.join(FIELDS)}.")
    given = {name: str(credential[name]).strip() for name in FIELDS if credential.get(name)}
    user, password = given.get("api_key"), given.get("api_secret")
    if (user is None) != (password is None):
        raise NoCredential(
            "The credential for twilio holds one of api_key and api_secret; it needs both, or neither."
        )
    if user is None:
        user, password = given.get("account_sid"), given.get("auth_token")
    if "account_sid" not in given or user is None or password is None:
        raise NoCredential(
            "The credential for twilio needs account_sid, and auth_token or api_key with api_secret."
        )
    senders = (given.get(name) for name in ("sms_from", "whatsapp_from", "messaging_service_sid"))
    return Account(given["account_sid"], user, password, *senders)


@dataclass(frozen=True, slots=True)
class Twilio:
    """The API at `url`, reached through the guarded way out."""

    egress: Egress
    url: str = TWILIO_URL

    def send(self, account: Account, form: Form) -> Response:
        """Ask for one message. Raises what Egress.send raises."""
        headers = _headers(account) | {"content-type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode("ascii")
        return self.egress.send(Request("POST", self._messages(account), headers, body, SECONDS))

    def sent_to(self, account: Account, to: str, since: datetime) -> list[Message] | None:
        """Messages to a number that were made since, the newest first; None where the list does not come whole.

        Not asked by DateSent: a message that waits to be sent has none. Raises what Egress.send raises.
        """
        found: list[Message] = []
        path: str | None = f"{self._messages(account)}?{urlencode({'To': to, 'PageSize': PAGE_SIZE})}"
        for _ in range(MAX_PAGES):
            page = self._page(account, path or "")
            if page is None:
                return None
            messages = list(_messages_in(page))
            found += [message for message in messages if message.created_at >= since]
            path = self._next(page)
            if path is None or any(message.created_at < since for message in messages):
                return found
        return None

    def _messages(self, account: Account) -> str:
        return f"{self.url.rstrip('/')}/2010-04-01/Accounts/{account.sid}/Messages.json"

    def _page(self, account: Account, url: str) -> dict[str, Any] | None:
        response = self.egress.send(Request("GET", url, _headers(account), None, SECONDS))
        document = document_of(response)
        is_list = response.status == 200 and isinstance(document.get("messages"), list)
        return document if is_list else None

    def _next(self, page: Mapping[str, Any]) -> str | None:
        following = page.get("next_page_uri")
        is_path = isinstance(following, str) and following.startswith("/")
        return f"{self.url.rstrip('/')}{following}" if is_path else None


def document_of(response: Response) -> dict[str, Any]:
    """The JSON object that an answer holds; empty where it holds none."""
    try:
        found = exact_json.loads(response.body)
    except InvalidJson:
        return {}
    return found if isinstance(found, dict) else {}


def _headers(account: Account) -> dict[str, str]:
    pair = base64.b64encode(f"{account.user}:{account.password}".encode()).decode("ascii")
    return {"authorization": f"Basic {pair}", "accept": "application/json"}


def _messages_in(page: Mapping[str, Any]) -> Iterator[Message]:
    for item in page["messages"]:
        if not isinstance(item, dict) or not str(item.get("direction", "")).startswith("outbound"):
            continue
        yield Message(
            str(item.get("sid")),
            str(item.get("status")),
            item.get("from"),
            item.get("messaging_service_sid"),
            str(item.get("body") or ""),
            _instant(item.get("date_created")),
        )


def _instant(text: Any) -> datetime:
    """A date as RFC 2822 writes it; one that cannot be read counts as late, so that its message is not overlooked."""
    try:
        return parsedate_to_datetime(str(text)).astimezone(UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
