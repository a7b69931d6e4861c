"""Answers as Twilio's Messages resource (2010-04-01) does: creation, errors, the list in pages; used by the tests here."""

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SID = "AC" + "0" * 31 + "1"
TOKEN = "token-of-the-account"


@dataclass(slots=True)
class Twilio:
    """`script` holds what becomes of the next requests: a status, `hang` (taken, no answer) or `drop` (not taken)."""

    url: str = ""
    script: list[int | str] = field(default_factory=list)
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 50
    list_status: int = 200

    def take(self, form: dict[str, list[str]], created: datetime | None = None) -> dict[str, Any]:
        now = created or datetime.now(UTC)
        message = {
            "sid": f"SM{len(self.messages):032x}", "account_sid": SID, "to": form["To"][0], "from": form.get("From", [None])[0],
            "messaging_service_sid": form.get("MessagingServiceSid", [None])[0], "body": form.get("Body", ["from a template"])[0],
            "status": "queued", "direction": "outbound-api", "num_segments": "1", "num_media": str(len(form.get("MediaUrl", []))),
            "date_created": format_datetime(now), "date_sent": None, "error_code": None, "error_message": None,
        }  # fmt: skip
        self.messages.insert(0, message)
        return message

    def page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        number = int(query.get("Page", ["0"])[0])
        to = query["To"][0]
        found = [message for message in self.messages if message["to"] == to]
        size = min(self.page_size, int(query["PageSize"][0]))
        begin = number * size
        following = f"/2010-04-01/Accounts/{SID}/Messages.json?To={to.replace('+', '%2B')}&PageSize={size}&Page={number + 1}"
        return {
            "messages": found[begin : begin + size],
            "next_page_uri": following if begin + size < len(found) else None,
        }


def error(code: int, message: str, status: int) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


@contextmanager
def answering() -> Iterator[Twilio]:
    twilio = Twilio()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = parse_qs(
                self.rfile.read(int(self.headers["content-length"])).decode(), strict_parsing=True
            )
            if not self.is_known():
                return
            twilio.forms.append(form)
            told = twilio.script.pop(0) if twilio.script else 201
            if told == "drop":
                self.close_connection = True
                return
            if told in ("hang", 201) or (isinstance(told, int) and told >= 500 and told != 503):
                message = twilio.take(form)
            if told == "hang":
                self.close_connection = True
            elif told == 201:
                self.say(201, message)
            elif told == "garbage":
                self.say(200, ["not", "a", "message"])
            elif told == 429:
                self.say(429, error(20429, "Too Many Requests", 429), {"retry-after": "3"})
            elif told == 400:
                self.say(400, error(21211, "Invalid 'To' Phone Number", 400))
            else:
                self.say(int(told), error(20500, "Internal Server Error", int(told)))

        def do_GET(self) -> None:
            if self.is_known():
                query = parse_qs(urlsplit(self.path).query)
                self.say(twilio.list_status, twilio.page(query) if twilio.list_status == 200 else {})

        def is_known(self) -> bool:
            assert self.path.startswith(f"/2010-04-01/Accounts/{SID}/Messages.json")
            given = b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()
            if given == f"{SID}:{TOKEN}":
                return True
            self.say(401, error(20003, "Authenticate", 401))
            return False

        def say(self, status: int, document: Any, more: dict[str, str] | None = None) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(body)),
                **(more or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        twilio.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield twilio
        server.shutdown()
